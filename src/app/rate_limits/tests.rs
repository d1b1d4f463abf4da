use super::*;
use crate::http::request::ORIGIN;

const HERE: &str = "192.0.2.1";
const ELSEWHERE: &str = "192.0.2.2";
const START: Duration = Duration::from_secs(100);

fn rate_limits(most: u32) -> RateLimits {
    RateLimits::per_second(NonZeroU32::new(most).unwrap())
}

fn request(address: &str, authorization: Option<&str>) -> Request {
    let address = (ORIGIN.to_owned(), format!("x {address}"));
    let authorization = authorization.map(|value| ("Authorization".to_owned(), value.to_owned()));
    let headers = [address].into_iter().chain(authorization).collect();
    Request::new(Method::Get, "/api/v2/things", headers, vec![]).unwrap()
}

/// A caller's id.
fn user(name: &str) -> String {
    format!("user-{name}")
}

/// The digest of the token with this number.
fn digest(token: u32) -> [u8; 32] {
    let mut digest = [7; 32];
    digest[..4].copy_from_slice(&token.to_le_bytes());
    digest
}

/// A request with a token, of which the database says `caller` once it is asked. The status.
fn ask(rate_limits: &RateLimits, address: &str, token: u32, caller: Option<String>, now: Duration) -> u16 {
    call(rate_limits, &request(address, Some("Bearer x")), token, caller, now)
}

fn call(rate_limits: &RateLimits, request: &Request, token: u32, caller: Option<String>, now: Duration) -> u16 {
    let limits = rate_limits.0.as_ref().unwrap();
    match limits.admit(request, Some(&digest(token)), now) {
        Ok(admitted) => {
            admitted.unwrap().learn(caller.as_deref().ok_or(&Error::unauthenticated()), now);
            if caller.is_some() { 200 } else { 401 }
        }
        Err(error) => refused(&error),
    }
}

/// A request without a token that could be one.
fn ask_without(rate_limits: &RateLimits, address: &str, authorization: Option<&str>, now: Duration) -> u16 {
    let request = request(address, authorization);
    match rate_limits.0.as_ref().unwrap().admit(&request, None, now) {
        Ok(admitted) => {
            assert!(admitted.is_none());
            401
        }
        Err(error) => refused(&error),
    }
}

fn refused(error: &Error) -> u16 {
    assert!(matches!(error.kind, Kind::TooManyRequests(_)), "{error}");
    429
}

fn count(status: u16, times: usize, mut ask: impl FnMut() -> u16) -> usize {
    (0..times).filter(|_| ask() == status).count()
}

#[test]
fn off_is_off() {
    let rate_limits = RateLimits::off();
    assert_eq!(rate_limits.announced(), None);
    let request = request(HERE, Some("Bearer x"));
    for token in 0..1000 {
        let visit = rate_limits.admit(&request, Some(&digest(token))).unwrap();
        assert!(visit.0.is_none());
        visit.learn(Err(&Error::unauthenticated()));
    }
}

#[test]
fn a_limit_that_would_silence_clients_is_not_announced() {
    assert_eq!([1, 3, 4, 30].map(|most| rate_limits(most).announced()), [None, None, Some(4), Some(30)]);
}

#[test]
fn tokens_of_one_user_share_a_limit_wherever_they_come_from() {
    let rate_limits = rate_limits(10);
    // Each of the four costs its address the first time, and its user too.
    for (token, address) in [(1, HERE), (2, ELSEWHERE), (3, HERE), (4, ELSEWHERE)] {
        assert_eq!(ask(&rate_limits, address, token, Some(user("ada")), START), 200);
    }
    assert_eq!(count(200, 20, || ask(&rate_limits, HERE, 1, Some(user("ada")), START)), 6);
    assert_eq!(ask(&rate_limits, ELSEWHERE, 2, Some(user("ada")), START), 429);
    assert_eq!(ask(&rate_limits, HERE, 5, Some(user("bob")), START), 200);
    assert_eq!(ask(&rate_limits, HERE, 2, Some(user("ada")), START + SECOND), 200);
}

#[test]
fn users_teams_and_organizations_are_callers_of_their_own() {
    let rate_limits = rate_limits(2);
    let callers = ["user-x", "team-x", "team-y", "org-x"].map(str::to_owned);
    for (n, caller) in callers.iter().enumerate() {
        let ask = |token| ask(&rate_limits, &format!("192.0.2.{n}"), token, Some(caller.clone()), START);
        let token = n as u32 * 2;
        assert_eq!([ask(token), ask(token), ask(token)], [200, 200, 429], "{caller:?}");
        // The address has one left for a new token, its caller has not.
        assert_eq!([ask(token + 1), ask(token + 1)], [200, 429], "{caller:?}");
    }
}

#[test]
fn a_token_that_is_new_here_goes_at_the_expense_of_its_address() {
    let rate_limits = rate_limits(5);
    let mut token = 0;
    let mut another = |address: &str, now| {
        token += 1;
        ask(&rate_limits, address, token, Some(user(&token.to_string())), now)
    };
    assert_eq!(count(200, 10, || another(HERE, START)), 5);
    assert_eq!(another(ELSEWHERE, START), 200);
    assert_eq!(another(HERE, START + SECOND), 200);
    // Those that are known do not.
    assert_eq!(count(200, 10, || ask(&rate_limits, HERE, 1, Some(user("1")), START + SECOND)), 5);
}

#[test]
fn who_brings_no_token_is_known_by_the_address_and_in_ipv6_by_the_network() {
    let rate_limits = rate_limits(3);
    let ask = |address: &str| ask_without(&rate_limits, address, None, START);
    assert_eq!(count(401, 100, || ask(HERE)), 3);
    assert_eq!(ask("::ffff:192.0.2.1"), 429);
    assert_eq!(ask(ELSEWHERE), 401);
    assert_eq!(["2001:db8::1", "2001:db8::2", "2001:db8::ffff:0:0:1"].map(ask), [401; 3]);
    assert_eq!((ask("2001:db8::3"), ask("2001:db8:0:1::3")), (429, 401));
}

#[test]
fn failures_are_counted_by_address_and_hold_up_only_tokens_that_are_not_known() {
    let rate_limits = rate_limits(1000);
    assert_eq!(ask(&rate_limits, HERE, 0, Some(user("ada")), START), 200);
    let mut token = 100;
    let mut guess = |address: &str, now| {
        token += 1;
        ask(&rate_limits, address, token, None, now)
    };
    assert_eq!(count(401, 100, || guess(HERE, START)), 20);
    assert_eq!(ask(&rate_limits, HERE, 0, Some(user("ada")), START), 200);
    // A good one that is new has to wait, but not long.
    assert_eq!(ask(&rate_limits, HERE, 1, Some(user("bob")), START), 429);
    let limits = rate_limits.0.as_ref().unwrap();
    let error = limits.admit(&request(HERE, Some("Bearer x")), Some(&digest(1)), START).err().unwrap();
    let Kind::TooManyRequests(exceeded) = error.kind else { panic!("{error}") };
    assert_eq!(exceeded, Exceeded { limit: 20, wait: SECOND * 3 });
    let later = START + exceeded.wait;
    assert_eq!(ask(&rate_limits, HERE, 1, Some(user("bob")), later), 200);
    // From then on it is known.
    assert_eq!(guess(HERE, later), 401);
    assert_eq!((guess(HERE, later), ask(&rate_limits, HERE, 1, Some(user("bob")), later)), (429, 200));
    // Other addresses and requests without a token are not delayed.
    assert_eq!(guess(ELSEWHERE, later), 401);
    assert_eq!(ask_without(&rate_limits, HERE, None, later), 401);
}

#[test]
fn what_could_be_no_token_is_a_failure_too() {
    let rate_limits = rate_limits(1000);
    let ask = |authorization| ask_without(&rate_limits, HERE, authorization, START);
    assert_eq!(count(401, 50, || ask(Some("Basic eDp5"))), 20);
    assert_eq!((ask(Some("Bearer y")), ask(None)), (429, 401));
}

#[test]
fn a_revoked_token_is_forgotten_when_it_is_met() {
    let rate_limits = rate_limits(1000);
    assert_eq!(ask(&rate_limits, HERE, 1, Some(user("ada")), START), 200);
    // The first is asked about since the token is known, the others because they are within the limit for failures.
    assert_eq!(count(401, 50, || ask(&rate_limits, HERE, 1, None, START)), 20);
    assert_eq!(ask(&rate_limits, HERE, 1, None, START), 429);
}

#[test]
fn a_failure_of_the_database_is_nobodys_failure() {
    let rate_limits = rate_limits(1000);
    let limits = rate_limits.0.as_ref().unwrap();
    let request = request(HERE, Some("Bearer x"));
    for _ in 0..100 {
        let admitted = limits.admit(&request, Some(&digest(1)), START).unwrap().unwrap();
        admitted.learn(Err(&Error::internal("broken")), START);
    }
}

#[test]
fn deleting_oauth_tokens_has_a_limit_of_its_own() {
    let rate_limits = rate_limits(1000);
    let deletion = |target: &str, token| {
        let mut request = request(HERE, Some("Bearer x"));
        (request.method, request.path) = (Method::Delete, target.split('/').map(str::to_owned).collect());
        call(&rate_limits, &request, token, Some(user("ada")), START)
    };
    for token in [1, 2] {
        // The first of each is what the token becomes known by.
        assert_eq!(deletion("api/v2/oauth-tokens/ot-1", token), 200);
    }
    assert_eq!(count(200, 50, || deletion("api/v2/oauth-tokens/ot-2", 1)), 8);
    assert_eq!(deletion("api/v2/oauth-tokens/ot-3", 2), 429);
    assert_eq!(deletion("api/v2/oauth-clients/oc-1", 2), 200);
    assert_eq!(ask(&rate_limits, HERE, 1, Some(user("ada")), START), 200);
}

#[test]
fn an_exhausted_user_stays_so_whoever_else_comes() {
    let rate_limits = rate_limits(30);
    assert_eq!(count(200, 50, || ask(&rate_limits, HERE, 0, Some(user("ada")), START)), 30);
    for token in 1..=100_000u32 {
        let address = Ipv4Addr::from_bits(0x0A00_0000 | token).to_string();
        let caller = (token % 2 == 0).then(|| user(&token.to_string()));
        ask(&rate_limits, &address, token, caller, START);
    }
    // Ada's token may have been forgotten; her bucket, the emptiest of all, was not.
    ask(&rate_limits, ELSEWHERE, 0, Some(user("ada")), START);
    assert_eq!(ask(&rate_limits, ELSEWHERE, 0, Some(user("ada")), START), 429);
}

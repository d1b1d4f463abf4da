//! How much may be asked: 429 and what it tells, whose limit it is, who is held up and who is not.
//!
//! A slow machine gives back more of a limit while it is being used up. So nothing here counts on the next request being
//! refused: what is to be refused is asked for until it is, or several times, and to pass is what always has to pass.

use std::cell::Cell;
use std::thread;
use std::time::{Duration, Instant};

use bowline::domain::accounts::api_token::PlainToken;

use crate::harness::{Answer, Caller, Server, bowline, temporary};

const HEADERS: [&str; 3] = ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"];

fn limited(limit: &str) -> Server {
    Server::demo_with(&["--rate-limit", limit])
}

/// Asks until it is refused, which is one of `others` at first.
#[track_caller]
fn refused(others: u16, ask: impl Fn() -> Answer) -> Answer {
    (0..10_000).map(|_| ask()).find(|answer| answer.is_one_of(&[429, others]) == 429).expect("a refusal")
}

impl Answer {
    #[track_caller]
    fn is_one_of(&self, expected: &[u16]) -> u16 {
        assert!(expected.contains(&self.status), "{} {}", self.status, self.body);
        self.status
    }

    /// For as long as it says. That is no guess of ours but what clients do.
    fn wait_as_told(&self) {
        thread::sleep(self.reset());
    }

    fn reset(&self) -> Duration {
        Duration::from_secs_f64(self.header("X-RateLimit-Reset").expect("a wait").parse().expect("a number"))
    }
}

fn account(caller: &Caller) -> Answer {
    caller.get("/account/details")
}

/// Makes the token known, however often that has to be tried.
fn known(caller: Caller) -> Caller {
    loop {
        let answer = account(&caller);
        if answer.is_one_of(&[200, 429]) == 200 {
            return caller;
        }
        answer.wait_as_told();
    }
}

fn guess(server: &Server) -> Answer {
    account(&server.with_token(PlainToken::generate().reveal()))
}

#[test]
fn on_loopback_there_is_no_limit_unless_one_is_set() {
    for server in [Server::demo(), limited("off")] {
        let owner = server.owner();
        assert_eq!(owner.get("/ping").header("X-RateLimit-Limit"), None);
        for _ in 0..100 {
            let answer = account(&owner).is(200);
            assert!(HEADERS.iter().all(|name| answer.header(name).is_none()));
        }
        for _ in 0..50 {
            assert_eq!(guess(&server).status, 401);
        }
    }
}

#[test]
fn elsewhere_it_is_thirty_unless_another_is_set() {
    let announced = |flags: &[&str]| {
        let flags: Vec<&str> = ["--listen", "0.0.0.0:0"].into_iter().chain(flags.iter().copied()).collect();
        let answer = Server::demo_with(&flags).anonymous().get("/ping");
        answer.header("X-RateLimit-Limit").map(str::to_owned)
    };
    assert_eq!(announced(&[]).as_deref(), Some("30"));
    assert_eq!(announced(&["--rate-limit", "100"]).as_deref(), Some("100"));
    assert_eq!(announced(&["--rate-limit", "off"]), None);
}

#[test]
fn a_limit_that_makes_no_sense_is_refused() {
    let directory = temporary();
    let data = directory.path().join("data");
    for limit in ["", "0", "-1", "on", "30/s", "1.5", "1000001", "99999999999999999999"] {
        for command in ["serve", "demo"] {
            let flag = format!("--rate-limit={limit}");
            let output =
                bowline(&[command, "--listen", "127.0.0.1:0", "--data-dir", data.to_str().expect("text"), &flag]);
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
            assert!(said.starts_with("bowline: ") && said.contains("--rate-limit"), "{said}");
            assert!(!data.exists(), "{limit}");
        }
    }
}

#[test]
fn who_asks_too_much_is_told_so_in_the_words_that_clients_know() {
    let server = limited("10");
    let owner = server.owner();
    let answer = refused(200, || account(&owner)).golden("rate_limits.exceeded");
    assert_eq!(answer.refused(429), [""; 0]);
    assert_eq!(answer.header("X-RateLimit-Limit"), Some("10"));
    assert_eq!(answer.header("X-RateLimit-Remaining"), Some("0"));
    assert_eq!(answer.header("Retry-After"), Some("1"));
    let reset = answer.reset();
    assert!(reset > Duration::ZERO && reset <= Duration::from_secs(1), "{reset:?}");
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    let head = refused(200, || owner.send("HEAD", "/account/details", None, &[]));
    assert!(head.body.is_empty() && head.header("X-RateLimit-Reset").is_some());
}

#[test]
fn whoever_waits_as_told_passes() {
    for limit in ["1", "4"] {
        let server = limited(limit);
        let owner = known(server.owner());
        for _ in 0..2 {
            refused(200, || account(&owner)).wait_as_told();
            account(&owner).is(200);
        }
    }
}

#[test]
fn no_more_passes_than_the_limit_gives() {
    let server = limited("5");
    let owner = known(server.owner());
    let began = Instant::now();
    let passed = thread::scope(|scope| {
        let ask_some = || (0..25).filter(|_| account(&owner).is_one_of(&[200, 429]) == 200).count();
        let asking: Vec<_> = (0..8).map(|_| scope.spawn(ask_some)).collect();
        asking.into_iter().map(|asking| asking.join().expect("answers")).sum::<usize>()
    });
    let given = 5.0 + 5.0 * began.elapsed().as_secs_f64();
    assert!(passed > 0 && passed as f64 <= given, "{passed} of 200 passed where {given:.1} could");
}

#[test]
fn all_tokens_of_a_user_share_the_limit_and_nobody_elses_does() {
    let server = limited("10");
    let another = server.with_token(&server.cli(&["token", "create", "--user", "demo"]));
    let (owner, another) = (known(server.owner()), known(another));
    let others = [server.outsider("mallory"), server.owners_team(), server.organization_token()].map(known);
    // With a limit of its own, and as rarely as it asks, the other token would always pass.
    let is_also_refused = (0..20).any(|_| {
        let answer = refused(200, || account(&owner));
        let is_refused = account(&another).is_one_of(&[200, 429]) == 429;
        if !is_refused {
            answer.wait_as_told();
        }
        is_refused
    });
    assert!(is_also_refused, "the other token of the user was never refused");
    for other in &others {
        account(other).is(200);
    }
}

#[test]
fn the_limit_of_an_address_is_for_those_who_bring_no_known_token() {
    let server = limited("4");
    let (owner, anonymous) = (known(server.owner()), server.anonymous());
    let answer = refused(401, || account(&anonymous));
    assert_eq!(answer.header("X-RateLimit-Limit"), Some("4"));
    account(&owner).is(200);
    answer.wait_as_told();
    account(&anonymous).is(401);
}

#[test]
fn what_needs_no_token_has_no_limit() {
    let server = limited("4");
    let anonymous = server.anonymous();
    refused(401, || account(&anonymous));
    for _ in 0..50 {
        let ping = anonymous.get("/ping").is(204);
        assert_eq!(ping.header("X-RateLimit-Limit"), Some("4"));
        assert!(HEADERS[1..].iter().all(|name| ping.header(name).is_none()));
        anonymous.get("!/.well-known/terraform.json").is(200);
        anonymous.get("!/api/v1/ping").is(200);
        anonymous.get("!/nowhere").is(404);
    }
}

#[test]
fn a_limit_that_clients_could_not_live_with_is_not_announced() {
    let announced = |limit| limited(limit).anonymous().get("/ping").header("X-RateLimit-Limit").map(str::to_owned);
    assert_eq!(["1", "3", "4"].map(announced), [None, None, Some("4".to_owned())]);
}

#[test]
fn tokens_that_are_not_valid_are_counted_and_hold_up_only_tokens_not_seen_before() {
    let server = limited("100000");
    let owner = known(server.owner());
    let unseen: Vec<Caller> =
        (0..5).map(|_| server.with_token(&server.cli(&["token", "create", "--user", "demo"]))).collect();
    let (failures, began) = (Cell::new(0), Instant::now());
    let answer = refused(401, || {
        failures.set(failures.get() + 1);
        guess(&server)
    })
    .golden("rate_limits.failures");
    let given = 20.0 + began.elapsed().as_secs_f64() / 3.0;
    let failures = f64::from(failures.get() - 1);
    assert!(failures >= 20.0 && failures <= given, "{failures} where {given:.1} could");
    assert_eq!(answer.header("X-RateLimit-Limit"), Some("20"));
    assert!(answer.reset() <= Duration::from_secs(3), "{:?}", answer.reset());

    for _ in 0..10 {
        account(&owner).is(200);
    }
    let held_up = unseen.iter().find_map(|caller| {
        refused(401, || guess(&server));
        let answer = account(caller);
        (answer.is_one_of(&[200, 429]) == 429).then_some((caller, answer))
    });
    let (caller, answer) = held_up.expect("a token that was not seen before is held up");
    answer.wait_as_told();
    account(caller).is(200);
    account(&server.anonymous()).is(401);
}

#[test]
fn who_is_refused_costs_the_database_nothing() {
    let server = limited("100000");
    refused(401, || guess(&server));
    server.sqlite().execute_batch("ALTER TABLE api_tokens RENAME TO lost").expect("renamed");
    // Whoever is let in meanwhile meets a database that is broken.
    let answers = (0..50).map(|_| guess(&server).is_one_of(&[429, 500]));
    assert!(answers.filter(|status| *status == 429).count() > 0);
}

#[test]
fn a_revoked_token_is_looked_at_once_more_and_then_no_longer_known() {
    let server = limited("100000");
    let mallory = known(server.outsider("mallory"));
    let id = mallory.get(&format!("/users/{}/authentication-tokens", mallory.user_id())).is(200).text("/data/0/id");
    mallory.delete(&format!("/authentication-tokens/{id}")).is_done();
    let answer = refused(401, || account(&mallory));
    assert_eq!(answer.header("X-RateLimit-Limit"), Some("20"));
}

#[test]
fn oauth_tokens_are_deleted_ten_times_a_minute() {
    let server = limited("100000");
    let another = server.with_token(&server.cli(&["token", "create", "--user", "demo"]));
    let (owner, another) = (known(server.owner()), known(another));
    let delete = |caller: &Caller| caller.delete("/oauth-tokens/ot-1111111111111111");
    let answer = refused(404, || delete(&owner));
    assert_eq!(answer.header("X-RateLimit-Limit"), Some("10"));
    assert!(answer.reset() <= Duration::from_secs(6), "{:?}", answer.reset());
    let retry_after: u64 = answer.header("Retry-After").expect("a wait").parse().expect("whole seconds");
    assert!(Duration::from_secs(retry_after) >= answer.reset());
    // With a limit of its own the other token would pass each time.
    let is_also_refused = (0..9).any(|_| {
        refused(404, || delete(&owner));
        delete(&another).is_one_of(&[404, 429]) == 429
    });
    assert!(is_also_refused, "the other token of the user was never refused");
    account(&owner).is(200);
}

#[test]
fn reading_the_audit_trail_is_at_the_expense_of_its_organization() {
    let server = limited("10");
    let organization = known(server.organization_token());
    let answer = refused(200, || organization.get("/organization/audit-trail"));
    assert_eq!(answer.header("X-RateLimit-Limit"), Some("10"));
    account(&known(server.owner())).is(200);
}

use rsa::pkcs8::{DecodePrivateKey, EncodePublicKey, LineEnding};
use rsa::{Pkcs1v15Sign, PrivateKey};
use sha1::{Digest, Sha1};

use super::super::bitbucket_server::signature;
use super::*;
use crate::http::request::encode;

const KINDS: [&str; 3] = ["bitbucket_server", "bitbucket_server_legacy", "bitbucket_data_center"];

fn key() -> PrivateKey {
    PrivateKey::from_pkcs8_pem(include_str!("../../../../tests/keys/pkcs8.pem")).unwrap()
}

fn demo() -> Demo {
    Demo::with_key(&key().to_public_key().to_public_key_pem(LineEnding::LF).unwrap())
}

/// A header for a request without other parameters. `more` comes before what it replaces.
fn signed(demo: &Demo, method: Method, path: &str, more: &[(&str, &str)]) -> String {
    let timestamp = (demo.provider.now_ms() / 1000).to_string();
    let nonce = demo.provider.outside.hex(16);
    let usual = [
        ("oauth_consumer_key", "bowline"),
        ("oauth_nonce", &nonce),
        ("oauth_signature_method", "RSA-SHA1"),
        ("oauth_timestamp", &timestamp),
        ("oauth_version", "1.0"),
    ];
    let usual = usual.iter().filter(|(name, _)| !more.iter().any(|(n, _)| n == name));
    let mut all: Vec<(&str, &str)> = more.iter().chain(usual).copied().collect();
    all.sort_unstable();
    let pairs: Vec<String> = all.iter().map(|(n, v)| format!("{}={}", encode(n), encode(v))).collect();
    let url = format!("{ORIGIN}{path}");
    let base = format!("{}&{}&{}", method.name(), encode(&url), encode(&pairs.join("&")));
    let signature = key().sign(Pkcs1v15Sign::new::<Sha1>(), &Sha1::digest(base)).unwrap();
    let signature = STANDARD.encode(signature);
    all.push(("oauth_signature", &signature));
    let fields: Vec<String> = all.iter().map(|(n, v)| format!("{n}=\"{}\"", encode(v))).collect();
    format!("OAuth realm=\"\", {}", fields.join(", "))
}

fn call(demo: &Demo, method: Method, path: &str, more: &[(&str, &str)]) -> Answer {
    demo.send(method, path, &[("Authorization", &signed(demo, method, path, more))], "")
}

fn request_token(demo: &Demo, kind: &str) -> String {
    let path = format!("/{kind}/plugins/servlet/oauth/request-token");
    let answer = call(demo, Method::Post, &path, &[("oauth_callback", CALLBACK)]).is(200);
    assert_eq!(answer.member("oauth_callback_confirmed").as_deref(), Some("true"));
    answer.member("oauth_token").unwrap()
}

fn decide(demo: &Demo, kind: &str, token: &str, decision: &str) -> Answer {
    let form = [("oauth_token", token), ("user", "grace"), ("decision", decision)];
    demo.post(&format!("/{kind}/plugins/servlet/oauth/authorize"), &form, &[])
}

fn access_token(demo: &Demo, kind: &str, token: &str, verifier: &str) -> Answer {
    let path = format!("/{kind}/plugins/servlet/oauth/access-token");
    call(demo, Method::Post, &path, &[("oauth_token", token), ("oauth_verifier", verifier)])
}

fn problem(answer: &Answer) -> String {
    assert_eq!(answer.status, 401, "{}", answer.body);
    let problem = answer.member("oauth_problem").unwrap();
    let header = answer.header("WWW-Authenticate").unwrap();
    assert!(header.starts_with("OAuth realm=") && header.contains(&format!("oauth_problem=\"{problem}\"")), "{header}");
    problem
}

#[test]
fn three_legs_and_signed_calls() {
    let demo = demo();
    for kind in KINDS {
        let token = request_token(&demo, kind);
        demo.get(&format!("/{kind}/plugins/servlet/oauth/authorize?oauth_token={token}")).is(200);
        let sent = decide(&demo, kind, &token, "allow").is(302);
        assert_eq!(sent.parameter("oauth_token").as_ref(), Some(&token));
        let verifier = sent.parameter("oauth_verifier").unwrap();
        let answer = access_token(&demo, kind, &token, &verifier).is(200);
        let access = answer.member("oauth_token").unwrap();
        let own = ("oauth_token", &*access);
        let whoami = call(&demo, Method::Get, &format!("/{kind}/plugins/servlet/applinks/whoami"), &[own]).is(200);
        assert_eq!((&*whoami.body, whoami.header("X-AUSERNAME")), ("grace", Some("grace")));
        // Once.
        assert_eq!(problem(&access_token(&demo, kind, &token, &verifier)), "token_rejected");
        // A session handle renews, and ends what was before.
        let path = format!("/{kind}/plugins/servlet/oauth/access-token");
        let handle = answer.member("oauth_session_handle").unwrap();
        let renewed = call(&demo, Method::Post, &path, &[own, ("oauth_session_handle", &handle)]).is(200);
        let users = format!("/{kind}/rest/api/1.0/users/grace");
        assert_eq!(problem(&call(&demo, Method::Get, &users, &[own])), "token_rejected");
        let own = renewed.member("oauth_token").unwrap();
        call(&demo, Method::Get, &users, &[("oauth_token", &own)]).is(200);
        demo.passes(5 * 365 * 24 * 60 * 60);
        assert_eq!(problem(&call(&demo, Method::Get, &users, &[("oauth_token", &own)])), "token_expired");
    }
}

#[test]
fn each_problem_has_its_name() {
    let demo = demo();
    let path = "/bitbucket_server/plugins/servlet/oauth/request-token";
    let said = |more: &[(&str, &str)]| problem(&call(&demo, Method::Post, path, more));
    let back = ("oauth_callback", CALLBACK);
    assert_eq!(said(&[]), "parameter_absent");
    assert_eq!(said(&[("oauth_callback", "javascript:x")]), "parameter_rejected");
    assert_eq!(said(&[back, ("oauth_consumer_key", "stranger")]), "consumer_key_unknown");
    assert_eq!(said(&[back, ("oauth_signature_method", "HMAC-SHA1")]), "signature_method_rejected");
    assert_eq!(said(&[back, ("oauth_version", "2.0")]), "version_rejected");
    assert_eq!(said(&[back, ("oauth_nonce", &"x".repeat(129))]), "parameter_rejected");
    for timestamp in ["x", "-1", "1", "9223372036854775807", &(START_MS / 1000 + 301).to_string()] {
        assert_eq!(said(&[back, ("oauth_timestamp", timestamp)]), "timestamp_refused", "{timestamp}");
    }
    let header = signed(&demo, Method::Post, path, &[back]);
    let send = |header: &str| demo.send(Method::Post, path, &[("Authorization", header)], "");
    send(&header).is(200);
    assert_eq!(problem(&send(&header)), "nonce_used");
    let other = signed(&demo, Method::Post, path, &[back]).replace("%2Fcallback", "%2Felsewhere");
    assert_eq!(problem(&send(&other)), "signature_invalid");
    for nonsense in ["OAuth x", "OAuth oauth_nonce=1", "OAuth oauth_nonce=\"1\", oauth_nonce=\"1\""] {
        assert_eq!(problem(&send(nonsense)), "parameter_rejected", "{nonsense}");
    }
    assert_eq!(problem(&demo.send(Method::Post, path, &[], "")), "parameter_absent");
    assert_eq!(
        problem(&Demo::with_key("no key").send(Method::Post, path, &[("Authorization", &header)], "")),
        "consumer_key_rejected"
    );
}

#[test]
fn a_request_token_is_decided_and_used_once() {
    let demo = demo();
    let kind = KINDS[2];
    let token = request_token(&demo, kind);
    assert_eq!(problem(&access_token(&demo, kind, &token, "x")), "permission_unknown");
    assert_eq!(decide(&demo, kind, &token, "deny").is(302).parameter("oauth_verifier").as_deref(), Some("denied"));
    decide(&demo, kind, &token, "allow").is(400);
    assert_eq!(problem(&access_token(&demo, kind, &token, "denied")), "permission_denied");

    let token = request_token(&demo, kind);
    let verifier = decide(&demo, kind, &token, "allow").is(302).parameter("oauth_verifier").unwrap();
    assert_eq!(problem(&access_token(&demo, kind, &token, "guessed")), "token_rejected");
    // Another kind knows nothing of it.
    assert_eq!(problem(&access_token(&demo, KINDS[0], &token, &verifier)), "token_rejected");
    demo.passes(600);
    assert_eq!(problem(&access_token(&demo, kind, &token, &verifier)), "token_rejected");
    let page = format!("/{kind}/plugins/servlet/oauth/authorize?oauth_token={token}");
    demo.get(&page).is(400);
    demo.get(&format!("{page}&oauth_token=x")).is(400);
}

#[test]
fn http_access_tokens_work_too() {
    let demo = demo();
    let get = |path: &str| demo.get_as("a token", &format!("/bitbucket_data_center{path}"));
    assert_eq!(get("/plugins/servlet/applinks/whoami").is(200).body, "ada");
    assert_eq!(demo.get("/bitbucket_data_center/plugins/servlet/applinks/whoami").is(200).body, "");
    for token in ["revoked", "expired", &"0".repeat(32)] {
        let answer = demo.get_as(token, "/bitbucket_data_center/rest/api/1.0/repos").is(401);
        assert!(answer.text("/errors/0/exceptionName").starts_with("com.atlassian.bitbucket.auth."), "{token}");
    }
    let page = get("/rest/api/1.0/repos?permission=REPO_READ&start=20&limit=100").is(200).json();
    assert_eq!((page["isLastPage"].clone(), page["nextPageStart"].clone()), (true.into(), Value::Null));
    let page = get("/rest/api/1.0/repos?limit=1000").is(200).json();
    assert_eq!((page["size"].clone(), page["nextPageStart"].clone()), (10.into(), 10.into()));
    let repository = "/rest/api/1.0/projects/ACME/repos/infra";
    assert_eq!(
        get(repository).is(200).text("/links/clone/0/href"),
        format!("{ORIGIN}/bitbucket_data_center/scm/acme/infra.git")
    );
    let browsed = get(&format!("{repository}/browse/modules?at=refs/heads/develop")).is(200).json();
    assert_eq!(texts(&browsed["children"]["values"], "/path/toString"), ["compute", "network"]);
    get(&format!("{repository}/browse?at=none")).is(404);
    get(&format!("{repository}/browse/none")).is(404);
    get("/rest/api/1.0/projects/NONE").is(404);
    get("/rest/api/1.0/projects/ACME/repos/none").is(404);
    get("/rest/api/1.0/users/none").is(404);
}

/// The example of RFC 5849, section 3.4.1.1.
#[test]
fn the_base_string_is_that_of_the_standard() {
    let header = "oauth_consumer_key=\"9djdj82h48djs9d2\", oauth_token=\"kkk9d7dh3k39sjv7\", \
                  oauth_signature_method=\"HMAC-SHA1\", oauth_timestamp=\"137131201\", oauth_nonce=\"7d8f3e4a\", \
                  oauth_signature=\"bYT5CMsGcbgUdFHObYMEfcx6bsw%3D\", realm=\"Example\"";
    let oauth = signature::parameters(header).unwrap();
    let form = vec![("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
    let target = "/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b";
    let request = Request::new(Method::Post, target, form, b"c2&a3=2+q".to_vec()).unwrap();
    let asked = Asked { kind: BitbucketServer, request: &request, path: vec![], form: asked::form(&request) };
    assert_eq!(
        signature::base_string("http://example.com", &asked, &oauth),
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D\
         %26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1\
         %26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    );
}

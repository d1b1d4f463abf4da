//! A flow from its beginning to its end.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::*;

#[test]
fn a_person_connects_and_the_token_is_used() {
    let scene = Scene::new(good);
    let url = leaves(&scene.browser, &scene.connect_path());
    assert_eq!(url.path(), "/oauth/authorize");
    let log = scene.server.log();
    assert!(log.contains(&format!("{}: demo is sent to the provider to connect", scene.client)), "{log}");
    assert_eq!(parameter(&url, "client_id"), "the-key");
    assert_eq!(parameter(&url, "redirect_uri"), scene.attribute("callback-url"));
    assert_eq!(scene.imitation.seen().len(), 0, "nothing is asked before there is an answer");
    let state = parameter(&url, "state");
    let answer = scene.callback(&format!("code=a-code&state={state}&unknown=1&unknown=2"));
    let redirect = scene.browser.send("GET", &answer, None, &[]).is(303);
    assert_eq!(redirect.header("Location"), Some(format!("{LIST}/{}/connected", scene.client).as_str()));

    // One exchange, with the redirect URI of before and the verifier of the challenge; then the new token is tried.
    let seen = scene.imitation.seen();
    let paths: Vec<&str> = seen.iter().map(|seen| seen.path.as_str()).collect();
    assert_eq!(paths, ["/oauth/token", "/api/v4/user"]);
    assert_eq!(seen[0].field("code").as_deref(), Some("a-code"));
    assert_eq!(seen[0].field("redirect_uri"), Some(parameter(&url, "redirect_uri")));
    let verifier = seen[0].field("code_verifier").expect("a verifier");
    assert!((43..=128).contains(&verifier.len()) && verifier.bytes().all(|b| b.is_ascii_alphanumeric()), "{verifier}");
    assert_eq!(BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier)), parameter(&url, "code_challenge"));
    assert_eq!(parameter(&url, "code_challenge_method"), "S256");
    assert_eq!(seen[1].token, FIRST);

    let (id, user, source, revision) = scene.token().expect("a token");
    assert_eq!((user.as_str(), source.as_str(), revision), ("ada", "web flow", 1));
    let token = scene.owner.get(&format!("/oauth-tokens/{id}")).is(200);
    assert_eq!(token.text("/data/attributes/service-provider-user"), "ada");
    scene.browser.get(redirect.header("Location").expect("a path")).is(200).has(&id).has("<bdi>ada</bdi>");
    scene.owner.get(&format!("/oauth-tokens/{id}/authorized-repos")).is(200);
    assert_eq!(count(&scene.server, "web_flows"), 0);
    let events = scene.owner.get("/organizations/my-organization/vcs-events").is(200);
    assert_eq!(events.text("/data/0/attributes/message"), "demo connected GitLab Community Edition as ada.");
    let trail = scene.server.trail(0);
    assert!(
        trail.iter().any(|event| event.starts_with(&format!("create oauth_token {id} ")) && event.ends_with("by demo"))
    );
}

#[test]
fn connecting_again_keeps_the_token_id_and_what_is_linked() {
    let scene = Scene::new(|seen| match seen.field("code").as_deref() {
        Some("another-code") => Said::json(json!({"access_token": "second", "token_type": "bearer"})),
        _ if seen.token == "second" && seen.path == "/api/v4/user" => Said::json(json!({"username": "grace"})),
        _ => good(seen),
    });
    scene.connects();
    let (id, ..) = scene.token().expect("a token");
    let workspace = scene.owner.creates_workspace("my-organization", "linked", Some(&id));
    scene.browser.get(LIST).is(200).has("Connected as").has(">Reauthorize<").has("Check connection");
    let confirm = scene.browser.get(&scene.connect_path()).is(200);
    confirm.has("Reauthorize").has("<bdi>ada</bdi>").has("Its token id and its workspaces stay.");
    let state = scene.begins();
    scene.browser.get(&scene.callback(&format!("code=another-code&state={state}"))).is(200).has("<bdi>grace</bdi>");
    let (same, user, _, revision) = scene.token().expect("a token");
    assert_eq!((same, user.as_str(), revision), (id.clone(), "grace", 2));
    let link = scene.owner.get(&format!("/workspaces/{workspace}")).is(200);
    assert_eq!(link.text("/data/attributes/vcs-repo/oauth-token-id"), id);
    scene.owner.get(&format!("/oauth-tokens/{id}/authorized-repos")).is(200);
    assert_eq!(scene.imitation.seen().last().expect("a call").token, "second");
    assert_eq!(scene.server.number("SELECT count(*) FROM vcs_events WHERE kind = 'connected'"), 2);
}

/// RFC 6749, section 10.12; RFC 7636, section 7.1.
#[test]
fn two_flows_share_nothing_that_could_be_guessed() {
    let scene = Scene::new(good);
    let urls: Vec<Url> = (0..2).map(|_| leaves(&scene.browser, &scene.connect_path())).collect();
    for name in ["state", "code_challenge"] {
        let [one, other] = [0, 1].map(|n| parameter(&urls[n], name));
        assert!(one.len() == 43 && other.len() == 43, "256 bits");
        let same = one.bytes().zip(other.bytes()).filter(|(a, b)| a == b).count();
        assert!(same < 12, "{one} {other}");
    }
    // Both are good, in any order.
    for url in urls.iter().rev() {
        let state = parameter(url, "state");
        scene.browser.get(&scene.callback(&format!("code=c&state={state}"))).is(200).has("Connected");
    }
    let verifiers: Vec<_> = scene.exchanges().iter().map(|seen| seen.field("code_verifier")).collect();
    assert_ne!(verifiers[0], verifiers[1]);
}

#[test]
fn looking_changes_nothing_and_a_session_has_so_many_flows() {
    let server = Server::demo();
    let made =
        server.owner().tries_client(&sample_with(json!({"key": "k", "secret": "s", "oauth-token-string": null})));
    let path = made.is(201).text("/data/attributes/connect-path");
    let browser = Browser::of(&server, "demo");
    let before = server.contents();
    browser.get(&path).is(200).has("Connect ").has("<bdi>my-organization</bdi>").has("Signed in as");
    assert_eq!(server.contents(), before);
    for _ in 0..20 {
        leaves(&browser, &path);
    }
    assert_eq!(count(&server, "web_flows"), 16);
    // They end with their session, and with their client.
    let page = browser.get("/account");
    browser.submit(&page, "/sign-out", &[]);
    assert_eq!(count(&server, "web_flows"), 0);
}

/// RFC 9700, section 4.1: what a proxy or an attacker says about the host is not believed.
#[test]
fn the_callback_url_does_not_depend_on_the_request() {
    let scene = Scene::new(good);
    let path = scene.connect_path();
    let action = path.split('?').next().expect("a path");
    let csrf = scene.browser.get(&path).csrf();
    let body = format!("csrf={csrf}");
    let headers = [
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Host", "evil.test"),
        ("X-Forwarded-Host", "evil.test"),
        ("X-Forwarded-Proto", "https"),
        ("Forwarded", "host=evil.test"),
    ];
    let leaving = scene.browser.send("POST", action, Some(&body), &headers).is(200).has_not("evil.test");
    let url: Url = leaving.header("Refresh").expect("a header").trim_start_matches("0; url=").parse().expect("a URL");
    assert_eq!(parameter(&url, "redirect_uri"), scene.attribute("callback-url"));
}

#[test]
fn the_pages_of_a_flow_are_guarded_and_lead_nowhere_else() {
    let scene = Scene::new(good);
    let path = format!("{}&return_to=//evil.test&next=//evil.test", scene.connect_path());
    let confirm = scene.browser.get(&path).is(200).has_not("evil.test");
    let action = path.split('?').next().expect("a path");
    let leaving = scene.browser.submit(&confirm, action, &[("return_to", "//evil.test")]).is(200).has_not("evil.test");
    let url: Url = leaving.header("Refresh").expect("a header").trim_start_matches("0; url=").parse().expect("a URL");
    let answer = format!("code=c&state={}&return_to=//evil.test&redirect_uri=//evil.test", parameter(&url, "state"));
    let redirect = scene.browser.send("GET", &scene.callback(&answer), None, &[]).is(303);
    let done = redirect.header("Location").expect("a path").to_owned();
    assert_eq!(done, format!("{LIST}/{}/connected", scene.client));
    let failed = scene.browser.get(&scene.callback(&answer)).is(422);
    for page in [confirm, leaving, redirect, scene.browser.get(&done), failed] {
        assert_eq!(page.header("Referrer-Policy"), Some("no-referrer"), "{}", page.path);
        let policy = page.header("Content-Security-Policy").expect("a policy");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"), "{policy}");
        assert_eq!(page.header("Cache-Control"), Some("no-store"));
    }
}

//! Keys of an application link, generated for a client that the API created without them.

use std::thread;

use super::demo::{decides, path_of};
use super::*;
use crate::harness::{document, sample_with};

/// The id and the connect path of a client without a secret.
fn creates(server: &Server, kind: &str, key: Option<&str>) -> (String, String) {
    let made = server.owner().tries_client(&sample_with(json!({
        "service-provider": kind, "name": kind, "http-url": "https://bitbucket.example.com",
        "api-url": "https://bitbucket.example.com", "oauth-token-string": Value::Null, "key": key,
    })));
    let made = made.is(201);
    (made.text("/data/id"), made.text("/data/attributes/connect-path"))
}

fn action(connect_path: &str) -> String {
    format!("{}/keys", connect_path.split('?').next().expect("a path"))
}

#[test]
fn keys_are_generated_later_shown_and_used_to_connect() {
    let server = Server::demo();
    let browser = Browser::of(&server, "demo");
    for (kind, key) in [("bitbucket_data_center", None), ("bitbucket_server", Some("chosen-key"))] {
        let (id, path) = creates(&server, kind, key);
        let list = browser.get(LIST).is(200);
        let card = list.body.split("<article").find(|card| card.contains(&id)).expect("a card");
        assert!(card.contains(">Connect<") && !card.contains("BEGIN PUBLIC KEY"), "{card}");
        browser.get(&format!("{LIST}/{id}/edit")).is(200).has("Leave the three fields empty");
        let page = browser.get(&path).is(200).at(&path).has("Generate keys for").has_not("Continue to");
        let list = browser.submit(&page, &action(&path), &[]).is(200).at(LIST);
        let list = list.has("Register the consumer key and the public key").has_not("PRIVATE KEY");
        let shown = server.owner().get(&format!("/oauth-clients/{id}")).is(200);
        let consumer_key = shown.text("/data/attributes/key");
        assert!(key.map_or(consumer_key.starts_with("bowline-"), |key| key == consumer_key), "{consumer_key}");
        let public_key = shown.text("/data/attributes/rsa-public-key");
        list.has(&format!("value=\"{consumer_key}\"")).has(&public_key);
        browser.get(&format!("{LIST}/{id}/edit")).is(200).has_not("Leave the three fields empty");

        // They stay: they may be registered by now.
        let csrf = browser.get("/account").csrf();
        browser.post(&action(&path), &[("csrf", &csrf)]).is(303);
        let again = server.owner().get(&format!("/oauth-clients/{id}")).is(200);
        assert_eq!(again.text("/data/attributes/rsa-public-key"), public_key);

        let url = leaves(&browser, &path);
        browser.get(&path_of(&server, &decides(&url, "allow"))).is(200).has("Connected").has("<bdi>ada");
        let trail = server.trail(0);
        assert_eq!(trail.iter().filter(|event| event.starts_with(&format!("update oauth_client {id} "))).count(), 1);
    }
}

#[test]
fn keys_that_are_asked_for_at_once_are_made_once() {
    let server = Server::demo();
    let browser = Browser::of(&server, "demo");
    let (id, path) = creates(&server, "bitbucket_data_center", None);
    let csrf = browser.get("/account").csrf();
    let cookie = browser.cookie.borrow().clone();
    thread::scope(|scope| {
        for _ in 0..4 {
            let (server, cookie, csrf, action) = (&server, cookie.clone(), &csrf, action(&path));
            scope.spawn(move || {
                let browser = Browser::new(server);
                *browser.cookie.borrow_mut() = cookie;
                browser.post(&action, &[("csrf", csrf)]).is(303);
            });
        }
    });
    let trail = server.trail(0);
    assert_eq!(trail.iter().filter(|event| event.starts_with(&format!("update oauth_client {id} "))).count(), 1);
}

#[test]
fn keys_are_for_application_links_and_for_callers_who_may_change_the_client() {
    let server = Server::demo();
    let browser = Browser::of(&server, "demo");
    let (id, path) = creates(&server, "bitbucket_data_center", None);
    server.cli(&["user", "create", "eve", "--email", "eve@example.com"]);
    let eve = Browser::of(&server, "eve");
    let csrf = eve.get("/account").csrf();
    eve.get(&path).is(404);
    eve.post(&action(&path), &[("csrf", &csrf)]).is(404);
    // One that has a secret keeps it, and one of another provider gets none.
    let own = json!({"key": "own", "secret": include_str!("../../keys/rsa.pem"), "rsa-public-key": "own-public-key"});
    server.owner().patch(&format!("/oauth-clients/{id}"), &document("oauth-clients", own)).is(200);
    let github = server.owner().tries_client(&sample_with(json!({}))).is(201);
    let github = github.text("/data/attributes/connect-path");
    let csrf = browser.get("/account").csrf();
    for path in [&path, &github] {
        browser.post(&action(path), &[("csrf", &csrf)]).is(303);
    }
    let keys = server.number("SELECT count(*) FROM oauth_clients WHERE rsa_public_key LIKE '%BEGIN%'");
    assert_eq!(keys, 0);
    let shown = server.owner().get(&format!("/oauth-clients/{id}")).is(200);
    assert_eq!(shown.text("/data/attributes/rsa-public-key"), "own-public-key");
}

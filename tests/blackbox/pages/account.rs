//! The account page: password, sessions, API tokens.

use super::{Browser, PASSWORD};
use crate::harness::Server;

#[test]
fn a_token_is_shown_once_and_works_until_it_is_revoked() {
    let server = Server::demo();
    let browser = Browser::of(&server, "demo");
    let account = browser.get("/account").is(200);
    let created = browser.submit(&account, "/account/tokens", &[("description", "laptop"), ("expires", "30")]).is(201);
    let token = created.copies().into_iter().find(|value| value.contains(".atlasv1.") && !value.contains(' '));
    let token = token.expect("a token");
    let created = created.has(&format!("export TFE_ADDRESS={}\nexport TFE_TOKEN={token}", server.address));
    drop(created);
    server.with_token(&token).get("/account/details").is(200);

    let account = browser.get("/account").is(200).has("laptop").has("in 29 days").has_not(&token);
    let revoke = account.body.split("action=\"").find_map(|rest| {
        let (path, form) = rest.split_once('"')?;
        (path.ends_with("/revoke") && account.body.split(path).next()?.contains("laptop") && form.contains("Revoke"))
            .then(|| path.to_owned())
    });
    let revoke = revoke.expect("a button");
    browser.submit(&account, &revoke, &[]).is(200).at("/account").has("The API token was revoked.").has_not("laptop");
    server.with_token(&token).get("/account/details").is(401);
    // The message is shown once.
    browser.get("/account").is(200).has_not("The API token was revoked.");
}

#[test]
fn what_a_form_for_a_token_says_is_checked() {
    let server = Server::demo();
    let browser = Browser::of(&server, "demo");
    let account = browser.get("/account").is(200);
    let long = "x".repeat(256);
    for (fields, words) in [
        (&[("description", long.as_str()), ("expires", "30")][..], "Description must be one line"),
        (&[("description", "a\nb"), ("expires", "30")], "Description must be one line"),
        (&[("description", "a"), ("expires", "31")], "Choose when the token expires."),
        (&[("description", "a"), ("expires", "")], "Choose when the token expires."),
    ] {
        browser.submit(&account, "/account/tokens", fields).is(422).has(words);
    }
    let kept = browser.submit(&account, "/account/tokens", &[("description", "<b>\"'"), ("expires", "x")]).is(422);
    kept.has("&#60;b&#62;&#34;&#39;").has_not("<b>");
}

#[test]
fn tokens_of_others_cannot_be_revoked() {
    let server = Server::demo();
    server.cli(&["user", "create", "eve", "--email", "eve@example.com"]);
    let eve = Browser::of(&server, "eve");
    let csrf = eve.get("/account").csrf();
    let tokens = server.cli(&["token", "list", "--json"]);
    let tokens: serde_json::Value = serde_json::from_str(&tokens).expect("JSON");
    let id = tokens[0]["id"].as_str().expect("an id");
    for id in [id, "at-6yEmxNAhaoQLH1Da", "x"] {
        eve.post(&format!("/account/tokens/{id}/revoke"), &[("csrf", &csrf)]).is(404);
    }
    server.owner().get("/account/details").is(200);
}

#[test]
fn sessions_can_be_ended_from_elsewhere() {
    let server = Server::demo();
    let one = Browser::of(&server, "demo");
    let other = Browser::new(&server);
    other.post("/sign-in", &[("username", "demo"), ("password", PASSWORD)]).is(303);
    let account = one.get("/account").is(200).has("This session").has("Firefox on Linux").has("127.0.0.1");
    let ends: Vec<&str> = account.body.split("action=\"").filter_map(|rest| rest.split('"').next()).collect();
    let ends: Vec<&str> = ends.into_iter().filter(|path| path.ends_with("/end")).collect();
    assert_eq!(ends.len(), 2);
    let own = account.body.split("This session").nth(1).and_then(|rest| rest.split("action=\"").nth(1));
    let own = own.and_then(|rest| rest.split('"').next()).expect("a path").to_owned();
    let theirs = ends.iter().find(|path| **path != own).expect("another").to_string();
    one.submit(&account, &theirs, &[]).is(200).has("The session was ended.");
    other.get("/account").at("/sign-in?next=%2Faccount");
    one.get("/account").at("/account");

    server.cli(&["user", "create", "eve", "--email", "eve@example.com"]);
    let eve = Browser::of(&server, "eve");
    let csrf = eve.get("/account").csrf();
    for path in [own.as_str(), "/account/sessions/0/end", "/account/sessions/x/end", "/account/sessions/-1/end"] {
        eve.post(path, &[("csrf", &csrf)]).is(404);
    }
    one.get("/account").at("/account");
}

#[test]
fn a_new_password_needs_the_present_one_and_ends_other_sessions() {
    const NEW: &str = "battery staple horse correct";
    let server = Server::demo();
    let browser = Browser::of(&server, "demo");
    let other = Browser::new(&server);
    other.post("/sign-in", &[("username", "demo"), ("password", PASSWORD)]).is(303);
    let account = browser.get("/account").is(200);
    for (fields, words) in [
        (&[("current-password", "wrong horse battery"), ("new-password", NEW)][..], "The current password is wrong."),
        (&[("current-password", PASSWORD), ("new-password", "short")], "12 characters or more."),
        (&[("new-password", NEW)], "The current password is wrong."),
    ] {
        browser.submit(&account, "/account/password", fields).is(422).has(words).has_not(NEW).has_not(PASSWORD);
    }
    other.get("/account").at("/account");
    let fields = [("current-password", PASSWORD), ("new-password", NEW)];
    browser.submit(&account, "/account/password", &fields).is(200).at("/account").has("The password was changed");
    other.get("/account").at("/sign-in?next=%2Faccount");
    let again = Browser::new(&server);
    again.post("/sign-in", &[("username", "demo"), ("password", PASSWORD)]).is(422);
    again.post("/sign-in", &[("username", "demo"), ("password", NEW)]).is(303);
}

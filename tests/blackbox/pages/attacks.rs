//! Forms of other sites, tokens of other sessions, cookies at the API.

use super::Browser;
use crate::harness::Server;

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// Every form of the pages, with the path filled in.
fn forms() -> Vec<String> {
    let source = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/routes/pages.rs")).expect("text");
    let lines = source.lines().map(str::trim).filter(|line| line.starts_with("form ") || line.starts_with("open_form"));
    let paths: Vec<String> = lines
        .map(|line| {
            let pattern = line.split('"').nth(1).expect("a pattern");
            pattern.replace(":organization", "my-organization").replace([':'], "")
        })
        .collect();
    assert!(paths.len() > 12, "{paths:?}");
    paths
}

#[test]
fn no_form_is_taken_from_another_site() {
    let server = Server::demo();
    let browser = Browser::of(&server, "demo");
    let csrf = browser.get("/account").csrf();
    let body = format!("csrf={csrf}");
    for path in forms() {
        for headers in [
            &[][..],
            &[("Origin", "null")],
            &[("Origin", "https://evil.test")],
            &[("Sec-Fetch-Site", "cross-site")],
            &[("Sec-Fetch-Site", "same-site")],
            &[("Sec-Fetch-Site", "none")],
            &[("Sec-Fetch-Site", "cross-site"), ("Origin", "null")],
            &[("Sec-Fetch-Site", "same-origin"), ("Origin", "https://evil.test")],
        ] {
            let headers: Vec<_> = headers.iter().copied().chain([FORM]).collect();
            browser.send("POST", &path, Some(&body), &headers).is(403).has("not sent from a page of this server");
        }
    }
    // Browsers that do not say Sec-Fetch-Site say the origin.
    let own = browser.address.clone();
    let taken = browser.send("POST", "/sign-out", Some(&body), &[FORM, ("Origin", &own)]);
    taken.is(303);
}

#[test]
fn a_form_needs_the_token_of_its_own_session() {
    let server = Server::demo();
    let (one, other) = (Browser::of(&server, "demo"), Browser::of(&server, "demo"));
    // Setting a password has ended the first one's session.
    one.get("/account").at("/sign-in?next=%2Faccount");
    server.cli(&["user", "create", "eve", "--email", "eve@example.com"]);
    let eve = Browser::of(&server, "eve").get("/account").csrf();
    let own = other.get("/account").csrf();
    for path in forms().into_iter().filter(|path| !path.starts_with("/sign-in") && !path.starts_with("/set-password")) {
        for csrf in ["", "x", eve.as_str(), &own[1..], &format!("{own}0")] {
            other.post(&path, &[("csrf", csrf)]).is(403).has("another session");
        }
        other.post(&path, &[]).is(403);
    }
    other.get("/account").is(200);
}

#[test]
fn the_api_ignores_cookies_and_pages_ignore_tokens() {
    let server = Server::demo();
    let browser = Browser::of(&server, "demo");
    browser.send("GET", "/api/v2/organizations", None, &[]).is(401);
    let post = [("Content-Type", "application/vnd.api+json"), ("Sec-Fetch-Site", "same-origin")];
    browser.send("POST", "/api/v2/organizations", Some("{}"), &post).is(401);

    let token = server.owner().token.expect("a token");
    let anonymous = Browser::new(&server);
    let bearer = ("Authorization", format!("Bearer {token}"));
    let bearer = (bearer.0, bearer.1.as_str());
    let answer = anonymous.send("GET", "/organizations", None, &[bearer]).is(303);
    assert_eq!(answer.header("Location"), Some("/sign-in?next=%2Forganizations"));
    anonymous.send("POST", "/sign-out", Some(""), &[bearer, FORM, ("Sec-Fetch-Site", "same-origin")]).is(401);
}

#[test]
fn nothing_changes_by_get() {
    let server = Server::demo();
    let browser = Browser::of(&server, "demo");
    for path in forms() {
        let answer = browser.send("GET", &path, None, &[]);
        assert!(answer.status != 201 && answer.header("Set-Cookie").is_none(), "{path}: {}", answer.status);
    }
    browser.get("/account").is(200).at("/account");
}

#[test]
fn several_cookies_of_one_name_are_none() {
    let server = Server::demo();
    let browser = Browser::of(&server, "demo");
    let cookie = browser.cookie.borrow().clone().expect("a cookie");
    for header in [format!("{cookie}; {cookie}"), format!("{cookie}; bowline-loopback=x"), cookie.replace('=', "=x")] {
        *browser.cookie.borrow_mut() = Some(header);
        browser.get("/account").at("/sign-in?next=%2Faccount");
    }
}

#[test]
fn an_organization_of_others_is_not_there() {
    let server = Server::demo();
    server.cli(&["user", "create", "eve", "--email", "eve@example.com"]);
    let (client, _) = server.owner().creates_client("my-organization");
    let workspace = server.owner().creates_workspace("my-organization", "network", None);
    let eve = Browser::of(&server, "eve");
    let home = eve.get("/").is(200);
    let at = "/organizations/my-organization";
    for path in [
        at.to_owned(),
        format!("{at}/vcs-providers"),
        format!("{at}/vcs-providers/new"),
        format!("{at}/vcs-providers/new/github"),
        format!("{at}/vcs-providers/{client}/edit"),
        format!("{at}/vcs-providers/{client}/delete"),
        format!("{at}/vcs-providers/{client}/revoke"),
        format!("{at}/vcs-providers/{client}/ssh-key"),
        format!("{at}/workspaces"),
        format!("{at}/workspaces/new"),
        format!("{at}/workspaces/move"),
        format!("{at}/workspaces/{workspace}/link"),
        format!("{at}/workspaces/{workspace}/unlink"),
        format!("{at}/vcs-providers/{client}/connected"),
        format!("{at}/vcs-providers/{client}/check"),
        format!("{at}/vcs-events"),
        format!("{at}/audit-trail"),
        format!("{at}/members"),
    ] {
        let refused = eve.get(&path);
        let missing = eve.get(&path.replace("my-organization", "not-there"));
        assert!(matches!(refused.status, 404 | 405) && refused.body == missing.body, "{path}");
        let csrf = home.csrf();
        let sent = [("csrf", csrf.as_str()), ("confirm", "x"), ("nonce", &"a".repeat(43)), ("from", "x"), ("to", "y")];
        let sent = eve.post(&path, &sent);
        assert!(matches!(sent.status, 404 | 405), "{path}: {}", sent.status);
    }
    // In an organization of her own, what belongs to another one is not there either.
    let csrf = home.csrf();
    eve.post("/organizations", &[("csrf", &csrf), ("name", "evil"), ("email", "e@x.test")]).is(303);
    for path in [format!("vcs-providers/{client}/edit"), format!("workspaces/{workspace}/link")] {
        eve.get(&format!("/organizations/evil/{path}")).is(404);
    }
    server.owner().get(&format!("/oauth-clients/{client}")).is(200);
}

//! Coming in and going out: hardening of sessions and passwords.

use super::{Browser, PASSWORD, encoded};
use crate::harness::Server;

#[test]
fn a_link_sets_a_password_once_and_signs_in() {
    let server = Server::demo();
    let link = server.announced.last().and_then(|line| line.strip_prefix("# Sign in: ")).expect("a link");
    let path = link.strip_prefix(&server.address).expect("a path");
    let browser = Browser::new(&server);
    // Looking at it does not use it up.
    browser.get(path).is(200).has("demo").has("in 23 hours").has_not("href=\"/account\"");
    let page = browser.get(path).is(200);
    browser.submit(&page, path, &[("new-password", "short")]).is(422).has("12 characters or more");
    let page = browser.get(path).is(200);
    browser.submit(&page, path, &[("new-password", PASSWORD)]).is(200).has("Welcome").has("Sign out");
    for again in [browser.get(path), Browser::new(&server).post(path, &[("new-password", PASSWORD)])] {
        again.is(403).has("This link was used");
    }
    for unknown in ["/set-password/x", &format!("/set-password/{}", "a".repeat(43))] {
        browser.get(unknown).is(403).has("This link was used");
    }
}

#[test]
fn a_newer_link_voids_the_one_before() {
    let server = Server::demo();
    let make = || server.cli(&["user", "sign-in-link", "demo", "--public-url", &server.address]);
    let (first, second) = (make(), make());
    let path = |link: &str| link.strip_prefix(&server.address).expect("a path").to_owned();
    let browser = Browser::new(&server);
    browser.get(&path(&first)).is(403);
    browser.get(&path(&second)).is(200);
}

#[test]
fn signing_in_and_out() {
    let server = Server::demo();
    drop(Browser::of(&server, "demo"));
    let browser = Browser::new(&server);
    let sign_in = browser.get("/").is(200).at("/sign-in?next=%2F");
    browser
        .submit(&sign_in, "/sign-in", &[("username", "demo"), ("password", "wrong horse battery")])
        .is(422)
        .has("wrong");
    browser.submit(&sign_in, "/sign-in", &[("username", "nobody"), ("password", PASSWORD)]).is(422).has("wrong");
    browser.submit(&sign_in, "/sign-in", &[("username", "demo")]).is(422).has("wrong").has("value=\"demo\"");
    assert_eq!(*browser.cookie.borrow(), None);

    let page = browser.submit(&sign_in, "/sign-in", &[("username", "DEMO"), ("password", PASSWORD)]).is(200);
    let cookie = browser.cookie.borrow().clone().expect("a cookie");
    // Who is signed in does not see the form again.
    browser.get("/sign-in").is(200).at("/");
    let out = browser.submit(&page, "/sign-out", &[]).is(200).at("/sign-in");
    assert!(out.header("Set-Cookie").is_none() && browser.cookie.borrow().is_none());
    // The cookie is of no use any more.
    *browser.cookie.borrow_mut() = Some(cookie);
    browser.get("/account").at("/sign-in?next=%2Faccount").has("Sign in to see this page.");
}

#[test]
fn after_signing_in_the_page_that_was_asked_for_comes() {
    let server = Server::demo();
    drop(Browser::of(&server, "demo"));
    let wanted = "/organizations/my-organization/vcs-providers";
    let browser = Browser::new(&server);
    let sign_in = browser.get(wanted);
    browser.submit(&sign_in, "/sign-in", &[("username", "demo"), ("password", PASSWORD)]).is(200).at(wanted);
    for next in ["//evil.test", "https://evil.test/", "/\\evil.test", "/%0d%0aSet-Cookie:%20a=b", "javascript:1", ""] {
        let browser = Browser::new(&server);
        let fields = [("username", "demo"), ("password", PASSWORD), ("next", next)];
        let answer = browser.post("/sign-in", &fields);
        let location = answer.header("Location").expect("a redirect");
        assert!(location == "/" || location.starts_with("/%0d"), "{next}: {location}");
    }
}

/// Session fixation: a cookie from before signing in is worth nothing afterwards.
#[test]
fn signing_in_begins_a_new_session_and_ends_the_one_before() {
    let server = Server::demo();
    let browser = Browser::of(&server, "demo");
    let before = browser.cookie.borrow().clone().expect("a cookie");
    browser.post("/sign-in", &[("username", "demo"), ("password", PASSWORD)]).is(303);
    let after = browser.cookie.borrow().clone().expect("a cookie");
    assert_ne!(before, after);
    browser.get("/account").is(200).at("/account");
    *browser.cookie.borrow_mut() = Some(before);
    browser.get("/account").at("/sign-in?next=%2Faccount");
    // One that the server never gave is not taken over.
    let planted = format!("bowline-loopback={}", "a".repeat(43));
    *browser.cookie.borrow_mut() = Some(planted.clone());
    browser.post("/sign-in", &[("username", "demo"), ("password", PASSWORD)]).is(303);
    assert_ne!(browser.cookie.borrow().clone(), Some(planted));
}

#[test]
fn cookies_are_for_this_server_alone() {
    let server = Server::demo();
    drop(Browser::of(&server, "demo"));
    let browser = Browser::new(&server);
    let answer = browser.post("/sign-in", &[("username", "demo"), ("password", PASSWORD)]).is(303);
    let cookie = answer.header("Set-Cookie").expect("a cookie");
    let shape = r"^bowline-loopback=[0-9A-Za-z_-]{43}; Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax$";
    assert!(regex_lite::Regex::new(shape).unwrap().is_match(cookie), "{cookie}");
    assert!(answer.header("Strict-Transport-Security").is_none());

    let server = Server::demo_with(&["--public-url", "https://bowline.example.com"]);
    let key = server.announced.last().and_then(|line| line.rsplit('/').next()).expect("a key");
    let browser = Browser::new(&server);
    let answer = browser.post(&format!("/set-password/{key}"), &[("new-password", PASSWORD)]).is(303);
    let cookie = answer.header("Set-Cookie").expect("a cookie");
    let shape = r"^__Host-bowline=[0-9A-Za-z_-]{43}; Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax; Secure$";
    assert!(regex_lite::Regex::new(shape).unwrap().is_match(cookie), "{cookie}");
    assert_eq!(answer.header("Strict-Transport-Security"), Some("max-age=31536000; includeSubDomains"));
}

#[test]
fn over_plain_http_elsewhere_nobody_types_a_password() {
    let server = Server::demo_with(&["--public-url", "http://bowline.example.com"]);
    let browser = Browser::new(&server);
    browser.post("/sign-in", &[("username", "demo"), ("password", PASSWORD)]).is(403).has("plain HTTP");
    let key = server.announced.last().and_then(|line| line.rsplit('/').next()).expect("a key");
    browser.post(&format!("/set-password/{key}"), &[("new-password", PASSWORD)]).is(403).has("plain HTTP");
    assert_eq!(*browser.cookie.borrow(), None);
}

#[test]
fn passwords_can_be_tried_so_often_and_no_more() {
    let server = Server::demo();
    drop(Browser::of(&server, "demo"));
    let browser = Browser::new(&server);
    let tries = |name: &str, password: &str| browser.post("/sign-in", &[("username", name), ("password", password)]);
    for _ in 0..10 {
        tries("Demo", "wrong horse battery").is(422);
    }
    let refused = tries("demo", PASSWORD).is(429).has("Too many passwords were tried");
    assert!(refused.header("Retry-After").is_some_and(|seconds| seconds.parse::<u32>().is_ok_and(|s| s > 0)));
    // Another user is let in from the same address, until that has tried too often as well; each minute gives it three tries
    // back.
    let mut statuses = (0..60).map(|n| tries(&format!("user-{n}"), "wrong horse battery").status);
    let wrong = statuses.by_ref().take(19).filter(|status| *status == 422).count();
    assert_eq!((wrong, statuses.find(|status| *status != 422)), (19, Some(429)));
}

/// What was typed as a name may be a password: only names that exist are logged. What the limits refuse is not: the log of
/// a server that is attacked stays short.
#[test]
fn wrong_passwords_are_logged_with_the_user_the_address_and_the_request() {
    let server = Server::demo_with(&["--access-log", "off"]);
    let browser = Browser::of(&server, "demo");
    let page = browser.get("/account").is(200);
    let fields = [("current-password", "hunter2"), ("new-password", "another long password")];
    browser.submit(&page, "/account/password", &fields).is(422);
    let lines = |words: &str| server.log().lines().filter(|line| line.contains(words)).count();
    assert_eq!(lines("POST /account/password: wrong password of demo from 127.0.0.1"), 1, "{}", server.log());

    let browser = Browser::new(&server);
    let tries = |name: &str, password: &str| browser.post("/sign-in", &[("username", name), ("password", password)]);
    for (name, words) in [("DEMO", "demo"), ("hunter2", "an unknown user")] {
        for password in ["hunter2", &"hunter2".repeat(1000)] {
            let refused = tries(name, password).is(422);
            let id = refused.header("X-Request-Id").expect("an id");
            let line = format!("{id} POST /sign-in: wrong password of {words} from 127.0.0.1");
            assert_eq!(lines(&line), 1, "{line}: {}", server.log());
        }
    }
    let refused = (0..20).filter(|_| tries("demo", "hunter2").status == 422).count();
    assert_eq!(lines("POST /sign-in: wrong password of demo "), 2 + refused);
    assert!(refused < 20 && lines("hunter2") == 0, "{}", server.log());
}

/// User names are known to others: wrong passwords from one place must not keep the user out everywhere.
#[test]
fn wrong_passwords_lock_a_user_only_for_the_network_that_sends_them() {
    let server = Server::demo_with(&["--trusted-proxy", "127.0.0.1"]);
    drop(Browser::of(&server, "demo"));
    let tries = |address: &str, password: &str| {
        let body = super::browser::encoded(&[("username", "demo"), ("password", password)]);
        let headers = [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Sec-Fetch-Site", "same-origin"),
            ("X-Forwarded-For", address),
        ];
        Browser::new(&server).send("POST", "/sign-in", Some(&body), &headers)
    };
    for _ in 0..10 {
        tries("198.51.100.1", "wrong horse battery").is(422);
    }
    tries("198.51.100.1", PASSWORD).is(429);
    tries("198.51.100.2", PASSWORD).is(303);
    // Addresses of one IPv6 network are one place.
    for n in 0..10 {
        tries(&format!("2001:db8::{n}"), "wrong horse battery").is(422);
    }
    tries("2001:db8::ffff", PASSWORD).is(429);
    tries("2001:db8:0:1::1", PASSWORD).is(303);
}

#[test]
fn the_database_has_digests_of_sessions_and_links_only() {
    let server = Server::demo();
    let link = server.cli(&["user", "sign-in-link", "demo"]);
    let browser = Browser::of(&server, "demo");
    let cookie = browser.cookie.borrow().clone().expect("a cookie");
    let session = cookie.split_once('=').expect("a pair").1.to_owned();
    let key = link.rsplit('/').next().expect("a key");
    for entry in std::fs::read_dir(&server.data_dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if !path.is_file() {
            continue;
        }
        let bytes = std::fs::read(&path).expect("readable");
        for needle in [session.as_str(), key, PASSWORD] {
            let found = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
            assert!(!found, "{needle} in {}", path.display());
        }
    }
}

#[test]
fn the_command_line_says_what_is_wrong() {
    let server = Server::demo();
    for (arguments, words) in [
        (&["user", "sign-in-link", "eve"][..], "There is no user named eve."),
        (&["user", "sign-in-link", "demo", "--public-url", "ftp://x"], "The public URL must begin with https://"),
    ] {
        let output = crate::harness::bowline_in(&server.data_dir, arguments);
        assert!(!output.status.success());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn other_bodies_than_forms_are_refused() {
    let server = Server::demo();
    let browser = Browser::new(&server);
    let own = ("Sec-Fetch-Site", "same-origin");
    for (media_type, body, status) in [
        ("application/json", "{\"username\":\"demo\"}", 415),
        ("multipart/form-data; boundary=x", "--x--", 415),
        ("text/plain", "username=demo", 415),
        ("application/x-www-form-urlencoded", "username=%zz", 400),
        ("application/x-www-form-urlencoded", "username=%ff", 400),
    ] {
        browser.send("POST", "/sign-in", Some(body), &[("Content-Type", media_type), own]).is(status);
    }
    let large = encoded(&[("username", &"x".repeat(600 * 1024))]);
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    browser.send("POST", "/sign-in", Some(&large), &[form, own]).is(413).has("Too large");
}

//! What every page says to the browser.

use super::{Browser, Page};
use crate::harness::Server;

const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'; object-src 'none'";

#[track_caller]
fn is_guarded(page: &Page) {
    for (name, value) in [
        ("Content-Security-Policy", POLICY),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
        ("Cache-Control", "no-store"),
    ] {
        assert_eq!(page.header(name), Some(value), "{} {}", page.status, page.path);
    }
    assert_eq!(page.header("Access-Control-Allow-Origin"), None);
    assert!(!page.body.contains("<script") && !page.body.contains("style="));
}

#[test]
fn every_page_and_every_error_is_guarded() {
    let server = Server::demo();
    let anonymous = Browser::new(&server);
    is_guarded(&anonymous.send("GET", "/", None, &[]).is(303));
    is_guarded(&anonymous.get("/sign-in").is(200));
    is_guarded(&anonymous.post("/sign-in", &[]).is(422));
    is_guarded(&anonymous.post("/sign-out", &[]).is(401));
    is_guarded(&anonymous.get("/set-password/x").is(403));
    is_guarded(&anonymous.send("POST", "/sign-in", None, &[]).is(403));
    let wants_page = [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    is_guarded(&anonymous.send("GET", "/no-such-page", None, &wants_page).is(404).has("Page not found"));
    // Below /api the errors are documents, in a browser too.
    let unknown = anonymous.send("GET", "/api/v2/no-such-path", None, &wants_page).is(404);
    assert_eq!(unknown.header("Content-Type"), Some("application/vnd.api+json"));
    let browser = Browser::of(&server, "demo");
    for path in ["/", "/organizations", "/organizations/new", "/account", "/organizations/my-organization/members"] {
        is_guarded(&browser.get(path).is(200));
    }
    is_guarded(&browser.get("/organizations/none").is(404));
    is_guarded(&browser.get("/organizations?page=x").is(404));
}

/// A document is not rendered, and nothing in it is loaded or sent from it.
#[test]
fn what_no_page_answers_is_a_document() {
    let server = Server::demo();
    let browser = Browser::new(&server);
    let long = format!("/sign-in?next={}", "a".repeat(9000));
    for (method, path, status) in [("GET", "/sign-in?a=%zz", 400), ("PUT", "/account", 405), ("GET", &long, 414)] {
        let refused = browser.send(method, path, None, &[]).is(status);
        assert_eq!(refused.header("Content-Type"), Some("application/vnd.api+json"));
        assert_eq!(refused.header("X-Content-Type-Options"), Some("nosniff"));
        assert_eq!(refused.header("Cache-Control"), Some("no-store"));
    }
}

#[test]
fn the_style_sheet_is_kept_for_ever_under_a_name_of_its_content() {
    let server = Server::demo();
    let browser = Browser::new(&server);
    let page = browser.get("/sign-in");
    let path = page.body.split("href=\"").find_map(|rest| rest.strip_prefix("/assets/")).expect("a style sheet");
    let path = format!("/assets/{}", path.split('"').next().expect("a path"));
    let style = browser.get(&path).is(200);
    assert_eq!(style.header("Content-Type"), Some("text/css; charset=utf-8"));
    assert_eq!(style.header("Cache-Control"), Some("public, max-age=31536000, immutable"));
    assert!(style.body.len() < 12 * 1024);
    browser.get("/assets/000000000000.css").is(404);
    browser.get("/assets/..%2Fstyle.css").is(404);
}

#[test]
fn a_server_for_the_api_alone_has_no_pages() {
    let server = Server::demo_with(&["--pages", "off"]);
    assert!(server.announced.iter().all(|line| !line.contains("Sign in")), "{:?}", server.announced);
    let browser = Browser::new(&server);
    for path in ["/", "/sign-in", "/account", "/organizations"] {
        let answer = browser.send("GET", path, None, &[("Accept", "text/html")]).is(404);
        assert_eq!(answer.header("Content-Type"), Some("application/vnd.api+json"));
    }
    server.owner().get("/organizations").is(200);
}

//! Connecting in a browser. The provider is an imitation, or the one that a demo plays.

mod answers;
mod cards;
mod demo;
mod failures;
mod flows;
mod keys;
mod outgoing;
mod people;
mod picker;
mod races;
mod refusals;
mod secrecy;

use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::connections::imitation::{Imitation, Said, Seen};
use crate::harness::{Caller, Server, WITHOUT_PROVIDERS, sample_with, temporary};
use crate::pages::{Browser, PASSWORD, Page};

const LIST: &str = "/organizations/my-organization/vcs-providers";

/// Sends the browser away to the provider; gives where it goes.
#[track_caller]
fn leaves(browser: &Browser, connect_path: &str) -> Url {
    let page = browser.get(connect_path).is(200);
    let action = connect_path.split('?').next().expect("a path");
    let leaving = browser.submit(&page, action, &[]).is(200).has("Going to ");
    let refresh = leaving.header("Refresh").and_then(|value| value.strip_prefix("0; url="));
    let url = refresh.expect("a header").parse().expect("a URL");
    let shown = format!("href=\"{}\"", Url::as_str(&url).replace('&', "&#38;"));
    leaving.has(&shown);
    url
}

fn parameter(url: &Url, name: &str) -> String {
    let mut pairs = url.query_pairs();
    pairs
        .find(|(own, _)| own == name)
        .map(|(_, value)| value.into_owned())
        .unwrap_or_else(|| panic!("no {name}: {url}"))
}

/// Another browser of a user who has a password.
fn another_browser(server: &Server, name: &str) -> Browser {
    let browser = Browser::new(server);
    let page = browser.get("/sign-in").is(200);
    browser.submit(&page, "/sign-in", &[("username", name), ("password", PASSWORD)]).is(200);
    browser
}

fn count(server: &Server, table: &str) -> i64 {
    server.number(&format!("SELECT count(*) FROM {table}"))
}

/// A `serve` with a client that was never connected; its provider is an imitation of GitLab.
struct Scene {
    server: Server,
    owner: Caller,
    imitation: Imitation,
    browser: Browser,
    client: String,
    _place: TempDir,
}

const FIRST: &str = "gloas-first-access-token";
const NEXT: &str = "gloas-first-refresh-token";

/// As a GitLab would.
fn good(seen: &Seen) -> Said {
    match seen.path.as_str() {
        "/oauth/token" => Said::json(json!({"access_token": FIRST, "refresh_token": NEXT, "token_type": "Bearer",
                                             "expires_in": 7200, "scope": "api"})),
        "/api/v4/user" => Said::json(json!({"username": "ada"})),
        "/oauth/revoke" => Said::json("{}"),
        _ => Said::json("[]"),
    }
}

impl Scene {
    fn new(answer: impl Fn(&Seen) -> Said + Send + Sync + 'static) -> Scene {
        Scene::with(&[], answer)
    }

    fn with(flags: &[&str], answer: impl Fn(&Seen) -> Said + Send + Sync + 'static) -> Scene {
        let place = temporary();
        let data_dir = place.path().join("data");
        let demo = Server::demo_on(&data_dir, &WITHOUT_PROVIDERS);
        let token = demo.owner().token.expect("a token");
        demo.stop();
        let flags = [&["--allow-provider-address", "127.0.0.1", "--rate-limit", "off"], flags].concat();
        Scene::on(Server::serve_on(&data_dir, &flags), &token, place, answer)
    }

    /// With a server whose owner has this token.
    fn on(
        server: Server,
        token: &str,
        place: TempDir,
        answer: impl Fn(&Seen) -> Said + Send + Sync + 'static,
    ) -> Scene {
        let (owner, imitation) = (server.with_token(token), Imitation::start(answer));
        let browser = Browser::of(&server, "demo");
        let client = creates_client(&owner, &imitation);
        Scene { server, owner, imitation, browser, client, _place: place }
    }

    fn attribute(&self, name: &str) -> String {
        self.owner.get(&format!("/oauth-clients/{}", self.client)).is(200).text(&format!("/data/attributes/{name}"))
    }

    fn connect_path(&self) -> String {
        self.attribute("connect-path")
    }

    /// The path of the callback with this query.
    fn callback(&self, query: &str) -> String {
        let url: Url = self.attribute("callback-url").parse().expect("a URL");
        format!("{}?{query}", url.path())
    }

    /// Begins a flow; gives the state of it.
    #[track_caller]
    fn begins(&self) -> String {
        parameter(&leaves(&self.browser, &self.connect_path()), "state")
    }

    /// Connects from the beginning to the end.
    #[track_caller]
    fn connects(&self) -> Page {
        let state = self.begins();
        self.browser.get(&self.callback(&format!("code=a-code&state={state}"))).is(200).has("Connected")
    }

    /// The token requests that have arrived.
    fn exchanges(&self) -> Vec<Seen> {
        self.imitation.seen().into_iter().filter(|seen| seen.path == "/oauth/token").collect()
    }

    /// Id, user, source and revision of the client's token.
    fn token(&self) -> Option<(String, String, String, i64)> {
        let sql = "SELECT id, service_provider_user, source, revision FROM oauth_tokens";
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
        self.server.sqlite().query_row(sql, [], read).ok()
    }

    /// Asserts that nothing was sent to the token endpoint, and nothing stored.
    #[track_caller]
    fn is_untouched(&self) {
        assert!(self.exchanges().is_empty() && self.token().is_none());
    }
}

/// A client with key and secret, and no token.
fn creates_client(owner: &Caller, imitation: &Imitation) -> String {
    let origin = imitation.origin();
    let document = sample_with(json!({
        "service-provider": "gitlab_community_edition", "name": "imitated", "http-url": origin,
        "api-url": format!("{origin}/api/v4"), "key": "the-key", "secret": "the-application-secret",
        "oauth-token-string": Value::Null,
    }));
    owner.tries_client(&document).is(201).text("/data/id")
}

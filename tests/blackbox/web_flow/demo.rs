//! All kinds of providers, as a demo plays them: from the form to a list of repositories, without a network.

use bowline::providers::generate_key_pair;
use ureq::Agent;
use ureq::http::{Request, Response};

use super::*;
use crate::harness::PATIENCE;
use crate::pages::encoded;

/// What is on the other side of the browser's tab: the page of the provider.
fn fetch(method: &str, url: &str, body: Option<String>) -> Response<ureq::Body> {
    let config =
        Agent::config_builder().http_status_as_error(false).max_redirects(0).timeout_global(Some(PATIENCE)).build();
    let agent = Agent::from(config);
    let request = Request::builder().method(method).uri(url);
    let answer = match body {
        Some(body) => {
            let request = request.header("Content-Type", "application/x-www-form-urlencoded");
            agent.run(request.body(body).expect("a request"))
        }
        None => agent.run(request.body(()).expect("a request")),
    };
    answer.expect("an answer")
}

/// What the person decides on the provider's page; gives where the provider sends the browser.
pub(super) fn decides(url: &Url, decision: &str) -> String {
    let mut shown = fetch("GET", url.as_str(), None);
    assert_eq!(shown.status(), 200);
    let body = shown.body_mut().read_to_string().expect("text");
    let page = Page { path: url.path().to_owned(), status: 200, headers: vec![], body };
    let fields = page.form(url.path());
    let mut pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    pairs.push(("decision", decision));
    let action = url.join(url.path()).expect("a URL");
    let answer = fetch("POST", action.as_str(), Some(encoded(&pairs)));
    assert_eq!(answer.status(), 302);
    answer.headers()["location"].to_str().expect("text").to_owned()
}

/// The path of a URL of the server, with its query.
pub(super) fn path_of(server: &Server, url: &str) -> String {
    url.strip_prefix(&server.address).unwrap_or_else(|| panic!("not of the server: {url}")).to_owned()
}

fn client_named(server: &Server, name: &str) -> Value {
    let clients = server.owner().get("/organizations/my-organization/oauth-clients").is(200).list();
    clients.into_iter().find(|client| client["attributes"]["name"] == name).expect("a client")
}

/// Adds a provider by its form, and gives the path to connect it.
fn adds(server: &Server, browser: &Browser, kind: &str) -> String {
    let hosted = ["github", "gitlab_hosted", "bitbucket_hosted", "ado_services"].contains(&kind);
    let query = if hosted { "" } else { "?http-url=https%3A%2F%2Fgit.example.com" };
    let action = format!("{LIST}/new/{kind}");
    let form = browser.get(&format!("{action}{query}")).is(200);
    let pair = (kind == "bitbucket_server_legacy").then(|| generate_key_pair().expect("a pair"));
    let tenant = "3f2b8a52-0000-4000-8000-000000000000";
    let fields = match (kind, &pair) {
        ("bitbucket_server" | "bitbucket_data_center", _) => vec![("name", kind)],
        (_, Some(pair)) => vec![
            ("name", kind),
            ("key", "legacy-key"),
            ("secret", pair.private_key.reveal()),
            ("rsa-public-key", &pair.public_key),
        ],
        ("ado_services", _) => vec![
            ("name", kind),
            ("key", "the-key"),
            ("secret", "the-secret"),
            ("ado-entra-tenant-id", tenant),
            ("ado-org-name", "acme"),
        ],
        _ => vec![("name", kind), ("key", "the-key"), ("secret", "the-secret")],
    };
    let added = browser.submit(&form, &action, &fields).is(200).has(&format!("The VCS provider {kind} was added."));
    let client = client_named(server, kind);
    let path = client["attributes"]["connect-path"].as_str().expect("a path").to_owned();
    if ["bitbucket_server", "bitbucket_data_center"].contains(&kind) {
        // The keys have to be registered first.
        added.at(LIST).has("BEGIN PUBLIC KEY").has("value=\"bowline-").has_not("PRIVATE KEY");
    } else {
        added.at(&path);
    }
    path
}

/// Adds a provider and connects it; gives the id of its client.
pub(super) fn connects(server: &Server, browser: &Browser, kind: &str) -> String {
    let url = leaves(browser, &adds(server, browser, kind));
    let done = browser.get(&path_of(server, &decides(&url, "allow"))).is(200).has("Connected").has("<bdi>ada");
    assert!(done.path.ends_with("/connected"), "{}", done.path);
    done.path.split('/').rev().nth(1).expect("an id").to_owned()
}

/// Uses the token of a client for what it is for, and revokes it.
pub(super) fn lists_and_revokes(server: &Server, browser: &Browser, client: &str) {
    let owner = server.owner();
    let shown = owner.get(&format!("/oauth-clients/{client}")).is(200);
    let token = shown.text("/data/relationships/oauth-tokens/data/0/id");
    let repositories = owner.get(&format!("/oauth-tokens/{token}/authorized-repos")).is(200).list();
    assert!(!repositories.is_empty(), "{shown:?}");
    let page = browser.get(LIST).is(200);
    browser
        .submit(&page, &format!("{LIST}/{client}/check"), &[])
        .is(200)
        .has("was checked: the connection works as ada");
    let revoke = format!("{LIST}/{client}/revoke");
    let page = browser.get(&revoke).is(200);
    browser.submit(&page, &revoke, &[]).is(200).at(LIST).has("was revoked.");
    assert!(owner.get(&format!("/oauth-clients/{client}/oauth-tokens")).is(200).list().is_empty());
}

/// The one kind without a flow; gives the id of the client.
pub(super) fn adds_ado_server(server: &Server, browser: &Browser) -> String {
    let action = format!("{LIST}/new/ado_server");
    let form = browser.get(&format!("{action}?http-url=https%3A%2F%2Fgit.example.com")).is(200);
    let key = include_str!("../../keys/openssh.pem");
    let fields = [("name", "ado"), ("oauth-token-string", "a-personal-token"), ("private-key", key)];
    browser.submit(&form, &action, &fields).is(200).at(LIST).has("Token given").has("Check connection");
    client_named(server, "ado")["id"].as_str().expect("an id").to_owned()
}

pub(super) const KINDS: [&str; 10] = [
    "github",
    "github_enterprise",
    "gitlab_hosted",
    "gitlab_community_edition",
    "gitlab_enterprise_edition",
    "bitbucket_hosted",
    "bitbucket_server",
    "bitbucket_server_legacy",
    "bitbucket_data_center",
    "ado_services",
];

#[test]
fn every_kind_with_a_flow_is_denied_connected_listed_and_revoked() {
    let server = Server::demo();
    let browser = Browser::of(&server, "demo");
    let owner = server.owner();
    for kind in KINDS {
        let path = adds(&server, &browser, kind);
        let url = leaves(&browser, &path);
        let played = server.providers().expect("played");
        assert!(url.as_str().starts_with(&format!("{played}/{kind}/")), "{url}");
        let denied = browser.get(&path_of(&server, &decides(&url, "deny"))).is(422);
        denied.has("Access was denied at the provider.").has("Nothing was stored.");

        let callback = path_of(&server, &decides(&leaves(&browser, &path), "allow"));
        let done = browser.get(&callback).is(200).has("Connected").has("<bdi>ada");
        assert!(done.path.ends_with("/connected"), "{}", done.path);
        let used = browser.get(&callback).is(422).has("belongs to no connection");
        used.has("The connection that was there before is unchanged.");

        let client = done.path.split('/').rev().nth(1).expect("an id").to_owned();
        let shown = owner.get(&format!("/oauth-clients/{client}")).is(200);
        let token = shown.text("/data/relationships/oauth-tokens/data/0/id");
        let user = owner.get(&format!("/oauth-tokens/{token}")).is(200).text("/data/attributes/service-provider-user");
        assert!(user.starts_with("ada"), "{kind}: {user}");
        lists_and_revokes(&server, &browser, &client);
    }
}

/// RFC 5849: the request token takes the place of the state.
#[test]
fn a_request_token_is_for_one_browser_once() {
    let server = Server::demo();
    let browser = Browser::of(&server, "demo");
    let other = another_browser(&server, "demo");
    let path = adds(&server, &browser, "bitbucket_data_center");
    let (own, others) = (leaves(&browser, &path), leaves(&other, &path));
    assert_ne!(parameter(&own, "oauth_token"), parameter(&others, "oauth_token"));
    let [own, others] = [own, others].map(|url| path_of(&server, &decides(&url, "allow")));
    browser.get(&others).is(422).has("belongs to no connection");
    let (at, query) = own.split_once('?').expect("a query");
    browser.get(&format!("{at}?{query}&oauth_verifier=x")).is(422).has("a parameter twice");
    browser.get(&format!("{at}?oauth_token=guessed&oauth_verifier=x")).is(422).has("belongs to no connection");
    assert_eq!(count(&server, "oauth_tokens"), 0);
    let token = query.split('&').find_map(|pair| pair.strip_prefix("oauth_token=")).expect("a token");
    for (name, bytes) in server.at_rest() {
        assert!(!bytes.windows(token.len()).any(|window| window == token.as_bytes()), "it is in {name}");
    }
    browser.get(&own).is(200).has("Connected");
    browser.get(&own).is(422).has("used already");
    other.get(&others).is(200).has("Connected");
    assert_eq!(count(&server, "oauth_tokens"), 1);
}

#[test]
fn a_wrong_key_of_an_application_link_fails_before_the_browser_leaves() {
    let server = Server::demo();
    let browser = Browser::of(&server, "demo");
    let path = adds(&server, &browser, "bitbucket_data_center");
    let other = generate_key_pair().expect("a pair");
    let sql = "UPDATE oauth_clients SET rsa_public_key = ?1";
    assert_eq!(server.sqlite().execute(sql, [&other.public_key]), Ok(1));
    let page = browser.get(&path).is(200);
    let failed = browser.submit(&page, path.split('?').next().expect("a path"), &[]).is(422);
    failed.has("cannot verify the signature").has("Connecting was begun <span class=\"tag bad\">Failed</span>");
    assert_eq!(count(&server, "web_flows"), 0);
}

#[test]
fn the_token_of_azure_devops_server_is_checked_and_lists() {
    let server = Server::demo();
    let browser = Browser::of(&server, "demo");
    let client = adds_ado_server(&server, &browser);
    lists_and_revokes(&server, &browser, &client);
}

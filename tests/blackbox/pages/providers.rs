//! VCS providers: every kind is added, edited, revoked and deleted.

use serde_json::{Value, json};

use super::{Browser, Page};
use crate::harness::{Server, document, sample_with};

const LIST: &str = "/organizations/my-organization/vcs-providers";
const HOSTED: [&str; 4] = ["github", "gitlab_hosted", "bitbucket_hosted", "ado_services"];
const OWN: [&str; 7] = [
    "github_enterprise",
    "gitlab_community_edition",
    "gitlab_enterprise_edition",
    "bitbucket_server",
    "bitbucket_server_legacy",
    "bitbucket_data_center",
    "ado_server",
];
const KEY: &str = include_str!("../../keys/openssh.pem");

fn clients(server: &Server) -> Vec<Value> {
    server.owner().get("/organizations/my-organization/oauth-clients").is(200).list()
}

/// The attributes that the last event of the audit trail names.
fn last_change(server: &Server) -> Value {
    let event = server.cli(&["audit", "--json", "--limit", "1"]);
    let event: Value = serde_json::from_str(&event).expect("JSON");
    event["resource"]["meta"]["changed"].clone()
}

fn new(provider: &str) -> String {
    format!("{LIST}/new/{provider}")
}

/// The form of a provider; behind the question for the server, where it is one of one's own.
fn form(browser: &Browser, provider: &str) -> Page {
    if HOSTED.contains(&provider) {
        return browser.get(&new(provider)).is(200);
    }
    browser.get(&new(provider)).is(200).has("Where is your server?");
    browser.get(&format!("{}?http-url=https%3A%2F%2Fgit.example.com", new(provider))).is(200)
}

#[test]
fn each_of_the_eleven_can_be_added() {
    let server = Server::demo();
    let browser = Browser::of(&server, "demo");
    let choose = browser.get(&format!("{LIST}/new")).is(200);
    for provider in HOSTED.iter().chain(&OWN) {
        assert!(choose.body.contains(&format!("href=\"{}\"", new(provider))), "{provider}");
        let page = form(&browser, provider);
        let fields = match *provider {
            "ado_server" => vec![("name", *provider), ("oauth-token-string", "pat"), ("private-key", KEY)],
            "bitbucket_server" | "bitbucket_data_center" => vec![("name", *provider)],
            _ => vec![("name", *provider), ("key", "the-key"), ("secret", "the-secret")],
        };
        let added = browser.submit(&page, &new(provider), &fields).is(200);
        added.has(&format!("The VCS provider {provider} was added."));
    }
    let clients = clients(&server);
    assert_eq!(clients.len(), 11);
    for client in &clients {
        let attributes = &client["attributes"];
        assert_eq!(attributes["name"], attributes["service-provider"]);
        assert_eq!(attributes["organization-scoped"], true);
    }
    let of = |provider: &str| clients.iter().find(|client| client["attributes"]["name"] == provider).expect("a client");
    assert_eq!(of("github")["attributes"]["api-url"], "https://api.github.com");
    assert_eq!(of("github_enterprise")["attributes"]["api-url"], "https://git.example.com/api/v3");
    assert_eq!(of("gitlab_community_edition")["attributes"]["api-url"], "https://git.example.com/api/v4");
    assert!(of("ado_server")["relationships"]["oauth-tokens"]["data"][0]["id"].is_string());
}

#[test]
fn no_two_fields_of_a_form_have_one_label_and_long_values_wrap() {
    let server = Server::demo();
    let browser = Browser::of(&server, "demo");
    for provider in HOSTED.iter().chain(&OWN) {
        let page = form(&browser, provider);
        let labels = page.body.split("<label for=\"").skip(1).map(|rest| {
            let text = rest.split('>').nth(1).and_then(|rest| rest.split('<').next()).expect("a text");
            text.trim().to_owned()
        });
        let mut labels: Vec<String> = labels.filter(|label| !label.is_empty()).collect();
        let all = labels.len();
        labels.sort_unstable();
        labels.dedup();
        assert!(all > 2 && labels.len() == all, "{provider}: {labels:?}");
        // An input shows the beginning of a long value alone.
        let tags = page.body.split("<input ").skip(1).filter_map(|rest| rest.split('>').next());
        assert_eq!(tags.filter(|tag| tag.contains("/auth/")).count(), 0, "{provider}");
        // A demo says that nothing has to be registered anywhere.
        page.has("Bowline plays ");
    }
}

/// The provider has to know the callback URL before there is a client.
#[test]
fn the_callback_url_that_is_shown_is_the_one_that_the_client_has() {
    let server = Server::demo();
    let browser = Browser::of(&server, "demo");
    let page = form(&browser, "github");
    let shown = page.copies().into_iter().find(|value| value.contains("/auth/")).expect("a URL");
    // It stays where the form comes back.
    let fields = [("key", "k"), ("secret", "")];
    let again = browser.submit(&page, &new("github"), &fields).is(422).has(&shown).has("value=\"k\"");
    browser.submit(&again, &new("github"), &[("key", "k"), ("secret", "s")]).is(200);
    assert_eq!(clients(&server)[0]["attributes"]["callback-url"], shown.as_str());
    browser.get(LIST).is(200).has(&shown);

    // Sending it twice adds nothing twice.
    browser.submit(&again, &new("github"), &[("key", "k"), ("secret", "s")]).is(422).has("was added already");
    assert_eq!(clients(&server).len(), 1);
    // Another session cannot lead to it.
    server.cli(&["user", "create", "eve", "--email", "eve@example.com"]);
    let eve = Browser::of(&server, "eve");
    let csrf = eve.get("/account").csrf();
    eve.post("/organizations", &[("csrf", &csrf), ("name", "evil"), ("email", "e@x.test")]).is(303);
    let nonce = again.form(&new("github")).into_iter().find(|(name, _)| name == "nonce").expect("a value").1;
    let fields = [("csrf", csrf.as_str()), ("nonce", &nonce), ("key", "k"), ("secret", "s")];
    eve.post("/organizations/evil/vcs-providers/new/github", &fields).is(303);
    eve.get("/organizations/evil/vcs-providers").is(200).has_not(&shown);
}

#[test]
fn what_is_wrong_comes_back_beside_what_was_typed() {
    let server = Server::demo();
    let browser = Browser::of(&server, "demo");
    let long = "x".repeat(256);
    for (provider, fields, words) in [
        ("github", &[("key", "k")][..], "Enter both Client ID and Client secret"),
        ("github", &[("name", long.as_str()), ("key", "k"), ("secret", "s")], "Name must not be longer"),
        ("ado_server", &[("oauth-token-string", "hunter2-pat")], "SSH private key"),
        ("ado_server", &[("private-key", KEY)], "Personal access token"),
        (
            "gitlab_enterprise_edition",
            &[("http-url", "https://gitlab.com"), ("key", "k"), ("secret", "s")],
            "gitlab.com",
        ),
        ("github_enterprise", &[("api-url", "javascript:alert(1)"), ("key", "k"), ("secret", "s")], "API URL must"),
        ("github_enterprise", &[("http-url", "file:///etc"), ("key", "k"), ("secret", "s")], "HTTP URL must"),
        ("bitbucket_data_center", &[("rsa-public-key", "p")], "required"),
    ] {
        let page = form(&browser, provider);
        let again = browser.submit(&page, &new(provider), fields).is(422).has(words).has_not("hunter2-pat");
        again.has_not("href=\"javascript:");
    }
    assert!(clients(&server).is_empty());
    browser.get(&new("gitea")).is(404);
    for wrong in ["x", "ftp%3A%2F%2Fx", "https%3A%2F%2Fa%40b", "javascript%3Aalert(1)", "https%3A%2F%2Fx%3Fq"] {
        browser.get(&format!("{}?http-url={wrong}", new("github_enterprise"))).is(200).has("HTTP URL must");
    }
    // Without the value that fixes the callback URL there is nothing to add.
    let csrf = browser.get("/account").csrf();
    browser.post(&new("github"), &[("csrf", &csrf), ("key", "k"), ("secret", "s")]).is(400);
}

#[test]
fn scope_is_all_projects_or_selected_ones() {
    let server = Server::demo();
    let owner = server.owner();
    let project = |name: &str| {
        let document = json!({"data": {"type": "projects", "attributes": {"name": name}}});
        owner.post("/organizations/my-organization/projects", &document).is(201).text("/data/id")
    };
    let (web, ops) = (project("web"), project("ops"));
    let browser = Browser::of(&server, "demo");
    let page = form(&browser, "github").has(">web<").has(">ops<");
    let fields = [("key", "k"), ("secret", "s"), ("organization-scoped", "false"), ("projects", web.as_str())];
    browser.submit(&page, &new("github"), &fields).is(200);
    browser.get(LIST).is(200).has("1 project: web");
    let client = clients(&server).remove(0);
    let id = client["id"].as_str().expect("an id");
    let edit = format!("{LIST}/{id}/edit");
    let page = browser.get(&edit).is(200);
    browser.submit(&page, &edit, &[("projects", &ops)]).is(200).at(LIST).has("1 project: ops");
    let page = browser.get(&edit).is(200);
    browser.submit(&page, &edit, &[("projects", "prj-6yEmxNAhaoQLH1Da")]).is(422);
    browser.submit(&page, &edit, &[("organization-scoped", "true")]).is(200).has("All projects");
}

#[test]
fn editing_keeps_secrets_that_are_not_typed() {
    let server = Server::demo();
    let (id, token) = server.owner().creates_client("my-organization");
    let browser = Browser::of(&server, "demo");
    let edit = format!("{LIST}/{id}/edit");
    let page = browser.get(&edit).is(200);
    let saved = browser.submit(&page, &edit, &[("name", "Our GitHub"), ("key", "new-key")]).is(200);
    saved.at(LIST).has("The changes were saved.").has("Our GitHub").has(&token);
    let attributes = server.owner().get(&format!("/oauth-clients/{id}")).is(200).at("/data/attributes");
    assert_eq!((&attributes["name"], &attributes["key"]), (&json!("Our GitHub"), &json!("new-key")));
    browser.submit(&page, &edit, &[("name", &"x".repeat(256))]).is(422).has("Name must not be longer");
}

/// A form cannot tell some texts apart; what nobody has touched stays as it came.
#[test]
fn saving_the_form_as_it_came_changes_nothing() {
    let server = Server::demo();
    let owner = server.owner();
    let project = owner.creates_project("my-organization", "web");
    let browser = Browser::of(&server, "demo");
    let key = "\r\n-----BEGIN PUBLIC KEY-----\r\nMIIB\n-----END PUBLIC KEY-----\n\n";
    for name in [Value::Null, json!(""), json!(" a  name ")] {
        let client = sample_with(json!({
            "service-provider": "bitbucket_data_center", "name": name, "key": " a\nkey ", "secret": "the-secret",
            "rsa-public-key": key, "oauth-token-string": null, "organization-scoped": false,
        }));
        let id = owner.tries_client(&client).is(201).text("/data/id");
        let projects = json!({"data": [{"type": "projects", "id": project}]});
        owner.post(&format!("/oauth-clients/{id}/relationships/projects"), &projects).is_done();
        let shown = || {
            let mut document = owner.get(&format!("/oauth-clients/{id}")).is(200).at("/data");
            document["attributes"].as_object_mut().expect("attributes").remove("updated-at");
            document
        };
        let (before, edit) = (shown(), format!("{LIST}/{id}/edit"));
        let page = browser.get(&edit).is(200);
        browser.submit(&page, &edit, &[]).is(200).has("The changes were saved.");
        assert_eq!(shown(), before);
        assert_eq!(last_change(&server), Value::Null);
        // What is changed is changed alone.
        browser.submit(&page, &edit, &[("key", "another")]).is(200);
        assert_eq!(last_change(&server), json!(["key"]));
        let mut expected = before;
        expected["attributes"]["key"] = json!("another");
        assert_eq!(shown(), expected);
    }
}

#[test]
fn deleting_says_what_is_lost_and_asks_for_the_name() {
    let server = Server::demo();
    let owner = server.owner();
    let (id, token) = owner.creates_client("my-organization");
    let workspace = owner.creates_workspace("my-organization", "network", Some(&token));
    let browser = Browser::of(&server, "demo");
    browser.get(LIST).is(200).has("1 workspace uses it");
    let delete = format!("{LIST}/{id}/delete");
    let page = browser.get(&delete).is(200).has("One workspace loses its repository").has("network");
    for wrong in ["", "x", "github"] {
        browser.submit(&page, &delete, &[("confirm", wrong)]).is(422).has("This is not the name.");
    }
    owner.get(&format!("/oauth-clients/{id}")).is(200);
    let name =
        page.body.split("To be sure: ").nth(1).and_then(|rest| rest.split('<').next()).expect("a name").to_owned();
    let deleted = browser.submit(&page, &delete, &[("confirm", &name)]).is(200).at(LIST);
    deleted.has("was deleted").has("no VCS provider yet");
    let workspace = owner.get(&format!("/workspaces/{workspace}")).is(200);
    assert_eq!(workspace.at("/data/attributes/vcs-repo"), Value::Null);
    browser.get(&delete).is(404);
    browser.submit(&page, &delete, &[("confirm", &name)]).is(404);
}

#[test]
fn revoking_keeps_the_client() {
    let server = Server::demo();
    let (id, token) = server.owner().creates_client("my-organization");
    let browser = Browser::of(&server, "demo");
    let revoke = format!("{LIST}/{id}/revoke");
    let page = browser.get(&revoke).is(200);
    browser.submit(&page, &revoke, &[]).is(200).at(LIST).has("was revoked").has("Not connected").has_not(&token);
    server.owner().get(&format!("/oauth-tokens/{token}")).is(404);
    server.owner().get(&format!("/oauth-clients/{id}")).is(200);
    browser.get(&revoke).is(404);
    browser.submit(&page, &revoke, &[]).is(404);
    browser.get(&format!("{LIST}/{id}/ssh-key")).is(404);
}

#[test]
fn ssh_keys_are_saved_replaced_and_removed_and_never_shown() {
    let server = Server::demo();
    let (id, token) = server.owner().creates_client("my-organization");
    let browser = Browser::of(&server, "demo");
    let path = format!("{LIST}/{id}/ssh-key");
    let has_key = || server.owner().get(&format!("/oauth-tokens/{token}")).is(200).at("/data/attributes/has-ssh-key");
    let page = browser.get(&path).is(200).has("No private key is stored.");
    for wrong in ["", "hunter2", "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n-----END OPENSSH PRIVATE KEY-----"] {
        browser.submit(&page, &path, &[("ssh-key", wrong)]).is(422).has("Ssh key is invalid").has_not("hunter2");
    }
    assert_eq!(has_key(), json!(false));
    browser.submit(&page, &path, &[("ssh-key", &KEY.replace('\n', "\r\n"))]).is(200).at(LIST).has("was saved");
    assert_eq!(has_key(), json!(true));
    let page = browser.get(&path).is(200).has("A private key is stored.").has_not("PRIVATE KEY-----");
    browser.submit(&page, &format!("{path}/remove"), &[]).is(200).has("was removed");
    assert_eq!(has_key(), json!(false));
}

#[test]
fn hostile_names_are_shown_as_text() {
    let server = Server::demo();
    let browser = Browser::of(&server, "demo");
    let mut hostile = "\"><script>alert(1)</script>'&amp;\u{200f}".to_owned();
    hostile.extend(std::iter::repeat_n('W', 255 - hostile.chars().count()));
    let page = form(&browser, "github");
    let fields = [("name", hostile.as_str()), ("key", "\"><b>"), ("secret", "s")];
    browser.submit(&page, &new("github"), &fields).is(200).has("&#60;script&#62;alert(1)").has_not("<script");
    browser.get(LIST).is(200).has("&#60;script&#62;alert(1)").has_not("<script");
    let id = clients(&server)[0]["id"].as_str().expect("an id").to_owned();
    for path in ["edit", "delete"] {
        browser.get(&format!("{LIST}/{id}/{path}")).is(200).has_not("<script").has_not("\"><b>");
    }
    let delete = format!("{LIST}/{id}/delete");
    let page = browser.get(&delete);
    browser.submit(&page, &delete, &[("confirm", &hostile)]).is(200).has("was deleted").has_not("<script");
}

/// A page that says "No workspace uses it" must not keep silent about the rest.
#[test]
fn what_else_uses_a_provider_is_counted() {
    let server = Server::demo();
    let owner = server.owner();
    let (client, token) = owner.creates_client("my-organization");
    let repo = json!({"identifier": "acme/terraform-aws-thing", "oauth-token-id": token});
    owner.post("/registry-modules", &document("registry-modules", json!({"vcs-repo": repo}))).is(201);
    for name in ["one", "two"] {
        let set = document("policy-sets", json!({"name": name, "vcs-repo": repo}));
        owner.post("/organizations/my-organization/policy-sets", &set).is(201);
    }
    let browser = Browser::of(&server, "demo");
    browser.get(LIST).is(200).has("Used by 2 policy sets and 1 registry module.");
    for page in ["delete", "revoke"] {
        let page = browser.get(&format!("{LIST}/{client}/{page}")).is(200);
        page.has("These lose their repository too: 2 policy sets and 1 registry module.");
    }
}

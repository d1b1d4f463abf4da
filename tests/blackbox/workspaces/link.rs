//! The link to a repository: made, changed, taken away.

use serde_json::{Value, json};

use super::WORKSPACES;
use crate::harness::{Answer, Caller, Server, document};

/// Somebody with a client's token and a workspace.
struct Scene {
    server: Server,
    owner: Caller,
    token: String,
    path: String,
}

impl Scene {
    /// With the workspace linked to acme/infra, or not.
    fn new(is_linked: bool) -> Scene {
        let server = Server::demo();
        let owner = server.owner();
        let (_, token) = owner.creates_client("my-organization");
        let id = owner.creates_workspace("my-organization", "infra", is_linked.then_some(&token));
        Scene { server, owner, token, path: format!("/workspaces/{id}") }
    }

    fn sets(&self, repository: Value) -> Answer {
        self.owner.patch(&self.path, &document("workspaces", json!({"vcs-repo": repository})))
    }

    fn repository(&self) -> Value {
        self.owner.get(&self.path).is(200).at("/data/attributes/vcs-repo")
    }
}

#[test]
fn a_repository_is_linked_changed_and_unlinked() {
    let scene = Scene::new(false);
    let linked = scene.sets(json!({"identifier": "acme/infra", "oauth-token-id": scene.token})).is(200);
    linked.golden("workspaces.update.linked");
    let (_, other) = scene.owner.creates_client("my-organization");
    let changed = scene.sets(json!({"oauth-token-id": other, "branch": "main"})).is(200);
    let repository = changed.at("/data/attributes/vcs-repo");
    assert_eq!(repository["oauth-token-id"], json!(other));
    assert_eq!((&repository["identifier"], &repository["branch"]), (&json!("acme/infra"), &json!("main")));
    let unlinked = scene.sets(Value::Null).is(200).golden("workspaces.update.unlinked");
    assert_eq!(scene.owner.get(&scene.path).json(), unlinked.json());
    scene.sets(Value::Null).is(200);
    let by_name = format!("{WORKSPACES}/infra");
    scene.sets(json!({"identifier": "acme/infra", "oauth-token-id": scene.token})).is(200);
    let document = document("workspaces", json!({"vcs-repo": null}));
    assert_eq!(scene.owner.patch(&by_name, &document).is(200).at("/data/attributes/vcs-repo"), Value::Null);
}

#[test]
fn of_a_link_only_what_is_given_changes() {
    let scene = Scene::new(true);
    let mut expected = scene.repository();
    let steps = [
        ("branch", json!("main")),
        ("ingress-submodules", json!(true)),
        ("tags-regex", json!("v.*")),
        ("branch", json!("")),
        ("ingress-submodules", json!(false)),
    ];
    for (name, value) in steps {
        let changed = scene.sets(json!({name: value.clone()})).is(200).at("/data/attributes/vcs-repo");
        expected["tags"] = json!(name == "tags-regex" || expected["tags"] == true);
        expected[name] = value;
        assert_eq!(changed, expected, "{name}");
    }
    let renamed = scene.sets(json!({"identifier": "acme/other", "tags-regex": null})).is(200);
    expected["identifier"] = json!("acme/other");
    expected["display-identifier"] = json!("acme/other");
    expected["repository-http-url"] = json!("https://github.com/acme/other");
    expected["tags-regex"] = Value::Null;
    expected["tags"] = json!(false);
    assert_eq!(renamed.at("/data/attributes/vcs-repo"), expected);
    assert_eq!(renamed.text("/data/attributes/vcs-repo-identifier"), "acme/other");
    assert_eq!(scene.sets(json!({})).is(200).at("/data/attributes/vcs-repo"), expected);
}

#[test]
fn the_six_keys_of_the_terraform_provider_with_what_is_unset_empty() {
    let scene = Scene::new(true);
    let before = scene.repository();
    let six = |identifier: &str, token: &str| {
        json!({
            "identifier": identifier, "oauth-token-id": token, "branch": "", "ingress-submodules": false,
            "github-app-installation-id": "", "tags-regex": ""
        })
    };
    let changed = scene.sets(six("acme/infra", &scene.token)).is(200);
    assert_eq!(changed.at("/data/attributes/vcs-repo"), before);
    // Empty ones are not set, so they change nothing.
    assert_eq!(scene.sets(six("", "")).is(200).at("/data/attributes/vcs-repo"), before);
    scene.sets(Value::Null).is(200);
    let pointers = scene.sets(six("", "")).refused(422);
    let needed = ["identifier", "oauth-token-id"].map(|name| format!("/data/attributes/vcs-repo/{name}"));
    assert_eq!(pointers, needed);
    assert_eq!(scene.sets(six("acme/infra", &scene.token)).is(200).at("/data/attributes/vcs-repo"), before);
}

#[test]
fn a_token_must_be_one_of_the_organizations_own() {
    let scene = Scene::new(true);
    scene.owner.creates_organization("other");
    let (client, foreign) = scene.owner.creates_client("other");
    let before = scene.server.contents();
    let tokens = [foreign.as_str(), "ot-1111111111111111", "nonexisting", &client, "ot-"];
    for token in tokens {
        let answer = scene.sets(json!({"identifier": "acme/other", "oauth-token-id": token}));
        answer.is(422).golden("workspaces.update.unknown_token");
        let attributes = json!({"name": "new", "vcs-repo": {"identifier": "a/b", "oauth-token-id": token}});
        let answer = scene.owner.post(WORKSPACES, &document("workspaces", attributes));
        answer.is(422).golden("workspaces.update.unknown_token");
    }
    assert_eq!(scene.server.contents(), before);
}

#[test]
fn a_new_link_needs_both_of_its_ends() {
    let scene = Scene::new(false);
    let before = scene.server.contents();
    let (identifier, token) = ("/data/attributes/vcs-repo/identifier", "/data/attributes/vcs-repo/oauth-token-id");
    let cases = [
        (json!({"identifier": "a/b"}), vec![token]),
        (json!({"identifier": "a/b", "oauth-token-id": null}), vec![token]),
        (json!({"oauth-token-id": scene.token}), vec![identifier]),
        (json!({"oauth-token-id": scene.token, "identifier": " "}), vec![identifier]),
        (json!({"branch": "main"}), vec![identifier, token]),
    ];
    for (repository, missing) in cases {
        assert_eq!(scene.sets(repository.clone()).refused(422), missing, "change: {repository}");
        let attributes = json!({"name": "new", "vcs-repo": repository});
        let answer = scene.owner.post(WORKSPACES, &document("workspaces", attributes));
        assert_eq!(answer.refused(422), missing, "create: {repository}");
    }
    assert_eq!(scene.server.contents(), before);
}

#[test]
fn identifiers_name_an_owner_and_a_repository() {
    let scene = Scene::new(true);
    for good in ["a/b", "group/sub/project", "org/my project/_git/repo", "~ada/dotfiles", "a.b/c_d-e", "ä/ö"] {
        assert_eq!(scene.sets(json!({"identifier": good})).is(200).at("/data/attributes/vcs-repo/identifier"), good);
    }
    let longest = format!("a/{}", "é".repeat(253));
    assert_eq!(
        scene.sets(json!({"identifier": longest})).is(200).text("/data/attributes/vcs-repo-identifier"),
        longest
    );
    let before = scene.server.contents();
    let too_long = format!("{longest}x");
    for bad in ["terraform", "/x", "x/", "a//b", "../x", "a/..", "a/./b", "a/b?c", "a/b#c", "a\\b/c", " a/b", &too_long]
    {
        assert_eq!(scene.sets(json!({"identifier": bad})).refused(422), ["/data/attributes/vcs-repo/identifier"]);
    }
    let wrong = [
        ("identifier", json!(1)),
        ("oauth-token-id", json!([])),
        ("branch", json!({})),
        ("branch", json!("x".repeat(256))),
        ("branch", json!("a\nb")),
        ("ingress-submodules", json!("true")),
        ("tags-regex", json!(false)),
        ("tags-regex", json!("x".repeat(1025))),
        ("github-app-installation-id", json!("ghain-1111111111111111")),
        ("github-app-installation-id", json!(1)),
    ];
    for (name, value) in wrong {
        let pointer = format!("/data/attributes/vcs-repo/{name}");
        assert_eq!(scene.sets(json!({name: value})).refused(422), [pointer], "{name}");
    }
    assert_eq!(scene.server.contents(), before);
}

/// What a Python client sends with every workspace that it has nothing to say about.
#[test]
fn an_empty_object_says_nothing() {
    let server = Server::demo();
    let owner = server.owner();
    let (_, token) = owner.creates_client("my-organization");
    let given = document("workspaces", json!({"name": "plain", "vcs-repo": {}, "setting-overwrites": {}}));
    let created = owner.post("/organizations/my-organization/workspaces", &given).is(201);
    assert_eq!(created.at("/data/attributes/vcs-repo"), json!(null));
    let linked = owner.creates_workspace("my-organization", "linked", Some(&token));
    for (id, expected) in [(created.text("/data/id"), json!(null)), (linked, json!(token))] {
        let changed =
            owner.patch(&format!("/workspaces/{id}"), &document("workspaces", json!({"vcs-repo": {}}))).is(200);
        assert_eq!(changed.at("/data/attributes/vcs-repo/oauth-token-id"), expected);
    }
}

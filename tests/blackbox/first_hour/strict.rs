//! `--strict-attributes`: a misspelt attribute is refused, and the one that was meant is named.

use serde_json::{Value, json};

use crate::harness::{Answer, Server, sample_of_2018, sample_with};

fn problems(answer: &Answer) -> Vec<(String, String)> {
    let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    errors.iter().map(|error| (text(&error["source"]["pointer"]), text(&error["detail"]))).collect()
}

const CLIENTS: &str = "/organizations/my-organization/oauth-clients";

#[test]
fn what_is_not_known_is_refused_at_its_pointer() {
    let server = Server::demo_with(&["--strict-attributes"]);
    let owner = server.owner();
    let answer = owner.post(CLIENTS, &sample_with(json!({"oauth-token-sting": "x"}))).is(422);
    let expected = (
        "/data/attributes/oauth-token-sting".to_owned(),
        "`oauth-token-sting` is not known here; did you mean `oauth-token-string`?".to_owned(),
    );
    assert_eq!(problems(&answer), [expected]);
    // Like nothing that is known; with a pointer that can be followed.
    let answer = owner.post(CLIENTS, &sample_with(json!({"a/b~c": null}))).is(422);
    let expected = ("/data/attributes/a~1b~0c".to_owned(), "`a/b~c` is not known here.".to_owned());
    assert_eq!(problems(&answer), [expected]);
    // Together with everything else that is wrong.
    let mut document = sample_with(json!({"service-provider": "git"}));
    document["data"]["attributes"]["nmae"] = json!("x");
    let pointers: Vec<String> =
        problems(&owner.post(CLIENTS, &document).is(422)).into_iter().map(|(pointer, _)| pointer).collect();
    assert!(pointers.contains(&"/data/attributes/nmae".to_owned()), "{pointers:?}");
    assert!(pointers.contains(&"/data/attributes/service-provider".to_owned()), "{pointers:?}");
    owner.get(CLIENTS).is(200);
    assert_eq!(owner.get(CLIENTS).list().len(), 0);
}

#[test]
fn what_is_below_an_attribute_is_looked_at_too() {
    let server = Server::demo_with(&["--strict-attributes"]);
    let owner = server.owner();
    let (_, token) = owner.creates_client("my-organization");
    let workspace = |repo: Value| {
        let attributes = json!({"name": "web", "vcs-repo": repo});
        json!({"data": {"type": "workspaces", "attributes": attributes}})
    };
    let path = "/organizations/my-organization/workspaces";
    let misspelt = json!({"identifier": "acme/web", "oauth-token-id": token, "brnach": "main"});
    let answer = owner.post(path, &workspace(misspelt)).is(422);
    assert_eq!(
        problems(&answer),
        [(
            "/data/attributes/vcs-repo/brnach".to_owned(),
            "`brnach` is not known here; did you mean `branch`?".to_owned()
        )]
    );
    owner.post(path, &workspace(json!({"identifier": "acme/web", "oauth-token-id": token}))).is(201);
    let overwrites = json!({"name": "web", "setting-overwrites": {"execution-mod": true}});
    let document = json!({"data": {"type": "workspaces", "attributes": overwrites}});
    let answer = owner.post(path, &document).is(422);
    assert!(problems(&answer).iter().any(|(at, _)| at == "/data/attributes/setting-overwrites/execution-mod"));
    let team = json!({"data": {"type": "teams", "attributes":
        {"name": "ops", "organization-access": {"manage-vcs-setting": true}}}});
    let answer = owner.post("/organizations/my-organization/teams", &team).is(422);
    assert_eq!(problems(&answer)[0].0, "/data/attributes/organization-access/manage-vcs-setting");
}

#[test]
fn a_flood_of_unknown_names_is_answered_with_a_few() {
    let server = Server::demo_with(&["--strict-attributes"]);
    let mut document = sample_of_2018();
    for n in 0..1000 {
        document["data"]["attributes"][format!("x{n}")] = json!(1);
    }
    let answer = server.owner().post(CLIENTS, &document).is(422);
    assert_eq!(problems(&answer).len(), 16);
}

#[test]
fn what_is_known_passes() {
    let server = Server::demo_with(&["--strict-attributes"]);
    let owner = server.owner();
    owner.post(CLIENTS, &sample_of_2018()).is(201);
    let mut by_id = sample_of_2018();
    by_id["data"]["attributes"]["organization-id"] = json!("my-organization");
    owner.post("/oauth-clients", &by_id).is(201);
    let answer = owner.post("/oauth-clients", &sample_of_2018()).is(422);
    assert_eq!(problems(&answer).len(), 1, "{}", answer.body);
    let (id, token) = owner.creates_client("my-organization");
    let update = json!({"data": {"type": "oauth-clients", "id": id, "attributes": {"name": "new"}}});
    owner.patch(&format!("/oauth-clients/{id}"), &update).is(200);
    let workspace = owner.creates_workspace("my-organization", "web", Some(&token));
    owner.creates_tag(&workspace, "blue");
    owner.creates_project("my-organization", "things");
    owner.creates_agent_pool("my-organization", "agents");
    owner.creates_ssh_key("my-organization", "key");
    owner.creates_organization("acme");
}

#[test]
fn unless_it_is_asked_for_it_is_ignored() {
    let server = Server::demo();
    server.owner().post(CLIENTS, &sample_with(json!({"oauth-token-sting": "x"}))).is(201);
}

//! What real configurations and clients send, and what they need to get.

use serde_json::{Value, json};

use crate::harness::{Answer, Caller, Server, document, linkage};

const ORGANIZATION: &str = "/organizations/my-organization";

fn workspace(owner: &Caller) -> String {
    format!("/workspaces/{}", owner.creates_workspace("my-organization", "infra", None))
}

fn sets(owner: &Caller, path: &str, attributes: Value) -> Answer {
    owner.patch(path, &document("workspaces", attributes))
}

fn attributes(answer: &Answer, names: [&str; 3]) -> Value {
    let values = names.map(|name| answer.at(&format!("/data/attributes/{name}")));
    json!(values)
}

#[test]
fn settings_that_are_given_up_are_inherited_again() {
    let server = Server::demo();
    let owner = server.owner();
    let (path, pool) = (workspace(&owner), owner.creates_agent_pool("my-organization", "pool"));
    let inherit = json!({"execution-mode": false, "agent-pool": false});
    for mode in ["remote", "local", "agent"] {
        sets(&owner, &path, json!({"execution-mode": "local"})).is(200);
        let given = json!({"execution-mode": mode, "agent-pool-id": pool, "setting-overwrites": inherit});
        let after = sets(&owner, &path, given).is(200);
        assert_eq!(after.at("/data/attributes/setting-overwrites"), inherit, "{mode}");
        assert_eq!(after.text("/data/attributes/execution-mode"), "remote");
    }
    owner.delete(&format!("/agent-pools/{pool}")).is_done();
}

#[test]
fn an_agent_pool_may_be_given_as_a_relationship() {
    let server = Server::demo();
    let owner = server.owner();
    let (path, pool) = (workspace(&owner), owner.creates_agent_pool("my-organization", "pool"));
    let with = |pool: Value, mode: &str| {
        let mut given = document("workspaces", json!({"execution-mode": mode}));
        given["data"]["relationships"] = json!({"agent-pool": {"data": pool}});
        given
    };
    let linked = json!({"id": pool, "type": "agent-pools"});
    let after = owner.patch(&path, &with(linked.clone(), "agent")).is(200);
    assert_eq!(after.at("/data/relationships/agent-pool/data"), linked);
    owner.patch(&path, &with(Value::Null, "local")).is(200);
    let refused = owner.patch(&path, &with(json!({"id": "apool-x", "type": "agent-pools"}), "agent"));
    assert_eq!(refused.refused(422), ["/data/relationships/agent-pool/data"]);
    assert_eq!(
        owner.patch(&path, &with(linked.clone(), "remote")).refused(422),
        ["/data/relationships/agent-pool/data"]
    );
    let mut new = with(linked, "agent");
    new["data"]["attributes"]["name"] = json!("other");
    owner.post(&format!("{ORGANIZATION}/workspaces"), &new).is(201);
}

#[test]
fn a_type_may_be_left_out_and_must_not_be_wrong() {
    let server = Server::demo();
    let owner = server.owner();
    let path = format!("{ORGANIZATION}/ssh-keys");
    for (n, kind) in [json!("ssh-keys"), json!(""), Value::Null].into_iter().enumerate() {
        let attributes = json!({"name": format!("key {n}"), "value": "a private key"});
        owner.post(&path, &json!({"data": {"type": kind, "attributes": attributes}})).is(201);
    }
    let without = json!({"data": {"attributes": {"name": "no type", "value": "a private key"}}});
    let key = owner.post(&path, &without).is(201).text("/data/id");
    owner.patch(&format!("/ssh-keys/{key}"), &json!({"data": {"attributes": {"name": "renamed"}}})).is(200);
    for kind in [json!("keys"), json!(1), json!({}), json!(true)] {
        let given = json!({"data": {"type": kind, "attributes": {"name": "x", "value": "y"}}});
        assert_eq!(owner.post(&path, &given).refused(422), ["/data/type"], "{kind}");
    }
}

#[test]
fn an_ssh_key_is_named_in_either_form() {
    let server = Server::demo();
    let owner = server.owner();
    let (path, key) = (workspace(&owner), owner.creates_ssh_key("my-organization", "deploy"));
    let path = format!("{path}/relationships/ssh-key");
    let has = |given: Value| owner.patch(&path, &given).is(200).at("/data/relationships/ssh-key/data/id");
    for (set, unset) in [
        (json!({"data": {"type": "ssh-keys", "id": key}}), json!({"data": null})),
        (document("workspaces", json!({"id": key})), document("workspaces", json!({"id": null}))),
    ] {
        assert_eq!(has(set), json!(key));
        assert_eq!(has(unset), Value::Null);
    }
    for (given, pointer) in [
        (json!({"data": {"type": "ssh-keys", "id": "sshkey-1111111111111111"}}), "/data/id"),
        (document("workspaces", json!({"id": "sshkey-x"})), "/data/attributes/id"),
        (json!({"data": {"type": "ssh-keys"}}), "/data/id"),
        (json!({"data": {"type": "tags", "id": key}}), "/data/type"),
    ] {
        assert_eq!(owner.patch(&path, &given).refused(422), [pointer], "{given}");
    }
}

#[test]
fn auto_destroy_goes_by_a_time_or_a_duration_or_the_project() {
    const AT: &str = "2030-01-01T00:00:00.000Z";
    let names = ["auto-destroy-at", "auto-destroy-activity-duration", "inherits-project-auto-destroy"];
    let server = Server::demo();
    let owner = server.owner();
    let path = workspace(&owner);
    for (given, expected) in [
        (json!({"auto-destroy-activity-duration": "14d"}), json!([null, "14d", false])),
        (json!({"auto-destroy-at": AT}), json!([AT, null, false])),
        (json!({"description": "x"}), json!([AT, null, false])),
        (json!({"auto-destroy-activity-duration": "2h"}), json!([null, "2h", false])),
        (json!({"auto-destroy-at": null}), json!([null, "2h", false])),
        (json!({"auto-destroy-activity-duration": null}), json!([null, null, true])),
        (json!({"inherits-project-auto-destroy": false}), json!([null, null, false])),
        (json!({"auto-destroy-at": AT, "inherits-project-auto-destroy": false}), json!([AT, null, false])),
        (json!({"inherits-project-auto-destroy": true}), json!([null, null, true])),
    ] {
        assert_eq!(attributes(&sets(&owner, &path, given.clone()).is(200), names), expected, "{given}");
        assert_eq!(attributes(&owner.get(&path), names), expected, "{given}");
    }
    let both = json!({"auto-destroy-at": AT, "auto-destroy-activity-duration": "2h"});
    assert_eq!(sets(&owner, &path, both).refused(422), ["/data/attributes/auto-destroy-at"]);
    // What the project gives may be sent back.
    let project = format!("/projects/{}", server.default_project());
    owner.patch(&project, &document("projects", json!({"auto-destroy-activity-duration": "3d"}))).is(200);
    let read = owner.get(&path);
    assert_eq!(attributes(&read, names), json!([null, "3d", true]));
    let echo =
        json!({"auto-destroy-at": null, "auto-destroy-activity-duration": "3d", "inherits-project-auto-destroy": true});
    assert_eq!(attributes(&sets(&owner, &path, echo).is(200), names), json!([null, "3d", true]));
}

#[test]
fn triggers_displace_each_other_and_patterns_need_file_triggers() {
    let names = ["file-triggers-enabled", "trigger-patterns", "trigger-prefixes"];
    let server = Server::demo();
    let owner = server.owner();
    let path = workspace(&owner);
    for (given, expected) in [
        (json!({"trigger-patterns": ["a/**"]}), json!([true, ["a/**"], []])),
        (json!({"trigger-prefixes": []}), json!([true, [], []])),
        (json!({"trigger-prefixes": ["a"]}), json!([true, [], ["a"]])),
        (json!({"trigger-patterns": []}), json!([true, [], []])),
        // As the Terraform provider's own tests have it.
        (json!({"file-triggers-enabled": false, "trigger-prefixes": ["a"]}), json!([false, [], ["a"]])),
        (json!({"file-triggers-enabled": true, "trigger-patterns": ["b"]}), json!([true, ["b"], []])),
        (json!({"file-triggers-enabled": false, "trigger-prefixes": []}), json!([false, [], []])),
    ] {
        assert_eq!(attributes(&sets(&owner, &path, given.clone()).is(200), names), expected, "{given}");
    }
    let without = json!({"trigger-patterns": ["c"]});
    sets(&owner, &path, without).is(422).golden("workspaces.update.patterns_without_file_triggers");
    let both = json!({"trigger-patterns": ["c"], "file-triggers-enabled": false});
    assert_eq!(sets(&owner, &path, both.clone()).refused(422), ["/data/attributes/trigger-patterns"]);
    sets(&owner, &path, json!({"trigger-patterns": ["c"], "file-triggers-enabled": true})).is(200);
    assert_eq!(
        sets(&owner, &path, json!({"file-triggers-enabled": false})).refused(422),
        ["/data/attributes/trigger-patterns"]
    );
    let mut new = both;
    new["name"] = json!("other");
    let create = owner.post(&format!("{ORGANIZATION}/workspaces"), &document("workspaces", new));
    assert_eq!(create.refused(422), ["/data/attributes/trigger-patterns"]);
}

#[test]
fn a_state_with_a_tags_regex_can_be_sent_back() {
    let server = Server::demo();
    let owner = server.owner();
    let (_, token) = owner.creates_client("my-organization");
    let link = json!({"identifier": "acme/infra", "oauth-token-id": token, "tags-regex": r"\d+"});
    let new = document("workspaces", json!({"name": "tagged", "vcs-repo": link}));
    let made = owner.post(&format!("{ORGANIZATION}/workspaces"), &new).is(201);
    assert_eq!(made.at("/data/attributes/file-triggers-enabled"), json!(false));
    let path = format!("/workspaces/{}", made.text("/data/id"));
    let names = ["vcs-repo", "file-triggers-enabled", "trigger-patterns", "trigger-prefixes"];
    let read = owner.get(&path);
    let state: Value =
        names.iter().map(|name| ((*name).to_owned(), read.at(&format!("/data/attributes/{name}")))).collect();
    let again = sets(&owner, &path, state).is(200);
    assert_eq!(again.at("/data/attributes/vcs-repo"), read.at("/data/attributes/vcs-repo"));
    assert_eq!(
        sets(&owner, &path, json!({"file-triggers-enabled": true})).refused(422),
        ["/data/attributes/file-triggers-enabled"]
    );
}

#[test]
fn a_repository_with_a_blank_in_its_name_has_a_url() {
    let server = Server::demo();
    let owner = server.owner();
    let (_, token) = owner.creates_client("my-organization");
    let link = json!({"identifier": "org/my project/_git/r%x", "oauth-token-id": token});
    let linked = sets(&owner, &workspace(&owner), json!({"vcs-repo": link})).is(200);
    let url = linked.text("/data/attributes/vcs-repo/repository-http-url");
    assert!(url.ends_with("/org/my%20project/_git/r%25x"), "{url}");
    let unknown = json!({"vcs-repo": {"identifier": "a/b", "oauth-token-id": "ot-1111111111111111"}});
    let path = format!("/workspaces/{}", linked.text("/data/id"));
    sets(&owner, &path, unknown).is(422).golden("workspaces.update.unknown_token");
}

#[test]
fn a_page_that_is_too_large_is_refused_in_the_services_words() {
    let server = Server::demo();
    let owner = server.owner();
    for size in ["101", "0", "-1"] {
        let answer = owner.get(&format!("{ORGANIZATION}/workspaces?page[size]={size}"));
        answer.is(422).golden("documents.page_size");
    }
}

#[test]
fn the_list_of_projects_tells_its_pages_in_both_shapes() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_project("my-organization", "another");
    let page = owner.get(&format!("{ORGANIZATION}/projects?page[size]=1")).is(200);
    assert_eq!(page.at("/meta/total-pages"), json!(2));
    for member in ["current-page", "page-size", "prev-page", "next-page", "total-pages", "total-count"] {
        assert_eq!(page.at(&format!("/meta/{member}")), page.at(&format!("/meta/pagination/{member}")), "{member}");
    }
}

#[test]
fn documented_parameters_are_taken_and_others_are_not() {
    let server = Server::demo();
    let owner = server.owner();
    workspace(&owner);
    let includes = [
        ("/workspaces", "agent_pool,current_run.apply,latest_run,vars,no_code_module_version.no_code_module"),
        ("/organization-memberships", "user,teams,scim-identity"),
        ("/tasks", "workspace_tasks,workspace_tasks.workspace"),
        ("", "subscription,entitlement_set,default-project"),
        ("/varsets", ""),
        ("/policy-sets", ""),
        ("/oauth-tokens", ""),
    ];
    for (list, include) in includes {
        owner.get(&format!("{ORGANIZATION}{list}?include={include}")).is(200);
        owner.get(&format!("{ORGANIZATION}{list}?include=nonsense")).is(400);
    }
    owner.get("/organizations?include=subscription").is(200);
    for good in [
        "/agent-pools?filter[allowed-workspaces][name]=x",
        "/agent-pools?filter[allowed_projects][name]=x",
        "/organization-memberships?filter[status]=inactive",
        "/team-tokens?filter[expiry_status]=active,no_expiration",
        "/policies?sort=-updated-at",
        "/policy-sets?filter[versioned]=true",
        "/varsets?filter[global]=false&scope=owned",
        "/workspaces?filter[tagged]=a&filter[tag-union]=true&filter[tag-value-default-null]=false",
        "/projects?filter[permissions][update]=true&filter[permissions][create-workspace]=true",
    ] {
        owner.get(&format!("{ORGANIZATION}{good}")).is(200);
    }
    for bad in [
        "/team-tokens?filter[expiry_status]=soon",
        "/workspaces?filter[tag-union]=yes",
        "/workspaces?filter[nonsense]=x",
        "/projects?filter[permissions][nonsense]=true",
        "/policies?sort=age",
    ] {
        owner.get(&format!("{ORGANIZATION}{bad}")).is(400);
    }
}

#[test]
fn workspaces_are_found_by_names_values_and_any_of_their_tags() {
    let server = Server::demo();
    let owner = server.owner();
    let names = |query: &str| {
        let list = owner.get(&format!("{ORGANIZATION}/workspaces?sort=name&{query}")).is(200).list();
        list.iter().map(|item| item["attributes"]["name"].as_str().unwrap_or("").to_owned()).collect::<Vec<_>>()
    };
    let bound = |name: &str, bindings: Value| {
        let id = owner.creates_workspace("my-organization", name, None);
        owner.post(&format!("/workspaces/{id}/relationships/tag-bindings"), &json!({"data": bindings})).is_done();
        id
    };
    let binding = |key: &str, value: &str| json!({"type": "tag-bindings", "attributes": {"key": key, "value": value}});
    bound("a", json!([binding("stage", "prod"), binding("team", "")]));
    bound("b", json!([binding("stage", "dev")]));
    let c = owner.creates_workspace("my-organization", "c", None);
    owner.creates_tag(&c, "stage");
    assert_eq!(names("filter[tagged]=stage"), ["a", "b", "c"]);
    assert_eq!(names("filter[tagged]=stage,team"), ["a"]);
    assert_eq!(names("filter[tagged][value]=prod"), ["a"]);
    assert_eq!(names("filter[tagged][value]=stage=dev"), ["b"]);
    assert_eq!(names("filter[tagged]=team&filter[tagged][value]=dev&filter[tag-union]=true"), ["a", "b"]);
    assert_eq!(names("filter[tagged][0][key]=team&filter[tag-value-default-null]=true"), ["a"]);
    assert_eq!(names("filter[tagged][0][key]=stage&filter[tag-value-default-null]=true"), [""; 0]);
    // A project's bindings count, unless the workspace has its own value.
    let project = format!("/projects/{}", server.default_project());
    owner.post(&format!("{project}/relationships/tag-bindings"), &json!({"data": [binding("stage", "dev")]})).is_done();
    assert_eq!(names("filter[tagged][value]=dev"), ["b", "c"]);
    let effective = owner.get(&format!("/workspaces/{c}/effective-tag-bindings")).is(200);
    let inherited = effective.at("/data/0/relationships/inherited-from/data/id");
    assert_eq!(inherited, json!(server.default_project()));
    let related = owner.get(&format!("{project}/relationships/tag-bindings")).is(200);
    assert_eq!(related.list().len(), 1);
}

#[test]
fn included_users_have_an_address() {
    let server = Server::demo();
    let owner = server.owner();
    let ada = server.member("ada", &[]);
    owner.invites("my-organization", "nobody-yet", &[]);
    for path in
        [format!("{ORGANIZATION}/organization-memberships?include=user"), format!("{ORGANIZATION}/teams?include=users")]
    {
        for caller in [&owner, &ada] {
            let included = caller.get(&path).is(200).at("/included");
            let users = included.as_array().expect("users");
            assert!(!users.is_empty());
            for user in users {
                let email = user["attributes"]["email"].as_str().unwrap_or("");
                assert!(email.ends_with("@example.com"), "{user}");
            }
        }
    }
    // By itself, a user is shown without.
    let other = ada.get(&format!("/users/{}", owner.user_id())).is(200);
    assert_eq!(other.at("/data/attributes/email"), Value::Null);
}

#[test]
fn a_teams_memberships_are_listed() {
    let server = Server::demo();
    let owner = server.owner();
    let team = owner.creates_visible_team("my-organization", "platform");
    let path = format!("/teams/{team}/relationships/organization-memberships");
    let member = server.member("ada", &[]);
    let invited = owner.invites("my-organization", "grace", &[&team]);
    let list = format!("{ORGANIZATION}/organization-memberships?filter[email]=ada@example.com");
    let active = owner.get(&list).text("/data/0/id");
    owner.post(&path, &linkage("organization-memberships", &[&active])).is_done();
    let ids = |query: &str| {
        let list = member.get(&format!("{path}{query}")).is(200).list();
        list.iter().map(|item| item["id"].as_str().unwrap_or("").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(""), [active.clone(), invited.clone()]);
    assert_eq!(ids("?sort=-status"), [invited.clone(), active.clone()]);
    assert_eq!(ids("?filter[status]=invited"), [invited]);
    assert_eq!(ids("?page[size]=1&page[number]=1"), [active]);
    assert_eq!(ids("?filter[is_service_account]=true"), [""; 0]);
    server.outsider("mallory").get(&path).is(404);
}

#[test]
fn callers_list_their_own_memberships() {
    let server = Server::demo();
    let owner = server.owner();
    let ada = server.member("ada", &[]);
    ada.creates_organization("adas");
    let own = ada.get("/organization-memberships?include=user,teams,organization").is(200);
    let organizations: Vec<Value> =
        own.list().iter().map(|item| item["relationships"]["organization"]["data"]["id"].clone()).collect();
    assert_eq!(organizations, [json!("my-organization"), json!("adas")]);
    let kinds = own.at("/included").as_array().expect("included").len();
    assert_eq!(kinds, 5, "a user, two teams and two organizations");
    assert_eq!(ada.get("/organization-memberships?page[size]=1&page[number]=2").is(200).list().len(), 1);
    for token in [server.organization_token(), server.owners_team()] {
        assert_eq!(token.get("/organization-memberships").is(200).list().len(), 0);
    }
    owner.patch(ORGANIZATION, &document("organizations", json!({"user-tokens-enabled": false}))).is(200);
    assert_eq!(ada.get("/organization-memberships").is(200).list().len(), 1);
}

#[test]
fn an_organization_may_be_put() {
    let server = Server::demo();
    let owner = server.owner();
    let given =
        document("organizations", json!({"email": "put@example.com", "stacks-default-execution-mode": "agent"}));
    let put = owner.send_json("PUT", ORGANIZATION, &given).is(200);
    assert_eq!(put.text("/data/attributes/email"), "put@example.com");
    assert_eq!(owner.get(ORGANIZATION).text("/data/attributes/stacks-default-execution-mode"), "agent");
    let wrong = document("organizations", json!({"stacks-default-execution-mode": "local"}));
    assert_eq!(
        owner.send_json("PUT", ORGANIZATION, &wrong).refused(422),
        ["/data/attributes/stacks-default-execution-mode"]
    );
}

#[test]
fn tokens_of_teams_are_deleted_together_or_not_at_all() {
    let server = Server::demo();
    let owner = server.owner();
    let path = format!("{ORGANIZATION}/team-tokens");
    let issue = |team: &str| {
        let team = owner.creates_visible_team("my-organization", team);
        owner.post(&format!("/teams/{team}/authentication-token"), &json!({})).is(201).text("/data/id")
    };
    let (first, second) = (issue("first"), issue("second"));
    let delete =
        |caller: &Caller, ids: &[&str]| caller.send_json("DELETE", &path, &linkage("authentication-tokens", ids));
    let own = format!("/users/{}/authentication-tokens", owner.user_id());
    let own =
        owner.post(&own, &document("authentication-tokens", json!({"description": "x"}))).is(201).text("/data/id");
    delete(&owner, &[&first, &own]).is(404);
    delete(&owner, &[&first, "at-1111111111111111"]).is(404);
    delete(&server.member("mia", &[]), &[&first]).is(404);
    assert_eq!(owner.get(&path).list().len(), 2);
    assert_eq!(owner.get(&format!("{path}?filter[expiry_status]=expiring_in_30_days")).list().len(), 0);
    assert_eq!(owner.get(&format!("{path}?filter[expiry_status]=active")).list().len(), 2);
    delete(&owner, &[&first, &second, &first]).is_done();
    assert_eq!(owner.get(&path).list().len(), 0);
}

#[test]
fn teams_keep_their_description() {
    let server = Server::demo();
    let owner = server.owner();
    let given = document("teams", json!({"name": "ops (v1.2)/on call", "description": "Who is called at night"}));
    let made = owner.post(&format!("{ORGANIZATION}/teams"), &given).is(200);
    assert_eq!(made.text("/data/attributes/description"), "Who is called at night");
    let path = format!("/teams/{}", made.text("/data/id"));
    owner.patch(&path, &document("teams", json!({"visibility": "organization"}))).is(200);
    assert_eq!(owner.get(&path).text("/data/attributes/description"), "Who is called at night");
    let none = owner.patch(&path, &document("teams", json!({"description": ""}))).is(200);
    assert_eq!(none.at("/data/attributes/description"), Value::Null);
    let long = document("teams", json!({"description": "x".repeat(1025)}));
    assert_eq!(owner.patch(&path, &long).refused(422), ["/data/attributes/description"]);
}

//! Notifications, run triggers and tasks: records of what would be told and called. What holds for every plain resource is in
//! `plain/`.

use serde_json::{Value, json};

use crate::harness::{Permission, Server, document, linkage};

fn with(kind: &str, attributes: Value, relationships: Value) -> Value {
    let mut document = document(kind, attributes);
    document["data"]["relationships"] = relationships;
    document
}

fn to(kind: &str, id: &str) -> Value {
    json!({"data": {"type": kind, "id": id}})
}

#[test]
fn notifications_are_kept_as_they_are_given_and_never_sent() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "infra", None);
    let list = format!("/workspaces/{workspace}/notification-configurations");
    let url = "https://hooks.example.com/x?y=1";
    let attributes = json!({"destination-type": "generic", "name": "hook", "enabled": true, "url": url, "token": "needle",
                            "triggers": ["run:errored", "run:created"]});
    let users = json!({"users": linkage("users", &[&owner.user_id()])});
    let given = with("notification-configuration", attributes, users.clone());
    let made = owner.post(&list, &given).is(201).golden("notification_configurations.create");
    assert!(!made.body.contains("needle"));
    let path = format!("/notification-configurations/{}", made.text("/data/id"));
    // What answers show of a token is null; sent back, it says nothing.
    let tokens = "SELECT count(*) FROM notification_configurations WHERE token_sealed IS NOT NULL";
    for (token, left) in [(json!(null), 1), (json!(""), 0)] {
        let change = json!({"token": token, "name": "hook", "triggers": ["run:errored", "run:created"]});
        owner.patch(&path, &with("notification-configurations", change, users.clone())).is(200);
        assert_eq!(server.number(tokens), left);
    }
    let made = owner.get(&path).is(200);
    let verified = owner.post(&format!("{path}/actions/verify"), &json!({})).is(200);
    assert_eq!(verified.json(), made.json());
    owner.patch(&path, &with("notification-configurations", json!({"enabled": false}), users)).is(200);
    let mut enabled = owner.post(&format!("{path}/actions/enable"), &json!({})).is(200).json();
    enabled["data"]["attributes"]["updated-at"] = made.at("/data/attributes/updated-at");
    assert_eq!(enabled, made.json());
    let email = json!({"destination-type": "email", "name": "mail", "email-addresses": ["a@example.com"]});
    let email = owner.post(&list, &document("notification-configurations", email)).is(201);
    assert_eq!((email.at("/data/attributes/url"), email.at("/data/attributes/enabled")), (json!(null), json!(false)));
    assert_eq!(email.at("/data/attributes/external-email-addresses"), json!(["a@example.com"]));
    // What becomes e-mail has no URL any more.
    let becomes_email = json!({"destination-type": "email", "email-addresses": ["a@example.com"]});
    let changed = owner.patch(&path, &document("notification-configurations", becomes_email)).is(200);
    assert_eq!(changed.at("/data/attributes/url"), Value::Null);
    let before = server.contents();
    let wrong = [
        (json!({"name": "x", "destination-type": "generic"}), "url"),
        (json!({"name": "x", "destination-type": "email", "url": url}), "url"),
        (json!({"name": "x", "destination-type": "slack", "url": "ftp://example.com"}), "url"),
        (json!({"name": "x", "destination-type": "pager", "url": url}), "destination-type"),
        (json!({"name": "x", "destination-type": "slack", "url": url, "triggers": ["run:dreamt"]}), "triggers"),
        (json!({"name": "", "destination-type": "slack", "url": url}), "name"),
    ];
    for (attributes, named) in wrong {
        let refused = owner.post(&list, &document("notification-configurations", attributes)).refused(422);
        assert_eq!(refused, [format!("/data/attributes/{named}")]);
    }
    let stranger = with(
        "notification-configurations",
        json!({"name": "x", "destination-type": "email"}),
        json!({"users": linkage("users", &["user-1111111111111111"])}),
    );
    assert_eq!(owner.post(&list, &stranger).refused(422), ["/data/relationships/users/data/0"]);
    assert_eq!(server.contents(), before);
    // Of teams there are other triggers.
    let team = owner.creates_visible_team("my-organization", "ops");
    let of_team = |trigger: &str| {
        let given = json!({"name": "x", "destination-type": "slack", "url": url, "triggers": [trigger]});
        owner.post(
            &format!("/teams/{team}/notification-configurations"),
            &document("notification-configurations", given),
        )
    };
    assert_eq!(of_team("run:created").refused(422), ["/data/attributes/triggers"]);
    of_team("change_request:created").is(201);
    of_team("team:change_request").is(201);
}

#[test]
fn what_a_record_is_of_stays() {
    let server = Server::demo();
    let owner = server.owner();
    let [workspace, other] = ["one", "two"].map(|name| owner.creates_workspace("my-organization", name, None));
    let email = document("notification-configurations", json!({"name": "mail", "destination-type": "email"}));
    let path = format!("/workspaces/{workspace}/notification-configurations");
    let notification = format!("/notification-configurations/{}", owner.post(&path, &email).is(201).text("/data/id"));
    let task = json!({"name": "scan", "url": "https://example.com/scan"});
    let task = owner.post("/organizations/my-organization/tasks", &document("tasks", task)).is(201).text("/data/id");
    let list = format!("/workspaces/{workspace}/tasks");
    let given = with("workspace-tasks", json!({}), json!({"task": to("tasks", &task)}));
    let task_there = format!("{list}/{}", owner.post(&list, &given).is(201).text("/data/id"));
    for (path, name, moved) in [
        (&notification, "subscribable", to("workspaces", &other)),
        (&notification, "subscribable", to("projects", &server.default_project())),
        (&task_there, "task", to("tasks", "task-1111111111111111")),
        (&task_there, "workspace", to("workspaces", &other)),
    ] {
        let shown = owner.get(path).is(200);
        owner.patch(path, &shown.json()).is(200);
        let given = with(&shown.text("/data/type"), json!({}), json!({name: moved}));
        assert_eq!(owner.patch(path, &given).refused(422), [format!("/data/relationships/{name}/data")], "{moved}");
    }
}

#[test]
fn people_who_are_invited_can_be_told_and_who_has_left_is_not() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "infra", None);
    owner.creates_organization("other");
    let elsewhere = owner.invites("other", "eve", &[]);
    let membership = owner.invites("my-organization", "ada", &[]);
    let user_of = |membership: &str| {
        owner.get(&format!("/organization-memberships/{membership}")).is(200).text("/data/relationships/user/data/id")
    };
    let told = |users: &[&str]| {
        with(
            "notification-configurations",
            json!({"name": "mail", "destination-type": "email"}),
            json!({"users": linkage("users", users)}),
        )
    };
    let list = format!("/workspaces/{workspace}/notification-configurations");
    let ada = user_of(&membership);
    let made = owner.post(&list, &told(&[&ada, &owner.user_id()])).is(201);
    let path = format!("/notification-configurations/{}", made.text("/data/id"));
    let users = || owner.get(&path).is(200).at("/data/relationships/users");
    assert_eq!(users(), linkage("users", &[&owner.user_id(), &ada]));
    assert_eq!(made.text("/data/attributes/user-email-addresses/1"), "ada@example.com");
    // Invitations of other organizations, and what only looks like one, are none.
    for stranger in [user_of(&elsewhere).as_str(), "user-1111111111111111", &membership] {
        assert_eq!(owner.patch(&path, &told(&[stranger])).refused(422), ["/data/relationships/users/data/0"]);
    }
    // The account that takes the invitation up is told, and no longer once it has left.
    server.cli(&["user", "create", "ada", "--email", "ada@example.com"]);
    assert_eq!(users(), linkage("users", &[&owner.user_id(), &user_of(&membership)]));
    assert_eq!(owner.patch(&path, &told(&[&ada])).refused(422), ["/data/relationships/users/data/0"]);
    owner.delete(&format!("/organization-memberships/{membership}")).is_done();
    assert_eq!(users(), linkage("users", &[&owner.user_id()]));
    // As in the service, who is not named in a change is told no more.
    owner.patch(&path, &document("notification-configurations", json!({"enabled": true}))).is(200);
    assert_eq!(users(), linkage("users", &[]));
}

#[test]
fn a_workspace_has_at_most_20_notifications() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "infra", None);
    let create = || {
        let given = json!({"name": "mail", "destination-type": "email"});
        let list = format!("/workspaces/{workspace}/notification-configurations");
        owner.post(&list, &document("notification-configurations", given))
    };
    (0..20).for_each(|_| drop(create().is(201)));
    assert_eq!(create().refused(422), ["/data"]);
}

#[test]
fn a_run_trigger_leads_from_another_workspace_once() {
    let server = Server::demo();
    let owner = server.owner();
    let [target, source] = ["target", "source"].map(|name| owner.creates_workspace("my-organization", name, None));
    let list = format!("/workspaces/{target}/run-triggers");
    let from = |id: &str| with("run-triggers", json!({}), json!({"sourceable": to("workspaces", id)}));
    let made = owner.post(&list, &from(&source)).is(201).golden("run_triggers.create");
    let at = "/data/relationships/sourceable/data";
    for id in [source.as_str(), target.as_str(), "ws-1111111111111111", ""] {
        assert_eq!(owner.post(&list, &from(id)).refused(422), [at], "{id}");
    }
    assert_eq!(owner.post(&list, &document("run-triggers", json!({}))).refused(422), [at]);
    let ids = |workspace: &str, direction: &str| {
        owner
            .get(&format!("/workspaces/{workspace}/run-triggers?filter[run-trigger][type]={direction}"))
            .is(200)
            .each("id")
    };
    let id = json!(made.text("/data/id"));
    assert_eq!((ids(&target, "inbound"), ids(&target, "outbound")), (vec![id.clone()], vec![]));
    assert_eq!((ids(&source, "inbound"), ids(&source, "outbound")), (vec![], vec![id]));
    for query in ["", "?filter[run-trigger][type]=sideways"] {
        assert_eq!(owner.get(&format!("{list}{query}")).refused(400), ["filter[run-trigger][type]"]);
    }
    let shown = owner.get(&format!("/run-triggers/{}?include=workspace,sourceable", made.text("/data/id"))).is(200);
    assert_eq!(shown.at("/included").as_array().map(Vec::len), Some(2));
    owner.delete(&format!("/workspaces/{source}")).is_done();
    assert_eq!(ids(&target, "inbound"), [] as [Value; 0]);
}

#[test]
fn a_task_of_the_organization_is_given_to_a_workspace_once() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "infra", None);
    let global = json!({"enabled": true, "stages": ["pre_plan"], "enforcement-level": "mandatory"});
    let attributes = json!({"name": "scan", "url": "https://example.com/scan", "category": "task", "enabled": true,
                            "description": "", "hmac-key": "needle", "global-configuration": global});
    let tasks = "/organizations/my-organization/tasks";
    let task = owner.post(tasks, &document("tasks", attributes)).is(201).golden("run_tasks.create");
    assert!(!task.body.contains("needle"));
    let task = task.text("/data/id");
    for (key, left) in [(json!(null), 1), (json!(""), 0)] {
        owner.patch(&format!("/tasks/{task}"), &document("tasks", json!({"hmac-key": key}))).is(200);
        assert_eq!(server.number("SELECT count(*) FROM run_tasks WHERE hmac_key_sealed IS NOT NULL"), left);
    }
    let list = format!("/workspaces/{workspace}/tasks");
    let given = |attributes: Value| with("workspace-tasks", attributes, json!({"task": to("tasks", &task)}));
    let made =
        owner.post(&list, &given(json!({"enforcement-level": "advisory"}))).is(201).golden("workspace_tasks.create");
    assert_eq!(owner.post(&list, &given(json!({}))).refused(422), ["/data/relationships/task/data"]);
    // The older form of one stage.
    let path = format!("{list}/{}", made.text("/data/id"));
    let older = document("workspace-tasks", json!({"enforcement-level": "mandatory", "stage": "pre_apply"}));
    assert_eq!(owner.patch(&path, &older).is(200).at("/data/attributes/stages"), json!(["pre_apply"]));
    // Null restores what a new one has, also in the older form.
    let change = |attributes: Value| {
        let changed = owner.patch(&path, &document("workspace-tasks", attributes)).is(200);
        ["enforcement-level", "stages"].map(|name| changed.at(&format!("/data/attributes/{name}")))
    };
    assert_eq!(change(json!({"enforcement-level": null})), [json!("advisory"), json!(["pre_apply"])]);
    let mandatory = json!({"enforcement-level": "mandatory", "stages": null, "stage": "pre_plan"});
    assert_eq!(change(mandatory), [json!("mandatory"), json!(["pre_plan"])]);
    assert_eq!(change(json!({"stages": null})), [json!("mandatory"), json!(["post_plan"])]);
    assert_eq!(change(json!({"stages": ["pre_plan"], "stage": null})), [json!("mandatory"), json!(["pre_plan"])]);
    assert_eq!(change(json!({"stage": null})), [json!("mandatory"), json!(["post_plan"])]);
    let unknown = document("workspace-tasks", json!({"stages": ["lunch"]}));
    assert_eq!(owner.patch(&path, &unknown).refused(422), ["/data/attributes/stages"]);
    let uses = format!("/tasks/{task}/relationships/workspace-tasks");
    assert_eq!(owner.get(&uses).is(200).each("id"), [made.at("/data/id")]);
    let other = owner.creates_workspace("my-organization", "other", None);
    owner.get(&format!("/workspaces/{other}/tasks/{}", made.text("/data/id"))).is(404).golden("not_found");
    let manager = server.member("tara", &[Permission::ManageRunTasks]);
    manager.patch(&format!("/tasks/{task}"), &document("tasks", json!({"enabled": false}))).is(200);
    let restored = document("tasks", json!({"enabled": null, "global-configuration": {"stages": null}}));
    let restored = manager.patch(&format!("/tasks/{task}"), &restored).is(200);
    assert_eq!(restored.at("/data/attributes/enabled"), json!(true));
    let global = restored.at("/data/attributes/global-configuration");
    assert_eq!(global, json!({"enabled": true, "stages": ["post_plan"], "enforcement-level": "mandatory"}));
    let restored = document("tasks", json!({"global-configuration": null}));
    let global =
        manager.patch(&format!("/tasks/{task}"), &restored).is(200).at("/data/attributes/global-configuration");
    assert_eq!(global, json!({"enabled": false, "stages": ["post_plan"], "enforcement-level": "advisory"}));
    manager.get(&list).is(404);
    assert_eq!(manager.get(&uses).is(200).list().len(), 0);
    owner.delete(&format!("/tasks/{task}")).is_done();
    owner.get(&path).is(404);
}

#[test]
fn a_token_of_an_agent_pool_is_shown_once_and_opens_nothing() {
    let server = Server::demo();
    let owner = server.owner();
    let pool = owner.creates_agent_pool("my-organization", "rack");
    let list = format!("/agent-pools/{pool}/authentication-tokens");
    let made = owner.post(&list, &document("agent-tokens", json!({"description": "rack"}))).is(201);
    let text = made.text("/data/attributes/token");
    let made = made.golden("agent_tokens.create");
    assert_eq!(
        owner.post(&list, &document("authentication-tokens", json!({}))).refused(422),
        ["/data/attributes/description"]
    );
    server.with_token(&text).get("/account/details").is(401);
    let second = owner.post(&list, &document("agent-tokens", json!({"description": "second"}))).is(201);
    let (first, second) = (made.at("/data/id"), second.at("/data/id"));
    for (sort, ids) in [("created-at", [&first, &second]), ("-created-at", [&second, &first])] {
        assert_eq!(owner.get(&format!("{list}?sort={sort}")).is(200).each("id").iter().collect::<Vec<_>>(), ids);
    }
    assert_eq!(owner.get(&format!("{list}?sort=age")).refused(400), ["sort"]);
    assert_eq!(owner.get(&format!("/agent-pools/{pool}/agents?filter[status]=idle")).is(200).list().len(), 0);
    let cells = server.cells();
    assert!(!cells.windows(text.len()).any(|window| window == text.as_bytes()));
    owner.delete(&format!("/agent-pools/{pool}")).is_done();
    assert_eq!(server.number("SELECT count(*) FROM agent_tokens"), 0);
}

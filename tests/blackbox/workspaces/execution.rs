//! Where runs would take place.

use serde_json::{Value, json};

use super::WORKSPACES;
use crate::harness::{Answer, Caller, Server, document};

struct Scene {
    server: Server,
    owner: Caller,
    path: String,
    pool: String,
}

impl Scene {
    fn new() -> Scene {
        let server = Server::demo();
        let owner = server.owner();
        let path = format!("/workspaces/{}", owner.creates_workspace("my-organization", "infra", None));
        let pool = owner.creates_agent_pool("my-organization", "poo1");
        Scene { server, owner, path, pool }
    }

    fn sets(&self, attributes: Value) -> Answer {
        self.owner.patch(&self.path, &document("workspaces", attributes))
    }

    fn shows(&self) -> (String, bool, Option<String>) {
        shown(&self.owner.get(&self.path))
    }
}

/// The mode, whether it is the workspace's own, and the pool.
fn shown(answer: &Answer) -> (String, bool, Option<String>) {
    let (mode, overwrites) = (answer.text("/data/attributes/execution-mode"), "/data/attributes/setting-overwrites");
    assert_eq!(answer.at("/data/attributes/operations"), json!(mode != "local"));
    let is_own = answer.at(&format!("{overwrites}/execution-mode"));
    assert_eq!(answer.at(&format!("{overwrites}/agent-pool")), is_own);
    let pool = answer.at("/data/relationships/agent-pool/data/id").as_str().map(str::to_owned);
    (mode, is_own == json!(true), pool)
}

fn mode(name: &str, is_own: bool, pool: Option<&String>) -> (String, bool, Option<String>) {
    (name.to_owned(), is_own, pool.cloned())
}

#[test]
fn a_workspace_chooses_or_follows_its_project_and_its_organization() {
    let scene = Scene::new();
    assert_eq!(scene.shows(), mode("remote", false, None));
    let database = scene.server.sqlite();
    database.execute("UPDATE organizations SET default_execution_mode = 'local'", []).expect("set");
    assert_eq!(scene.shows(), mode("local", false, None));
    let project = "UPDATE projects SET default_execution_mode = 'agent', default_agent_pool = 1";
    database.execute(project, []).expect("set");
    assert_eq!(scene.shows(), mode("agent", false, Some(&scene.pool)));
    let steps = [
        (json!({"execution-mode": "remote"}), mode("remote", true, None)),
        (
            json!({"setting-overwrites": {"execution-mode": false, "agent-pool": false}}),
            mode("agent", false, Some(&scene.pool)),
        ),
        (
            json!({"setting-overwrites": {"execution-mode": true, "agent-pool": true}}),
            mode("agent", true, Some(&scene.pool)),
        ),
        (json!({"operations": false}), mode("local", true, None)),
        (json!({"description": "x"}), mode("local", true, None)),
        (json!({"operations": true}), mode("remote", true, None)),
        (json!({"execution-mode": "agent", "agent-pool-id": scene.pool}), mode("agent", true, Some(&scene.pool))),
        (json!({"execution-mode": "agent"}), mode("agent", true, Some(&scene.pool))),
        (
            json!({"agent-pool-id": scene.pool, "setting-overwrites": {"agent-pool": true}}),
            mode("agent", true, Some(&scene.pool)),
        ),
        (json!({"execution-mode": null}), mode("agent", false, Some(&scene.pool))),
    ];
    for (given, expected) in steps {
        assert_eq!(shown(&scene.sets(given.clone()).is(200)), expected, "{given}");
        assert_eq!(scene.shows(), expected, "{given}");
    }
    let given = json!({"name": "new", "execution-mode": "agent", "agent-pool-id": scene.pool});
    let created = scene.owner.post(WORKSPACES, &document("workspaces", given)).is(201);
    assert_eq!(shown(&created), mode("agent", true, Some(&scene.pool)));
    // The pool goes, the choice stays, and is no obstacle to other changes.
    database.execute_batch("PRAGMA foreign_keys = ON; DELETE FROM agent_pools").expect("deleted");
    let path = format!("/workspaces/{}", created.text("/data/id"));
    let after = scene.owner.patch(&path, &document("workspaces", json!({"description": "x"}))).is(200);
    assert_eq!(shown(&after), mode("agent", true, None));
}

#[test]
fn a_workspace_that_is_read_can_be_sent_back() {
    let scene = Scene::new();
    let (_, token) = scene.owner.creates_client("my-organization");
    for given in [
        json!({}),
        json!({"execution-mode": "local"}),
        json!({"execution-mode": "agent", "agent-pool-id": scene.pool}),
        json!({"setting-overwrites": {"execution-mode": false, "agent-pool": false}}),
        json!({"vcs-repo": {"identifier": "acme/infra", "oauth-token-id": token}, "trigger-patterns": ["/live/**"]}),
        json!({"vcs-repo": {"identifier": "acme/infra", "oauth-token-id": token, "tags-regex": "v.*"}}),
        json!({"auto-destroy-at": "2100-01-02T03:04:05Z"}),
        json!({"auto-destroy-activity-duration": "7d"}),
        json!({"global-remote-state": true, "execution-mode": "remote"}),
    ] {
        scene.sets(given.clone()).is(200);
        let read = scene.owner.get(&scene.path).is(200);
        let mut answered = scene.owner.patch(&scene.path, &read.json()).is(200).json();
        for changing in ["updated-at", "latest-change-at"] {
            answered["data"]["attributes"][changing] = read.at(&format!("/data/attributes/{changing}"));
        }
        assert_eq!(answered["data"], read.at("/data"), "{given}");
    }
}

#[test]
fn contradictions_and_unusable_pools_are_refused() {
    let scene = Scene::new();
    scene.owner.creates_organization("other");
    let foreign = scene.owner.creates_agent_pool("other", "theirs");
    let kept = scene.owner.creates_agent_pool("my-organization", "kept");
    let narrow = format!("UPDATE agent_pools SET organization_scoped = 0 WHERE id = '{kept}'");
    scene.server.sqlite().execute(&narrow, []).expect("set");
    let before = scene.server.contents();
    let pool = "/data/attributes/agent-pool-id";
    let agent = |id: &str| json!({"execution-mode": "agent", "agent-pool-id": id});
    let cases = [
        (json!({"execution-mode": "local", "operations": true}), "/data/attributes/operations"),
        (json!({"execution-mode": "agent"}), pool),
        (json!({"execution-mode": "agent", "agent-pool-id": ""}), pool),
        (json!({"execution-mode": "agent", "agent-pool-id": null}), pool),
        (json!({"execution-mode": "remote", "agent-pool-id": scene.pool}), pool),
        (json!({"agent-pool-id": scene.pool}), pool),
        (agent(&foreign), pool),
        (agent(&kept), pool),
        (agent("apool-1111111111111111"), pool),
        (agent("nonexisting"), pool),
    ];
    for (given, pointer) in cases {
        assert_eq!(scene.sets(given.clone()).refused(422), [pointer], "{given}");
        let mut new = given.clone();
        new["name"] = json!("new");
        assert_eq!(scene.owner.post(WORKSPACES, &document("workspaces", new)).refused(422), [pointer], "{given}");
    }
    scene.sets(agent(&foreign)).is(422).golden("workspaces.update.unusable_agent_pool");
    assert_eq!(scene.server.contents(), before);
    // A pool that is not for everything may be for this project.
    let allowed = format!(
        "INSERT INTO agent_pool_allowed_projects SELECT agent_pools.number, workspaces.project
         FROM agent_pools, workspaces WHERE agent_pools.id = '{kept}'"
    );
    scene.server.sqlite().execute(&allowed, []).expect("allowed");
    assert_eq!(shown(&scene.sets(agent(&kept)).is(200)), mode("agent", true, Some(&kept)));
}

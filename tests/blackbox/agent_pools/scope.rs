//! What a pool's scope stands in the way of: to begin to use it, and to move to where it may not be used. What uses it
//! already goes on.

use serde_json::{Value, json};

use super::{AGENT_POOLS, linkages, relating};
use crate::harness::{Caller, Server, document};

const ORGANIZATION: &str = "/organizations/my-organization";
const POOL: &str = "/data/attributes/agent-pool-id";

struct Scene {
    server: Server,
    owner: Caller,
    /// Where the pool may be used, and where not.
    allowed: String,
    other: String,
    pool: String,
    workspace: String,
}

impl Scene {
    /// A workspace in a project, with a pool that is for that project alone.
    fn new() -> Scene {
        let server = Server::demo();
        let owner = server.owner();
        let [allowed, other] = ["allowed", "other"].map(|name| owner.creates_project("my-organization", name));
        let scope = json!({"allowed-projects": linkages("projects", &[&allowed])});
        let pool = owner.post(AGENT_POOLS, &relating(json!({"name": "pool", "organization-scoped": false}), scope));
        let pool = pool.is(201).text("/data/id");
        let mut new = document("workspaces", json!({"name": "w", "execution-mode": "agent", "agent-pool-id": pool}));
        new["data"]["relationships"] = in_project(&allowed);
        let workspace = owner.post(&format!("{ORGANIZATION}/workspaces"), &new).is(201).text("/data/id");
        Scene { server, owner, allowed, other, pool, workspace: format!("/workspaces/{workspace}") }
    }

    fn moves(&self, project: &str, attributes: Value) -> Value {
        let mut change = document("workspaces", attributes);
        change["data"]["relationships"] = in_project(project);
        change
    }

    fn scopes(&self, attributes: Value, projects: &[&str]) -> Value {
        relating(attributes, json!({"allowed-projects": linkages("projects", projects)}))
    }

    fn pool_path(&self) -> String {
        format!("/agent-pools/{}", self.pool)
    }
}

fn in_project(id: &str) -> Value {
    json!({"project": {"data": {"type": "projects", "id": id}}})
}

#[test]
fn a_move_to_where_the_pool_may_not_be_used_is_refused() {
    let scene = Scene::new();
    let Scene { server, owner, allowed, other, pool, workspace } = &scene;
    let id = workspace.rsplit('/').next().expect("an id");
    let moving = json!({"data": [{"type": "workspaces", "id": id}]});
    let before = server.contents();
    for attributes in [
        json!({}),
        json!({"name": "renamed"}),
        json!({"execution-mode": "agent"}),
        json!({"execution-mode": "agent", "agent-pool-id": pool}),
        json!({"setting-overwrites": {"execution-mode": true, "agent-pool": true}}),
    ] {
        assert_eq!(
            owner.patch(workspace, &scene.moves(other, attributes.clone())).refused(422),
            [POOL],
            "{attributes}"
        );
    }
    let refused = owner.post(&format!("/projects/{other}/relationships/workspaces"), &moving).is(422);
    refused.golden("projects.workspaces.pool_of_other_projects");
    assert_eq!(server.contents(), before);
    // Without the pool, or with one that may be used there, it moves.
    owner.patch(workspace, &scene.moves(other, json!({"execution-mode": "remote"}))).is(200);
    let everywhere = owner.creates_agent_pool("my-organization", "everywhere");
    owner.patch(workspace, &scene.moves(allowed, json!({"execution-mode": "agent", "agent-pool-id": pool}))).is(200);
    owner.patch(workspace, &scene.moves(other, json!({"agent-pool-id": everywhere}))).is(200);
    owner.post(&format!("/projects/{allowed}/relationships/workspaces"), &moving).is_done();
    // A workspace of its own is as good as its project.
    owner.patch(workspace, &document("workspaces", json!({"agent-pool-id": pool}))).is(200);
    let own = relating(json!({}), json!({"allowed-workspaces": linkages("workspaces", &[id])}));
    owner.patch(&scene.pool_path(), &own).is(200);
    owner.post(&format!("/projects/{other}/relationships/workspaces"), &moving).is_done();
}

#[test]
fn what_uses_a_pool_may_say_so_again_after_it_was_narrowed() {
    let scene = Scene::new();
    let Scene { owner, allowed, pool, workspace, .. } = &scene;
    let of_project = json!({"default-execution-mode": "agent", "default-agent-pool-id": pool, "setting-overwrites":
               {"default-execution-mode": true, "default-agent-pool": true}});
    let project = format!("/projects/{allowed}");
    owner.patch(&project, &document("projects", of_project.clone())).is(200);
    owner.patch(&scene.pool_path(), &scene.scopes(json!({}), &[])).is(200);
    for attributes in [json!({"description": "x"}), json!({"agent-pool-id": pool}), json!({"execution-mode": "agent"})]
    {
        owner.patch(workspace, &document("workspaces", attributes)).is(200);
    }
    owner.patch(&project, &document("projects", json!({"name": "renamed"}))).is(200);
    owner.patch(&project, &document("projects", of_project.clone())).is(200);
    // Once it is given up, it is not had back.
    owner.patch(workspace, &document("workspaces", json!({"execution-mode": "local"}))).is(200);
    let again = json!({"execution-mode": "agent", "agent-pool-id": pool});
    assert_eq!(owner.patch(workspace, &document("workspaces", again)).refused(422), [POOL]);
    let local = json!({"default-execution-mode": "local", "setting-overwrites":
                       {"default-execution-mode": true, "default-agent-pool": true}});
    owner.patch(&project, &document("projects", local)).is(200);
    owner.patch(&project, &document("projects", of_project)).refused(422);
}

#[test]
fn the_default_of_an_organization_is_for_all_of_it() {
    let scene = Scene::new();
    let Scene { server, owner, allowed, pool, .. } = &scene;
    let default = |pool: &str| {
        let mut change = document("organizations", json!({"default-execution-mode": "agent"}));
        let pool = json!({"data": {"type": "agent-pools", "id": pool}});
        change["data"]["relationships"] = json!({"default-agent-pool": pool});
        owner.patch(ORGANIZATION, &change)
    };
    let before = server.contents();
    default(pool).is(422).golden("organizations.update.scoped_agent_pool");
    assert_eq!(server.contents(), before);
    let everywhere = owner.creates_agent_pool("my-organization", "everywhere");
    default(&everywhere).is(200);
    default(&everywhere).is(200);
    let path = format!("/agent-pools/{everywhere}");
    let narrowed = owner.patch(&path, &scene.scopes(json!({"organization-scoped": false}), &[allowed])).is(422);
    narrowed.golden("agent_pools.update.default_of_organization");
    owner.patch(&path, &document("agent-pools", json!({"organization-scoped": true, "name": "renamed"}))).is(200);
    owner.patch(ORGANIZATION, &document("organizations", json!({"default-execution-mode": "remote"}))).is(200);
    owner.patch(&path, &scene.scopes(json!({"organization-scoped": false}), &[allowed])).is(200);
}

#[test]
fn a_stack_takes_a_pool_that_is_for_its_project() {
    let Scene { server, owner, allowed, other, pool, .. } = Scene::new();
    let token = owner.creates_client("my-organization").1;
    let stack = |project: &str, pool: &str| {
        let repository = json!({"identifier": "acme/network", "oauth-token-id": token});
        let mut stack = document("stacks", json!({"name": "network", "vcs-repo": repository}));
        stack["data"]["relationships"] = in_project(project);
        stack["data"]["relationships"]["agent-pool"] = json!({"data": {"type": "agent-pools", "id": pool}});
        stack
    };
    let at_pool = ["/data/relationships/agent-pool/data"];
    let before = server.contents();
    let refused = owner.post("/stacks", &stack(&other, &pool));
    assert_eq!(refused.refused(422), at_pool);
    assert_eq!(refused.json(), owner.post("/stacks", &stack(&other, "apool-1111111111111111")).json());
    assert_eq!(server.contents(), before);
    let path = format!("/stacks/{}", owner.post("/stacks", &stack(&allowed, &pool)).is(201).text("/data/id"));
    let another =
        owner.post(AGENT_POOLS, &relating(json!({"name": "another", "organization-scoped": false}), json!({})));
    let another = another.is(201).text("/data/id");
    assert_eq!(owner.patch(&path, &stack(&allowed, &another)).refused(422), at_pool);
    // What the stack has stays, and may be said again.
    owner
        .patch(&format!("/agent-pools/{pool}"), &relating(json!({}), json!({"allowed-projects": {"data": []}})))
        .is(200);
    owner.patch(&path, &stack(&allowed, &pool)).is(200);
}

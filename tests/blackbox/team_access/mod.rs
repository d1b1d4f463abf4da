//! What teams may do with single workspaces and projects.

mod lists;
mod records;
mod rights;

use serde_json::{Value, json};

use crate::harness::{Answer, Caller, Server, document};

/// A server with a workspace in a project of its own, and a team with one member and no permissions.
struct Scene {
    server: Server,
    owner: Caller,
    /// The member.
    tina: Caller,
    team: String,
    project: String,
    workspace: String,
}

impl Scene {
    fn new() -> Scene {
        let server = Server::demo();
        let owner = server.owner();
        let tina = server.outsider("tina");
        let team = owner.creates_team("my-organization", "platform", &[]);
        owner.invites("my-organization", "tina", &[&team]);
        let project = owner.creates_project("my-organization", "network");
        let workspace = creates_workspace_in(&owner, &project, "edge").is(201).text("/data/id");
        Scene { server, owner, tina, team, project, workspace }
    }

    fn gives_workspace(&self, attributes: Value) -> Answer {
        self.owner.post("/team-workspaces", &to_workspace(&self.team, &self.workspace, attributes))
    }

    fn gives_project(&self, attributes: Value) -> Answer {
        self.owner.post("/team-projects", &to_project(&self.team, &self.project, attributes))
    }
}

fn creates_workspace_in(caller: &Caller, project: &str, name: &str) -> Answer {
    let mut new = document("workspaces", json!({"name": name}));
    new["data"]["relationships"] = json!({"project": {"data": {"type": "projects", "id": project}}});
    caller.post("/organizations/my-organization/workspaces", &new)
}

fn to_workspace(team: &str, workspace: &str, attributes: Value) -> Value {
    let mut given = document("team-workspaces", attributes);
    given["data"]["relationships"] = json!({
        "team": {"data": {"type": "teams", "id": team}},
        "workspace": {"data": {"type": "workspaces", "id": workspace}},
    });
    given
}

fn to_project(team: &str, project: &str, attributes: Value) -> Value {
    let mut given = document("team-projects", attributes);
    given["data"]["relationships"] = json!({
        "team": {"data": {"type": "teams", "id": team}},
        "project": {"data": {"type": "projects", "id": project}},
    });
    given
}

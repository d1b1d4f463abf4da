//! Workspaces through the API.

mod change;
mod consumers;
mod create;
mod delete;
mod execution;
mod filters;
mod find;
mod link;
mod lock;
mod projects;
mod races;
mod settings;
mod tag_bindings;
mod tags;

use crate::harness::{Caller, Server};

/// The collection that most tests create in.
const WORKSPACES: &str = "/organizations/my-organization/workspaces";

/// A server with one workspace, which most tests change.
struct Scene {
    server: Server,
    owner: Caller,
    path: String,
}

impl Scene {
    fn new() -> Scene {
        let server = Server::demo();
        let owner = server.owner();
        let path = format!("/workspaces/{}", owner.creates_workspace("my-organization", "infra", None));
        Scene { server, owner, path }
    }
}

//! Teams through the API.

mod change;
mod create;
mod find;
mod members;
mod rights;

use serde_json::{Value, json};

use crate::harness::{Answer, Caller, Server, document};

/// The collection that most tests create in.
const TEAMS: &str = "/organizations/my-organization/teams";

fn tries(caller: &Caller, attributes: Value) -> Answer {
    caller.post(TEAMS, &document("teams", attributes))
}

fn changes(caller: &Caller, team: &str, attributes: Value) -> Answer {
    caller.patch(&format!("/teams/{team}"), &document("teams", attributes))
}

/// The id of the owners team.
fn owners(server: &Server) -> String {
    server.owner().get(&format!("{TEAMS}?filter[names]=owners")).is(200).text("/data/0/id")
}

/// The user names of a team's members, in the order of their ids' appearance.
fn members(caller: &Caller, team: &str) -> Vec<Value> {
    let team = caller.get(&format!("/teams/{team}?include=users")).is(200);
    let Value::Array(users) = team.at("/included") else { panic!("no list: {}", team.body) };
    users.iter().map(|user| user["attributes"]["username"].clone()).collect()
}

/// A second organization, and its owner.
fn foreign(server: &Server) -> Caller {
    let eve = server.outsider("eve");
    eve.creates_organization("foreign");
    eve
}

fn name(name: &str) -> Value {
    json!({"name": name})
}

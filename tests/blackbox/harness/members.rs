//! People with less than everything.

use serde_json::{Value, json};

use super::{Caller, Permission, Server, document};

impl Server {
    /// The id of the default project of `my-organization`.
    pub fn default_project(&self) -> String {
        let sql = "SELECT projects.id FROM projects JOIN organizations ON organizations.number = projects.organization
                   WHERE organizations.name = 'my-organization' AND is_default = 1";
        self.sqlite().query_row(sql, [], |row| row.get(0)).expect("every organization has one")
    }

    /// A user whose one team in `my-organization`, named after them, has just these permissions. Those that need
    /// others must come with them.
    pub fn member(&self, name: &str, permissions: &[Permission]) -> Caller {
        let (caller, owner) = (self.outsider(name), self.owner());
        let team = owner.creates_team("my-organization", name, permissions);
        owner.invites("my-organization", name, &[&team]);
        caller
    }
}

impl Caller {
    /// Creates a team with just these permissions; gives its id.
    pub fn creates_team(&self, organization: &str, name: &str, permissions: &[Permission]) -> String {
        let access: Value = permissions.iter().map(|key| (key.key().to_owned(), json!(true))).collect();
        let attributes = json!({"name": name, "organization-access": access});
        let answer = self.post(&format!("/organizations/{organization}/teams"), &document("teams", attributes));
        answer.is(200).text("/data/id")
    }

    /// Creates a team that every member of the organization sees; gives its id.
    pub fn creates_visible_team(&self, organization: &str, name: &str) -> String {
        let attributes = json!({"name": name, "visibility": "organization"});
        let answer = self.post(&format!("/organizations/{organization}/teams"), &document("teams", attributes));
        answer.is(200).text("/data/id")
    }

    /// Invites `NAME@example.com` with a place in `teams`; gives the membership's id. Who has that address is a member
    /// at once.
    pub fn invites(&self, organization: &str, name: &str, teams: &[&str]) -> String {
        let mut invitation = document("organization-memberships", json!({"email": format!("{name}@example.com")}));
        invitation["data"]["relationships"] = json!({"teams": linkage("teams", teams)});
        let path = format!("/organizations/{organization}/organization-memberships");
        self.post(&path, &invitation).is(201).text("/data/id")
    }

    /// The user's own id.
    pub fn user_id(&self) -> String {
        self.get("/account/details").is(200).text("/data/id")
    }
}

/// The document of a to-many relationship.
pub fn linkage(kind: &str, ids: &[&str]) -> Value {
    let data: Vec<Value> = ids.iter().map(|id| json!({"type": kind, "id": id})).collect();
    json!({"data": data})
}

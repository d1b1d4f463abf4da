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

impl Server {
    /// A user whose one team, named after them, has no permissions, and this access to the default project and to projects
    /// that [`Server::gives_access_to`] is told of.
    pub fn member_with_access(&self, name: &str, access: &str) -> Caller {
        let caller = self.member(name, &[]);
        self.gives_access(name, access, &self.default_project());
        caller
    }

    /// Gives the teams of all members with access the same access to another project.
    pub fn gives_access_to(&self, project: &str) {
        let given: Vec<(String, String)> = {
            let database = self.sqlite();
            let sql = "SELECT teams.name, level FROM team_access JOIN teams ON teams.number = team
                       JOIN projects ON projects.number = project WHERE projects.is_default";
            let mut statement = database.prepare(sql).expect("a query");
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
            rows.collect::<Result<_, _>>().expect("teams")
        };
        for (team, access) in given {
            self.gives_access(&team, &access, project);
        }
    }

    fn gives_access(&self, team: &str, access: &str, project: &str) {
        let sql = "SELECT teams.id FROM teams JOIN organizations ON organizations.number = organization
                   WHERE teams.name = ?1 AND organizations.name = 'my-organization'";
        let team: String = self.sqlite().query_row(sql, [team], |row| row.get(0)).expect("a team");
        let mut given = document("team-projects", json!({"access": access}));
        given["data"]["relationships"] = json!({
            "team": {"data": {"type": "teams", "id": team}},
            "project": {"data": {"type": "projects", "id": project}},
        });
        self.owner().post("/team-projects", &given).is(201);
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

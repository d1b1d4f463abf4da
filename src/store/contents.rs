//! How much there is in an organization, for who is about to delete it.

use crate::domain::error::Result;
use crate::domain::teams::team::OWNERS;
use crate::store::{View, plain};

/// What is counted beside plain resources, in the singular, and the table that it is in.
const COUNTED: [(&str, &str); 5] = [
    ("OAuth client", "oauth_clients"),
    ("workspace", "workspaces"),
    ("project", "projects"),
    ("team", "teams"),
    ("membership", "organization_memberships"),
];

impl View<'_> {
    pub fn contents_of(&self, organization: i64) -> Result<Vec<(&'static str, u64)>> {
        let mut contents = Vec::new();
        for (what, table) in COUNTED {
            let sql = format!("SELECT count(*) FROM {table} WHERE organization = ?1");
            contents.push((what, self.count(&sql, [organization])?));
        }
        for table in plain::tables() {
            let sql =
                format!("SELECT count(*) FROM {} {} WHERE organizations.number = ?1", table.name, (table.joins)());
            contents.push((table.one, self.count(&sql, [organization])?));
        }
        let tokens = "SELECT count(*) FROM api_tokens
                      WHERE organization = ?1 OR team IN (SELECT number FROM teams WHERE organization = ?1)";
        contents.push(("API token", self.count(tokens, [organization])?));
        Ok(contents)
    }

    /// The names of the users in the owners team.
    pub fn owners_of(&self, organization: i64) -> Result<Vec<String>> {
        self.rows(
            "SELECT users.username FROM teams
             JOIN team_members ON team_members.team = teams.number
             JOIN organization_memberships ON organization_memberships.number = team_members.membership
             JOIN users ON users.number = organization_memberships.user
             WHERE teams.organization = ?1 AND teams.name = ?2
             ORDER BY users.username",
            (organization, OWNERS),
            |row| row.get(0),
        )
    }
}

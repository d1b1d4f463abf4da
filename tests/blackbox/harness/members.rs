//! People with less than everything.

use super::{Caller, Permission, Server};
use bowline::domain::organization_access::OrganizationAccess;

impl Server {
    /// The id of the default project of `my-organization`.
    pub fn default_project(&self) -> String {
        let sql = "SELECT projects.id FROM projects JOIN organizations ON organizations.number = projects.organization
                   WHERE organizations.name = 'my-organization' AND is_default = 1";
        self.sqlite().query_row(sql, [], |row| row.get(0)).expect("every organization has one")
    }

    /// A user whose one team in `my-organization`, named after them, has just these permissions.
    pub fn member(&self, name: &str, permissions: &[Permission]) -> Caller {
        let caller = self.outsider(name);
        let access = OrganizationAccess::of(permissions).bits();
        let database = self.sqlite();
        let id = format!("{name:1>16}");
        let insert = |sql: &str| database.execute(sql, rusqlite::named_params! {":id": id, ":name": name});
        let teams = format!(
            "INSERT INTO teams (id, organization, name, created_at, organization_access)
             SELECT 'team-' || :id, number, :name, 0, {access} FROM organizations WHERE name = 'my-organization'"
        );
        let memberships = "INSERT INTO organization_memberships (id, organization, user, email, created_at)
             SELECT 'ou-' || :id, organizations.number, users.number, users.email, 0 FROM organizations, users
             WHERE organizations.name = 'my-organization' AND users.username = :name";
        let members = "INSERT INTO team_members (team, membership)
             SELECT teams.number, organization_memberships.number FROM teams, organization_memberships, users
             WHERE teams.id = 'team-' || :id AND teams.name = :name AND organization_memberships.id = 'ou-' || :id
             GROUP BY teams.number";
        for sql in [teams.as_str(), memberships, members] {
            assert_eq!(insert(sql), Ok(1), "{sql}");
        }
        caller
    }
}

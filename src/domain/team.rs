//! Teams of an organization. Every organization has one named `owners`, whose members may do everything.

use super::id::{OrganizationId, TeamId};

pub const OWNERS: &str = "owners";

#[derive(Clone, Debug)]
pub struct Team {
    /// The row; never on the wire.
    pub number: i64,
    pub id: TeamId,
    pub name: String,
    /// The row of the team's organization.
    pub organization: i64,
    pub organization_id: OrganizationId,
    pub organization_name: String,
}

impl Team {
    pub fn is_owners(&self) -> bool {
        self.name == OWNERS
    }
}

//! What every resource of an organization has: its row, its id and its organization.

use super::id::OrganizationId;

#[derive(Clone, Debug, PartialEq)]
pub struct Identity<Id> {
    /// The row; never on the wire.
    pub number: i64,
    pub id: Id,
    /// The row of its organization.
    pub organization: i64,
    pub organization_id: OrganizationId,
    pub organization_name: String,
}

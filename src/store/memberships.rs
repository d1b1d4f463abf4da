//! Who belongs to an organization.

use super::Change;
use crate::domain::error::Result;
use crate::domain::id::MembershipId;
use crate::domain::organization::Organization;
use crate::domain::user::User;

impl Change<'_> {
    /// Makes a user a member; gives the membership's row.
    pub(super) fn create_membership(&self, organization: &Organization, user: &User) -> Result<i64> {
        self.connection
            .prepare_cached(
                "INSERT INTO organization_memberships (id, organization, user, email, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((
                MembershipId::generate().as_str(),
                organization.number,
                user.number,
                &user.email,
                self.now.milliseconds(),
            ))?;
        Ok(self.connection.last_insert_rowid())
    }
}

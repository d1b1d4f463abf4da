//! Organizations.

use rusqlite::{OptionalExtension, Row};

use super::audit::{Deed, Resource};
use super::pages::{limit_offset, total};
use super::{Change, View, is_taken};
use crate::domain::access::{Action, Caller};
use crate::domain::error::{Error, Problems, Result};
use crate::domain::id::OrganizationId;
use crate::domain::organization::{NewOrganization, Organization};
use crate::domain::page::{Listed, Page};
use crate::domain::timestamp::Timestamp;
use crate::domain::user::User;

/// In the order that [`organization`] reads.
const COLUMNS: &str = "organizations.number, organizations.external_id, organizations.name, organizations.email,
                       organizations.created_at";

fn organization(row: &Row<'_>) -> rusqlite::Result<Organization> {
    Ok(Organization {
        number: row.get(0)?,
        external_id: OrganizationId::from(row.get::<_, String>(1)?),
        name: row.get(2)?,
        email: row.get(3)?,
        created_at: Timestamp::from_milliseconds(row.get(4)?),
    })
}

/// The organizations that a caller belongs to: by membership, or the one that the token is made for.
const OF_CALLER: &str = "FROM organizations WHERE
     number = ?2 OR number IN (SELECT organization FROM organization_memberships WHERE user = ?1)";

impl View<'_> {
    /// By name, ignoring case.
    pub fn organization_named(&self, name: &str) -> Result<Option<Organization>> {
        let sql = format!("SELECT {COLUMNS} FROM organizations WHERE name = ?1");
        Ok(self.connection.prepare_cached(&sql)?.query_row([name], organization).optional()?)
    }

    /// By external id or by name. Anybody may choose a name that looks like an id, so the id comes first.
    pub fn organization_known_as(&self, id_or_name: &str) -> Result<Option<Organization>> {
        let sql = format!("SELECT {COLUMNS} FROM organizations WHERE external_id = ?1");
        match self.connection.prepare_cached(&sql)?.query_row([id_or_name], organization).optional()? {
            Some(organization) => Ok(Some(organization)),
            None => self.organization_named(id_or_name),
        }
    }

    /// The organization of a request's path, if the caller may do `action` there. `NotFound` otherwise, whatever the
    /// reason.
    pub fn organization_for(&self, caller: &Caller, name: &str, action: Action) -> Result<Organization> {
        let organization = self.organization_named(name)?.ok_or_else(Error::not_found)?;
        self.standing(caller, organization.number)?.may(action)?;
        Ok(organization)
    }

    /// A page of the caller's own, the oldest first.
    pub fn organizations_of(&self, caller: &Caller, page: Page) -> Result<Listed<Organization>> {
        let keys = match caller {
            Caller::User(user) => (Some(user.number), None),
            Caller::Team(team) => (None, Some(team.organization)),
            Caller::Organization { number, .. } => (None, Some(*number)),
        };
        let (limit, offset) = limit_offset(page);
        let total = self.connection.prepare_cached(&format!("SELECT count(*) {OF_CALLER}"))?.query_row(keys, total)?;
        let items = self
            .connection
            .prepare_cached(&format!("SELECT {COLUMNS} {OF_CALLER} ORDER BY number LIMIT ?3 OFFSET ?4"))?
            .query_map((keys.0, keys.1, limit, offset), organization)?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Listed { items, total })
    }

    /// Every one there is, the oldest first.
    pub fn organizations(&self) -> Result<Vec<Organization>> {
        let organizations = self
            .connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM organizations ORDER BY number"))?
            .query_map([], organization)?
            .collect::<rusqlite::Result<_>>()?;
        Ok(organizations)
    }
}

impl Change<'_> {
    /// With its owners team, whose first member is `owner`. `Invalid` at `name` where it is taken.
    pub fn create_organization(&self, new: &NewOrganization, owner: &User) -> Result<Organization> {
        let external_id = OrganizationId::generate();
        let inserted = self
            .connection
            .prepare_cached("INSERT INTO organizations (external_id, name, email, created_at) VALUES (?1, ?2, ?3, ?4)")?
            .execute((external_id.as_str(), &new.name, &new.email, self.now.milliseconds()));
        match inserted {
            Err(e) if is_taken(&e, "organizations.name") => {
                let mut problems = Problems::default();
                problems.name_is_taken();
                problems.finish()?;
            }
            other => {
                other?;
            }
        }
        let organization = Organization {
            number: self.connection.last_insert_rowid(),
            external_id,
            name: new.name.clone(),
            email: new.email.clone(),
            created_at: self.now,
        };
        self.create_default_project(&organization)?;
        self.create_owners(&organization, owner)?;
        self.record(
            Deed::Create,
            Resource::Organization,
            organization.external_id.as_str(),
            Some(&organization.external_id),
        )?;
        Ok(organization)
    }
}

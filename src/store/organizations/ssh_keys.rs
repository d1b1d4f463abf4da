//! SSH keys of organizations.

use rusqlite::{OptionalExtension, Row};

use crate::domain::error::{Error, Problems, Result};
use crate::domain::id::{OrganizationId, SshKeyId};
use crate::domain::organizations::organization::Organization;
use crate::domain::organizations::ssh_key::{SshKey, SshKeyChange};
use crate::domain::page::{Listed, Page};
use crate::domain::secret::Sealed;
use crate::store::audit::{EventKind, Resource};
use crate::store::pages::{limit_offset, total};
use crate::store::{Change, View};

/// In the order that [`ssh_key`] reads. The value stays where it is.
pub(in crate::store) const SELECT: &str =
    "SELECT ssh_keys.number, ssh_keys.id, ssh_keys.organization, organizations.external_id,
     ssh_keys.name
     FROM ssh_keys JOIN organizations ON organizations.number = ssh_keys.organization";

fn ssh_key(row: &Row<'_>) -> rusqlite::Result<SshKey> {
    Ok(SshKey {
        number: row.get(0)?,
        id: SshKeyId::from(row.get::<_, String>(1)?),
        organization: row.get(2)?,
        organization_id: OrganizationId::from(row.get::<_, String>(3)?),
        name: row.get(4)?,
    })
}

impl View<'_> {
    pub fn ssh_key(&self, id: &SshKeyId) -> Result<SshKey> {
        self.connection
            .prepare_cached(&format!("{SELECT} WHERE ssh_keys.id = ?1"))?
            .query_row([id.as_str()], ssh_key)
            .optional()?
            .ok_or_else(Error::not_found)
    }

    /// A page of the organization's keys, in the order of their creation.
    pub fn ssh_keys(&self, organization: i64, page: Page) -> Result<Listed<SshKey>> {
        let (limit, offset) = limit_offset(page);
        let total = self
            .connection
            .prepare_cached("SELECT count(*) FROM ssh_keys WHERE organization = ?1")?
            .query_row([organization], total)?;
        let items = self.rows(
            &format!("{SELECT} WHERE ssh_keys.organization = ?1 ORDER BY ssh_keys.number LIMIT ?2 OFFSET ?3"),
            (organization, limit, offset),
            ssh_key,
        )?;
        Ok(Listed { items, total })
    }

    /// `Invalid` where another key of the organization has the name.
    fn check_ssh_key_name(&self, organization: i64, name: &str, but_by: Option<i64>) -> Result<()> {
        let number: Option<i64> = self
            .connection
            .prepare_cached("SELECT number FROM ssh_keys WHERE organization = ?1 AND name = ?2")?
            .query_row((organization, name), |row| row.get(0))
            .optional()?;
        let mut problems = Problems::default();
        if number.is_some() && number != but_by {
            problems.name_is_taken();
        }
        problems.finish()
    }
}

impl Change<'_> {
    /// `id` is what the value is sealed for. `Invalid` where the name is taken.
    pub fn create_ssh_key(
        &self,
        organization: &Organization,
        id: SshKeyId,
        name: &str,
        value: &Sealed,
    ) -> Result<SshKey> {
        self.check_ssh_key_name(organization.number, name, None)?;
        self.connection
            .prepare_cached(
                "INSERT INTO ssh_keys (id, organization, name, value_sealed, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((id.as_str(), organization.number, name, &value.0, self.now.milliseconds()))?;
        self.record(EventKind::Create, Resource::SshKey, id.as_str(), Some(&organization.external_id))?;
        self.ssh_key(&id)
    }

    /// `Invalid` where the name is taken.
    pub fn update_ssh_key(&self, current: &SshKey, change: &SshKeyChange) -> Result<SshKey> {
        let name = change.name.as_ref().unwrap_or(&current.name);
        self.check_ssh_key_name(current.organization, name, Some(current.number))?;
        self.connection
            .prepare_cached("UPDATE ssh_keys SET name = ?1 WHERE number = ?2")?
            .execute((name, current.number))?;
        self.record(EventKind::Update, Resource::SshKey, current.id.as_str(), Some(&current.organization_id))?;
        self.ssh_key(&current.id)
    }

    /// Workspaces that used it have none afterwards: a credential can be taken away at any time.
    pub fn delete_ssh_key(&self, key: &SshKey) -> Result<()> {
        self.connection
            .prepare_cached("UPDATE workspaces SET ssh_key = NULL, updated_at = ?1 WHERE ssh_key = ?2")?
            .execute((self.now.milliseconds(), key.number))?;
        self.connection.prepare_cached("DELETE FROM ssh_keys WHERE number = ?1")?.execute([key.number])?;
        self.record(EventKind::Destroy, Resource::SshKey, key.id.as_str(), Some(&key.organization_id))
    }
}

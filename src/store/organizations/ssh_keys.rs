//! SSH keys of organizations. The value of a key is never read.

use rusqlite::Row;

use crate::domain::error::Result;
use crate::domain::id::SshKeyId;
use crate::domain::identity::Identity;
use crate::domain::organizations::organization::Organization;
use crate::domain::organizations::ssh_key::SshKey;
use crate::domain::secret::Sealed;
use crate::store::Change;
use crate::store::stored::{FIRST, Stored};

impl Stored for SshKey {
    type Id = SshKeyId;
    const TABLE: &'static str = "ssh_keys";
    const EVENT: &'static str = "ssh_key";
    const ONE: &'static str = "SSH key";
    const SEALED: &'static str = "value_sealed";
    const COLUMNS: &'static str = "ssh_keys.name";

    fn read(identity: Identity<SshKeyId>, row: &Row<'_>) -> rusqlite::Result<SshKey> {
        Ok(SshKey { identity, name: row.get(FIRST)? })
    }

    fn identity(&self) -> &Identity<SshKeyId> {
        &self.identity
    }
}

impl Change<'_> {
    /// `id` is what the value is sealed for. `Invalid` where the name is taken.
    pub fn create_ssh_key(&self, of: &Organization, id: &SshKeyId, name: &str, value: &Sealed) -> Result<SshKey> {
        self.check_name::<SshKey>(of.number, name, None)?;
        self.insert(id, &of.external_id, &[("organization", &of.number), ("name", &name), ("value_sealed", &value.0)])
    }

    /// `Invalid` where the name is taken.
    pub fn rename_ssh_key(&self, current: &SshKey, name: &str) -> Result<SshKey> {
        self.check_name(current.identity.organization, name, Some(current))?;
        self.set(current, &[("name", &name)])
    }
}

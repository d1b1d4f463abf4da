//! SSH keys of organizations: workspaces clone private modules with them.

use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::id::SshKeyId;
use crate::domain::identity::Identity;
use crate::domain::names;
use crate::domain::secret::Secret;

pub const MAX_NAME_CHARACTERS: usize = 255;
pub const MAX_VALUE_BYTES: usize = 64 * 1024;

/// An SSH key without its value.
#[derive(Clone, Debug, PartialEq)]
pub struct SshKey {
    pub identity: Identity<SshKeyId>,
    pub name: String,
}

#[derive(Debug)]
pub struct NewSshKey {
    /// One line of 1 to 255 characters, unique in the organization.
    pub name: String,
    /// The private key, as it was given.
    pub value: Secret,
}

/// The value cannot be changed: another key is another resource.
#[derive(Debug)]
pub struct SshKeyChange {
    pub name: Option<String>,
}

impl NewSshKey {
    pub fn check(name: Field<String>, value: Field<String>, problems: &mut Problems) -> NewSshKey {
        let name = name.value().unwrap_or_default();
        names::check(Some(&name), MAX_NAME_CHARACTERS, problems);
        let value = Secret::new(value.present().unwrap_or_default());
        if value.reveal().is_empty() {
            problems.attribute("value", "`value` is required.");
        } else if value.reveal().len() > MAX_VALUE_BYTES {
            problems.attribute("value", "`value` must not be longer than 65536 bytes.");
        }
        NewSshKey { name, value }
    }
}

impl SshKeyChange {
    pub fn check(name: Field<String>, problems: &mut Problems) -> SshKeyChange {
        let name = name.given(String::new());
        names::check(name.as_deref(), MAX_NAME_CHARACTERS, problems);
        SshKeyChange { name }
    }
}

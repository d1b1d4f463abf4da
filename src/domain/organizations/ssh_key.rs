//! SSH keys of organizations: workspaces clone private modules with them.

use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::id::SshKeyId;
use crate::domain::identity::Identity;
use crate::domain::secret::Secret;

pub const MAX_NAME_CHARACTERS: usize = 255;
pub const MAX_VALUE_BYTES: usize = 64 * 1024;

/// An SSH key without its value. Its name is one line, unique in the organization.
#[derive(Clone, Debug, PartialEq)]
pub struct SshKey {
    pub identity: Identity<SshKeyId>,
    pub name: String,
}

/// The private key. A problem where it is missing, or longer than 64 KiB.
pub fn check_value(value: Field<String>, problems: &mut Problems) -> Secret {
    let value = Secret::new(value.present().unwrap_or_default());
    if value.reveal().is_empty() {
        problems.attribute("value", "`value` is required.");
    } else if value.reveal().len() > MAX_VALUE_BYTES {
        problems.attribute("value", "`value` must not be longer than 65536 bytes.");
    }
    value
}

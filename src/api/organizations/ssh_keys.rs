//! SSH keys of organizations on the wire. Their values only come in.

use serde::Serialize;
use serde_json::json;

use crate::api::jsonapi::crud::{Changeable, Plain};
use crate::api::jsonapi::input::Input;
use crate::app::Cx;
use crate::domain::access::{Action, OrganizationAccess};
use crate::domain::error::Result;
use crate::domain::id::SshKeyId;
use crate::domain::names;
use crate::domain::organizations::organization::Organization;
use crate::domain::organizations::ssh_key::{self, MAX_NAME_CHARACTERS, SshKey};
use crate::domain::secret::Sealed;
use crate::store::{Change, place};

impl Plain for SshKey {
    const KIND: &'static str = "ssh-keys";
    const PARAMETER: &'static str = "ssh_key";
    const SEE: Action = Action::ManageSshKeys;
    const MANAGE: Action = Action::ManageSshKeys;
    const IS_SHORT: bool = true;

    type Parent = Organization;
    /// The name, and the value as it is stored.
    type New = (String, Sealed);

    fn read_new(cx: &Cx, mut input: Input, of: &Organization, id: &SshKeyId) -> Result<(String, Sealed)> {
        let (name, value) = (input.text("name").value().unwrap_or_default(), input.text("value"));
        names::check(Some(&name), MAX_NAME_CHARACTERS, &mut input.problems);
        let value = ssh_key::check_value(value, &mut input.problems);
        input.finish()?;
        Ok((name, cx.app.vault.seal(&place::secret_of::<SshKey>(id, &of.external_id), &value)?))
    }

    fn create(change: &Change, of: &Organization, id: &SshKeyId, (name, value): &(String, Sealed)) -> Result<SshKey> {
        change.create_ssh_key(of, id, name, value)
    }

    fn attributes(&self, _: OrganizationAccess) -> impl Serialize {
        let SshKey { identity: _, name } = self;
        json!({"name": name})
    }
}

/// The name alone: another value is another key.
impl Changeable for SshKey {
    type Change = Option<String>;

    fn read_change(_: &Cx, mut input: Input, _: &SshKey) -> Result<Option<String>> {
        let name = input.text("name").required(false);
        names::check(name.as_deref(), MAX_NAME_CHARACTERS, &mut input.problems);
        input.finish().map(|()| name)
    }

    fn update(change: &Change, current: &SshKey, name: &Option<String>) -> Result<SshKey> {
        change.rename_ssh_key(current, name.as_ref().unwrap_or(&current.name))
    }
}

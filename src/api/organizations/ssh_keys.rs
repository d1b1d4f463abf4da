//! SSH keys of organizations on the wire. Their values only come in.

use serde::Serialize;

use crate::api::jsonapi::crud::{Changeable, Plain};
use crate::api::jsonapi::input::Input;
use crate::app::Cx;
use crate::domain::access::{Action, OrganizationAccess};
use crate::domain::error::Result;
use crate::domain::id::SshKeyId;
use crate::domain::organizations::organization::Organization;
use crate::domain::organizations::ssh_key::{NewSshKey, SshKey, SshKeyChange};
use crate::domain::page::{Listed, Page};
use crate::domain::secret::Sealed;
use crate::store::{Change, View, place};

#[derive(Serialize)]
struct Attributes<'a> {
    name: &'a str,
}

impl Plain for SshKey {
    const KIND: &'static str = "ssh-keys";
    const PARAMETER: &'static str = "ssh_key";
    const SEE: Action = Action::ManageSshKeys;
    const MANAGE: Action = Action::ManageSshKeys;
    const IS_SHORT: bool = true;

    type Parent = Organization;
    /// The name, and the value as it is stored.
    type New = (String, Sealed);

    fn list(view: &View, _: &Cx, of: &Organization, _: OrganizationAccess, page: Page) -> Result<Listed<SshKey>> {
        view.stored_below("organization", of.number, page)
    }

    fn read_new(cx: &Cx, mut input: Input, of: &Organization, id: &SshKeyId) -> Result<(String, Sealed)> {
        let (name, value) = (input.text("name"), input.text("value"));
        let NewSshKey { name, value } = NewSshKey::check(name, value, &mut input.problems);
        input.finish()?;
        Ok((name, cx.app.vault.seal(&place::ssh_key_value(id, &of.external_id), &value)?))
    }

    fn create(change: &Change, of: &Organization, id: &SshKeyId, (name, value): &(String, Sealed)) -> Result<SshKey> {
        change.create_ssh_key(of, id, name, value)
    }

    /// Workspaces that used it have none afterwards.
    fn delete(change: &Change, current: &SshKey) -> Result<()> {
        change.delete_ssh_key(current)
    }

    fn attributes(&self, _: OrganizationAccess) -> impl Serialize {
        let SshKey { identity: _, name } = self;
        Attributes { name }
    }
}

/// The name alone: another value is another key.
impl Changeable for SshKey {
    type Change = SshKeyChange;

    fn read_change(_: &Cx, mut input: Input, _: &SshKey) -> Result<SshKeyChange> {
        let change = SshKeyChange::check(input.text("name"), &mut input.problems);
        input.finish().map(|()| change)
    }

    fn update(change: &Change, current: &SshKey, update: &SshKeyChange) -> Result<SshKey> {
        change.update_ssh_key(current, update)
    }
}

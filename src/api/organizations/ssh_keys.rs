//! SSH keys of organizations on the wire. Their values only come in.

use serde::Serialize;

use crate::api::jsonapi::crud::Plain;
use crate::api::jsonapi::document::{NoRelationships, Resource, SelfLink};
use crate::api::jsonapi::input::Input;
use crate::app::Cx;
use crate::domain::access::{Action, OrganizationAccess};
use crate::domain::error::{Error, Result};
use crate::domain::id::{OrganizationId, SshKeyId};
use crate::domain::organizations::organization::Organization;
use crate::domain::organizations::ssh_key::{NewSshKey, SshKey, SshKeyChange};
use crate::domain::page::{Listed, Page};
use crate::domain::secret::Sealed;
use crate::store::{Change, View, place};

#[derive(Serialize)]
struct Attributes {
    name: String,
}

/// A new key with its value sealed for the id and the organization that it will have.
pub struct SealedSshKey {
    id: SshKeyId,
    organization: OrganizationId,
    name: String,
    value: Sealed,
}

impl Plain for SshKey {
    const KIND: &'static str = "ssh-keys";
    const PARAMETER: &'static str = "ssh_key";
    const SEE: Action = Action::ManageSshKeys;
    const MANAGE: Action = Action::ManageSshKeys;
    const IS_SHORT: bool = true;

    type Parent = Organization;
    type New = SealedSshKey;
    type Change = SshKeyChange;

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn list(view: &View, _: &Cx, of: &Organization, _: OrganizationAccess, page: Page) -> Result<Listed<SshKey>> {
        view.ssh_keys(of.number, page)
    }

    fn read_new(cx: &Cx, mut input: Input, organization: &Organization) -> Result<SealedSshKey> {
        let (name, value) = (input.text("name"), input.text("value"));
        let NewSshKey { name, value } = NewSshKey::check(name, value, &mut input.problems);
        input.finish()?;
        let (id, organization) = (SshKeyId::generate(&cx.app.sources), organization.external_id.clone());
        let value = cx.app.vault.seal(&place::ssh_key_value(&id, &organization), &value)?;
        Ok(SealedSshKey { id, organization, name, value })
    }

    fn create(change: &Change, organization: &Organization, new: &SealedSshKey) -> Result<SshKey> {
        // Another organization may have taken the name meanwhile; the value is not sealed for that one.
        if organization.external_id != new.organization {
            return Err(Error::not_found());
        }
        change.create_ssh_key(organization, &new.id, &new.name, &new.value)
    }

    /// The name alone: another value is another key.
    fn read_change(_: &Cx, mut input: Input, _: &SshKey) -> Result<SshKeyChange> {
        let name = input.text("name");
        let change = SshKeyChange::check(name, &mut input.problems);
        input.finish().map(|()| change)
    }

    fn update(change: &Change, current: &SshKey, update: &SshKeyChange) -> Result<SshKey> {
        change.update_ssh_key(current, update)
    }

    /// Workspaces that used it have none afterwards.
    fn delete(change: &Change, current: &SshKey) -> Result<()> {
        change.delete_ssh_key(current)
    }

    fn resource(&self, _: OrganizationAccess) -> Resource<impl Serialize, impl Serialize> {
        let SshKey { number: _, id, organization: _, organization_id: _, name } = self;
        Resource {
            id: id.to_string(),
            kind: SshKey::KIND,
            attributes: Attributes { name: name.clone() },
            relationships: NoRelationships {},
            links: Some(SelfLink { itself: format!("/api/v2/ssh-keys/{id}") }),
        }
    }
}

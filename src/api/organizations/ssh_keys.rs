//! SSH keys of organizations on the wire. Their values only come in.

use serde::Serialize;

use crate::api::jsonapi::document;
use crate::api::jsonapi::document::{NoRelationships, Resource, SelfLink};
use crate::api::jsonapi::input::Input;
use crate::api::jsonapi::page;
use crate::app::Cx;
use crate::domain::access::{Action, Caller};
use crate::domain::error::{Error, Result};
use crate::domain::id::SshKeyId;
use crate::domain::organizations::ssh_key::{NewSshKey, SshKey, SshKeyChange};
use crate::domain::page::Listed;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::store::{View, place};

const KIND: &str = "ssh-keys";

#[derive(Serialize)]
struct Attributes {
    name: String,
}

fn find(view: &View, caller: &Caller, id: &str) -> Result<SshKey> {
    let key = view.ssh_key(&SshKeyId::parse(id)?)?;
    view.organization_access(caller, key.organization)?.may(Action::ManageSshKeys)?;
    Ok(key)
}

/// `GET /organizations/:organization/ssh-keys`: whole, unless a page is asked for.
pub fn index(cx: &Cx, request: &Request) -> Result<Reply> {
    let name = request.parameter("organization");
    let (requested, list) = cx.read(request, |view, caller| {
        let organization = view.organization_for(caller, name, Action::ManageSshKeys)?;
        let requested = page::requested(request)?;
        Ok((requested, page::fetch(requested, |page| view.ssh_keys(organization.number, page))?))
    })?;
    let items = list.items.iter().map(resource).collect();
    Ok(page::whole(request, &cx.app.public_url, requested, Listed { items, total: list.total }))
}

/// `GET /ssh-keys/:ssh_key`.
pub fn show(cx: &Cx, request: &Request) -> Result<Reply> {
    let key = cx.read(request, |view, caller| find(view, caller, request.parameter("ssh_key")))?;
    Ok(document::one(resource(&key)))
}

/// `POST /organizations/:organization/ssh-keys`. `Invalid` where the name is taken, or something is missing or too long.
pub fn create(cx: &Cx, request: &Request) -> Result<Reply> {
    let name = request.parameter("organization").to_owned();
    let (caller, organization) = cx.read(request, |view, caller| {
        Ok((caller.clone(), view.organization_for(caller, &name, Action::ManageSshKeys)?))
    })?;
    let mut input = Input::read(request, KIND)?;
    let (key_name, value) = (input.text("name"), input.text("value"));
    let new = NewSshKey::check(key_name, value, &mut input.problems);
    input.finish()?;
    let id = SshKeyId::generate();
    let sealed_for = organization.external_id;
    let sealed = cx.app.vault.seal(&place::ssh_key_value(&id, &sealed_for), &new.value)?;
    let key = cx.write(caller, move |change, caller| {
        let organization = change.organization_for(caller, &name, Action::ManageSshKeys)?;
        // Another one may have taken the name of the one that was.
        if organization.external_id != sealed_for {
            return Err(Error::not_found());
        }
        change.create_ssh_key(&organization, id, &new.name, &sealed)
    })?;
    let path = format!("/api/v2/ssh-keys/{}", key.id);
    Ok(document::created(resource(&key), path))
}

/// `PATCH /ssh-keys/:ssh_key`: the name alone. `Invalid` where it is taken.
pub fn update(cx: &Cx, request: &Request) -> Result<Reply> {
    let id = request.parameter("ssh_key").to_owned();
    let caller = cx.read(request, |view, caller| {
        find(view, caller, &id)?;
        Ok(caller.clone())
    })?;
    let mut input = Input::read(request, KIND)?;
    input.must_be(&id);
    let name = input.text("name");
    let update = SshKeyChange::check(name, &mut input.problems);
    input.finish()?;
    let key = cx.write(caller, move |change, caller| {
        let key = find(change, caller, &id)?;
        change.update_ssh_key(&key, &update)
    })?;
    Ok(document::one(resource(&key)))
}

/// `DELETE /ssh-keys/:ssh_key`: 204; workspaces that used it have none afterwards.
pub fn delete(cx: &Cx, request: &Request) -> Result<Reply> {
    let id = request.parameter("ssh_key").to_owned();
    let caller = cx.read(request, |_, caller| Ok(caller.clone()))?;
    cx.remove(caller, move |change, caller| {
        let key = find(change, caller, &id)?;
        change.delete_ssh_key(&key)
    })?;
    Ok(Reply::no_content())
}

fn resource(key: &SshKey) -> Resource<Attributes, NoRelationships> {
    let SshKey { number: _, id, organization: _, organization_id: _, name } = key;
    Resource {
        id: id.to_string(),
        kind: KIND,
        attributes: Attributes { name: name.clone() },
        relationships: NoRelationships {},
        links: Some(SelfLink { itself: format!("/api/v2/ssh-keys/{id}") }),
    }
}

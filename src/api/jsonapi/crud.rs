//! The five endpoints of a plain resource, written once: list, show, create, change, delete.

use serde::Serialize;

use super::document::{self, Included, NoRelationships, Resource, SelfLink};
use super::input::Input;
use super::page;
use crate::app::{Cx, no_input};
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::error::{Error, Result};
use crate::domain::id::{OrganizationId, ResourceId};
use crate::domain::organizations::agent_pool::AgentPool;
use crate::domain::organizations::organization::Organization;
use crate::domain::page::{Listed, Page};
use crate::domain::projects::project::Project;
use crate::domain::workspaces::workspace::Workspace;
use crate::http::reply::Reply;
use crate::store::{Change, Stored, View};

/// Finds a thing, with the access that the caller has to its organization; states the permission.
pub type Find<T> = Box<dyn Fn(&View, &Caller) -> Result<(T, OrganizationAccess)> + Send + Sync>;

/// What resources are listed and created below.
pub trait Parent: Sized + 'static {
    fn find(cx: &Cx, action: Action) -> Find<Self>;

    /// Its row.
    fn number(&self) -> i64;

    fn organization_id(&self) -> &OrganizationId;
}

impl Parent for Organization {
    fn find(cx: &Cx, action: Action) -> Find<Organization> {
        Box::new(cx.organization_and_access(action))
    }

    fn number(&self) -> i64 {
        self.number
    }

    fn organization_id(&self) -> &OrganizationId {
        &self.external_id
    }
}

impl Parent for Workspace {
    fn find(cx: &Cx, action: Action) -> Find<Workspace> {
        Box::new(cx.owned_and_access("workspace", action))
    }

    fn number(&self) -> i64 {
        self.number
    }

    fn organization_id(&self) -> &OrganizationId {
        &self.organization_id
    }
}

impl Parent for Project {
    fn find(cx: &Cx, action: Action) -> Find<Project> {
        Box::new(cx.owned_and_access("project", action))
    }

    fn number(&self) -> i64 {
        self.number
    }

    fn organization_id(&self) -> &OrganizationId {
        &self.organization_id
    }
}

impl Parent for AgentPool {
    fn find(cx: &Cx, action: Action) -> Find<AgentPool> {
        Box::new(cx.owned_and_access("agent_pool", action))
    }

    fn number(&self) -> i64 {
        self.identity.number
    }

    fn organization_id(&self) -> &OrganizationId {
        &self.identity.organization_id
    }
}

/// A resource that is listed, shown, created and deleted. What it does not need of them, its routes leave out.
pub trait Plain: Stored + Send + 'static {
    /// Its `type`.
    const KIND: &'static str;
    /// The types that clients give in requests.
    const KINDS: &'static [&'static str] = &[Self::KIND];
    /// The name of its id in the patterns of its routes.
    const PARAMETER: &'static str;
    const SEE: Action;
    const MANAGE: Action;
    /// Whether its list is given whole where no page is asked for.
    const IS_SHORT: bool;

    type Parent: Parent;
    type New: Send + 'static;

    fn find(cx: &Cx, action: Action) -> Find<Self> {
        Box::new(cx.owned_and_access(Self::PARAMETER, action))
    }

    /// A page of those that the caller may see.
    fn list(
        view: &View,
        _cx: &Cx,
        parent: &Self::Parent,
        _access: OrganizationAccess,
        page: Page,
    ) -> Result<Listed<Self>> {
        view.stored_below(const { Self::BELOW[0] }, parent.number(), page)
    }

    /// What the request asks to include; `None` where it does not ask.
    fn included(_view: &View, _cx: &Cx, _items: &[Self], _access: OrganizationAccess) -> Result<Option<Included>> {
        Ok(None)
    }

    /// `id` is the one that the resource will have: secrets are sealed for it. `Invalid` with everything that is wrong
    /// with the request.
    fn read_new(cx: &Cx, input: Input, parent: &Self::Parent, id: &Self::Id) -> Result<Self::New>;

    fn create(change: &Change, parent: &Self::Parent, id: &Self::Id, new: &Self::New) -> Result<Self>;

    fn delete(change: &Change, current: &Self) -> Result<()> {
        change.delete_stored(current)
    }

    fn attributes(&self, access: OrganizationAccess) -> impl Serialize;

    fn relationships(&self, _access: OrganizationAccess) -> impl Serialize {
        NoRelationships {}
    }

    /// Where it lives.
    fn path(&self) -> String {
        format!("/api/v2/{}/{}", Self::KIND, self.identity().id)
    }
}

/// A plain resource that can be changed.
pub trait Changeable: Plain + Clone + PartialEq {
    type Change: Send + 'static;

    /// `Invalid` with everything that is wrong with the request.
    fn read_change(cx: &Cx, input: Input, current: &Self) -> Result<Self::Change>;

    fn update(change: &Change, current: &Self, update: &Self::Change) -> Result<Self>;
}

pub fn resource<R: Plain>(item: &R, access: OrganizationAccess) -> Resource<impl Serialize, impl Serialize> {
    Resource {
        id: item.identity().id.to_string(),
        kind: R::KIND,
        attributes: item.attributes(access),
        relationships: item.relationships(access),
        links: Some(SelfLink { itself: item.path() }),
    }
}

pub fn index<R: Plain>(cx: &Cx) -> Result<Reply> {
    let find = R::Parent::find(cx, R::SEE);
    let (requested, access, list, included) = cx.read(|view, caller| {
        let (parent, access) = find(view, caller)?;
        let requested = page::requested(cx.request)?;
        let fetch = |page| R::list(view, cx, &parent, access, page);
        let list = if R::IS_SHORT { page::fetch(requested, fetch)? } else { fetch(requested.unwrap_or_default())? };
        let included = R::included(view, cx, &list.items, access)?;
        Ok((requested, access, list, included))
    })?;
    let list = list.map(|item| resource(item, access));
    Ok(if R::IS_SHORT {
        page::whole_including(cx, requested, list, included)
    } else {
        page::paged_including(cx, requested.unwrap_or_default(), list, included)
    })
}

pub fn show<R: Plain>(cx: &Cx) -> Result<Reply> {
    let find = R::find(cx, R::SEE);
    let (item, access, included) = cx.read(|view, caller| {
        let (item, access) = find(view, caller)?;
        let included = R::included(view, cx, std::slice::from_ref(&item), access)?;
        Ok((item, access, included))
    })?;
    Ok(document::one_including(resource(&item, access), included))
}

/// 201 with the new resource.
pub fn create<R: Plain>(cx: &Cx) -> Result<Reply> {
    create_in::<R>(cx, R::Parent::find(cx, R::MANAGE))
}

/// As [`create`], below what `find` finds.
pub fn create_in<R: Plain>(cx: &Cx, find: Find<R::Parent>) -> Result<Reply> {
    let (item, access) = cx.change(
        find,
        |(parent, _)| {
            let id = R::Id::generate(&cx.app.sources);
            let new = R::read_new(cx, Input::read_any(cx, R::KINDS)?, parent, &id)?;
            Ok((id, parent.organization_id().clone(), new))
        },
        |change, (parent, access), (id, organization, new)| {
            // Another organization may have taken the name meanwhile; nothing was sealed for that one.
            if parent.organization_id() != organization {
                return Err(Error::not_found());
            }
            Ok((R::create(change, &parent, id, new)?, access))
        },
    )?;
    Ok(document::created(resource(&item, access), item.path()))
}

/// An attribute that is not given stays.
pub fn update<R: Changeable>(cx: &Cx) -> Result<Reply> {
    let (item, access) = changed::<R>(cx)?;
    Ok(document::one(resource(&item, access)))
}

/// As [`update`], with what the request asks to include.
pub fn update_including<R: Changeable>(cx: &Cx) -> Result<Reply> {
    let (item, access) = changed::<R>(cx)?;
    let included = cx.read(|view, _| R::included(view, cx, std::slice::from_ref(&item), access))?;
    Ok(document::one_including(resource(&item, access), included))
}

fn changed<R: Changeable>(cx: &Cx) -> Result<(R, OrganizationAccess)> {
    cx.change_from(
        R::find(cx, R::MANAGE),
        |(current, _)| {
            let mut input = Input::read_any(cx, R::KINDS)?;
            input.must_be(current.identity().id.as_str());
            R::read_change(cx, input, current)
        },
        |change, (current, access), update| Ok((R::update(change, &current, update)?, access)),
    )
}

/// 204.
pub fn delete<R: Plain>(cx: &Cx) -> Result<Reply> {
    cx.change(R::find(cx, R::MANAGE), no_input, |change, (current, _), ()| R::delete(change, &current))?;
    Ok(Reply::no_content())
}

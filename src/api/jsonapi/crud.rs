//! The five endpoints of a plain resource, written once: list, show, create, change, delete.

use serde::Serialize;

use super::document::{self, Included, Resource};
use super::input::Input;
use super::page;
use crate::app::{Cx, no_input};
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::error::Result;
use crate::domain::organizations::organization::Organization;
use crate::domain::page::{Listed, Page};
use crate::http::reply::Reply;
use crate::store::{Change, Owned, View};

/// Finds a thing, with the access that the caller has to its organization; states the permission.
pub type Find<T> = Box<dyn Fn(&View, &Caller) -> Result<(T, OrganizationAccess)> + Send + Sync>;

/// What resources are listed and created below.
pub trait Parent: Sized + 'static {
    fn find(cx: &Cx, action: Action) -> Find<Self>;
}

impl Parent for Organization {
    fn find(cx: &Cx, action: Action) -> Find<Organization> {
        Box::new(cx.organization_and_access(action))
    }
}

/// A resource with the five endpoints. What it does not need of them, its routes leave out.
pub trait Plain: Owned + Send + 'static {
    /// Its `type`.
    const KIND: &'static str;
    /// The name of its id in the patterns of its routes.
    const PARAMETER: &'static str;
    const SEE: Action;
    const MANAGE: Action;
    /// Whether its list is given whole where no page is asked for.
    const IS_SHORT: bool;

    type Parent: Parent;
    type New: Send + 'static;
    type Change: Send + 'static;

    fn id(&self) -> &str;

    fn find(cx: &Cx, action: Action) -> Find<Self> {
        Box::new(cx.owned_and_access(Self::PARAMETER, action))
    }

    /// A page of those that the caller may see.
    fn list(
        view: &View,
        cx: &Cx,
        parent: &Self::Parent,
        access: OrganizationAccess,
        page: Page,
    ) -> Result<Listed<Self>>;

    /// What the request asks to include; `None` where it does not ask.
    fn included(_view: &View, _cx: &Cx, _items: &[Self], _access: OrganizationAccess) -> Result<Option<Included>> {
        Ok(None)
    }

    /// `Invalid` with everything that is wrong with the attributes.
    fn read_new(cx: &Cx, input: Input, parent: &Self::Parent) -> Result<Self::New>;

    fn create(change: &Change, parent: &Self::Parent, new: &Self::New) -> Result<Self>;

    /// `Invalid` with everything that is wrong with the attributes.
    fn read_change(cx: &Cx, input: Input, current: &Self) -> Result<Self::Change>;

    fn update(change: &Change, current: &Self, update: &Self::Change) -> Result<Self>;

    fn delete(change: &Change, current: &Self) -> Result<()>;

    fn resource(&self, access: OrganizationAccess) -> Resource<impl Serialize, impl Serialize>;
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
    let items = list.items.iter().map(|item| item.resource(access)).collect();
    let list = Listed { items, total: list.total };
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
    Ok(document::one_including(item.resource(access), included))
}

/// 201 with the new resource.
pub fn create<R: Plain>(cx: &Cx) -> Result<Reply> {
    let (item, access) = cx.change(
        R::Parent::find(cx, R::MANAGE),
        |(parent, _)| R::read_new(cx, Input::read(cx, R::KIND)?, parent),
        |change, (parent, access), new| Ok((R::create(change, &parent, new)?, access)),
    )?;
    let path = format!("/api/v2/{}/{}", R::KIND, item.id());
    Ok(document::created(item.resource(access), path))
}

/// An attribute that is not given stays.
pub fn update<R: Plain>(cx: &Cx) -> Result<Reply> {
    let (item, access) = cx.change(
        R::find(cx, R::MANAGE),
        |(current, _)| {
            let mut input = Input::read(cx, R::KIND)?;
            input.must_be(current.id());
            R::read_change(cx, input, current)
        },
        |change, (current, access), update| Ok((R::update(change, &current, update)?, access)),
    )?;
    Ok(document::one(item.resource(access)))
}

/// 204.
pub fn delete<R: Plain>(cx: &Cx) -> Result<Reply> {
    cx.change(R::find(cx, R::MANAGE), no_input, |change, (current, _), ()| R::delete(change, &current))?;
    Ok(Reply::no_content())
}

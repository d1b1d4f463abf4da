//! The usual ways to find what a request is about, with the permission that it takes.

use super::Cx;
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::error::Result;
use crate::domain::organizations::organization::Organization;
use crate::store::{Owned, View};

impl Cx<'_> {
    /// Finds the organization that the path names. `NotFound` where the caller may not do `action` in it.
    pub fn organization(
        &self,
        action: Action,
    ) -> impl Fn(&View, &Caller) -> Result<Organization> + Send + Sync + 'static + use<> {
        let name = self.parameter("organization").to_owned();
        move |view, caller| view.organization_for(caller, &name, action)
    }

    /// Finds the resource whose id is the path's `parameter`. `NotFound` where there is none, or where the caller may not do
    /// `action` in its organization.
    pub fn owned<R: Owned>(
        &self,
        parameter: &str,
        action: Action,
    ) -> impl Fn(&View, &Caller) -> Result<R> + Send + Sync + 'static + use<R> {
        let id = self.parameter(parameter).to_owned();
        move |view, caller| view.owned(caller, &id, action)
    }

    /// As [`Cx::organization`], with the access that the caller has to it.
    pub fn organization_and_access(
        &self,
        action: Action,
    ) -> impl Fn(&View, &Caller) -> Result<(Organization, OrganizationAccess)> + Send + Sync + 'static + use<> {
        let name = self.parameter("organization").to_owned();
        move |view, caller| view.organization_and_access(caller, &name, action)
    }

    /// As [`Cx::owned`], with the access that the caller has to its organization.
    pub fn owned_and_access<R: Owned>(
        &self,
        parameter: &str,
        action: Action,
    ) -> impl Fn(&View, &Caller) -> Result<(R, OrganizationAccess)> + Send + Sync + 'static + use<R> {
        let id = self.parameter(parameter).to_owned();
        move |view, caller| view.owned_and_access(caller, &id, action)
    }
}

/// For changes that ask once more what the caller may do: what `find` finds, and the caller.
pub fn with_caller<F>(
    find: impl Fn(&View, &Caller) -> Result<F> + Send + Sync + 'static,
) -> impl Fn(&View, &Caller) -> Result<(F, Caller)> + Send + Sync + 'static {
    move |view, caller| Ok((find(view, caller)?, caller.clone()))
}

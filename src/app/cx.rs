//! One request's context.

use std::cell::OnceCell;
use std::sync::Arc;

use uuid::Uuid;

use super::endpoint::Endpoint;
use super::rate_limits::Visit;
use super::{App, caller};
use crate::bounds::memory_budget::Share;
use crate::domain::access::Caller;
use crate::domain::error::{Error, Kind, Result};
use crate::domain::id::OrganizationId;
use crate::http::request::{Method, Request};
use crate::http::router::Route;
use crate::http::worker_slots::WorkerSlot;
use crate::http::{accept, query};
use crate::store::{Actor, Change, Health, ReadBounds, Reason, Refusal, View, Who};

pub struct Cx<'a> {
    pub app: &'a App,
    pub request: &'a Request,
    route: &'static Route<Endpoint>,
    admitted: OnceCell<(Digest, Visit<'a>)>,
    /// Left before the disk or a provider is waited for.
    slot: &'a WorkerSlot<'a>,
    /// This request's share of the memory for all requests.
    pub memory: Share<'a>,
}

type Digest = [u8; 32];

/// For a change that takes no body.
pub fn no_input<F>(_found: &F) -> Result<()> {
    Ok(())
}

impl<'a> Cx<'a> {
    pub fn new(
        app: &'a App,
        route: &'static Route<Endpoint>,
        request: &'a Request,
        slot: &'a WorkerSlot<'a>,
    ) -> Cx<'a> {
        Cx { app, request, route, admitted: OnceCell::new(), slot, memory: app.memory.share() }
    }

    /// A part of the path by its name in the route's pattern.
    pub fn parameter(&self, name: &str) -> &'a str {
        self.request.parameter(name)
    }

    /// Finds out who is calling and runs `ask`, on one consistent state of the database.
    /// It may run a second time. `TooManyRequests` before anything else, then `Unauthenticated`; then `NotAcceptable` and `BadRequest` for an Accept
    /// header and query parameters that cannot be served.
    pub fn read<T>(&self, ask: impl Fn(&View, &Caller) -> Result<T>) -> Result<T> {
        let (digest, visit) = self.admit()?;
        let ask = |view: &View| {
            let caller = caller::caller(view, digest, self.app.sources.now());
            visit.learn(caller.as_ref().map(Caller::id));
            let caller = caller.map_err(|e| self.on_record(None, e))?;
            view.is_for(caller.turn());
            self.check_header_and_query()?;
            ask(view, &caller).map_err(|e| self.on_record(Some((&caller).into()), view.with_organization(e)))
        };
        self.app.store.read_within(&self.read_bounds(), ask)
    }

    fn read_bounds(&self) -> ReadBounds<'_> {
        let is_shown = self.request.method == Method::Get;
        ReadBounds { slot: self.slot, memory: is_shown.then_some(&self.memory) }
    }

    /// As [`Cx::read`], for the audit trail of the organization that the token is for. `NotFound` for all other callers.
    pub fn read_trail<T>(&self, ask: impl Fn(&View, &OrganizationId, &Digest) -> Result<T>) -> Result<T> {
        let (digest, visit) = self.admit()?;
        self.app.store.read_within(&self.read_bounds(), |view| {
            let now = self.app.sources.now();
            let Some(organization) = view.trail_reader(digest, now)? else {
                let caller = caller::caller(view, digest, now);
                visit.learn(caller.as_ref().map(Caller::id));
                let caller = caller.map_err(|e| self.on_record(None, e))?;
                return Err(self.on_record(Some((&caller).into()), Error::refused()));
            };
            visit.learn(Ok(organization.as_str()));
            view.is_for(organization.as_str());
            self.check_header_and_query()?;
            ask(view, &organization, digest)
        })
    }

    /// The one way to change something. `Ok` means that it is on the disk.
    ///
    /// 1. `find` loads what the request is about and states the permission, on a read connection: a caller without it is
    ///    told so before the body is looked at.
    /// 2. `read` takes the request's body apart and seals its secrets.
    /// 3. In the writer's transaction, `find` runs again, and `apply` makes the change.
    ///
    /// Each of the three may run more than once: where a key rotation came in between, all are run a second time.
    pub fn change<F, P: Send + 'static, T: Send + 'static>(
        &self,
        find: impl Fn(&View, &Caller) -> Result<F> + Send + Sync + 'static,
        read: impl Fn(&F) -> Result<P>,
        apply: impl Fn(&Change, F, &P) -> Result<T> + Send + Sync + 'static,
    ) -> Result<T> {
        let (find, apply) = (Arc::new(find), Arc::new(apply));
        let attempt = || {
            let (found, actor, who) = self.read(|view, caller| {
                Ok((find(view, caller)?, Actor::client(caller, self.request_id()), Who::from(caller)))
            })?;
            let prepared = read(&found)?;
            let digest = self.admit()?.0;
            let (find, apply) = (Arc::clone(&find), Arc::clone(&apply));
            let change = move |change: &Change| {
                // While the change waited, the token may have been revoked, or its team deleted and its row used again.
                let caller = caller::caller(change, &digest, change.now())?;
                find(change, &caller)
                    .and_then(|found| apply(change, found, &prepared))
                    .map_err(|e| change.with_organization(e))
            };
            self.wait(|| self.app.store.change(actor, change)).map_err(|e| self.on_record(Some(who), e))
        };
        match attempt() {
            Err(e) if e.kind == Kind::KeyRetired => attempt(),
            outcome => outcome,
        }
    }

    /// Runs what waits for something else than a processor: another request may use the worker's slot meanwhile.
    pub fn wait<T>(&self, slow: impl FnOnce() -> T) -> T {
        self.slot.leave();
        slow()
    }

    /// The state of the store. The writer may take its time to answer.
    pub fn health(&self) -> Health {
        self.wait(|| self.app.store.health())
    }

    /// The token's digest, if the request is let in; asked once. Requests beyond the limit are not recorded: the limit is
    /// there to bound what is recorded.
    fn admit(&self) -> Result<&(Digest, Visit<'a>)> {
        if let Some(admitted) = self.admitted.get() {
            return Ok(admitted);
        }
        let digest = caller::digest(self.request, &self.app.vault);
        let visit = self.app.rate_limits.admit(self.request, digest.as_ref().ok())?;
        let digest = digest.map_err(|e| self.on_record(None, e))?;
        Ok(self.admitted.get_or_init(|| (digest, visit)))
    }

    fn check_header_and_query(&self) -> Result<()> {
        accept::check(self.request)?;
        query::check(self.request, self.route.handler.query)
    }

    fn request_id(&self) -> Option<Uuid> {
        self.request.id().parse().ok()
    }

    /// Passes an error on and records a refusal. Requests without a token are not recorded.
    fn on_record(&self, who: Option<Who>, error: Error) -> Error {
        let token = error.refusal.as_ref().and_then(|refused| refused.expired_token.clone());
        let reason = match (&error.refusal, &token) {
            (_, Some(token)) => {
                log::info!("{} refused: the API token {token} has expired", self.request.id());
                Reason::Expired
            }
            (Some(_), None) => Reason::Permission,
            (None, None) if error.kind == Kind::Unauthenticated && self.request.header("Authorization").is_some() => {
                Reason::Token
            }
            (None, None) => return error,
        };
        self.app.refusals.add(Refusal {
            reason,
            who: who.unwrap_or(Who::Address(self.request.client())),
            organization: error.refusal.as_ref().and_then(|refused| refused.organization.clone()),
            token,
            route: format!("{} {}", self.request.method.name(), self.route.pattern),
            request_id: self.request_id(),
            at: self.app.sources.now(),
        });
        error
    }
}

#[cfg(test)]
mod tests;

//! One request's context.

use std::cell::{Cell, OnceCell};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use uuid::Uuid;

use super::App;
use super::credential::{Credential, Digest, Identified, Identity, session_key};
use super::endpoint::Endpoint;
use super::flashes::{Flash, Tone};
use super::provider_shares;
use super::rate_limits::Visit;
use crate::bounds::memory_budget::Share;
use crate::bounds::network::network;
use crate::domain::access::Caller;
use crate::domain::error::{Error, Kind, Result};
use crate::domain::id::{OrganizationId, TokenId};
use crate::http::form::Form;
use crate::http::request::{Method, Request};
use crate::http::router::Route;
use crate::http::worker_slots::WorkerSlot;
use crate::http::{accept, query};
use crate::providers::Failure;
use crate::store::{Actor, Change, Health, ReadBounds, Reason, Refusal, View, Who};

/// How often `change_from` tries. An attempt fails only because another caller's change was made.
const ATTEMPTS: u32 = 16;

pub struct Cx<'a> {
    pub app: &'a App,
    pub request: &'a Request,
    route: &'static Route<Endpoint>,
    admitted: OnceCell<(Credential, Visit<'a>)>,
    /// Once it has been asked for.
    form: OnceCell<Form>,
    /// A session whose use has to be noted.
    is_due: Cell<bool>,
    /// Left before the disk or a provider is waited for.
    slot: &'a WorkerSlot<'a>,
    /// This request's share of the memory for all requests.
    pub memory: Share<'a>,
}

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
        let memory = app.memory.share();
        let (admitted, form, is_due) = (OnceCell::new(), OnceCell::new(), Cell::new(false));
        Cx { app, request, route, admitted, form, is_due, slot, memory }
    }

    /// A part of the path by its name in the route's pattern.
    pub fn parameter(&self, name: &str) -> &'a str {
        self.request.parameter(name)
    }

    /// Finds the caller and runs `ask`, on one consistent state of the database. It may run a second time.
    /// `TooManyRequests` before anything else, then `Unauthenticated`; then `NotAcceptable` and `BadRequest` for an Accept
    /// header and query parameters that cannot be served.
    pub fn read<T>(&self, ask: impl Fn(&View, &Caller) -> Result<T>) -> Result<T> {
        self.admit()?;
        let ask = |view: &View| {
            let caller = self.begin(view)?;
            ask(view, &caller).map_err(|e| self.refused(view, &caller, e))
        };
        let answer = self.app.store.read_within(&self.read_bounds(), ask);
        self.note_use();
        answer
    }

    fn read_bounds(&self) -> ReadBounds<'_> {
        let is_shown = self.request.method == Method::Get;
        ReadBounds { slot: self.slot, memory: is_shown.then_some(&self.memory) }
    }

    /// As [`Cx::read`], for the audit trail of the organization that the token is for. `NotFound` for all other callers.
    pub fn read_trail<T>(&self, ask: impl Fn(&View, &OrganizationId, &Digest) -> Result<T>) -> Result<T> {
        let (credential, visit) = self.admit()?;
        let digest = credential.digest();
        self.app.store.read_within(&self.read_bounds(), |view| {
            let now = self.app.sources.now();
            let Some(organization) = view.trail_reader(digest, now)? else {
                let caller = self.identify(view)?;
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
    ///    refused before the body is read.
    /// 2. `read` takes the request's body apart and seals its secrets.
    /// 3. In the writer's transaction, `find` runs again, and `apply` makes the change.
    ///
    /// Each of the three may run more than once. After a key rotation in between, all run a second time.
    pub fn change<F, P: Send + 'static, T: Send + 'static>(
        &self,
        find: impl Fn(&View, &Caller) -> Result<F> + Send + Sync + 'static,
        read: impl Fn(&F) -> Result<P>,
        apply: impl Fn(&Change, F, &P) -> Result<T> + Send + Sync + 'static,
    ) -> Result<T> {
        let (find, apply) = (Arc::new(find), Arc::new(apply));
        let attempt = || {
            let (found, actor, who) =
                self.read(|view, caller| Ok((find(view, caller)?, self.actor(caller), Who::from(caller))))?;
            let prepared = read(&found)?;
            let credential = self.admit()?.0;
            let (find, apply) = (Arc::clone(&find), Arc::clone(&apply));
            let change = move |change: &Change| {
                // While the change waited, the token may have been revoked, or its team deleted.
                let Identified { caller, .. } = credential.identify(change, change.now())?;
                find(change, &caller)
                    .and_then(|found| apply(change, found, &prepared))
                    .map_err(|e| change.with_organization(e))
            };
            // The change will wait for others, and for the disk.
            self.slot.leave();
            self.app.store.change(actor, change).map_err(|e| self.on_record(Some(who), e))
        };
        match attempt() {
            Err(e) if e.kind == Kind::KeyRetired => attempt(),
            outcome => outcome,
        }
    }

    /// As [`Cx::change`], for a change that is worked out from what is there. If `find` finds something else when the writer
    /// makes the change, all begins again. `Conflict` where that happens every time.
    pub fn change_from<F: Clone + PartialEq + Send + 'static, P: Send + 'static, T: Send + 'static>(
        &self,
        find: impl Fn(&View, &Caller) -> Result<F> + Send + Sync + 'static,
        read: impl Fn(&F) -> Result<P>,
        apply: impl Fn(&Change, F, &P) -> Result<T> + Send + Sync + 'static,
    ) -> Result<T> {
        let (find, apply) = (Arc::new(find), Arc::new(apply));
        for _ in 0..ATTEMPTS {
            let (find, apply) = (Arc::clone(&find), Arc::clone(&apply));
            let changed = self.change(
                move |view, caller| find(view, caller),
                |found| Ok((found.clone(), read(found)?)),
                move |change, found, (seen, prepared)| {
                    if found == *seen { apply(change, found, prepared).map(Some) } else { Ok(None) }
                },
            )?;
            if let Some(changed) = changed {
                return Ok(changed);
            }
        }
        Err(Error::conflict("Other requests kept changing this at the same time. Nothing was changed; try again."))
    }

    /// Runs `slow`, which waits for the disk or the network. Another request may use the worker's slot meanwhile.
    pub fn wait<T>(&self, slow: impl FnOnce() -> T) -> T {
        self.slot.leave();
        slow()
    }

    /// Runs `ask`, which asks a VCS provider, while the worker's slot is left. `ProvidersBusy` as [`Cx::provider_share`].
    pub fn ask_provider<T>(&self, ask: impl FnOnce() -> Result<T>) -> Result<T> {
        let _share = self.provider_share()?;
        self.wait(ask)
    }

    /// To be held while a provider is asked. `ProvidersBusy` where the caller's network has its share of the calls that may be
    /// under way.
    pub fn provider_share(&self) -> Result<provider_shares::Share<'a>> {
        let places = self.app.providers.most_calls();
        let network = network(self.request.client().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
        let share = self.app.provider_shares.take(network, places);
        share.ok_or_else(|| Error::new(Kind::ProvidersBusy, Failure::Busy.told_to_tenant()))
    }

    /// Whose doing it is, for the audit trail.
    pub fn actor(&self, caller: &Caller) -> Actor {
        Actor::client(caller, self.request_id())
    }

    /// The state of the store. The writer may take its time to answer.
    pub fn health(&self) -> Health {
        self.wait(|| self.app.store.health())
    }

    /// The credential, if the request is let in; asked once. Requests beyond the limit are not recorded: the limit is
    /// there to bound what is recorded.
    fn admit(&self) -> Result<&(Credential, Visit<'a>)> {
        if let Some(admitted) = self.admitted.get() {
            return Ok(admitted);
        }
        let credential = Credential::of(self.identity(), self.request, self.app);
        let visit = self.app.rate_limits.admit(self.request, credential.as_ref().ok().map(Credential::digest))?;
        let credential = credential.map_err(|e| self.on_record(None, e))?;
        Ok(self.admitted.get_or_init(|| (credential, visit)))
    }

    fn identify(&self, view: &View) -> Result<Caller> {
        let (credential, visit) = self.admit()?;
        let identified = credential.identify(view, self.app.sources.now());
        // A cookie that is over is no attempt at guessing one.
        if identified.is_ok() || self.identity() == Identity::Token {
            visit.learn(identified.as_ref().map(|identified| identified.caller.id()));
        }
        let Identified { caller, is_due } = identified.map_err(|e| self.on_record(None, e))?;
        self.is_due.set(is_due);
        Ok(caller)
    }

    /// What comes before anything else that is read for the caller.
    fn begin(&self, view: &View) -> Result<Caller> {
        let caller = self.identify(view)?;
        view.is_for(caller.fairness_key());
        self.check_header_and_query()?;
        Ok(caller)
    }

    fn refused(&self, view: &View, caller: &Caller, error: Error) -> Error {
        self.on_record(Some(caller.into()), view.with_organization(error))
    }

    /// A page is shown also where its session's use cannot be noted.
    fn note_use(&self) {
        if !self.is_due.take() {
            return;
        }
        if let Some((Credential::Session(digest), _)) = self.admitted.get() {
            let digest = *digest;
            let noted = self.wait(|| self.app.store.change(Actor::System, move |change| change.touch_session(&digest)));
            if let Err(e) = noted {
                log::warn!("sessions: could not note the use of a session: {}", e.told_to_operators());
            }
        }
    }

    pub fn identity(&self) -> Identity {
        self.route.handler.identity
    }

    /// The fields of the request's form. [`super::forgery`] has checked where it comes from.
    pub fn form(&self) -> Result<&Form> {
        if let Some(form) = self.form.get() {
            return Ok(form);
        }
        let form = Form::read(self.request)?;
        Ok(self.form.get_or_init(|| form))
    }

    /// What the forms of this session carry.
    pub fn csrf_token(&self) -> String {
        session_key(self.request, self.app).map(|key| self.app.vault.csrf_token(&key)).unwrap_or_default()
    }

    /// The digest of the session, where there is a cookie that could be one.
    pub fn session_digest(&self) -> Option<Digest> {
        session_key(self.request, self.app).map(|key| self.app.vault.session_digest(&key))
    }

    /// Shows `text` on the next page of this session.
    pub fn flash(&self, tone: Tone, text: impl Into<String>) {
        if let Some(session) = self.session_digest() {
            self.app.flashes.put(session, Flash { tone, text: text.into() });
        }
    }

    pub fn take_flash(&self) -> Option<Flash> {
        self.app.flashes.take(&self.session_digest()?)
    }

    fn check_header_and_query(&self) -> Result<()> {
        accept::check(self.request)?;
        query::check(self.request, self.route.handler.query)
    }

    pub fn request_id(&self) -> Option<Uuid> {
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
            organization: error
                .refusal
                .as_ref()
                .and_then(|refused| refused.organization.clone())
                .map(OrganizationId::from),
            token: token.map(TokenId::from),
            route: format!("{} {}", self.request.method.name(), self.route.pattern),
            request_id: self.request_id(),
            at: self.app.sources.now(),
        });
        error
    }
}

#[cfg(test)]
mod tests;

//! What a handler has at hand: the whole application.

pub mod caller;
pub mod rate_limits;
pub mod trail_walks;

use std::cell::Cell;

use uuid::Uuid;

use crate::app::rate_limits::{RateLimits, Visit};
use crate::bounds::memory_budget::{MemoryBudget, Share};
use crate::domain::access::Caller;
use crate::domain::error::{Error, Kind, Result};
use crate::domain::id::OrganizationId;
use crate::domain::timestamp::Timestamp;
use crate::http::accept;
use crate::http::query;
use crate::http::query::Known;
use crate::http::request::{Method, Request};
use crate::http::worker_slots::WorkerSlot;
use crate::store::{Actor, Change, Health, Reason, Refusal, Refusals, Store, View, Who};
use crate::vault::Vault;
use trail_walks::TrailWalks;

pub struct App {
    pub store: Store,
    pub vault: Vault,
    pub public_url: PublicUrl,
    pub rate_limits: RateLimits,
    /// On their way to the audit trail.
    pub refusals: Refusals,
    /// Who reads the audit trail page by page.
    pub trail_walks: TrailWalks,
    /// What large answers may take of the memory while they are put together.
    pub memory: MemoryBudget,
}

/// In texts of the database, of which an answer is a few times as much.
const MEMORY_BYTES: usize = 3 * 1024 * 1024;
/// What every request may have of that in any case.
const FREE_BYTES: usize = 64 * 1024;

impl App {
    pub fn new(store: Store, vault: Vault, public_url: PublicUrl, rate_limits: RateLimits) -> App {
        App {
            store,
            vault,
            public_url,
            rate_limits,
            refusals: Refusals::default(),
            trail_walks: TrailWalks::default(),
            memory: MemoryBudget::new(MEMORY_BYTES, FREE_BYTES),
        }
    }
}

/// The address that clients reach the server at, without a slash at its end: `https://bowline.example.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// `Invalid` for what is not an absolute http or https URL without query, fragment and user information.
    pub fn parse(text: &str) -> Result<PublicUrl> {
        crate::domain::url::provider_url(text)
            .map_err(|wrong| Error::invalid(format!("The public URL {wrong}.")))
            .map(|_| PublicUrl(text.trim_end_matches('/').to_owned()))
    }

    /// Absolute, for a path that begins with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name or address alone, without a port and without brackets.
    pub fn host(&self) -> String {
        let host = url::Url::parse(&self.0).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        host.trim_start_matches('[').trim_end_matches(']').to_owned()
    }
}

/// One request's context.
pub struct Cx<'a> {
    pub app: &'a App,
    /// The query parameters that the endpoint knows.
    pub known_query: Known,
    /// The pattern of the route.
    route: &'static str,
    /// Of the token that came with the request, once it has been looked at.
    digest: Cell<Option<[u8; 32]>>,
    request: &'a Request,
    /// Passed before the disk is waited for.
    slot: &'a WorkerSlot<'a>,
    /// Of what there is for all requests.
    pub memory: Share<'a>,
}

impl<'a> Cx<'a> {
    pub fn new(
        app: &'a App,
        known_query: Known,
        route: &'static str,
        request: &'a Request,
        slot: &'a WorkerSlot<'a>,
    ) -> Cx<'a> {
        Cx { app, known_query, route, digest: Cell::new(None), request, slot, memory: app.memory.share() }
    }

    /// Finds out who is calling and asks for them, on one consistent state of the database.
    /// `TooManyRequests` before anything else, then `Unauthenticated`; then `NotAcceptable` and `BadRequest` for headers
    /// and query parameters that ask for what there is not.
    pub fn read<T>(&self, request: &Request, ask: impl FnOnce(&View, &Caller) -> Result<T>) -> Result<T> {
        let (digest, visit) = self.look_at(request)?;
        let ask = |view: &View| {
            let caller = crate::app::caller::caller(view, &digest);
            visit.learn(caller.as_ref().map(Caller::id));
            let caller = caller.map_err(|e| self.on_record(None, e))?;
            accept::check(request)?;
            query::check(request, self.known_query)?;
            ask(view, &caller).map_err(|e| self.on_record(Some(&caller), view.with_organization(e)))
        };
        match request.method {
            Method::Get => self.app.store.read_within(&self.memory, ask),
            // What is too large to be shown can still be changed.
            _ => self.app.store.read(ask),
        }
    }

    /// As [`Cx::read`], for whoever reads the audit trail of the organization that the token is for, and may be nobody
    /// elsewhere. `NotFound` for those who are somebody elsewhere alone.
    pub fn read_trail<T>(
        &self,
        request: &Request,
        ask: impl FnOnce(&View, &OrganizationId, &[u8; 32]) -> Result<T>,
    ) -> Result<T> {
        let (digest, visit) = self.look_at(request)?;
        self.app.store.read_within(&self.memory, |view| {
            let Some(organization) = view.trail_reader(&digest, Timestamp::now())? else {
                let caller = crate::app::caller::caller(view, &digest);
                visit.learn(caller.as_ref().map(Caller::id));
                let caller = caller.map_err(|e| self.on_record(None, e))?;
                return Err(self.on_record(Some(&caller), Error::refused()));
            };
            visit.learn(Ok(organization.as_str()));
            accept::check(request)?;
            query::check(request, self.known_query)?;
            ask(view, &organization, &digest)
        })
    }

    /// The token's digest, if the request is let in. What is too much goes on no record: that is what the limit is for.
    fn look_at<'r>(&'r self, request: &'r Request) -> Result<([u8; 32], Visit<'r>)> {
        let digest = crate::app::caller::digest(request, &self.app.vault);
        let visit = self.app.rate_limits.admit(request, digest.as_ref().ok())?;
        let digest = digest.map_err(|e| self.on_record(None, e))?;
        self.digest.set(Some(digest));
        Ok((digest, visit))
    }

    fn request_id(&self) -> Option<Uuid> {
        self.request.id().parse().ok()
    }

    /// Passes an error on; a refusal goes on record on its way. Whoever shows no token has not tried to be anybody.
    fn on_record(&self, caller: Option<&Caller>, error: Error) -> Error {
        let reason = match &error.refusal {
            Some(_) => Reason::Permission,
            None if error.kind == Kind::Unauthenticated && self.request.header("Authorization").is_some() => {
                Reason::Token
            }
            None => return error,
        };
        self.app.refusals.add(Refusal {
            reason,
            who: caller.map_or(Who::Address(self.request.client()), Who::from),
            organization: error.refusal.as_ref().and_then(|refused| refused.organization.clone()),
            route: format!("{} {}", self.request.method.name(), self.route),
            request_id: self.request_id(),
            at: Timestamp::now(),
        });
        error
    }

    /// Runs `change` on behalf of `caller`, whom [`Cx::read`] has found. `Ok` means that it is on the disk.
    /// `Unauthenticated` where the token is no longer good: while the change waited it may have been revoked, or its
    /// team may be gone, and another one in the very row where it was.
    pub fn write<T: Send + 'static>(
        &self,
        caller: Caller,
        change: impl FnOnce(&Change, &Caller) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (digest, actor) = self.for_store(&caller)?;
        let changed = self.app.store.write(actor, move |store| on_behalf(&digest, store, change));
        changed.map_err(|e| self.on_record(Some(&caller), e))
    }

    /// As [`Cx::write`], for what takes something away: there is room for it on a full disk, too. `remove` may run more
    /// than once.
    pub fn remove<T: Send + 'static>(
        &self,
        caller: Caller,
        remove: impl Fn(&Change, &Caller) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (digest, actor) = self.for_store(&caller)?;
        let removed = self.app.store.remove(actor, move |store| on_behalf(&digest, store, &remove));
        removed.map_err(|e| self.on_record(Some(&caller), e))
    }

    /// As the request's method says: DELETE takes something away.
    pub fn write_or_remove<T: Send + 'static>(
        &self,
        caller: Caller,
        change: impl Fn(&Change, &Caller) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        if self.request.method == Method::Delete { self.remove(caller, change) } else { self.write(caller, change) }
    }

    /// How the store is; the writer may take its time to say.
    pub fn health(&self) -> Health {
        self.slot.leave();
        self.app.store.health()
    }

    fn for_store(&self, caller: &Caller) -> Result<([u8; 32], Actor)> {
        let digest = self.digest.get().ok_or_else(Error::unauthenticated)?;
        // The change will wait for others, and for the disk.
        self.slot.leave();
        Ok((digest, Actor::client(caller, self.request_id())))
    }
}

/// Makes a change for whomever the token speaks for by now.
fn on_behalf<T>(digest: &[u8; 32], store: &Change, change: impl FnOnce(&Change, &Caller) -> Result<T>) -> Result<T> {
    let caller = crate::app::caller::caller(store, digest)?;
    change(store, &caller).map_err(|e| store.with_organization(e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access::{Action, OrganizationAccess};
    use crate::domain::accounts::api_token::{NewToken, PlainToken, Subject, TokenTerms};
    use crate::domain::accounts::user::NewUser;
    use crate::domain::error::Kind;
    use crate::domain::organizations::organization::NewOrganization;
    use crate::domain::permissions::Permission;
    use crate::domain::secret::Sealed;
    use crate::domain::teams::team::TeamChange;
    use crate::http::worker_slots::WorkerSlots;
    use crate::vault::Keys;

    /// Rows of what is gone are given out again. Whoever had the old one must not have the new one.
    #[test]
    fn a_change_that_waited_is_not_made_for_who_was_there_before() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bowline.db");
        let vault = Vault::new(Keys::generate().unwrap());
        crate::store::create(&path, &Sealed(vec![0; 64]), [0; 32], &vault.trail_key()).unwrap();
        let store = Store::open(&path, vault.trail_key(), |why| panic!("{why}")).unwrap();
        let app = App::new(store, vault, PublicUrl("http://x.test".to_owned()), RateLimits::off());
        let token = PlainToken::generate();
        let digest = app.vault.digest(token.reveal());
        let issued = app.store.write(Actor::System, move |store| {
            let user = NewUser { username: "ada".to_owned(), email: "a@b".to_owned(), is_site_admin: false };
            let organization = NewOrganization::new("acme".to_owned(), "a@b".to_owned())?;
            let organization = store.create_organization(&organization, &store.create_user(&user)?)?;
            let ops = TeamChange { name: Some("ops".to_owned()), ..TeamChange::default() };
            store.create_team(&organization, OrganizationAccess::Owner, &ops)?;
            let subject = Subject::Team(store.team_number(organization.number, "ops")?.ok_or_else(Error::not_found)?);
            store.create_api_token(&NewToken { subject, terms: TokenTerms::default(), is_sole: true }, &digest, None)
        });
        issued.unwrap();

        let headers = vec![("Authorization".to_owned(), format!("Bearer {}", token.reveal()))];
        let Ok(request) = Request::new(Method::Delete, "/", headers, vec![]) else { panic!("a target") };
        let slots = WorkerSlots::new(1);
        let slot = slots.slot();
        let cx = Cx::new(&app, &[], "/", &request, &slot);
        let Caller::Team(ops) = cx.read(&request, |_, caller| Ok(caller.clone())).unwrap() else { panic!("a team") };
        let gone = ops.clone();
        let row = app.store.write(Actor::System, move |store| {
            store.delete_team(&gone)?;
            let organization = store.organization_named("acme")?.ok_or_else(Error::not_found)?;
            let access = vec![(Permission::ManageTeams, true)];
            let admins = TeamChange { name: Some("admins".to_owned()), access, ..TeamChange::default() };
            store.create_team(&organization, OrganizationAccess::Owner, &admins)?;
            store.team_number(organization.number, "admins")
        });
        assert_eq!(row.unwrap(), Some(ops.number));
        let change = |store: &Change, caller: &Caller| store.organization_for(caller, "acme", Action::ManageTeams);
        let changed = cx.write(Caller::Team(ops), change);
        assert_eq!(changed.unwrap_err().kind, Kind::Unauthenticated);
    }

    #[test]
    fn public_urls() {
        assert_eq!(PublicUrl::parse("https://x.test/").unwrap().join("/auth"), "https://x.test/auth");
        assert_eq!(PublicUrl::parse("http://127.0.0.1:8080").unwrap().as_str(), "http://127.0.0.1:8080");
        for text in ["", "x.test", "ftp://x.test", "https://a@x.test", "https://x.test?y"] {
            assert!(PublicUrl::parse(text).is_err(), "{text}");
        }
    }
}

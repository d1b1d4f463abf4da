//! Changes that waited, and what a key rotation does to them.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::app::PublicUrl;
use crate::app::credential::Identity;
use crate::app::rate_limits::RateLimits;
use crate::domain::access::{Action, OrganizationAccess};
use crate::domain::accounts::api_token::{NewToken, PlainToken, Subject, TokenTerms};
use crate::domain::accounts::user::NewUser;
use crate::domain::organizations::organization::NewOrganization;
use crate::domain::permissions::Permission;
use crate::domain::secret::Sealed;
use crate::domain::sources::Sources;
use crate::domain::teams::team::TeamChange;
use crate::http::reply::Reply;
use crate::http::worker_slots::WorkerSlots;
use crate::store::{self, Store};
use crate::vault::{Keys, Vault};

static ROUTE: Route<Endpoint> = Route {
    method: Method::Delete,
    pattern: "/",
    handler: Endpoint {
        handler: |_| Ok(Reply::no_content()),
        query: &[],
        headers: &["Authorization"],
        body_bytes: 0,
        identity: Identity::Token,
        refuse: |_, _| Reply::no_content(),
    },
};

/// An application with the organization `acme`, its team `ops`, and a token of that team.
fn installation(directory: &tempfile::TempDir) -> (App, Request) {
    let path = directory.path().join("bowline.db");
    let (vault, sources) = (Vault::new(Keys::generate().unwrap()), Sources::system());
    store::create(&path, &Sealed(vec![0; 64]), [0; 32], &vault.trail_key(), sources.now()).unwrap();
    let store = Store::open(&path, vault.trail_key(), sources.clone(), |why| panic!("{why}")).unwrap();
    let app = App::new(store, vault, PublicUrl::parse("http://x.test").unwrap(), RateLimits::off());
    let token = PlainToken::generate(&sources);
    let digest = app.vault.digest(token.reveal());
    let issued = app.store.change(Actor::System, move |change| {
        let user = NewUser { username: "ada".to_owned(), email: "a@b".to_owned(), is_site_admin: false };
        let organization = NewOrganization::new("acme".to_owned(), "a@b".to_owned())?;
        let organization = change.create_organization(&organization, &change.create_user(&user)?)?;
        let ops = TeamChange { name: Some("ops".to_owned()), ..TeamChange::default() };
        change.create_team(&organization, OrganizationAccess::Owner, &ops)?;
        let team = change.team_number(organization.number, "ops")?.ok_or_else(Error::not_found)?;
        let new = NewToken { subject: Subject::Team(team), terms: TokenTerms::default(), is_sole: true };
        change.create_api_token(&new, &digest, None)
    });
    issued.unwrap();
    let headers = vec![("Authorization".to_owned(), format!("Bearer {}", token.reveal()))];
    let Ok(request) = Request::new(Method::Delete, "/", headers, vec![]) else { panic!("a target") };
    (app, request)
}

/// The row of a team is never used again; what its caller waited for is not made for another one.
#[test]
fn a_change_that_waited_is_not_made_for_the_team_that_came_after() {
    let directory = tempfile::tempdir().unwrap();
    let (app, request) = installation(&directory);
    let slots = WorkerSlots::new(1);
    let slot = slots.slot();
    let cx = Cx::new(&app, &ROUTE, &request, &slot);
    // While the body is read, the team goes and another one comes.
    let replace_the_team = |ops: &Caller| {
        let Caller::Team(ops) = ops.clone() else { panic!("a team") };
        let before = ops.number;
        let row = app.store.change(Actor::System, move |change| {
            change.delete_team(&ops)?;
            let organization = change.organization_named("acme")?.ok_or_else(Error::not_found)?;
            let access = vec![(Permission::ManageTeams, true)];
            let admins = TeamChange { name: Some("admins".to_owned()), access, ..TeamChange::default() };
            change.create_team(&organization, OrganizationAccess::Owner, &admins)?;
            change.team_number(organization.number, "admins")
        });
        assert_ne!(row.unwrap(), Some(before));
        Ok(())
    };
    let changed = cx.change(
        |_, caller| Ok(caller.clone()),
        replace_the_team,
        |change, caller, ()| change.organization_for(&caller, "acme", Action::ManageTeams),
    );
    assert_eq!(changed.unwrap_err().kind, Kind::Unauthenticated);
}

#[test]
fn a_secret_that_is_sealed_under_a_retired_key_is_sealed_once_more_and_no_more() {
    let directory = tempfile::tempdir().unwrap();
    let (app, request) = installation(&directory);
    let slots = WorkerSlots::new(1);
    for (refused, expected) in [(1, Ok(2)), (2, Err(Kind::KeyRetired))] {
        let slot = slots.slot();
        let cx = Cx::new(&app, &ROUTE, &request, &slot);
        let (seals, tries) = (AtomicU32::new(0), Arc::new(AtomicU32::new(0)));
        let changed = cx.change(|_, _| Ok(()), |()| Ok(seals.fetch_add(1, Ordering::SeqCst) + 1), {
            let tries = Arc::clone(&tries);
            move |_, (), seal| {
                let is_refused = tries.fetch_add(1, Ordering::SeqCst) < refused;
                if is_refused { Err(Error::key_retired()) } else { Ok(*seal) }
            }
        });
        assert_eq!(changed.map_err(|e| e.kind), expected);
        assert_eq!((seals.into_inner(), tries.load(Ordering::SeqCst)), (2, 2));
    }
}

/// What is found is counted: by the change itself, and by another one between its reading and its writing.
#[test]
fn what_is_worked_out_from_what_is_there_is_worked_out_anew_when_that_changes() {
    let directory = tempfile::tempdir().unwrap();
    let (app, request) = installation(&directory);
    let slots = WorkerSlots::new(1);
    for (others, expected) in [(0, Ok(1)), (1, Ok(2)), (u32::MAX, Err(Kind::Conflict))] {
        let slot = slots.slot();
        let cx = Cx::new(&app, &ROUTE, &request, &slot);
        let (there, left) = (Arc::new(AtomicU32::new(0)), AtomicU32::new(others));
        let changed = cx.change_from(
            {
                let there = Arc::clone(&there);
                move |_, _| Ok(there.load(Ordering::SeqCst))
            },
            |seen| {
                if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
                    there.fetch_add(1, Ordering::SeqCst);
                }
                Ok(seen + 1)
            },
            |_, found, next| {
                assert_eq!(*next, found + 1);
                Ok(*next)
            },
        );
        assert_eq!(changed.map_err(|e| e.kind), expected, "{others}");
    }
}

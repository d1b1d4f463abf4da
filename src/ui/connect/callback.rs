//! Where the provider sends the browser back to.

use super::{done, failed, find};
use crate::app::{Cx, no_input};
use crate::connect::flow;
use crate::connect::flow::answer::Answer;
use crate::connect::flow::trouble::{Cause, Step, Trouble};
use crate::domain::error::{Error, Kind, Result};
use crate::http::reply::Reply;
use crate::providers::Failure;
use crate::ui::{error_page, reply};

/// `GET /auth/:callback/callback`. A flow is used up by its answer, whatever that is. The token that was there before is
/// replaced only once the new one is known to work, and if the caller may still do it.
pub fn show(cx: &Cx) -> Result<Reply> {
    let find = find::manageable(cx);
    let (found, registration) = cx.read(|view, caller| {
        let found = find(view, caller)?;
        let registration = view.registration(&found.client.id)?;
        Ok((found, registration))
    })?;
    let client = &found.client;
    let request = cx.request.id();
    let unrecognized = |cause| failed::page(cx, &found, &Trouble::new(request, &client.id, Step::Recognized, cause));
    let answer = match Answer::read(&cx.request.query, client.service_provider.speaks_oauth1()) {
        Ok(answer) => answer,
        Err(cause) => return unrecognized(cause),
    };
    let session = cx.session_digest().ok_or_else(Error::signed_out)?;
    let digest = cx.app.vault.flow_digest(answer.mark);
    // Before the flow is used up, so that the answer can be sent again.
    let share = match cx.provider_share() {
        Err(error) if error.kind == Kind::ProvidersBusy => return failed::busy(cx, &found, Step::Token),
        share => share?,
    };
    let open = flow::open(cx.app, &registration);
    if open.as_ref().is_err_and(|failure| *failure == Failure::Busy) {
        return failed::busy(cx, &found, Step::Token);
    }
    let seen = registration.clone();
    let taken = cx.change(find::manageable(cx), no_input, move |change, found, ()| {
        // Secrets of now must not go to the address of before.
        if change.registration(&found.client.id)? != seen {
            return Err(Error::conflict("The VCS provider was changed at the same moment. Load this page again."));
        }
        change.take_web_flow(&found.client, &session, &digest)
    })?;
    let Some(redirect_uri) = taken else { return unrecognized(Cause::Unknown) };
    let connected = cx.wait(|| flow::finish(cx.app, request, &registration, open, redirect_uri, &answer))?;
    drop(share);
    let connected = match connected {
        Ok(connected) => connected,
        Err(trouble) => return failed::noted(cx, &found, &trouble),
    };
    let store = || {
        cx.change(
            find::manageable(cx),
            |found| connected.sealed(cx.app, &found.client),
            |change, found, grant| {
                change.connect_oauth_client(&found.client, grant)?;
                Ok(found)
            },
        )
    };
    let stored = match store() {
        // Another browser was faster by a moment. The last one counts, as it does a moment later.
        Err(error) if error.kind == Kind::Conflict => store(),
        stored => stored,
    };
    // The permission, the session or the client went meanwhile, or the disk is full. After a conflict, the token may be the
    // one that is stored.
    if stored.as_ref().is_err_and(|error| error.kind != Kind::Conflict) {
        cx.wait(|| connected.abandon(cx.app, request, &registration));
    }
    Ok(reply::redirect(done::path(&stored?)))
}

/// Signing in does not help: the answer is for the session that began.
pub fn refuse(cx: &Cx, error: &Error) -> Reply {
    if error.kind == Kind::Unauthenticated {
        let detail = "The provider sent you back, but you are not signed in in this browser.";
        return error_page::in_place(cx, &Error::new(Kind::Unauthenticated, detail));
    }
    error_page::refuse(cx, error)
}

//! Renewal of expired tokens.
//!
//! One at a time for each token. The new pair is on the disk before it is used. Where the answer is lost, the old refresh
//! token is tried once more: some providers accept it until the new pair is used. Where the process dies between the
//! answer and the commit, the next use tries the old refresh token; a provider that does not accept it says so, and the
//! connection is broken until a person connects again. Where only the commit fails, the pair waits in memory for the next
//! renewal. No refusal is tried again.

use super::{failures, require_usable, timed};
use crate::app::App;
use crate::app::renewals::{NotRenewed, Outcome};
use crate::connect::opened::Opened;
use crate::domain::error::{Error, Kind, Result};
use crate::domain::id::{OAuthTokenId, OrganizationId};
use crate::domain::oauth::credential::{Credential, State};
use crate::providers::{Grant, Open};
use crate::store::{Actor, Renewed, place};

/// Gives the credential with its new token.
pub fn renew(app: &App, actor: &Actor, open: &Open, credential: Credential) -> Result<Credential> {
    let outcome = app.renewals.once(&credential.oauth_token, || {
        attempt(app, actor, open, &credential).unwrap_or_else(|e| {
            log::error!(
                "{}{}: the token was not renewed: {}",
                actor.log_prefix(),
                credential.registration.oauth_client,
                e.told_to_operators()
            );
            Err(NotRenewed::Here)
        })
    });
    match outcome {
        Ok(()) => {
            let renewed = app.store.read(|view| view.credential(&credential.oauth_token))?;
            require_usable(&renewed)?;
            Ok(renewed)
        }
        Err(NotRenewed::Provider(failure)) => Err(failures::told(actor, &credential, &failure)),
        Err(NotRenewed::Here) => Err(Error::unavailable(
            "The server could not renew the provider's token; its log has the reason. Try again.",
        )),
    }
}

fn attempt(app: &App, actor: &Actor, open: &Open, credential: &Credential) -> Result<Outcome> {
    // Another renewal, or a person, may have been faster. After a refused renewal the token is broken.
    let current = app.store.read(|view| view.credential(&credential.oauth_token))?;
    if current.revision != credential.revision || matches!(current.state, State::Broken { .. }) {
        return Ok(Ok(()));
    }
    if let Some(grant) = app.renewals.take_kept(&current.oauth_token, current.revision) {
        return keep(app, actor, &current, grant).map(Ok);
    }
    let opened = Opened::of(app, &current)?;
    let ask = || {
        let (application, held) = (opened.application.shown()?, opened.held()?);
        timed(app, &current.registration, || open.question().refresh(&application, &held))
    };
    let answer = match ask() {
        Err(lost) if lost.may_have_taken_effect() => {
            let (request, client) = (actor.log_prefix(), &current.registration.oauth_client);
            log::warn!("{request}{client}: no answer to a renewal ({lost}); trying once more");
            ask()
        }
        answer => answer,
    };
    match answer {
        Ok(grant) => keep(app, actor, &current, grant).map(Ok),
        Err(failure) => {
            failures::of_renewal(app, actor, &current, &failure);
            Ok(Err(NotRenewed::Provider(failure)))
        }
    }
}

/// On the disk. A pair for a token that was replaced or deleted meanwhile is dropped; one that cannot be stored waits in
/// memory.
fn keep(app: &App, actor: &Actor, credential: &Credential, grant: Grant) -> Result<()> {
    let attempt = || {
        let organization = &credential.registration.organization_id;
        let (of, renewed) = (credential.clone(), sealed(app, &credential.oauth_token, organization, &grant)?);
        app.store.change(actor.clone(), move |change| change.keep_renewed(&of, &renewed)).map(|_| ())
    };
    let stored = match attempt() {
        Err(e) if e.kind == Kind::KeyRetired => attempt(),
        outcome => outcome,
    };
    if stored.is_err() {
        app.renewals.keep(&credential.oauth_token, credential.revision, grant);
    }
    stored
}

/// A provider's answer, sealed for the token that it goes into.
pub(super) fn sealed(
    app: &App,
    oauth_token: &OAuthTokenId,
    organization: &OrganizationId,
    grant: &Grant,
) -> Result<Renewed> {
    let refresh_place = place::refresh_token(oauth_token, organization);
    Ok(Renewed {
        text: app.vault.seal(&place::token_text(oauth_token, organization), &grant.access_token)?,
        refresh_token: grant.refresh_token.as_ref().map(|token| app.vault.seal(&refresh_place, token)).transpose()?,
        expires_at: grant.expires_at,
        scope: grant.scope.clone(),
    })
}

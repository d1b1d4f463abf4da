//! What providers say when they refuse: to the caller in our words, to the operator's log, to the organization as a VCS
//! event, and to the token, which is broken where only a person can help.

use crate::app::App;
use crate::domain::error::{Error, Kind};
use crate::domain::oauth::credential::Credential;
use crate::domain::oauth::registration::Registration;
use crate::domain::oauth::vcs_event::{NewVcsEvent, VcsEventKind};
use crate::providers::{Failure, Refusal};
use crate::store::Actor;

const CONNECT_AGAIN: &str = "Connect the client again, or give it another token.";
pub(super) const LARGER_RIGHTS: &str = "Give the token the rights that it lacks, at the provider.";
pub(super) const WAIT: &str = "Wait until the limit is over, or use the token of an account with a higher one.";
pub(super) const CHECK_CLIENT: &str = "Compare the client's key, secret and callback URL with the provider's settings.";

/// The token cannot be used any more. One answer for the request that finds it out and for all later ones.
pub fn broken(reason: &str) -> Error {
    Error::new(Kind::ProviderFailed, format!("The connection is broken: {reason} {CONNECT_AGAIN}"))
}

/// The failure as the caller is told it. The log has the cause.
pub fn told(actor: &Actor, credential: &Credential, failure: &Failure) -> Error {
    let Registration { oauth_client, service_provider, .. } = &credential.registration;
    let (request, provider) = (actor.log_prefix(), service_provider.identifier());
    log::warn!("{request}{oauth_client}: {provider} gave no answer: {failure}");
    let detail = failure.told_to_tenant();
    match failure {
        Failure::Busy => Error::new(Kind::ProvidersBusy, detail),
        _ if failure.ends_the_connection() => broken(&detail),
        _ => Error::new(Kind::ProviderFailed, detail),
    }
}

/// A question was not answered.
pub fn of_question(app: &App, actor: &Actor, credential: &Credential, failure: &Failure) -> Error {
    let reason = failure.told_to_tenant();
    let event = |kind, action| NewVcsEvent::of_failure(kind, credential.registration.service_provider, &reason, action);
    match failure {
        Failure::Unauthorized => {
            let event = event(VcsEventKind::Refused, CONNECT_AGAIN);
            write_down(app, actor, credential, event, Some(&reason));
        }
        Failure::Forbidden | Failure::SingleSignOn | Failure::Refused(Refusal::Scope) => {
            write_down(app, actor, credential, event(VcsEventKind::Refused, LARGER_RIGHTS), None);
        }
        Failure::RateLimited { .. } => {
            write_down(app, actor, credential, event(VcsEventKind::RateLimited, WAIT), None);
        }
        _ => {}
    }
    told(actor, credential, failure)
}

/// A token was not renewed. It is broken where the provider says that its refresh token is of no use.
pub fn of_renewal(app: &App, actor: &Actor, credential: &Credential, failure: &Failure) {
    let reason = failure.told_to_tenant();
    let provider = credential.registration.service_provider;
    let event = |action| NewVcsEvent::of_failure(VcsEventKind::RenewalFailed, provider, &reason, action);
    if failure.ends_the_connection() {
        return write_down(app, actor, credential, event(CONNECT_AGAIN), Some(&reason));
    }
    match failure {
        Failure::Refused(Refusal::Unavailable) => {}
        Failure::Refused(_) | Failure::Incomplete(_) => {
            write_down(app, actor, credential, event(CHECK_CLIENT), None);
        }
        Failure::RateLimited { .. } => write_down(app, actor, credential, event(WAIT), None),
        _ => {}
    }
}

/// The caller is answered also where this fails.
fn write_down(app: &App, actor: &Actor, credential: &Credential, event: NewVcsEvent, broken: Option<&str>) {
    let (of, broken) = (credential.clone(), broken.map(str::to_owned));
    let written = app.store.change(actor.clone(), move |change| {
        let (organization, client, token) =
            (of.registration.organization, &of.registration.oauth_client, &of.oauth_token);
        match &broken {
            None => change.add_vcs_event_unless_told(organization, client, Some(token), &event),
            Some(reason) if change.break_oauth_token(&of, reason)? => {
                change.add_vcs_event(organization, client, Some(token), &event)
            }
            // Of a token that was replaced or deleted meanwhile there is nothing to tell.
            Some(_) => Ok(()),
        }
    });
    if let Err(e) = written {
        log::error!(
            "{}{}: a VCS event could not be written: {}",
            actor.log_prefix(),
            credential.registration.oauth_client,
            e.told_to_operators()
        );
    }
}

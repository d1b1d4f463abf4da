//! Connections: made in a browser ([`flow`]), and used: providers are asked with the tokens that are stored.
//!
//! [`ask`] puts a question to the provider of a token. It renews the token first if that has expired ([`renew`]), and
//! writes down what the provider says about it ([`failures`]). Nothing here is called by what creates, changes, links or
//! destroys something: that never waits for a provider.

pub mod check;
mod failures;
pub mod flow;
mod opened;
mod renew;
pub mod revoke;

use std::time::Instant;

use crate::app::App;
use crate::domain::error::Result;
use crate::domain::oauth::credential::{Credential, State};
use crate::domain::oauth::registration::Registration;
use crate::domain::oauth::service_provider::ServiceProvider;
use crate::providers;
use crate::providers::{Access, Failure, Open, Provider, Target};
use crate::store::Actor;
use opened::Opened;

/// A provider, and what it is asked with.
pub struct Question<'a> {
    pub provider: &'a dyn Provider,
    pub access: Access<'a>,
    pub credential: &'a Credential,
}

/// Asks the provider of a token. `ProvidersBusy` while too many calls are under way, `ProviderFailed` where the provider
/// gives no answer, or the token is broken. A token that the provider refuses is renewed once, if it can be.
///
/// To be called while the worker's slot is left ([`crate::app::Cx::wait`]).
pub fn ask<T>(
    app: &App,
    actor: &Actor,
    credential: Credential,
    question: impl Fn(&Question) -> providers::Result<T>,
) -> Result<T> {
    let question = |asked: &Question| question(asked).map_err(|failure| unless_good_at_home(asked, failure));
    require_usable(&credential)?;
    let open = open(app, actor, &credential)?;
    let (credential, answer) = put_renewing(app, actor, &open, credential, question)?;
    answer.map_err(|failure| failures::of_question(app, actor, &credential, &failure))
}

/// The answer, and the credential that it was given to.
fn put_renewing<T>(
    app: &App,
    actor: &Actor,
    open: &Open,
    credential: Credential,
    question: impl Fn(&Question) -> providers::Result<T>,
) -> Result<(Credential, providers::Result<T>)> {
    let credential = if credential.is_to_be_renewed(app.sources.now()) {
        renew::renew(app, actor, open, credential)?
    } else {
        credential
    };
    match put(app, open, &credential, &question)? {
        Err(Failure::Unauthorized) if credential.refresh_token.is_some() => {
            let renewed = renew::renew(app, actor, open, credential)?;
            let answer = put(app, open, &renewed, &question)?;
            Ok((renewed, answer))
        }
        answer => Ok((credential, answer)),
    }
}

/// One organization of Azure DevOps may refuse a token that is good in another one, and profiles are not for every token.
/// The token itself is refused where the client's own organization refuses it, too.
fn unless_good_at_home(asked: &Question, failure: Failure) -> Failure {
    let Registration { service_provider, ado_org_name, .. } = &asked.credential.registration;
    let is_azure = matches!(service_provider, ServiceProvider::AdoServices | ServiceProvider::AdoServer);
    let at_home = || asked.provider.user(&asked.access, ado_org_name.as_deref()).err();
    match failure {
        Failure::Unauthorized if is_azure && at_home() != Some(Failure::Unauthorized) => Failure::Forbidden,
        failure => failure,
    }
}

fn require_usable(credential: &Credential) -> Result<()> {
    match &credential.state {
        State::Usable => Ok(()),
        State::Broken { reason } => Err(failures::broken(reason)),
    }
}

/// Takes a place among the calls that are under way.
fn open<'a>(app: &'a App, actor: &Actor, credential: &Credential) -> Result<Open<'a>> {
    app.providers.open(&target(&credential.registration)).map_err(|failure| failures::told(actor, credential, &failure))
}

fn target(registration: &Registration) -> Target<'_> {
    Target {
        kind: registration.service_provider,
        http_url: &registration.http_url,
        api_url: &registration.api_url,
        tenant: registration.ado_entra_tenant_id.as_deref(),
        organization: registration.organization,
    }
}

fn put<T>(
    app: &App,
    open: &Open,
    credential: &Credential,
    question: impl Fn(&Question) -> providers::Result<T>,
) -> Result<providers::Result<T>> {
    let opened = Opened::of(app, credential)?;
    Ok(opened.access(credential).and_then(|access| {
        let provider = open.question();
        timed(app, &credential.registration, || question(&Question { provider: &*provider, access, credential }))
    }))
}

/// Counts what a provider is asked.
fn timed<T>(app: &App, of: &Registration, call: impl FnOnce() -> providers::Result<T>) -> providers::Result<T> {
    let begun = Instant::now();
    let answer = call();
    app.provider_calls.add(of.service_provider, begun.elapsed(), answer.as_ref().err());
    answer
}

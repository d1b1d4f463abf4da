//! Whether a connection works: as which user, with which scopes, and what is missing.

use super::{Question, failures, open, put, put_renewing};
use crate::app::App;
use crate::domain::error::{Error, Result};
use crate::domain::oauth::credential::{Credential, State};
use crate::providers;
use crate::providers::{Check, Failure};
use crate::store::Actor;

/// Asks also with a token that is marked as broken, unless only a renewal could mend it: what works again is usable again.
/// The user that the provider names is kept with the token.
pub fn check(app: &App, actor: &Actor, credential: Credential) -> Result<Check> {
    require_mendable(app, &credential)?;
    let open = open(app, actor, &credential)?;
    let (credential, answer) = put_renewing(app, actor, &open, credential, question)?;
    conclude(app, actor, credential, answer)
}

/// As [`check`], for another process than the server, which may be renewing the same token. `Invalid` where the token has to
/// be renewed first.
pub fn check_without_renewing(app: &App, actor: &Actor, credential: Credential) -> Result<Check> {
    require_mendable(app, &credential)?;
    if let (Some(end), true) = (credential.expires_at, credential.is_to_be_renewed(app.sources.now())) {
        return Err(to_be_renewed(&format!("The token expired at {end}.")));
    }
    let open = open(app, actor, &credential)?;
    match put(app, &open, &credential, question)? {
        Err(Failure::Unauthorized) if credential.refresh_token.is_some() && credential.state == State::Usable => {
            Err(to_be_renewed("The provider refuses the token although it has not expired."))
        }
        answer => conclude(app, actor, credential, answer),
    }
}

fn require_mendable(app: &App, credential: &Credential) -> Result<()> {
    match &credential.state {
        State::Broken { reason } if credential.is_to_be_renewed(app.sources.now()) => Err(failures::broken(reason)),
        _ => Ok(()),
    }
}

fn to_be_renewed(why: &str) -> Error {
    Error::invalid(format!(
        "{why} The server renews it when a request uses it, such as one for its repositories; then check again."
    ))
}

fn question(asked: &Question) -> providers::Result<Check> {
    let credential = asked.credential;
    let granted = Some(credential.scope.as_str()).filter(|scope| !scope.is_empty());
    asked.provider.check(&asked.access, credential.registration.ado_org_name.as_deref(), granted)
}

fn conclude(app: &App, actor: &Actor, credential: Credential, answer: providers::Result<Check>) -> Result<Check> {
    match answer {
        Ok(check) => {
            let (of, user) = (credential, check.user.clone());
            app.store.change(actor.clone(), move |change| change.confirm_oauth_token(&of, &user))?;
            Ok(check)
        }
        Err(failure) => Err(failures::of_question(app, actor, &credential, &failure)),
    }
}

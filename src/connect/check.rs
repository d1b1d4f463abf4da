//! Whether a connection works: as which user, with which scopes, and what is missing.

use super::{failures, open, put, renew};
use crate::app::App;
use crate::domain::error::Result;
use crate::domain::oauth::credential::{Credential, State};
use crate::providers::Check;
use crate::store::Actor;

/// Asks also with a token that is marked as broken, unless only a renewal could mend it: what works again is usable again.
/// The user that the provider names is kept with the token.
pub fn check(app: &App, actor: &Actor, credential: Credential) -> Result<Check> {
    let is_to_be_renewed = credential.is_to_be_renewed(app.sources.now());
    if let (State::Broken { reason }, true) = (&credential.state, is_to_be_renewed) {
        return Err(failures::broken(reason));
    }
    let open = open(app, actor, &credential)?;
    let credential = if is_to_be_renewed { renew::renew(app, actor, &open, credential)? } else { credential };
    let answer = put(app, &open, &credential, |question| {
        let granted = Some(credential.scope.as_str()).filter(|scope| !scope.is_empty());
        question.provider.check(&question.access, credential.registration.ado_org_name.as_deref(), granted)
    })?;
    match answer {
        Ok(check) => {
            let (of, user) = (credential, check.user.clone());
            app.store.change(actor.clone(), move |change| change.confirm_oauth_token(&of, &user))?;
            Ok(check)
        }
        Err(failure) => Err(failures::of_question(app, actor, &credential, &failure)),
    }
}

//! Asking a provider to forget a token that was removed here.

use super::{opened::Opened, target, timed};
use crate::app::App;
use crate::domain::oauth::credential::{Credential, Source};
use crate::domain::secret::Secret;
use crate::providers::{Failure, Refusal, Revocation};

/// What became of it at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked {
    Everywhere,
    /// The provider has no call for it, or the token was not made by connecting and may be in use elsewhere.
    HereAlone,
    /// The provider was asked and did not do it.
    NotConfirmed,
}

/// The token is gone here already; nothing here fails. To be called while the worker's slot is left.
pub fn revoke(app: &App, request: &str, credential: &Credential) -> Revoked {
    if credential.source == Source::Api {
        return Revoked::HereAlone;
    }
    let of = &credential.registration;
    let asked = Opened::of(app, credential).map(|opened| {
        let open = app.providers.open(&target(of))?;
        let application = opened.application.shown()?;
        // All calls together have the time of one question.
        let provider = open.question();
        let revoke = |token: &Secret| timed(app, of, || provider.revoke(&application, token));
        let answer = revoke(&opened.token);
        if answer == Ok(Revocation::NotOffered) {
            return answer;
        }
        let grant = match app.renewals.take_kept(&credential.oauth_token, credential.revision) {
            Some(kept) => kept,
            None if !credential.is_to_be_renewed(app.sources.now()) => return answer,
            // Of a token that has expired, providers say that it is revoked, and take its refresh token as before.
            None => {
                let held = opened.held()?;
                match timed(app, of, || provider.refresh(&application, &held)) {
                    Err(Failure::Refused(Refusal::Grant)) => return answer,
                    grant => grant?,
                }
            }
        };
        // GitLab ends the old refresh token once the new access token is used.
        let access = opened.application.access(&grant.access_token)?;
        let _ = timed(app, of, || provider.user(&access, of.ado_org_name.as_deref()));
        revoke(&grant.access_token)
    });
    match asked {
        Ok(Ok(Revocation::Revoked)) => Revoked::Everywhere,
        Ok(Ok(Revocation::NotOffered)) => Revoked::HereAlone,
        Ok(Err(failure)) => {
            log::warn!("{request} {}: the provider did not revoke the token: {failure}", of.oauth_client);
            Revoked::NotConfirmed
        }
        Err(e) => {
            log::warn!(
                "{request} {}: the provider was not asked to revoke the token: {}",
                of.oauth_client,
                e.told_to_operators()
            );
            Revoked::NotConfirmed
        }
    }
}

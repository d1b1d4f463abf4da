//! The secrets of a credential, for as long as one question takes.

use crate::app::App;
use crate::domain::error::Result;
use crate::domain::oauth::credential::{Credential, Source};
use crate::domain::secret::{Place, Sealed, Secret};
use crate::providers;
use crate::providers::{Access, Application, Failure, Held};
use crate::store::place;

pub struct Opened {
    token: Secret,
    refresh_token: Option<Secret>,
    /// OAuth 2.0: the client's secret; OAuth 1.0a: its private key.
    proof: Option<Secret>,
    redirect_uri: String,
}

impl Opened {
    pub fn of(app: &App, credential: &Credential) -> Result<Opened> {
        let Credential { oauth_token, oauth_client, organization_id: organization, .. } = credential;
        let open = |place: &Place, sealed: &Sealed| app.vault.open(place, sealed);
        let (proof, proof_place) = if credential.uses_oauth1() {
            (&credential.private_key, place::client_private_key(oauth_client, organization))
        } else {
            (&credential.secret, place::client_secret(oauth_client, organization))
        };
        let refresh_place = place::refresh_token(oauth_token, organization);
        Ok(Opened {
            token: open(&place::token_text(oauth_token, organization), &credential.text)?,
            refresh_token: credential.refresh_token.as_ref().map(|sealed| open(&refresh_place, sealed)).transpose()?,
            proof: proof.as_ref().map(|sealed| open(&proof_place, sealed)).transpose()?,
            redirect_uri: app.public_url.callback(&credential.callback),
        })
    }

    /// How the token is shown to the provider.
    pub fn access<'a>(&'a self, credential: &'a Credential) -> providers::Result<Access<'a>> {
        match credential.source {
            Source::Api => Ok(Access::Stored(&self.token)),
            Source::WebFlow if credential.uses_oauth1() => {
                Ok(Access::OAuth1 { application: self.application(credential)?, token: &self.token })
            }
            Source::WebFlow => Ok(Access::OAuth2(&self.token)),
        }
    }

    pub fn application<'a>(&'a self, credential: &'a Credential) -> providers::Result<Application<'a>> {
        let lacks = if credential.uses_oauth1() { "private key" } else { "secret" };
        Ok(Application {
            key: credential.key.as_deref().ok_or(Failure::Incomplete("key"))?,
            secret: self.proof.as_ref().ok_or(Failure::Incomplete(lacks))?,
            redirect_uri: &self.redirect_uri,
        })
    }

    pub fn held(&self) -> providers::Result<Held<'_>> {
        let refresh_token = self.refresh_token.as_ref().ok_or(Failure::Incomplete("refresh token"))?;
        Ok(Held { access_token: &self.token, refresh_token })
    }
}

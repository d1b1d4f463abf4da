//! The secrets of a client and of its token, for as long as one question takes.

use crate::app::App;
use crate::domain::error::Result;
use crate::domain::oauth::credential::{Credential, Source};
use crate::domain::oauth::registration::Registration;
use crate::domain::secret::{Place, Sealed, Secret};
use crate::providers;
use crate::providers::{Access, Application, Failure, Held};
use crate::store::place;

/// What Bowline is to the provider.
pub struct OpenedApplication {
    key: Option<String>,
    secret: Option<Secret>,
    speaks_oauth1: bool,
    redirect_uri: String,
}

impl OpenedApplication {
    /// `redirect_uri` is the one of now, unless a flow was begun with another one.
    pub fn of(app: &App, registration: &Registration, redirect_uri: Option<String>) -> Result<OpenedApplication> {
        let Registration { oauth_client, organization_id: organization, key, secret, .. } = registration;
        let place = place::client_secret(oauth_client, organization);
        Ok(OpenedApplication {
            key: key.clone(),
            secret: secret.as_ref().map(|sealed| app.vault.open(&place, sealed)).transpose()?,
            speaks_oauth1: registration.service_provider.speaks_oauth1(),
            redirect_uri: redirect_uri.unwrap_or_else(|| app.public_url.callback(&registration.callback)),
        })
    }

    /// `Incomplete` where the client was never given a key and a secret.
    pub fn shown(&self) -> providers::Result<Application<'_>> {
        let lacks = if self.speaks_oauth1 { "secret (its RSA private key)" } else { "secret" };
        Ok(Application {
            key: self.key.as_deref().ok_or(Failure::Incomplete("key"))?,
            secret: self.secret.as_ref().ok_or(Failure::Incomplete(lacks))?,
            redirect_uri: &self.redirect_uri,
        })
    }

    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// How a token that was given to this application is shown to the provider.
    pub fn access<'a>(&'a self, token: &'a Secret) -> providers::Result<Access<'a>> {
        if self.speaks_oauth1 {
            Ok(Access::OAuth1 { application: self.shown()?, token })
        } else {
            Ok(Access::OAuth2(token))
        }
    }
}

pub struct Opened {
    pub application: OpenedApplication,
    pub token: Secret,
    refresh_token: Option<Secret>,
}

impl Opened {
    pub fn of(app: &App, credential: &Credential) -> Result<Opened> {
        let Credential { oauth_token, registration, .. } = credential;
        let organization = &registration.organization_id;
        let open = |place: &Place, sealed: &Sealed| app.vault.open(place, sealed);
        let refresh_place = place::refresh_token(oauth_token, organization);
        Ok(Opened {
            application: OpenedApplication::of(app, registration, None)?,
            token: open(&place::token_text(oauth_token, organization), &credential.text)?,
            refresh_token: credential.refresh_token.as_ref().map(|sealed| open(&refresh_place, sealed)).transpose()?,
        })
    }

    /// How the token is shown to the provider.
    pub fn access(&self, credential: &Credential) -> providers::Result<Access<'_>> {
        match credential.source {
            Source::Api => Ok(Access::Stored(&self.token)),
            Source::WebFlow => self.application.access(&self.token),
        }
    }

    pub fn held(&self) -> providers::Result<Held<'_>> {
        let refresh_token = self.refresh_token.as_ref().ok_or(Failure::Incomplete("refresh token"))?;
        Ok(Held { access_token: &self.token, refresh_token })
    }
}

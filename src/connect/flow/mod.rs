//! The web flow: a person connects a client in a browser.
//!
//! [`begin`] makes the address that the browser goes to and what is kept of the flow. The browser comes back with an
//! [`answer::Answer`]; [`finish`] trades it for a token and asks whose it is. What goes wrong is a [`trouble::Trouble`].
//! Nothing here stores anything: a flow is taken by its answer before [`finish`] is called, and what that gives is stored
//! only afterwards, with the permission checked again.

pub mod answer;
pub mod trouble;

use rand::random;
use url::Url;

use super::opened::OpenedApplication;
use super::{renew, target, timed};
use crate::app::App;
use crate::domain::error::Result;
use crate::domain::id::OAuthTokenId;
use crate::domain::oauth::client::OAuthClient;
use crate::domain::oauth::registration::Registration;
use crate::domain::oauth::web_flow::NewWebFlow;
use crate::domain::secret::Secret;
use crate::domain::sessions::key::Key;
use crate::providers::{Authorization, Callback, Failure, Flow, Grant, Open, Refusal, Revocation};
use crate::store::SealedGrant;
use answer::{Answer, Said};
use trouble::{Cause, Step, Trouble};

/// A flow that was begun: where the browser goes, and what is kept.
pub struct Begun {
    pub url: Url,
    pub flow: NewWebFlow,
}

/// What a flow has come to. It is not stored yet.
pub struct Connected {
    application: OpenedApplication,
    grant: Grant,
    user: String,
}

/// The host that the browser would be sent to; the one of the client's own URL where no provider is asked.
pub fn host(app: &App, registration: &Registration) -> String {
    app.providers.host_of_pages(&target(registration)).unwrap_or_else(|_| registration.http_url.clone())
}

/// With OAuth 1.0a the provider is asked for a request token: to be called while the worker's slot is left.
pub fn begin(app: &App, request: &str, registration: &Registration) -> Result<std::result::Result<Begun, Trouble>> {
    let application = OpenedApplication::of(app, registration, None)?;
    let state = Key::from_random(random());
    let authorization = open(app, registration).and_then(|open| {
        let verifier = app.vault.pkce_verifier(&state);
        authorize(app, registration, &open, &application, &Flow { state: state.reveal(), verifier: verifier.reveal() })
    });
    Ok(match authorization {
        Ok(Authorization { url, request_token }) => {
            let mark = request_token.as_ref().map_or(state.reveal(), Secret::reveal);
            let flow =
                NewWebFlow { digest: app.vault.flow_digest(mark), redirect_uri: application.redirect_uri().to_owned() };
            Ok(Begun { url, flow })
        }
        Err(failure) => Err(Trouble::new(request, &registration.oauth_client, Step::Begun, Cause::Provider(failure))),
    })
}

/// Takes a place among the calls that are under way.
pub fn open<'a>(app: &'a App, registration: &Registration) -> std::result::Result<Open<'a>, Failure> {
    app.providers.open(&target(registration))
}

/// Only OAuth 1.0a makes a call here.
fn authorize(
    app: &App,
    registration: &Registration,
    open: &Open,
    application: &OpenedApplication,
    flow: &Flow,
) -> std::result::Result<Authorization, Failure> {
    let application = application.shown()?;
    let call = || open.question().authorize(&application, flow);
    if registration.service_provider.speaks_oauth1() { timed(app, registration, call) } else { call() }
}

/// Trades the answer for a token, and asks whose it is. To be called once for a flow, while the worker's slot is left.
/// `redirect_uri` is the one that the flow was begun with.
pub fn finish(
    app: &App,
    request: &str,
    registration: &Registration,
    open: std::result::Result<Open<'_>, Failure>,
    redirect_uri: String,
    answer: &Answer,
) -> Result<std::result::Result<Connected, Trouble>> {
    let application = OpenedApplication::of(app, registration, Some(redirect_uri))?;
    Ok(match connect(app, request, registration, open, &application, answer) {
        Ok((grant, user)) => Ok(Connected { application, grant, user }),
        Err((step, cause)) => Err(Trouble::new(request, &registration.oauth_client, step, cause)),
    })
}

fn connect(
    app: &App,
    request: &str,
    registration: &Registration,
    open: std::result::Result<Open<'_>, Failure>,
    application: &OpenedApplication,
    answer: &Answer,
) -> std::result::Result<(Grant, String), (Step, Cause)> {
    let at = |step| move |failure: Failure| (step, Cause::Provider(failure));
    let pkce = Key::parse(answer.mark).map(|state| app.vault.pkce_verifier(&state));
    let callback = match (answer.said, &pkce) {
        (Said::Refused(refusal), _) => return Err(at(Step::Agreed)(Failure::Refused(refusal))),
        (Said::Nothing, _) => return Err((Step::Agreed, Cause::NoCode)),
        (Said::OAuth1 { verifier }, _) => Callback::OAuth1 { request_token: answer.mark, verifier },
        (Said::Code { code, .. }, Some(verifier)) => Callback::Code { code, verifier: verifier.reveal() },
        (Said::Code { .. }, None) => return Err((Step::Recognized, Cause::Unknown)),
    };
    let open = open.map_err(at(Step::Token))?;
    let shown = application.shown().map_err(at(Step::Token))?;
    if let (Said::Code { issuer: Some(issuer), .. }, Callback::Code { verifier, .. }) = (answer.said, callback) {
        let sent_to =
            open.question().authorize(&shown, &Flow { state: answer.mark, verifier }).map_err(at(Step::Token))?;
        check_issuer(issuer, &sent_to.url)?;
    }
    let grant = timed(app, registration, || open.question().exchange(&shown, &callback));
    let grant = grant.map_err(|failure| match failure {
        // With OAuth 1.0a the denial is found out here.
        Failure::Refused(Refusal::AccessDenied) => at(Step::Agreed)(failure),
        failure => at(Step::Token)(failure),
    })?;
    let user = application.access(&grant.access_token).and_then(|access| {
        timed(app, registration, || open.question().user(&access, registration.ado_org_name.as_deref()))
    });
    match user {
        Ok(user) => {
            log::info!("{request} {}: the provider gave a token", registration.oauth_client);
            Ok((grant, user.name))
        }
        Err(failure) => {
            give_up(app, request, registration, application, &open, &grant);
            Err(at(Step::Works)(failure))
        }
    }
}

/// Asks the provider to forget a token that is not stored. What it answers changes nothing.
fn give_up(
    app: &App,
    request: &str,
    registration: &Registration,
    application: &OpenedApplication,
    open: &Open,
    grant: &Grant,
) {
    let about = format!("{request} {}", registration.oauth_client);
    let revoked = application
        .shown()
        .and_then(|application| timed(app, registration, || open.question().revoke(&application, &grant.access_token)));
    match revoked {
        Ok(Revocation::Revoked) => log::info!("{about}: the provider revoked the token of a failed connection"),
        Ok(Revocation::NotOffered) => {
            log::warn!("{about}: the provider cannot be told to revoke the token of a failed connection");
        }
        Err(failure) => log::warn!("{about}: the provider did not revoke the token of a failed connection: {failure}"),
    }
}

/// RFC 9207: the answer has to be from the provider that the browser was sent to. Paths of issuers are not published by most providers,
/// so that the origin is what is compared.
fn check_issuer(issuer: &str, sent_to: &Url) -> std::result::Result<(), (Step, Cause)> {
    let is_same = Url::parse(issuer).is_ok_and(|issuer| issuer.origin() == sent_to.origin());
    if is_same { Ok(()) } else { Err((Step::Recognized, Cause::OtherIssuer)) }
}

impl Connected {
    /// Sealed for the client's token, and for a new one should there be none.
    pub fn sealed(&self, app: &App, client: &OAuthClient) -> Result<SealedGrant> {
        let sealed = |id: OAuthTokenId| -> Result<_> {
            let sealed = renew::sealed(app, &id, &client.organization_id, &self.grant)?;
            Ok((id, sealed))
        };
        Ok(SealedGrant {
            replaced: client.oauth_token.clone().map(sealed).transpose()?,
            new: sealed(OAuthTokenId::generate(&app.sources))?,
            user: self.user.clone(),
        })
    }

    /// For a token that could not be stored, or may not be any more. To be called while the worker's slot is left.
    pub fn abandon(&self, app: &App, request: &str, registration: &Registration) {
        match open(app, registration) {
            Ok(open) => give_up(app, request, registration, &self.application, &open, &self.grant),
            Err(failure) => {
                let client = &registration.oauth_client;
                log::warn!(
                    "{request} {client}: the provider was not asked to revoke the token of a failed connection: {failure}"
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuers_are_compared_by_their_origin() {
        let sent_to = Url::parse("https://gitlab.example.com/oauth/authorize?client_id=a").unwrap();
        for own in ["https://gitlab.example.com", "https://gitlab.example.com:443/x"] {
            assert!(check_issuer(own, &sent_to).is_ok(), "{own}");
        }
        for other in
            ["", "x", "https://gitlab.example.org", "http://gitlab.example.com", "https://gitlab.example.com:8443"]
        {
            assert!(matches!(check_issuer(other, &sent_to), Err((Step::Recognized, Cause::OtherIssuer))), "{other}");
        }
    }
}

//! OAuth 1.0a (RFC 5849) with RSA-SHA1, for Bitbucket Server and Data Center. The protocol prescribes SHA-1; nothing
//! else in Bowline uses it.

pub mod keys;
mod signature;

use url::{Url, form_urlencoded};

pub(super) use signature::Signer;

use super::Secret;
use super::endpoints::{below, with_query};
use super::failure::{Failure, Refusal, Result};
use super::oauth2::{later, token};
use super::outbound::{Answer, Session};
use super::provider::{Application, Authorization, Callback, Grant, Held};

/// The three legs, below the base of the servlets.
pub(super) struct OAuth1<'a> {
    pub session: &'a Session<'a>,
    pub base: &'a Url,
}

impl OAuth1<'_> {
    /// Leg one: a request token, which the browser takes to the provider.
    pub fn authorize(&self, application: &Application) -> Result<Authorization> {
        let signer = Signer::new(self.session.outbound(), application, None)?;
        let answer = self.ask("request-token", &signer, &[("oauth_callback", application.redirect_uri)])?;
        // A server without it speaks OAuth 1.0, which has a session fixation.
        if answer.is_confirmed.as_deref() != Some("true") {
            return Err(Failure::Malformed("it lacks oauth_callback_confirmed=true"));
        }
        let request_token = answer.token()?;
        let page = below(self.base, &["plugins", "servlet", "oauth", "authorize"])?;
        let url = with_query(page, &[("oauth_token", request_token.reveal())]);
        Ok(Authorization { url, request_token: Some(request_token) })
    }

    /// Leg three.
    pub fn exchange(&self, application: &Application, callback: &Callback) -> Result<Grant> {
        let Callback::OAuth1 { request_token, verifier } = *callback else {
            return Err(Failure::NotOffered("OAuth 2.0"));
        };
        if verifier == "denied" {
            return Err(Failure::Refused(Refusal::AccessDenied));
        }
        let signer = Signer::new(self.session.outbound(), application, Some(request_token))?;
        self.grant(self.ask("access-token", &signer, &[("oauth_verifier", verifier)])?)
    }

    pub fn refresh(&self, application: &Application, held: &Held) -> Result<Grant> {
        let signer = Signer::new(self.session.outbound(), application, Some(held.access_token.reveal()))?;
        let handle = held.refresh_token.reveal();
        let mut grant = self.grant(self.ask("access-token", &signer, &[("oauth_session_handle", handle)])?)?;
        grant.refresh_token.get_or_insert_with(|| Secret::new(handle.to_owned()));
        Ok(grant)
    }

    fn ask(&self, leg: &str, signer: &Signer, parameters: &[(&str, &str)]) -> Result<TokenAnswer> {
        let url = below(self.base, &["plugins", "servlet", "oauth", leg])?;
        let headers = vec![("authorization", signer.header("POST", &url, parameters)?)];
        let answer = self.session.post_form(&url, headers, &[])?;
        if let Some(refusal) = problem(&answer) {
            return Err(Failure::Refused(refusal));
        }
        match answer.check() {
            Ok(()) => TokenAnswer::read(answer.body()),
            Err(Failure::Unauthorized) => Err(Failure::Refused(Refusal::Client)),
            Err(Failure::NotFound | Failure::Forbidden) => Err(Failure::Status(answer.status())),
            Err(failure) => Err(failure),
        }
    }

    fn grant(&self, answer: TokenAnswer) -> Result<Grant> {
        let access_token = answer.token()?;
        let lifetime_s = answer.expires_in.and_then(|text| text.parse::<i64>().ok()).filter(|&seconds| seconds > 0);
        Ok(Grant {
            access_token,
            refresh_token: token(answer.session_handle)?,
            expires_at: lifetime_s.map(|seconds| later(self.session.outbound().now(), seconds)),
            scope: None,
        })
    }
}

/// `oauth_problem` of an answer that refuses: in `WWW-Authenticate` or in the body. Other servers of OAuth 1.0a call
/// it `error`.
pub(super) fn problem(answer: &Answer) -> Option<Refusal> {
    if answer.status() < 400 {
        return None;
    }
    let field = answer.header("www-authenticate").unwrap_or_default();
    let in_field = field.split([',', ' ']).find_map(|parameter| {
        let value = parameter.trim().strip_prefix("oauth_problem=")?;
        Some(value.trim_matches('"').to_owned())
    });
    let code = in_field.or_else(|| {
        let mut pairs = form_urlencoded::parse(answer.body());
        pairs.find(|(name, _)| name == "oauth_problem" || name == "error").map(|(_, value)| value.into_owned())
    })?;
    Some(Refusal::from_code(&code))
}

/// Whether it has a token, for the fuzzer.
#[cfg(any(test, fuzzing))]
pub(super) fn read_tokens(answer: &Answer) -> Result<Secret> {
    TokenAnswer::read(answer.body())?.token()
}

#[derive(Default)]
struct TokenAnswer {
    token: Option<String>,
    is_confirmed: Option<String>,
    expires_in: Option<String>,
    session_handle: Option<String>,
}

impl TokenAnswer {
    fn read(body: &[u8]) -> Result<TokenAnswer> {
        let mut answer = TokenAnswer::default();
        for (name, value) in form_urlencoded::parse(body) {
            let member = match &*name {
                "oauth_token" => &mut answer.token,
                "oauth_callback_confirmed" => &mut answer.is_confirmed,
                "oauth_expires_in" => &mut answer.expires_in,
                "oauth_session_handle" => &mut answer.session_handle,
                // Its secret takes no part in a signature with RSA.
                _ => continue,
            };
            if member.replace(value.into_owned()).is_some() {
                return Err(Failure::Malformed("a member of it is there twice"));
            }
        }
        Ok(answer)
    }

    fn token(&self) -> Result<Secret> {
        token(self.token.clone())?.ok_or(Failure::Malformed("it has no oauth_token"))
    }
}

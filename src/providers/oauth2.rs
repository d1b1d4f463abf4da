//! OAuth 2.0 (RFC 6749) with PKCE (RFC 7636), and the deviations of providers.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

use super::endpoints::with_query;
use super::failure::{Failure, Refusal, Result};
use super::outbound::{Answer, Headers, Outbound};
use super::provider::{Application, Authorization, Callback, Flow, Grant, Held};
use super::{Secret, Timestamp, text};

/// RFC 7636 §4.1, of `[A-Za-z0-9-._~]`.
pub const MIN_VERIFIER_CHARACTERS: usize = 43;
pub const MAX_VERIFIER_CHARACTERS: usize = 128;
/// A token of Entra ID has some 2 KiB.
const MAX_TOKEN_BYTES: usize = 16 * 1024;
const MAX_LIFETIME_S: i64 = 10 * 365 * 24 * 60 * 60;

/// S256 of a PKCE verifier.
pub fn code_challenge(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

pub(super) enum ClientAuthentication {
    InBody,
    Basic,
}

/// A provider's OAuth 2.0 endpoints and habits.
pub(super) struct OAuth2 {
    pub authorize: Url,
    pub token: Url,
    pub scope: Option<&'static str>,
    /// Whether the provider is known to take `code_challenge`.
    pub has_pkce: bool,
    pub authentication: ClientAuthentication,
    /// The lifetime of a token whose answer names none, in seconds.
    pub usual_lifetime_s: Option<i64>,
}

impl OAuth2 {
    pub fn authorization(&self, application: &Application, flow: &Flow) -> Authorization {
        let mut pairs = vec![
            ("client_id", application.key),
            ("redirect_uri", application.redirect_uri),
            ("response_type", "code"),
            ("state", flow.state),
        ];
        if let Some(scope) = self.scope {
            pairs.push(("scope", scope));
        }
        let challenge = code_challenge(flow.verifier);
        if self.has_pkce {
            pairs.extend([("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")]);
        }
        Authorization { url: with_query(self.authorize.clone(), &pairs), request_token: None }
    }

    pub fn exchange(&self, outbound: &Outbound, application: &Application, callback: &Callback) -> Result<Grant> {
        let Callback::Code { code, verifier } = *callback else {
            return Err(Failure::NotOffered("OAuth 1.0a"));
        };
        let mut fields =
            vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", application.redirect_uri)];
        if self.has_pkce {
            fields.push(("code_verifier", verifier));
        }
        self.read(&self.ask(outbound, application, fields)?)
    }

    pub fn refresh(&self, outbound: &Outbound, application: &Application, held: &Held) -> Result<Grant> {
        let old = held.refresh_token.reveal();
        let fields =
            vec![("grant_type", "refresh_token"), ("refresh_token", old), ("redirect_uri", application.redirect_uri)];
        let answer = self.ask(outbound, application, fields)?;
        let mut grant = self.read(&answer).map_err(|failure| of_refresh(&answer, failure))?;
        // RFC 6749 §6: without a new one the old one stays.
        grant.refresh_token.get_or_insert_with(|| Secret::new(old.to_owned()));
        Ok(grant)
    }

    fn ask<'a>(
        &self,
        outbound: &Outbound,
        application: &Application<'a>,
        mut fields: Vec<(&'a str, &'a str)>,
    ) -> Result<Answer> {
        let mut headers: Headers = vec![("accept", "application/json".to_owned())];
        match self.authentication {
            ClientAuthentication::InBody => {
                fields.extend([("client_id", application.key), ("client_secret", application.secret.reveal())])
            }
            ClientAuthentication::Basic => headers.push(("authorization", basic(application))),
        }
        outbound.session().post_form(&self.token, headers, &fields)
    }

    fn read(&self, answer: &Answer) -> Result<Grant> {
        read_grant(answer, self.usual_lifetime_s)
    }
}

/// Gitea says `unauthorized_client` of a refresh token that was used before or has expired. In the standard it means that the
/// application may not refresh at all. A person has to connect again in both cases.
fn of_refresh(answer: &Answer, failure: Failure) -> Failure {
    let code = read(answer).ok().and_then(|document| document.error);
    if code.as_deref() == Some("unauthorized_client") { Failure::Refused(Refusal::Grant) } else { failure }
}

/// `Authorization: Basic` of an application.
pub(super) fn basic(application: &Application) -> String {
    basic_of(application.key, application.secret)
}

pub(super) fn basic_of(user: &str, password: &Secret) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{}", password.reveal())))
}

pub(super) fn bearer(token: &Secret) -> String {
    format!("Bearer {}", token.reveal())
}

/// A token answer, as JSON or as a form. Members twice are an error in both.
#[derive(Default, Deserialize)]
struct TokenAnswer {
    access_token: Option<String>,
    token_type: Option<String>,
    refresh_token: Option<String>,
    // Whatever these are must not cost the token.
    expires_in: Option<Value>,
    scope: Option<Value>,
    /// Bitbucket Cloud's former name for it.
    scopes: Option<Value>,
    error: Option<String>,
}

pub(super) fn read_grant(answer: &Answer, usual_lifetime_s: Option<i64>) -> Result<Grant> {
    let document = match read(answer) {
        Ok(document) => document,
        // Of an HTML page, only the status is of use.
        Err(failure) => return Err(status_of_a_refusal(answer).unwrap_or(failure)),
    };
    // GitHub refuses with status 200.
    if let Some(code) = document.error.filter(|code| !code.is_empty()) {
        return Err(match answer.check() {
            Err(limited @ Failure::RateLimited { .. }) => limited,
            _ => Failure::Refused(Refusal::from_code(&code)),
        });
    }
    if let Some(failure) = status_of_a_refusal(answer) {
        return Err(failure);
    }
    let access_token = token(document.access_token)?.ok_or(Failure::Malformed("it has no access_token"))?;
    if document.token_type.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err(Failure::Malformed("its token_type is not bearer"));
    }
    let told = document.expires_in.as_ref().and_then(seconds);
    let lifetime_s = told.filter(|&seconds| seconds > 0).or(usual_lifetime_s);
    let scope = document.scope.or(document.scopes).as_ref().and_then(scope);
    Ok(Grant {
        access_token,
        refresh_token: token(document.refresh_token)?,
        expires_at: lifetime_s.map(|seconds| later(answer.received(), seconds)),
        scope: scope.and_then(|scope| text::name(&scope)),
    })
}

/// Parts of a second do not count; what does not fit is bounded by [`later`].
fn seconds(told: &Value) -> Option<i64> {
    match told {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds as i64)),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Text, or a list of texts.
fn scope(told: &Value) -> Option<String> {
    match told {
        Value::String(text) => Some(text.clone()),
        Value::Array(list) => Some(list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")),
        _ => None,
    }
}

/// What a token endpoint's status says. It means the application, never a token, so that 401 is another thing here.
fn status_of_a_refusal(answer: &Answer) -> Option<Failure> {
    match answer.check() {
        Ok(()) => None,
        Err(Failure::Unauthorized) => Some(Failure::Refused(Refusal::Client)),
        Err(Failure::Forbidden | Failure::SingleSignOn | Failure::NotFound) => Some(Failure::Status(answer.status())),
        Err(failure) => Some(failure),
    }
}

fn read(answer: &Answer) -> Result<TokenAnswer> {
    if answer.is_json() {
        return answer.document();
    }
    let media_type = answer.header("content-type").unwrap_or_default().to_ascii_lowercase();
    let is_form = media_type.starts_with("application/x-www-form-urlencoded") || media_type.starts_with("text/plain");
    if is_form { read_form(answer.body()) } else { Err(Failure::NotJson) }
}

fn read_form(body: &[u8]) -> Result<TokenAnswer> {
    let mut answer = TokenAnswer::default();
    for (name, value) in form_urlencoded::parse(body) {
        let value = value.into_owned();
        let twice = match &*name {
            "access_token" => answer.access_token.replace(value).is_some(),
            "token_type" => answer.token_type.replace(value).is_some(),
            "refresh_token" => answer.refresh_token.replace(value).is_some(),
            "expires_in" => answer.expires_in.replace(Value::String(value)).is_some(),
            "scope" => answer.scope.replace(Value::String(value)).is_some(),
            "error" => answer.error.replace(value).is_some(),
            _ => false,
        };
        if twice {
            return Err(Failure::Malformed("a member of it is there twice"));
        }
    }
    Ok(answer)
}

/// A token has to fit into a header field. One that does not is refused before it is stored.
pub(super) fn token(text: Option<String>) -> Result<Option<Secret>> {
    let Some(token) = text.filter(|text| !text.is_empty()).map(Secret::new) else { return Ok(None) };
    let is_usable = token.reveal().len() <= MAX_TOKEN_BYTES && token.reveal().bytes().all(|b| b.is_ascii_graphic());
    if is_usable { Ok(Some(token)) } else { Err(Failure::Malformed("a token in it has characters that no token has")) }
}

pub(super) fn later(now: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_milliseconds(now.milliseconds() + seconds.clamp(0, MAX_LIFETIME_S) * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(code_challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn tokens_that_break_a_header_are_refused() {
        for text in ["a\r\nX-Evil: 1", "a b", "a\tb", "é", "a\0"] {
            assert!(token(Some(text.to_owned())).is_err(), "{text:?}");
        }
        assert!(token(Some("x".repeat(MAX_TOKEN_BYTES + 1))).is_err());
        assert!(matches!(token(Some(String::new())), Ok(None)));
        assert!(matches!(token(Some("gho_x-._~+/=".to_owned())), Ok(Some(_))));
    }
}

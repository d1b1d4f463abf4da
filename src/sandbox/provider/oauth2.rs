//! OAuth 2.0 as far as the kinds that speak it have it in common: the authorize page, codes, PKCE, refresh tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use url::Url;

use super::asked::{self, Asked};
use super::catalogue::User;
use super::faults::Fault;
use super::tokens::{Grant, Issued};
use super::{DemoProvider, answers, page};
use crate::http::reply::Reply;
use crate::http::request::Method;

/// Of a parameter of the authorize page: what is kept has to be small.
const MOST_BYTES: usize = 4096;

/// Why a token endpoint gives no token. Each kind has its own words for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    Request(&'static str),
    Client,
    GrantType,
    /// The code or refresh token.
    Grant,
    RedirectUri,
    Verifier,
}

impl Denied {
    /// Status, `error` and `error_description` of RFC 6749, section 5.2.
    pub fn standard(self) -> (u16, &'static str, &'static str) {
        match self {
            Denied::Request(why) => (400, "invalid_request", why),
            Denied::Client => (401, "invalid_client", "The client id or the client secret is wrong."),
            Denied::GrantType => (400, "unsupported_grant_type", "The grant type is not supported."),
            Denied::Grant => (
                400,
                "invalid_grant",
                "The code or refresh token is unknown, used, expired, revoked or another client's.",
            ),
            Denied::RedirectUri => {
                (400, "invalid_grant", "redirect_uri differs from the one in the authorization request.")
            }
            Denied::Verifier => (400, "invalid_grant", "code_verifier does not match code_challenge."),
        }
    }
}

/// What a client asks a person for.
struct Authorization {
    client_id: String,
    redirect_uri: Url,
    /// As it came: at the token endpoint it has to be the same text.
    redirect_uri_text: String,
    state: Option<String>,
    scope: String,
    challenge: Option<String>,
}

/// `GET` shows the page, `POST` is the person's decision.
pub fn authorize(provider: &DemoProvider, asked: &Asked<'_>) -> Reply {
    let authorization = match Authorization::read(asked) {
        Ok(authorization) => authorization,
        Err(why) => return page::problem(400, why),
    };
    let answer = |pairs: &[(&str, &str)]| answers::redirect(302, authorization.location(pairs));
    if let Some((error, description)) = problem(asked, &authorization) {
        return answer(&[("error", error), ("error_description", description)]);
    }
    match asked.method() {
        Method::Get => page::consent(&page::Consent {
            kind: asked.kind,
            action: &asked.own_path(),
            client: &authorization.client_id,
            scope: &authorization.scope,
            destination: &authorization.redirect_uri.origin().ascii_serialization(),
            hidden: &authorization.fields(asked),
        }),
        Method::Post if asked::comes_from_elsewhere(asked.request, &provider.origin) => {
            page::problem(403, "The form comes from another site.")
        }
        Method::Post => match (asked.field("decision"), asked.field("user").and_then(User::named)) {
            (Some("deny"), _) => {
                answer(&[("error", "access_denied"), ("error_description", "The user denied the request.")])
            }
            (Some("allow"), Some(user)) => {
                let grant = Grant {
                    kind: asked.kind,
                    client_id: authorization.client_id.clone(),
                    redirect_uri: authorization.redirect_uri_text.clone(),
                    user,
                    scope: authorization.scope.clone(),
                };
                let (challenge, now_ms) = (authorization.challenge.clone(), provider.now_ms());
                let code = provider.state().tokens.add_code(grant, challenge, now_ms, &*provider.outside);
                answer(&[("code", &code)])
            }
            _ => page::problem(400, "The form does not say which user allows, or that the request is denied."),
        },
        _ => answers::plain(405, "Only GET and POST are supported.\n"),
    }
}

/// What is wrong with a request whose answer may be sent to its redirect URI.
fn problem(asked: &Asked<'_>, authorization: &Authorization) -> Option<(&'static str, &'static str)> {
    if asked.parameter("response_type").is_some_and(|kind| kind != "code") {
        return Some(("unsupported_response_type", "response_type must be code."));
    }
    if asked.parameter("response_mode").is_some_and(|mode| mode != "query") {
        return Some(("invalid_request", "response_mode must be query."));
    }
    let method = asked.parameter("code_challenge_method");
    let is_challenge =
        |text: &String| text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    match &authorization.challenge {
        Some(_) if method != Some("S256") => Some(("invalid_request", "code_challenge_method must be S256.")),
        Some(challenge) if !is_challenge(challenge) => {
            Some(("invalid_request", "code_challenge must have 43 characters."))
        }
        None if method.is_some() => Some(("invalid_request", "code_challenge is missing.")),
        _ => None,
    }
}

impl Authorization {
    /// What is wrong here is told to the person: there is no client that could be told.
    fn read(asked: &Asked<'_>) -> Result<Authorization, &'static str> {
        if asked.repeats_a_parameter() {
            return Err("Duplicate parameter.");
        }
        if asked.request.query.iter().chain(&asked.form).any(|(_, value)| value.len() > MOST_BYTES) {
            return Err("A parameter is longer than 4096 bytes.");
        }
        let present = |name| asked.parameter(name).filter(|text| !text.is_empty()).map(str::to_owned);
        let client_id = present("client_id").ok_or("client_id is missing.")?;
        if !is_registered(&client_id) {
            return Err("No application is registered with this client_id.");
        }
        let redirect_uri_text = present("redirect_uri").ok_or("redirect_uri is missing.")?;
        let redirect_uri = destination(&redirect_uri_text).ok_or("redirect_uri is not an http or https URL.")?;
        Ok(Authorization {
            client_id,
            redirect_uri,
            redirect_uri_text,
            state: present("state"),
            scope: present("scope").unwrap_or_default(),
            challenge: present("code_challenge"),
        })
    }

    fn location(&self, pairs: &[(&str, &str)]) -> String {
        let mut url = self.redirect_uri.clone();
        url.query_pairs_mut().extend_pairs(pairs).extend_pairs(self.state.iter().map(|state| ("state", state)));
        url.into()
    }

    /// The same request again, for the form.
    fn fields<'a>(&'a self, asked: &Asked<'_>) -> Vec<(&'static str, &'a str)> {
        let mut fields = vec![("client_id", &*self.client_id), ("redirect_uri", &*self.redirect_uri_text)];
        fields.push(("scope", &self.scope));
        fields.extend(self.state.as_deref().map(|state| ("state", state)));
        fields.extend(self.challenge.as_deref().map(|challenge| ("code_challenge", challenge)));
        // `problem` has looked at these.
        fields.extend(self.challenge.is_some().then_some(("code_challenge_method", "S256")));
        fields.extend(asked.parameter("response_type").map(|_| ("response_type", "code")));
        fields
    }
}

/// Where a browser may be sent back to.
pub fn destination(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_plain = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    (is_plain && url.fragment().is_none()).then_some(url)
}

/// No application is registered beforehand; a client id that begins with `unknown` stands for one that is not.
fn is_registered(client_id: &str) -> bool {
    !client_id.is_empty() && !client_id.starts_with("unknown")
}

/// Any secret is right but an empty one and one that begins with `wrong`.
pub fn client(id: Option<&str>, secret: Option<&str>) -> Result<String, Denied> {
    let id = id.filter(|id| is_registered(id)).ok_or(Denied::Client)?;
    secret.filter(|secret| !secret.is_empty() && !secret.starts_with("wrong")).ok_or(Denied::Client)?;
    Ok(id.to_owned())
}

/// The token endpoint, for a client that is who it says.
pub fn token(
    provider: &DemoProvider,
    asked: &Asked<'_>,
    client_id: &str,
    needs_redirect_uri: bool,
) -> Result<Issued, Denied> {
    match asked.field("grant_type") {
        Some("authorization_code") => code(provider, asked, client_id, needs_redirect_uri),
        Some("refresh_token") => refresh(provider, asked, client_id),
        Some(_) => Err(Denied::GrantType),
        None => Err(Denied::Request("grant_type is missing.")),
    }
}

pub fn code(
    provider: &DemoProvider,
    asked: &Asked<'_>,
    client_id: &str,
    needs_redirect_uri: bool,
) -> Result<Issued, Denied> {
    let text = single(asked, "code")?;
    let now_ms = provider.now_ms();
    let mut state = provider.state();
    let code = state.tokens.take_code(asked.kind, client_id, text, now_ms).ok_or(Denied::Grant)?;
    match asked.field("redirect_uri") {
        Some(given) if given != code.grant.redirect_uri => return Err(Denied::RedirectUri),
        None if needs_redirect_uri => return Err(Denied::Request("redirect_uri is missing.")),
        _ => {}
    }
    if !fits(code.challenge.as_deref(), asked.field("code_verifier")) {
        return Err(Denied::Verifier);
    }
    Ok(state.tokens.issue(code.grant, now_ms, &*provider.outside))
}

fn refresh(provider: &DemoProvider, asked: &Asked<'_>, client_id: &str) -> Result<Issued, Denied> {
    let text = single(asked, "refresh_token")?;
    let now_ms = provider.now_ms();
    let mut state = provider.state();
    if state.faults.is_set(asked.kind, Fault::Revoked) {
        return Err(Denied::Grant);
    }
    state.tokens.refresh(asked.kind, client_id, text, now_ms, &*provider.outside).ok_or(Denied::Grant)
}

/// A member of a body in which no parameter is there twice.
fn single<'a>(asked: &'a Asked<'_>, name: &str) -> Result<&'a str, Denied> {
    if asked.repeats_a_parameter() {
        return Err(Denied::Request("Duplicate parameter."));
    }
    asked.field(name).ok_or(Denied::Request("The code or refresh token is missing."))
}

/// RFC 7636; a verifier without a challenge is refused too (RFC 9700, section 4.8.2).
fn fits(challenge: Option<&str>, verifier: Option<&str>) -> bool {
    match (challenge, verifier) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == challenge,
        _ => false,
    }
}

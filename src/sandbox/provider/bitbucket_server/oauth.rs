//! The three legs of OAuth 1.0a (RFC 5849), and signed calls. What is wrong is said as `oauth_problem`.

use std::collections::VecDeque;

use super::super::asked::{self, Asked};
use super::super::catalogue::User;
use super::super::faults::Fault;
use super::super::oauth2::destination;
use super::super::tokens::{CODE_LIFETIME_MS, Grant, Presented, Refusal};
use super::super::{Caller, DemoProvider, answers, page};
use super::signature;
use crate::domain::oauth::service_provider::ServiceProvider;
use crate::http::reply::Reply;
use crate::http::request::Method;

const MOST_REQUEST_TOKENS: usize = 256;
const MOST_NONCES: usize = 4096;
const MOST_NONCE_BYTES: usize = 128;
/// How far a client's clock may be off.
const CLOCK_SKEW_MS: i64 = 5 * 60 * 1000;

/// What is going on between a request token and an access token, and the nonces that were used.
#[derive(Default)]
pub struct Handshakes {
    request_tokens: VecDeque<RequestToken>,
    nonces: VecDeque<(ServiceProvider, String)>,
}

struct RequestToken {
    kind: ServiceProvider,
    text: String,
    consumer_key: String,
    callback: String,
    decision: Decision,
    expires_ms: i64,
}

enum Decision {
    Open,
    Denied,
    Allowed { user: &'static User, verifier: String },
}

impl Handshakes {
    fn find(&mut self, kind: ServiceProvider, text: &str, now_ms: i64) -> Option<&mut RequestToken> {
        self.request_tokens.iter_mut().find(|t| t.kind == kind && t.text == text && now_ms < t.expires_ms)
    }

    fn take(&mut self, kind: ServiceProvider, text: &str) {
        self.request_tokens.retain(|token| token.kind != kind || token.text != text);
    }

    /// `false` where it was used before.
    fn use_nonce(&mut self, kind: ServiceProvider, nonce: String) -> bool {
        let used = (kind, nonce);
        if self.nonces.contains(&used) {
            return false;
        }
        if self.nonces.len() == MOST_NONCES {
            self.nonces.pop_front();
        }
        self.nonces.push_back(used);
        true
    }
}

/// A request whose signature is right.
struct Signed {
    consumer_key: String,
    parameters: Vec<(String, String)>,
}

impl Signed {
    fn parameter(&self, name: &str) -> Option<&str> {
        value(&self.parameters, name)
    }
}

fn value<'a>(parameters: &'a [(String, String)], name: &str) -> Option<&'a str> {
    parameters.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
}

/// `Err` is the value of `oauth_problem`.
fn verify(provider: &DemoProvider, asked: &Asked<'_>) -> Result<Signed, &'static str> {
    let header = asked.authorization("OAuth").ok_or("parameter_absent")?;
    let parameters = signature::parameters(header).ok_or("parameter_rejected")?;
    let required = |name| value(&parameters, name).filter(|text| !text.is_empty()).ok_or("parameter_absent");
    let consumer_key = required("oauth_consumer_key")?;
    let (timestamp, nonce) = (required("oauth_timestamp")?, required("oauth_nonce")?);
    if nonce.len() > MOST_NONCE_BYTES {
        return Err("parameter_rejected");
    }
    if required("oauth_signature_method")? != "RSA-SHA1" {
        return Err("signature_method_rejected");
    }
    if value(&parameters, "oauth_version").is_some_and(|version| version != "1.0") {
        return Err("version_rejected");
    }
    let pem = provider.outside.public_key_of(consumer_key).ok_or("consumer_key_unknown")?;
    let key = signature::public_key(&pem).ok_or("consumer_key_rejected")?;
    let seconds: i64 = timestamp.parse().map_err(|_| "timestamp_refused")?;
    let now_ms = provider.now_ms();
    if seconds.checked_mul(1000).is_none_or(|given| given.abs_diff(now_ms) > CLOCK_SKEW_MS.unsigned_abs()) {
        return Err("timestamp_refused");
    }
    let base_string = signature::base_string(&provider.origin, asked, &parameters);
    if !signature::is_valid(&key, &base_string, required("oauth_signature")?) {
        return Err("signature_invalid");
    }
    let nonce = format!("{consumer_key} {timestamp} {nonce}");
    if !provider.state().handshakes.use_nonce(asked.kind, nonce) {
        return Err("nonce_used");
    }
    Ok(Signed { consumer_key: consumer_key.to_owned(), parameters })
}

fn problem(provider: &DemoProvider, asked: &Asked<'_>, problem: &'static str) -> Reply {
    let realm = provider.base(asked.kind);
    answers::form(401, &[("oauth_problem", problem)])
        .with_header("WWW-Authenticate", format!("OAuth realm=\"{realm}\", oauth_problem=\"{problem}\""))
}

pub fn request_token(provider: &DemoProvider, asked: &Asked<'_>) -> Reply {
    let signed = match verify(provider, asked) {
        Ok(signed) => signed,
        Err(why) => return problem(provider, asked, why),
    };
    let Some(callback) = signed.parameter("oauth_callback") else {
        return problem(provider, asked, "parameter_absent");
    };
    if destination(callback).is_none() {
        return problem(provider, asked, "parameter_rejected");
    }
    let outside = &*provider.outside;
    let (text, secret) = (outside.hex(32), outside.hex(32));
    let token = RequestToken {
        kind: asked.kind,
        text: text.clone(),
        callback: callback.to_owned(),
        consumer_key: signed.consumer_key,
        decision: Decision::Open,
        expires_ms: provider.now_ms() + CODE_LIFETIME_MS,
    };
    let mut state = provider.state();
    let tokens = &mut state.handshakes.request_tokens;
    if tokens.len() == MOST_REQUEST_TOKENS {
        tokens.pop_front();
    }
    tokens.push_back(token);
    answers::form(200, &[("oauth_token", &text), ("oauth_token_secret", &secret), ("oauth_callback_confirmed", "true")])
}

/// `GET` shows the page, `POST` is the person's decision.
pub fn authorize(provider: &DemoProvider, asked: &Asked<'_>) -> Reply {
    if asked.request.query.iter().filter(|(name, _)| name == "oauth_token").count() > 1 {
        return page::problem(400, "Duplicate parameter.");
    }
    let text = asked.parameter("oauth_token").unwrap_or("");
    let (now_ms, outside) = (provider.now_ms(), &*provider.outside);
    let mut state = provider.state();
    let token = state.handshakes.find(asked.kind, text, now_ms);
    // What was decided once stays decided.
    let open = token.filter(|token| matches!(token.decision, Decision::Open));
    let Some((token, mut url)) = open.and_then(|token| destination(&token.callback).map(|url| (token, url))) else {
        return page::problem(400, "The request token is unknown, used or expired.");
    };
    match asked.method() {
        Method::Get => {
            return page::consent(&page::Consent {
                kind: asked.kind,
                action: &asked.own_path(),
                client: &token.consumer_key,
                scope: "",
                destination: &url.origin().ascii_serialization(),
                hidden: &[("oauth_token", text)],
            });
        }
        Method::Post if asked::comes_from_elsewhere(asked.request, &provider.origin) => {
            return page::problem(403, "The form comes from another site.");
        }
        Method::Post => {}
        _ => return answers::plain(405, "Only GET and POST are supported.\n"),
    }
    let verifier = match (asked.field("decision"), asked.field("user").and_then(User::named)) {
        (Some("deny"), _) => {
            token.decision = Decision::Denied;
            "denied".to_owned()
        }
        (Some("allow"), Some(user)) => {
            let verifier = outside.hex(16);
            token.decision = Decision::Allowed { user, verifier: verifier.clone() };
            verifier
        }
        _ => return page::problem(400, "The form does not say which user allows, or that the request is denied."),
    };
    url.query_pairs_mut().append_pair("oauth_token", text).append_pair("oauth_verifier", &verifier);
    answers::redirect(302, String::from(url))
}

pub fn access_token(provider: &DemoProvider, asked: &Asked<'_>) -> Reply {
    match verify(provider, asked).and_then(|signed| exchange(provider, asked, &signed)) {
        Ok(reply) => reply,
        Err(why) => problem(provider, asked, why),
    }
}

/// A request token that is allowed becomes an access token; an access token is renewed by its session handle.
fn exchange(provider: &DemoProvider, asked: &Asked<'_>, signed: &Signed) -> Result<Reply, &'static str> {
    let text = signed.parameter("oauth_token").ok_or("parameter_absent")?;
    let (now_ms, outside) = (provider.now_ms(), &*provider.outside);
    let mut state = provider.state();
    let issued = if let Some(handle) = signed.parameter("oauth_session_handle") {
        if state.faults.is_set(asked.kind, Fault::Revoked) {
            return Err("token_rejected");
        }
        let tokens = &mut state.tokens;
        tokens.refresh(asked.kind, &signed.consumer_key, handle, now_ms, outside).ok_or("token_rejected")?
    } else {
        let token = state.handshakes.find(asked.kind, text, now_ms).ok_or("token_rejected")?;
        if token.consumer_key != signed.consumer_key {
            return Err("token_rejected");
        }
        let verifier = signed.parameter("oauth_verifier").ok_or("parameter_absent")?;
        let user = match &token.decision {
            Decision::Open => return Err("permission_unknown"),
            Decision::Denied => return Err("permission_denied"),
            Decision::Allowed { user, verifier: right } if verifier == right => *user,
            Decision::Allowed { .. } => return Err("token_rejected"),
        };
        let grant = Grant {
            kind: asked.kind,
            client_id: signed.consumer_key.clone(),
            redirect_uri: token.callback.clone(),
            user,
            scope: String::new(),
        };
        state.handshakes.take(asked.kind, text);
        state.tokens.issue(grant, now_ms, outside)
    };
    let (handle, lifetime) = (issued.refresh.unwrap_or_default(), issued.lifetime_s.unwrap_or_default().to_string());
    Ok(answers::form(
        200,
        &[
            ("oauth_token", &issued.access),
            ("oauth_token_secret", &outside.hex(32)),
            ("oauth_expires_in", &lifetime),
            ("oauth_session_handle", &handle),
            ("oauth_authorization_expires_in", &lifetime),
        ],
    ))
}

pub fn signed_caller(provider: &DemoProvider, asked: &Asked<'_>) -> Result<Caller, Reply> {
    let signed = verify(provider, asked).map_err(|why| problem(provider, asked, why))?;
    let token = signed.parameter("oauth_token").unwrap_or("");
    provider.caller(asked.kind, Presented::Signed(token)).map_err(|refusal| {
        let why = if refusal == Refusal::Expired { "token_expired" } else { "token_rejected" };
        problem(provider, asked, why)
    })
}

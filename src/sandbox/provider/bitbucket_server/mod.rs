//! Bitbucket Server and Data Center: OAuth 1.0a with RSA-SHA1, HTTP access tokens, and the REST API of version 1.0.

mod oauth;
mod rest;
pub(super) mod signature;

pub use self::oauth::Handshakes;
use super::asked::Asked;
use super::tokens::Presented;
use super::{Caller, DemoProvider, answers};
use crate::http::reply::Reply;
use crate::http::request::Method::{Get, Post};

pub fn answer(provider: &DemoProvider, asked: &Asked<'_>) -> Reply {
    match (asked.method(), &asked.path[..]) {
        (Post, ["plugins", "servlet", "oauth", "request-token"]) => oauth::request_token(provider, asked),
        (_, ["plugins", "servlet", "oauth", "authorize"]) => oauth::authorize(provider, asked),
        (Post, ["plugins", "servlet", "oauth", "access-token"]) => oauth::access_token(provider, asked),
        (Get, ["plugins", "servlet", "applinks", "whoami"]) => match caller(provider, asked) {
            Ok(caller) => user_header(answers::plain(200, caller.user.login), &caller),
            // Who says nothing is anonymous here, and gets an empty answer.
            Err(_) if asked.request.header("Authorization").is_none() => answers::plain(200, ""),
            Err(refused) => refused,
        },
        (Get, ["rest", "api", "1.0" | "latest", rest @ ..]) => match caller(provider, asked) {
            Ok(caller) => user_header(rest::answer(provider, asked, rest, &caller), &caller),
            Err(refused) => refused,
        },
        _ => rest::error(404, "The requested resource does not exist.", "NoSuchResourceException"),
    }
}

fn user_header(reply: Reply, caller: &Caller) -> Reply {
    reply.with_header("X-AUSERNAME", caller.user.login)
}

/// By a signature, or by an HTTP access token.
fn caller(provider: &DemoProvider, asked: &Asked<'_>) -> Result<Caller, Reply> {
    if asked.authorization("OAuth").is_some() {
        return oauth::signed_caller(provider, asked);
    }
    let password = asked.basic().map(|(_, password)| password);
    let presented =
        asked.authorization("Bearer").or(password.as_deref()).map_or(Presented::Nothing, Presented::Personal);
    provider.caller(asked.kind, presented).map_err(|_| {
        let text = "Authentication failed. Please check your credentials and try again.";
        rest::error(401, text, "auth.IncorrectPasswordAuthenticationException")
    })
}

//! `GET /ping`: the first request of most clients, with or without a token.

use crate::app::Cx;
use crate::domain::error::Result;
use crate::http::reply::Reply;

/// The version of the API as clients compare it; the Terraform CLI wants 2.5 at least.
const API_VERSION: &str = "2.5";

/// Nothing but headers. They tell which API answers; anything but the hosted service's own name counts as self-hosted.
/// Clients read here how much they may ask; where there is no limit, nothing is said of it.
pub fn show(cx: &Cx) -> Result<Reply> {
    let reply = Reply::no_content()
        .with_header("TFP-API-Version", API_VERSION)
        .with_header("TFP-AppName", "Terraform Enterprise");
    Ok(match cx.app.rate_limits.announced() {
        Some(limit) => reply.with_header("X-RateLimit-Limit", limit.to_string()),
        None => reply,
    })
}

/// `GET /api/v1/ping`, for clients that only test whether the server answers.
pub fn pong(_: &Cx) -> Result<Reply> {
    Ok(Reply::new(200).with_body("text/plain; charset=utf-8", b"pong".to_vec()))
}

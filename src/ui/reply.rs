//! Pages as replies, with what every page says to the browser.

use askama::Template;

use crate::app::{Cx, PublicUrl};
use crate::domain::error::{Error, Result};
use crate::http::reply::Reply;

/// Only the style sheet is loaded, forms go to this server alone, and no other site may show a page in a frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'; object-src 'none'";
const ONE_YEAR: &str = "max-age=31536000; includeSubDomains";

pub fn page(cx: &Cx, status: u16, page: &impl Template) -> Result<Reply> {
    let html = page.render().map_err(|e| Error::internal(format!("a page could not be rendered: {e}")))?;
    Ok(guarded(Reply::new(status).with_body("text/html; charset=utf-8", html.into_bytes()), &cx.app.public_url))
}

/// To another page of this server, by GET. `path` is made of encoded parts only.
pub fn redirect(cx: &Cx, path: impl Into<String>) -> Reply {
    guarded(Reply::new(303).with_header("Location", path.into()), &cx.app.public_url)
}

/// Adds the headers that guard a page.
pub fn guarded(reply: Reply, public_url: &PublicUrl) -> Reply {
    let reply = plainly_guarded(reply);
    if public_url.is_https() { reply.with_header("Strict-Transport-Security", ONE_YEAR) } else { reply }
}

/// For replies that know nothing of the server's address.
pub fn plainly_guarded(reply: Reply) -> Reply {
    reply
        .with_header("Content-Security-Policy", POLICY)
        .with_header("Referrer-Policy", "no-referrer")
        .with_header("Cross-Origin-Opener-Policy", "same-origin")
}

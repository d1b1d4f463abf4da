//! Pages as replies, with what every page says to the browser.

use askama::Template;

use crate::domain::error::{Error, Result};
use crate::http::reply::{Pieces, Reply};

/// Only the style sheet is loaded, forms go to this server alone, and no other site may show a page in a frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'; object-src 'none'";

pub fn page(status: u16, page: &impl Template) -> Result<Reply> {
    let mut html = Pieces::default();
    Template::write_into(page, &mut html).map_err(|e| Error::internal(format!("a page could not be rendered: {e}")))?;
    Ok(guarded(Reply::new(status).with_body("text/html; charset=utf-8", html)))
}

/// To another page of this server, by GET. `path` is made of encoded parts only.
pub fn redirect(path: impl Into<String>) -> Reply {
    guarded(Reply::new(303).with_header("Location", path.into()))
}

/// Adds the headers that guard a page.
pub fn guarded(reply: Reply) -> Reply {
    reply
        .with_header("Content-Security-Policy", POLICY)
        .with_header("Referrer-Policy", "no-referrer")
        .with_header("Cross-Origin-Opener-Policy", "same-origin")
}

//! Keeps other sites from sending forms in the name of a user. The one place that all forms pass.

use super::Cx;
use super::credential::{Identity, session_key};
use crate::domain::error::{Error, Kind, Result};
use crate::http::request::Method;
use crate::http::same_origin;

/// The field of every form of a session.
pub const FIELD: &str = "csrf";

/// Nothing to check where nothing is changed, and where a token is shown: browsers do not add those by themselves.
pub fn check(cx: &Cx) -> Result<()> {
    let identity = cx.identity();
    if cx.request.method == Method::Get || identity == Identity::Token {
        return Ok(());
    }
    if !same_origin::is_own(cx.request, &cx.app.public_url.origin()) {
        return Err(refused(
            "This form was not sent from a page of this server. Open the page again, under the address that the server is \
             configured for.",
        ));
    }
    let form = cx.form()?;
    if identity == Identity::Session {
        let key = session_key(cx.request, cx.app).ok_or_else(Error::signed_out)?;
        if !is_same(form.get(FIELD), &cx.app.vault.csrf_token(&key)) {
            return Err(refused("This form belongs to another session. Open the page again, and send the form again."));
        }
    }
    Ok(())
}

fn refused(detail: &str) -> Error {
    Error::new(Kind::Forbidden, detail)
}

/// Takes as long for every text of the right length.
fn is_same(given: &str, expected: &str) -> bool {
    let differences = given.bytes().zip(expected.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
    given.len() == expected.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn only_the_same_text_is_the_same() {
        assert!(is_same("abc", "abc"));
        for other in ["", "abd", "ab", "abcd", "Abc"] {
            assert!(!is_same(other, "abc"), "{other}");
        }
    }
}

//! Whether a body is declared as what it has to be.

use crate::api::jsonapi::document::MEDIA_TYPE;
use crate::domain::error::{Error, Kind, Result, Source};
use crate::http::request::Request;

/// JSON:API 1.1: no parameter but `profile` (and `ext`, of which none is supported) may follow the media type. Empty
/// parameters are none (RFC 9110, section 5.6.6).
pub fn require(request: &Request) -> Result<()> {
    let given = request.header("Content-Type").unwrap_or("");
    let mut is_quoted = false;
    let separates = |c: char| {
        is_quoted ^= c == '"';
        c == ';' && !is_quoted
    };
    let mut parts = given.split(separates).map(str::trim);
    let is_json_api = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case(MEDIA_TYPE));
    let is_profile = |part: &str| part.split_once('=').is_some_and(|(name, _)| name.eq_ignore_ascii_case("profile"));
    let knows_parameters = parts.all(|part| part.is_empty() || is_profile(part));
    if is_json_api && knows_parameters {
        return Ok(());
    }
    let mut error =
        Error::new(Kind::UnsupportedMediaType, format!("A request body must be {MEDIA_TYPE}, without parameters."));
    error.problems[0].source = Some(Source::Header("Content-Type"));
    Err(error)
}

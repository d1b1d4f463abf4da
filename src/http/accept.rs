//! Whether a caller takes what there is: one media type, without parameters.

use super::request::Request;
use crate::domain::error::{Error, Kind, Result, Source};

const JSON_API: &str = "application/vnd.api+json";

/// JSON:API 1.1: `NotAcceptable` where the Accept header names the media type and every time with parameters that are
/// not understood, which is all but `profile` and the weight. Without the media type in it, anything is accepted.
pub fn check(request: &Request) -> Result<()> {
    let Some(accept) = request.header("Accept").filter(|accept| accept.contains(';')) else { return Ok(()) };
    let mut is_named = false;
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        if !parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case(JSON_API)) {
            continue;
        }
        is_named = true;
        let name_of = |part: &str| part.split_once('=').map_or("", |(name, _)| name.trim()).to_ascii_lowercase();
        if parts.all(|part| part.is_empty() || matches!(name_of(part).as_str(), "q" | "profile")) {
            return Ok(());
        }
    }
    if !is_named {
        return Ok(());
    }
    let mut error = Error::new(Kind::NotAcceptable, format!("Answers are {JSON_API}, without parameters."));
    error.problems[0].source = Some(Source::Header("Accept"));
    Err(error)
}

/// Whether it is a browser that asks for a page: no client of the API asks for HTML.
pub fn takes_pages(request: &Request) -> bool {
    let accept = request.header("Accept").unwrap_or_default();
    accept.split(',').any(|range| range.split(';').next().is_some_and(|essence| essence.trim() == "text/html"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request::Method;

    fn accepted(accept: &str) -> bool {
        let headers = vec![("accept".to_owned(), accept.to_owned())];
        check(&Request::new(Method::Get, "/things", headers, vec![]).unwrap()).is_ok()
    }

    #[test]
    fn only_unknown_parameters_everywhere_are_refused() {
        for accept in [
            "application/vnd.api+json",
            "application/vnd.api+json; charset=utf-8, application/vnd.api+json",
            "application/vnd.api+json;q=0.9, application/json;charset=utf-8",
            "Application/Vnd.Api+Json; profile=\"https://x.test\"",
            "application/vnd.api+json;",
            "*/*;q=0.1",
            "text/html;level=1",
            "application/json; charset=utf-8",
            "",
        ] {
            assert!(accepted(accept), "{accept}");
        }
        for accept in [
            "application/vnd.api+json; charset=utf-8",
            "application/vnd.api+json; ext=\"https://x.test\"",
            "text/html, application/vnd.api+json;x=y;q=1, APPLICATION/VND.API+JSON;a",
        ] {
            assert!(!accepted(accept), "{accept}");
        }
        assert!(check(&Request::new(Method::Get, "/things", vec![], vec![]).unwrap()).is_ok());
    }
}

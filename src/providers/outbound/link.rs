//! Links in answers: the `Link` field, and where links may lead.

use url::Url;

use crate::providers::failure::{Failure, Result};

const MAX_LINK_BYTES: usize = 4096;

/// `link` as seen from `base`, if it leads to the same scheme, host and port.
pub(in crate::providers) fn same_origin(base: &Url, link: &str) -> Result<Url> {
    if link.len() > MAX_LINK_BYTES || link.chars().any(|c| c.is_control() || c == '\\') {
        return Err(Failure::Malformed("a link in it cannot be read"));
    }
    let mut next = base.join(link).map_err(|_| Failure::Malformed("a link in it cannot be read"))?;
    if next.origin() != base.origin() || !next.username().is_empty() || next.password().is_some() {
        return Err(Failure::ForeignLink);
    }
    next.set_fragment(None);
    Ok(next)
}

/// The target of `rel="next"` in a `Link` field. Some servers leave out the blank after a comma, some the quotes.
pub(super) fn next(field: &str) -> Option<&str> {
    let mut rest = field;
    loop {
        let start = rest.find('<')?;
        let end = start + rest[start..].find('>')?;
        let target = &rest[start + 1..end];
        let parameters = &rest[end + 1..];
        let own = parameters.find('<').map_or(parameters, |next_link| &parameters[..next_link]);
        let is_next = own.split([';', ',']).any(|parameter| {
            let parameter = parameter.trim();
            parameter.strip_prefix("rel=").is_some_and(|rel| rel.trim_matches('"').eq_ignore_ascii_case("next"))
        });
        if is_next {
            return Some(target);
        }
        rest = parameters;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_link_is_found_however_it_is_written() {
        for field in [
            r#"<https://api.test/user/repos?page=2>; rel="next", <https://api.test/user/repos?page=9>; rel="last""#,
            r#"<https://api.test/user/repos?page=1>; rel="prev",<https://api.test/user/repos?page=2>; rel="next""#,
            r#"<https://api.test/user/repos?page=2>;rel=next"#,
            r#"<https://api.test/user/repos?page=2>; title="a"; rel="NEXT""#,
        ] {
            assert_eq!(next(field), Some("https://api.test/user/repos?page=2"), "{field}");
        }
        for field in ["", "<", "<>", "next", r#"<https://api.test/?page=2>; rel="last""#, r#"https://a; rel="next""#] {
            assert_eq!(next(field), None, "{field}");
        }
    }

    #[test]
    fn links_stay_with_their_origin() {
        let base = Url::parse("https://api.test/v4/projects?page=1").unwrap();
        for link in ["https://api.test/v4/projects?page=2", "/v4/projects?page=2", "?page=2", "https://API.test:443/x"]
        {
            assert!(same_origin(&base, link).is_ok(), "{link}");
        }
        for link in [
            "http://api.test/v4/projects?page=2",
            "https://api.test:8443/v4",
            "https://evil.test/v4",
            "//evil.test/v4",
            "https://api.test@evil.test/",
            "https://user:pass@api.test/",
            "http://169.254.169.254/latest/meta-data/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "https://api.test\\@evil.test",
            "https://[",
            "https://api.test/\r\nx",
        ] {
            assert!(same_origin(&base, link).is_err(), "{link}");
        }
    }
}

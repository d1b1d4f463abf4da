//! The URLs of a VCS provider: checked with care, kept byte for byte.

use url::Url;

pub const MAX_URL_CHARACTERS: usize = 2048;
const NOT_ABSOLUTE: &str = "must be an absolute URL such as https://github.com";

/// Reads an absolute `http` or `https` URL without user information, query or fragment.
/// `Err` says what is wrong, in words that can follow the attribute's name.
pub fn provider_url(text: &str) -> Result<Url, &'static str> {
    if text.chars().count() > MAX_URL_CHARACTERS {
        return Err("must not be longer than 2048 characters");
    }
    // The parser would drop tabs and line ends, trim blanks and read `\` as `/`: what is stored and what is used
    // would differ.
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err("must not contain blanks, control characters or backslashes");
    }
    let Ok(url) = Url::parse(text) else {
        return Err(NOT_ABSOLUTE);
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must begin with https:// or http://");
    }
    // `https:github.com` parses, and means the same to the parser alone.
    let after_scheme = &text[url.scheme().len()..];
    if !after_scheme.starts_with("://") || after_scheme.starts_with(":///") || url.host_str().is_none_or(str::is_empty)
    {
        return Err(NOT_ABSOLUTE);
    }
    if !url.username().is_empty() || url.password().is_some() || authority(text).contains('@') {
        return Err("must not contain a user name or password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must not contain a query or a fragment");
    }
    if url.port() == Some(0) {
        return Err("must not name port 0");
    }
    Ok(url)
}

/// This server's public URL: as [`provider_url`], with an example of that kind, and without a path: routes, cookies
/// and links begin at the root of the host.
pub fn public_url(text: &str) -> Result<Url, &'static str> {
    let url = provider_url(text).map_err(|wrong| match wrong {
        NOT_ABSOLUTE => "must be an absolute URL such as https://bowline.example.com",
        other => other,
    })?;
    if text.splitn(4, '/').nth(3).is_some_and(|path| !path.is_empty()) {
        return Err(
            "must not contain a path: Bowline needs a host name of its own, such as https://bowline.example.com",
        );
    }
    Ok(url)
}

/// Whether a text can be followed as a link: an absolute `http` or `https` URL, with whatever behind its host.
/// `Err` as for [`provider_url`].
pub fn link(text: &str) -> Result<(), &'static str> {
    provider_url(text.split(['?', '#']).next().unwrap_or(""))?;
    if text.chars().count() > MAX_URL_CHARACTERS {
        return Err("must not be longer than 2048 characters");
    }
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err("must not contain blanks or control characters");
    }
    Ok(())
}

fn authority(text: &str) -> &str {
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_urls_pass() {
        for text in [
            "https://github.com",
            "https://api.github.com",
            "https://ghe.example.com/api/v3",
            "http://localhost:3000/context/path",
            "https://githubenterprise.xxxxx",
            "https://bbdc.com",
            "http://10.0.0.7:7990",
            "http://[::1]:8080/",
            "HTTPS://GitHub.com",
        ] {
            assert!(provider_url(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn links_may_have_a_query() {
        for text in ["https://example.com", "https://example.com/a?b=c#d", "http://localhost:3000/x"] {
            assert_eq!(link(text), Ok(()), "{text}");
        }
        let too_long = format!("https://example.com/?{}", "x".repeat(2048));
        for text in
            ["", "example.com", "javascript:alert(1)", "https://a@b", "https://b?x y", "https://b?\n", &too_long]
        {
            assert!(link(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn everything_else_is_refused_with_a_reason() {
        for text in [
            "",
            "github.com",
            "/relative",
            "//github.com",
            "https:github.com",
            "https:/github.com",
            "https:///github.com",
            "https://",
            "javascript:alert(1)",
            "JAVASCRIPT://github.com/%0aalert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "ftp://github.com",
            "gopher://github.com",
            "https://user@github.com",
            "https://user:password@github.com",
            "https://@github.com",
            "https://:@github.com",
            "https://github.com\\@evil.test",
            "https://github.com?x=1",
            "https://github.com#x",
            "https://git hub.com",
            " https://github.com",
            "https://github.com\n",
            "https://git\thub.com",
            "https://github.com:0",
            "https://github.com:99999",
            "https://[::1",
            "http://exa\u{0}mple.com",
        ] {
            assert!(provider_url(text).is_err(), "{text:?}");
        }
        assert!(provider_url(&format!("https://github.com/{}", "a".repeat(2029))).is_ok());
        assert!(provider_url(&format!("https://github.com/{}", "a".repeat(2030))).is_err());
    }
}

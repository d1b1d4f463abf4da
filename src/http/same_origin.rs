//! Whether a request comes from one of our own pages. Browsers say so in headers that no page can set.

use super::request::Request;

/// `own` is the origin that people reach the server at: `https://bowline.example.com`.
///
/// Pages send no referrer, and therefore `Origin: null` with their forms: `Sec-Fetch-Site` decides where it is sent, which
/// is by every browser since 2023 over https and to loopback. Where neither is sent, it is no browser that keeps cookies
/// of ours, and it is refused.
pub fn is_own(request: &Request, own: &str) -> bool {
    match (request.header("Sec-Fetch-Site"), request.header("Origin")) {
        (Some(site), origin) => site == "same-origin" && origin.is_none_or(|origin| origin == own || origin == "null"),
        (None, Some(origin)) => origin == own,
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request::Method;

    fn sent(site: Option<&str>, origin: Option<&str>) -> bool {
        let headers = [("Sec-Fetch-Site", site), ("Origin", origin)];
        let headers = headers.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
        let request = Request::new(Method::Post, "/", headers.collect(), vec![]).unwrap();
        is_own(&request, "https://own.test")
    }

    #[test]
    fn only_our_own_pages_pass() {
        assert!(sent(Some("same-origin"), Some("https://own.test")));
        assert!(sent(Some("same-origin"), Some("null")) && sent(Some("same-origin"), None));
        assert!(sent(None, Some("https://own.test")));
        for site in ["cross-site", "same-site", "none", "", "same-origin, same-origin"] {
            assert!(!sent(Some(site), Some("https://own.test")), "{site}");
        }
        for origin in
            ["https://evil.test", "http://own.test", "https://own.test:8443", "https://own.test.evil.test", ""]
        {
            assert!(!sent(Some("same-origin"), Some(origin)) && !sent(None, Some(origin)), "{origin}");
        }
        assert!(!sent(None, Some("null")) && !sent(None, None));
    }
}

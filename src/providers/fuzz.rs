//! What holds of anything that a provider may answer. For the fuzzer and for its corpus.

use ureq::http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::outbound::Answer;
use super::{Timestamp, oauth1, oauth2};

/// A status, header lines, an empty line, a body.
pub fn answer(bytes: &[u8]) {
    let Some(end) = bytes.windows(2).position(|two| two == b"\n\n") else { return };
    let Ok(head) = std::str::from_utf8(&bytes[..end]) else { return };
    let mut lines = head.lines();
    let Some(status) = lines.next().and_then(|line| line.parse().ok()).filter(|status| (200..600).contains(status))
    else {
        return;
    };
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value.trim())) else { return };
        headers.append(name, value);
    }
    let received = Timestamp::from_milliseconds(1_800_000_000_000);
    let Ok(answer) = Answer::new(status, headers, bytes[end + 2..].to_vec(), received) else { return };
    let url = Url::parse("https://api.example.com/v4/projects?page=1").expect("a URL");
    if let Ok(Some(next)) = answer.redirect_from(&url) {
        assert_eq!(next.origin(), url.origin());
        assert!(next.username().is_empty() && next.password().is_none() && next.fragment().is_none());
    }
    if let Ok(grant) = oauth2::read_grant(&answer, None) {
        assert!((200..300).contains(&status), "a token of an answer that refuses");
        let refresh_token = grant.refresh_token.iter();
        for token in refresh_token.chain([&grant.access_token]) {
            assert!(HeaderValue::from_str(token.reveal()).is_ok() && !token.reveal().is_empty());
        }
        assert!(grant.expires_at.is_none_or(|at| at > received));
        assert!(grant.scope.is_none_or(|scope| !scope.chars().any(char::is_control)));
    }
    let _ = answer.has_next_link();
    let _ = (oauth1::problem(&answer), oauth1::read_tokens(&answer), answer.json::<serde_json::Value>());
}

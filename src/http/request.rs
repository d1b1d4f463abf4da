//! A request as a value: everything that a handler may want, nothing that can block.

use std::borrow::Cow;
use std::net::IpAddr;

use super::body::Body;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
    Options,
}

impl Method {
    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
            Method::Options => "OPTIONS",
        }
    }
}

/// By which the gate tells the server behind it the request's id and who is calling; no client can set it.
pub const ORIGIN: &str = "Gate-Origin";

/// Has no `Debug`: bodies and headers hold secrets.
pub struct Request {
    pub method: Method,
    /// The decoded segments of the path: `/a/b%20c` is `["a", "b c"]`. A `%2F` stays within its segment, so that no
    /// encoding leads to another route. Empty ones are left out, as in the service: real clients end paths with a slash.
    pub path: Vec<String>,
    /// The decoded query parameters, in their order.
    pub query: Vec<(String, String)>,
    /// Names as they came; compare ignoring case.
    pub headers: Vec<(String, String)>,
    pub body: Body,
    /// What the route's pattern calls `:name`.
    pub parameters: Vec<(&'static str, String)>,
}

/// The target is not a path with a query in valid percent-encoded UTF-8.
#[derive(Debug, PartialEq, Eq)]
pub struct MalformedTarget;

impl Request {
    pub fn new(
        method: Method,
        target: &str,
        headers: Vec<(String, String)>,
        body: impl Into<Body>,
    ) -> Result<Request, MalformedTarget> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = path.strip_prefix('/').ok_or(MalformedTarget)?;
        let segments = path.split('/').filter(|segment| !segment.is_empty());
        let path = segments.map(|segment| decode(segment, false)).collect::<Result<_, _>>()?;
        let query = decode_pairs(query)?;
        Ok(Request { method, path, query, headers, body: body.into(), parameters: Vec::new() })
    }

    /// Drops all headers but those with these names, and the gate's own.
    pub fn keep_headers(&mut self, names: &[&str]) {
        let is_kept =
            |name: &str| name.eq_ignore_ascii_case(ORIGIN) || names.iter().any(|kept| name.eq_ignore_ascii_case(kept));
        self.headers.retain(|(name, _)| is_kept(name));
    }

    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The UUID that the answer names as `X-Request-Id`.
    pub fn id(&self) -> &str {
        self.origin().0
    }

    /// Where it comes from.
    pub fn client(&self) -> Option<IpAddr> {
        self.origin().1.parse().ok()
    }

    fn origin(&self) -> (&str, &str) {
        self.header(ORIGIN).and_then(|origin| origin.split_once(' ')).unwrap_or_default()
    }

    /// A part of the path by its name in the route's pattern.
    pub fn parameter(&self, name: &str) -> &str {
        self.parameters.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| value)
    }

    /// A query parameter. Where it is repeated, the last one counts.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().rev().find(|(given, _)| is_same_name(given, name)).map(|(_, value)| value.as_str())
    }
}

/// Some resources spell the names of parameters with hyphens, others with underscores; both are accepted everywhere.
pub fn is_same_name(one: &str, other: &str) -> bool {
    let is_joint = |byte| matches!(byte, b'-' | b'_');
    one.len() == other.len() && one.bytes().zip(other.bytes()).all(|(a, b)| a == b || (is_joint(a) && is_joint(b)))
}

/// Names and values of a query or a form.
pub fn decode_pairs(text: &str) -> Result<Vec<(String, String)>, MalformedTarget> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name, true)?, decode(value, true)?))
        })
        .collect()
}

fn decode(text: &str, plus_is_blank: bool) -> Result<String, MalformedTarget> {
    if !text.bytes().any(|b| b == b'%' || b == b'+') {
        return Ok(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16)).ok_or(MalformedTarget);
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                (high * 16 + low) as u8
            }
            b'+' if plus_is_blank => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| MalformedTarget)
}

/// Encodes a text as one segment of a path or one value of a query.
pub fn encode(text: &str) -> Cow<'_, str> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    if text.bytes().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut encoded = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if is_plain(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    Cow::Owned(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(target: &str) -> Result<Request, MalformedTarget> {
        Request::new(Method::Get, target, vec![], vec![])
    }

    #[test]
    fn paths_are_decoded_once_and_segment_by_segment() {
        assert_eq!(read("/api/v2/x%20y").unwrap().path, ["api", "v2", "x y"]);
        assert_eq!(read("/a%2Fb").unwrap().path, ["a/b"]);
        assert_eq!(read("/a%252Fb").unwrap().path, ["a%2Fb"]);
        assert_eq!(read("/a+b").unwrap().path, ["a+b"]);
        assert_eq!(read("//a//b%2F/").unwrap().path, ["a", "b/"]);
        assert_eq!(read("/%2e%2e/a").unwrap().path, ["..", "a"]);
    }

    #[test]
    fn queries_take_raw_and_encoded_brackets_alike() {
        for target in ["/x?page[size]=2&q=a+b", "/x?page%5Bsize%5D=2&&q=a%20b"] {
            let request = read(target).unwrap();
            assert_eq!(request.query("page[size]"), Some("2"));
            assert_eq!(request.query("q"), Some("a b"));
            assert_eq!(request.query("none"), None);
        }
        assert_eq!(read("/x?a=1&a=2").unwrap().query("a"), Some("2"));
        assert_eq!(read("/x?a").unwrap().query("a"), Some(""));
        for (given, asked) in [("a_b[c-d]", "a-b[c_d]"), ("a-b[c-d]", "a_b[c_d]")] {
            assert_eq!(read(&format!("/x?{given}=1")).unwrap().query(asked), Some("1"));
        }
    }

    #[test]
    fn what_is_not_percent_encoded_utf8_is_malformed() {
        for target in ["", "x", "*", "/%", "/%4", "/%zz", "/%ff", "/a?%c3", "/%+1"] {
            assert!(read(target).is_err(), "{target}");
        }
    }

    #[test]
    fn what_is_encoded_decodes_to_itself() {
        for text in ["plain-_.~", "page[size]", "ä/ö ü%+&=?#"] {
            assert_eq!(decode(&encode(text), false).unwrap(), text);
        }
    }
}

//! The head of a request: read strictly, written anew.

use std::io::Write;
use std::net::IpAddr;

use uuid::Uuid;

use super::limits::{HEAD_BYTES, HEAD_FIELDS, LINE_BYTES};
use super::proxies::{FORWARDED_FOR, Proxies};
use super::refusal::Refusal;
use crate::bounds::pieces::Pieces;

/// What the gate says to the server behind: the request's id, a UUID, and who is calling.
pub const ORIGIN: &str = "Gate-Origin";
/// Room for that, and for the length of the body.
const ORIGIN_BYTES: usize = 160;

/// What is read of a request's head.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    pub proxies: Proxies,
    /// The header fields that the server behind reads. No other is passed on, so that no client can speak in the gate's
    /// name.
    pub headers: Vec<&'static str>,
}

/// The one header field of a request that may occur more than once.
const REPEATABLE: &str = "Accept";

/// How a request's body is delimited (RFC 9112, section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    None,
    Length(u64),
    Chunked,
}

/// What the gate needs to know of a request before its body. Cannot print itself outside of tests: a token is in it.
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub struct Head {
    /// The request line and the fields that are passed on, as they go to the server behind. Without its framing.
    pub canonical: Vec<u8>,
    /// What goes there after it: a large body. A small one is at the end of `canonical`.
    pub body: Pieces,
    /// As the client wrote it; the server behind is asked with GET where it is HEAD.
    pub method: &'static str,
    /// The client's address: the peer, or the client that a trusted proxy names.
    pub client: IpAddr,
    pub framing: Framing,
    pub expects_continue: bool,
    /// The client may send another request on this connection.
    pub keeps_alive: bool,
}

/// How far a head has been looked at, so that each byte is looked at once however slowly it comes.
#[derive(Debug, Default)]
pub struct Progress {
    seen: usize,
    line_start: usize,
    is_request_line_over: bool,
}

impl Progress {
    /// Looks at what is new. `Some` is the length of the complete head.
    pub fn look(&mut self, bytes: &[u8]) -> Result<Option<usize>, Refusal> {
        for (at, &byte) in bytes.iter().enumerate().skip(self.seen) {
            match byte {
                b'\n' => {
                    if at == 0 || bytes[at - 1] != b'\r' {
                        return Err(Refusal::malformed("A line ends without a carriage return."));
                    }
                    let is_empty = at - self.line_start == 1;
                    self.line_start = at + 1;
                    if is_empty {
                        return Ok(Some(at + 1));
                    }
                    self.is_request_line_over = true;
                }
                // Only a line feed may follow a carriage return.
                _ if at > 0 && bytes[at - 1] == b'\r' => {
                    return Err(Refusal::malformed("A line contains a carriage return."));
                }
                b'\r' | b'\t' | b' '..=b'~' | 0x80.. => {}
                _ => return Err(Refusal::malformed("The head contains a control character.")),
            }
            if at + 1 - self.line_start > LINE_BYTES {
                return Err(if self.is_request_line_over {
                    Refusal::new(431, "A header line is longer than 8 KiB.")
                } else {
                    Refusal::new(414, "The request line is longer than 8 KiB.")
                });
            }
            if at >= HEAD_BYTES {
                return Err(Refusal::new(431, "The header section is longer than 32 KiB."));
            }
        }
        self.seen = bytes.len();
        Ok(None)
    }
}

/// Reads a complete head.
pub fn parse(bytes: &[u8], peer: IpAddr, rules: &Rules, id: Uuid) -> Result<Head, Refusal> {
    let mut fields = [httparse::EMPTY_HEADER; HEAD_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(bytes) {
        Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
        Ok(_) => return Err(Refusal::malformed("The head is not well-formed.")),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Refusal::new(431, "There are more than 100 header fields."));
        }
        Err(httparse::Error::Version) => return Err(wrong_version(bytes)),
        Err(httparse::Error::HeaderName | httparse::Error::HeaderValue) => {
            return Err(Refusal::malformed("A header field is not well-formed."));
        }
        Err(_) => return Err(Refusal::malformed("The request line is not well-formed.")),
    }
    let (Some(method), Some(target), Some(version)) = (request.method, request.path, request.version) else {
        return Err(Refusal::malformed("The request line is not well-formed."));
    };
    let is_1_1 = version == 1;
    let method = known_method(method)?;
    let fields = &*request.headers;

    let host = single(fields, "Host", "There is more than one Host field.")?;
    if is_1_1 && host.is_none() {
        return Err(Refusal::malformed("There is no Host field."));
    }
    let host = host.unwrap_or(b"");
    if !host.iter().all(|b| matches!(b, b'!'..=b'~')) || host.iter().any(|b| b"/?#@,\\\"<>".contains(b)) {
        return Err(Refusal::malformed("The Host field does not name a host."));
    }
    for name in rules.headers.iter().filter(|name| **name != REPEATABLE) {
        single(fields, name, "Duplicate header field that may occur only once.")?;
    }
    let target = origin_form(target, method)?;

    let forwarded = fields.iter().filter(|field| field.name.eq_ignore_ascii_case(FORWARDED_FOR));
    let client = rules.proxies.client(peer, forwarded.map(|field| field.value));

    let mut canonical = Vec::with_capacity(bytes.len() + ORIGIN_BYTES);
    let asked = if method == "HEAD" { "GET" } else { method };
    // A Vec takes everything.
    let _ = write!(canonical, "{asked} {target} HTTP/1.1\r\n{ORIGIN}: {id} {client}\r\n");
    for field in fields.iter().filter(|field| is_passed_on(field, rules)) {
        for part in [field.name.as_bytes(), b": ", field.value, b"\r\n"] {
            canonical.extend_from_slice(part);
        }
    }
    Ok(Head {
        canonical,
        body: Pieces::default(),
        method,
        client,
        framing: framing(fields, is_1_1)?,
        expects_continue: expectation(fields, is_1_1)?,
        keeps_alive: is_1_1 && !says_close(fields),
    })
}

fn wrong_version(bytes: &[u8]) -> Refusal {
    let line = bytes.split(|b| *b == b'\r').next().unwrap_or(b"");
    let words: Vec<&[u8]> = line.split(|b| *b == b' ').collect();
    let names_http = match words[..] {
        [_, _, version] => version.strip_prefix(b"HTTP/").is_some_and(
            |number| matches!(number, [major, b'.', minor] if major.is_ascii_digit() && minor.is_ascii_digit()),
        ),
        _ => false,
    };
    if names_http {
        Refusal::new(505, "Only HTTP/1.1 and HTTP/1.0 are supported.")
    } else {
        Refusal::malformed("The request line is not well-formed.")
    }
}

fn known_method(method: &str) -> Result<&'static str, Refusal> {
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        .into_iter()
        .find(|known| *known == method)
        .ok_or_else(|| Refusal::new(501, "Unknown method."))
}

/// The path and query. RFC 9112, section 3.2.2: an absolute form must be understood too.
fn origin_form<'a>(target: &'a str, method: &str) -> Result<&'a str, Refusal> {
    if !target.bytes().all(|b| matches!(b, b'!'..=b'~') && b != b'#') {
        return Err(Refusal::malformed("The request target is not well-formed."));
    }
    if target.starts_with('/') || (target == "*" && method == "OPTIONS") {
        return Ok(target);
    }
    let after_scheme = ["http://", "https://"]
        .iter()
        .find_map(|scheme| target.get(..scheme.len())?.eq_ignore_ascii_case(scheme).then(|| &target[scheme.len()..]));
    match after_scheme.and_then(|rest| rest.find('/').map(|slash| rest.split_at(slash))) {
        Some((authority, path)) if !authority.is_empty() && !authority.contains(['@', '?']) => Ok(path),
        _ => Err(Refusal::malformed("The request target is neither a path nor an absolute URL.")),
    }
}

/// Exactly one way to tell where the body ends, or a refusal: two readers must never disagree.
fn framing(fields: &[httparse::Header<'_>], is_1_1: bool) -> Result<Framing, Refusal> {
    let length = single(fields, "Content-Length", "There is more than one Content-Length.")?;
    let coding = single(fields, "Transfer-Encoding", "There is more than one Transfer-Encoding.")?;
    match (length, coding) {
        (None, None) => Ok(Framing::None),
        (Some(_), Some(_)) => Err(Refusal::malformed("There are both Content-Length and Transfer-Encoding.")),
        (None, Some(_)) if !is_1_1 => Err(Refusal::malformed("HTTP/1.0 has no Transfer-Encoding.")),
        (None, Some(coding)) if coding.eq_ignore_ascii_case(b"chunked") => Ok(Framing::Chunked),
        (None, Some(_)) => Err(Refusal::new(501, "chunked is the only supported Transfer-Encoding.")),
        (Some(length), None) => {
            let digits = std::str::from_utf8(length).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
            let Some(digits) = digits.filter(|digits| !digits.is_empty()) else {
                return Err(Refusal::malformed("Content-Length is not a number."));
            };
            // More digits than a number can have only means: too long.
            Ok(Framing::Length(digits.parse().unwrap_or(u64::MAX)))
        }
    }
}

fn expectation(fields: &[httparse::Header<'_>], is_1_1: bool) -> Result<bool, Refusal> {
    match single(fields, "Expect", "There is more than one Expect.")? {
        Some(expected) if expected.eq_ignore_ascii_case(b"100-continue") => Ok(is_1_1),
        Some(_) => Err(Refusal::new(417, "100-continue is the only supported expectation.")),
        None => Ok(false),
    }
}

fn single<'a>(fields: &[httparse::Header<'a>], name: &str, twice: &'static str) -> Result<Option<&'a [u8]>, Refusal> {
    let mut found = fields.iter().filter(|field| field.name.eq_ignore_ascii_case(name));
    match (found.next(), found.next()) {
        (_, Some(_)) => Err(Refusal::malformed(twice)),
        (first, None) => Ok(first.map(|field| field.value)),
    }
}

/// What else a Connection field may name is for this connection alone, and not passed on in any case.
fn says_close(fields: &[httparse::Header<'_>]) -> bool {
    let connection = fields.iter().filter(|field| field.name.eq_ignore_ascii_case("Connection"));
    let mut words = connection.flat_map(|field| field.value.split(|b| *b == b','));
    words.any(|word| word.trim_ascii().eq_ignore_ascii_case(b"close"))
}

/// A value beyond ASCII means nothing to any of these fields, and is left out.
fn is_passed_on(field: &httparse::Header<'_>, rules: &Rules) -> bool {
    rules.headers.iter().any(|name| field.name.eq_ignore_ascii_case(name))
        && field.value.iter().all(|b| matches!(b, b' '..=b'~' | b'\t'))
}

#[cfg(test)]
mod tests;

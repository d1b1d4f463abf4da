//! Answers: read from a private connection, written anew for the client.

use std::io::Write;

use uuid::Uuid;

use crate::bounds::pieces::Pieces;

/// The field of an answer that names the request.
const REQUEST_ID: &str = "X-Request-Id";
/// By which the server behind tells which of its routes it was.
const ROUTE: &str = "Gate-Route";

/// What every answer carries: the server's and the gate's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub request: Uuid,
    /// Whether the client is told to come by https only from now on.
    pub is_strict: bool,
}

/// RFC 6797, for a year.
const STRICT: &[u8] = b"max-age=31536000; includeSubDomains";

/// Room for the head of an answer.
const HEAD_BYTES: usize = 512;

/// An answer in the making.
pub struct Outgoing {
    bytes: Pieces,
    status: u16,
}

impl Outgoing {
    /// `body_bytes`: for how much there is to be room behind the head.
    pub fn begin(status: u16, stamp: Stamp, body_bytes: usize) -> Outgoing {
        let mut bytes = Pieces::with_room(HEAD_BYTES + body_bytes);
        let (reason, request) = (reason(status), stamp.request);
        // Memory takes everything.
        let _ = write!(bytes, "HTTP/1.1 {status} {reason}\r\n{REQUEST_ID}: {request}\r\n");
        let mut answer = Outgoing { bytes, status };
        if stamp.is_strict {
            answer.field("Strict-Transport-Security", STRICT);
        }
        answer
    }

    pub fn field(&mut self, name: &str, value: &[u8]) {
        self.bytes.push(name.as_bytes());
        self.bytes.push(b": ");
        self.bytes.push(value);
        self.bytes.push(b"\r\n");
    }

    /// With the fields that frame it, and room for the body. `without_body`: the length is told, the body kept back, as for
    /// HEAD.
    pub fn finish(mut self, body_bytes: usize, without_body: bool, is_last: bool) -> Answer {
        // RFC 9110, section 8.6: a 204 has neither.
        if self.status != 204 {
            self.field("Content-Length", body_bytes.to_string().as_bytes());
        }
        if is_last {
            self.field("Connection", b"close");
        }
        self.bytes.push(b"\r\n");
        let awaited = if without_body || self.status == 204 { 0 } else { body_bytes };
        Answer { bytes: self.bytes, awaited, status: self.status, route: None }
    }
}

/// Where an answer's parts lie in the bytes that were read.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    pub head_bytes: usize,
    pub body_bytes: usize,
}

/// Finds out how long an answer is. `None` while its head is not complete; `Err` where it is not an answer that we
/// would give: of known length, and not an interim one.
pub fn frame(bytes: &[u8]) -> Result<Option<Frame>, ()> {
    let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut head = httparse::Response::new(&mut fields);
    let head_bytes = match head.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(()),
    };
    let status = head.code.filter(|code| *code >= 200).ok_or(())?;
    if status == 204 {
        return Ok(Some(Frame { head_bytes, body_bytes: 0 }));
    }
    let length = head.headers.iter().find(|field| field.name.eq_ignore_ascii_case("Content-Length")).ok_or(())?;
    let body_bytes = std::str::from_utf8(length.value).ok().and_then(|text| text.parse().ok()).ok_or(())?;
    Ok(Some(Frame { head_bytes, body_bytes }))
}

const MOST_FIELDS: usize = 32;

/// An answer as it goes to the client.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub bytes: Pieces,
    /// How much of the body is not there yet.
    pub awaited: usize,
    pub status: u16,
    pub route: Option<Box<str>>,
}

/// Writes the head of an answer for the client: the same status and fields, framed by the gate. `None` where it is no head.
pub fn rewrite(bytes: &[u8], body_bytes: usize, stamp: Stamp, without_body: bool, is_last: bool) -> Option<Answer> {
    let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut head = httparse::Response::new(&mut fields);
    head.parse(bytes).ok()?;
    let status = head.code?;
    let mut answer = Outgoing::begin(status, stamp, if without_body { 0 } else { body_bytes });
    let mut route = None;
    for field in head.headers.iter() {
        if field.name == ROUTE {
            route = std::str::from_utf8(field.value).ok().map(Box::from);
        } else if !is_the_gates_own(field.name) {
            answer.field(field.name, field.value);
        }
    }
    Some(Answer { route, ..answer.finish(body_bytes, without_body, is_last) })
}

/// An answer that is there whole, written for the client. `None` where it is none.
pub fn whole(bytes: &[u8], stamp: Stamp, without_body: bool, is_last: bool) -> Option<Answer> {
    let Frame { head_bytes, body_bytes } = frame(bytes).ok()??;
    let body = bytes.get(head_bytes..head_bytes + body_bytes)?;
    let mut answer = rewrite(bytes, body_bytes, stamp, without_body, is_last)?;
    if answer.awaited > 0 {
        answer.bytes.push(body);
        answer.awaited = 0;
    }
    Some(answer)
}

fn is_the_gates_own(name: &str) -> bool {
    ["Connection", "Content-Length", "Transfer-Encoding", "Server", REQUEST_ID]
        .iter()
        .any(|own| name.eq_ignore_ascii_case(own))
}

/// The phrase beside a status code.
pub fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        203 => "Non-Authoritative Information",
        204 => "No Content",
        302 => "Found",
        303 => "See Other",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        417 => "Expectation Failed",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        507 => "Insufficient Storage",
        _ => "Status",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] =
        b"HTTP/1.1 200 OK\r\nServer: x\r\nX-A: b\r\nGate-Route: /a\r\nContent-Length: 5\r\n\r\nhellorest";

    #[test]
    fn an_answer_is_framed_by_its_length() {
        assert_eq!(frame(ANSWER), Ok(Some(Frame { head_bytes: 73, body_bytes: 5 })));
        assert_eq!(frame(&ANSWER[..40]), Ok(None));
        assert_eq!(frame(b"HTTP/1.1 204 No Content\r\n\r\n"), Ok(Some(Frame { head_bytes: 27, body_bytes: 0 })));
        for bad in [&b"HTTP/1.1 100 Continue\r\n\r\n"[..], b"HTTP/1.1 200 OK\r\n\r\n", b"nonsense\r\n\r\n"] {
            assert_eq!(frame(bad), Err(()), "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn an_answer_is_written_anew() {
        let frame = frame(ANSWER).unwrap().unwrap();
        let stamp = Stamp { request: Uuid::nil(), is_strict: false };
        let text = |without_body, is_last| {
            let head = &ANSWER[..frame.head_bytes];
            let answer = rewrite(head, frame.body_bytes, stamp, without_body, is_last).unwrap();
            assert_eq!((answer.status, answer.route.as_deref()), (200, Some("/a")));
            assert_eq!(answer.awaited, if without_body { 0 } else { 5 });
            String::from_utf8(answer.bytes.whole()).unwrap()
        };
        let head =
            "HTTP/1.1 200 OK\r\nX-Request-Id: 00000000-0000-0000-0000-000000000000\r\nX-A: b\r\nContent-Length: 5\r\n";
        assert_eq!(text(false, false), format!("{head}\r\n"));
        assert_eq!(text(true, true), format!("{head}Connection: close\r\n\r\n"));
        let whole = |bytes, without_body| {
            whole(bytes, stamp, without_body, false).map(|answer| String::from_utf8(answer.bytes.whole()).unwrap())
        };
        assert_eq!(whole(ANSWER, false), Some(format!("{head}\r\nhello")));
        assert_eq!(whole(ANSWER, true), Some(format!("{head}\r\n")));
        for cut in [&ANSWER[..40], &ANSWER[..75], b""] {
            assert_eq!(whole(cut, false), None);
        }
    }
}

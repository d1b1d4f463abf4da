//! Answers, read without trust in whoever gives them.

use std::io::{ErrorKind, Read};

use serde_json::Value;

use super::line::Line;

pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        fields.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The documented ways of being told to come again.
    pub fn is_busy(&self) -> bool {
        matches!(self.status, 429 | 503)
    }
}

/// A connection's other end, as far as it was read.
pub struct Reader {
    pub line: Line,
    pending: Vec<u8>,
}

impl Reader {
    pub fn new(line: Line) -> Reader {
        Reader { line, pending: Vec::new() }
    }

    /// The next answer; `None` where the connection ended before it, or within it as an evicted one does. `Err` for
    /// what must not be.
    pub fn next(&mut self) -> Result<Option<Answer>, String> {
        loop {
            if let Some((answer, length)) = parse(&self.pending)? {
                self.pending.drain(..length);
                check(&answer)?;
                return Ok(Some(answer));
            }
            let mut bytes = [0; 32 * 1024];
            match self.line.read(&mut bytes) {
                Ok(0) => return Ok(None),
                Ok(read) => self.pending.extend_from_slice(&bytes[..read]),
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return Err("neither an answer nor an end".to_owned());
                }
                Err(_) => return Ok(None),
            }
        }
    }

    /// All answers until the connection ends.
    pub fn all(&mut self) -> Result<Vec<Answer>, String> {
        std::iter::from_fn(|| self.next().transpose()).collect()
    }
}

/// The first answer in `bytes` and its length; `None` while it is not whole.
fn parse(bytes: &[u8]) -> Result<Option<(Answer, usize)>, String> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let shown = || format!("not an answer: {:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(200)]));
    let head = String::from_utf8(bytes[..end + 4].to_vec()).map_err(|_| shown())?;
    let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok()).ok_or_else(shown)?;
    let mut answer = Answer { status, head, body: Vec::new() };
    let length: usize = match answer.field("Content-Length") {
        _ if matches!(status, 100 | 204) => 0,
        length => length.and_then(|length| length.parse().ok()).ok_or_else(shown)?,
    };
    let Some(body) = bytes[end + 4..].get(..length) else { return Ok(None) };
    answer.body = body.to_vec();
    Ok(Some((answer, end + 4 + length)))
}

/// Whatever a client has done, an error is an errors document.
fn check(answer: &Answer) -> Result<(), String> {
    let Answer { status, head, body } = answer;
    if *status < 400 {
        return Ok(());
    }
    let shown = || format!("{head}{}", String::from_utf8_lossy(body).chars().take(300).collect::<String>());
    let document: Value = serde_json::from_slice(body).map_err(|_| shown())?;
    let is_document = answer.field("Content-Type") == Some("application/vnd.api+json")
        && document["errors"][0]["status"].as_str() == Some(&status.to_string())
        && document["errors"][0]["detail"].is_string();
    let says_when = !answer.is_busy() || answer.field("Retry-After").is_some();
    if is_document && says_when && *status != 500 { Ok(()) } else { Err(shown()) }
}

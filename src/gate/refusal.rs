//! Answers that the gate gives by itself. After each of them the connection is closed.

use super::answer::{Answer, Outgoing, Stamp, reason};

/// Said to plain http on a port that speaks TLS.
pub const PLAIN_HTTP_ON_TLS: &str = "This port speaks https; the request came as plain http.";

#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub detail: &'static str,
    retry_after_seconds: Option<u32>,
}

impl Refusal {
    pub fn new(status: u16, detail: &'static str) -> Refusal {
        Refusal { status, detail, retry_after_seconds: None }
    }

    pub fn malformed(detail: &'static str) -> Refusal {
        Refusal::new(400, detail)
    }

    pub fn too_slow() -> Refusal {
        Refusal::new(408, "The request did not arrive in time.")
    }

    pub fn in_the_clear() -> Refusal {
        Refusal::malformed(PLAIN_HTTP_ON_TLS)
    }

    /// All connections or all workers are taken.
    pub fn busy() -> Refusal {
        Refusal { retry_after_seconds: Some(1), ..Refusal::new(503, "The server is busy; try again.") }
    }

    /// The server behind did not answer in time, or broke off.
    pub fn no_answer() -> Refusal {
        Refusal::new(504, "The server did not answer in time; the request may still have been carried out.")
    }

    /// As a JSON:API errors document, like every other error of the server.
    pub fn answer(&self, stamp: Stamp, without_body: bool) -> Answer {
        let title = reason(self.status).to_ascii_lowercase();
        // Both texts are our own and need no escaping.
        let body =
            format!(r#"{{"errors":[{{"status":"{}","title":"{title}","detail":"{}"}}]}}"#, self.status, self.detail);
        let mut answer = Outgoing::begin(self.status, stamp, body.len());
        answer.field("Content-Type", b"application/vnd.api+json");
        answer.field("Cache-Control", b"no-store");
        answer.field("X-Content-Type-Options", b"nosniff");
        if let Some(seconds) = self.retry_after_seconds {
            answer.field("Retry-After", seconds.to_string().as_bytes());
        }
        let mut answer = answer.finish(body.len(), without_body, true);
        answer.bytes.push(&body.as_bytes()[..answer.awaited]);
        Answer { awaited: 0, ..answer }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_refusal_is_a_json_api_document() {
        let stamp = Stamp { request: Uuid::nil(), is_strict: false };
        for refusal in [Refusal::too_slow(), Refusal::busy(), Refusal::no_answer()] {
            let text = String::from_utf8(refusal.answer(stamp, false).bytes.whole()).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with(&format!("HTTP/1.1 {} ", refusal.status)), "{head}");
            assert!(head.contains(&format!("\r\nContent-Length: {}", body.len())), "{head}");
            assert!(head.contains("\r\nConnection: close"), "{head}");
            let document: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!(document["errors"][0]["status"], refusal.status.to_string());
            assert_eq!(document["errors"][0]["detail"], refusal.detail);
        }
        assert!(Refusal::busy().answer(stamp, true).bytes.whole().ends_with(b"\r\n\r\n"));
    }
}

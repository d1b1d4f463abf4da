//! Those who only want to work: they read and create, and must not notice the others.

use std::io::Write;
use std::time::Instant;

use serde_json::Value;

use super::answers::{Answer, Reader};
use super::scene::{Scene, Tally, rest};
use crate::gate::raw::CLIENTS;
use crate::harness::sample_of_2018;

const HERE: [u8; 4] = [127, 0, 0, 1];
/// Between two requests of one client.
const BETWEEN_MS: u64 = 15;

/// What came of the work of all of them.
#[derive(Default)]
pub struct Work {
    pub microseconds: Vec<u32>,
    /// Answers that said to come again.
    pub busy: usize,
    /// Connections that were ended between two requests.
    pub reopened: usize,
}

impl Work {
    pub fn add(&mut self, other: Work) {
        self.microseconds.extend(other.microseconds);
        self.busy += other.busy;
        self.reopened += other.reopened;
    }

    /// In milliseconds, of the requests that were answered within it at the most.
    pub fn within(&mut self, share: f64) -> f64 {
        self.microseconds.sort_unstable();
        let at = (self.microseconds.len().saturating_sub(1) as f64 * share) as usize;
        self.microseconds.get(at).map_or(f64::INFINITY, |microseconds| f64::from(*microseconds) / 1000.0)
    }
}

/// The connection ended before one began.
const NO_ANSWER: &str = "no answer";

struct Client<'a> {
    scene: &'a Scene,
    tally: &'a Tally,
    keeps_alive: bool,
    connection: Option<Reader>,
    work: Work,
}

/// Works until the scene is over.
pub fn work(scene: &Scene, tally: &Tally, number: usize) -> Work {
    let keeps_alive = !number.is_multiple_of(4);
    let mut client = Client { scene, tally, keeps_alive, connection: None, work: Work::default() };
    let document = sample_of_2018().to_string();
    while scene.goes_on() {
        client.round(&document);
    }
    client.work
}

impl Client<'_> {
    /// Makes something, looks at it in several ways, and cleans up.
    fn round(&mut self, document: &str) {
        let Some(made) = self.ask("POST", CLIENTS, document, 201) else { return };
        let id = made["data"]["id"].as_str().unwrap_or_default().to_owned();
        let path = format!("/api/v2/oauth-clients/{id}");
        for _ in 0..4 {
            if let Some(shown) = self.ask("GET", &path, "", 200)
                && shown["data"]["id"] != id.as_str()
            {
                self.scene.problem(format!("{path} shows {}", shown["data"]["id"]));
            }
            if let Some(listed) = self.ask("GET", &format!("{CLIENTS}?page[size]=5"), "", 200)
                && !listed["data"].is_array()
            {
                self.scene.problem("a list without data".to_owned());
            }
        }
        // Until it is gone: nothing is to pile up.
        while self.ask("DELETE", &path, "", 204).is_none() && self.scene.goes_on() {}
    }

    /// The document of a good answer; `None` where it was told to come again.
    fn ask(&mut self, method: &str, target: &str, body: &str, status: u16) -> Option<Value> {
        rest(BETWEEN_MS);
        let close = if self.keeps_alive { "" } else { "Connection: close\r\n" };
        let token = &self.scene.token;
        let framing = format!("Content-Type: application/vnd.api+json\r\nContent-Length: {}\r\n", body.len());
        let framing = if body.is_empty() { "" } else { &framing };
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\n{close}{framing}\r\n{body}"
        );
        let began = Instant::now();
        let answer = self.exchange(&request);
        let took = began.elapsed();
        match answer {
            Ok(answer) if answer.status == status => {
                self.work.microseconds.push(took.as_micros() as u32);
                self.tally.answered(1);
                if answer.field("Connection") == Some("close") {
                    self.connection = None;
                }
                Some(serde_json::from_slice(&answer.body).unwrap_or(Value::Null))
            }
            Ok(answer) if answer.is_busy() => {
                self.connection = None;
                self.work.busy += 1;
                None
            }
            Ok(answer) => {
                self.connection = None;
                self.scene.problem(format!("{method} {target}: {}", answer.head));
                None
            }
            Err(wrong) => {
                self.connection = None;
                self.scene.problem(format!("{method} {target}: {wrong}"));
                None
            }
        }
    }

    fn exchange(&mut self, request: &str) -> Result<Answer, String> {
        // As every client does: a connection that was closed while nobody used it is opened again.
        if self.connection.as_mut().is_some_and(|connection| connection.line.is_over()) {
            self.connection = None;
            self.work.reopened += 1;
        }
        let is_kept = self.connection.is_some();
        match self.send(request) {
            // One that was closed at the very moment, too, where asking twice does no harm (RFC 9110, section 9.2.2).
            Err(wrong) if is_kept && request.starts_with("GET ") && wrong == NO_ANSWER => {
                self.connection = None;
                self.work.reopened += 1;
                self.send(request)
            }
            other => other,
        }
    }

    fn send(&mut self, request: &str) -> Result<Answer, String> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => {
                let line = self.scene.call(HERE, self.tally).map_err(|e| format!("cannot connect: {e}"))?;
                none.insert(Reader::new(line))
            }
        };
        self.tally.asked(1);
        connection.line.write_all(request.as_bytes()).map_err(|_| NO_ANSWER.to_owned())?;
        connection.next()?.ok_or_else(|| NO_ANSWER.to_owned())
    }
}

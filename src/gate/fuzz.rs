//! What holds of any bytes that a client may send: whatever is let through means one thing only, to the gate, to httparse
//! and to the server behind. For the fuzzer, for its corpus, and for mutants that are the same in every run.

use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::net::UnixListener;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::answer;
use super::answer::Stamp;
use super::backend_pool::BackendPool;
use super::body::Failure;
use super::connection::{Asked, await_request, receive};
use super::head::{ORIGIN, Rules};
use super::limits::{BODY_BYTES, FREE_REQUEST_BYTES, HEAD_BYTES, HEAD_FIELDS, LINE_BYTES, Limits, REQUESTS_BYTES};
use super::wire::scripted::Scripted;
use crate::bounds::memory_budget::MemoryBudget;
use crate::bounds::pieces::Pieces;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::http::server::{Server, Service, Workers};
use crate::http::worker_slots::WorkerSlot;

const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// The field that says in chunks, where another said a length.
const LENGTH_BYTES: usize = "Transfer-Encoding: chunked\r\n".len();
const PATIENCE: Duration = Duration::from_secs(60);
const LIMITS: Limits = Limits {
    connections: 1,
    head: PATIENCE,
    body: PATIENCE,
    write: PATIENCE,
    idle: PATIENCE,
    queue: PATIENCE,
    handling: PATIENCE,
};

/// What the gate makes of a client that says some bytes and then hangs up.
#[derive(Debug, PartialEq, Eq)]
struct Heard {
    /// As they go to the server behind.
    requests: Vec<Vec<u8>>,
    /// The status of the refusal that ended the connection, if one did.
    refusal: Option<u16>,
    /// How often it was told to go on.
    continues: usize,
}

fn rules() -> Rules {
    Rules { headers: vec!["Accept", "Authorization", "Content-Type"], ..Rules::default() }
}

/// `piece`: how many bytes come at a time.
fn hear(bytes: &[u8], piece: usize) -> Heard {
    let budget = MemoryBudget::new(REQUESTS_BYTES, FREE_REQUEST_BYTES);
    let mut wire = Scripted::wire(bytes, piece);
    let mut heard = Heard { requests: Vec::new(), refusal: None, continues: 0 };
    while await_request(&mut wire, Instant::now() + PATIENCE).is_ok() {
        let mut asked = Asked::begin(CLIENT, false);
        asked.stamp.request = Uuid::nil();
        match receive(&mut wire, &mut asked, &rules(), &LIMITS, &budget.share()) {
            Ok(head) => {
                heard.requests.push([head.canonical, head.body.whole()].concat());
                if !head.keeps_alive {
                    break;
                }
            }
            Err(Failure::Refused(refusal)) => {
                heard.refusal = Some(refusal.status);
                break;
            }
            Err(Failure::Broken(_)) => break,
        }
    }
    heard.continues = wire.stream().written.windows(12).filter(|bytes| bytes == b"HTTP/1.1 100").count();
    heard
}

/// Panics where what holds of any bytes does not hold of these. Gives how many requests were let through.
pub fn request(bytes: &[u8]) -> usize {
    let heard = hear(bytes, bytes.len().max(1));
    // In small pieces everything costs more.
    let pieces: &[usize] = if bytes.len() <= 1024 { &[1, 2, 7] } else { &[97] };
    for piece in pieces {
        let again = hear(bytes, *piece);
        assert!(again.requests == heard.requests && again.refusal == heard.refusal, "in pieces of {piece}: {again:?}");
    }
    assert!(heard.continues <= heard.requests.len() + 1);
    for request in &heard.requests {
        let (head, body) = parts(request);
        means_one_thing(request, &head, body);
        assert_eq!(heard_by_the_server_behind(request), expected_behind(&head, body));
    }
    // Written anew, they can follow each other, and are what they were.
    if heard.requests.iter().all(|request| leaves_room(request)) {
        let all: Vec<u8> = heard.requests.iter().flat_map(|request| as_sent(request)).collect();
        assert!(hear(&all, all.len().max(1)).requests == heard.requests);
    }
    heard.requests.len()
}

/// Method, target and fields of a request that was let through.
struct Parts {
    method: String,
    target: String,
    fields: Vec<(String, String)>,
}

impl Parts {
    /// The values of all fields of that name.
    fn all(&self, name: &str) -> Vec<&str> {
        self.fields.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str()).collect()
    }
}

/// As httparse reads it, which is another reader than the gate's own.
fn parts(request: &[u8]) -> (Parts, &[u8]) {
    // The gate adds where it is from, and a length.
    let mut fields = [httparse::EMPTY_HEADER; HEAD_FIELDS + 2];
    let mut head = httparse::Request::new(&mut fields);
    let Ok(httparse::Status::Complete(length)) = head.parse(request) else { panic!("not a request: {request:?}") };
    assert!(request[..length].is_ascii() && head.version == Some(1));
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("ASCII");
    let parts = Parts {
        method: head.method.expect("a method").to_owned(),
        target: head.path.expect("a target").to_owned(),
        fields: head.headers.iter().map(|field| (field.name.to_owned(), text(field.value))).collect(),
    };
    (parts, &request[length..])
}

fn means_one_thing(request: &[u8], head: &Parts, body: &[u8]) {
    assert!(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].contains(&head.method.as_str()));
    assert!(head.target.starts_with('/') || (head.target == "*" && head.method == "OPTIONS"));
    assert!(head.fields.iter().all(|(_, value)| !value.contains(['\r', '\n', '\0'])));
    assert!(head.all(ORIGIN) == [format!("{} {CLIENT}", Uuid::nil())]);
    let known = [ORIGIN, "Accept", "Authorization", "Content-Type", "Content-Length"];
    for (name, _) in &head.fields {
        assert!(known.iter().any(|known| known.eq_ignore_ascii_case(name)), "{name}");
    }
    assert!(body.len() <= BODY_BYTES);
    match head.all("Content-Length")[..] {
        [] => assert!(body.is_empty()),
        [length] => assert_eq!(length, body.len().to_string()),
        _ => panic!("more than one length"),
    }
    if !leaves_room(request) {
        return;
    }
    let again = Heard { requests: vec![request.to_vec()], refusal: None, continues: 0 };
    let sent = as_sent(request);
    assert!(hear(&sent, sent.len()) == again);
    // The same body in chunks is the same request.
    if !head.all("Content-Length").is_empty() {
        let text = String::from_utf8_lossy(&sent[..sent.len() - body.len()]);
        let framing = format!("Content-Length: {}\r\n\r\n", body.len());
        let text = text.strip_suffix(&framing).expect("the length is the last field");
        let mut chunked = format!("{text}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
        for chunk in body.chunks(body.len().div_ceil(3).max(1)) {
            chunked.extend_from_slice(format!("{:x};x=\"y\"\r\n", chunk.len()).as_bytes());
            chunked.extend_from_slice(chunk);
            chunked.extend_from_slice(b"\r\n");
        }
        chunked.extend_from_slice(b"0\r\nHost: trailer\r\n\r\n");
        assert!(hear(&chunked, chunked.len()) == again);
    }
}

/// With the field that every request has to have, instead of what the gate adds.
fn as_sent(request: &[u8]) -> Vec<u8> {
    let added = format!("{ORIGIN}: {} {CLIENT}\r\n", Uuid::nil()).into_bytes();
    let at = request.windows(added.len()).position(|bytes| bytes == added).expect("what the gate adds");
    [&request[..at], b"Host: h\r\n", &request[at + added.len()..]].concat()
}

/// Written anew a line may have a blank more, and a head that was as long as allowed would be too long.
fn leaves_room(request: &[u8]) -> bool {
    let head = request.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("an end of the head");
    let lines = || request[..head].split(|b| *b == b'\n');
    // Beside the fields, the request line and what the gate adds; a client of HTTP/1.0 need not have sent a Host.
    lines().count() <= HEAD_FIELDS + 3
        && head + HEAD_FIELDS + LENGTH_BYTES < HEAD_BYTES
        && lines().all(|line| line.len() < LINE_BYTES - 1)
}

/// Says what it was asked.
struct Echo;

impl Service for Echo {
    fn handle(&self, request: Request, _: &WorkerSlot<'_>) -> Reply {
        Reply::new(200).with_body("text/plain", said(&request).into_bytes())
    }

    fn malformed(&self) -> Reply {
        Reply::new(400)
    }

    fn failed(&self) -> Reply {
        Reply::new(500)
    }
}

fn said(request: &Request) -> String {
    let Request { method, path, query, headers, body, parameters: _ } = request;
    let body = &**body;
    format!("{method:?} {path:?} {query:?} {headers:?} {body:?}")
}

/// What tiny_http, behind the gate's own private connection, takes a request for. `None` for a target that is no path.
fn heard_by_the_server_behind(request: &[u8]) -> Option<String> {
    static BEHIND: OnceLock<(Server, BackendPool)> = OnceLock::new();
    let (_, lines) = BEHIND.get_or_init(|| {
        // Once all are connected, the socket's name is not needed any more.
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("socket");
        let listener = UnixListener::bind(&path).expect("a socket");
        let server =
            Server::start(listener, Workers { count: 1, at_work: 1 }, Echo, |why| panic!("{why}")).expect("a server");
        let lines = BackendPool::open(&path, 1, PATIENCE).expect("a connection");
        (server, lines)
    });
    let stamp = Stamp { request: Uuid::nil(), is_strict: false };
    let answer = lines.ask(request, &Pieces::default(), Instant::now() + PATIENCE, |head, body_bytes| {
        Ok(answer::rewrite(head, body_bytes, stamp, false, false).expect("a head"))
    });
    // A connection that broke, or one answer too many, would say that the two do not speak the same language.
    let answer = answer.expect("an answer").expect("no refusal");
    match answer.status {
        200 => {
            let text = String::from_utf8(answer.bytes.whole()).expect("text");
            Some(text.split_once("\r\n\r\n").expect("a body").1.to_owned())
        }
        204 | 400 => None,
        other => panic!("answered with {other:?}"),
    }
}

fn expected_behind(head: &Parts, body: &[u8]) -> Option<String> {
    use crate::http::request::Method::{Delete, Get, Options, Patch, Post, Put};
    let method = [Get, Post, Put, Patch, Delete, Options].into_iter().find(|method| method.name() == head.method)?;
    Request::new(method, &head.target, head.fields.clone(), body.to_vec()).ok().map(|request| said(&request))
}

#[cfg(test)]
mod tests;

//! Mutated requests, the same ones in every run: whatever is let through must mean one thing only.

use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::allowance::Allowance;
use super::body::{self, Failure};
use super::head::{self, Framing, Head, Progress};
use super::lines::Lines;
use super::proxies::Proxies;
use super::wire::scripted::Scripted;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::http::server::{Server, Service};

const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PATIENCE: Duration = Duration::from_secs(60);

/// xorshift64*
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % end
    }

    fn one_of<'a, T: ?Sized>(&mut self, these: &[&'a T]) -> &'a T {
        these[self.below(these.len())]
    }

    /// One to four changes of one of `corpus`.
    fn mutant(&mut self, corpus: &[&[u8]], spices: &[&[u8]]) -> Vec<u8> {
        let mut bytes = self.one_of(corpus).to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() + 1);
            let end = (at + self.below(12)).min(bytes.len());
            match self.below(7) {
                0 => drop(bytes.drain(at..end)),
                1 => drop(bytes.splice(at..at, self.one_of(spices).iter().copied())),
                2 => drop(bytes.splice(at..end, self.one_of(spices).iter().copied())),
                3 => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
                4 if at < bytes.len() => bytes[at] = self.below(256) as u8,
                5 if at < bytes.len() => bytes[at] ^= 0x20,
                _ => {
                    let other = self.one_of(corpus);
                    bytes.truncate(at);
                    bytes.extend_from_slice(&other[self.below(other.len())..]);
                }
            }
        }
        bytes
    }
}

const HEADS: &[&[u8]] = &[
    b"GET /api/v2/ping HTTP/1.1\r\nHost: h\r\n\r\n",
    b"HEAD /a?b[c]=%20d HTTP/1.0\r\nUser-Agent: x/1 (y; z)\r\n\r\n",
    b"POST /x HTTP/1.1\r\nHost: h:80\r\nContent-Length: 36\r\nContent-Type: application/vnd.api+json\r\n\r\n",
    b"PATCH /x HTTP/1.1\r\nHost: [::1]\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n",
    b"DELETE http://h/x HTTP/1.1\r\nHost: h\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nAuthorization: Bearer t\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nhost:\r\nTE: trailers\r\nX:\t a\tb \r\nGate-Client-Address: 6.6.6.6\r\n\r\n",
];

const HEAD_SPICES: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b" ",
    b"\t",
    b":",
    b",",
    b";",
    b"\0",
    b"\x7f",
    b"\xff",
    b"\xc3\xa9",
    b"%",
    b"/",
    b"*",
    b"\r\n ",
    b"Host: h\r\n",
    b"Content-Length: 0\r\n",
    b"Content-Length: 36\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Connection: close\r\n",
    b"Connection: content-length, host\r\n",
    b"Gate-Client-Address: 1.2.3.4\r\n",
    b"X: \xe9\r\n",
    b"Expect: 100-continue\r\n",
    b"HTTP/1.1",
    b"HTTP/1.0",
    b"HTTP/2.0",
    b"GET ",
    b"http://",
    b"chunked",
    b"0",
    b"+",
    b"-",
];

/// `None` for what is refused or not complete.
fn accepted(bytes: &[u8]) -> Option<Head> {
    let length = Progress::default().look(bytes).ok()??;
    head::parse(&bytes[..length], CLIENT, &Proxies::default(), Uuid::nil()).ok()
}

fn with_its_end(canonical: &[u8]) -> Vec<u8> {
    [canonical, b"\r\n"].concat()
}

#[test]
fn a_head_that_is_accepted_means_the_same_to_whoever_reads_it_again() {
    let mut chance = Chance(2018);
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let bytes = chance.mutant(HEADS, HEAD_SPICES);
        let shown = String::from_utf8_lossy(&bytes);
        let Some(head) = accepted(&bytes) else {
            refused += 1;
            continue;
        };
        taken += 1;
        assert!(head.canonical.ends_with(b"\r\n") && head.canonical.is_ascii(), "{shown:?}");
        let canonical = String::from_utf8_lossy(&head.canonical).into_owned();
        let fields: Vec<&str> = canonical.split_terminator("\r\n").skip(1).collect();
        assert!(fields.iter().all(|field| !field.contains(['\r', '\n', '\0'])), "{shown:?}");
        let named = |name: &str| {
            let is_it = |field: &&&str| field.split(':').next().is_some_and(|n| n.eq_ignore_ascii_case(name));
            fields.iter().filter(is_it).count()
        };
        assert!(named("Host") == 1 && named("Gate-Client-Address") == 1 && named("Gate-Request-Id") == 1, "{shown:?}");
        assert!(canonical.contains("\r\nGate-Client-Address: 127.0.0.1\r\n"), "{shown:?}");
        for kept in ["Content-Length", "Transfer-Encoding", "Connection", "Expect", "TE", "Upgrade"] {
            assert_eq!(named(kept), 0, "{shown:?}");
        }
        let again = accepted(&with_its_end(&head.canonical)).unwrap_or_else(|| panic!("{shown:?}"));
        assert_eq!(again.canonical, head.canonical, "{shown:?}");
        assert!(again.framing == Framing::None && again.method != "HEAD" && again.keeps_alive, "{shown:?}");
    }
    // Otherwise there was nothing to see.
    assert!(taken > 2_000 && refused > 2_000, "{taken} taken, {refused} refused");
}

#[test]
fn a_head_ends_where_it_ends_in_whatever_pieces_it_comes() {
    let mut chance = Chance(2112);
    for _ in 0..20_000 {
        let bytes = chance.mutant(HEADS, HEAD_SPICES);
        let whole = Progress::default().look(&bytes);
        let mut progress = Progress::default();
        let in_pieces = (1..=bytes.len()).find_map(|end| progress.look(&bytes[..end]).transpose()).transpose();
        assert_eq!(in_pieces, whole, "{:?}", String::from_utf8_lossy(&bytes));
    }
}

/// Says what it was asked.
struct Echo;

impl Service for Echo {
    fn handle(&self, request: Request) -> Reply {
        let headers: String = request.headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        Reply::new(200).with_body("text/plain", headers.into_bytes())
    }

    fn malformed(&self) -> Reply {
        Reply::new(400)
    }

    fn failed(&self) -> Reply {
        Reply::new(500)
    }
}

#[test]
fn the_server_behind_reads_every_accepted_head_as_the_gate_wrote_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let server = Server::start(UnixListener::bind(&path).unwrap(), 1, Echo, |why| panic!("{why}")).unwrap();
    let lines = Lines::open(&path, 1, PATIENCE).unwrap();
    let mut chance = Chance(1812);
    let mut compared = 0;
    for _ in 0..5_000 {
        let bytes = chance.mutant(HEADS, HEAD_SPICES);
        let Some(head) = accepted(&bytes) else { continue };
        let request = with_its_end(&head.canonical);
        let echo = lines.ask(&request, Instant::now() + PATIENCE, |answer, frame| {
            answer.starts_with(b"HTTP/1.1 200").then(|| answer[frame.head_bytes..][..frame.body_bytes].to_vec())
        });
        let shown = String::from_utf8_lossy(&bytes);
        // A connection that broke would say that the two do not speak the same language.
        let Some(echo) = echo.unwrap_or_else(|e| panic!("{e:?}: {shown:?}")) else { continue };
        let canonical = String::from_utf8(head.canonical).unwrap();
        let written = canonical.split_terminator("\r\n").skip(1).map(|field| {
            let (name, value) = field.split_once(':').unwrap();
            format!("{name}:{}\n", value.trim())
        });
        assert_eq!(String::from_utf8(echo).unwrap(), written.collect::<String>(), "{shown:?}");
        compared += 1;
    }
    assert!(compared > 500, "{compared} compared");
    drop(lines);
    server.close();
}

const BODIES: &[&[u8]] = &[
    b"5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n",
    b"5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nX: y\r\n\r\n",
    b"A\r\n0123456789\r\n00a\r\n0123456789\r\n000\r\nX: y\r\nZ:\r\n\r\nrest",
    b"0\r\n\r\n",
    b"1\r\n\r\r\n2\r\n\r\n\r\n0\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
];

const BODY_SPICES: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b" ",
    b"\t",
    b";",
    b":",
    b"0",
    b"00",
    b"f",
    b"FFFFFFFF",
    b"100000",
    b"0\r\n\r\n",
    b"5\r\nhello\r\n",
    b"+",
    b"-",
    b"0x",
    b"\0",
    b"\xff",
    b"X: y\r\n",
];

/// The body and what was left behind it; `None` where it is refused or breaks off.
fn taken(bytes: &[u8], framing: Framing, piece: usize) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut wire = Scripted::wire(bytes, piece);
    let allowance = Allowance::new(super::limits::REQUESTS_BYTES);
    match body::read(&mut wire, framing, &mut allowance.portion(), Instant::now() + PATIENCE) {
        Ok(body) => Some((body, [wire.pending(), &wire.stream().bytes].concat())),
        Err(Failure::Refused(_) | Failure::Broken(_)) => None,
    }
}

#[test]
fn a_chunked_body_that_is_accepted_is_the_same_in_whatever_pieces_and_chunks_it_comes() {
    let mut chance = Chance(1984);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let bytes = chance.mutant(BODIES, BODY_SPICES);
        let shown = String::from_utf8_lossy(&bytes);
        let whole = taken(&bytes, Framing::Chunked, bytes.len().max(1));
        assert_eq!(taken(&bytes, Framing::Chunked, 1 + chance.below(5)), whole, "{shown:?}");
        let Some((body, rest)) = whole else {
            refused += 1;
            continue;
        };
        accepted += 1;
        assert!(bytes.ends_with(&rest), "{shown:?}");
        let mut canonical = Vec::new();
        if !body.is_empty() {
            canonical.extend_from_slice(format!("{:x}\r\n", body.len()).as_bytes());
            canonical.extend_from_slice(&body);
            canonical.extend_from_slice(b"\r\n");
        }
        canonical.extend_from_slice(b"0\r\n\r\n");
        canonical.extend_from_slice(&rest);
        assert_eq!(taken(&canonical, Framing::Chunked, 3), Some((body, rest)), "{shown:?}");
    }
    assert!(accepted > 2_000 && refused > 2_000, "{accepted} accepted, {refused} refused");
}

#[test]
fn a_body_of_known_length_is_exactly_as_long() {
    let mut chance = Chance(1999);
    for _ in 0..2_000 {
        let bytes = chance.mutant(BODIES, BODY_SPICES);
        let length = chance.below(bytes.len() + 5);
        let expected = bytes.split_at_checked(length).map(|(body, rest)| (body.to_vec(), rest.to_vec()));
        assert_eq!(taken(&bytes, Framing::Length(length as u64), 1 + chance.below(9)), expected);
    }
}

//! Mutants of requests, each as if it had been sent: on any machine, without a fuzzer.

use super::*;
use crate::gate::body;
use crate::gate::head::{Framing, Progress};

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
    b"OPTIONS * HTTP/1.1\r\nhost:\r\nTE: trailers\r\nX:\t a\tb \r\nGate-Origin: x 6.6.6.6\r\n\r\n",
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
    b"Gate-Origin: x 1.2.3.4\r\n",
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

#[test]
fn what_is_let_through_of_mutated_requests_means_one_thing() {
    let mut chance = Chance(2018);
    let (mut let_through, mut refused) = (0, 0);
    for _ in 0..6_000 {
        let head = chance.mutant(HEADS, HEAD_SPICES);
        let body = chance.mutant(BODIES, BODY_SPICES);
        match request(&[head, body].concat()) {
            0 => refused += 1,
            _ => let_through += 1,
        }
    }
    // Otherwise there was nothing to see.
    assert!(let_through > 500 && refused > 500, "{let_through} let through, {refused} refused");
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
    let budget = MemoryBudget::new(REQUESTS_BYTES, FREE_REQUEST_BYTES);
    match body::read(&mut wire, framing, &budget.share(), Instant::now() + PATIENCE) {
        Ok(body) => Some((body.whole(), [wire.pending(), &wire.stream().bytes].concat())),
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

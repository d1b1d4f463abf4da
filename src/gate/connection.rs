//! One client's connection: a request, its answer, the next request.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::AtOnce;
use super::answer;
use super::answer::{Answer, Stamp};
use super::backend_pool;
use super::backend_pool::BackendPool;
use super::body;
use super::body::Failure;
use super::connections;
use super::connections::{Connections, Phase, Seat};
use super::head;
use super::head::{Framing, Head, Progress, Rules};
use super::journal;
use super::journal::{Entry, Journal};
use super::limits::Limits;
use super::refusal::Refusal;
use super::socket::Socket;
use super::tls;
use super::tls::{Encrypted, Opening, Tls};
use super::wire::{Broken, Stream, Wire};
use crate::bounds::memory_budget::{MemoryBudget, Share};
use crate::bounds::pieces::PIECE_BYTES;

/// What all connections have in common.
pub struct Shared {
    pub backend_pool: BackendPool,
    pub connections: Arc<Connections>,
    /// What requests and answers may take of the memory.
    pub requests: MemoryBudget,
    pub answers: MemoryBudget,
    pub is_closing: AtomicBool,
    pub limits: Limits,
    pub journal: Arc<dyn Journal>,
    /// Where connections are encrypted.
    pub tls: Option<Arc<Tls>>,
    pub is_strict: bool,
    pub rules: Rules,
    pub at_once: Option<AtOnce>,
}

/// A request, from its first byte on.
pub struct Asked {
    pub stamp: Stamp,
    /// The peer, until the head says that it is a proxy and names its client.
    client: IpAddr,
    began: Instant,
    /// Known once its line was read.
    method: Option<&'static str>,
    /// Kept where the request met no route.
    path: Option<Box<str>>,
    /// Told as soon as it is known: whatever the answer is, it has no body then.
    is_head: bool,
}

impl Asked {
    pub fn begin(peer: IpAddr, is_strict: bool) -> Asked {
        let mut random = [0; 16];
        rand::Rng::fill_bytes(&mut rand::rng(), &mut random);
        let stamp = Stamp { request: uuid::Builder::from_random_bytes(random).into_uuid(), is_strict };
        Asked { stamp, client: peer, began: Instant::now(), method: None, path: None, is_head: false }
    }

    fn answered(self, answer: Answer, is_delivered: bool) -> Entry {
        let Answer { bytes, status, route, .. } = answer;
        let Asked { stamp, client, method, path, began, .. } = self;
        let (id, took) = (stamp.request, began.elapsed());
        Entry { id, client, method, route, path, status, took, bytes: bytes.len(), is_delivered }
    }
}

/// How much and how long a client may go on sending after its last answer before it is cut off: enough to read it first.
const LINGER_BYTES: usize = 4 * 1024 * 1024;
const LINGER: Duration = Duration::from_secs(2);

/// The handshake. `None` where there is none, and the connection is over.
pub fn open_encrypted(tls: &Tls, socket: &TcpStream, peer: IpAddr, seat: &Seat, shared: &Shared) -> Option<Encrypted> {
    let mut patience = shared.limits.head;
    if shared.is_closing.load(Ordering::SeqCst) {
        connections::expect_no_more(socket);
        patience = patience.min(connections::HANDSHAKE_AT_CLOSING);
    }
    let deadline = Instant::now() + patience;
    // A client may hang up or stay silent: nothing to log.
    let opening = tls::await_opening(socket, deadline).ok()?;
    match opening {
        Opening::Handshake if seat.enter(Phase::Handshake) => tls.accept(socket, deadline).ok(),
        Opening::PlainRequest if seat.enter(Phase::Reading) => {
            let asked = Asked::begin(peer, false);
            let answer = Refusal::in_the_clear().answer(asked.stamp, false);
            if tell(&mut Wire::new(Socket::new(socket)), asked, answer, seat, shared) {
                part(socket);
            }
            None
        }
        Opening::Handshake | Opening::PlainRequest => None,
    }
}

/// Serves a client until it leaves, asks to be let go, or does something that ends the connection. `stream` is what is
/// said over `socket`.
pub fn converse<S: Stream>(stream: S, socket: &TcpStream, peer: IpAddr, seat: &Seat, shared: &Shared) {
    let mut wire = Wire::new(stream);
    let took_last_answer = talk(&mut wire, socket, peer, seat, shared);
    wire.say_goodbye();
    // What was refused for its size must not be kept while its client takes leave.
    drop(wire);
    if took_last_answer {
        part(socket);
    }
}

/// `true` where the client has taken an answer that was to be the last one.
fn talk<S: Stream>(wire: &mut Wire<S>, socket: &TcpStream, peer: IpAddr, seat: &Seat, shared: &Shared) -> bool {
    let mut patience = shared.limits.head;
    loop {
        if !seat.enter(Phase::Idle) {
            return false;
        }
        if shared.is_closing.load(Ordering::SeqCst) && wire.pending().is_empty() {
            connections::expect_no_more(socket);
        }
        // A client may hang up or stay silent between requests: nothing to log.
        if await_request(wire, Instant::now() + patience).is_err() || !seat.enter(Phase::Reading) {
            return false;
        }
        let mut asked = Asked::begin(peer, shared.is_strict);
        match serve(wire, &mut asked, seat, shared) {
            Ok(served) => {
                let is_delivered = tell(wire, asked, served.answer, seat, shared);
                if !is_delivered || served.is_last {
                    return is_delivered;
                }
                patience = shared.limits.idle;
            }
            Err(Failure::Broken(_)) => return false,
            Err(Failure::Refused(refusal)) => {
                log::debug!("refused a request with {}: {}", refusal.status, refusal.detail);
                let answer = refusal.answer(asked.stamp, asked.is_head);
                return tell(wire, asked, answer, seat, shared);
            }
        }
    }
}

/// Says that there is no room, in one write that cannot block. Before a handshake, nothing can
/// be said.
pub fn turn_away(mut stream: &TcpStream, peer: IpAddr, shared: &Shared) {
    let asked = Asked::begin(peer, false);
    let answer = Refusal::busy().answer(asked.stamp, false);
    let is_told = shared.tls.is_none()
        && stream.set_nonblocking(true).is_ok()
        && answer.bytes.iter().all(|piece| stream.write_all(piece).is_ok());
    shared.journal.answered(asked.answered(answer, is_told));
}

/// Waits for the first byte of a request. RFC 9112, section 2.2: empty lines before the request line are ignored, so
/// they are not yet a request that could be late.
pub fn await_request<S: Stream>(wire: &mut Wire<S>, deadline: Instant) -> Result<(), Broken> {
    loop {
        match wire.pending() {
            [] | [b'\r'] => wire.fill(deadline)?,
            [b'\r', b'\n', ..] => wire.consume(2),
            _ => return Ok(()),
        }
    }
}

/// The answer to a request.
struct Served<'a> {
    answer: Answer,
    /// Nothing follows on this connection.
    is_last: bool,
    /// Held until the client has taken the answer.
    _share: Share<'a>,
}

/// Writes an answer, and has it recorded. `false` where the client did not take it.
fn tell<S: Stream>(wire: &mut Wire<S>, asked: Asked, answer: Answer, seat: &Seat, shared: &Shared) -> bool {
    if !seat.enter(Phase::Writing) {
        return false;
    }
    let deadline = Instant::now() + shared.limits.write;
    let is_delivered = answer.bytes.iter().all(|piece| wire.write_all(piece, deadline).is_ok());
    shared.journal.answered(asked.answered(answer, is_delivered));
    is_delivered
}

/// Reads one request and has it answered.
fn serve<'a, S: Stream>(
    wire: &mut Wire<S>,
    asked: &mut Asked,
    seat: &Seat,
    shared: &'a Shared,
) -> Result<Served<'a>, Failure> {
    let limits = &shared.limits;
    // Held until the server behind has answered.
    let share = shared.requests.share();
    let head = receive(wire, asked, &shared.rules, limits, &share)?;

    if !seat.enter(Phase::Served) {
        return Err(Failure::Broken(Broken::Closed));
    }
    let is_last = !head.keeps_alive || shared.is_closing.load(Ordering::SeqCst);
    let share_of_answer = shared.answers.share();
    let at_once = shared.at_once.as_ref().and_then(|at_once| at_once(&head.canonical));
    if let Some(answer) = at_once.and_then(|bytes| answer::whole(&bytes, asked.stamp, asked.is_head, is_last)) {
        return Ok(Served { answer, is_last, _share: share_of_answer });
    }
    let answered =
        shared.backend_pool.ask(&head.canonical, &head.body, Instant::now() + limits.queue, |answered, body_bytes| {
            let kept_bytes = if asked.is_head { 0 } else { body_bytes };
            let has_room = share_of_answer.grow(kept_bytes);
            // What tells of a change is never held back.
            if !has_room && head.method == "GET" {
                return Err(Refusal::busy());
            }
            answer::rewrite(answered, body_bytes, asked.stamp, asked.is_head, is_last).ok_or_else(Refusal::no_answer)
        });
    let answer = answered.unwrap_or_else(|failure| match failure {
        backend_pool::Failure::Busy => Err(Refusal::busy()),
        backend_pool::Failure::Broken => Err(Refusal::no_answer()),
    });
    let (answer, is_last) = match answer {
        Ok(answer) => (answer, is_last),
        Err(refusal) => (refusal.answer(asked.stamp, asked.is_head), true),
    };
    if answer.route.is_none() {
        asked.path = journal::path(&head.canonical);
    }
    Ok(Served { answer, is_last, _share: share_of_answer })
}

/// A whole request: what is returned holds it as it goes to the server behind, body included.
pub fn receive<S: Stream>(
    wire: &mut Wire<S>,
    asked: &mut Asked,
    rules: &Rules,
    limits: &Limits,
    share: &Share<'_>,
) -> Result<Head, Failure> {
    let mut head = read_head(wire, asked, rules, share, Instant::now() + limits.head)?;
    receive_body(wire, &mut head, limits, share).inspect_err(|_| asked.path = journal::path(&head.canonical))?;
    Ok(head)
}

fn receive_body<S: Stream>(
    wire: &mut Wire<S>,
    head: &mut Head,
    limits: &Limits,
    share: &Share<'_>,
) -> Result<(), Failure> {
    body::announce(head.framing)?;
    if head.expects_continue && wire.pending().is_empty() && head.framing != Framing::None {
        wire.write_all(b"HTTP/1.1 100 Continue\r\n\r\n", Instant::now() + limits.write)?;
    }
    let body = body::read(wire, head.framing, share, Instant::now() + limits.body).map_err(in_time)?;
    if head.framing != Framing::None {
        head.canonical.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
    }
    head.canonical.extend_from_slice(b"\r\n");
    if body.len() <= PIECE_BYTES {
        // At once: the server behind is woken for each piece.
        body.iter().for_each(|piece| head.canonical.extend_from_slice(piece));
    } else {
        head.body = body;
    }
    Ok(())
}

fn read_head<S: Stream>(
    wire: &mut Wire<S>,
    asked: &mut Asked,
    rules: &Rules,
    share: &Share<'_>,
    deadline: Instant,
) -> Result<Head, Failure> {
    let mut progress = Progress::default();
    let mut seen = 0;
    loop {
        if !share.grow(wire.pending().len() - seen) {
            return Err(Refusal::busy().into());
        }
        seen = wire.pending().len();
        asked.is_head = wire.pending().starts_with(b"HEAD ");
        if let Some(length) = progress.look(wire.pending())? {
            let head = head::parse(&wire.pending()[..length], asked.client, rules, asked.stamp.request)?;
            (asked.method, asked.client) = (Some(head.method), head.client);
            wire.consume(length);
            return Ok(head);
        }
        wire.fill(deadline).map_err(Failure::Broken).map_err(in_time)?;
    }
}

/// A request that stopped half way is told so; a client that hung up is not.
fn in_time(failure: Failure) -> Failure {
    match failure {
        Failure::Broken(Broken::TimedOut) => Refusal::too_slow().into(),
        other => other,
    }
}

/// After the last answer: reads on for a moment. Closing on bytes that were not read would reset the connection, and the
/// client might never see what it has not read yet.
fn part(mut stream: &TcpStream) {
    let deadline = Instant::now() + LINGER;
    let mut sink = [0; 4096];
    let mut left = LINGER_BYTES;
    if stream.shutdown(Shutdown::Write).is_err() {
        return;
    }
    while left > 0 {
        let Ok(timeout) = super::remaining(deadline) else { return };
        match stream.set_read_timeout(Some(timeout)).and_then(|()| stream.read(&mut sink)) {
            Ok(0) => return,
            Ok(read) => left = left.saturating_sub(read),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::limits::FREE_REQUEST_BYTES;
    use crate::gate::wire::scripted::Scripted;

    #[test]
    fn empty_lines_before_a_request_are_skipped_in_whatever_pieces_they_come() {
        for piece in 1..8 {
            let mut wire = Scripted::wire(b"\r\n\r\n\r\nGET", piece);
            await_request(&mut wire, Instant::now() + LINGER).unwrap();
            assert!(wire.pending().starts_with(b"G"), "pieces of {piece}");
            for nothing in [&b""[..], b"\r", b"\r\n", b"\r\n\r"] {
                let mut wire = Scripted::wire(nothing, piece);
                assert_eq!(await_request(&mut wire, Instant::now() + LINGER), Err(Broken::Closed));
            }
            // A request that is malformed, which is for others to say.
            let mut wire = Scripted::wire(b"\r\n\rx", piece);
            await_request(&mut wire, Instant::now() + LINGER).unwrap();
            assert!(wire.pending().starts_with(b"\rx"), "pieces of {piece}");
        }
    }

    #[test]
    fn a_large_head_takes_its_part_of_the_memory_budget_and_a_small_one_needs_none() {
        let status = |length: usize, budget: usize| {
            let text = format!("GET / HTTP/1.1\r\nHost: h\r\nX: {}\r\nX: \r\n\r\n", "x".repeat(length / 2));
            let text = text.replace("X: \r\n", &format!("X: {}\r\n", "x".repeat(length / 2)));
            let budget = MemoryBudget::new(budget, FREE_REQUEST_BYTES);
            let mut asked = Asked::begin(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), false);
            let mut wire = Scripted::wire(text.as_bytes(), 1000);
            let deadline = Instant::now() + LINGER;
            match read_head(&mut wire, &mut asked, &Rules::default(), &budget.share(), deadline) {
                Ok(_) => 200,
                Err(Failure::Refused(refusal)) => refusal.status,
                Err(Failure::Broken(_)) => 0,
            }
        };
        assert_eq!(status(4000, 0), 200);
        assert_eq!(status(12_000, 0), 503);
        assert_eq!(status(12_000, 8 * 1024), 200);
    }
}

//! One client's connection: a request, its answer, the next request.

use std::io::{Read, Write};
use std::net::{IpAddr, Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::answer;
use super::body::{self, Failure};
use super::crowd::{Crowd, Phase, Seat};
use super::head::{self, Framing, Head, Progress};
use super::limits::Limits;
use super::lines::{self, Lines};
use super::refusal::Refusal;
use super::wire::{Broken, Wire};

/// What all connections have in common.
pub struct Shared {
    pub lines: Lines,
    pub crowd: Arc<Crowd>,
    pub is_closing: AtomicBool,
    pub limits: Limits,
}

/// How much and how long a refused client may go on sending before it is cut off: enough to read its refusal first.
const LINGER_BYTES: usize = 4 * 1024 * 1024;
const LINGER: Duration = Duration::from_secs(2);

/// Serves a client until it leaves, asks to be let go, or does something that ends the connection.
pub fn converse(stream: &TcpStream, client: IpAddr, seat: &Seat, shared: &Shared) {
    let mut wire = Wire::new(stream);
    let mut patience = shared.limits.head;
    loop {
        if !seat.enter(Phase::Idle) || (shared.is_closing.load(Ordering::Acquire) && wire.pending().is_empty()) {
            return;
        }
        // A client may hang up or stay silent between requests; nobody needs to be told.
        if wire.pending().is_empty() && wire.fill(Instant::now() + patience).is_err() {
            return;
        }
        if !seat.enter(Phase::Reading) {
            return;
        }
        match serve(&mut wire, client, seat, shared) {
            Ok(true) => patience = shared.limits.idle,
            Ok(false) | Err(Failure::Broken(_)) => return,
            Err(Failure::Refused(refusal)) => {
                refuse(&mut wire, seat, &refusal, shared);
                return;
            }
        }
    }
}

/// One request and its answer. `true` where another may follow.
fn serve(wire: &mut Wire<&TcpStream>, client: IpAddr, seat: &Seat, shared: &Shared) -> Result<bool, Failure> {
    let limits = &shared.limits;
    let mut head = read_head(wire, client, Instant::now() + limits.head)?;
    body::announce(head.framing)?;
    if head.expects_continue && wire.pending().is_empty() && head.framing != Framing::None {
        wire.write_all(b"HTTP/1.1 100 Continue\r\n\r\n", Instant::now() + limits.write)?;
    }
    let body = body::read(wire, head.framing, Instant::now() + limits.body).map_err(in_time)?;
    if head.framing != Framing::None {
        head.canonical.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
    }
    head.canonical.extend_from_slice(b"\r\n");
    head.canonical.extend_from_slice(&body);
    drop(body);

    if !seat.enter(Phase::Served) {
        return Ok(false);
    }
    let is_last = !head.keeps_alive || shared.is_closing.load(Ordering::Acquire);
    let asked = shared.lines.ask(&head.canonical, Instant::now() + limits.queue, |bytes, frame| {
        answer::rewrite(bytes, frame, head.is_head, is_last)
    });
    let (answer, is_last) = match asked {
        Ok(answer) => (answer, is_last),
        Err(lines::Failure::Busy) => (Refusal::busy().to_bytes(head.is_head), true),
        Err(lines::Failure::Broken) => (Refusal::no_answer().to_bytes(head.is_head), true),
    };
    if !seat.enter(Phase::Writing) {
        return Ok(false);
    }
    wire.write_all(&answer, Instant::now() + limits.write)?;
    Ok(!is_last)
}

fn read_head(wire: &mut Wire<&TcpStream>, client: IpAddr, deadline: Instant) -> Result<Head, Failure> {
    let mut progress = Progress::default();
    // RFC 9112, section 2.2: an empty line before the request line is to be ignored.
    while wire.pending().starts_with(b"\r\n") {
        wire.consume(2);
    }
    loop {
        if let Some(length) = progress.look(wire.pending())? {
            let head = head::parse(&wire.pending()[..length], client)?;
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

/// Answers, then reads on for a moment: closing on bytes that were not read would reset the connection, and the client
/// might never see the answer.
fn refuse(wire: &mut Wire<&TcpStream>, seat: &Seat, refusal: &Refusal, shared: &Shared) {
    log::debug!("refused a request with {}: {}", refusal.status, refusal.detail);
    let answer = refusal.to_bytes(false);
    if !seat.enter(Phase::Writing) || wire.write_all(&answer, Instant::now() + shared.limits.write).is_err() {
        return;
    }
    let mut stream: &TcpStream = wire.stream();
    let deadline = Instant::now() + LINGER;
    let mut sink = [0; 4096];
    let mut left = LINGER_BYTES;
    if stream.flush().and_then(|()| stream.shutdown(Shutdown::Write)).is_err() {
        return;
    }
    while left > 0 && !shared.is_closing.load(Ordering::Acquire) {
        let Ok(timeout) = super::remaining(deadline) else { return };
        match stream.set_read_timeout(Some(timeout)).and_then(|()| stream.read(&mut sink)) {
            Ok(0) | Err(_) => return,
            Ok(read) => left = left.saturating_sub(read),
        }
    }
}

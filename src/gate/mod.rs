//! The gate: owns the public socket and lets nothing through but whole, clean requests.
//!
//! Each client connection is one small thread in one blocking loop: read a request whole, hand it to the server behind
//! on one of a few private connections, read the answer whole, write it. Size, time and number of everything are
//! bounded; what RFC 9112 calls doubtful is refused. Why: docs/decisions/0002.

mod answer;
mod backend_pool;
mod body;
mod connection;
mod connections;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod head;
pub mod journal;
pub mod limits;
pub mod proxies;
mod refusal;
mod socket;
pub mod tls;
mod wire;

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use self::backend_pool::BackendPool;
use self::connection::Shared;
pub use self::connections::Census;
use self::connections::{Connections, Seat};
use self::head::Rules;
use self::journal::Journal;
use self::limits::Limits;
use self::proxies::Proxies;
pub use self::refusal::PLAIN_HTTP_ON_TLS;
use self::socket::Socket;
use self::tls::Tls;
use crate::bounds::memory_budget::MemoryBudget;

/// Enough for the loop of one connection; most of it is never touched.
const STACK_BYTES: usize = 128 * 1024;
/// How long accepting pauses after an error of the system.
const PAUSE: Duration = Duration::from_millis(50);
/// For a connection that was let go to be gone: much, since it only has to wake up.
const LEAVING: Duration = Duration::from_secs(1);

/// Connections that the system accepted for us before the gate closed; others may go on coming for ever.
const MOST_AT_CLOSING: usize = 1024;

pub struct Gate {
    address: SocketAddr,
    acceptor: JoinHandle<()>,
    /// Closing it wakes the acceptor.
    stop: OwnedFd,
    shared: Arc<Shared>,
}

/// What a gate is opened with.
pub struct Settings<'a> {
    pub listener: TcpListener,
    /// The socket of the server behind.
    pub behind: &'a Path,
    /// Connections to it.
    pub private_connections: usize,
    pub limits: Limits,
    pub journal: Arc<dyn Journal>,
    /// Where connections are to be encrypted.
    pub tls: Option<Arc<Tls>>,
    /// Whether clients are told to come by https only from now on.
    pub is_strict: bool,
    pub proxies: Proxies,
    /// The header fields that the server behind reads.
    pub headers: Vec<&'static str>,
    pub at_once: Option<AtOnce>,
}

/// The whole answer to a request that has to wait for no other, without the server behind; `None` for all others.
pub type AtOnce = Box<dyn Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync>;

/// Looks on.
pub struct Observer {
    connections: Arc<Connections>,
}

impl Observer {
    pub fn census(&self) -> Census {
        self.connections.census()
    }
}

impl Gate {
    /// Opens the private connections to the server behind, each proven, then begins to accept from the listener.
    pub fn open(settings: Settings<'_>) -> io::Result<Gate> {
        let Settings {
            listener,
            behind,
            private_connections,
            limits,
            journal,
            tls,
            is_strict,
            proxies,
            headers,
            at_once,
        } = settings;
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let shared = Arc::new(Shared {
            backend_pool: BackendPool::open(behind, private_connections, limits.handling)?,
            connections: Connections::new(limits.connections),
            requests: MemoryBudget::new(limits::REQUESTS_BYTES, limits::FREE_REQUEST_BYTES),
            answers: MemoryBudget::new(limits::ANSWERS_BYTES, limits::FREE_ANSWER_BYTES),
            is_closing: AtomicBool::new(false),
            limits,
            journal,
            tls,
            is_strict,
            rules: Rules { proxies, headers },
            at_once,
        });
        let (stopped, stop) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
        let acceptor = {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name("gate".to_owned()).spawn(move || accept_all(&listener, &stopped, &shared))?
        };
        Ok(Gate { address, acceptor, stop, shared })
    }

    /// Where it listens; the real port where port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// For metrics.
    pub fn observer(&self) -> Observer {
        Observer { connections: Arc::clone(&self.shared.connections) }
    }

    /// Stops accepting, lets requests in hand finish within `grace`, and ends every connection.
    pub fn close(self, grace: Duration) {
        self.shared.is_closing.store(true, Ordering::SeqCst);
        drop(self.stop);
        // The acceptor has nothing that could panic; if it did, there is nothing left to stop.
        let _ = self.acceptor.join();
        self.shared.connections.empty(grace);
    }
}

/// Until the gate closes; then those who connected before that are let in, and no more.
fn accept_all(listener: &TcpListener, stopped: &OwnedFd, shared: &Arc<Shared>) {
    let mut left_at_closing = MOST_AT_CLOSING;
    while left_at_closing > 0 {
        let mut polled = [PollFd::new(listener, PollFlags::IN), PollFd::new(stopped, PollFlags::IN)];
        match poll(&mut polled, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(e) => {
                log::error!("waiting for connections failed: {e}");
                pause(stopped);
            }
        }
        let is_closing = shared.is_closing.load(Ordering::SeqCst);
        if is_closing {
            left_at_closing -= 1;
        }
        match listener.accept() {
            Ok((stream, peer)) => admit(stream, peer.ip().to_canonical(), shared),
            Err(_) if is_closing => return,
            // The client has gone.
            Err(e)
                if [ErrorKind::WouldBlock, ErrorKind::Interrupted, ErrorKind::ConnectionAborted]
                    .contains(&e.kind()) => {}
            Err(e) => {
                // Out of descriptors or memory: it passes when connections end.
                log::warn!("a connection could not be accepted: {e}");
                shared.connections.make_room();
                pause(stopped);
            }
        }
    }
}

fn pause(stopped: &OwnedFd) {
    let timeout = Timespec { tv_sec: 0, tv_nsec: PAUSE.as_nanos() as i64 };
    // Whatever ends the pause, the loop looks again.
    let _ = poll(&mut [PollFd::new(&stopped.as_fd(), PollFlags::IN)], Some(&timeout));
}

fn admit(stream: TcpStream, peer: IpAddr, shared: &Arc<Shared>) {
    let stream = Arc::new(stream);
    let Some(seat) = shared.connections.seat(&stream, peer, LEAVING) else {
        return turn_away(&stream, peer, shared);
    };
    let guest = Guest { socket: Arc::clone(&stream), seat, peer, shared: Arc::clone(shared) };
    let spawned = guest.on_a_thread(|guest| {
        let settled = guest.socket.set_nonblocking(false).and_then(|()| guest.socket.set_nodelay(true));
        match settled {
            Ok(()) => receive(guest),
            Err(e) => log::debug!("a connection could not be set up: {e}"),
        }
    });
    if let Err(e) = spawned {
        log::warn!("could not start a thread for a connection: {e}");
        turn_away(&stream, peer, shared);
    }
}

/// A client that has a place. Fields are dropped in this order: the place is free once the socket is closed.
struct Guest {
    socket: Arc<TcpStream>,
    seat: Seat,
    peer: IpAddr,
    shared: Arc<Shared>,
}

impl Guest {
    fn on_a_thread(self, serve: impl FnOnce(Guest) + Send + 'static) -> io::Result<()> {
        let thread = thread::Builder::new().name("connection".to_owned()).stack_size(STACK_BYTES);
        thread.spawn(move || serve(self)).map(|_| ())
    }
}

/// Serves a client from its first byte to its last.
fn receive(guest: Guest) {
    let Guest { socket, seat, peer, shared } = &guest;
    let Some(tls) = &shared.tls else { return connection::converse(Socket::new(socket), socket, *peer, seat, shared) };
    let encrypted = connection::open_encrypted(tls, socket, *peer, seat, shared);
    if let Some(encrypted) = encrypted {
        // A handshake goes deep. The thread that made it ends, and with it goes the memory of its stack.
        let spawned = guest.on_a_thread(|Guest { socket, seat, peer, shared }| {
            connection::converse(encrypted.over(&socket), &socket, peer, &seat, &shared);
            drop(socket);
        });
        if let Err(e) = spawned {
            log::warn!("could not start a thread for a connection: {e}");
        }
    }
}

/// One write that cannot block, and good-bye.
fn turn_away(stream: &TcpStream, peer: IpAddr, shared: &Shared) {
    shared.connections.has_turned_away();
    connection::turn_away(stream, peer, shared);
    shared.connections.dismiss(stream);
}

/// What is left of a period that ends at `deadline`; `TimedOut` where nothing is.
fn remaining(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    // Zero would mean "for ever" to a socket.
    if left < Duration::from_millis(1) { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
}

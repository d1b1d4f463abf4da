//! What everybody has before them: the server, who is at it, and what has gone wrong so far.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

/// How long a hostile client waits for what is due to it: longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(60);
const TO_CONNECT: Duration = Duration::from_secs(5);

pub struct Scene {
    pub address: SocketAddr,
    pub token: String,
    /// Of one hundred: how large the crowds are.
    pub percent: usize,
    is_over: AtomicBool,
    problems: Mutex<Vec<String>>,
}

/// What one kind of attack has come to.
#[derive(Default)]
pub struct Tally {
    pub connections: AtomicU64,
    pub requests: AtomicU64,
    pub answers: AtomicU64,
}

impl Scene {
    pub fn new(address: SocketAddr, token: String, percent: usize) -> Scene {
        Scene { address, token, percent, is_over: AtomicBool::new(false), problems: Mutex::default() }
    }

    pub fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }

    pub fn begins(&self) {
        self.is_over.store(false, Ordering::Relaxed);
    }

    pub fn ends(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// `wanted` in a soak, a part of it in a short test.
    pub fn scaled(&self, wanted: usize) -> usize {
        (wanted * self.percent).div_ceil(100)
    }

    pub fn problem(&self, what: String) {
        self.problems.lock().expect("nobody panics here").push(what);
    }

    pub fn problems(&self) -> Vec<String> {
        self.problems.lock().expect("nobody panics here").clone()
    }

    /// A connection from one of this machine's many addresses.
    pub fn connect(&self, from: [u8; 4], tally: &Tally) -> io::Result<TcpStream> {
        let socket = self.socket(from)?;
        self.connected(socket, tally)
    }

    /// One that takes little of an answer before it reads it.
    pub fn connect_with_a_small_window(&self, from: [u8; 4], tally: &Tally) -> io::Result<TcpStream> {
        let socket = self.socket(from)?;
        socket.set_recv_buffer_size(4096)?;
        self.connected(socket, tally)
    }

    fn socket(&self, from: [u8; 4]) -> io::Result<Socket> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::from((from, 0)).into())?;
        Ok(socket)
    }

    fn connected(&self, socket: Socket, tally: &Tally) -> io::Result<TcpStream> {
        socket.connect_timeout(&self.address.into(), TO_CONNECT)?;
        tally.connections.fetch_add(1, Ordering::Relaxed);
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(stream)
    }
}

/// Ends a connection without a farewell.
pub fn reset(stream: TcpStream) {
    // Where it is gone already, nothing is left to be reset.
    let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
}

/// Leaves the others on this machine a chance.
pub fn rest(milliseconds: u64) {
    thread::sleep(Duration::from_millis(milliseconds));
}

impl Tally {
    pub fn asked(&self, requests: u64) {
        self.requests.fetch_add(requests, Ordering::Relaxed);
    }

    pub fn answered(&self, answers: usize) {
        self.answers.fetch_add(answers as u64, Ordering::Relaxed);
    }
}

//! What everybody has before them: the server, who is at it, and what has gone wrong so far.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use socket2::{Domain, SockRef, Socket, Type};

use super::line::Line;

/// How long a hostile client waits for what is due to it: longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(60);
const TO_CONNECT: Duration = Duration::from_secs(5);

pub struct Scene {
    pub address: SocketAddr,
    pub token: String,
    /// How many connections the attacks open, in percent of a soak.
    pub percent: usize,
    /// Where it is spoken to over TLS.
    pub tls: Option<Arc<ClientConfig>>,
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
    pub fn new(address: SocketAddr, token: String, percent: usize, tls: Option<Arc<ClientConfig>>) -> Scene {
        Scene { address, token, percent, tls, is_over: AtomicBool::new(false), problems: Mutex::default() }
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

    /// A connection to talk over, after the handshake where there is one.
    pub fn call(&self, from: [u8; 4], tally: &Tally) -> io::Result<Line> {
        let stream = self.connect(from, tally)?;
        stream.set_nodelay(true)?;
        let Some(config) = &self.tls else { return Ok(Line::Plain(stream)) };
        let mut secret = Box::new(StreamOwned::new(self.handshake(config)?, stream));
        while secret.conn.is_handshaking() {
            secret.conn.complete_io(&mut secret.sock)?;
        }
        Ok(Line::Secret(secret))
    }

    fn handshake(&self, config: &Arc<ClientConfig>) -> io::Result<ClientConnection> {
        let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
        ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)
    }

    /// The first that is said over TLS; nothing where it is not spoken.
    pub fn hello(&self) -> io::Result<Vec<u8>> {
        let mut hello = Vec::new();
        if let Some(config) = &self.tls {
            self.handshake(config)?.write_tls(&mut hello)?;
        }
        Ok(hello)
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

//! A TLS connection as a stream of bytes: each call makes one call to the socket that could block, at the most, so that
//! the caller can look at the deadline in between.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustls::ServerConnection;

use crate::gate::remaining;
use crate::gate::socket::Socket;
use crate::gate::wire::{Broken, Stream, again};

/// How much of an answer is encrypted before the client takes it. Beside the answer itself, this is what a client that
/// does not read costs.
const RECORD_BYTES: usize = 8 * 1024;
/// For the last words on a connection.
const FAREWELL: Duration = Duration::from_millis(200);

pub struct TlsStream<'a> {
    connection: ServerConnection,
    socket: Socket<'a>,
    /// How long the next write to the socket may take. Reading may write too: TLS has things of its own to say.
    patience: Duration,
}

impl<'a> TlsStream<'a> {
    pub fn new(mut connection: ServerConnection, socket: &'a TcpStream) -> TlsStream<'a> {
        connection.set_buffer_limit(Some(RECORD_BYTES));
        TlsStream { connection, socket: Socket::new(socket), patience: FAREWELL }
    }

    pub fn into_connection(self) -> ServerConnection {
        self.connection
    }

    pub fn shake_hands(&mut self, deadline: Instant) -> Result<(), Broken> {
        while self.connection.is_handshaking() || self.connection.wants_write() {
            let timeout = remaining(deadline).map_err(|_| Broken::TimedOut)?;
            self.read_within(timeout).map_err(|_| Broken::Closed)?;
            let step = if self.connection.wants_write() { self.send() } else { self.receive() };
            if let Err(e) = step {
                again(&e)?;
            }
        }
        Ok(())
    }

    /// One write. An error where the socket did not take all there was.
    fn send(&mut self) -> io::Result<()> {
        self.socket.write_within(self.patience)?;
        self.connection.write_tls(&mut self.socket)?;
        if self.connection.wants_write() { Err(ErrorKind::Interrupted.into()) } else { Ok(()) }
    }

    /// All that is left to say, such as the alert that says why the connection ends: each write takes one record. If it
    /// cannot be sent, the end is all there is to see.
    fn say_last_words(&mut self) {
        self.patience = FAREWELL;
        let deadline = Instant::now() + FAREWELL;
        while self.send().is_err_and(|e| e.kind() == ErrorKind::Interrupted) && Instant::now() < deadline {}
    }

    /// One read.
    fn receive(&mut self) -> io::Result<()> {
        if self.connection.read_tls(&mut self.socket)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        if let Err(e) = self.connection.process_new_packets() {
            log::debug!("a TLS connection ended: {e}");
            self.say_last_words();
            return Err(ErrorKind::InvalidData.into());
        }
        Ok(())
    }
}

impl Read for TlsStream<'_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        match self.connection.reader().read(target) {
            Err(e) if e.kind() == ErrorKind::WouldBlock => {}
            other => return other,
        }
        self.flush()?;
        self.receive()?;
        match self.connection.reader().read(target) {
            // Part of a record, or something that is TLS's own.
            Err(e) if e.kind() == ErrorKind::WouldBlock => Err(ErrorKind::Interrupted.into()),
            other => other,
        }
    }
}

impl Write for TlsStream<'_> {
    /// Encrypts; what was encrypted before is sent first.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.flush()?;
        self.connection.writer().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.connection.wants_write() { self.send() } else { Ok(()) }
    }
}

impl Stream for TlsStream<'_> {
    fn read_within(&mut self, timeout: Duration) -> io::Result<()> {
        self.patience = timeout;
        self.socket.read_within(timeout)
    }

    fn write_within(&mut self, timeout: Duration) -> io::Result<()> {
        self.patience = timeout;
        Ok(())
    }

    fn holds_back(&self) -> bool {
        self.connection.wants_write()
    }

    fn say_goodbye(&mut self) {
        // To a client that has not taken what it was told before, there is nothing more to say.
        if !self.connection.wants_write() {
            self.connection.send_close_notify();
            self.say_last_words();
        }
    }
}

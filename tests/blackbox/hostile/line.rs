//! What is said over a connection: in the clear, or over TLS.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use rustls::{ClientConnection, StreamOwned};

pub enum Line {
    Plain(TcpStream),
    Secret(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Line {
    pub fn socket(&self) -> &TcpStream {
        match self {
            Line::Plain(stream) => stream,
            Line::Secret(stream) => &stream.sock,
        }
    }

    /// Nothing more is said; what is answered can still be read.
    pub fn ends(&mut self) -> io::Result<()> {
        match self {
            Line::Plain(stream) => stream.shutdown(std::net::Shutdown::Write),
            Line::Secret(stream) => {
                stream.conn.send_close_notify();
                stream.flush()
            }
        }
    }

    /// Whether it was ended by the other side, or has been said more than was asked.
    pub fn is_over(&mut self) -> bool {
        if self.socket().set_nonblocking(true).is_err() {
            return true;
        }
        let is_quiet = match self {
            Line::Plain(stream) => is_pending(stream.peek(&mut [0])),
            // What a server says after the handshake is nothing to its user.
            Line::Secret(stream) => is_pending(stream.read(&mut [0])),
        };
        // One that cannot be set back is of no use.
        let is_usable = self.socket().set_nonblocking(false).is_ok();
        !is_usable || !is_quiet
    }
}

fn is_pending(read: io::Result<usize>) -> bool {
    matches!(read, Err(e) if e.kind() == io::ErrorKind::WouldBlock)
}

impl Read for Line {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Line::Plain(stream) => stream.read(bytes),
            Line::Secret(stream) => stream.read(bytes),
        }
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Line::Plain(stream) => stream.write(bytes),
            Line::Secret(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Line::Plain(stream) => stream.flush(),
            Line::Secret(stream) => stream.flush(),
        }
    }
}

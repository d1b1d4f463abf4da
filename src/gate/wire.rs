//! Reading and writing against deadlines, over anything that is a stream of bytes.

use std::io::{self, ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use super::remaining;

/// A blocking stream whose next read or write can be told how long to wait.
pub trait Stream: Read + Write {
    fn read_within(&mut self, timeout: Duration) -> io::Result<()>;
    fn write_within(&mut self, timeout: Duration) -> io::Result<()>;

    /// Whether something that was written waits to be flushed.
    fn holds_back(&self) -> bool {
        false
    }

    /// Tells the client, where there is a way to, that nothing more will come.
    fn say_goodbye(&mut self) {}
}

/// Why nothing more comes.
#[derive(Debug, PartialEq, Eq)]
pub enum Broken {
    /// The deadline has passed.
    TimedOut,
    /// The client is gone, or was let go.
    Closed,
}

const FIRST_READ_BYTES: usize = 2048;
const MOST_READ_BYTES: usize = 4 * 1024;
/// A buffer that grew beyond this for one request is given back after it.
const KEPT_BYTES: usize = 8 * 1024;

/// A stream with what has been read from it and not yet used. What a client sends ahead beyond one read stays in the
/// socket.
pub struct Wire<S> {
    stream: S,
    buffer: Vec<u8>,
    used: usize,
}

impl<S: Stream> Wire<S> {
    pub fn new(stream: S) -> Wire<S> {
        Wire { stream, buffer: Vec::new(), used: 0 }
    }

    pub fn pending(&self) -> &[u8] {
        &self.buffer[self.used..]
    }

    pub fn consume(&mut self, bytes: usize) {
        self.used = (self.used + bytes).min(self.buffer.len());
        if self.used == self.buffer.len() {
            self.buffer.clear();
            self.used = 0;
            if self.buffer.capacity() > KEPT_BYTES {
                self.buffer = Vec::new();
            }
        }
    }

    /// Waits for more and adds it to what is pending.
    pub fn fill(&mut self, deadline: Instant) -> Result<(), Broken> {
        if self.used > 0 {
            self.buffer.drain(..self.used);
            self.used = 0;
        }
        let filled = self.buffer.len();
        let more = filled.clamp(FIRST_READ_BYTES, MOST_READ_BYTES);
        // No more than that: thousands of half-sent heads must not double in memory.
        self.buffer.reserve_exact(more);
        self.buffer.resize(filled + more, 0);
        let read = read_some(&mut self.stream, &mut self.buffer[filled..], deadline);
        self.buffer.truncate(filled + *read.as_ref().unwrap_or(&0));
        read.map(|_| ())
    }

    /// Reads exactly as much as `target` takes, pending bytes first.
    pub fn read_exact(&mut self, target: &mut [u8], deadline: Instant) -> Result<(), Broken> {
        let pending = self.pending();
        let ready = pending.len().min(target.len());
        target[..ready].copy_from_slice(&pending[..ready]);
        self.consume(ready);
        let mut done = ready;
        while done < target.len() {
            done += read_some(&mut self.stream, &mut target[done..], deadline)?;
        }
        Ok(())
    }

    pub fn say_goodbye(&mut self) {
        self.stream.say_goodbye();
    }

    pub fn write_all(&mut self, mut bytes: &[u8], deadline: Instant) -> Result<(), Broken> {
        while !bytes.is_empty() || self.stream.holds_back() {
            let timeout = remaining(deadline).map_err(|_| Broken::TimedOut)?;
            self.stream.write_within(timeout).map_err(|_| Broken::Closed)?;
            if bytes.is_empty() {
                if let Err(e) = self.stream.flush() {
                    again(&e)?;
                }
                continue;
            }
            match self.stream.write(bytes) {
                Ok(0) => return Err(Broken::Closed),
                Ok(written) => bytes = &bytes[written..],
                Err(e) => again(&e)?,
            }
        }
        Ok(())
    }
}

fn read_some<S: Stream>(stream: &mut S, target: &mut [u8], deadline: Instant) -> Result<usize, Broken> {
    loop {
        let timeout = remaining(deadline).map_err(|_| Broken::TimedOut)?;
        stream.read_within(timeout).map_err(|_| Broken::Closed)?;
        match stream.read(target) {
            Ok(0) => return Err(Broken::Closed),
            Ok(read) => return Ok(read),
            Err(e) => again(&e)?,
        }
    }
}

/// `Ok` where it is worth another try; whether there is time for one, the next look at the deadline tells.
pub fn again(error: &io::Error) -> Result<(), Broken> {
    match error.kind() {
        ErrorKind::Interrupted | ErrorKind::WouldBlock | ErrorKind::TimedOut => Ok(()),
        _ => Err(Broken::Closed),
    }
}

#[cfg(any(test, fuzzing))]
pub mod scripted {
    //! A client that has said all it will say.

    use super::*;

    /// Gives its bytes in pieces of `piece` bytes, then ends.
    pub struct Scripted {
        pub bytes: Vec<u8>,
        pub piece: usize,
        pub written: Vec<u8>,
    }

    impl Scripted {
        pub fn wire(bytes: &[u8], piece: usize) -> Wire<Scripted> {
            Wire::new(Scripted { bytes: bytes.to_vec(), piece, written: Vec::new() })
        }
    }

    impl<S> Wire<S> {
        pub fn stream(&self) -> &S {
            &self.stream
        }
    }

    impl Read for Scripted {
        fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
            let length = self.piece.min(self.bytes.len()).min(target.len());
            target[..length].copy_from_slice(&self.bytes[..length]);
            self.bytes.drain(..length);
            Ok(length)
        }
    }

    impl Write for Scripted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.written.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Stream for Scripted {
        fn read_within(&mut self, _: Duration) -> io::Result<()> {
            Ok(())
        }

        fn write_within(&mut self, _: Duration) -> io::Result<()> {
            Ok(())
        }
    }
}

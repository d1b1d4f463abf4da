//! The private connections to the server behind: a few, permanent, each used by one request at a time. Half of them, one
//! for each worker, are there from the start. The others are opened when they are needed: each costs a thread.
//!
//! tiny_http may hand a new connection to a thread that is busy with another; so they are opened one after the other,
//! and each has to answer before the next is opened.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::answer;
use super::answer::{Answer, Frame};
use super::refusal::Refusal;
use super::remaining;
use crate::bounds::pieces::Pieces;

const PROBE: &[u8] = b"OPTIONS * HTTP/1.1\r\nHost: gate\r\n\r\n";
const READ_BYTES: usize = 4096;

pub struct BackendPool {
    path: PathBuf,
    /// How long the server behind may take.
    patience: Duration,
    pool: Mutex<Pool>,
    returned: Condvar,
}

struct Pool {
    /// The one used last comes first: it is warm.
    free: Vec<BackendConnection>,
    /// Connections that there may be beside those that are open: not needed yet, or broken.
    unopened: usize,
    is_opening: bool,
    /// How many wait for one. Waking costs a system call even where no thread waits.
    waiting: usize,
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection became free in time; nothing was sent.
    Busy,
    /// It was sent, and no answer came.
    Broken,
}

struct BackendConnection {
    stream: UnixStream,
    buffer: Vec<u8>,
}

impl BackendPool {
    /// At most `count`.
    pub fn open(path: &Path, count: usize, patience: Duration) -> io::Result<BackendPool> {
        let opened = count.div_ceil(2);
        let free = (0..opened).map(|_| BackendConnection::open(path, patience)).collect::<io::Result<_>>()?;
        Ok(BackendPool {
            path: path.to_owned(),
            patience,
            pool: Mutex::new(Pool { free, unopened: count - opened, is_opening: false, waiting: 0 }),
            returned: Condvar::new(),
        })
    }

    /// Sends a whole request: its head, with a small body behind it, or a large one apart. `begin` is given the head of what is
    /// answered and the length of its body, which is read to the end of what `begin` makes of it, as far as that awaits it.
    /// Waits for a free connection until `deadline`.
    pub fn ask(
        &self,
        head: &[u8],
        body: &Pieces,
        deadline: Instant,
        begin: impl FnOnce(&[u8], usize) -> Result<Answer, Refusal>,
    ) -> Result<Result<Answer, Refusal>, Failure> {
        let mut connection = self.take(deadline)?;
        match connection.exchange(head, body, begin) {
            Ok(answer) => {
                self.change(|pool| pool.free.push(connection));
                Ok(answer)
            }
            Err(e) => {
                log::error!("a private connection broke and is replaced: {e}");
                drop(connection);
                self.change(|pool| pool.unopened += 1);
                Err(Failure::Broken)
            }
        }
    }

    fn take(&self, deadline: Instant) -> Result<BackendConnection, Failure> {
        let mut has_tried = false;
        let mut pool = self.pool();
        loop {
            if let Some(connection) = pool.free.pop() {
                return Ok(connection);
            }
            if pool.unopened > 0 && !pool.is_opening && !has_tried {
                pool.is_opening = true;
                drop(pool);
                let opened = self.open_another(deadline);
                self.change(|pool| {
                    pool.is_opening = false;
                    pool.unopened -= usize::from(opened.is_ok());
                });
                match opened {
                    Ok(connection) => return Ok(connection),
                    // One may be handed back in time.
                    Err(e) => log::warn!("one more private connection could not be opened: {e}"),
                }
                has_tried = true;
                pool = self.pool();
                continue;
            }
            let left = time_left(deadline)?;
            pool.waiting += 1;
            pool = self.returned.wait_timeout(pool, left).unwrap_or_else(PoisonError::into_inner).0;
            pool.waiting -= 1;
        }
    }

    fn open_another(&self, deadline: Instant) -> io::Result<BackendConnection> {
        BackendConnection::open(&self.path, remaining(deadline)?)?.with_patience(self.patience)
    }

    /// Makes it possible for one more to have a connection.
    fn change(&self, more: impl FnOnce(&mut Pool)) {
        let mut pool = self.pool();
        more(&mut pool);
        let is_awaited = pool.waiting > 0;
        drop(pool);
        if is_awaited {
            self.returned.notify_one();
        }
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        // Nothing that holds the lock leaves it half changed.
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn time_left(deadline: Instant) -> Result<Duration, Failure> {
    remaining(deadline).map_err(|_| Failure::Busy)
}

impl BackendConnection {
    fn open(path: &Path, patience: Duration) -> io::Result<BackendConnection> {
        let stream = UnixStream::connect(path)?;
        let mut connection = BackendConnection { stream, buffer: Vec::new() }.with_patience(patience)?;
        // Whatever it is: that there is an answer is all there is to know.
        let _ = connection.exchange(PROBE, &Pieces::default(), |_, _| Err(Refusal::no_answer()))?;
        // Many are never used again.
        connection.buffer = Vec::new();
        Ok(connection)
    }

    fn with_patience(self, patience: Duration) -> io::Result<BackendConnection> {
        self.stream.set_read_timeout(Some(patience))?;
        self.stream.set_write_timeout(Some(patience))?;
        Ok(self)
    }

    fn exchange(
        &mut self,
        head: &[u8],
        body: &Pieces,
        begin: impl FnOnce(&[u8], usize) -> Result<Answer, Refusal>,
    ) -> io::Result<Result<Answer, Refusal>> {
        self.stream.write_all(head)?;
        body.iter().try_for_each(|piece| self.stream.write_all(piece))?;
        let Frame { head_bytes, body_bytes } = self.read_head()?;
        let (head, body) = self.buffer.split_at(head_bytes);
        let left = body_bytes.checked_sub(body.len()).ok_or(ErrorKind::InvalidData)?;
        let mut answer = begin(head, body_bytes);
        match &mut answer {
            Ok(answer) if answer.awaited > 0 => {
                answer.bytes.push(body);
                answer.awaited = 0;
                answer.bytes.fill(left, |target| (&self.stream).read_exact(target))?;
            }
            _ => {
                let read = io::copy(&mut (&self.stream).take(left as u64), &mut io::sink())?;
                if read < left as u64 {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
            }
        }
        Ok(answer)
    }

    /// Into the buffer, with whatever of the body comes along.
    fn read_head(&mut self) -> io::Result<Frame> {
        self.buffer.clear();
        loop {
            let filled = self.buffer.len();
            self.buffer.resize(filled + READ_BYTES, 0);
            let read = match self.stream.read(&mut self.buffer[filled..]) {
                Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
                Err(e) if e.kind() == ErrorKind::Interrupted => Ok(0),
                other => other,
            };
            self.buffer.truncate(filled + *read.as_ref().unwrap_or(&0));
            read?;
            let frame = answer::frame(&self.buffer).map_err(|()| io::Error::from(ErrorKind::InvalidData))?;
            if let Some(frame) = frame {
                return Ok(frame);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufRead;
    use std::os::unix::net::UnixListener;
    use std::thread;

    /// Answers the probe on its first connection, breaks off at the next request, and says nothing on any other.
    fn unreliable(listener: UnixListener) {
        let (first, _) = listener.accept().unwrap();
        let mut lines = io::BufReader::new(&first).lines();
        while !lines.next().unwrap().unwrap().is_empty() {}
        (&first).write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
        lines.next().unwrap().unwrap();
        drop(first);
        let _silent: Vec<_> = listener.incoming().take(4).collect();
        thread::park();
    }

    #[test]
    fn nobody_waits_longer_than_they_can_for_a_line_that_does_not_come_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        thread::spawn(move || unreliable(listener));
        let pool = BackendPool::open(&path, 1, Duration::from_secs(60)).unwrap();
        let ask = |milliseconds| {
            let deadline = Instant::now() + Duration::from_millis(milliseconds);
            pool.ask(PROBE, &Pieces::default(), deadline, |_, _| Err(Refusal::busy())).map(|_| ())
        };
        assert_eq!(ask(1000), Err(Failure::Broken));
        let began = Instant::now();
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| assert_eq!(ask(100), Err(Failure::Busy)));
            }
        });
        assert!(began.elapsed() < Duration::from_secs(30));
    }
}

//! How much and how long: the bounds of everything that a client can make the gate do.

use std::io;
use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Bytes of a request line or header line.
pub const LINE_BYTES: usize = 8 * 1024;
/// Bytes of a request's head in all.
pub const HEAD_BYTES: usize = 32 * 1024;
/// Header fields of a request.
pub const HEAD_FIELDS: usize = 100;
/// Bytes of a request's body.
pub const BODY_BYTES: usize = 1024 * 1024;
/// Bytes that a chunked body may take on the wire, chunk sizes and extensions included.
pub const CHUNKED_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of all requests together, less a few KiB that each may have in any case.
pub const REQUESTS_BYTES: usize = 5 * 1024 * 1024;
/// Bytes of all answers together, likewise. A budget of their own: large requests need no token.
pub const ANSWERS_BYTES: usize = 4 * 1024 * 1024;
/// What each of them may have in any case.
pub const FREE_REQUEST_BYTES: usize = 8 * 1024;
pub const FREE_ANSWER_BYTES: usize = 24 * 1024;

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Client connections at the same time.
    pub connections: usize,
    /// From the first byte of a request to the end of its head; and as long for the first byte on a new connection.
    pub head: Duration,
    /// From the end of the head to the end of the body.
    pub body: Duration,
    /// For a client to take the whole answer.
    pub write: Duration,
    /// Between an answer and the next request.
    pub idle: Duration,
    /// For a free private connection; after that, 503.
    pub queue: Duration,
    /// For the server behind to answer.
    pub handling: Duration,
}

/// Connections that are worth their memory: some 10 KiB each.
const MOST_CONNECTIONS: usize = 2048;
/// Each costs twice as much over TLS.
const MOST_ENCRYPTED: usize = 1024;
/// Most of them wait for a commit, which the more of them share the cheaper it is.
const WORKERS_PER_PROCESSOR: usize = 16;
const MOST_WORKERS: usize = 64;
/// Of those: one computes while another one waits for its pages.
const AT_WORK_PER_PROCESSOR: usize = 2;
/// Descriptors for everything that there is one of: standard streams, lock, database, sockets, pipes, and some spare.
const FIXED_DESCRIPTORS: usize = 20;
/// Private connections: as many again as workers. A request that waits in the workers' own queue is taken up by the next
/// one that is free; at the gate it would wait for a connection to be handed back, and be one more thread to wake.
const BACKEND_CONNECTIONS_PER_WORKER: usize = 2;
/// Descriptors of one worker: its reader's database and log, and three ends of each private connection.
const WORKER_DESCRIPTORS: usize = 2 + 3 * BACKEND_CONNECTIONS_PER_WORKER;
const FEWEST_DESCRIPTORS: usize = FIXED_DESCRIPTORS + 2 * WORKER_DESCRIPTORS + 4;

/// How many of what the process's descriptors and processors allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    pub connections: usize,
    pub workers: usize,
    /// Private connections to them.
    pub backend_connections: usize,
    /// Workers that are at work at the same time.
    pub at_work: usize,
}

impl Room {
    /// Raises the limit on descriptors as far as it goes, then divides them; `reserved` are for something else.
    pub fn of_this_process(reserved: usize) -> io::Result<Room> {
        let limit = getrlimit(Resource::Nofile);
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        if let Err(e) = setrlimit(Resource::Nofile, raised) {
            log::warn!("the limit on open files could not be raised: {e}");
        }
        let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let free = usize::try_from(descriptors).unwrap_or(usize::MAX).saturating_sub(reserved);
        Room::among(free, processors).ok_or_else(|| {
            let needed = FEWEST_DESCRIPTORS + reserved;
            io::Error::other(format!("the limit of {descriptors} open files is too low; Bowline needs {needed}"))
        })
    }

    /// Where connections are encrypted.
    pub fn encrypted(self) -> Room {
        Room { connections: self.connections.min(MOST_ENCRYPTED), ..self }
    }

    fn among(descriptors: usize, processors: usize) -> Option<Room> {
        if descriptors < FEWEST_DESCRIPTORS {
            return None;
        }
        let most = processors.saturating_mul(WORKERS_PER_PROCESSOR).min(MOST_WORKERS);
        let workers = ((descriptors - FIXED_DESCRIPTORS) / (2 * WORKER_DESCRIPTORS)).clamp(2, most);
        let left = descriptors - FIXED_DESCRIPTORS - workers * WORKER_DESCRIPTORS;
        let at_work = processors.saturating_mul(AT_WORK_PER_PROCESSOR).min(workers);
        let backend_connections = workers * BACKEND_CONNECTIONS_PER_WORKER;
        Some(Room { connections: left.min(MOST_CONNECTIONS), workers, backend_connections, at_work })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_are_never_promised_twice() {
        for descriptors in [40, 48, 64, 100, 256, 1024, 4096, 1 << 20] {
            let room = Room::among(descriptors, 64).unwrap();
            let used = FIXED_DESCRIPTORS + room.workers * WORKER_DESCRIPTORS + room.connections;
            assert!(used <= descriptors && room.connections >= 4 && room.workers >= 2, "{descriptors}: {room:?}");
        }
        assert_eq!(Room::among(39, 64), None);
        assert_eq!(
            Room::among(1 << 20, 64),
            Some(Room { connections: 2048, workers: 64, backend_connections: 128, at_work: 64 })
        );
        assert_eq!(
            Room::among(1 << 20, 2),
            Some(Room { connections: 2048, workers: 32, backend_connections: 64, at_work: 4 })
        );
    }
}

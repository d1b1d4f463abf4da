//! One entry for each answered request, for logs and metrics.

use std::net::IpAddr;
use std::time::Duration;

use uuid::Uuid;

/// Told of every request once its answer was written, also of those that the gate refused itself.
pub trait Journal: Send + Sync {
    /// Runs on the connection's own thread, and so must not wait for anything.
    fn answered(&self, entry: Entry);
}

/// As much of a path as is kept.
const MOST_PATH_BYTES: usize = 1024;

/// One request and what became of it. Nothing that a client wrote is in it but its choice among known methods, and the path
/// where no route has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: Uuid,
    pub client: IpAddr,
    /// `None` where the request line could not be read.
    pub method: Option<&'static str>,
    /// What the server behind calls the route, if it has one.
    pub route: Option<Box<str>>,
    /// What was asked for, without its query, where the request met no route. As the client wrote it: not yet fit for a log.
    pub path: Option<Box<str>>,
    pub status: u16,
    /// From its first byte to the last one of the answer.
    pub took: Duration,
    /// Of the whole answer.
    pub bytes: usize,
    /// `false` where the client did not take the whole answer.
    pub is_delivered: bool,
}

/// The path in a request as it goes to the server behind, up to a query.
pub fn path(canonical: &[u8]) -> Option<Box<str>> {
    let target = canonical.split(|byte| *byte == b' ').nth(1)?;
    let path = target.split(|byte| *byte == b'?').next()?;
    Some(String::from_utf8_lossy(&path[..path.len().min(MOST_PATH_BYTES)]).into())
}

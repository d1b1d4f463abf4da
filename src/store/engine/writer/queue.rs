//! What the writer is given to do: changes, and the question whether it is well.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::SyncSender;

use rusqlite::Connection;

use crate::domain::error::{Error, Kind, Result, panic_message};
use crate::store::audit::Head;
use crate::store::engine::commit_failure::CommitFailure;
use crate::store::is_disk_failure;

/// Where a change finds room on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    Free,
    /// The disk is full. What is kept for removals may be used, and by nothing else.
    Reserve,
}

/// One run of a change.
pub struct Attempt {
    pub room: Room,
    /// Whether the change removes data, once it has said so; only such changes may use the reserve.
    pub removes: Cell<Option<bool>>,
    /// The end of the audit trail, where it is known.
    pub head: Cell<Option<Head>>,
}

/// A change in the queue: applied within the batch's transaction, answered after its commit.
pub trait Job: Send {
    /// Whose it is; empty: the server's own.
    fn caller(&self) -> &str;
    /// `head` is the end of the audit trail, where it is known, and becomes the one after the change.
    fn apply(&mut self, connection: &Connection, room: Room, head: &mut Option<Head>) -> Applied;
    /// Whether the disk had no room for it, and it may remove data. `failed` is why the batch's commit did not happen.
    fn needs_the_reserve(&self, failed: Option<&CommitFailure>) -> bool;
    /// Tells the caller.
    fn answer(self: Box<Self>, failed: Option<&CommitFailure>);
}

const WAITING: u8 = 0;
const TAKEN_UP: u8 = 1;
const CANCELLED: u8 = 2;

/// Whose a change is while it waits: the writer takes it, or its caller cancels it, and never both.
#[derive(Clone, Default)]
pub struct CancelToken(Arc<AtomicU8>);

impl CancelToken {
    /// By the writer, as often as it tries. `false` where it is not wanted any more.
    pub fn start(&self) -> bool {
        self.0.compare_exchange(WAITING, TAKEN_UP, Ordering::AcqRel, Ordering::Acquire) != Err(CANCELLED)
    }

    /// `false` where the writer was first: its outcome is to be waited for.
    pub fn cancel(&self) -> bool {
        self.0.compare_exchange(WAITING, CANCELLED, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// What a caller wants done. It keeps what it made itself: what is around it is there once, not once for each kind.
pub type Run = dyn Fn(&Connection, &Attempt) -> Result<()> + Send;

/// A change of a caller. It may run more than once: each time in a savepoint, of which nothing is left on `Err`.
pub struct Pending {
    caller: String,
    change: Box<Run>,
    cancel_token: CancelToken,
    result: Option<Result<()>>,
    adds_data: bool,
    answer: SyncSender<Result<()>>,
}

impl Pending {
    pub fn new(caller: String, change: Box<Run>, cancel_token: CancelToken, answer: SyncSender<Result<()>>) -> Pending {
        Pending { caller, change, cancel_token, result: None, adds_data: false, answer }
    }
}

impl Job for Pending {
    fn caller(&self) -> &str {
        &self.caller
    }

    fn apply(&mut self, connection: &Connection, room: Room, head: &mut Option<Head>) -> Applied {
        if !self.cancel_token.start() {
            return Applied::Nothing;
        }
        let attempt = Attempt { room, removes: Cell::new(None), head: Cell::new(*head) };
        let rows_before = connection.total_changes();
        let result = run(connection, "SAVEPOINT change").map_err(Error::from).and_then(|()| {
            let made = catch_unwind(AssertUnwindSafe(|| (self.change)(connection, &attempt)));
            let made = made
                .unwrap_or_else(|panic| Err(Error::internal(format!("a change panicked: {}", panic_message(&*panic)))));
            end_savepoint(connection, made)
        });
        self.adds_data = attempt.removes.get() == Some(false);
        if result.is_ok() {
            *head = attempt.head.get();
        }
        let applied = match &result {
            Ok(()) if connection.total_changes() == rows_before => Applied::Nothing,
            Ok(()) => Applied::Changed,
            Err(e) => applied(e),
        };
        self.result = Some(result);
        applied
    }

    fn needs_the_reserve(&self, failed: Option<&CommitFailure>) -> bool {
        let found_no_room = match (failed, &self.result) {
            (Some(failure), _) => failure.is_for_want_of_room(),
            (None, result) => matches!(result, Some(Err(e)) if e.kind == Kind::StorageFull),
        };
        found_no_room && !self.adds_data
    }

    fn answer(self: Box<Self>, failed: Option<&CommitFailure>) {
        let result = match (self.result, failed) {
            // Also for a change that was refused: what it was refused for may have been lost with the batch.
            (_, Some(failure)) => Err(failure.error()),
            (Some(result), None) => result,
            (None, None) => Err(Error::internal("a change was committed without having been applied")),
        };
        // A caller that is gone has no use for the answer.
        let _ = self.answer.send(result);
    }
}

/// How the writer proves that it is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// By beginning a transaction. The disk has nothing to do.
    Begin,
    /// By a commit of one page.
    Write,
}

pub struct PendingProbe {
    probe: Probe,
    answer: SyncSender<bool>,
}

impl PendingProbe {
    pub fn new(probe: Probe, answer: SyncSender<bool>) -> PendingProbe {
        PendingProbe { probe, answer }
    }
}

impl Job for PendingProbe {
    fn caller(&self) -> &str {
        ""
    }

    fn apply(&mut self, connection: &Connection, _room: Room, _head: &mut Option<Head>) -> Applied {
        if self.probe == Probe::Begin {
            return Applied::Nothing;
        }
        let version = connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0));
        match version.and_then(|version| connection.pragma_update(None, "user_version", version)) {
            Ok(()) => Applied::Changed,
            Err(e) => applied(&e.into()),
        }
    }

    fn needs_the_reserve(&self, _failed: Option<&CommitFailure>) -> bool {
        false
    }

    fn answer(self: Box<Self>, failed: Option<&CommitFailure>) {
        // A disk that is full is not the writer's fault.
        let is_well = failed.is_none_or(CommitFailure::is_for_want_of_room);
        // The caller may have gone.
        let _ = self.answer.send(is_well);
    }
}

/// Keeps what was made, or takes it back.
fn end_savepoint(connection: &Connection, made: Result<()>) -> Result<()> {
    if connection.is_autocommit() {
        return made;
    }
    let ended = match &made {
        Ok(()) => run(connection, "RELEASE change"),
        Err(_) => run(connection, "ROLLBACK TO change").and_then(|()| run(connection, "RELEASE change")),
    };
    if let Err(e) = ended {
        // Half a change must not be committed with the others': give all of them up.
        let _ = run(connection, "ROLLBACK");
        return Err(e.into());
    }
    made
}

/// A statement without parameters.
pub fn run(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql).and_then(|mut statement| statement.execute([])).map(drop)
}

/// What became of a change within its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    Changed,
    /// Nothing of it is left, or it had nothing to write: for it alone, there is no commit.
    Nothing,
    DiskFull,
    /// What is in memory may not be what is on the disk.
    DiskFailed,
}

fn applied(error: &Error) -> Applied {
    match error.kind {
        _ if met_disk_failure(error) => Applied::DiskFailed,
        Kind::StorageFull => Applied::DiskFull,
        _ => Applied::Nothing,
    }
}

/// Whether what is in memory may not be what is on the disk.
pub fn met_disk_failure(error: &Error) -> bool {
    let cause = error.cause.as_deref().and_then(|cause| cause.downcast_ref::<rusqlite::Error>());
    cause.is_some_and(is_disk_failure)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn what_a_lost_batch_was_like_is_told_to_nobody() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (x INTEGER) STRICT").unwrap();
        for is_refused in [false, true] {
            let run = move |connection: &Connection, _: &Attempt| {
                if is_refused {
                    Err(Error::not_found())
                } else {
                    Ok(connection.execute_batch("INSERT INTO t VALUES (1)")?)
                }
            };
            let (answer, answered) = mpsc::sync_channel(1);
            let mut job = Box::new(Pending::new("a".to_owned(), Box::new(run), CancelToken::default(), answer));
            assert_eq!(job.apply(&connection, Room::Free, &mut None) == Applied::Changed, !is_refused);
            job.answer(Some(&CommitFailure::Lost { is_disk_full: true }));
            assert_eq!(answered.recv().unwrap().unwrap_err().kind, Kind::StorageFull, "{is_refused}");
        }
    }

    #[test]
    fn who_comes_first_has_it() {
        let (taken, withdrawn) = (CancelToken::default(), CancelToken::default());
        assert!(taken.start() && taken.start() && !taken.cancel());
        assert!(withdrawn.cancel() && !withdrawn.start() && !withdrawn.start());
    }
}

//! What the writer is given to do: changes, and the question whether it is well.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::SyncSender;

use rusqlite::Connection;

use super::cancel::CancelToken;
use super::commit_failure::CommitFailure;
use crate::domain::error::{Error, Kind, Result, panic_message};
use crate::store::is_disk_failure;

/// A change in the queue: applied within the batch's transaction, answered after its commit.
pub trait Job: Send {
    fn apply(&mut self, connection: &Connection) -> Applied;
    /// Whether it takes something away, found no room for that, and may be tried once more. `failed` is why the batch's
    /// commit did not happen.
    fn needs_the_reserve(&self, failed: Option<&CommitFailure>) -> bool;
    /// Tells the caller.
    fn answer(self: Box<Self>, failed: Option<&CommitFailure>);
}

/// What a caller wants done.
pub trait Act<T>: Send {
    const IS_REMOVAL: bool;
    /// `None` where it cannot be done again.
    fn run(&mut self, connection: &Connection) -> Option<Result<T>>;
}

/// Done once.
pub struct Once<F>(Option<F>);

/// Takes something away; as often as need be, since it is done in a savepoint.
pub struct Removal<F>(pub F);

impl<F> Once<F> {
    pub fn new(change: F) -> Once<F> {
        Once(Some(change))
    }
}

impl<T, F: FnOnce(&Connection) -> Result<T> + Send> Act<T> for Once<F> {
    const IS_REMOVAL: bool = false;

    fn run(&mut self, connection: &Connection) -> Option<Result<T>> {
        self.0.take().map(|change| in_savepoint(connection, change))
    }
}

impl<T, F: Fn(&Connection) -> Result<T> + Send> Act<T> for Removal<F> {
    const IS_REMOVAL: bool = true;

    fn run(&mut self, connection: &Connection) -> Option<Result<T>> {
        Some(in_savepoint(connection, &self.0))
    }
}

pub struct Pending<A, T> {
    act: A,
    cancel_token: CancelToken,
    result: Option<Result<T>>,
    answer: SyncSender<Result<T>>,
}

impl<A, T> Pending<A, T> {
    pub fn new(act: A, cancel_token: CancelToken, answer: SyncSender<Result<T>>) -> Pending<A, T> {
        Pending { act, cancel_token, result: None, answer }
    }
}

impl<A: Act<T>, T: Send> Job for Pending<A, T> {
    fn apply(&mut self, connection: &Connection) -> Applied {
        if !self.cancel_token.start() {
            return Applied::Refused;
        }
        let Some(result) = self.act.run(connection) else { return Applied::Refused };
        let applied = result.as_ref().map_or_else(applied, |_| Applied::Changed);
        self.result = Some(result);
        applied
    }

    fn needs_the_reserve(&self, failed: Option<&CommitFailure>) -> bool {
        let found_no_room = match (failed, &self.result) {
            (Some(failure), _) => failure.is_for_want_of_room(),
            (None, result) => matches!(result, Some(Err(e)) if e.kind == Kind::StorageFull),
        };
        A::IS_REMOVAL && found_no_room
    }

    fn answer(self: Box<Self>, failed: Option<&CommitFailure>) {
        let result = match (self.result, failed) {
            // Also for who was refused: what it was refused for may have been lost with the batch.
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
    fn apply(&mut self, connection: &Connection) -> Applied {
        if self.probe == Probe::Begin {
            return Applied::Refused;
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
        // Whoever asked may have gone.
        let _ = self.answer.send(is_well);
    }
}

fn in_savepoint<T>(connection: &Connection, change: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    connection.prepare_cached("SAVEPOINT change")?.execute([])?;
    let result = catch_unwind(AssertUnwindSafe(|| change(connection)))
        .unwrap_or_else(|panic| Err(Error::internal(format!("a change panicked: {}", panic_message(&*panic)))));
    let run = |sql| connection.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
    if connection.is_autocommit() {
        return result;
    }
    let ended = match &result {
        Ok(_) => run("RELEASE change"),
        Err(_) => run("ROLLBACK TO change").and_then(|_| run("RELEASE change")),
    };
    if let Err(e) = ended {
        // Half a change must not be committed with the others': give all of them up.
        let _ = run("ROLLBACK");
        return Err(e.into());
    }
    result
}

/// What became of a change within its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    Changed,
    /// It was wrong in itself; nothing of it is left.
    Refused,
    DiskFull,
    /// What is in memory may not be what is on the disk.
    DiskFailed,
}

fn applied(error: &Error) -> Applied {
    match error.kind {
        _ if met_disk_failure(error) => Applied::DiskFailed,
        Kind::StorageFull => Applied::DiskFull,
        _ => Applied::Refused,
    }
}

fn met_disk_failure(error: &Error) -> bool {
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
        for done in [Ok(()), Err(Error::not_found())] {
            let (answer, answered) = mpsc::sync_channel(1);
            let kind = done.as_ref().err().map(|e| e.kind);
            let mut job = Box::new(Pending::new(Once::new(|_: &Connection| done), CancelToken::default(), answer));
            assert_eq!(job.apply(&connection) == Applied::Changed, kind.is_none());
            job.answer(Some(&CommitFailure::Lost { is_disk_full: true }));
            assert_eq!(answered.recv().unwrap().unwrap_err().kind, Kind::StorageFull, "{kind:?}");
        }
    }
}

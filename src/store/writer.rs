//! The one writer. Changes queue up; all that wait share one commit, and each is answered only after it.

use std::iter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use rusqlite::{Connection, ErrorCode};

use super::audit::Keeper;
use super::is_disk_failure;
use super::log::Log;
use super::opened::OpenedFiles;
use super::vitals::Vitals;
use crate::domain::error::{Error, Kind, Result, panic_message};

/// How many changes may share a commit: bounds how long the first of them waits.
const MAX_BATCH: usize = 256;

pub struct Writer {
    queue: Sender<Box<dyn Job>>,
    thread: JoinHandle<()>,
}

/// What the writer works with.
pub struct Parts {
    pub connection: Connection,
    pub files: Arc<OpenedFiles>,
    pub log: Log,
    pub keeper: Keeper,
    pub vitals: Arc<Vitals>,
}

type OnFatal = Box<dyn FnOnce(String) + Send>;

impl Writer {
    pub fn start(parts: Parts, on_fatal: OnFatal) -> Result<Writer> {
        let (queue, jobs) = mpsc::channel();
        let Parts { connection, files, log, keeper, vitals } = parts;
        let work = Work { connection, files, log, keeper, vitals, on_fatal: Some(on_fatal) };
        let thread =
            thread::Builder::new().name("writer".to_owned()).spawn(move || work.run(&jobs)).map_err(Error::internal)?;
        Ok(Writer { queue, thread })
    }

    pub fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = mpsc::sync_channel(1);
        let job = Pending { change: Some(change), result: None, answer };
        self.queue.send(Box::new(job)).map_err(|_| CommitFailure::Halted.error())?;
        // Nobody can say what became of a change that the writer died with.
        answered.recv().map_err(|_| Error::internal("the writer ended with a change in hand"))?
    }

    /// Asks whether the writer is well, without waiting for the answer; `None` where it is gone.
    pub fn feel(&self, pulse: Pulse) -> Option<Receiver<bool>> {
        let (answer, answered) = mpsc::sync_channel(1);
        self.queue.send(Box::new(Felt { pulse, answer })).ok().map(|()| answered)
    }

    pub fn close(self) {
        drop(self.queue);
        if self.thread.join().is_err() {
            log::error!("the writer ended in a panic");
        }
    }
}

/// A change in the queue: applied within the batch's transaction, answered after its commit.
trait Job: Send {
    fn apply(&mut self, connection: &Connection) -> Applied;
    /// Tells the caller. `failed` is why the batch's commit did not happen.
    fn answer(self: Box<Self>, failed: Option<&CommitFailure>);
}

struct Pending<F, T> {
    change: Option<F>,
    result: Option<Result<T>>,
    answer: SyncSender<Result<T>>,
}

impl<F, T> Job for Pending<F, T>
where
    F: FnOnce(&Connection) -> Result<T> + Send,
    T: Send,
{
    fn apply(&mut self, connection: &Connection) -> Applied {
        let Some(change) = self.change.take() else { return Applied::Refused };
        let result = in_savepoint(connection, change);
        let applied = result.as_ref().map_or_else(applied, |_| Applied::Changed);
        self.result = Some(result);
        applied
    }

    fn answer(self: Box<Self>, failed: Option<&CommitFailure>) {
        let result = match (self.result, failed) {
            (Some(Ok(_)) | None, Some(failure)) => Err(failure.error()),
            (Some(result), _) => result,
            (None, None) => Err(Error::internal("a change was committed without having been applied")),
        };
        // A caller that is gone has no use for the answer.
        let _ = self.answer.send(result);
    }
}

/// How the writer proves that it is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulse {
    /// By beginning a transaction. The disk has nothing to do.
    Begin,
    /// By a commit of one page.
    Write,
}

struct Felt {
    pulse: Pulse,
    answer: SyncSender<bool>,
}

impl Job for Felt {
    fn apply(&mut self, connection: &Connection) -> Applied {
        if self.pulse == Pulse::Begin {
            return Applied::Refused;
        }
        let version = connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0));
        match version.and_then(|version| connection.pragma_update(None, "user_version", version)) {
            Ok(()) => Applied::Changed,
            Err(e) => applied(&e.into()),
        }
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
enum Applied {
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

/// Why a whole batch was not committed. Everyone in it is told the same.
enum CommitFailure {
    /// The transaction could not be begun or committed.
    Commit(rusqlite::Error),
    /// A statement's failure made SQLite give up the whole transaction.
    Lost { is_disk_full: bool },
    /// A statement met a failing disk.
    DiskFailed,
    /// It was, into a file that has no name any more.
    Misplaced(PathBuf),
    /// The disk failed before; nothing may be written any more.
    Halted,
}

impl CommitFailure {
    fn error(&self) -> Error {
        match self {
            // Of these nobody can say that nothing was changed.
            CommitFailure::Commit(e) if is_disk_failure(e) => Error::internal(e.to_string()),
            CommitFailure::Commit(rusqlite::Error::SqliteFailure(code, message)) => {
                rusqlite::Error::SqliteFailure(*code, message.clone()).into()
            }
            CommitFailure::Commit(other) => Error::internal(other.to_string()),
            CommitFailure::Lost { is_disk_full: true } => Error::storage_full(),
            CommitFailure::Lost { is_disk_full: false } => {
                Error::internal("a statement failed and took the transaction with it")
            }
            CommitFailure::DiskFailed => Error::internal("a statement met a failing disk"),
            CommitFailure::Misplaced(path) => {
                Error::internal(format!("{} was taken away or replaced under the running process", path.display()))
            }
            CommitFailure::Halted => Error::unavailable("The server is stopping; nothing was changed."),
        }
    }

    fn is_for_want_of_room(&self) -> bool {
        match self {
            CommitFailure::Commit(e) => e.sqlite_error_code() == Some(ErrorCode::DiskFull),
            CommitFailure::Lost { is_disk_full } => *is_disk_full,
            CommitFailure::DiskFailed | CommitFailure::Misplaced(_) | CommitFailure::Halted => false,
        }
    }

    /// After a failed write or sync the pages in memory and on disk may differ, and the next commit would succeed over
    /// lost ones: only a restart, which reads the disk anew, is safe. A full disk and a busy file are harmless.
    fn is_fatal(&self) -> bool {
        match self {
            CommitFailure::Commit(e) => !matches!(
                e.sqlite_error_code(),
                Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
            ),
            CommitFailure::Lost { is_disk_full } => !is_disk_full,
            CommitFailure::DiskFailed | CommitFailure::Misplaced(_) => true,
            CommitFailure::Halted => false,
        }
    }
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default)]
struct Committed {
    changes: usize,
    /// Some of its changes did not fit.
    found_no_room: bool,
}

struct Work {
    connection: Connection,
    files: Arc<OpenedFiles>,
    log: Log,
    keeper: Keeper,
    vitals: Arc<Vitals>,
    /// Taken when the disk has failed.
    on_fatal: Option<OnFatal>,
}

impl Work {
    fn run(mut self, jobs: &Receiver<Box<dyn Job>>) {
        while let Some(first) = self.next(jobs) {
            // Nobody is waited for: those who come during this commit share the next one.
            let mut batch: Vec<_> = iter::once(first).chain(jobs.try_iter().take(MAX_BATCH - 1)).collect();
            let done = if self.is_halted() { Err(CommitFailure::Halted) } else { self.commit(&mut batch) };
            if let Err(failure) = &done
                && failure.is_fatal()
            {
                self.halt(&failure.error());
            }
            self.record(&done);
            for job in batch {
                job.answer(done.as_ref().err());
            }
            // A batch that failed may have left something too.
            if !self.is_halted() && done.as_ref().map_or(true, |committed| committed.changes > 0) {
                let kept_short = self.log.has_grown(&mut self.connection);
                self.halt_on_failure(kept_short);
            }
        }
        if !self.is_halted() {
            self.fold();
        }
    }

    fn fold(&mut self) {
        let folded = self.log.fold(&mut self.connection);
        self.halt_on_failure(folded);
    }

    fn halt_on_failure(&mut self, done: rusqlite::Result<()>) {
        if let Err(e) = done {
            self.halt(&e.into());
        }
    }

    /// From here on nothing is written any more.
    fn halt(&mut self, reason: &Error) {
        if let Some(on_fatal) = self.on_fatal.take() {
            on_fatal(format!("the database can no longer be written: {}", reason.told_to_operators()));
        }
    }

    /// The next change in the queue; `None` once there will be none. Quiet times are used to fold the log.
    fn next(&mut self, jobs: &Receiver<Box<dyn Job>>) -> Option<Box<dyn Job>> {
        while let Some(quiet) = self.log.worth_folding_after().filter(|_| !self.is_halted()) {
            match jobs.recv_timeout(quiet) {
                Ok(job) => return Some(job),
                Err(RecvTimeoutError::Timeout) => self.fold(),
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        jobs.recv().ok()
    }

    fn is_halted(&self) -> bool {
        self.on_fatal.is_none()
    }

    /// Before anybody is answered, so that who asks next finds it.
    fn record(&self, done: &std::result::Result<Committed, CommitFailure>) {
        let (changes, found_no_room) = match done {
            Ok(committed) => (committed.changes, committed.found_no_room),
            Err(failure) => (0, failure.is_for_want_of_room()),
        };
        if changes > 0 {
            self.vitals.shares.add(changes as u64);
        }
        if found_no_room {
            self.vitals.refused.add(1);
        }
        if changes > 0 || found_no_room {
            self.vitals.is_full.store(found_no_room, Ordering::Relaxed);
        }
    }

    fn commit(&mut self, batch: &mut [Box<dyn Job>]) -> std::result::Result<Committed, CommitFailure> {
        let run = |sql| self.connection.prepare_cached(sql).and_then(|mut s| s.execute([])).map(|_| ());
        run("BEGIN IMMEDIATE").map_err(CommitFailure::Commit)?;
        let give_up = |e| {
            // The failure that is told is the first one.
            let _ = run("ROLLBACK");
            CommitFailure::Commit(e)
        };
        let is_settled = !self.keeper.settle(&self.connection).map_err(give_up)?;
        let mut committed = Committed::default();
        for job in batch.iter_mut() {
            let applied = job.apply(&self.connection);
            committed.changes += usize::from(applied == Applied::Changed);
            committed.found_no_room |= applied == Applied::DiskFull;
            if self.connection.is_autocommit() {
                return Err(CommitFailure::Lost { is_disk_full: applied == Applied::DiskFull });
            }
            if applied == Applied::DiskFailed {
                // The failure that is told is the first one.
                let _ = run("ROLLBACK");
                return Err(CommitFailure::DiskFailed);
            }
        }
        if is_settled && committed.changes == 0 {
            return run("ROLLBACK").map(|()| committed).map_err(CommitFailure::Commit);
        }
        let head = self.keeper.head(&self.connection).map_err(give_up)?;
        let began = Instant::now();
        let ended = run("COMMIT");
        if ended.is_err() && !self.connection.is_autocommit() {
            // The commit's own error is the one to tell.
            let _ = run("ROLLBACK");
        }
        ended.map_err(CommitFailure::Commit)?;
        self.vitals.commit_times.add(began.elapsed().as_micros() as u64);
        // After the commit: what is acknowledged is where the next process will look for it.
        if let Some(path) = self.files.missing() {
            return Err(CommitFailure::Misplaced(path.to_owned()));
        }
        self.keeper.committed(&head);
        Ok(committed)
    }
}

//! The only SQL. One file, one writer, as many readers as there is reading.
//!
//! [`View`] reads, [`Change`] reads and writes; each file of this folder adds the queries of one resource to them.
//! Neither opens transactions: [`Store::change`] and [`Store::read`] do, so that what runs inside combines freely.

mod access;
mod accounts;
mod audit;
mod check;
mod contents;
mod engine;
mod finding;
mod installation;
mod names;
mod oauth;
mod organizations;
mod pages;
pub mod plain;
mod projects;
mod published;
mod removals;
mod rows;
mod runs;
pub mod sealed;
mod sessions;
mod settings;
mod statements;
mod stored;
mod teams;
#[cfg(test)]
mod tests;
mod variables;
mod workspaces;

use std::cell::Cell;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

use crate::bounds::memory_budget::Share;
use crate::bounds::slow_reads::{ReadLimits, Slot, Watch};
use crate::domain::audit::trail_key::TrailKey;
use crate::domain::error::{Error, Result};
use crate::domain::sources::Sources;
use crate::domain::timestamp::Timestamp;
use crate::telemetry::counters::{Counter, Distribution};

pub use access::{Owned, Place};
pub use audit::{
    Actor, EventKind, Expired, Extract, FILE_NAME as WITNESS, Reason, Refusal, Refusals, Resource, TrailPage, Who,
};
use audit::{Effect, Trail};
pub use check::{Verified, verify_copy};
pub use engine::backup::copy_of;
use engine::health::Examiner;
pub use engine::health::{Health, State};
use engine::opened_files::OpenedFiles;
use engine::readers::Readers;
use engine::references::cascade::RemovalBudget;
pub use engine::reserve::{FILE_NAME as RESERVE, Reserve};
use engine::wal::Log;
use engine::writer::queue::{Attempt, Room};
use engine::writer::{Parts, Writer};
use engine::writer_metrics::WriterMetrics;
pub use finding::Finding;
pub use installation::{KeyChecks, create, identify, install, is_current, key_checks_of, upgrade};
pub use oauth::credentials::Renewed;
pub use oauth::sealed_client::{SealedOAuthClient, SealedOAuthClientChange, SealedToken};
pub use oauth::web_flows::SealedGrant;
pub use published::{StackFilter, StackOrder};
use removals::Removals;
pub use runs::RunTaskInput;
pub use sealed as place;
pub use stored::Stored;
pub use teams::access::Accesses;
pub use variables::{Attached, NewVariableSet, ProjectScope, VariableSetFilter};

/// An open database.
pub struct Store {
    path: PathBuf,
    /// What the events of the audit trail are bound to each other with.
    trail_key: TrailKey,
    sources: Sources,
    readers: Readers,
    writer: Writer,
    removals: Arc<Removals>,
    metrics: Arc<WriterMetrics>,
    examiner: Examiner,
    clock_jumps: Counter,
}

/// What there is to count of a database.
pub struct Figures {
    pub database_bytes: u64,
    pub log_bytes: u64,
    /// Idle connections for reading.
    pub idle_readers: usize,
    /// Microseconds.
    pub commit_times: Distribution,
    /// Changes that shared a commit.
    pub shares: Distribution,
    /// Commits that the full disk refused.
    pub refused: u64,
    pub clock_jumps: u64,
}

/// What one request's read may take.
pub struct ReadBounds<'a> {
    pub slot: &'a dyn Slot,
    /// Where what is read is counted. A resource that is too large to be shown can still be changed.
    pub memory: Option<&'a Share<'a>>,
}

/// A reader that has read so much at once has filled its cache with rows of no use to others.
const LARGE_BYTES: usize = 256 * 1024;

impl Store {
    /// Opens an existing database of this version. `on_fatal` is called once, should the disk fail in a way after
    /// which nothing may be written any more.
    pub fn open(
        path: &Path,
        trail_key: TrailKey,
        sources: Sources,
        on_fatal: impl FnOnce(String) + Send + 'static,
    ) -> Result<Store> {
        installation::identify(path)?;
        let connection = engine::connection::writing(path)?;
        installation::SCHEMA.require_current(&connection, path)?;
        let metrics = Arc::new(WriterMetrics::new());
        let files = Arc::new(OpenedFiles::of(path).map_err(Error::internal)?);
        let examiner = Examiner::of(Arc::clone(&files), Arc::clone(&metrics));
        let keeper = audit::Keeper::of(path, trail_key.clone(), sources.clone());
        let removals = Arc::new(Removals::of(&connection)?);
        let readers = Readers::of(path, Arc::clone(&removals.views));
        let (log, reserve) = (Log::of(path, Arc::clone(&readers.slow_reads)), Reserve::beside(path));
        let leftovers = removals::leftovers(Arc::clone(&removals), trail_key.clone(), sources.clone());
        let parts = Parts { connection, leftovers, files, log, keeper, reserve, metrics: Arc::clone(&metrics) };
        let writer = Writer::start(parts, Box::new(on_fatal))?;
        Ok(Store {
            path: path.to_owned(),
            trail_key,
            sources,
            readers,
            writer,
            removals,
            metrics,
            examiner,
            clock_jumps: Counter::default(),
        })
    }

    /// Runs `query` on one consistent state of the database, however long it takes.
    pub fn read<T>(&self, query: impl FnOnce(&View) -> Result<T>) -> Result<T> {
        let (mut query, mut answer) = (Some(query), None);
        self.readers.read(&mut |reader| answer = query.take().map(|query| query(&View::of(&reader.connection))))?;
        had(answer)
    }

    /// As [`Store::read`], for a request, which shares memory and processors with others: `TooMuch` where a list is too
    /// large, `Unavailable` or `TooManyRequests` where it takes too long. `query` may run a second time.
    pub fn read_within<T>(&self, bounds: &ReadBounds<'_>, query: impl Fn(&View) -> Result<T>) -> Result<T> {
        let mut answer = None;
        self.ask_within(bounds, &mut |view| answer = Some(query(view)))?;
        had(answer)
    }

    fn ask_within(&self, bounds: &ReadBounds<'_>, query: &mut dyn FnMut(&View)) -> Result<()> {
        self.readers.read_within_bounds(bounds.slot, &mut |reader| {
            if let Some(memory) = bounds.memory {
                memory.give_back();
            }
            query(&View { memory: bounds.memory, watch: Some(&reader.watch), ..View::of(&reader.connection) });
            if bounds.memory.is_some_and(|memory| memory.needed() > LARGE_BYTES) {
                engine::readers::shrink(&reader.connection);
            }
        })
    }

    /// Runs `change` in a transaction of the writer. `Ok` means that it is on the disk; on `Err` nothing of it remains.
    /// Changes of several callers may share one commit. `change` may run more than once: on a full disk, a change that
    /// removes something is made with the room that is kept for this.
    pub fn change<T: Send + 'static>(
        &self,
        actor: Actor,
        change: impl Fn(&Change) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (key, sources, removals) = (self.trail_key.clone(), self.sources.clone(), Arc::clone(&self.removals));
        let caller = actor.id().to_owned();
        let made = Arc::new(Mutex::new(None));
        let told = Arc::clone(&made);
        let make = move |connection: &Connection, attempt: &Attempt| {
            let transaction =
                Change::new(connection, &actor, &sources, Trail { key: &key, head: &attempt.head }, &removals);
            let value = change(&transaction)?;
            let removes = transaction.effect.get() == Effect::Removes;
            attempt.removes.set(Some(removes));
            if attempt.room == Room::Reserve && !removes {
                return Err(Error::storage_full());
            }
            *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            Ok(())
        };
        self.writer.send(caller, Box::new(make))?.answer()?;
        let value = made.lock().unwrap_or_else(PoisonError::into_inner).take();
        value.ok_or_else(|| Error::internal("a change was committed without having been applied"))
    }

    /// Lets no more than so many wait for the writer while it is held up: a change that it does not come to within a second
    /// is `Unavailable` then, and not made.
    pub fn limit_waiting(&self, most: usize) {
        self.writer.limit_waiting(most);
    }

    /// From now on, for reads within bounds.
    pub fn limit_reads(&self, limits: ReadLimits) {
        self.readers.slow_reads.limit(limits);
    }

    /// The clock went other than time itself.
    pub fn count_clock_jump(&self) {
        self.clock_jumps.add(1);
    }

    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The room on the disk that is kept for removals.
    pub fn reserve(&self) -> Reserve {
        Reserve::beside(&self.path)
    }

    /// Whether changes can be made. Does not wait for long.
    pub fn health(&self) -> Health {
        self.examiner.examine(&self.writer)
    }

    pub fn figures(&self) -> Figures {
        Figures {
            database_bytes: self.examiner.database_bytes(),
            log_bytes: self.examiner.log_bytes(),
            idle_readers: self.readers.how_many_idle(),
            commit_times: self.metrics.commit_times.distribution(),
            shares: self.metrics.shares.distribution(),
            refused: self.metrics.refused.get(),
            clock_jumps: self.clock_jumps.get(),
        }
    }

    /// Asks the witness of the audit trail whether acknowledged events are missing, and puts it on record if so. A
    /// command that changes something does that first; a server does it before it takes requests.
    pub fn settle_trail(&self) -> Result<()> {
        self.writer.send(String::new(), Box::new(|_, _| Ok(())))?.answer()
    }

    /// Finishes what waits, folds the write-ahead log into the database and closes it.
    pub fn close(self) {
        drop(self.readers);
        self.writer.close();
    }
}

/// The answer of what was run.
fn had<T>(answer: Option<Result<T>>) -> Result<T> {
    answer.unwrap_or_else(|| Err(Error::internal("a read query did not run")))
}

/// A state of the database, for reading.
pub struct View<'a> {
    connection: &'a Connection,
    /// The row of the organization that a caller's access was asked of last.
    asked_of: Cell<Option<i64>>,
    /// Where what is read is counted.
    memory: Option<&'a Share<'a>>,
    read_bytes: Cell<usize>,
    /// Stops what takes too long.
    watch: Option<&'a Watch>,
}

impl<'a> View<'a> {
    fn of(connection: &'a Connection) -> View<'a> {
        View { connection, asked_of: Cell::new(None), memory: None, read_bytes: Cell::new(0), watch: None }
    }

    /// Whose read this is, once that is known: each caller has its own share of slow ones.
    pub fn is_for(&self, caller: &str) {
        if let Some(watch) = self.watch {
            watch.is_for(caller);
        }
    }
}

/// A transaction in the making: reads, writes, and leaves a trail.
pub struct Change<'a> {
    view: View<'a>,
    actor: &'a Actor,
    now: Timestamp,
    sources: &'a Sources,
    trail: Trail<'a>,
    effect: Cell<Effect>,
    removals: &'a Removals,
    /// What it may still remove in addition to the rows that it names.
    budget: RemovalBudget,
}

impl<'a> Change<'a> {
    fn new(
        connection: &'a Connection,
        actor: &'a Actor,
        sources: &'a Sources,
        trail: Trail<'a>,
        removals: &'a Removals,
    ) -> Change<'a> {
        let (effect, now) = (Cell::new(Effect::None), sources.now());
        let (view, budget) = (View::of(connection), Removals::budget(now.milliseconds()));
        Change { view, actor, now, sources, trail, effect, removals, budget }
    }

    /// When this transaction began: one instant for everything in it.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    pub fn sources(&self) -> &Sources {
        self.sources
    }
}

impl<'a> Deref for Change<'a> {
    type Target = View<'a>;

    fn deref(&self) -> &View<'a> {
        &self.view
    }
}

/// What the triggers of `schema.sql` say that look at keys.
const RETIRED: &str = "sealed under a retired key";

/// An unexpected error of the driver, as one of ours. A missing row becomes `NotFound` where it was looked up, not
/// here.
impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        if matches!(&error, rusqlite::Error::SqliteFailure(code, Some(message))
            if code.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_TRIGGER && message == RETIRED)
        {
            return Error::key_retired();
        }
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
        match error.sqlite_error_code() {
            _ if is_want_of_room(&error) => Error::storage_full().because(error),
            Some(DatabaseBusy | DatabaseLocked) => {
                Error::unavailable("The database is held by another process; nothing was changed.").because(error)
            }
            _ => Error::internal(error),
        }
    }
}

/// Whether the disk is full: also for the index of the log, which the first to open the file makes, and which grows with the
/// log.
fn is_want_of_room(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
        || error.sqlite_extended_error_code() == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
}

/// Whether what is in memory may not be what is on the disk, as opposed to a full disk or a busy file.
fn is_disk_failure(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase, SystemIoFailure};
    !is_want_of_room(error)
        && matches!(error.sqlite_error_code(), Some(SystemIoFailure | DatabaseCorrupt | NotADatabase))
}

/// Whether a statement failed because of a UNIQUE constraint on `column`, written `table.column`.
fn is_taken(error: &rusqlite::Error, column: &str) -> bool {
    matches!(error, rusqlite::Error::SqliteFailure(code, Some(message))
        if code.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE && message.contains(column))
}

//! The one writer. Changes queue up; all that wait share one commit, and each is answered only after it.

pub mod queue;
pub mod turns;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use self::queue::{Applied, Attempt, CancelToken, Job, Pending, PendingProbe, Probe, Room};
use self::turns::{HEAVY, Turns};
use super::commit_failure::CommitFailure;
use super::opened_files::OpenedFiles;
use super::reserve::Reserve;
use super::wal::Log;
use super::writer_metrics::WriterMetrics;
use crate::domain::error::{Error, Result};
use crate::store::audit::Keeper;

/// How many changes may share a commit: bounds how long the first of them waits.
const MAX_BATCH: usize = 256;

/// Steps of a statement after which the writer shows that it gets on.
const STEPS: i32 = 100_000;

/// How long changes wait for the removal of what no caller waits for.
const SLICE: Duration = Duration::from_millis(20);

/// A batch that takes longer holds up those behind it.
const HELD_UP: Duration = Duration::from_secs(1);

pub struct Writer {
    queue: Sender<Box<dyn Job>>,
    thread: JoinHandle<()>,
    metrics: Arc<WriterMetrics>,
    /// Callers whose change is not answered yet, and how many may be as patient as need be.
    waiting: AtomicUsize,
    most_waiting: AtomicUsize,
}

/// What the writer works with.
pub struct Parts {
    pub connection: Connection,
    pub leftovers: Leftovers,
    pub files: Arc<OpenedFiles>,
    pub log: Log,
    pub keeper: Keeper,
    pub reserve: Reserve,
    pub metrics: Arc<WriterMetrics>,
}

/// What is to be removed without a caller that waits for it.
pub struct Leftovers {
    /// Whether there is any.
    pub exist: Box<Ask>,
    /// Removes some, until the given instant. `true` where there is more.
    pub remove: Box<Remove>,
}

type Ask = dyn Fn(&Connection) -> rusqlite::Result<bool> + Send;
type Remove = dyn Fn(&Connection, Instant) -> rusqlite::Result<bool> + Send;

type OnFatal = Box<dyn FnOnce(String) + Send>;

impl Writer {
    pub fn start(parts: Parts, on_fatal: OnFatal) -> Result<Writer> {
        let (queue, jobs) = mpsc::channel();
        let Parts { mut connection, leftovers, files, log, keeper, reserve, metrics } = parts;
        let shared = Arc::clone(&metrics);
        let steps = Arc::clone(&metrics);
        connection.progress_handler(
            STEPS,
            Some(move || {
                steps.steps.fetch_add(1, Ordering::Relaxed);
                false
            }),
        )?;
        let has_leftovers = (leftovers.exist)(&connection)?;
        let work = Work {
            connection,
            turns: Turns::default(),
            leftovers,
            has_leftovers,
            files,
            log,
            keeper,
            reserve,
            metrics,
            on_fatal: Some(on_fatal),
        };
        let thread =
            thread::Builder::new().name("writer".to_owned()).spawn(move || work.run(&jobs)).map_err(Error::internal)?;
        let most_waiting = AtomicUsize::new(usize::MAX);
        Ok(Writer { queue, thread, metrics: shared, waiting: AtomicUsize::new(0), most_waiting })
    }

    /// Runs `change` in a transaction. `Ok` means that it is on the disk. It may run more than once. `caller` is whose it
    /// is; empty: the server's own.
    pub fn change<T: Send + 'static>(
        &self,
        caller: &str,
        change: impl Fn(&Connection, &Attempt) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let is_one_too_many = before >= self.most_waiting.load(Ordering::Relaxed);
        let outcome = self.outcome(caller, change, is_one_too_many);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        outcome
    }

    pub fn limit_waiting(&self, most: usize) {
        self.most_waiting.store(most, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub fn how_many_wait(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Puts `change` in the queue, without waiting for its turn.
    pub(in crate::store) fn send<T: Send + 'static>(
        &self,
        caller: &str,
        change: impl Fn(&Connection, &Attempt) -> Result<T> + Send + 'static,
    ) -> Result<(CancelToken, Receiver<Result<T>>)> {
        let (answer, answered) = mpsc::sync_channel(1);
        let cancel_token = CancelToken::default();
        let job = Pending::new(caller, change, cancel_token.clone(), answer);
        self.queue.send(Box::new(job)).map_err(|_| CommitFailure::Halted.error())?;
        Ok((cancel_token, answered))
    }

    fn outcome<T: Send + 'static>(
        &self,
        caller: &str,
        change: impl Fn(&Connection, &Attempt) -> Result<T> + Send + 'static,
        is_one_too_many: bool,
    ) -> Result<T> {
        let (cancel_token, answered) = self.send(caller, change)?;
        if is_one_too_many {
            let patience = HELD_UP.saturating_sub(self.metrics.batch_age());
            match answered.recv_timeout(patience) {
                Ok(result) => return result,
                Err(RecvTimeoutError::Timeout) if cancel_token.cancel() => {
                    return Err(Error::unavailable("Other changes are in the way; nothing was changed."));
                }
                Err(_) => {}
            }
        }
        // It is unknown what became of a change that the writer died with.
        answered.recv().map_err(|_| Error::internal("the writer ended with a change in hand"))?
    }

    /// Asks whether the writer is well, without waiting for the answer; `None` where it is gone.
    pub fn probe(&self, probe: Probe) -> Option<Receiver<bool>> {
        let (answer, answered) = mpsc::sync_channel(1);
        self.queue.send(Box::new(PendingProbe::new(probe, answer))).ok().map(|()| answered)
    }

    pub fn close(self) {
        drop(self.queue);
        if self.thread.join().is_err() {
            log::error!("the writer ended in a panic");
        }
    }
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default)]
struct Committed {
    /// How many changes of the batch it came to.
    tried: usize,
    changes: usize,
    /// Some of its changes did not fit.
    found_no_room: bool,
}

struct Work {
    connection: Connection,
    turns: Turns,
    leftovers: Leftovers,
    /// From the process before, or from a change.
    has_leftovers: bool,
    files: Arc<OpenedFiles>,
    log: Log,
    keeper: Keeper,
    reserve: Reserve,
    metrics: Arc<WriterMetrics>,
    /// Taken when the disk has failed.
    on_fatal: Option<OnFatal>,
}

impl Work {
    fn run(mut self, jobs: &Receiver<Box<dyn Job>>) {
        while let Some(mut batch) = self.next(jobs) {
            self.metrics.batch_begins();
            let done = self.attempt(&mut batch, Room::Free);
            if let Ok(committed) = &done {
                self.turns.put_back(batch.split_off(committed.tried));
            }
            // Before the callers are answered, so that the next read finds it.
            self.record(&done);
            let failure = done.as_ref().err();
            let (without_room, others): (Vec<_>, Vec<_>) =
                batch.into_iter().partition(|job| job.needs_the_reserve(failure));
            for job in others {
                job.answer(failure);
            }
            if !without_room.is_empty() {
                self.try_with_the_reserve(without_room, failure);
            }
            self.metrics.batch_ends();
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

    fn attempt(&mut self, batch: &mut [Box<dyn Job>], room: Room) -> std::result::Result<Committed, CommitFailure> {
        let done = if self.is_halted() { Err(CommitFailure::Halted) } else { self.commit(batch, room) };
        if let Err(failure) = &done
            && failure.is_fatal()
        {
            self.halt(&failure.error());
        }
        done
    }

    /// Changes for which the disk had no room, for the reason `failure`. One after the other: a large one must not be in
    /// the way of the others. Those that are not removals refuse themselves.
    fn try_with_the_reserve(&mut self, jobs: Vec<Box<dyn Job>>, failure: Option<&CommitFailure>) {
        if !self.reserve.give_up() {
            jobs.into_iter().for_each(|job| job.answer(failure));
            return;
        }
        let mut tried = Vec::with_capacity(jobs.len());
        for job in jobs {
            let mut alone = [job];
            let done = self.attempt(&mut alone, Room::Reserve);
            let [job] = alone;
            tried.push((job, done.err()));
            if !self.is_halted() {
                // What the log took is to be had back for the next ones.
                self.fold();
            }
        }
        self.reserve.take_back();
        for (job, failure) in tried {
            job.answer(failure.as_ref());
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

    /// The next changes; `None` once there will be none. Some of what is left over goes before them, and quiet times are used
    /// for that and to fold the log.
    fn next(&mut self, jobs: &Receiver<Box<dyn Job>>) -> Option<Vec<Box<dyn Job>>> {
        loop {
            let has_slice = self.has_leftovers && !self.is_halted();
            if has_slice {
                self.has_leftovers = self.remove_leftovers();
            }
            // No waiting: changes that come during a commit share the next one.
            jobs.try_iter().for_each(|job| self.turns.push(job));
            let batch = self.turns.batch(MAX_BATCH);
            if !batch.is_empty() {
                return Some(batch);
            }
            let job = match self.log.worth_folding_after().filter(|_| !self.is_halted()) {
                _ if has_slice => jobs.try_recv().map_err(|e| e == TryRecvError::Disconnected),
                Some(quiet) => jobs.recv_timeout(quiet).map_err(|e| e == RecvTimeoutError::Disconnected),
                None => jobs.recv().map_err(|_| true),
            };
            match job {
                Ok(job) => self.turns.push(job),
                Err(true) => return None,
                Err(false) if has_slice => {}
                Err(false) => self.fold(),
            }
        }
    }

    /// One slice. `true` where there is more. What fails is tried again after the next change.
    fn remove_leftovers(&mut self) -> bool {
        let end = Instant::now() + SLICE;
        let run = |sql| self.connection.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
        let slice = || -> rusqlite::Result<bool> {
            run("BEGIN IMMEDIATE")?;
            let has_more = (self.leftovers.remove)(&self.connection, end)?;
            run("COMMIT")?;
            Ok(has_more)
        };
        match slice() {
            Ok(has_more) => {
                self.metrics.steps.fetch_add(1, Ordering::Relaxed);
                if has_more {
                    let kept_short = self.log.has_grown(&mut self.connection);
                    self.halt_on_failure(kept_short);
                }
                has_more
            }
            Err(e) => {
                if !self.connection.is_autocommit() {
                    // The failure that is told is the first one.
                    let _ = run("ROLLBACK");
                }
                let failure = CommitFailure::Commit(e);
                if failure.is_fatal() {
                    self.halt(&failure.error());
                } else {
                    log::warn!("what was deleted could not be removed yet: {}", failure.error().told_to_operators());
                }
                false
            }
        }
    }

    fn is_halted(&self) -> bool {
        self.on_fatal.is_none()
    }

    fn record(&self, done: &std::result::Result<Committed, CommitFailure>) {
        let (changes, found_no_room) = match done {
            Ok(committed) => (committed.changes, committed.found_no_room),
            Err(failure) => (0, failure.is_for_want_of_room()),
        };
        if changes > 0 {
            self.metrics.shares.add(changes as u64);
        }
        if found_no_room {
            self.metrics.refused.add(1);
        }
        if changes > 0 || found_no_room {
            self.metrics.is_full.store(found_no_room, Ordering::Relaxed);
        }
    }

    fn commit(&mut self, batch: &mut [Box<dyn Job>], room: Room) -> std::result::Result<Committed, CommitFailure> {
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
            let began = Instant::now();
            let applied = job.apply(&self.connection, room);
            let took = began.elapsed();
            self.turns.took(job.caller(), took);
            committed.tried += 1;
            self.metrics.steps.fetch_add(1, Ordering::Relaxed);
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
            if took > HEAVY {
                break;
            }
        }
        if is_settled && committed.changes == 0 {
            return run("ROLLBACK").map(|()| committed).map_err(CommitFailure::Commit);
        }
        let has_leftovers = (self.leftovers.exist)(&self.connection).map_err(give_up)?;
        let head = self.keeper.head(&self.connection).map_err(give_up)?;
        let began = Instant::now();
        let ended = run("COMMIT");
        if ended.is_err() && !self.connection.is_autocommit() {
            // The commit's own error is the one to tell.
            let _ = run("ROLLBACK");
        }
        ended.map_err(CommitFailure::Commit)?;
        self.has_leftovers = has_leftovers;
        self.metrics.commit_times.add(began.elapsed().as_micros() as u64);
        // After the commit: what is acknowledged is where the next process will look for it.
        if let Some(path) = self.files.missing() {
            return Err(CommitFailure::Misplaced(path.to_owned()));
        }
        self.keeper.committed(&head);
        Ok(committed)
    }
}

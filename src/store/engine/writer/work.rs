//! What the writer's thread does: batches, the room that is kept for removals, the log, and what is left over.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::fair_queue::{FairQueue, HEAVY};
use super::queue::{Applied, Job, Room, met_disk_failure, run};
use super::{Leftovers, OnFatal, Parts};
use crate::domain::error::{Error, Result};
use crate::store::audit::{Head, Keeper};
use crate::store::engine::commit_failure::CommitFailure;
use crate::store::engine::opened_files::OpenedFiles;
use crate::store::engine::reserve::Reserve;
use crate::store::engine::wal::Log;
use crate::store::engine::writer_metrics::WriterMetrics;

/// How many changes may share a commit: bounds how long the first of them waits.
const MAX_BATCH: usize = 256;

/// How long changes wait for the removal of what no caller waits for.
const SLICE: Duration = Duration::from_millis(20);

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default)]
struct Committed {
    /// How many changes of the batch it came to.
    tried: usize,
    changes: usize,
    /// Some of its changes did not fit.
    found_no_room: bool,
}

pub(super) struct Work {
    connection: Connection,
    fair_queue: FairQueue,
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
    pub fn of(parts: Parts, on_fatal: OnFatal) -> Result<Work> {
        let Parts { connection, leftovers, files, log, keeper, reserve, metrics } = parts;
        let has_leftovers = (leftovers.exist)(&connection)?;
        Ok(Work {
            connection,
            fair_queue: FairQueue::default(),
            leftovers,
            has_leftovers,
            files,
            log,
            keeper,
            reserve,
            metrics,
            on_fatal: Some(on_fatal),
        })
    }

    pub fn run(mut self, jobs: &Receiver<Box<dyn Job>>) {
        while let Some(mut batch) = self.next(jobs) {
            self.metrics.batch_begins();
            let done = self.commit(&mut batch, Room::Free);
            self.halt_if_fatal(&done);
            if let Ok(committed) = &done {
                self.fair_queue.put_back(batch.split_off(committed.tried));
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
            let done = self.commit(&mut alone, Room::Reserve);
            self.halt_if_fatal(&done);
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

    fn halt_if_fatal(&mut self, done: &std::result::Result<Committed, CommitFailure>) {
        if let Err(failure) = done
            && failure.is_fatal()
        {
            self.halt(&failure.error());
        }
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
            jobs.try_iter().for_each(|job| self.fair_queue.push(job));
            let batch = self.fair_queue.batch(MAX_BATCH);
            if !batch.is_empty() {
                return Some(batch);
            }
            let job = match self.log.worth_folding_after().filter(|_| !self.is_halted()) {
                _ if has_slice => jobs.try_recv().map_err(|e| e == TryRecvError::Disconnected),
                Some(quiet) => jobs.recv_timeout(quiet).map_err(|e| e == RecvTimeoutError::Disconnected),
                None => jobs.recv().map_err(|_| true),
            };
            match job {
                Ok(job) => self.fair_queue.push(job),
                Err(true) => return None,
                Err(false) if has_slice => {}
                Err(false) => self.fold(),
            }
        }
    }

    /// One slice. `true` where there is more. What fails is tried again after the next change.
    fn remove_leftovers(&mut self) -> bool {
        let end = Instant::now() + SLICE;
        let run = |sql| run(&self.connection, sql);
        let slice = || -> Result<(bool, Head)> {
            run("BEGIN IMMEDIATE")?;
            self.keeper.settle(&self.connection)?;
            let has_more = (self.leftovers.remove)(&self.connection, end)?;
            let head = self.keeper.head(&self.connection)?;
            run("COMMIT")?;
            Ok((has_more, head))
        };
        match slice() {
            Ok((has_more, head)) => {
                self.keeper.committed(&head);
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
                if met_disk_failure(&e) {
                    self.halt(&e);
                } else {
                    log::warn!("could not remove rows of deleted resources yet: {}", e.told_to_operators());
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
        if self.is_halted() {
            return Err(CommitFailure::Halted);
        }
        let run = |sql| run(&self.connection, sql);
        run("BEGIN IMMEDIATE").map_err(CommitFailure::Commit)?;
        let give_up = |e| {
            // The failure that is told is the first one.
            let _ = run("ROLLBACK");
            CommitFailure::Commit(e)
        };
        let has_to_commit = self.keeper.settle(&self.connection).map_err(give_up)?;
        (self.leftovers.hide)(&self.connection).map_err(give_up)?;
        let (mut committed, mut head) = (Committed::default(), None);
        for job in batch.iter_mut() {
            let began = Instant::now();
            let applied = job.apply(&self.connection, room, &mut head);
            let took = began.elapsed();
            self.fair_queue.took(job.caller(), took);
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
        if !has_to_commit && committed.changes == 0 {
            return run("ROLLBACK").map(|()| committed).map_err(CommitFailure::Commit);
        }
        let has_leftovers = (self.leftovers.exist)(&self.connection).map_err(give_up)?;
        let head = head.map_or_else(|| self.keeper.head(&self.connection), Ok).map_err(give_up)?;
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

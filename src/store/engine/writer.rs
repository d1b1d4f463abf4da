//! The one writer. Changes queue up; all that wait share one commit, and each is answered only after it.

pub mod fair_queue;
pub mod queue;
mod work;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use self::queue::{Attempt, CancelToken, Job, Pending, PendingProbe, Probe, Run};
use self::work::Work;
use super::commit_failure::CommitFailure;
use super::opened_files::OpenedFiles;
use super::reserve::Reserve;
use super::wal::Log;
use super::writer_metrics::WriterMetrics;
use crate::domain::error::{Error, Result};
use crate::store::audit::Keeper;

/// Steps of a statement after which the writer shows that it gets on.
const STEPS: i32 = 100_000;

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
type Remove = dyn Fn(&Connection, Instant) -> Result<bool> + Send;

type OnFatal = Box<dyn FnOnce(String) + Send>;

impl Writer {
    pub fn start(mut parts: Parts, on_fatal: OnFatal) -> Result<Writer> {
        let (queue, jobs) = mpsc::channel();
        let metrics = Arc::clone(&parts.metrics);
        let steps = Arc::clone(&metrics);
        parts.connection.progress_handler(
            STEPS,
            Some(move || {
                steps.steps.fetch_add(1, Ordering::Relaxed);
                false
            }),
        )?;
        let work = Work::of(parts, on_fatal)?;
        let thread =
            thread::Builder::new().name("writer".to_owned()).spawn(move || work.run(&jobs)).map_err(Error::internal)?;
        let most_waiting = AtomicUsize::new(usize::MAX);
        Ok(Writer { queue, thread, metrics, waiting: AtomicUsize::new(0), most_waiting })
    }

    /// Runs `change` in a transaction. `Ok` means that it is on the disk. It may run more than once. `caller` is whose it
    /// is; empty: the server's own.
    pub fn change<T: Send + 'static>(
        &self,
        caller: String,
        change: impl Fn(&Connection, &Attempt) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let made = Arc::new(Mutex::new(None));
        let told = Arc::clone(&made);
        let run = move |connection: &Connection, attempt: &Attempt| {
            let value = change(connection, attempt)?;
            *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            Ok(())
        };
        self.run(caller, Box::new(run))?;
        let value = made.lock().unwrap_or_else(PoisonError::into_inner).take();
        value.ok_or_else(|| Error::internal("a change was committed without having been applied"))
    }

    fn run(&self, caller: String, change: Box<Run>) -> Result<()> {
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
    pub(in crate::store) fn send(
        &self,
        caller: String,
        change: Box<Run>,
    ) -> Result<(CancelToken, Receiver<Result<()>>)> {
        let (answer, answered) = mpsc::sync_channel(1);
        let cancel_token = CancelToken::default();
        let job = Pending::new(caller, change, cancel_token.clone(), answer);
        self.queue.send(Box::new(job)).map_err(|_| CommitFailure::Halted.error())?;
        Ok((cancel_token, answered))
    }

    fn outcome(&self, caller: String, change: Box<Run>, is_one_too_many: bool) -> Result<()> {
        let (cancel_token, answered) = self.send(caller, change)?;
        if is_one_too_many {
            let patience = HELD_UP.saturating_sub(self.metrics.batch_age());
            match answered.recv_timeout(patience) {
                Ok(result) => return result,
                Err(RecvTimeoutError::Timeout) if cancel_token.cancel() => {
                    return Err(Error::unavailable(
                        "The server is busy with other changes; nothing was changed. Try again.",
                    ));
                }
                Err(_) => {}
            }
        }
        // It is unknown what became of a change that the writer died with.
        answered.recv().map_err(|_| Error::internal("the writer thread ended before answering"))?
    }

    /// Asks whether the writer is well, without waiting for the answer; `None` where it is gone.
    pub fn probe(&self, probe: Probe) -> Option<Receiver<bool>> {
        let (answer, answered) = mpsc::sync_channel(1);
        self.queue.send(Box::new(PendingProbe::new(probe, answer))).ok().map(|()| answered)
    }

    pub fn close(self) {
        drop(self.queue);
        if self.thread.join().is_err() {
            log::error!("the writer thread panicked");
        }
    }
}

//! The one writer. Changes queue up; all that wait share one commit, and each is answered only after it.

pub mod fair_queue;
pub mod queue;
mod work;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use self::queue::{CancelToken, Job, Pending, PendingProbe, Probe, Run};
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
    /// Hides it from what follows in a transaction.
    pub hide: Box<Hide>,
    /// Removes some, until the given instant. `true` where there is more.
    pub remove: Box<Remove>,
}

type Ask = dyn Fn(&Connection) -> rusqlite::Result<bool> + Send;
type Hide = dyn Fn(&Connection) -> rusqlite::Result<()> + Send;
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

    /// Puts `change` in the queue: it is run in a transaction, perhaps more than once. `caller` is whose it is; empty: the
    /// server's own.
    pub fn send(&self, caller: String, change: Box<Run>) -> Result<Waiting<'_>> {
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let is_one_too_many = before >= self.most_waiting.load(Ordering::Relaxed);
        let (answer, answered) = mpsc::sync_channel(1);
        let waiting = Waiting { writer: self, cancel_token: CancelToken::default(), answered, is_one_too_many };
        let job = Pending::new(caller, change, waiting.cancel_token.clone(), answer);
        self.queue.send(Box::new(job)).map_err(|_| CommitFailure::Halted.error())?;
        Ok(waiting)
    }

    pub fn limit_waiting(&self, most: usize) {
        self.most_waiting.store(most, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub fn how_many_wait(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
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

/// A caller whose change is in the queue.
pub struct Waiting<'a> {
    writer: &'a Writer,
    cancel_token: CancelToken,
    answered: Receiver<Result<()>>,
    is_one_too_many: bool,
}

impl Waiting<'_> {
    /// `Ok` means that the change is on the disk. `Unavailable` where too many wait and the writer is held up.
    pub fn answer(self) -> Result<()> {
        if self.is_one_too_many {
            let patience = HELD_UP.saturating_sub(self.writer.metrics.batch_age());
            match self.answered.recv_timeout(patience) {
                Ok(result) => return result,
                Err(RecvTimeoutError::Timeout) if self.cancel_token.cancel() => {
                    return Err(Error::unavailable(
                        "The server is busy with other changes; nothing was changed. Try again.",
                    ));
                }
                Err(_) => {}
            }
        }
        // It is unknown what became of a change that the writer died with.
        self.answered.recv().map_err(|_| Error::internal("the writer thread ended before answering"))?
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.writer.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

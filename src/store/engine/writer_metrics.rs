//! What the writer tells of itself while it works.

use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::telemetry::counters::{Counter, Histogram};

/// Microseconds.
const COMMIT_TIMES: [u64; 12] =
    [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000, 2_500_000];
/// Changes.
const SHARES: [u64; 9] = [1, 2, 4, 8, 16, 32, 64, 128, 256];

pub struct WriterMetrics {
    /// How long a commit took to be on the disk, in microseconds.
    pub commit_times: Histogram<12>,
    /// How many changes shared a commit.
    pub shares: Histogram<9>,
    /// Batches that the full disk refused.
    pub refused: Counter,
    /// The last thing that the disk was asked to take was refused for want of room.
    pub is_full: AtomicBool,
    /// Of the batch that the writer is at.
    batch_began: Mutex<Option<Instant>>,
    /// Goes up while the writer gets on with its work, also within one long statement.
    pub steps: AtomicU64,
}

impl WriterMetrics {
    pub fn new() -> WriterMetrics {
        WriterMetrics {
            commit_times: Histogram::new(&COMMIT_TIMES),
            shares: Histogram::new(&SHARES),
            refused: Counter::default(),
            is_full: AtomicBool::new(false),
            batch_began: Mutex::default(),
            steps: AtomicU64::new(0),
        }
    }

    pub fn batch_begins(&self) {
        *self.began() = Some(Instant::now());
    }

    pub fn batch_ends(&self) {
        *self.began() = None;
    }

    /// How long the writer has been at the batch at hand.
    pub fn batch_age(&self) -> Duration {
        self.began().map_or(Duration::ZERO, |began| began.elapsed())
    }

    fn began(&self) -> MutexGuard<'_, Option<Instant>> {
        // Nothing that holds the lock leaves it half changed.
        self.batch_began.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

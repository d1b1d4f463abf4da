//! Whether the database can take changes. Every client may ask, so asking makes the disk do nothing while all is well, and
//! little, once a second at the most, while it is not.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use super::opened_files::OpenedFiles;
use super::reserve;
use super::writer::Writer;
use super::writer::queue::Probe;
use super::writer_metrics::WriterMetrics;

/// How long the outcome of one examination of the writer holds.
const HOLDS: Duration = Duration::from_secs(1);
/// How long a check waits for the writer.
const PATIENCE: Duration = Duration::from_millis(250);
/// A writer that has not got on with anything for so long is stuck. One that is busy does, however long its queue is.
const STUCK: Duration = Duration::from_secs(5);
/// With less room than this the next change may not fit.
const LITTLE_ROOM: u64 = 1024 * 1024;
/// The writer folds the log long before it is as large as this, unless a read never ends.
const LARGE_LOG: u64 = 128 * 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Up,
    /// Wrong, but changes are taken.
    Warning,
    Down,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// The files under the database's names are the ones that are open.
    pub file: State,
    /// There is room, and the last write was not refused for want of it.
    pub disk: State,
    /// The writer takes changes.
    pub writer: State,
    /// The write-ahead log is no larger than it should be.
    pub log: State,
}

impl Health {
    pub const GOOD: Health = Health { file: State::Up, disk: State::Up, writer: State::Up, log: State::Up };

    pub fn is_up(&self) -> bool {
        self.checks().iter().all(|(_, state)| *state != State::Down)
    }

    pub fn checks(&self) -> [(&'static str, State); 4] {
        let Health { file, disk, writer, log } = *self;
        [("file", file), ("disk", disk), ("writer", writer), ("log", log)]
    }
}

pub struct Examiner {
    files: Arc<OpenedFiles>,
    metrics: Arc<WriterMetrics>,
    writer: Mutex<Examination>,
    /// What was found when the writer was examined last.
    is_writer_up: AtomicBool,
    last: Mutex<Health>,
}

struct Examination {
    began: Option<Instant>,
    answer: Option<Receiver<bool>>,
    /// How far the writer was, and when that was found.
    steps: u64,
    got_on: Option<Instant>,
}

impl Examiner {
    pub fn of(files: Arc<OpenedFiles>, metrics: Arc<WriterMetrics>) -> Examiner {
        Examiner {
            files,
            metrics,
            writer: Mutex::new(Examination { began: None, answer: None, steps: 0, got_on: None }),
            is_writer_up: AtomicBool::new(true),
            last: Mutex::new(Health::GOOD),
        }
    }

    pub fn examine(&self, writer: &Writer) -> Health {
        // The writer first: what it finds out about the disk counts.
        let writer = if self.is_up(writer) { State::Up } else { State::Down };
        let has_room = !self.metrics.is_full.load(Ordering::Relaxed) && !self.has_little_room();
        let found = Health {
            file: if self.files.missing().is_none() { State::Up } else { State::Down },
            disk: if has_room { State::Up } else { State::Down },
            writer,
            log: if self.files.log.bytes() > LARGE_LOG { State::Warning } else { State::Up },
        };
        self.say_what_is_new(found);
        found
    }

    pub fn database_bytes(&self) -> u64 {
        self.files.database.bytes()
    }

    pub fn log_bytes(&self) -> u64 {
        self.files.log.bytes()
    }

    fn is_up(&self, writer: &Writer) -> bool {
        let mut examination = match self.writer.try_lock() {
            Ok(examination) => examination,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // Another check is waiting for the writer just now; one is enough.
            Err(TryLockError::WouldBlock) => return self.is_writer_up.load(Ordering::Relaxed),
        };
        let is_up = examination
            .go_on(|| writer.probe(self.probe()), self.metrics.steps.load(Ordering::Relaxed))
            .unwrap_or(self.is_writer_up.load(Ordering::Relaxed));
        self.is_writer_up.store(is_up, Ordering::Relaxed);
        is_up
    }

    fn probe(&self) -> Probe {
        // Free space alone does not say it: there are quotas.
        if self.metrics.is_full.load(Ordering::Relaxed) { Probe::Write } else { Probe::Begin }
    }

    fn has_little_room(&self) -> bool {
        // Where the system does not tell, the writes do.
        reserve::free_bytes(&self.files.database.path).is_some_and(|free| free < LITTLE_ROOM)
    }

    /// The answer says what is wrong, and the log when it began.
    fn say_what_is_new(&self, found: Health) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        for ((name, now), (_, before)) in found.checks().into_iter().zip(last.checks()) {
            match (now, before) {
                (now, before) if now == before => {}
                (State::Up, _) => log::info!("health: {name} is up again"),
                (State::Warning, _) => log::warn!("health: {name}: {}", self.what_is_wrong(name)),
                (State::Down, _) => log::error!("health: {name} is down: {}", self.what_is_wrong(name)),
            }
        }
        *last = found;
    }

    fn what_is_wrong(&self, check: &str) -> String {
        let path = self.files.database.path.display();
        match check {
            "file" => format!("{path} or its log was removed or replaced; what is written now is lost"),
            "disk" => format!("no free disk space for {path}"),
            "writer" => "the writer accepts no changes".to_owned(),
            _ => format!(
                "the write-ahead log has {} bytes; a long-running read blocks the checkpoint",
                self.files.log.bytes()
            ),
        }
    }
}

impl Examination {
    /// `None` where it is too early to tell.
    fn go_on(&mut self, ask: impl FnOnce() -> Option<Receiver<bool>>, steps: u64) -> Option<bool> {
        let began = match (self.began, &self.answer) {
            (Some(began), Some(_)) => began,
            (Some(began), None) if began.elapsed() < HOLDS => return None,
            _ => {
                let now = Instant::now();
                *self = Examination { began: Some(now), answer: ask(), steps, got_on: Some(now) };
                now
            }
        };
        if self.steps != steps {
            (self.steps, self.got_on) = (steps, Some(Instant::now()));
        }
        // It may be gone.
        let Some(answer) = &self.answer else { return Some(false) };
        let waited = answer.recv_timeout(PATIENCE.saturating_sub(began.elapsed()));
        if waited != Err(RecvTimeoutError::Timeout) {
            self.answer = None;
        }
        match waited {
            Ok(is_up) => Some(is_up),
            Err(RecvTimeoutError::Disconnected) => Some(false),
            Err(RecvTimeoutError::Timeout) => {
                self.got_on.is_some_and(|got_on| got_on.elapsed() > STUCK).then_some(false)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn a_busy_writer_is_not_down() {
        let (answer, answered) = mpsc::sync_channel(1);
        let long_ago = Instant::now() - 2 * STUCK;
        let asked = |steps| Examination { began: Some(long_ago), answer: None, steps, got_on: Some(long_ago) };
        let mut busy = Examination { answer: Some(answered), ..asked(7) };
        let nothing = || panic!("it is asked already");
        assert_eq!(busy.go_on(nothing, 8), None, "it got on with something");
        assert_eq!(busy.go_on(nothing, 8), None, "and that was just now");
        busy.got_on = Some(long_ago);
        assert_eq!(busy.go_on(nothing, 8), Some(false), "it got on with nothing for long");
        answer.send(true).unwrap();
        assert_eq!(busy.go_on(nothing, 8), Some(true));
        assert_eq!(asked(7).go_on(|| None, 7), Some(false), "it is gone");
    }
}

//! No read holds up others for long. It ends by a deadline, and one that takes longer than a moment needs a permit to go
//! on. There are few permits, and fewer for one caller: the other worker slots are for short reads.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A read that takes longer is slow.
const SLOW: Duration = Duration::from_millis(20);
/// Slow reads of one caller at the same time.
pub const RUNNING_OF_ONE: usize = 2;
/// And how many more of them may wait for a permit.
const WAITING_OF_ONE: usize = 4;

/// What all reads of a server may take.
#[derive(Clone, Copy, Debug)]
pub struct ReadLimits {
    /// For one read, from its begin to its end.
    pub deadline: Duration,
    /// Slow reads at the same time.
    pub running: usize,
    /// Reads that wait for a permit, each of which occupies a worker.
    pub waiting: usize,
}

/// A worker slot, which is left while a permit is waited for.
pub trait Slot {
    fn leave(&self);
    /// Without waiting.
    fn take_back(&self);
}

/// Why a read did not come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By the deadline.
    TooLate,
    /// This caller has too many slow reads.
    CallerIsBusy,
    /// All callers together have.
    ServerIsBusy,
}

pub struct SlowReads {
    callers: Mutex<Callers>,
    changed: Condvar,
}

/// By the ids of callers. Both are short.
struct Callers {
    limits: ReadLimits,
    /// No read gets a permit now.
    is_paused: bool,
    running: Vec<String>,
    waiting: Vec<String>,
}

/// For one slow read.
pub struct Permit {
    reads: Arc<SlowReads>,
    caller: String,
}

impl Default for SlowReads {
    /// Without bounds, until there are some.
    fn default() -> SlowReads {
        let limits = ReadLimits { deadline: Duration::from_secs(3600), running: usize::MAX, waiting: usize::MAX };
        let callers = Mutex::new(Callers { limits, is_paused: false, running: Vec::new(), waiting: Vec::new() });
        SlowReads { callers, changed: Condvar::new() }
    }
}

impl SlowReads {
    pub fn limit(&self, limits: ReadLimits) {
        self.callers().limits = limits;
    }

    /// Lets no more reads become slow. Those that are end by their deadline.
    pub fn pause(&self) {
        self.callers().is_paused = true;
    }

    pub fn resume(&self) {
        self.callers().is_paused = false;
        self.changed.notify_all();
    }

    #[cfg(test)]
    pub fn is_paused(&self) -> bool {
        self.callers().is_paused
    }

    pub fn deadline(&self) -> Duration {
        self.callers().limits.deadline
    }

    /// What one read begins with.
    pub fn begin(&self) -> Reading {
        let began = Instant::now();
        let deadline = began + self.callers().limits.deadline;
        Reading {
            deadline,
            slow_at: began + SLOW,
            caller: String::new(),
            permit: None,
            needs_permit: false,
            is_late: false,
        }
    }

    fn take(self: &Arc<Self>, caller: &str) -> Option<Permit> {
        let mut callers = self.callers();
        callers.has_place_for(caller).then(|| self.permit(&mut callers, caller))
    }

    fn permit(self: &Arc<Self>, callers: &mut Callers, caller: &str) -> Permit {
        callers.running.push(caller.to_owned());
        Permit { reads: Arc::clone(self), caller: caller.to_owned() }
    }

    /// Waits for a permit until `deadline`, if there is room to wait.
    fn wait(self: &Arc<Self>, caller: &str, deadline: Instant) -> Result<Permit, Ended> {
        let mut callers = self.callers();
        if count(&callers.waiting, caller) >= WAITING_OF_ONE {
            return Err(Ended::CallerIsBusy);
        }
        if callers.waiting.len() >= callers.limits.waiting {
            return Err(Ended::ServerIsBusy);
        }
        callers.waiting.push(caller.to_owned());
        let outcome = loop {
            if callers.has_place_for(caller) {
                break Ok(self.permit(&mut callers, caller));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let is_own = count(&callers.running, caller) >= RUNNING_OF_ONE;
                break Err(if is_own { Ended::CallerIsBusy } else { Ended::ServerIsBusy });
            }
            callers = self.changed.wait_timeout(callers, left).unwrap_or_else(PoisonError::into_inner).0;
        };
        remove(&mut callers.waiting, caller);
        outcome
    }

    fn callers(&self) -> MutexGuard<'_, Callers> {
        // Nothing that holds the lock leaves the lists half changed.
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Callers {
    fn has_place_for(&self, caller: &str) -> bool {
        !self.is_paused && self.running.len() < self.limits.running && count(&self.running, caller) < RUNNING_OF_ONE
    }
}

fn count(callers: &[String], caller: &str) -> usize {
    callers.iter().filter(|other| *other == caller).count()
}

fn remove(callers: &mut Vec<String>, caller: &str) {
    if let Some(place) = callers.iter().position(|other| other == caller) {
        callers.swap_remove(place);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        remove(&mut self.reads.callers().running, &self.caller);
        // Few wait, and whose turn it is depends on whose permit this was.
        self.reads.changed.notify_all();
    }
}

/// A read that is under way.
pub struct Reading {
    deadline: Instant,
    slow_at: Instant,
    caller: String,
    permit: Option<Permit>,
    needs_permit: bool,
    is_late: bool,
}

impl Reading {
    /// After an attempt. `Ok(true)`: it was stopped for want of a permit, has one now, and is to begin again. The slot is
    /// left meanwhile, and the database is not held.
    pub fn begins_again(&mut self, reads: &Arc<SlowReads>, slot: &dyn Slot) -> Result<bool, Ended> {
        if self.is_late {
            return Err(Ended::TooLate);
        }
        if !std::mem::take(&mut self.needs_permit) {
            return Ok(false);
        }
        slot.leave();
        let permit = reads.wait(&self.caller, self.deadline);
        slot.take_back();
        self.permit = Some(permit?);
        Ok(true)
    }

    fn goes_on(&mut self, reads: &Arc<SlowReads>) -> bool {
        let now = Instant::now();
        self.is_late = now >= self.deadline;
        if !self.is_late && now >= self.slow_at && self.permit.is_none() {
            self.permit = reads.take(&self.caller);
            self.needs_permit = self.permit.is_none();
        }
        !self.is_late && !self.needs_permit
    }
}

/// What a connection asks while it reads. One for each connection.
pub struct Watch {
    reads: Arc<SlowReads>,
    reading: Mutex<Option<Reading>>,
}

impl Watch {
    pub fn of(reads: &Arc<SlowReads>) -> Watch {
        Watch { reads: Arc::clone(reads), reading: Mutex::default() }
    }

    pub fn start(&self, reading: Reading) {
        *self.reading() = Some(reading);
    }

    /// From here on nothing is stopped. `None` where nothing was watched.
    pub fn stop(&self) -> Option<Reading> {
        self.reading().take()
    }

    /// Whose read it is, once that is known.
    pub fn is_for(&self, caller: &str) {
        if let Some(reading) = self.reading().as_mut() {
            caller.clone_into(&mut reading.caller);
        }
    }

    /// Asked every few hundred steps of a statement.
    pub fn goes_on(&self) -> bool {
        self.reading().as_mut().is_none_or(|reading| reading.goes_on(&self.reads))
    }

    fn reading(&self) -> MutexGuard<'_, Option<Reading>> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::thread;

    #[derive(Default)]
    struct Counted(Cell<i32>);

    impl Slot for Counted {
        fn take_back(&self) {
            self.0.set(self.0.get() + 1);
        }

        fn leave(&self) {
            self.0.set(self.0.get() - 1);
        }
    }

    fn reads(running: usize, waiting: usize, deadline: Duration) -> Arc<SlowReads> {
        let reads = Arc::new(SlowReads::default());
        reads.limit(ReadLimits { deadline, running, waiting });
        reads
    }

    fn slow(reads: &SlowReads, caller: &str) -> Reading {
        let reading = reads.begin();
        Reading { slow_at: Instant::now(), caller: caller.to_owned(), ..reading }
    }

    const LONG: Duration = Duration::from_secs(600);

    #[test]
    fn a_short_read_needs_no_permit_and_none_outlives_its_deadline() {
        let full = reads(0, 0, LONG);
        let mut short = Reading { slow_at: Instant::now() + LONG, ..full.begin() };
        assert!(short.goes_on(&full));
        assert_eq!(short.begins_again(&full, &Counted::default()), Ok(false));
        let hurried = reads(9, 9, Duration::ZERO);
        let mut late = hurried.begin();
        assert!(!late.goes_on(&hurried));
        assert_eq!(late.begins_again(&hurried, &Counted::default()), Err(Ended::TooLate));
    }

    #[test]
    fn one_caller_has_two_and_all_together_have_what_there_is() {
        let reads = reads(3, 0, LONG);
        let go_on = |caller: &str| {
            let mut reading = slow(&reads, caller);
            let goes_on = reading.goes_on(&reads);
            (goes_on, reading)
        };
        let (first, second, third) = (go_on("a"), go_on("a"), go_on("a"));
        assert_eq!([first.0, second.0, third.0], [true, true, false]);
        let (other, one_more) = (go_on("b"), go_on("b"));
        assert_eq!([other.0, one_more.0], [true, false]);
        // No read may wait here.
        let slot = Counted::default();
        let mut third = third.1;
        assert_eq!(third.begins_again(&reads, &slot), Err(Ended::ServerIsBusy));
        assert_eq!(slot.0.get(), 0, "the slot was left, and taken again");
        drop((first, other));
        assert!(go_on("a").0 && go_on("b").0);
    }

    #[test]
    fn a_pause_holds_up_those_that_are_not_slow_yet() {
        let reads = reads(9, 0, LONG);
        let mut running = slow(&reads, "a");
        assert!(running.goes_on(&reads));
        reads.pause();
        assert!(running.goes_on(&reads) && !slow(&reads, "b").goes_on(&reads));
        reads.resume();
        assert!(slow(&reads, "b").goes_on(&reads));
    }

    #[test]
    fn who_waits_is_next_and_begins_again() {
        let reads = reads(1, 1, LONG);
        let mut holder = slow(&reads, "a");
        assert!(holder.goes_on(&reads));
        thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                let mut reading = slow(&reads, "b");
                assert!(!reading.goes_on(&reads));
                assert_eq!(reading.begins_again(&reads, &Counted::default()), Ok(true));
                assert!(reading.goes_on(&reads));
            });
            while reads.callers().waiting.is_empty() {
                thread::yield_now();
            }
            let mut third = slow(&reads, "c");
            assert!(!third.goes_on(&reads));
            assert_eq!(third.begins_again(&reads, &Counted::default()), Err(Ended::ServerIsBusy));
            drop(holder);
            waiter.join().unwrap();
        });
        let callers = reads.callers();
        assert!(callers.running.is_empty() && callers.waiting.is_empty());
    }

    #[test]
    fn of_one_caller_few_wait() {
        let reads = reads(9, 99, LONG);
        let held: Vec<Reading> = (0..RUNNING_OF_ONE)
            .map(|_| {
                let mut reading = slow(&reads, "a");
                assert!(reading.goes_on(&reads));
                reading
            })
            .collect();
        reads.callers().waiting.extend(vec!["a".to_owned(); WAITING_OF_ONE]);
        assert_eq!(reads.wait("a", Instant::now() + LONG).err(), Some(Ended::CallerIsBusy));
        reads.callers().waiting.clear();
        assert_eq!(reads.wait("a", Instant::now()).err(), Some(Ended::CallerIsBusy));
        assert!(reads.wait("b", Instant::now()).is_ok());
        drop(held);
    }

    #[test]
    fn a_watch_stops_what_it_is_told_to_watch() {
        let reads = reads(0, 0, LONG);
        let watch = Watch::of(&reads);
        assert!(watch.goes_on());
        watch.start(Reading { slow_at: Instant::now(), ..reads.begin() });
        watch.is_for("a");
        assert!(!watch.goes_on());
        assert_eq!(watch.stop().map(|reading| reading.caller).as_deref(), Some("a"));
        assert!(watch.goes_on());
    }
}

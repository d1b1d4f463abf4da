//! How many workers compute at the same time. There are more workers than processors, because most of them wait for the
//! disk. A worker that computes holds a slot, and there are few: more workers at once would share the same processors, each
//! woken for each request and each with a reader whose pages are cold (docs/decisions/0021).
//!
//! The workers that wait are started when they are needed: when one leaves its slot and none is there to take it.

use std::cell::Cell;
use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::bounds::slow_reads::Slot;

pub struct WorkerSlots {
    places: Mutex<Places>,
    freed: Condvar,
    start: Box<Start>,
}

/// Starts one more worker.
type Start = dyn Fn() -> io::Result<()> + Send + Sync;

struct Places {
    /// Below zero while more are taken back than there are.
    free: isize,
    /// How many wait for one. Waking costs a system call even where no thread waits.
    waiting: usize,
    /// How many workers may be started yet.
    unstarted: usize,
}

/// One worker's slot, taken or not.
pub struct WorkerSlot<'a> {
    slots: &'a WorkerSlots,
    is_taken: Cell<bool>,
}

impl WorkerSlots {
    /// `at_once` slots, for as many workers as there are.
    pub fn new(at_once: usize) -> WorkerSlots {
        WorkerSlots::with_more_workers(at_once, 0, || Ok(()))
    }

    /// `at_once` slots, for as many workers and up to `more`, which `start` starts.
    pub fn with_more_workers(
        at_once: usize,
        more: usize,
        start: impl Fn() -> io::Result<()> + Send + Sync + 'static,
    ) -> WorkerSlots {
        let places = Places { free: at_once.cast_signed(), waiting: 0, unstarted: more };
        WorkerSlots { places: Mutex::new(places), freed: Condvar::new(), start: Box::new(start) }
    }

    /// One that is not taken yet.
    pub fn slot(&self) -> WorkerSlot<'_> {
        WorkerSlot { slots: self, is_taken: Cell::new(false) }
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        // Nothing that holds the lock leaves them half changed.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WorkerSlot<'_> {
    /// Waits until a slot is free, unless it is taken already.
    pub fn take(&self) {
        if self.is_taken.replace(true) {
            return;
        }
        let mut places = self.slots.places();
        while places.free <= 0 {
            places.waiting += 1;
            places = self.slots.freed.wait(places).unwrap_or_else(PoisonError::into_inner);
            places.waiting -= 1;
        }
        places.free -= 1;
    }

    /// Has a slot again in the middle of a request, without waiting: all slots may be with workers that wait for a request,
    /// and none may come before this one is answered. The next workers wait the longer.
    pub fn take_back(&self) {
        if !self.is_taken.replace(true) {
            self.slots.places().free -= 1;
        }
    }

    /// Lets another worker compute, before this one waits for something else than a processor.
    pub fn leave(&self) {
        if !self.is_taken.replace(false) {
            return;
        }
        let mut places = self.slots.places();
        places.free += 1;
        let (is_free, is_awaited) = (places.free > 0, places.waiting > 0);
        let is_short = is_free && !is_awaited && places.unstarted > 0;
        places.unstarted -= usize::from(is_short);
        drop(places);
        if is_free && is_awaited {
            self.slots.freed.notify_one();
        }
        if is_short && let Err(e) = (self.slots.start)() {
            log::warn!("one more worker could not be started: {e}");
            self.slots.places().unstarted += 1;
        }
    }
}

impl Slot for WorkerSlot<'_> {
    fn take_back(&self) {
        WorkerSlot::take_back(self);
    }

    fn leave(&self) {
        WorkerSlot::leave(self);
    }
}

impl Drop for WorkerSlot<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    #[test]
    fn no_more_work_at_once_than_may() {
        let slots = WorkerSlots::new(3);
        let (working, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..12 {
                scope.spawn(|| {
                    let slot = slots.slot();
                    for _ in 0..500 {
                        slot.take();
                        most.fetch_max(working.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        thread::yield_now();
                        working.fetch_sub(1, Ordering::SeqCst);
                        slot.leave();
                    }
                });
            }
        });
        assert!((1..=3).contains(&most.into_inner()));
        let places = slots.places();
        assert_eq!((places.free, places.waiting), (3, 0));
    }

    #[test]
    fn workers_are_started_when_a_slot_has_none_to_take_it() {
        let started = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&started);
        let start = move || match count.fetch_add(1, Ordering::SeqCst) {
            1 => Err(io::Error::other("no more threads")),
            _ => Ok(()),
        };
        let slots = WorkerSlots::with_more_workers(1, 2, start);
        let slot = slots.slot();
        for expected in [1, 2, 3, 3] {
            slot.take();
            slot.leave();
            assert_eq!(started.load(Ordering::SeqCst), expected, "the one that failed is tried again");
        }
    }

    #[test]
    fn in_the_middle_of_a_request_no_slot_is_waited_for() {
        let slots = WorkerSlots::new(1);
        let (idle, mine) = (slots.slot(), slots.slot());
        idle.take();
        mine.take_back();
        mine.take_back();
        assert_eq!(slots.places().free, -1);
        mine.leave();
        assert_eq!(slots.places().free, 0);
        drop(idle);
        assert_eq!(slots.places().free, 1);
    }

    #[test]
    fn who_passes_or_ends_lets_another_one_work() {
        let slots = WorkerSlots::new(1);
        let mine = slots.slot();
        mine.take();
        mine.take();
        thread::scope(|scope| {
            scope.spawn(|| slots.slot().take());
            mine.leave();
            mine.leave();
        });
        mine.take();
        assert_eq!(slots.places().free, 0);
        drop(mine);
        assert_eq!(slots.places().free, 1);
    }
}

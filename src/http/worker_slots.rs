//! Whose turn it is to work. There are more workers than processors, because most of them wait for the disk; those that
//! do not are few at a time. More would take turns on the same processors all the same, each woken anew for each request
//! and each with a reader of its own whose pages are cold.

use std::cell::Cell;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

pub struct Turns {
    places: Mutex<Places>,
    freed: Condvar,
}

struct Places {
    free: usize,
    /// How many wait for one. Waking is not free, even if there is nobody.
    waiting: usize,
}

/// One worker's.
pub struct Turn<'a> {
    turns: &'a Turns,
    has_begun: Cell<bool>,
}

impl Turns {
    /// For as many as are `at_once` at work.
    pub fn new(at_once: usize) -> Turns {
        Turns { places: Mutex::new(Places { free: at_once, waiting: 0 }), freed: Condvar::new() }
    }

    /// One that has not begun.
    pub fn turn(&self) -> Turn<'_> {
        Turn { turns: self, has_begun: Cell::new(false) }
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        // Nothing that holds the lock leaves them half changed.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// Waits until there is a place, unless it has begun already.
    pub fn begin(&self) {
        if self.has_begun.replace(true) {
            return;
        }
        let mut places = self.turns.places();
        while places.free == 0 {
            places.waiting += 1;
            places = self.turns.freed.wait(places).unwrap_or_else(PoisonError::into_inner);
            places.waiting -= 1;
        }
        places.free -= 1;
    }

    /// Lets another one work, for whoever is about to wait for something else than a processor.
    pub fn pass(&self) {
        if !self.has_begun.replace(false) {
            return;
        }
        let mut places = self.turns.places();
        places.free += 1;
        let is_awaited = places.waiting > 0;
        drop(places);
        if is_awaited {
            self.turns.freed.notify_one();
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.pass();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    #[test]
    fn no_more_work_at_once_than_may() {
        let turns = Turns::new(3);
        let (working, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..12 {
                scope.spawn(|| {
                    let turn = turns.turn();
                    for _ in 0..500 {
                        turn.begin();
                        most.fetch_max(working.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        thread::yield_now();
                        working.fetch_sub(1, Ordering::SeqCst);
                        turn.pass();
                    }
                });
            }
        });
        assert!((1..=3).contains(&most.into_inner()));
        let places = turns.places();
        assert_eq!((places.free, places.waiting), (3, 0));
    }

    #[test]
    fn who_passes_or_ends_lets_another_one_work() {
        let turns = Turns::new(1);
        let mine = turns.turn();
        mine.begin();
        mine.begin();
        thread::scope(|scope| {
            scope.spawn(|| turns.turn().begin());
            mine.pass();
            mine.pass();
        });
        mine.begin();
        assert_eq!(turns.places().free, 0);
        drop(mine);
        assert_eq!(turns.places().free, 1);
    }
}

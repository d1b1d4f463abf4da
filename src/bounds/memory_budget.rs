//! How much memory all requests may take together for one thing, so that many large ones at once cannot exhaust it.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub struct MemoryBudget {
    left: Arc<AtomicUsize>,
    free: usize,
}

/// One request's part of it, given back when dropped.
pub struct Share<'a> {
    budget: &'a MemoryBudget,
    needed: Cell<usize>,
    taken: Cell<usize>,
}

/// A part that is held on to for longer than the request is looked at.
pub struct Held {
    left: Arc<AtomicUsize>,
    bytes: usize,
}

impl MemoryBudget {
    /// Of `bytes`, beside the `free` bytes that every request may have in any case.
    pub fn new(bytes: usize, free: usize) -> MemoryBudget {
        MemoryBudget { left: Arc::new(AtomicUsize::new(bytes)), free }
    }

    /// Nothing as yet.
    pub fn share(&self) -> Share<'_> {
        Share { budget: self, needed: Cell::new(0), taken: Cell::new(0) }
    }
}

impl Share<'_> {
    /// Makes room for `bytes` more. `false` where there is none.
    #[must_use]
    pub fn grow(&self, bytes: usize) -> bool {
        let needed = self.needed.get() + bytes;
        let more = needed.saturating_sub(self.budget.free + self.taken.get());
        // A request that needs no more than the free bytes does not touch the shared counter.
        if more > 0 {
            let take = |left: usize| left.checked_sub(more);
            if self.budget.left.fetch_update(Ordering::AcqRel, Ordering::Acquire, take).is_err() {
                return false;
            }
        }
        self.needed.set(needed);
        self.taken.set(self.taken.get() + more);
        true
    }

    /// For a read that begins again.
    pub fn give_back(&self) {
        self.needed.set(0);
        let taken = self.taken.take();
        if taken > 0 {
            self.budget.left.fetch_add(taken, Ordering::AcqRel);
        }
    }

    /// What there was to be made room for.
    pub fn needed(&self) -> usize {
        self.needed.get()
    }

    /// What was taken, to be given back later. `None` where that is nothing.
    pub fn hold(self) -> Option<Held> {
        let bytes = self.taken.take();
        (bytes > 0).then(|| Held { left: Arc::clone(&self.budget.left), bytes })
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.give_back();
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.left.fetch_add(self.bytes, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_given_than_there_is_and_all_of_it_comes_back() {
        let budget = MemoryBudget::new(1000, 50);
        for _ in 0..3 {
            let (one, other) = (budget.share(), budget.share());
            assert!(one.grow(50) && one.grow(600));
            assert!(other.grow(49) && !other.grow(402) && other.grow(401));
            assert!(!one.grow(1));
            drop(one);
            assert!(other.grow(600) && !other.grow(1));
            other.give_back();
            assert!(other.needed() == 0 && other.grow(1050) && !other.grow(1));
            let held = other.hold();
            assert!(held.is_some() && !budget.share().grow(51));
            drop(held);
            assert!(budget.share().grow(1050) && budget.share().hold().is_none());
        }
    }
}

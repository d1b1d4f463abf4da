//! How much memory all requests may take together for one thing, so that many large ones at once cannot exhaust it.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub struct Allowance {
    left: Arc<AtomicUsize>,
    free: usize,
}

/// One request's part of it, given back when dropped.
pub struct Portion<'a> {
    allowance: &'a Allowance,
    needed: Cell<usize>,
    taken: Cell<usize>,
}

/// A part that is held on to for longer than the request is looked at.
pub struct Held {
    left: Arc<AtomicUsize>,
    bytes: usize,
}

impl Allowance {
    /// Of `bytes`, beside the `free` bytes that every request may have in any case.
    pub fn new(bytes: usize, free: usize) -> Allowance {
        Allowance { left: Arc::new(AtomicUsize::new(bytes)), free }
    }

    /// Nothing as yet.
    pub fn portion(&self) -> Portion<'_> {
        Portion { allowance: self, needed: Cell::new(0), taken: Cell::new(0) }
    }
}

impl Portion<'_> {
    /// Makes room for `bytes` more. `false` where there is none.
    #[must_use]
    pub fn grow(&self, bytes: usize) -> bool {
        let needed = self.needed.get() + bytes;
        let more = needed.saturating_sub(self.allowance.free + self.taken.get());
        // Nobody waits for the others' numbers who needs no more than what is free.
        if more > 0 {
            let take = |left: usize| left.checked_sub(more);
            if self.allowance.left.fetch_update(Ordering::AcqRel, Ordering::Acquire, take).is_err() {
                return false;
            }
        }
        self.needed.set(needed);
        self.taken.set(self.taken.get() + more);
        true
    }

    /// What there was to be made room for.
    pub fn needed(&self) -> usize {
        self.needed.get()
    }

    /// What was taken, to be given back later. `None` where that is nothing.
    pub fn hold(self) -> Option<Held> {
        let bytes = self.taken.take();
        (bytes > 0).then(|| Held { left: Arc::clone(&self.allowance.left), bytes })
    }
}

impl Drop for Portion<'_> {
    fn drop(&mut self) {
        if self.taken.get() > 0 {
            self.allowance.left.fetch_add(self.taken.get(), Ordering::AcqRel);
        }
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
        let allowance = Allowance::new(1000, 50);
        for _ in 0..3 {
            let (one, other) = (allowance.portion(), allowance.portion());
            assert!(one.grow(50) && one.grow(600));
            assert!(other.grow(49) && !other.grow(402) && other.grow(401));
            assert!(!one.grow(1));
            drop(one);
            assert!(other.grow(600) && !other.grow(1));
            let held = other.hold();
            assert!(held.is_some() && !allowance.portion().grow(51));
            drop(held);
            assert!(allowance.portion().grow(1050) && allowance.portion().hold().is_none());
        }
    }
}

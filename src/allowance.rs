//! How much memory all requests may take together for one thing, so that many large ones at once cannot exhaust it.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub struct Allowance {
    left: Arc<AtomicUsize>,
    free: usize,
}

/// One request's part of it, given back when dropped.
pub struct Portion {
    left: Arc<AtomicUsize>,
    free: usize,
    needed: Cell<usize>,
    taken: Cell<usize>,
}

impl Allowance {
    /// Of `bytes`, beside the `free` bytes that every request may have in any case.
    pub fn new(bytes: usize, free: usize) -> Allowance {
        Allowance { left: Arc::new(AtomicUsize::new(bytes)), free }
    }

    /// Nothing as yet.
    pub fn portion(&self) -> Portion {
        Portion { left: Arc::clone(&self.left), free: self.free, needed: Cell::new(0), taken: Cell::new(0) }
    }
}

impl Portion {
    /// Makes room for `bytes` more. `false` where there is none.
    #[must_use]
    pub fn grow(&self, bytes: usize) -> bool {
        let needed = self.needed.get() + bytes;
        let more = needed.saturating_sub(self.free + self.taken.get());
        if more > 0 {
            let take = |left: usize| left.checked_sub(more);
            if self.left.fetch_update(Ordering::AcqRel, Ordering::Acquire, take).is_err() {
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
}

impl Drop for Portion {
    fn drop(&mut self) {
        self.left.fetch_add(self.taken.get(), Ordering::AcqRel);
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
        }
    }
}

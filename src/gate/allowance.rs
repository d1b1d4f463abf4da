//! How much memory all requests may take together, so that many large ones at once cannot exhaust it.

use std::sync::atomic::{AtomicUsize, Ordering};

/// What every request may have in any case.
pub const FREE_BYTES: usize = 8 * 1024;

pub struct Allowance {
    left: AtomicUsize,
}

/// One request's part of it, given back when dropped.
pub struct Portion<'a> {
    allowance: &'a Allowance,
    needed: usize,
    taken: usize,
}

impl Allowance {
    pub fn new(bytes: usize) -> Allowance {
        Allowance { left: AtomicUsize::new(bytes) }
    }

    /// Nothing as yet.
    pub fn portion(&self) -> Portion<'_> {
        Portion { allowance: self, needed: 0, taken: 0 }
    }
}

impl Portion<'_> {
    /// Makes room for `bytes` more. `false` where there is none.
    #[must_use]
    pub fn grow(&mut self, bytes: usize) -> bool {
        let needed = self.needed + bytes;
        let more = needed.saturating_sub(FREE_BYTES + self.taken);
        let left = &self.allowance.left;
        let is_left = left.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(more)).is_ok();
        if is_left {
            (self.needed, self.taken) = (needed, self.taken + more);
        }
        is_left
    }
}

impl Drop for Portion<'_> {
    fn drop(&mut self) {
        self.allowance.left.fetch_add(self.taken, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_given_than_there_is_and_all_of_it_comes_back() {
        let allowance = Allowance::new(1000);
        for _ in 0..3 {
            let (mut one, mut other) = (allowance.portion(), allowance.portion());
            assert!(one.grow(FREE_BYTES) && one.grow(600));
            assert!(other.grow(FREE_BYTES - 1) && !other.grow(402) && other.grow(401));
            assert!(!one.grow(1));
            drop(one);
            assert!(other.grow(600) && !other.grow(1));
        }
    }
}

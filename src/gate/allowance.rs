//! How much memory the bodies of all requests may take together, so that many large ones at once cannot exhaust it.

use std::sync::atomic::{AtomicUsize, Ordering};

/// What every request may have without asking.
pub const FREE_BYTES: usize = 8 * 1024;

pub struct Allowance {
    left: AtomicUsize,
}

/// One request's part of it, given back when dropped.
pub struct Portion<'a> {
    allowance: &'a Allowance,
    bytes: usize,
}

impl Allowance {
    pub fn new(bytes: usize) -> Allowance {
        Allowance { left: AtomicUsize::new(bytes) }
    }

    /// Nothing as yet.
    pub fn portion(&self) -> Portion<'_> {
        Portion { allowance: self, bytes: 0 }
    }
}

impl Portion<'_> {
    /// Grows as far as a body of `bytes` needs. `false` where that is not left.
    pub fn cover(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(FREE_BYTES + self.bytes);
        let left = &self.allowance.left;
        let is_left = left.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(more)).is_ok();
        if is_left {
            self.bytes += more;
        }
        is_left
    }
}

impl Drop for Portion<'_> {
    fn drop(&mut self) {
        self.allowance.left.fetch_add(self.bytes, Ordering::AcqRel);
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
            assert!(one.cover(FREE_BYTES) && one.cover(FREE_BYTES + 600) && one.cover(FREE_BYTES + 600));
            assert!(other.cover(FREE_BYTES) && !other.cover(FREE_BYTES + 401) && other.cover(FREE_BYTES + 400));
            assert!(!one.cover(FREE_BYTES + 601));
            drop(one);
            assert!(other.cover(FREE_BYTES + 1000) && !other.cover(FREE_BYTES + 1001));
        }
    }
}

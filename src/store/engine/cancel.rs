//! Whose a change is while it waits: the writer takes it up, or whoever asked for it withdraws it, and never both.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const WAITING: u8 = 0;
const TAKEN_UP: u8 = 1;
const WITHDRAWN: u8 = 2;

#[derive(Clone, Default)]
pub struct Claim(Arc<AtomicU8>);

impl Claim {
    /// By the writer, as often as it tries. `false` where it is not wanted any more.
    pub fn take_up(&self) -> bool {
        self.0.compare_exchange(WAITING, TAKEN_UP, Ordering::AcqRel, Ordering::Acquire) != Err(WITHDRAWN)
    }

    /// `false` where the writer was first: its outcome is to be waited for.
    pub fn withdraw(&self) -> bool {
        self.0.compare_exchange(WAITING, WITHDRAWN, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_first_has_it() {
        let (taken, withdrawn) = (Claim::default(), Claim::default());
        assert!(taken.take_up() && taken.take_up() && !taken.withdraw());
        assert!(withdrawn.withdraw() && !withdrawn.take_up() && !withdrawn.take_up());
    }
}

//! Whose a change is while it waits: the writer takes it up, or whoever asked for it withdraws it, and never both.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const WAITING: u8 = 0;
const TAKEN_UP: u8 = 1;
const WITHDRAWN: u8 = 2;

#[derive(Clone, Default)]
pub struct CancelToken(Arc<AtomicU8>);

impl CancelToken {
    /// By the writer, as often as it tries. `false` where it is not wanted any more.
    pub fn start(&self) -> bool {
        self.0.compare_exchange(WAITING, TAKEN_UP, Ordering::AcqRel, Ordering::Acquire) != Err(WITHDRAWN)
    }

    /// `false` where the writer was first: its outcome is to be waited for.
    pub fn cancel(&self) -> bool {
        self.0.compare_exchange(WAITING, WITHDRAWN, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_first_has_it() {
        let (taken, withdrawn) = (CancelToken::default(), CancelToken::default());
        assert!(taken.start() && taken.start() && !taken.cancel());
        assert!(withdrawn.cancel() && !withdrawn.start() && !withdrawn.start());
    }
}

//! Waiting for others, without keeping them from their work: there may be no more than two processors.

use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// How long anything may take before a test gives up on it. Nothing waits this long unless it is broken.
pub const PATIENCE: Duration = Duration::from_secs(60);
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

/// Waits until `is_so`, and gives up only when something must be broken.
#[track_caller]
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        thread::park_timeout(BETWEEN_LOOKS);
    }
}

/// Whether a process comes to its end by itself.
pub fn ends(child: &Child) -> bool {
    let end = pidfd_open(Pid::from_child(child), PidfdFlags::empty()).expect("a child of ours");
    let patience = Timespec::try_from(PATIENCE).expect("a time");
    poll(&mut [PollFd::new(&end, PollFlags::IN)], Some(&patience)).expect("waited") == 1
}

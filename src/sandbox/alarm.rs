//! Waiting that can be ended: a server that stops must not wait for a fault that is to take long.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

#[derive(Default)]
pub struct Alarm {
    has_rung: Mutex<bool>,
    rings: Condvar,
}

impl Alarm {
    /// Until the time is over or the alarm rings.
    pub fn wait(&self, time: Duration) {
        let has_rung = self.has_rung.lock().unwrap_or_else(PoisonError::into_inner);
        // Which of them it was makes no difference.
        let _ = self.rings.wait_timeout_while(has_rung, time, |has_rung| !*has_rung);
    }

    /// Wakes all that wait, and lets nothing wait any more.
    pub fn ring(&self) {
        *self.has_rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.rings.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn what_waits_is_woken_and_nothing_waits_afterwards() {
        let alarm = Alarm::default();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| alarm.wait(Duration::MAX));
            }
            alarm.ring();
        });
        alarm.wait(Duration::MAX);
    }
}

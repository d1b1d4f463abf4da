//! What is told to systemd, where it asks to be told: that the server is ready, that it is well, that it is stopping.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use sd_notify::NotifyState;

use crate::app::App;
use crate::store::State;

/// Often enough that one time may come late.
const TIMES_WITHIN_PERIOD: u32 = 3;

/// The service manager (systemd), if there is one.
pub struct Supervisor {
    /// The end of the first ends the other.
    watch: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Supervisor {
    /// Connections are accepted. From now on the supervisor hears, as often as it wants to, that the writer is not stuck;
    /// a full disk is nothing that a restart would help against.
    pub fn tell_ready(app: Arc<App>) -> Supervisor {
        tell(NotifyState::Ready);
        Supervisor { watch: sd_notify::watchdog_enabled().and_then(|period| watch(app, period)) }
    }

    pub fn tell_stopping(self) {
        if let Some((watched, watch)) = self.watch {
            drop(watched);
            // If it panicked, it has said so.
            let _ = watch.join();
        }
        tell(NotifyState::Stopping);
    }
}

fn watch(app: Arc<App>, period: Duration) -> Option<(Sender<()>, JoinHandle<()>)> {
    let (watched, is_over) = mpsc::channel();
    let watch = move || {
        while is_over.recv_timeout(period / TIMES_WITHIN_PERIOD) == Err(RecvTimeoutError::Timeout) {
            if app.store.health().writer == State::Up {
                tell(NotifyState::Watchdog);
            }
        }
    };
    let spawned = thread::Builder::new().name("watchdog".to_owned()).spawn(watch);
    spawned.inspect_err(|e| log::warn!("the watchdog thread could not start: {e}")).ok().map(|watch| (watched, watch))
}

fn tell(state: NotifyState<'_>) {
    if let Err(e) = sd_notify::notify(&[state]) {
        log::warn!("could not notify systemd: {e}");
    }
}

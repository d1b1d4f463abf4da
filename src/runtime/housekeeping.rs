//! What a server does beside answering: it puts refused requests on record, lets old events go, and keeps room for removals.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use clap::Args;

use super::values::duration;
use crate::app::App;
use crate::domain::error::{Error, Result};
use crate::domain::oauth::vcs_event::KEPT_DAYS;
use crate::domain::oauth::web_flow;
use crate::domain::timestamp::Timestamp;
use crate::store::{Actor, Change};

/// Between two times that refusals go to the trail: with the most that are told apart, it bounds what they can fill.
const BETWEEN_REFUSALS: Duration = Duration::from_secs(60);
const BETWEEN_REMOVALS: Duration = Duration::from_secs(600);
/// Events that are removed in one change: no other change waits for longer than that takes.
const REMOVED_AT_ONCE: usize = 500;
const VCS_EVENTS_KEPT: Duration = Duration::from_secs(KEPT_DAYS as u64 * 24 * 60 * 60);

#[derive(Args, Clone, Debug)]
pub struct TrailOptions {
    /// How long events of the audit trail are kept
    #[arg(long, env = "BOWLINE_AUDIT_RETENTION", default_value = "14d", value_name = "TIME", value_parser = duration)]
    audit_retention: Duration,
}

pub struct Housekeeping {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Housekeeping {
    pub fn start(app: Arc<App>, options: TrailOptions) -> Result<Housekeeping> {
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("housekeeping".to_owned())
            .spawn(move || keep(&app, &options, &stopped))
            .map_err(Error::internal)?;
        Ok(Housekeeping { stop, thread })
    }

    /// After the last request: what was refused until now goes on record.
    pub fn close(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            log::error!("the housekeeping ended in a panic");
        }
    }
}

fn keep(app: &App, options: &TrailOptions, stopped: &Receiver<()>) {
    let mut last_removal: Option<Instant> = None;
    let mut reserve = app.store.reserve();
    loop {
        reserve.keep();
        if last_removal.is_none_or(|last| last.elapsed() >= BETWEEN_REMOVALS) {
            remove_old(app, "events of the audit trail", options.audit_retention, stopped, |c, at, n| {
                c.expire_events(at, n)
            });
            remove_old(app, "VCS events", VCS_EVENTS_KEPT, stopped, |c, at, n| c.expire_vcs_events(at, n));
            remove_old(app, "web flows", web_flow::LIFE, stopped, |c, at, n| c.expire_web_flows(at, n));
            last_removal = Some(Instant::now());
        }
        let ended = stopped.recv_timeout(BETWEEN_REFUSALS) != Err(RecvTimeoutError::Timeout);
        record_refusals(app);
        if ended {
            return;
        }
    }
}

fn record_refusals(app: &App) {
    let tallies = app.refusals.take();
    if tallies.is_empty() {
        return;
    }
    let tallies = Arc::new(tallies);
    let recorded = Arc::clone(&tallies);
    if let Err(e) = app.store.change(Actor::System, move |change| change.record_refusals(&recorded)) {
        let count = tallies.len();
        log::warn!("{count} events about refused requests are not in the audit trail yet: {}", e.told_to_operators());
        app.refusals.put_back(&tallies);
    }
}

/// In small changes, between which others get their turn.
fn remove_old(
    app: &App,
    what: &str,
    retention: Duration,
    stopped: &Receiver<()>,
    expire: impl Fn(&Change<'_>, Timestamp, usize) -> Result<usize> + Copy + Send + 'static,
) {
    let kept = i64::try_from(retention.as_millis()).unwrap_or(i64::MAX);
    let instant = Timestamp::from_milliseconds(app.sources.now().milliseconds().saturating_sub(kept));
    loop {
        match app.store.change(Actor::System, move |change| expire(change, instant, REMOVED_AT_ONCE)) {
            Ok(REMOVED_AT_ONCE) if stopped.try_recv() == Err(mpsc::TryRecvError::Empty) => {}
            Ok(_) => return,
            Err(e) => {
                log::warn!("old {what} could not be removed: {}", e.told_to_operators());
                return;
            }
        }
    }
}

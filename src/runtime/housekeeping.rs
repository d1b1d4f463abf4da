//! What a server does beside answering: it puts refused requests on record, lets old events and flows go, and keeps room for
//! removals.

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
use crate::runtime::retention::{Moment, Retention};
use crate::store::{Actor, Expired};

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
            log::error!("the housekeeping thread panicked");
        }
    }
}

fn keep(app: &App, options: &TrailOptions, stopped: &Receiver<()>) {
    let began = Instant::now();
    let moment = || Moment { now: app.sources.now(), running: began.elapsed() };
    let newest = app.store.read(|view| view.newest_event()).unwrap_or_else(|e| {
        log::warn!("the newest event of the audit trail could not be read: {}", e.told_to_operators());
        None
    });
    let mut trail = Retention::begin(options.audit_retention, newest, moment());
    let mut vcs_events = Retention::begin(VCS_EVENTS_KEPT, newest, moment());
    let mut last_removal: Option<Instant> = None;
    let mut reserve = app.store.reserve();
    loop {
        reserve.keep();
        vcs_events.jump(moment());
        if let Some(off) = trail.jump(moment()) {
            app.store.count_clock_jump();
            log::warn!("the clock jumped by {} s; see \"When the clock is wrong\" in docs/operations.md", off / 1000);
        }
        if last_removal.is_none_or(|last| last.elapsed() >= BETWEEN_REMOVALS) {
            remove_old_events(app, trail.run(moment()), stopped);
            remove_old_vcs_events(app, vcs_events.run(moment()), stopped);
            remove_old_web_flows(app, stopped);
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

fn remove_old_events(app: &App, instant: Timestamp, stopped: &Receiver<()>) {
    let mut removed: Option<Expired> = None;
    little_by_little("events of the audit trail", stopped, || {
        let expired = app.store.change(Actor::System, move |change| change.expire_events(instant, REMOVED_AT_ONCE))?;
        let Some(more) = expired else { return Ok(0) };
        removed = Some(removed.map_or(more, |sum| Expired {
            count: sum.count + more.count,
            oldest: sum.oldest.min(more.oldest),
            newest: sum.newest.max(more.newest),
        }));
        Ok(more.count)
    });
    if let Some(Expired { count, oldest, newest }) = removed {
        log::info!("removed {count} events of the audit trail, from {oldest} to {newest}: they were too old");
    }
}

fn remove_old_vcs_events(app: &App, instant: Timestamp, stopped: &Receiver<()>) {
    little_by_little("VCS events", stopped, || {
        app.store.change(Actor::System, move |change| change.expire_vcs_events(instant, REMOVED_AT_ONCE))
    });
}

fn remove_old_web_flows(app: &App, stopped: &Receiver<()>) {
    let life_ms = web_flow::LIFE.as_millis() as i64;
    let instant = Timestamp::from_milliseconds(app.sources.now().milliseconds().saturating_sub(life_ms));
    little_by_little("web flows", stopped, || {
        app.store.change(Actor::System, move |change| change.expire_web_flows(instant, REMOVED_AT_ONCE))
    });
}

/// In small changes, between which others get their turn. `remove` says how many it removed.
fn little_by_little(what: &str, stopped: &Receiver<()>, mut remove: impl FnMut() -> Result<usize>) {
    loop {
        match remove() {
            Ok(REMOVED_AT_ONCE) if stopped.try_recv() == Err(mpsc::TryRecvError::Empty) => {}
            Ok(_) => return,
            Err(e) => {
                log::warn!("old {what} could not be removed: {}", e.told_to_operators());
                return;
            }
        }
    }
}

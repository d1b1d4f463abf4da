//! What is answered on the operators' own listener: what there is to count, and whether all is well. It has a gate and a
//! worker of its own, so that it answers also when all other workers are at work.

use std::sync::Arc;

use crate::api;
use crate::api::service::health;
use crate::app::App;
use crate::app::provider_calls::Told;
use crate::domain::error::Error;
use crate::gate::{Census, Observer};
use crate::http::reply::Reply;
use crate::http::request::{Method, Request};
use crate::http::server::Service;
use crate::http::worker_slots::WorkerSlot;
use crate::store::{Figures, Health, State};
use crate::telemetry::exposition::{Exposition, Kind, MEDIA_TYPE};
use crate::telemetry::process;
use crate::telemetry::requests::Requests;

const METRICS: &str = "/metrics";

pub struct Operations {
    pub app: Arc<App>,
    pub requests: Arc<Requests>,
    pub gate: Observer,
}

impl Service for Operations {
    fn handle(&self, request: Request, _: &WorkerSlot<'_>) -> Reply {
        let answer = match format!("/{}", request.path.join("/")).as_str() {
            METRICS => |operations: &Operations| Reply::new(200).with_body(MEDIA_TYPE, operations.metrics()),
            health::PATTERN => |operations: &Operations| health::reply(operations.app.store.health()),
            _ => return api::error(&Error::not_found()),
        };
        if request.method == Method::Get { answer(self) } else { api::method_not_allowed(&[Method::Get]) }
    }

    fn malformed(&self) -> Reply {
        api::error(&Error::bad_request("The request target is not percent-encoded UTF-8."))
    }

    fn failed(&self) -> Reply {
        api::error(&Error::internal("a handler panicked"))
    }
}

impl Operations {
    fn metrics(&self) -> Vec<u8> {
        let mut exposition = Exposition::default();
        let versions = vec![("version", env!("CARGO_PKG_VERSION")), ("sqlite", rusqlite::version())];
        exposition.family("bowline_build_info", Kind::Gauge, "The versions; always 1.", [(versions, 1)]);
        expose_health(&mut exposition, &self.app.store.health());
        expose_requests(&mut exposition, &self.requests);
        expose_connections(&mut exposition, &self.gate.census());
        expose_store(&mut exposition, self.app.store.figures());
        expose_providers(&mut exposition, &self.app);
        process::expose(&mut exposition);
        exposition.into_bytes()
    }
}

fn expose_health(exposition: &mut Exposition, health: &Health) {
    let checks = health.checks().map(|(name, state)| (vec![("check", name)], u8::from(state == State::Up)));
    let help = "Health checks: 1 is up, 0 is down or a warning.";
    exposition.family("bowline_health", Kind::Gauge, help, checks);
}

fn expose_requests(exposition: &mut Exposition, requests: &Requests) {
    let series = requests.series();
    let labels = |method: &'static str, route: &'static str| vec![("method", method), ("route", route)];
    let statuses: Vec<_> = series
        .iter()
        .flat_map(|(method, route, series)| series.statuses().map(|(status, n)| (*method, *route, told(status), n)))
        .collect();
    let counts = statuses.iter().map(|(method, route, status, count)| {
        (vec![("method", *method), ("route", *route), ("status", status.as_str())], *count)
    });
    exposition.family("bowline_requests_total", Kind::Counter, "Requests that were answered.", counts);
    let times = series.iter().map(|(method, route, series)| (labels(method, route), series.times.distribution()));
    let help = "From a request's first byte to the last one of its answer.";
    exposition.histogram("bowline_request_duration_seconds", help, 1e6, times);
    let bytes = series.iter().map(|(method, route, series)| (labels(method, route), series.bytes.get()));
    exposition.family("bowline_answer_bytes_total", Kind::Counter, "Bytes of answers, heads included.", bytes);
    let help = "Answers that the client did not read to the end.";
    exposition.value("bowline_answers_cut_off_total", Kind::Counter, help, requests.cut_off());
}

/// A status outside the table is told apart from all others, and no more.
fn told(status: u16) -> String {
    if status == 0 { "other".to_owned() } else { status.to_string() }
}

fn expose_connections(exposition: &mut Exposition, census: &Census) {
    let Census { idle, reading, served, writing, capacity, let_go, turned_away } = *census;
    let phases = [("idle", idle), ("reading", reading), ("served", served), ("writing", writing)];
    let connections = phases.map(|(phase, count)| (vec![("phase", phase)], count));
    let help = "Client connections by phase; those being served are requests in progress.";
    exposition.family("bowline_connections", Kind::Gauge, help, connections);
    exposition.value("bowline_connections_max", Kind::Gauge, "Most client connections at the same time.", capacity);
    let help = "Waiting connections that were closed to make room for others.";
    exposition.value("bowline_connections_let_go_total", Kind::Counter, help, let_go);
    let help = "Connections that were refused because no other could be closed.";
    exposition.value("bowline_connections_turned_away_total", Kind::Counter, help, turned_away);
}

fn expose_store(exposition: &mut Exposition, figures: Figures) {
    let Figures { database_bytes, log_bytes, idle_readers, commit_times, shares, refused, clock_jumps } = figures;
    exposition.value("bowline_database_bytes", Kind::Gauge, "Size of the database file.", database_bytes);
    exposition.value("bowline_log_bytes", Kind::Gauge, "Size of the write-ahead log.", log_bytes);
    let help = "Open database connections for reading that are idle.";
    exposition.value("bowline_idle_readers", Kind::Gauge, help, idle_readers);
    let help = "How long a commit took until it was on the disk.";
    exposition.histogram("bowline_commit_duration_seconds", help, 1e6, [(vec![], commit_times)]);
    let help = "How many changes shared a commit; their sum is the number of changes.";
    exposition.histogram("bowline_commit_changes", help, 1.0, [(vec![], shares)]);
    let help = "Commits that failed because the disk was full.";
    exposition.value("bowline_commits_refused_total", Kind::Counter, help, refused);
    let help = "Jumps of the system clock by more than a day.";
    exposition.value("bowline_clock_jumps_total", Kind::Counter, help, clock_jumps);
}

fn expose_providers(exposition: &mut Exposition, app: &App) {
    let told = app.provider_calls.told();
    let label = |told: &Told| vec![("provider", told.provider)];
    let help = "How long requests to VCS providers took.";
    let times = told.iter().map(|told| (label(told), told.times.clone()));
    exposition.histogram("bowline_provider_call_duration_seconds", help, 1e6, times);
    let failures = told.iter().flat_map(|told| {
        told.failures.iter().map(|(failure, count)| (vec![("provider", told.provider), ("failure", *failure)], *count))
    });
    let help = "Requests to VCS providers that failed, by reason.";
    exposition.family("bowline_provider_failures_total", Kind::Counter, help, failures);
    let help = "Requests to VCS providers in progress.";
    exposition.value("bowline_provider_calls", Kind::Gauge, help, app.providers.under_way());
    match app.store.read(|view| view.broken_oauth_tokens()) {
        Ok(broken) => {
            let help = "OAuth tokens that their providers refuse.";
            exposition.value("bowline_broken_oauth_tokens", Kind::Gauge, help, broken);
        }
        Err(e) => log::error!("broken OAuth tokens could not be counted: {}", e.told_to_operators()),
    }
}

//! Among 100,000 in one organization: the slowest request that each list, search, filter and bulk route can be made to
//! serve, alone and with 16 of them at once, and what a stranger in another organization notices of it.

mod asked;
mod fill;

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use self::asked::Asked;
use crate::bowline::{Bowline, command_line};
use crate::ground::Ground;
use crate::http::{self, Connection};
use crate::outcome::{Outcome, fail};
use crate::pages;
use crate::table::{Bar, Table};

/// As much as a person waits for without noticing.
const BAR_MS: f64 = 250.0;
const AT_ONCE: usize = 16;
/// Of one request alone.
const TIMES: usize = 5;
/// So that the stranger stays below the rate limit.
const BETWEEN: Duration = Duration::from_millis(75);

pub struct Crowd {
    ground: Ground,
    stranger: String,
    asked: Vec<Asked>,
    /// Each is asked once: what it takes away is gone.
    removals: Vec<Asked>,
}

/// What one kind of request took, in milliseconds.
#[derive(Debug)]
struct Times {
    alone: f64,
    /// The slowest of those that were sent at once, whatever it was answered.
    at_once: f64,
    read: f64,
    create: f64,
}

impl Crowd {
    /// `count` of everything that there is a list of.
    pub fn of(directory: &Path, count: u32) -> Outcome<Crowd> {
        let ground = Ground::empty(directory, "crowd")?;
        let data_dir = &ground.data_dir;
        command_line(data_dir, &["user", "create", "stranger", "--email", "stranger@example.com"])?;
        command_line(data_dir, &["org", "create", "quiet", "--email", "s@example.com", "--owner", "stranger"])?;
        let stranger = command_line(data_dir, &["token", "create", "--user", "stranger"])?;
        fill::fill(&ground.database(), count)?;
        let (asked, removals) = (asked::lists_and_bulk(&ground)?, asked::removals(&ground)?);
        Ok(Crowd { ground, stranger, asked, removals })
    }

    pub fn measure(&self, period: Duration, table: &mut Table) -> Outcome<()> {
        // As on a public address: a caller has 30 requests a second.
        let server = Bowline::serve_with(&self.ground.data_dir, &["--rate-limit", "30"])?;
        server.first_answer(&self.ground.list())?;
        for Asked { what, request } in &self.asked {
            let times = self.times(server.address, request, period)?;
            eprintln!("crowded: {what}: {times:.0?} ms");
            let shown = format!("16 at once: {:.0} ms; stranger: read {:.1} ms", times.at_once, times.read);
            let what = format!("among 100000, {what}");
            table.figure(what.clone(), times.alone, "ms", shown, Bar::None);
            let stranger = times.read.max(times.create);
            let shown = format!("create {:.1} ms", times.create);
            table.figure(format!("{what}; a stranger meanwhile"), stranger, "ms", shown, Bar::LessThan(BAR_MS));
        }
        let [[from, from_token], [to, to_token]] = asked::clients(&self.ground)?;
        let fields = format!("from={from_token}&to={to_token}");
        let cookie = pages::session(&self.ground, &server)?;
        let form = pages::form(&server, &cookie, "workspaces/move", &fields)?;
        let by_page = || answered(server.address, &form, 303..=303);
        let by_command = || command_line(&self.ground.data_dir, &["client", "move-workspaces", &to, &from]).map(drop);
        self.once("all workspaces of an OAuth client moved by the page", by_page, &server, table)?;
        self.once("all workspaces of an OAuth client moved back by the command", by_command, &server, table)?;
        for Asked { what, request } in &self.removals {
            self.once(what, || answered(server.address, request, 200..=299), &server, table)?;
        }
        let memory_mib = server.memory_mib("VmHWM")?;
        table.figure("among 100000, most memory", memory_mib, "MiB", String::new(), Bar::LessThan(128.0));
        Ok(())
    }

    fn times(&self, address: SocketAddr, request: &[u8], period: Duration) -> Outcome<Times> {
        let mut connection = Connection::open(address)?;
        let mut alone = Vec::new();
        // The bucket is full again.
        thread::sleep(Duration::from_secs(1));
        for _ in 0..TIMES {
            alone.push(timed(&mut connection, request)?.1);
        }
        thread::sleep(Duration::from_secs(1));
        let is_over = AtomicBool::new(false);
        let (at_once, (reads, creates)) = thread::scope(|scope| {
            let attackers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(|| bursts(address, request, period))).collect();
            let stranger = scope.spawn(|| self.beside(address, &is_over));
            let mut slowest = 0f64;
            for attacker in attackers {
                slowest = slowest.max(attacker.join().map_err(|_| fail("an attacker panicked"))??);
            }
            is_over.store(true, Ordering::SeqCst);
            Outcome::Ok((slowest, stranger.join().map_err(|_| fail("the stranger panicked"))??))
        })?;
        Ok(Times { alone: slowest(alone), at_once, read: p99(reads), create: p99(creates) })
    }

    /// What is done once: how long it took, and the slowest read and create of the stranger beside it.
    fn once(&self, what: &str, act: impl FnOnce() -> Outcome<()>, server: &Bowline, table: &mut Table) -> Outcome<()> {
        let is_over = AtomicBool::new(false);
        let (done, alone, (reads, creates)) = thread::scope(|scope| {
            let stranger = scope.spawn(|| self.beside(server.address, &is_over));
            // The stranger is at it.
            thread::sleep(2 * BETWEEN);
            let began = Instant::now();
            let done = act();
            let alone = milliseconds(began);
            thread::sleep(2 * BETWEEN);
            is_over.store(true, Ordering::SeqCst);
            Outcome::Ok((done, alone, stranger.join().map_err(|_| fail("the stranger panicked"))??))
        })?;
        done?;
        let (read, create) = (slowest(reads), slowest(creates));
        eprintln!("crowded: {what}: {alone:.0} ms; a stranger's read {read:.0} ms, create {create:.0} ms");
        let what = format!("among 100000, {what}");
        table.figure(what.clone(), alone, "ms", String::new(), Bar::None);
        let shown = format!("create {create:.1} ms");
        table.figure(format!("{what}; a stranger meanwhile"), read.max(create), "ms", shown, Bar::LessThan(BAR_MS));
        Ok(())
    }

    /// A stranger's reads and creates, until the others are done.
    fn beside(&self, address: SocketAddr, is_over: &AtomicBool) -> Outcome<(Vec<f64>, Vec<f64>)> {
        let read = http::get("/api/v2/organizations/quiet", &self.stranger);
        let body = r#"{"data":{"type":"oauth-clients","attributes":{"service-provider":"github","http-url":"https://github.com","api-url":"https://api.github.com","oauth-token-string":"x"}}}"#;
        let create = http::post("/api/v2/organizations/quiet/oauth-clients", &self.stranger, body);
        let mut connection = Connection::open(address)?;
        let (mut reads, mut creates) = (Vec::new(), Vec::new());
        while !is_over.load(Ordering::SeqCst) {
            for (request, status, times) in [(&read, 200, &mut reads), (&create, 201, &mut creates)] {
                let (answered, ms) = timed(&mut connection, request)?;
                if answered != status {
                    return Err(fail(format!("the stranger was answered {answered} instead of {status}")));
                }
                times.push(ms);
                thread::sleep(BETWEEN);
            }
        }
        Ok((reads, creates))
    }
}

/// One of 16: asks, waits for its answer, and asks again, for as long as `period`.
fn bursts(address: SocketAddr, request: &[u8], period: Duration) -> Outcome<f64> {
    let mut connection = Connection::open(address)?;
    let (began, mut slowest) = (Instant::now(), 0f64);
    while began.elapsed() < period {
        slowest = slowest.max(timed(&mut connection, request)?.1);
    }
    Ok(slowest)
}

fn timed(connection: &mut Connection, request: &[u8]) -> Outcome<(u16, f64)> {
    let began = Instant::now();
    let status = connection.ask(request)?.status;
    Ok((status, milliseconds(began)))
}

/// Asks once, and fails unless the answer has one of the statuses.
fn answered(address: SocketAddr, request: &[u8], expected: RangeInclusive<u16>) -> Outcome<()> {
    let status = Connection::open(address)?.ask(request)?.status;
    if expected.contains(&status) { Ok(()) } else { Err(fail(format!("the answer was {status}"))) }
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

fn slowest(times: Vec<f64>) -> f64 {
    times.into_iter().fold(0.0, f64::max)
}

fn p99(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times.get(times.len().saturating_sub(1) * 99 / 100).copied().unwrap_or_default()
}

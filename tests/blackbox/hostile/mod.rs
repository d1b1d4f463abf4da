//! Everything hostile at once, for a while, and honest clients beside it.
//!
//! In `cargo test` for a moment, and what must hold at any speed is asserted. `scripts/soak hostile` makes it minutes, on a
//! release build, holds the honest clients' time to a bar, and prints the figures.

mod answers;
mod attacks;
mod handshakes;
mod honest;
mod line;
mod probes;
mod scene;

use std::collections::BTreeMap;
use std::env;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::setpriority_process;
use serde_json::{Value, json};

use self::attacks::{Attack, IN_THE_CLEAR};
use self::handshakes::OVER_TLS;
use self::honest::Work;
use self::scene::{Scene, Tally, rest};
use crate::gate::raw::{MOST_MIB, allow_connections, connection_threads, peak_mib, resident_mib, tcp_sockets};
use crate::harness::{Caller, Server, bowline_in, eventually, sample_of_2018, temporary};
use crate::tls::trusting;

/// How long in a soak, in seconds; without it the test is a short one.
const SECONDS: &str = "BOWLINE_HOSTILE_SECONDS";
const SHORT: Duration = Duration::from_secs(3);
/// How many connections the attacks of the short form open, in percent of a soak: other tests run at the same time.
const SHORT_PERCENT: usize = 10;
const WARMING_UP: Duration = Duration::from_millis(500);
const HONEST_CLIENTS: usize = 16;
const NICENESS: i32 = 10;
/// What the allocator may keep of what it needed.
const LEFT_MIB: usize = 64;
const P99_MS: f64 = 100.0;

/// What was seen of the server's process.
#[derive(Clone, Copy)]
struct Seen {
    threads: usize,
    sockets: usize,
    resident_mib: usize,
}

impl Seen {
    fn of(server: &Server) -> Seen {
        Seen { threads: connection_threads(server), sockets: tcp_sockets(server), resident_mib: resident_mib(server) }
    }

    fn at_most(self, other: Seen) -> Seen {
        Seen {
            threads: self.threads.max(other.threads),
            sockets: self.sockets.max(other.sockets),
            resident_mib: self.resident_mib.max(other.resident_mib),
        }
    }
}

#[test]
fn hostile_clients_lock_nobody_out_and_leave_nothing_behind() {
    hold_out(IN_THE_CLEAR, &[]);
}

#[test]
fn hostile_handshakes_lock_nobody_out_and_leave_nothing_behind() {
    hold_out(OVER_TLS, &["--tls-self-signed"]);
}

fn hold_out(attacks: &'static [Attack], flags: &[&str]) {
    let soak = env::var(SECONDS).ok().map(|seconds| Duration::from_secs(seconds.parse().expect("seconds")));
    let directory = temporary();
    let data_dir = directory.path().join("data");
    let server = Server::demo_on(&data_dir, flags);
    allow_connections(0);
    let certificate = server.is_encrypted().then(|| data_dir.join("tls-self-signed.pem"));
    let owner = certificate.as_ref().map_or_else(|| server.owner(), |certificate| server.owner_trusting(certificate));
    seed(&owner);
    let token = owner.token.clone().expect("a token");
    let tls = certificate.as_ref().map(|certificate| trusting(certificate, rustls::ALL_VERSIONS));
    let scene = Scene::new(server.socket_address(), token, if soak.is_some() { 100 } else { SHORT_PERCENT }, tls);

    let idle = Seen::of(&server);
    play(&scene, &server, WARMING_UP, &[]);
    let before = settled(&server, &idle);
    let mut played = play(&scene, &server, soak.unwrap_or(SHORT), attacks);
    let peak = peak_mib(&server);
    let after = settled(&server, &idle);

    print_table(&mut played, &before, peak, &after);
    let mut missed = scene.problems();
    let p99 = played.work.within(0.99);
    if soak.is_some() && p99 >= P99_MS {
        missed.push(format!("p99 of the honest clients: {p99:.1} ms"));
    }
    // To be told to come again is to wait, too.
    if played.work.busy * 100 > played.work.microseconds.len() {
        missed.push(format!("{} of the honest requests were told to come again", played.work.busy));
    }
    if soak.is_some() && after.resident_mib > before.resident_mib + LEFT_MIB {
        missed.push(format!("left behind: {} MiB", after.resident_mib - before.resident_mib));
    }
    if peak >= MOST_MIB {
        missed.push(format!("memory: {peak} MiB"));
    }
    if !canaries(&owner).is_empty() {
        missed.push("a body was executed as a request".to_owned());
    }
    if played.work.microseconds.len() < HONEST_CLIENTS {
        missed.push("the honest clients have got nowhere".to_owned());
    }
    let ended = server.stop();
    if !ended.success() {
        missed.push(format!("the server ended with {ended}"));
    }
    let checked = bowline_in(&data_dir, &["check"]);
    if !checked.status.success() {
        missed.push(String::from_utf8_lossy(&checked.stderr).into_owned());
    }
    let first: Vec<&String> = missed.iter().take(10).collect();
    assert!(missed.is_empty(), "{} things are wrong, among them {first:#?}", missed.len());
}

/// What is attacked, and an organization in which nothing may ever be.
fn seed(owner: &Caller) {
    owner.creates_organization("canary");
    owner.creates_organization("large");
    let mut document = sample_of_2018();
    document["data"]["attributes"]["rsa-public-key"] = json!(format!("a{}z", "\n".repeat(8 * 1024 - 2)));
    for _ in 0..100 {
        owner.post("/organizations/large/oauth-clients", &document).is(201);
    }
}

/// What has been executed of all the bodies that are requests.
fn canaries(owner: &Caller) -> Vec<Value> {
    let list = owner.get("/organizations/canary/oauth-clients").is(200);
    list.at("/data").as_array().expect("a list").clone()
}

struct Played {
    work: Work,
    honest: Tally,
    hostile: BTreeMap<&'static str, Tally>,
    seen: Seen,
    time: Duration,
}

fn play(scene: &Scene, server: &Server, time: Duration, attacks: &[Attack]) -> Played {
    scene.begins();
    let honest = Tally::default();
    let hostile: BTreeMap<&'static str, Tally> = attacks.iter().map(|attack| (attack.name, Tally::default())).collect();
    let mut work = Work::default();
    let mut seen = Seen::of(server);
    let began = Instant::now();
    thread::scope(|scope| {
        for attack in attacks {
            for _ in 0..attack.threads {
                let tally = &hostile[attack.name];
                scope.spawn(move || {
                    // Of this thread alone. Where it is refused, the honest ones have it the harder.
                    let _ = setpriority_process(None, NICENESS);
                    (attack.run)(scene, tally);
                });
            }
        }
        let honest = &honest;
        let clients: Vec<_> =
            (0..HONEST_CLIENTS).map(|number| scope.spawn(move || honest::work(scene, honest, number))).collect();
        while began.elapsed() < time {
            rest(100);
            seen = Seen::of(server).at_most(seen);
        }
        scene.ends();
        for client in clients {
            work.add(client.join().expect("no panic"));
        }
    });
    Played { work, honest, hostile, seen, time: began.elapsed() }
}

/// Once everybody has left. Each connection is a thread and a socket; the other descriptors are those of the database,
/// opened once for each worker that has ever been at work.
fn settled(server: &Server, idle: &Seen) -> Seen {
    eventually("as few threads and sockets as before", || {
        connection_threads(server) <= idle.threads && tcp_sockets(server) <= idle.sockets
    });
    Seen::of(server)
}

fn print_table(played: &mut Played, before: &Seen, peak_mib: usize, after: &Seen) {
    let count = |number: &std::sync::atomic::AtomicU64| number.load(Ordering::Relaxed);
    println!("\n{:<42}{:>13}{:>12}{:>12}", "", "connections", "requests", "answers");
    let mut sums = [0, 0, 0];
    for (name, tally) in &played.hostile {
        let figures = [count(&tally.connections), count(&tally.requests), count(&tally.answers)];
        sums.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure);
        println!("{name:<42}{:>13}{:>12}{:>12}", figures[0], figures[1], figures[2]);
    }
    println!("{:<42}{:>13}{:>12}{:>12}", "hostile, in all", sums[0], sums[1], sums[2]);
    let honest = &played.honest;
    let figures = [count(&honest.connections), count(&honest.requests), count(&honest.answers)];
    println!("{:<42}{:>13}{:>12}{:>12}", "honest", figures[0], figures[1], figures[2]);
    let Work { busy, reopened, .. } = played.work;
    let times: Vec<String> =
        [0.5, 0.9, 0.99, 0.999, 1.0].iter().map(|share| format!("{:.1}", played.work.within(*share))).collect();
    println!(
        "honest p50, p90, p99, p99.9, most: {} ms; told to come again {busy}, connections reopened {reopened}",
        times.join(", ")
    );
    println!(
        "over {:.0} s: at most {} connection threads, {} TCP sockets, {peak_mib} MiB; before {}, {}, {} MiB; after {}, {}, {} MiB\n",
        played.time.as_secs_f64(),
        played.seen.threads,
        played.seen.sockets,
        before.threads,
        before.sockets,
        before.resident_mib,
        after.threads,
        after.sockets,
        after.resident_mib
    );
}

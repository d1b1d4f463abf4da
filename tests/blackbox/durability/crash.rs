//! The process is killed under load, again and again, and started again on what it left.

use std::sync::atomic::{AtomicUsize, Ordering};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::crew::{Crew, End};
use super::{is_sound, seed};
use crate::harness::{Server, Signal, temporary};

const CONNECTIONS: usize = 16;
/// A kill comes after this many acknowledged changes at the most.
const MOST_CHANGES: usize = 500;

#[test]
fn kill_9_loses_nothing_acknowledged() {
    let rounds = std::env::var("BOWLINE_CRASH_ROUNDS").map_or(5, |rounds| rounds.parse().expect("a number of rounds"));
    let seed = seed();
    let mut dice = StdRng::seed_from_u64(seed);
    let directory = temporary();
    let data = directory.path().join("data");
    let mut crew = Crew::muster(CONNECTIONS, &data, seed);
    let mut server = Server::serve_on(&data, &[]);
    for round in 1..=rounds {
        // By what was acknowledged, not by time.
        let left = AtomicUsize::new(dice.random_range(1..=MOST_CHANGES));
        let ends = crew.work(
            &server,
            || 0,
            || {
                if left.fetch_sub(1, Ordering::Relaxed) == 1 {
                    server.signal(Signal::KILL);
                }
                true
            },
        );
        assert_eq!(ends, [End::Gone; CONNECTIONS]);
        server.kill();
        server = Server::serve_on(&data, &[]);
        crew.settle(&server.sqlite());
        is_sound(&data);
        eprintln!("kill {round} of {rounds}: {} changes in all", crew.changes());
    }
}

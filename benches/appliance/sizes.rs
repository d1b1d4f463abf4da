//! The same calls on files of different sizes, side by side.

use std::time::Duration;

use crate::bowline::Bowline;
use crate::ground::Ground;
use crate::load::{Load, Pace};
use crate::outcome::Outcome;
use crate::rounds::median;
use crate::table::{Bar, Table};

const CONNECTIONS: usize = 16;
/// What is asked of each size, and whether it is a read.
const CALLS: [(&str, bool); 3] = [("a page of 20", true), ("a show with include", true), ("a workspace linked", false)];

/// A server on a file with so many clients.
struct Size {
    among: String,
    loads: [Load; 3],
}

/// From the smallest to the largest; the smallest is what the others stand beside.
pub struct Sizes(Vec<Size>);

/// For each size, the pace of each call.
pub type Round = Vec<Vec<Pace>>;

impl Sizes {
    pub fn of(servers: &[(String, &Ground, &Bowline)]) -> Outcome<Sizes> {
        let size = |(among, ground, server): &(String, &Ground, &Bowline)| {
            let load = |requests| Load { address: server.address, requests, status: 200 };
            Ok(Size {
                among: among.clone(),
                loads: [load(ground.pages()?), load(ground.reads_with_include()?), load(ground.links()?)],
            })
        };
        servers.iter().map(size).collect::<Outcome<_>>().map(Sizes)
    }

    /// Every other round is turned, so that no size is always the first.
    pub fn round(&self, period: Duration, is_turned: bool) -> Outcome<Round> {
        let mut order: Vec<usize> = (0..self.0.len()).collect();
        if is_turned {
            order.reverse();
        }
        let mut paces: Vec<Vec<Pace>> = vec![Vec::new(); self.0.len()];
        for call in 0..CALLS.len() {
            for &size in &order {
                paces[size].push(self.0[size].loads[call].run(CONNECTIONS, period)?);
            }
        }
        Ok(paces)
    }

    pub fn tabulate(&self, rounds: &[Round], table: &mut Table) {
        let shown = |size: usize, call: usize| {
            format!(
                "{:.0}/s, p50 {:.2} ms, p99 {:.2} ms",
                median(rounds, |round| round[size][call].per_second),
                median(rounds, |round| round[size][call].p50_ms),
                median(rounds, |round| round[size][call].p99_ms)
            )
        };
        for (call, (what, is_read)) in CALLS.into_iter().enumerate() {
            for size in 1..self.0.len() {
                table.compare(
                    format!("{what} among {}; among {}", self.0[size].among, self.0[0].among),
                    shown(size, call),
                    shown(0, call),
                    median(rounds, |round| round[size][call].per_second / round[0][call].per_second),
                    if is_read { Bar::AtLeast(0.8) } else { Bar::None },
                );
            }
        }
    }
}

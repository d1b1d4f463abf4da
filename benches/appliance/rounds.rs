//! Rounds: everything is measured once in each, side by side, so that whatever else the machine is doing falls on all
//! alike. What counts is the median over the rounds of a ratio within one.

use std::time::Duration;

use crate::load::{Load, Pace};
use crate::outcome::Outcome;
use crate::raw::Raw;

pub const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// What runs while the rounds go on.
pub struct Field {
    pub reads: Load,
    pub bare: Load,
    pub reads_among_many: Load,
    pub creates: Load,
    pub creates_among_many: Load,
    /// Reads and creates of Prism, where it is there.
    pub prism: Option<(Load, Load)>,
    pub raw: Raw,
}

/// Bowline's figure, and the one beside it.
#[derive(Clone, Copy)]
pub struct Pair<B> {
    pub bowline: Pace,
    pub beside: B,
}

pub struct Round {
    /// For each of [`CONNECTIONS`]; beside bare tiny_http.
    pub reads: [Pair<Pace>; 3],
    /// Among many clients, at 16 connections; beside the same among few.
    pub among_many: Pair<Pace>,
    /// For each of [`CONNECTIONS`]; beside creates a second of raw SQLite, one to a commit.
    pub creates: [Pair<f64>; 3],
    /// Creates a second of raw SQLite, 64 to a commit.
    pub raw_together: f64,
    /// At 64 connections; beside the same in a small file.
    pub creates_among_many: Pair<Pace>,
    /// Reads and creates, at 16 connections; beside Prism.
    pub prism: Option<(Pair<Pace>, Pair<Pace>)>,
}

impl Field {
    /// Every other round is turned, so that no side is always the first.
    pub fn round(&self, period: Duration, is_turned: bool) -> Outcome<Round> {
        let loads = |ours: &Load, beside: &Load, connections: usize| {
            pair(is_turned, || ours.run(connections, period), || beside.run(connections, period))
        };
        let read = |connections| loads(&self.reads, &self.bare, connections);
        let create =
            |connections| pair(is_turned, || self.creates.run(connections, period), || self.raw.run(1, period));
        let [one, some, most] = CONNECTIONS;
        Ok(Round {
            reads: [read(one)?, read(some)?, read(most)?],
            among_many: loads(&self.reads_among_many, &self.reads, some)?,
            creates: [create(one)?, create(some)?, create(most)?],
            raw_together: self.raw.run(64, period)?,
            creates_among_many: loads(&self.creates_among_many, &self.creates, most)?,
            prism: match &self.prism {
                Some((reads, creates)) => {
                    Some((loads(&self.reads, reads, some)?, loads(&self.creates, creates, some)?))
                }
                None => None,
            },
        })
    }
}

fn pair<B>(
    is_turned: bool,
    bowline: impl FnOnce() -> Outcome<Pace>,
    beside: impl FnOnce() -> Outcome<B>,
) -> Outcome<Pair<B>> {
    if is_turned {
        let beside = beside()?;
        return Ok(Pair { bowline: bowline()?, beside });
    }
    Ok(Pair { bowline: bowline()?, beside: beside()? })
}

/// The median of a figure over the rounds.
pub fn median<T>(items: &[T], figure: impl Fn(&T) -> f64) -> f64 {
    let mut figures: Vec<f64> = items.iter().map(figure).collect();
    figures.sort_unstable_by(f64::total_cmp);
    figures[figures.len() / 2]
}

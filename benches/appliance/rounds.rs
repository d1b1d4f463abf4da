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
    pub raw: Raw,
}

/// One figure for each of [`CONNECTIONS`].
type ByConnections = [Pace; 3];

pub struct Round {
    pub reads: ByConnections,
    pub bare: ByConnections,
    /// At 16 connections.
    pub reads_among_many: Pace,
    pub creates: ByConnections,
    pub raw_alone: f64,
    pub raw_together: f64,
}

impl Field {
    pub fn round(&self, period: Duration) -> Outcome<Round> {
        let [reads_1, bare_1] = [self.reads.run(1, period)?, self.bare.run(1, period)?];
        let [many_16, reads_16, bare_16] =
            [self.reads_among_many.run(16, period)?, self.reads.run(16, period)?, self.bare.run(16, period)?];
        let [reads_64, bare_64] = [self.reads.run(64, period)?, self.bare.run(64, period)?];
        let [creates_1, creates_16] = [self.creates.run(1, period)?, self.creates.run(16, period)?];
        let raw_alone = self.raw.run(1, period)?;
        let creates_64 = self.creates.run(64, period)?;
        let raw_together = self.raw.run(64, period)?;
        Ok(Round {
            reads: [reads_1, reads_16, reads_64],
            bare: [bare_1, bare_16, bare_64],
            reads_among_many: many_16,
            creates: [creates_1, creates_16, creates_64],
            raw_alone,
            raw_together,
        })
    }
}

/// The median of a figure over the rounds.
pub fn median<T>(items: &[T], figure: impl Fn(&T) -> f64) -> f64 {
    let mut figures: Vec<f64> = items.iter().map(figure).collect();
    figures.sort_unstable_by(f64::total_cmp);
    figures[figures.len() / 2]
}

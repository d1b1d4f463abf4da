//! Counters and histograms that many threads add to without waiting.

use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How often values came to lie between bounds. What is beyond the last bound is counted too.
#[derive(Debug)]
pub struct Histogram<const N: usize> {
    bounds: &'static [u64; N],
    within: [Counter; N],
    beyond: Counter,
    sum: Counter,
}

/// What a histogram says at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    /// Each bound, and how many values were not above it.
    pub up_to: Vec<(u64, u64)>,
    pub count: u64,
    pub sum: u64,
}

impl<const N: usize> Histogram<N> {
    /// The bounds in ascending order.
    pub fn new(bounds: &'static [u64; N]) -> Histogram<N> {
        Histogram {
            bounds,
            within: std::array::from_fn(|_| Counter::default()),
            beyond: Counter::default(),
            sum: Counter::default(),
        }
    }

    pub fn add(&self, value: u64) {
        let place = self.bounds.iter().position(|bound| value <= *bound);
        place.map_or(&self.beyond, |n| &self.within[n]).add(1);
        self.sum.add(value);
    }

    pub fn distribution(&self) -> Distribution {
        let mut count = 0;
        let up_to = self.bounds.iter().zip(&self.within).map(|(bound, within)| {
            count += within.get();
            (*bound, count)
        });
        let up_to = up_to.collect();
        Distribution { up_to, count: count + self.beyond.get(), sum: self.sum.get() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_counts_for_every_bound_that_it_is_not_above() {
        let histogram = Histogram::new(&[10, 100]);
        for value in [0, 10, 11, 100, 101, 5000] {
            histogram.add(value);
        }
        let expected = Distribution { up_to: vec![(10, 2), (100, 4)], count: 6, sum: 5222 };
        assert_eq!(histogram.distribution(), expected);
    }
}

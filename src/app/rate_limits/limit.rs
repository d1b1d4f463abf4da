//! A number of requests in a time: one bucket for each key.

use std::time::Duration;

use super::table::{Remembered, Table};
use crate::domain::error::Exceeded;

/// The shortest time that a refused client is told to wait. Many clients may wait for the same bucket, and after this time
/// it holds enough for several of them.
const PAUSE_NS: u64 = 1_000_000_000;

pub struct Limit {
    most: u32,
    /// The time in which the bucket gains one.
    interval_ns: u64,
    buckets: Table<Bucket>,
}

/// A bucket is stored as the instant at which it is full again. A full bucket need not be stored.
#[derive(Clone, Copy, Default)]
struct Bucket {
    full_at_ns: u64,
}

impl Remembered for Bucket {
    fn worth(&self) -> u64 {
        self.full_at_ns
    }
}

impl Limit {
    /// `most` at once and in each `period`. Remembers up to `room` keys.
    pub fn new(most: u32, period: Duration, room: usize) -> Limit {
        let interval_ns = nanoseconds(period) / u64::from(most.max(1));
        Limit { most, interval_ns, buckets: Table::new(room) }
    }

    pub fn most(&self) -> u32 {
        self.most
    }

    /// Takes one from the bucket. If it is empty, nothing changes.
    pub fn take(&self, key: u64, now: Duration) -> Result<(), Exceeded> {
        let now = nanoseconds(now);
        self.buckets.enter(key, |bucket| {
            bucket.full_at_ns = self.after_one(*bucket, now)?;
            Ok(())
        })
    }

    /// Fails where [`Limit::take`] would, and takes nothing.
    pub fn check(&self, key: u64, now: Duration) -> Result<(), Exceeded> {
        let now = nanoseconds(now);
        self.buckets.find(key, |bucket| self.after_one(*bucket, now)).map_or(Ok(()), |after| after.map(|_| ()))
    }

    fn after_one(&self, bucket: Bucket, now_ns: u64) -> Result<u64, Exceeded> {
        let missing_ns = bucket.full_at_ns.saturating_sub(now_ns);
        let after_ns = missing_ns + self.interval_ns;
        match after_ns.checked_sub(self.interval_ns * u64::from(self.most)) {
            None | Some(0) => Ok(now_ns + after_ns),
            Some(until_next_ns) => {
                let wait_ns = until_next_ns.max(missing_ns.min(PAUSE_NS));
                Err(Exceeded { limit: self.most, wait: Duration::from_nanos(wait_ns) })
            }
        }
    }
}

/// Times since the server started, in a range of five centuries.
fn nanoseconds(time: Duration) -> u64 {
    time.as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const START: Duration = Duration::from_secs(1000);

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn taken(limit: &Limit, key: u64, times: usize, now: Duration) -> usize {
        (0..times).filter(|_| limit.take(key, now).is_ok()).count()
    }

    #[test]
    fn as_many_as_there_are_and_then_as_they_come_back() {
        let limit = Limit::new(30, SECOND, 64);
        assert_eq!(taken(&limit, 1, 100, START), 30);
        assert_eq!(taken(&limit, 1, 100, START + ms(100)), 3);
        assert_eq!(taken(&limit, 1, 100, START + ms(133)), 0);
        assert_eq!(taken(&limit, 1, 100, START + ms(134)), 1);
        assert_eq!(taken(&limit, 1, 100, START + Duration::from_secs(3600)), 30);
    }

    #[test]
    fn keys_are_apart() {
        let limit = Limit::new(2, SECOND, 64);
        assert_eq!(taken(&limit, 1, 5, START), 2);
        assert_eq!(taken(&limit, 2, 5, START), 2);
    }

    #[test]
    fn whoever_waits_as_told_passes() {
        for (most, period) in [(1, SECOND), (3, SECOND), (30, SECOND), (999_983, SECOND), (10, SECOND * 60)] {
            let limit = Limit::new(most, period, 64);
            let mut now = START;
            taken(&limit, 7, most as usize, now);
            for _ in 0..100 {
                let refused = limit.take(7, now).unwrap_err();
                assert_eq!(refused.limit, most);
                assert!(refused.wait > Duration::ZERO && refused.wait <= period, "{:?}", refused.wait);
                now += refused.wait;
                assert_eq!(limit.take(7, now), Ok(()));
                taken(&limit, 7, most as usize, now);
            }
        }
    }

    #[test]
    fn the_wait_is_until_the_bucket_is_full_but_a_second_at_the_most_if_one_is_left_by_then() {
        let wait = |most, period| {
            let limit = Limit::new(most, period, 64);
            taken(&limit, 1, most as usize, START);
            limit.take(1, START).unwrap_err().wait
        };
        assert_eq!(wait(20, SECOND), SECOND);
        assert_eq!(wait(10, SECOND * 60), SECOND * 6);
        assert_eq!(wait(600, SECOND * 60), SECOND);
    }

    #[test]
    fn a_client_at_the_limit_is_never_refused_for_jitter() {
        let limit = Limit::new(30, SECOND, 64);
        // Late and early by up to 300 ms, in the order in which they arrive.
        let mut arrivals: Vec<Duration> = (0..3000u64).map(|n| START + ms(n * 1000 / 30 + (n * 7919) % 600)).collect();
        arrivals.sort_unstable();
        assert!(arrivals.iter().all(|at| limit.take(1, *at).is_ok()));
    }

    #[test]
    fn in_no_span_of_time_more_than_a_bucket_and_what_came_back() {
        let limit = Limit::new(30, SECOND, 64);
        let passed = (0..10_000).filter(|n| limit.take(1, START + ms(*n)).is_ok()).count();
        assert_eq!(passed, 30 + 299);
    }

    #[test]
    fn checking_takes_nothing_and_gives_strangers_no_place() {
        let limit = Limit::new(1, SECOND, 8);
        for key in 0..1000 {
            assert_eq!(limit.check(key, START), Ok(()));
        }
        assert_eq!(limit.take(1, START), Ok(()));
        assert_eq!(limit.check(1, START), Err(Exceeded { limit: 1, wait: SECOND }));
        assert_eq!(limit.check(1, START + SECOND), Ok(()));
    }

    #[test]
    fn an_empty_bucket_outlives_a_million_others() {
        let limit = Limit::new(30, SECOND, 4096);
        taken(&limit, 1, 30, START);
        for key in 2..1_000_000 {
            assert_eq!(limit.take(key, START), Ok(()));
        }
        assert!(limit.take(1, START).is_err());
    }

    #[test]
    fn a_clock_that_stands_still_or_steps_back_does_no_harm() {
        let limit = Limit::new(2, SECOND, 64);
        assert_eq!(taken(&limit, 1, 5, START), 2);
        assert_eq!(taken(&limit, 1, 5, START - ms(1)), 0);
        assert_eq!(taken(&limit, 1, 5, START + SECOND), 2);
    }
}

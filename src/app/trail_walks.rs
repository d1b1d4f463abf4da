//! Readers of the audit trail, page by page. The newest events come first, so each new event would move all others on to
//! the next pages, and a reader would meet some of them again. A reader who asks for the first page therefore gets all
//! pages as they were then. A reader who is no longer remembered gets the present pages.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::timestamp::Timestamp;

/// Readers that are remembered. A new reader replaces the one that was inactive for the longest time.
const MOST_WALKS: usize = 256;
/// The longest time between two pages of one reading.
const PATIENCE: Duration = Duration::from_secs(300);

/// Identifies one reading: requests that have all of this in common are parts of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Walk {
    /// The digest of the reader's token.
    pub reader: [u8; 32],
    pub since: Option<Timestamp>,
    pub page_size: u64,
}

#[derive(Default)]
pub struct TrailWalks(Mutex<VecDeque<(Walk, i64, Instant)>>);

impl TrailWalks {
    /// The number of the newest event of a walk, if the walk has begun.
    pub fn resume(&self, walk: &Walk, now: Instant) -> Option<i64> {
        let mut walks = self.walks();
        let place = walks.iter().position(|(known, _, _)| known == walk)?;
        let (known, last, before) = walks.remove(place)?;
        if now.saturating_duration_since(before) > PATIENCE {
            return None;
        }
        walks.push_back((known, last, now));
        Some(last)
    }

    /// Begins the walk, or begins it again.
    pub fn begin(&self, walk: Walk, last: i64, now: Instant) {
        let mut walks = self.walks();
        walks.retain(|(known, _, _)| *known != walk);
        if walks.len() >= MOST_WALKS {
            walks.pop_front();
        }
        walks.push_back((walk, last, now));
    }

    fn walks(&self) -> MutexGuard<'_, VecDeque<(Walk, i64, Instant)>> {
        // No code that holds the lock can leave it in an inconsistent state.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(reader: u8) -> Walk {
        Walk { reader: [reader; 32], since: None, page_size: 10 }
    }

    #[test]
    fn a_walk_goes_on_where_it_began_until_it_begins_anew_or_is_forgotten() {
        let (walks, start) = (TrailWalks::default(), Instant::now());
        assert_eq!(walks.resume(&walk(1), start), None);
        walks.begin(walk(1), 7, start);
        walks.begin(walk(2), 8, start);
        assert_eq!((walks.resume(&walk(1), start), walks.resume(&walk(2), start)), (Some(7), Some(8)));
        assert_eq!(walks.resume(&Walk { page_size: 11, ..walk(1) }, start), None);
        walks.begin(walk(1), 9, start);
        assert_eq!(walks.resume(&walk(1), start + PATIENCE), Some(9));
        assert_eq!(walks.resume(&walk(1), start + 2 * PATIENCE), Some(9), "from one page to the next");
        assert_eq!(walks.resume(&walk(2), start + 2 * PATIENCE), None);
    }

    #[test]
    fn no_more_than_so_many_are_remembered() {
        let (walks, now) = (TrailWalks::default(), Instant::now());
        for n in 0..=MOST_WALKS {
            walks.begin(Walk { page_size: n as u64, ..walk(1) }, 7, now);
        }
        assert_eq!(walks.resume(&Walk { page_size: 0, ..walk(1) }, now), None);
        assert_eq!(walks.resume(&Walk { page_size: 1, ..walk(1) }, now), Some(7));
    }
}

//! How many calls to providers may be under way: of all organizations together, and of each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::failure::{Failure, Result};

pub const MAX_CALLS: usize = 16;
pub const MAX_CALLS_OF_AN_ORGANIZATION: usize = 4;

#[derive(Clone, Debug)]
pub struct Slots {
    taken: Arc<Mutex<HashMap<i64, usize>>>,
    max: usize,
    max_of_one: usize,
}

impl Default for Slots {
    fn default() -> Slots {
        Slots { taken: Arc::default(), max: MAX_CALLS, max_of_one: MAX_CALLS_OF_AN_ORGANIZATION }
    }
}

impl Slots {
    /// No more than `most` at once, nor than there may be in any case.
    pub fn of(most: usize) -> Slots {
        let max = most.clamp(1, MAX_CALLS);
        Slots { max, max_of_one: MAX_CALLS_OF_AN_ORGANIZATION.min(max), ..Slots::default() }
    }

    /// `organization` is its row. `Busy` where all places are taken: nothing waits here.
    pub fn take(&self, organization: i64) -> Result<Slot> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = taken.values().sum();
        let own = taken.entry(organization).or_default();
        if all >= self.max || *own >= self.max_of_one {
            if *own == 0 {
                taken.remove(&organization);
            }
            return Err(Failure::Busy);
        }
        *own += 1;
        drop(taken);
        Ok(Slot { slots: self.clone(), organization })
    }

    pub fn most(&self) -> usize {
        self.max
    }

    /// How many calls are under way, for metrics.
    pub fn taken(&self) -> usize {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }
}

/// One place, given back when it is dropped.
#[derive(Debug)]
pub struct Slot {
    slots: Slots,
    organization: i64,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.organization) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.organization);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_of_an_organization_and_sixteen_in_all() {
        let slots = Slots::default();
        let mut held: Vec<Slot> = (0..4).map(|_| slots.take(1).expect("a place")).collect();
        assert_eq!(slots.take(1).err(), Some(Failure::Busy));
        for organization in 2..=4 {
            held.extend((0..4).map(|_| slots.take(organization).expect("a place")));
        }
        assert_eq!(slots.taken(), 16);
        assert_eq!(slots.take(5).err(), Some(Failure::Busy), "all places are taken");
        held.remove(0);
        assert_eq!(slots.take(2).err(), Some(Failure::Busy), "the free place is not for a fifth call of this one");
        let fifth = slots.take(5).expect("a place");
        drop((held, fifth));
        assert_eq!(slots.taken(), 0);
        assert!(slots.taken.lock().unwrap().is_empty());
    }

    #[test]
    fn a_panic_gives_the_place_back() {
        let slots = Slots::default();
        let other = slots.clone();
        let panicked = std::thread::spawn(move || {
            let _slot = other.take(1).expect("a place");
            panic!("as a test");
        });
        assert!(panicked.join().is_err());
        assert_eq!(slots.taken(), 0);
    }
}

//! A table of fixed size: a new entry replaces the one with the least value.

use std::sync::{Mutex, PoisonError};

/// Slots for one key. Each access searches one set of slots, which has a lock of its own.
const PLACES: usize = 8;

/// An entry of a table.
pub trait Remembered: Copy + Default {
    /// The entry with the least value is replaced first. A missing entry has the value 0.
    fn worth(&self) -> u64;
}

pub struct Table<V> {
    sets: Box<[Mutex<[Place<V>; PLACES]>]>,
}

#[derive(Clone, Copy, Default)]
struct Place<V> {
    /// 0 if the slot is free.
    key: u64,
    value: V,
}

impl<V: Remembered> Table<V> {
    /// A table with a fixed number of slots. Keys should be hashes that clients cannot choose.
    pub fn new(room: usize) -> Table<V> {
        let sets = room.div_ceil(PLACES).next_power_of_two();
        Table { sets: (0..sets).map(|_| Mutex::new([Place::default(); PLACES])).collect() }
    }

    /// Calls `look` with the entry of the key, which it may change. `None` if the key has no entry.
    pub fn find<T>(&self, key: u64, look: impl FnOnce(&mut V) -> T) -> Option<T> {
        self.in_set(key, |places, key| places.iter_mut().find(|place| place.key == key).map(|p| look(&mut p.value)))
    }

    /// As [`Table::find`], and adds an entry if the key has none.
    pub fn enter<T>(&self, key: u64, look: impl FnOnce(&mut V) -> T) -> T {
        self.in_set(key, |places, key| {
            let mut least = 0;
            for n in 0..PLACES {
                if places[n].key == key {
                    return look(&mut places[n].value);
                }
                if places[n].value.worth() < places[least].value.worth() {
                    least = n;
                }
            }
            places[least] = Place { key, value: V::default() };
            look(&mut places[least].value)
        })
    }

    pub fn forget(&self, key: u64) {
        self.in_set(key, |places, key| {
            if let Some(place) = places.iter_mut().find(|place| place.key == key) {
                *place = Place::default();
            }
        });
    }

    fn in_set<T>(&self, key: u64, act: impl FnOnce(&mut [Place<V>; PLACES], u64) -> T) -> T {
        // The number of sets is a power of two.
        let set = &self.sets[key as usize & (self.sets.len() - 1)];
        // No code that holds the lock can leave the slots in an inconsistent state.
        act(&mut set.lock().unwrap_or_else(PoisonError::into_inner), key.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Default)]
    struct Worth(u64);

    impl Remembered for Worth {
        fn worth(&self) -> u64 {
            self.0
        }
    }

    /// As a hash would spread them.
    fn spread(n: u64) -> u64 {
        n.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(32)
    }

    fn held(table: &Table<Worth>) -> usize {
        table.sets.iter().flat_map(|set| *set.lock().unwrap()).filter(|place| place.key != 0).count()
    }

    #[test]
    fn a_million_keys_take_no_more_room_than_there_is() {
        let table: Table<Worth> = Table::new(4096);
        let size = size_of_val(&*table.sets);
        assert_eq!(size, 4096 / PLACES * size_of::<Mutex<[Place<Worth>; PLACES]>>());
        for n in 1..=1_000_000 {
            table.enter(spread(n), |value| value.0 = n);
        }
        assert_eq!(size_of_val(&*table.sets), size);
        assert_eq!(held(&table), 4096);
    }

    #[test]
    fn what_is_worth_most_outlives_a_flood() {
        let table: Table<Worth> = Table::new(64);
        table.enter(spread(0), |value| value.0 = u64::MAX);
        for n in 1..=10_000 {
            table.enter(spread(n), |value| value.0 = n);
        }
        assert_eq!(table.find(spread(0), |value| value.0), Some(u64::MAX));
        assert_eq!(table.find(spread(1), |value| value.0), None);
        assert_eq!(table.find(spread(10_000), |value| value.0), Some(10_000));
    }

    #[test]
    fn what_is_forgotten_is_gone_and_its_place_free() {
        let table: Table<Worth> = Table::new(PLACES);
        for key in 0..PLACES as u64 + 1 {
            // 0 and 1 are one key.
            table.enter(key, |value| value.0 += key + 1);
        }
        assert_eq!(table.find(0, |value| value.0), Some(3));
        table.forget(0);
        assert_eq!((table.find(1, |value| value.0), held(&table)), (None, PLACES - 1));
        table.enter(100, |value| value.0 = 1);
        assert_eq!((table.find(2, |value| value.0), held(&table)), (Some(3), PLACES));
    }
}

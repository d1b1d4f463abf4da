//! Where the time and random values come from.

use std::sync::Arc;

use rand::Rng;
use uuid::{Uuid, Version};

use super::timestamp::Timestamp;

/// The time of day.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

/// Random bytes for ids and API tokens.
pub trait Ids: Send + Sync {
    /// `kind` is what the bytes are for, such as `oc-`: a source may number each kind on its own.
    fn fill(&self, kind: &str, bytes: &mut [u8]);
}

struct System;

impl Clock for System {
    fn now(&self) -> Timestamp {
        Timestamp::from_milliseconds(jiff::Timestamp::now().as_millisecond())
    }
}

impl Ids for System {
    fn fill(&self, _kind: &str, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

/// Both sources. `serve` uses the system's; only a sandbox may use others. Keys, nonces and request ids do not come from
/// here: they are always random. Log lines and certificates go by the system's clock.
#[derive(Clone)]
pub struct Sources {
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl Sources {
    pub fn system() -> Sources {
        Sources { clock: Arc::new(System), ids: Arc::new(System) }
    }

    #[cfg(test)]
    pub fn with_clock(clock: impl Clock + 'static) -> Sources {
        Sources { clock: Arc::new(clock), ..Sources::system() }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// `length` characters of `alphabet`, each as likely as any other.
    pub fn text(&self, kind: &str, alphabet: &[u8], length: usize) -> String {
        // The largest multiple of the alphabet's length that a byte can hold: bytes above it would favour some characters.
        let bound = 256 - 256 % alphabet.len();
        let mut text = String::with_capacity(length);
        let mut bytes = [0; 32];
        while text.len() < length {
            self.ids.fill(kind, &mut bytes);
            let usable = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < bound);
            text.extend(usable.take(length - text.len()).map(|byte| char::from(alphabet[byte % alphabet.len()])));
        }
        text
    }

    /// A version 4 UUID.
    pub fn uuid(&self, kind: &str) -> Uuid {
        let mut bytes = [0; 16];
        self.ids.fill(kind, &mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// Of version 4 in form, but the first 48 bits are the time in milliseconds: those that are made one after the other stand
    /// side by side in an index (docs/decisions/0045-callback-uuids.md).
    pub fn uuid_by_time(&self, kind: &str) -> Uuid {
        let mut bytes = [0; 10];
        self.ids.fill(kind, &mut bytes);
        let milliseconds = self.now().milliseconds().unsigned_abs();
        uuid::Builder::from_unix_timestamp_millis(milliseconds, &bytes).with_version(Version::Random).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts, so that every byte value comes up as often as any other.
    struct Counting(std::sync::atomic::AtomicUsize);

    impl Ids for Counting {
        fn fill(&self, _kind: &str, bytes: &mut [u8]) {
            for byte in bytes {
                *byte = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) as u8;
            }
        }
    }

    struct At(i64);

    impl Clock for At {
        fn now(&self) -> Timestamp {
            Timestamp::from_milliseconds(self.0)
        }
    }

    #[test]
    fn a_uuid_by_time_has_the_form_of_version_4_and_74_random_bits() {
        let sources =
            Sources { ids: Arc::new(Counting(Default::default())), ..Sources::with_clock(At(0x19a_bcde_f012)) };
        let uuids = [sources.uuid_by_time("x-"), sources.uuid_by_time("x-")].map(|uuid| uuid.to_string());
        assert_eq!(uuids, ["019abcde-f012-4001-8203-040506070809", "019abcde-f012-4a0b-8c0d-0e0f10111213"]);
    }

    #[test]
    fn every_character_is_as_likely_as_any_other() {
        let ids = Arc::new(Counting(Default::default()));
        let sources = Sources { ids, ..Sources::system() };
        // 250 of 256 bytes are usable, 25 for each of ten characters.
        let text = sources.text("x-", b"0123456789", 250);
        for character in "0123456789".chars() {
            assert_eq!(text.matches(character).count(), 25, "{character}");
        }
    }
}

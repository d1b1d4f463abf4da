//! Instants in UTC with millisecond precision, as the wire shows them and the store keeps them.

use std::fmt;
use std::time::Duration;

use super::error::{Error, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp {
    milliseconds: i64,
}

impl Timestamp {
    pub fn now() -> Timestamp {
        Timestamp { milliseconds: jiff::Timestamp::now().as_millisecond() }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn from_milliseconds(milliseconds: i64) -> Timestamp {
        Timestamp { milliseconds }
    }

    pub fn milliseconds(self) -> i64 {
        self.milliseconds
    }

    /// From an RFC 3339 text, with any offset.
    pub fn parse(text: &str) -> Option<Timestamp> {
        let instant: jiff::Timestamp = text.parse().ok()?;
        Some(Timestamp { milliseconds: instant.as_millisecond() })
    }

    /// `Invalid` where the sum lies beyond what a timestamp can say.
    pub fn plus(self, duration: Duration) -> Result<Timestamp> {
        i64::try_from(duration.as_millis())
            .ok()
            .and_then(|milliseconds| self.milliseconds.checked_add(milliseconds))
            .filter(|&milliseconds| jiff::Timestamp::from_millisecond(milliseconds).is_ok())
            .map(Timestamp::from_milliseconds)
            .ok_or_else(|| Error::invalid("That lies too far in the future."))
    }
}

impl fmt::Display for Timestamp {
    /// `2018-04-16T20:42:53.771Z`: three fraction digits and a literal `Z`, which real clients insist on.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = jiff::Timestamp::from_millisecond(self.milliseconds).unwrap_or_default();
        write!(f, "{instant:.3}")
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn always_three_fraction_digits_and_z() {
        for (milliseconds, text) in [
            (1_523_911_373_771, "2018-04-16T20:42:53.771Z"),
            (1_523_911_373_000, "2018-04-16T20:42:53.000Z"),
            (1_523_911_373_070, "2018-04-16T20:42:53.070Z"),
            (0, "1970-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(Timestamp::from_milliseconds(milliseconds).to_string(), text);
        }
    }

    #[test]
    fn any_offset_is_read() {
        for text in ["2018-04-16T20:42:53.771Z", "2018-04-16T22:42:53.7719+02:00"] {
            assert_eq!(Timestamp::parse(text), Some(Timestamp::from_milliseconds(1_523_911_373_771)), "{text}");
        }
        for text in ["", "2018-04-16", "2018-04-16T20:42:53", "20:42:53Z", "1523911373", "tomorrow"] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_far_future_is_refused() {
        assert!(Timestamp::now().plus(Duration::from_secs(u64::MAX)).is_err());
        assert!(Timestamp::now().plus(Duration::from_secs(3600 * 24 * 365 * 9000)).is_err());
    }
}

//! Instants in UTC with millisecond precision, as the wire shows them and the store keeps them.

use std::fmt;
use std::time::Duration;

use jiff::tz::Offset;

use super::error::{Error, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp {
    milliseconds: i64,
}

impl Timestamp {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn from_milliseconds(milliseconds: i64) -> Timestamp {
        Timestamp { milliseconds }
    }

    pub fn milliseconds(self) -> i64 {
        self.milliseconds
    }

    /// From RFC 3339, with any offset. `None` for everything else, much of which parsers would take as well.
    pub fn parse(text: &str) -> Option<Timestamp> {
        let (date_time, offset) = text.split_at_checked(19)?;
        let (whole, fraction) = match date_time.as_bytes() {
            [.., b'-', _, _, b'-', _, _, b'T' | b't', _, _, b':', _, _, b':', _, _] => (true, offset.strip_prefix('.')),
            _ => (false, None),
        };
        let offset = fraction.map_or(offset, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
        let is_offset = match offset.as_bytes() {
            [b'Z' | b'z'] => true,
            [b'+' | b'-', h1, h2, b':', m1, m2] => [h1, h2, m1, m2].iter().all(|b| b.is_ascii_digit()),
            _ => false,
        };
        if !whole || !is_offset {
            return None;
        }
        text.parse::<jiff::Timestamp>().ok().map(|instant| Timestamp { milliseconds: instant.as_millisecond() })
    }

    /// The same day and time of a later month, or that month's last day. `None` beyond what a timestamp can say.
    pub fn plus_months(self, months: i32) -> Option<Timestamp> {
        let instant = jiff::Timestamp::from_millisecond(self.milliseconds).ok()?;
        let later = Offset::UTC.to_datetime(instant).checked_add(jiff::Span::new().months(months)).ok()?;
        Offset::UTC.to_timestamp(later).ok().map(|later| Timestamp { milliseconds: later.as_millisecond() })
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
    fn months_are_those_of_the_calendar() {
        let after =
            |text: &str, months| Timestamp::parse(text).and_then(|t| t.plus_months(months)).map(|t| t.to_string());
        assert_eq!(after("2026-11-23T18:14:44.5Z", 24).as_deref(), Some("2028-11-23T18:14:44.500Z"));
        assert_eq!(after("2028-02-29T00:00:00Z", 12).as_deref(), Some("2029-02-28T00:00:00.000Z"));
        assert_eq!(after("9999-01-01T00:00:00Z", 24), None);
    }

    #[test]
    fn rfc_3339_in_any_offset_and_nothing_else() {
        for (text, shown) in [
            ("2030-01-02T03:04:05Z", "2030-01-02T03:04:05.000Z"),
            ("2030-01-02t03:04:05.678z", "2030-01-02T03:04:05.678Z"),
            ("2030-01-02T03:04:05.6789123+02:00", "2030-01-02T01:04:05.678Z"),
            ("2030-01-01T23:04:05-04:30", "2030-01-02T03:34:05.000Z"),
        ] {
            assert_eq!(Timestamp::parse(text).map(|t| t.to_string()).as_deref(), Some(shown), "{text}");
        }
        for text in [
            "",
            "tomorrow",
            "2030-01-02",
            "2030-01-02T03:04:05",
            "2030-01-02T03:04:05.",
            "2030-01-02T03:04Z",
            "2030-01-02 03:04:05Z",
            "2030-02-30T03:04:05Z",
            "2030-01-02T25:04:05Z",
            "2030-01-02T03:04:05+99:00",
            "2030-01-02T03:04:05+02",
            "2030-01-02T03:04:05.Z",
            "2030-01-02T03:04:05+02:00[Europe/Paris]",
            "+002030-01-02T03:04:05Z",
            "1900000000",
            "éééééééééT",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_far_future_is_refused() {
        assert!(Timestamp::from_milliseconds(1_900_000_000_000).plus(Duration::from_secs(u64::MAX)).is_err());
        assert!(
            Timestamp::from_milliseconds(1_900_000_000_000).plus(Duration::from_secs(3600 * 24 * 365 * 9000)).is_err()
        );
    }
}

//! Instants in UTC with millisecond precision, as the wire shows them and the store keeps them.

use std::fmt;
use std::time::Duration;

use jiff::civil::{DateTime, date};
use jiff::{SignedDuration, Span};

use super::error::{Error, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp {
    milliseconds: i64,
}

const EPOCH: DateTime = date(1970, 1, 1).at(0, 0, 0, 0);

impl Timestamp {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn from_milliseconds(milliseconds: i64) -> Timestamp {
        Timestamp { milliseconds }
    }

    pub fn milliseconds(self) -> i64 {
        self.milliseconds
    }

    /// From RFC 3339, with any offset up to 23:59 and any number of digits behind the second. `None` for everything else,
    /// much of which parsers would take as well, and for what is beyond the years 0000 to 9999 in UTC.
    pub fn parse(text: &str) -> Option<Timestamp> {
        let (date_time, rest) = text.split_at_checked(19)?;
        let [.., b'-', _, _, b'-', _, _, b'T' | b't', _, _, b':', _, _, b':', _, _] = date_time.as_bytes() else {
            return None;
        };
        let (milliseconds, offset) = match rest.strip_prefix('.') {
            Some(rest) => {
                let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                (milliseconds(&rest[..digits])?, &rest[digits..])
            }
            None => (0, rest),
        };
        let since_epoch = date_time.parse::<DateTime>().ok()?.duration_since(EPOCH);
        let local = Timestamp { milliseconds: since_epoch.as_secs().checked_mul(1000)? + milliseconds };
        local.minus(offset_milliseconds(offset)?)
    }

    fn minus(self, milliseconds: i64) -> Option<Timestamp> {
        Timestamp { milliseconds: self.milliseconds.checked_sub(milliseconds)? }.within_range()
    }

    fn within_range(self) -> Option<Timestamp> {
        self.date_time().filter(|date_time| date_time.year() >= 0).map(|_| self)
    }

    /// In UTC. `None` beyond the year 9999, in either direction.
    fn date_time(self) -> Option<DateTime> {
        EPOCH.checked_add(SignedDuration::from_millis(self.milliseconds)).ok()
    }

    fn of(date_time: DateTime) -> Option<Timestamp> {
        let milliseconds = i64::try_from(date_time.duration_since(EPOCH).as_millis()).ok()?;
        Timestamp { milliseconds }.within_range()
    }

    /// The same day and time of a later month, or that month's last day. `None` beyond what a timestamp can say.
    pub fn plus_months(self, months: i32) -> Option<Timestamp> {
        self.date_time()?.checked_add(Span::new().months(months)).ok().and_then(Timestamp::of)
    }

    /// `Invalid` where the sum lies beyond what a timestamp can say.
    pub fn plus(self, duration: Duration) -> Result<Timestamp> {
        i64::try_from(duration.as_millis())
            .ok()
            .and_then(|milliseconds| self.milliseconds.checked_add(milliseconds))
            .and_then(|milliseconds| Timestamp { milliseconds }.within_range())
            .ok_or_else(|| Error::invalid("That lies too far in the future."))
    }
}

/// Of the digits behind a second's point; there must be one.
fn milliseconds(digits: &str) -> Option<i64> {
    let of_second = digits.bytes().chain(*b"00").take(3).fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    (!digits.is_empty()).then_some(of_second)
}

fn offset_milliseconds(offset: &str) -> Option<i64> {
    let number = |tens: u8, ones: u8| {
        (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
    };
    let (sign, hours, minutes) = match *offset.as_bytes() {
        [b'Z' | b'z'] => return Some(0),
        [b'+', h1, h2, b':', m1, m2] => (1, number(h1, h2)?, number(m1, m2)?),
        [b'-', h1, h2, b':', m1, m2] => (-1, number(h1, h2)?, number(m1, m2)?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60_000)
}

impl fmt::Display for Timestamp {
    /// `2018-04-16T20:42:53.771Z`: three fraction digits and a literal `Z`, which real clients insist on.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date_time = self.date_time().unwrap_or(EPOCH);
        write!(f, "{date_time:.3}Z")
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
        assert_eq!(after("9999-11-30T00:00:00Z", 1).as_deref(), Some("9999-12-30T00:00:00.000Z"));
    }

    #[test]
    fn rfc_3339_in_any_offset_and_nothing_else() {
        for (text, shown) in [
            ("2030-01-02T03:04:05Z", "2030-01-02T03:04:05.000Z"),
            ("2030-01-02t03:04:05.678z", "2030-01-02T03:04:05.678Z"),
            ("2030-01-02T03:04:05.6789123+02:00", "2030-01-02T01:04:05.678Z"),
            ("2030-01-01T23:04:05-04:30", "2030-01-02T03:34:05.000Z"),
            ("2030-01-02T03:04:05.07Z", "2030-01-02T03:04:05.070Z"),
            ("2030-01-02T03:04:05.6789123456789Z", "2030-01-02T03:04:05.678Z"),
            ("2030-01-02T03:04:05-00:00", "2030-01-02T03:04:05.000Z"),
            ("2030-01-02T03:04:05+23:59", "2030-01-01T03:05:05.000Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z"),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"),
            ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z"),
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
            "2030-01-02T03:04:05+24:00",
            "2030-01-02T03:04:05+25:00",
            "2030-01-02T03:04:05+02:60",
            "2030-01-02T03:04:05.+02:00",
            "9999-12-31T23:59:59-00:01",
            "0000-01-01T00:00:00+00:01",
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

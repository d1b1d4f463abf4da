//! Instants in words, with the instant itself for the title.

use std::time::Duration;

use crate::domain::timestamp::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When {
    /// "3 minutes ago", "in 2 days", "on 4 March 2026".
    pub words: String,
    /// RFC 3339, in UTC.
    pub instant: String,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

impl When {
    /// As seen from `now`.
    pub fn new(at: Timestamp, now: Timestamp) -> When {
        let instant = at.to_string();
        let distance = Duration::from_millis(at.milliseconds().abs_diff(now.milliseconds())).as_secs();
        let is_past = at <= now;
        let words = match distance {
            0..MINUTE if is_past => "just now".to_owned(),
            0..MINUTE => "in less than a minute".to_owned(),
            _ => match count(distance) {
                Some(count) if is_past => format!("{count} ago"),
                Some(count) => format!("in {count}"),
                None => format!("on {}", date(&instant)),
            },
        };
        When { words, instant }
    }
}

/// `None` where a date says more: beyond 30 days.
fn count(seconds: u64) -> Option<String> {
    let (count, unit) = match seconds {
        0..HOUR => (seconds / MINUTE, "minute"),
        HOUR..DAY => (seconds / HOUR, "hour"),
        _ => (seconds / DAY, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    (seconds <= 30 * DAY).then(|| format!("{count} {unit}{plural}"))
}

/// `4 March 2026` of `2026-03-04T…`.
fn date(instant: &str) -> String {
    let mut parts = instant.split(['-', 'T']);
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let month = month.and_then(|month| month.parse::<usize>().ok()).and_then(|month| MONTHS.get(month.checked_sub(1)?));
    match (year, month, day) {
        (Some(year), Some(month), Some(day)) => format!("{} {month} {year}", day.trim_start_matches('0')),
        _ => instant.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_in_words() {
        let now = Timestamp::parse("2026-03-31T12:00:00Z").unwrap();
        let words = |text: &str| When::new(Timestamp::parse(text).unwrap(), now).words;
        assert_eq!(words("2026-03-31T12:00:00Z"), "just now");
        assert_eq!(words("2026-03-31T11:59:01Z"), "just now");
        assert_eq!(words("2026-03-31T12:00:01Z"), "in less than a minute");
        assert_eq!(words("2026-03-31T11:59:00Z"), "1 minute ago");
        assert_eq!(words("2026-03-31T11:00:01Z"), "59 minutes ago");
        assert_eq!(words("2026-03-31T10:00:00Z"), "2 hours ago");
        assert_eq!(words("2026-03-30T12:00:00Z"), "1 day ago");
        assert_eq!(words("2026-04-02T12:00:00Z"), "in 2 days");
        assert_eq!(words("2026-01-04T12:00:00Z"), "on 4 January 2026");
        assert_eq!(words("2028-12-24T00:00:00Z"), "on 24 December 2028");
        let when = When::new(now, now);
        assert_eq!(when.instant, "2026-03-31T12:00:00.000Z");
    }
}

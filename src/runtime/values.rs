//! How flags' values are read.

use std::num::NonZeroU32;
use std::time::Duration;

use log::LevelFilter;

use jiff::{Span, SpanRelativeTo};

/// A positive span of time: `30d`, `12h`, `90s`, `1h 30m`. Days have 24 hours.
pub fn duration(text: &str) -> Result<Duration, String> {
    let example = "write it as 30d, 12h or 90s";
    let span: Span = text.parse().map_err(|_| example.to_owned())?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| example.to_owned())?;
    match Duration::try_from(duration) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("it must be greater than 0".to_owned()),
    }
}

/// `on` or `off`.
pub fn switch(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("it is either on or off".to_owned()),
    }
}

/// At least one.
pub fn count(text: &str) -> Result<u32, String> {
    text.parse::<NonZeroU32>().map(NonZeroU32::get).map_err(|_| format!("it is a number from 1 to {}", u32::MAX))
}

/// From `error` to `trace`.
pub fn log_level(text: &str) -> Result<LevelFilter, String> {
    text.parse().map_err(|_| "it is error, warn, info, debug, trace or off".to_owned())
}

/// Requests a second, or `None` for as many as they like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit(pub Option<NonZeroU32>);

const HIGHEST_RATE_LIMIT: u32 = 1_000_000;

/// `30` or `off`.
pub fn rate_limit(text: &str) -> Result<RateLimit, String> {
    if text == "off" {
        return Ok(RateLimit(None));
    }
    match text.parse::<NonZeroU32>() {
        Ok(most) if most.get() <= HIGHEST_RATE_LIMIT => Ok(RateLimit(Some(most))),
        _ => Err(format!("it is either off or a number from 1 to {HIGHEST_RATE_LIMIT}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, seconds) in [("30d", 2_592_000), ("12h", 43_200), ("90s", 90), ("1h 30m", 5400), ("1w", 604_800)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "30", "d", "0s", "-1d", "30 parsecs", "1month", "99999999999d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn counts_and_levels() {
        assert_eq!((count("1"), count("4294967295")), (Ok(1), Ok(u32::MAX)));
        for text in ["", "0", "-1", "many", "1.5", "4294967296"] {
            assert!(count(text).is_err_and(|said| said.contains("from 1 to 4294967295")), "{text}");
        }
        assert_eq!((log_level("warn"), log_level("OFF")), (Ok(LevelFilter::Warn), Ok(LevelFilter::Off)));
        for text in ["", "loud", "3"] {
            assert!(log_level(text).is_err_and(|said| said.contains("warn, info")), "{text}");
        }
    }

    #[test]
    fn rate_limits() {
        assert_eq!(rate_limit("off"), Ok(RateLimit(None)));
        for number in [1, 30, 1_000_000] {
            assert_eq!(rate_limit(&number.to_string()), Ok(RateLimit(NonZeroU32::new(number))));
        }
        for text in ["", "0", "-1", "on", "30/s", "1.5", "1000001", "99999999999"] {
            assert!(rate_limit(text).is_err(), "{text}");
        }
    }
}

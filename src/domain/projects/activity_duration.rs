//! How long something may lie still: `14d`, `24h`.

use crate::domain::error::Problems;

/// For the attribute of projects and workspaces alike, in the service's own words.
pub fn check(text: &str, problems: &mut Problems) {
    let digits = text.strip_suffix(['d', 'h']).unwrap_or("");
    if !(1..=4).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        problems.attribute(
            "auto-destroy-activity-duration",
            "Auto destroy activity duration has an incorrect format, we expect up to 4 numeric digits and 1 unit ('d' \
             or 'h')",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_taken(text: &str) -> bool {
        let mut problems = Problems::default();
        check(text, &mut problems);
        problems.is_empty()
    }

    #[test]
    fn durations() {
        for good in ["1d", "24h", "9999d", "0h"] {
            assert!(is_taken(good), "{good}");
        }
        for bad in ["", "d", "1", "12345d", "1w", "1.5d", "-1d", " 1d", "1dh", "１d"] {
            assert!(!is_taken(bad), "{bad}");
        }
    }
}

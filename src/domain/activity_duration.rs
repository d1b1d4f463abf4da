//! How long something may lie still: `14d`, `24h`.

/// `Err` says what is wrong, in words that can follow the attribute's name.
pub fn check(text: &str) -> Result<(), &'static str> {
    let digits = text.strip_suffix(['d', 'h']).unwrap_or("");
    if (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) {
        Ok(())
    } else {
        Err("must be 1 to 4 digits and `d` or `h`, such as 14d")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for good in ["1d", "24h", "9999d", "0h"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["", "d", "1", "12345d", "1w", "1.5d", "-1d", " 1d", "1dh", "１d"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}

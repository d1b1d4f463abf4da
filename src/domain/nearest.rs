//! What was probably meant by a name that there is not.

/// Below this two names have too little in common to be one.
const LEAST_LIKENESS: f64 = 0.75;

/// The known name that is most like `name`, if one is like it at all.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |known: &'a str| (strsim::normalized_damerau_levenshtein(name, known), known);
    let best = known.map(likeness).max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (best.0 >= LEAST_LIKENESS).then_some(best.1)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_seen_and_another_word_is_not() {
        let known = ["name", "http-url", "api-url", "oauth-token-string", "service-provider", "organization-scoped"];
        let meant = |name: &str| nearest(name, known.into_iter());
        for (slip, name) in [
            ("oauth-token-sting", "oauth-token-string"),
            ("oauth_token_string", "oauth-token-string"),
            ("http-ulr", "http-url"),
            ("nmae", "name"),
            ("service-providor", "service-provider"),
        ] {
            assert_eq!(meant(slip), Some(name), "{slip}");
        }
        for other in ["", "x", "description", "working-directory"] {
            assert_eq!(meant(other), None, "{other}");
        }
        assert_eq!(nearest("name", std::iter::empty()), None);
    }
}

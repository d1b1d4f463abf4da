//! What names may consist of.

use crate::domain::error::Problems;

/// Characters that no name and no description may have: controls, line and paragraph separators, and what puts the text
/// beside it into another order (embeddings, overrides and isolates of direction). Marks of direction and joiners are parts
/// of words in some scripts, and stay allowed.
pub fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// At most `most` characters on one line. An empty text is one, too.
pub fn is_line(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.chars().any(is_hidden)
}

/// A name that is not given is none to check.
pub fn check(name: Option<&str>, most: usize, problems: &mut Problems) {
    if name.is_some_and(|name| name.trim().is_empty()) {
        problems.attribute("name", "`name` is required.");
    } else if name.is_some_and(|name| !is_line(name, most)) {
        problems.attribute("name", format!("`name` must be one line of at most {most} characters."));
    }
}

/// For names that stand in paths and commands without being written in another way: 1 to `most` of `[A-Za-z0-9_-]`.
pub fn is_plain_name(name: &str, most: usize) -> bool {
    (1..=most).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reorders_other_text_is_hidden_and_what_belongs_to_words_is_not() {
        for c in ['\n', '\u{7f}', '\u{85}', '\u{2028}', '\u{2029}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}'] {
            assert!(is_hidden(c), "{c:?}");
        }
        for c in "a ä\u{5d0}\u{200d}\u{200e}\u{200f}\u{61c}\u{2027}\u{202f}\u{1f4a3}".chars() {
            assert!(!is_hidden(c), "{c:?}");
        }
    }

    #[test]
    fn a_line_is_as_long_as_it_may_be_and_no_longer() {
        assert!(is_line("", 0) && is_line("äöü", 3));
        assert!(!is_line("äöü", 2) && !is_line("a\nb", 3) && !is_line("a\u{202e}b", 3));
    }
}

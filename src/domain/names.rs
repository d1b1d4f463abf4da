//! What names may consist of.

use crate::domain::error::Problems;

/// Characters that no name may have, nor a description but for line ends and tabs: controls, line and paragraph separators,
/// and what puts the text beside it into another order (embeddings, overrides and isolates of direction). Marks of direction
/// and joiners are parts of words in some scripts, and stay allowed.
pub fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// As [`is_hidden`], in what may have line ends and tabs.
pub fn is_hidden_in_lines(c: char) -> bool {
    is_hidden(c) && !matches!(c, '\n' | '\r' | '\t')
}

/// What is wrong with a description, which may have more than one line.
pub fn wrong_description(text: &str, most: usize) -> Option<String> {
    if text.chars().count() > most {
        Some(format!("`description` must not be longer than {most} characters."))
    } else if text.chars().any(is_hidden_in_lines) {
        Some(
            "`description` must not contain control characters other than line ends and tabs, nor any that change the \
             direction of text."
                .to_owned(),
        )
    } else {
        None
    }
}

/// At most `most` characters on one line. An empty text is one, too.
pub fn is_line(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.chars().any(is_hidden)
}

/// `None`: nothing to check.
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
    fn descriptions_have_lines_and_nothing_hidden() {
        for good in ["", "one\n\ttwo\r\nthree", "\u{5d0}\u{200f}"] {
            assert_eq!(wrong_description(good, 20), None, "{good:?}");
        }
        for (bad, word) in
            [("a\u{202e}b", "direction"), ("\u{1b}[31m", "control"), ("\0", "control"), ("abcd", "longer")]
        {
            assert!(wrong_description(bad, if word == "longer" { 3 } else { 20 }).unwrap().contains(word), "{bad:?}");
        }
    }

    #[test]
    fn a_line_is_as_long_as_it_may_be_and_no_longer() {
        assert!(is_line("", 0) && is_line("äöü", 3));
        assert!(!is_line("äöü", 2) && !is_line("a\nb", 3) && !is_line("a\u{202e}b", 3));
    }
}

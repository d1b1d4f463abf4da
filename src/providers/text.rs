//! Text from a provider, before it is stored or shown.

/// The longest name or identifier.
pub(super) const MAX_CHARACTERS: usize = 255;

/// A name to show: without invisible characters and marks of direction, cut to [`MAX_CHARACTERS`]. `None` if nothing is
/// left. Markup stays: pages escape what they show.
pub(super) fn name(text: &str) -> Option<String> {
    let seen: String = text.chars().filter(|c| !is_invisible(*c)).take(MAX_CHARACTERS).collect();
    let seen = seen.trim();
    (!seen.is_empty()).then(|| seen.to_owned())
}

/// An identifier, which is used in further calls: as it is or not at all.
pub(super) fn identifier(text: String) -> Option<String> {
    let is_usable = !text.is_empty() && text.chars().count() <= MAX_CHARACTERS && !text.chars().any(is_invisible);
    is_usable.then_some(text)
}

/// Controls, line and paragraph separators, marks of direction and of width zero.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_and_cleaned() {
        assert_eq!(name(" Ada\r\nLovelace\u{202e} ").as_deref(), Some("AdaLovelace"));
        assert_eq!(name("<script>").as_deref(), Some("<script>"));
        assert_eq!(name(&"ü".repeat(10_000)).map(|name| name.chars().count()), Some(MAX_CHARACTERS));
        assert_eq!(name(" \u{200b}\n"), None);
    }

    #[test]
    fn identifiers_are_not_changed() {
        assert_eq!(identifier("acme/infra".to_owned()).as_deref(), Some("acme/infra"));
        for text in [String::new(), "a\nb".to_owned(), "x".repeat(256)] {
            assert_eq!(identifier(text), None);
        }
    }
}

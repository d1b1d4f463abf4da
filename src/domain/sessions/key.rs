//! What a browser shows to be recognised: the value of the session cookie, and the last part of a one-time link.

use crate::domain::secret::Secret;

/// 256 random bits.
const BYTES: usize = 32;
/// In URL-safe base64 without padding.
const CHARACTERS: usize = 43;

/// In the clear. The database knows its digest.
pub struct Key(Secret);

impl Key {
    pub fn from_random(bytes: [u8; BYTES]) -> Key {
        use base64::Engine;
        Key(Secret::new(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// `None` for what cannot be a key: nothing of that shape needs to be looked up.
    pub fn parse(text: &str) -> Option<Key> {
        let has_shape =
            text.len() == CHARACTERS && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        has_shape.then(|| Key(Secret::new(text.to_owned())))
    }

    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back_and_nothing_else_does() {
        let key = Key::from_random([0xff; 32]);
        assert_eq!(Key::parse(key.reveal()).unwrap().reveal(), key.reveal());
        for other in ["", "a", &key.reveal()[1..], &format!("{}a", key.reveal()), &"+".repeat(43), &"é".repeat(22)] {
            assert!(Key::parse(other).is_none(), "{other}");
        }
    }
}

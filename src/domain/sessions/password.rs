//! What a password may be.

use crate::domain::error::Problems;
use crate::domain::secret::Secret;

pub const MIN_CHARACTERS: usize = 12;
/// Long enough for any sentence; a bound, because each byte is hashed.
pub const MAX_BYTES: usize = 1024;

/// A password that is good enough to be set.
pub struct NewPassword(Secret);

impl NewPassword {
    /// `None` only where something was added to `problems`, at the field `new-password`.
    pub fn check(text: &str, username: &str, problems: &mut Problems) -> Option<NewPassword> {
        match wrong(text, username) {
            Some(wrong) => {
                problems.attribute("new-password", wrong);
                None
            }
            None => Some(NewPassword(Secret::new(text.to_owned()))),
        }
    }

    pub fn secret(&self) -> &Secret {
        &self.0
    }
}

fn wrong(text: &str, username: &str) -> Option<&'static str> {
    if text.chars().count() < MIN_CHARACTERS {
        return Some("The password must have 12 characters or more.");
    }
    if text.len() > MAX_BYTES {
        return Some("The password must not be longer than 1024 bytes.");
    }
    let first = text.chars().next();
    if text.chars().all(|c| Some(c) == first) {
        return Some("The password must not be one character repeated.");
    }
    if text.to_lowercase() == username.to_lowercase() {
        return Some("The password must not be the user name.");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords() {
        let wrong = |text: &str| {
            let mut problems = Problems::default();
            let checked = NewPassword::check(text, "Administrator", &mut problems);
            assert_eq!(checked.is_none(), !problems.is_empty());
            checked.is_none()
        };
        for good in ["correct horse", "пароль-пароль", &"ab".repeat(512), "            a"] {
            assert!(!wrong(good), "{good}");
        }
        for bad in ["", "short", "elevenchars", "aaaaaaaaaaaa", "administrator", &"ab".repeat(513)] {
            assert!(wrong(bad), "{bad}");
        }
    }
}

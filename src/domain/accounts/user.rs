//! People with an account.

use sha2::{Digest, Sha256};

use crate::domain::error::{Problems, Result};
use crate::domain::id::UserId;
use crate::domain::names;
use crate::domain::timestamp::Timestamp;

pub const MAX_NAME_CHARACTERS: usize = 255;
pub const MAX_EMAIL_CHARACTERS: usize = 255;

#[derive(Clone, Debug)]
pub struct User {
    /// The row; never on the wire.
    pub number: i64,
    pub id: UserId,
    pub username: String,
    pub email: String,
    pub is_site_admin: bool,
    pub created_at: Timestamp,
}

/// Where a user's picture could be. Made of the id and not of the e-mail address, as it often is elsewhere: others
/// see it, and a digest of an address gives the address away to who guesses it.
pub fn avatar_url(id: &str) -> String {
    let digest = Sha256::digest(id);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("https://www.gravatar.com/avatar/{hex}?s=100&d=mm")
}

#[derive(Debug)]
pub struct NewUser {
    pub username: String,
    pub email: String,
    pub is_site_admin: bool,
}

impl NewUser {
    /// `Invalid` at `username` or `email`.
    pub fn check(self) -> Result<NewUser> {
        let mut problems = Problems::default();
        if let Err(wrong) = check_name(&self.username) {
            problems.attribute("username", format!("`username` {wrong}."));
        }
        if let Err(wrong) = check_email(&self.email) {
            problems.attribute("email", format!("`email` {wrong}."));
        }
        problems.finish().map(|()| self)
    }
}

/// Names that become part of a path: 1 to 255 of `[A-Za-z0-9_-]`.
/// `Err` says what is wrong, in words that can follow the attribute's name.
pub fn check_name(name: &str) -> std::result::Result<(), &'static str> {
    if name.trim().is_empty() {
        return Err("must not be empty");
    }
    if name.chars().count() > MAX_NAME_CHARACTERS {
        return Err("must not be longer than 255 characters");
    }
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
        return Err("may only contain letters, digits, hyphens and underscores");
    }
    Ok(())
}

/// An address that mail could be sent to: `somebody@somewhere`, without blanks and control characters.
pub fn check_email(email: &str) -> std::result::Result<(), &'static str> {
    if email.trim().is_empty() {
        return Err("must not be empty");
    }
    if email.chars().count() > MAX_EMAIL_CHARACTERS {
        return Err("must not be longer than 255 characters");
    }
    let has_shape =
        email.split_once('@').is_some_and(|(local, host)| !local.is_empty() && !host.is_empty() && !host.contains('@'));
    if !has_shape || email.chars().any(|c| names::is_hidden(c) || c.is_whitespace()) {
        return Err("must be an e-mail address");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses() {
        for name in ["a", "my-organization", "tst-0b4ecd0c-3f5b-41d4-a23c-9e6f4aef5d44", "A_1", &"x".repeat(255)] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in ["", " ", "a b", "a/b", "a.b", "ä", "a\n", &"x".repeat(256)] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        for email in ["a@b", "info@tfe.local", "o'neil+x@example.com"] {
            assert_eq!(check_email(email), Ok(()), "{email}");
        }
        for email in ["", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\n", &format!("{}@b", "x".repeat(255))] {
            assert!(check_email(email).is_err(), "{email:?}");
        }
    }
}

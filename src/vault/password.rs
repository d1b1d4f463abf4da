//! Hashes of passwords: argon2id, with a key that is not in the database, so that a stolen database alone allows no
//! guessing.

use std::sync::{Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};

use crate::domain::error::{Error, Result};
use crate::domain::secret::Secret;

/// A hash takes 19 MiB and some 30 ms of a processor: one at a time is enough, and bounds both.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// 19 MiB, two passes, one lane: OWASP's first choice.
fn argon2(key: &[u8; 32]) -> Result<Argon2<'_>> {
    Argon2::new_with_secret(key, Algorithm::Argon2id, Version::V0x13, Params::default())
        .map_err(|e| Error::internal(format!("argon2: {e}")))
}

/// A PHC string: `$argon2id$v=19$m=19456,t=2,p=1$…`.
pub fn hash(key: &[u8; 32], salt: [u8; 16], password: &Secret) -> Result<String> {
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let hash = argon2(key)?.hash_password_with_salt(password.reveal().as_bytes(), &salt);
    hash.map(|hash| hash.to_string()).map_err(|e| Error::internal(format!("a password could not be hashed: {e}")))
}

/// Whether it is the password. Takes as long where there is no hash: the time does not tell which users exist.
pub fn is_right(key: &[u8; 32], stored: Option<&str>, password: &Secret) -> Result<bool> {
    match stored {
        Some(stored) => {
            let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(argon2(key)?.verify_password(password.reveal().as_bytes(), stored).is_ok())
        }
        None => hash(key, [0; 16], password).map(|_| false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_right_under_its_key_alone() {
        let password = Secret::new("correct horse battery".to_owned());
        let stored = hash(&[1; 32], [7; 16], &password).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(is_right(&[1; 32], Some(&stored), &password).unwrap());
        assert!(!is_right(&[2; 32], Some(&stored), &password).unwrap());
        assert!(!is_right(&[1; 32], Some(&stored), &Secret::new("correct horse".to_owned())).unwrap());
        assert!(!is_right(&[1; 32], None, &password).unwrap());
        assert!(!is_right(&[1; 32], Some("nonsense"), &password).unwrap());
    }
}

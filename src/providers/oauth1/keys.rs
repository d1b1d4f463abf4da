//! The RSA keys of an application link.

use pkcs1::DecodeRsaPrivateKey;
use pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use rand::rngs::SysRng;
use rsa::PrivateKey;
use rsa::traits::PublicKeyParts;

use crate::providers::Secret;
use crate::providers::failure::{Failure, Result};

/// What Bitbucket's own documentation makes with openssl.
const GENERATED_BITS: usize = 2048;
/// A larger key would keep a worker busy for long; a smaller one is none.
const USABLE_BITS: std::ops::RangeInclusive<u32> = 1024..=8192;

/// A pair for a client whose user brings none.
#[derive(Debug)]
pub struct KeyPair {
    /// PKCS #8 as PEM, for `secret`.
    pub private_key: Secret,
    /// SPKI as PEM, for `rsa-public-key`: what is pasted into the application link.
    pub public_key: String,
}

/// Takes a second or so, and never takes its randomness from a seed. `Err` where the system gives no randomness.
pub fn generate_key_pair() -> std::result::Result<KeyPair, rsa::Error> {
    let key = PrivateKey::new(&mut SysRng, GENERATED_BITS)?;
    let failed = |_| rsa::Error::Internal;
    let private_key = key.to_pkcs8_pem(LineEnding::LF).map_err(failed)?;
    let public_key = key.to_public_key().to_public_key_pem(LineEnding::LF).map_err(|_| rsa::Error::Internal)?;
    Ok(KeyPair { private_key: Secret::new(private_key.as_str().to_owned()), public_key })
}

/// From PKCS #1 or PKCS #8.
pub(super) fn private_key(pem: &Secret) -> Result<PrivateKey> {
    let text = pem.reveal().trim();
    let key = PrivateKey::from_pkcs8_pem(text).ok().or_else(|| PrivateKey::from_pkcs1_pem(text).ok());
    key.filter(|key| USABLE_BITS.contains(&key.n().bit_width()))
        .ok_or(Failure::Incomplete("secret that is an RSA private key in PEM form, of 1024 to 8192 bits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_pair_reads_back() {
        let pair = generate_key_pair().expect("a pair");
        let key = private_key(&pair.private_key).expect("a key");
        assert_eq!(key.to_public_key().to_public_key_pem(LineEnding::LF).unwrap(), pair.public_key);
        assert!(pair.public_key.starts_with("-----BEGIN PUBLIC KEY-----\n"));
        assert!(!format!("{pair:?}").contains("PRIVATE KEY"));
    }

    #[test]
    fn keys_are_read_in_both_forms_and_nothing_else_is() {
        let file = |name: &str| {
            let path = format!("{}/tests/keys/{name}.pem", env!("CARGO_MANIFEST_DIR"));
            Secret::new(std::fs::read_to_string(path).expect(name))
        };
        assert!(private_key(&file("rsa")).is_ok());
        for name in ["ec", "openssh", "rsa_with_passphrase", "pkcs8_with_passphrase"] {
            assert!(private_key(&file(name)).is_err(), "{name}");
        }
        for text in ["", "secret", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"] {
            assert!(private_key(&Secret::new(text.to_owned())).is_err());
        }
    }
}

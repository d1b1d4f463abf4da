//! SSH private keys: for repositories whose submodules are reached over SSH.

use pkcs1::RsaPrivateKeyRef;
use pkcs8::PrivateKeyInfoRef;
use sec1::EcPrivateKey;
use zeroize::Zeroizing;

use super::new_client::MAX_SECRET_BYTES;
use crate::domain::error::Problems;

/// A private key in PEM form that is usable as it is: RSA, EC, PKCS #8 or OpenSSH, without a passphrase, which no one
/// would be there to type. No smallest size: that is the provider's business.
/// `Err` says what is wrong, in words that can follow the attribute's name.
pub fn check_private_key(text: &str) -> Result<(), &'static str> {
    if text.len() > MAX_SECRET_BYTES {
        return Err("is longer than 65536 bytes");
    }
    let armoured = pem::parse(text).map_err(|_| "is not a private key in PEM form")?;
    let has_headers = armoured.headers().iter().next().is_some();
    let label = armoured.tag().to_owned();
    let bytes = Zeroizing::new(armoured.into_contents());
    let is_key = match label.as_str() {
        // Its headers tell how it is encrypted.
        _ if has_headers => return Err("has a passphrase"),
        "ENCRYPTED PRIVATE KEY" => return Err("has a passphrase"),
        "RSA PRIVATE KEY" => RsaPrivateKeyRef::try_from(bytes.as_slice()).is_ok(),
        "EC PRIVATE KEY" => EcPrivateKey::try_from(bytes.as_slice()).is_ok(),
        "PRIVATE KEY" => PrivateKeyInfoRef::try_from(bytes.as_slice()).is_ok(),
        "OPENSSH PRIVATE KEY" => match ssh_key::PrivateKey::from_bytes(&bytes) {
            Ok(key) if key.is_encrypted() => return Err("has a passphrase"),
            key => key.is_ok(),
        },
        _ => false,
    };
    if is_key { Ok(()) } else { Err("is not a private key") }
}

/// A problem with `ssh-key` where it is none.
pub fn check_ssh_key(text: &str, problems: &mut Problems) {
    if let Err(wrong) = check_private_key(text) {
        // The beginning is the service's own wording.
        problems.attribute("ssh-key", format!("Ssh key is invalid: it {wrong}."));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! key {
        ($name:literal) => {
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/", $name, ".pem"))
        };
    }

    #[test]
    fn keys_of_every_form_however_their_lines_end() {
        for key in [key!("rsa"), key!("ec"), key!("pkcs8"), key!("openssh")] {
            for text in [key.to_owned(), key.trim_end().to_owned(), key.replace('\n', "\r\n"), format!("\n{key}\n\n")] {
                assert_eq!(check_private_key(&text), Ok(()), "{}", &text[..32]);
            }
        }
    }

    #[test]
    fn a_passphrase_is_told() {
        for key in [key!("rsa_with_passphrase"), key!("pkcs8_with_passphrase"), key!("openssh_with_passphrase")] {
            assert_eq!(check_private_key(key), Err("has a passphrase"));
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let rsa = key!("rsa");
        let half = &rsa[..rsa.len() / 2];
        let relabelled = rsa.replace("RSA PRIVATE KEY", "OPENSSH PRIVATE KEY");
        let certificate = rsa.replace("RSA PRIVATE KEY", "CERTIFICATE");
        let damaged = rsa.replacen("MIIC", "MIIB", 1);
        let long = format!("{rsa}{}", " ".repeat(MAX_SECRET_BYTES));
        for text in ["", "x", "92ab7d74-3fd1-4ca7-9fe7-5f1f4c6a1d5b", half, &relabelled, &certificate, &damaged, &long]
        {
            assert!(check_private_key(text).is_err(), "{} characters", text.len());
        }
    }
}

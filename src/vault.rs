//! The master key: seals the secrets that must be used again, and digests the tokens that must only be recognised.
//!
//! The key file holds one key a line, `<purpose> <number> <base64 of 32 bytes>`:
//! `seal` keys encrypt (XChaCha20-Poly1305; the highest number seals, all of them open), the one `digest` key is an
//! HMAC-SHA-256 key and stays when the seal keys are rotated, so that no token dies of it.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use rand::TryRng;
use rand::rngs::SysRng;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::domain::error::{Error, Result};
use crate::domain::secret::{Place, Sealed, Secret};
use crate::domain::token::PlainToken;
use crate::domain::trail_key::TrailKey;

/// How the name of a key file begins that is not whole yet.
pub const TEMPORARY: &str = ".bowline-";
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
/// The first byte of everything sealed: the format.
const FORMAT: u8 = 1;
/// Format, key number, nonce.
const HEADER_BYTES: usize = 1 + 4 + NONCE_BYTES;
const HEADING: &str = "# Bowline master key. Whoever has this file and the database has every secret in it; without \
                       this file the database is of no use. Keep a copy in a safe place.";

type Key = Zeroizing<[u8; KEY_BYTES]>;

pub struct Vault {
    /// Newest last.
    seal: Vec<(u32, Key)>,
    digest: Key,
}

impl Vault {
    pub fn generate() -> Result<Vault> {
        Ok(Vault { seal: vec![(1, random_key()?)], digest: random_key()? })
    }

    /// Reads the key file. Refused where others than its owner could read it.
    pub fn read(path: &Path) -> Result<Vault> {
        let shown = path.display();
        let unreadable = |e: std::io::Error| match e.kind() {
            ErrorKind::NotFound => Error::invalid(format!(
                "There is no master key at {shown}; without it nothing in the database can be opened."
            )),
            _ => Error::invalid(format!("The master key {shown} cannot be read: {e}.")),
        };
        let metadata = fs::metadata(path).map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(Error::invalid(format!("The master key {shown} is not a file.")));
        }
        if metadata.permissions().mode() & 0o077 != 0 {
            return Err(Error::invalid(format!(
                "The master key {shown} is open to other users (mode {:03o}); make it yours alone: chmod 600 {shown}",
                metadata.mode() & 0o777
            )));
        }
        let text = Zeroizing::new(fs::read_to_string(path).map_err(unreadable)?);
        Vault::parse(&text).ok_or_else(|| Error::invalid(format!("{shown} is not a Bowline master key.")))
    }

    fn parse(text: &str) -> Option<Vault> {
        let mut seal = Vec::new();
        let mut digest = None;
        for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            let mut words = line.split_ascii_whitespace();
            let (purpose, number, key) = (words.next()?, words.next()?.parse::<u32>().ok()?, words.next()?);
            let bytes = Zeroizing::new(STANDARD.decode(key).ok()?);
            let key: Key = Zeroizing::new(bytes.as_slice().try_into().ok()?);
            match purpose {
                "seal" if words.next().is_none() => seal.push((number, key)),
                "digest" if words.next().is_none() && digest.is_none() => digest = Some(key),
                _ => return None,
            }
        }
        seal.sort_by_key(|(number, _)| *number);
        let numbers_differ = seal.windows(2).all(|pair| pair[0].0 != pair[1].0);
        if seal.is_empty() || !numbers_differ {
            return None;
        }
        Some(Vault { seal, digest: digest? })
    }

    /// Writes the key to a file of its owner's alone that was not there before, and on to the disk.
    pub fn write_new(&self, path: &Path) -> Result<()> {
        let failed =
            |e: std::io::Error| Error::invalid(format!("The master key cannot be written to {}: {e}.", path.display()));
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut text = Zeroizing::new(format!("{HEADING}\n"));
        for (number, key) in &self.seal {
            text.push_str(&format!("seal {number} {}\n", Zeroizing::new(STANDARD.encode(&key[..])).as_str()));
        }
        text.push_str(&format!("digest 1 {}\n", Zeroizing::new(STANDARD.encode(&self.digest[..])).as_str()));
        let mut file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(directory).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
        file.persist_noclobber(path).map_err(|e| failed(e.error))?;
        fs::File::open(directory).and_then(|d| d.sync_all()).map_err(failed)
    }

    pub fn seal(&self, place: &Place, secret: &Secret) -> Result<Sealed> {
        let Some((number, key)) = self.seal.last() else { return Err(Error::internal("no seal key")) };
        let mut nonce = [0; NONCE_BYTES];
        rand::Rng::fill_bytes(&mut rand::rng(), &mut nonce);
        let bound = bind(place);
        let ciphertext = cipher(key)
            .encrypt(&XNonce::from(nonce), Payload { msg: secret.reveal().as_bytes(), aad: &bound })
            .map_err(|_| Error::internal("a secret could not be sealed"))?;
        let mut bytes = Vec::with_capacity(HEADER_BYTES + ciphertext.len());
        bytes.push(FORMAT);
        bytes.extend_from_slice(&number.to_be_bytes());
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&ciphertext);
        Ok(Sealed(bytes))
    }

    /// `Internal` where it was altered, moved to another place, or sealed under a key that is not in the file. Never a
    /// wrong plaintext.
    pub fn open(&self, place: &Place, sealed: &Sealed) -> Result<Secret> {
        let closed =
            || Error::internal(format!("the sealed {}.{} of {} does not open", place.table, place.column, place.row));
        let (header, ciphertext) = sealed.0.split_at_checked(HEADER_BYTES).ok_or_else(closed)?;
        let (number, nonce) = header[1..].split_at(4);
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| closed())?;
        let key = self.seal.iter().find(|(n, _)| n.to_be_bytes() == number).ok_or_else(closed)?;
        if header[0] != FORMAT {
            return Err(closed());
        }
        let plaintext = cipher(&key.1)
            .decrypt(&XNonce::from(nonce), Payload { msg: ciphertext, aad: &bind(place) })
            .map_err(|_| closed())?;
        String::from_utf8(plaintext).map(Secret::new).map_err(|_| closed())
    }

    /// What is stored of an API token.
    pub fn digest(&self, token: &str) -> [u8; 32] {
        self.mac("bowline api token", token.as_bytes())
    }

    /// Stays with the digest key when the seal keys are rotated, so that the trail goes on in one chain.
    pub fn trail_key(&self) -> TrailKey {
        TrailKey::new(self.mac("bowline audit trail", b""))
    }

    /// The sandbox's token: the same for one key file, so that a restart does not invalidate what was exported.
    pub fn sandbox_token(&self) -> PlainToken {
        let mut block = 0u32;
        let mut bytes: Vec<u8> = Vec::new();
        PlainToken::from_seed(move || {
            if bytes.is_empty() {
                bytes = self.mac("bowline sandbox token", &block.to_be_bytes()).to_vec();
                block += 1;
            }
            bytes.pop().unwrap_or_default()
        })
    }

    fn mac(&self, purpose: &str, message: &[u8]) -> [u8; 32] {
        // An HMAC takes a key of any length: this cannot fail.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.digest[..]) else { unreachable!() };
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(message);
        mac.finalize().into_bytes().into()
    }
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&**key).into())
}

/// None of the parts can hold a NUL, so no two places look alike.
fn bind(place: &Place) -> Vec<u8> {
    ["bowline", place.table, place.column, &place.row, &place.organization].join("\0").into_bytes()
}

fn random_key() -> Result<Key> {
    let mut key: Key = Zeroizing::new([0; KEY_BYTES]);
    SysRng.try_fill_bytes(&mut key[..]).map_err(Error::internal)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(row: &str) -> Place {
        Place { table: "oauth_tokens", column: "token_sealed", row: row.to_owned(), organization: "org-1".to_owned() }
    }

    fn secret() -> Secret {
        Secret::new("4fb3c9a1".to_owned())
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_alone() {
        let vault = Vault::generate().unwrap();
        let sealed = vault.seal(&place("ot-1"), &secret()).unwrap();
        assert_eq!(vault.open(&place("ot-1"), &sealed).unwrap().reveal(), "4fb3c9a1");
        assert!(vault.open(&place("ot-2"), &sealed).is_err());
        assert!(vault.open(&Place { organization: "org-2".to_owned(), ..place("ot-1") }, &sealed).is_err());
        assert!(Vault::generate().unwrap().open(&place("ot-1"), &sealed).is_err());
    }

    #[test]
    fn every_flipped_or_missing_byte_is_noticed() {
        let vault = Vault::generate().unwrap();
        let sealed = vault.seal(&place("ot-1"), &secret()).unwrap();
        for n in 0..sealed.0.len() {
            let mut altered = sealed.clone();
            altered.0[n] ^= 1;
            assert!(vault.open(&place("ot-1"), &altered).is_err(), "byte {n}");
            assert!(vault.open(&place("ot-1"), &Sealed(sealed.0[..n].to_vec())).is_err(), "first {n} bytes");
        }
    }

    #[test]
    fn the_same_secret_never_looks_the_same() {
        let vault = Vault::generate().unwrap();
        let sealed: std::collections::HashSet<Vec<u8>> =
            (0..1000).map(|_| vault.seal(&place("ot-1"), &secret()).unwrap().0).collect();
        assert_eq!(sealed.len(), 1000);
    }

    #[test]
    fn a_key_file_reads_back_and_only_its_owner_can() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        let vault = Vault::generate().unwrap();
        vault.write_new(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let again = Vault::read(&path).unwrap();
        assert_eq!(again.digest("x"), vault.digest("x"));
        let sealed = vault.seal(&place("ot-1"), &secret()).unwrap();
        assert!(again.open(&place("ot-1"), &sealed).is_ok());
        assert!(vault.write_new(&path).is_err(), "an existing key is never overwritten");

        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let refused = Vault::read(&path).err().unwrap().to_string();
        assert!(refused.contains("chmod 600"), "{refused}");
    }

    #[test]
    fn nonsense_is_not_a_key_file() {
        let key = STANDARD.encode([7; 32]);
        for text in [
            "",
            "seal 1",
            &format!("seal 1 {key}"),
            &format!("digest 1 {key}"),
            &format!("seal 1 {key}\nseal 1 {key}\ndigest 1 {key}"),
            &format!("seal 1 {key} x\ndigest 1 {key}"),
            &format!("seal -1 {key}\ndigest 1 {key}"),
            &format!("seal 1 {}\ndigest 1 {key}", STANDARD.encode([7; 31])),
            &format!("seal 1 {key}\ndigest 1 {key}\nextra"),
        ] {
            assert!(Vault::parse(text).is_none(), "{text}");
        }
        assert!(Vault::parse(&format!("# comment\n\nseal 2 {key}\nseal 1 {key}\ndigest 1 {key}\n")).is_some());
    }

    #[test]
    fn one_key_file_has_one_sandbox_token() {
        let vault = Vault::generate().unwrap();
        assert_eq!(vault.sandbox_token().reveal(), vault.sandbox_token().reveal());
        assert_ne!(vault.sandbox_token().reveal(), Vault::generate().unwrap().sandbox_token().reveal());
    }
}

//! The master key: seals secrets that are needed again, and computes digests of tokens that only have to be recognised.
//!
//! The key file holds one key a line, `<purpose> <number> <base64 of 32 bytes>`:
//! `seal` keys encrypt (XChaCha20-Poly1305; the highest number seals, all of them open), the one `digest` key is an
//! HMAC-SHA-256 key. It stays when the seal keys are rotated, so that API tokens stay valid.

mod key_file;
mod password;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::domain::accounts::api_token::PlainToken;
use crate::domain::audit::trail_key::TrailKey;
use crate::domain::error::{Error, Result};
use crate::domain::secret::{Place, Sealed, Secret};
use crate::domain::sessions::key::Key as SessionKey;
use key_file::Identity;
pub use key_file::{Keys, LockedKeyFile, is_open_to_others};

/// The prefix of temporary files.
pub const TEMPORARY: &str = ".bowline-";
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
/// The first byte of every sealed value: the format.
const FORMAT: u8 = 1;
/// Format, key number, nonce.
const HEADER_BYTES: usize = 1 + 4 + NONCE_BYTES;

type Key = Zeroizing<[u8; KEY_BYTES]>;

pub struct Vault {
    /// None: the keys are in memory only.
    file: Option<PathBuf>,
    loaded: RwLock<Loaded>,
    /// The digest key never changes.
    digest: Key,
}

#[derive(Clone)]
struct Loaded {
    keys: Arc<Keys>,
    /// The state of the file that was read last, valid or not.
    seen: Option<Identity>,
}

impl Vault {
    pub fn new(keys: Keys) -> Vault {
        Vault::of(keys, None, None)
    }

    /// Reads the key file. It is checked again before each sealing, because a rotation adds a key to it.
    pub fn read(path: &Path) -> Result<Vault> {
        let (keys, seen) = Keys::read(path)?;
        Ok(Vault::of(keys, Some(path.to_owned()), Some(seen)))
    }

    fn of(keys: Keys, file: Option<PathBuf>, seen: Option<Identity>) -> Vault {
        Vault { file, digest: keys.digest.clone(), loaded: RwLock::new(Loaded { keys: Arc::new(keys), seen }) }
    }

    /// Seals under the newest key in the key file.
    pub fn seal(&self, place: &Place, secret: &Secret) -> Result<Sealed> {
        let keys = self.keys_of_now();
        let Some((number, key)) = keys.seal.last() else { return Err(Error::internal("no seal key")) };
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

    /// The keys in the file, read again if the file has changed. If it cannot be used, the keys that were read before: the
    /// database refuses values that are sealed under a retired key.
    fn keys_of_now(&self) -> Arc<Keys> {
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(path) = &self.file else { return loaded.keys };
        let found = fs::metadata(path).ok().map(|metadata| Identity::of(&metadata));
        if found == loaded.seen {
            return loaded.keys;
        }
        let read = Keys::read(path).and_then(|(keys, seen)| {
            if keys.digest == self.digest {
                return Ok((keys, seen));
            }
            Err(Error::invalid(format!("{} is another installation's master key.", path.display())))
        });
        let again = match read {
            Ok((keys, seen)) => {
                if keys.newest() != loaded.keys.newest() {
                    log::info!("{} has key {}: new secrets are sealed under it", path.display(), keys.newest());
                }
                Loaded { keys: Arc::new(keys), seen: Some(seen) }
            }
            Err(e) => {
                log::error!("keeping the keys that were read before: {e}");
                // An invalid file is not read again until it changes. A file that could not be read is tried again.
                let seen = if fs::File::open(path).is_ok() { found } else { loaded.seen };
                Loaded { keys: loaded.keys, seen }
            }
        };
        let keys = Arc::clone(&again.keys);
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = again;
        keys
    }

    /// `Internal` if the value was altered, moved to another place, or sealed under a key that is not in the file. Never
    /// returns a wrong plaintext.
    pub fn open(&self, place: &Place, sealed: &Sealed) -> Result<Secret> {
        let closed = |why: &str| {
            let Place { table, column, row, .. } = place;
            Error::internal(format!("the sealed {table}.{column} of {row} does not open: {why}"))
        };
        let altered = || closed("it was altered, or sealed for another place");
        let (header, ciphertext) = sealed.0.split_at_checked(HEADER_BYTES).ok_or_else(altered)?;
        if header[0] != FORMAT {
            return Err(closed(&format!("it has the unknown format {}", header[0])));
        }
        let nonce: [u8; NONCE_BYTES] = header[5..].try_into().map_err(|_| altered())?;
        let number = key_number(sealed).ok_or_else(altered)?;
        let mut keys = Arc::clone(&self.loaded.read().unwrap_or_else(PoisonError::into_inner).keys);
        if !keys.has(number) {
            // A rotation beside this process has sealed it anew.
            keys = self.keys_of_now();
        }
        let key = keys.seal.iter().find(|(n, _)| *n == number);
        let key = key.ok_or_else(|| closed(&format!("key {number} is not in the key file")))?;
        let plaintext = cipher(&key.1)
            .decrypt(&XNonce::from(nonce), Payload { msg: ciphertext, aad: &bind(place) })
            .map_err(|_| altered())?;
        String::from_utf8(plaintext).map(Secret::new).map_err(|_| altered())
    }

    /// Whether the key with this number is known: values sealed under it can be opened.
    pub fn has_key(&self, number: u32) -> bool {
        self.loaded.read().unwrap_or_else(PoisonError::into_inner).keys.has(number)
    }

    /// The digest that is stored in place of an API token.
    pub fn digest(&self, token: &str) -> [u8; 32] {
        self.mac("bowline api token", token.as_bytes())
    }

    /// What the database knows of a browser's session.
    pub fn session_digest(&self, key: &SessionKey) -> [u8; 32] {
        self.mac("bowline session", key.reveal().as_bytes())
    }

    /// What the database knows of a one-time link.
    pub fn link_digest(&self, key: &SessionKey) -> [u8; 32] {
        self.mac("bowline sign-in link", key.reveal().as_bytes())
    }

    /// The token that a session's forms carry: of no use with another session, and kept nowhere.
    pub fn csrf_token(&self, key: &SessionKey) -> String {
        hex(&self.mac("bowline csrf token", key.reveal().as_bytes()))
    }

    /// The UUID of a callback URL that a form shows before its client exists. Only the same session with the same value
    /// leads to it again.
    pub fn callback(&self, session: &[u8; 32], nonce: &SessionKey) -> Uuid {
        let mac = self.mac("bowline callback", &[&session[..], nonce.reveal().as_bytes()].concat());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&mac[..16]);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// What the database knows of a web flow: `mark` is its state, or its request token.
    pub fn flow_digest(&self, mark: &str) -> [u8; 32] {
        self.mac("bowline web flow", mark.as_bytes())
    }

    /// The PKCE verifier of the flow with this state: 64 unreserved characters. It is stored nowhere, and does not show in
    /// the state.
    pub fn pkce_verifier(&self, state: &SessionKey) -> Secret {
        Secret::new(hex(&self.mac("bowline pkce verifier", state.reveal().as_bytes())))
    }

    /// As a PHC string.
    pub fn hash_password(&self, password: &Secret) -> Result<String> {
        password::hash(&self.mac("bowline password", b""), rand::random(), password)
    }

    /// Whether it is the password behind `stored`; false where there is none, after as long a time.
    pub fn is_password(&self, stored: Option<&str>, password: &Secret) -> Result<bool> {
        password::is_right(&self.mac("bowline password", b""), stored, password)
    }

    /// Stays with the digest key when the seal keys are rotated, so that the trail goes on in one chain.
    pub fn trail_key(&self) -> TrailKey {
        TrailKey::new(self.mac("bowline audit trail", b""))
    }

    /// The sandbox's token: the same for one key file, so that a restart does not invalidate what was exported. A new one at
    /// each start would also accumulate. A person who has the key file can compute it, and could open every secret anyway.
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

fn hex(mac: &[u8; 32]) -> String {
    mac.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The number of the key that a value is sealed under; `None` if it is not a sealed value.
pub fn key_number(sealed: &Sealed) -> Option<u32> {
    Some(u32::from_be_bytes(sealed.0.get(1..5)?.try_into().ok()?))
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&**key).into())
}

/// No part can contain a NUL, so different places give different bytes.
fn bind(place: &Place) -> Vec<u8> {
    ["bowline", place.table, place.column, &place.row, &place.organization].join("\0").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(row: &str) -> Place {
        Place { table: "oauth_tokens", column: "token_sealed", row: row.to_owned(), organization: "org-1".to_owned() }
    }

    fn fresh() -> Vault {
        Vault::new(Keys::generate().unwrap())
    }

    fn secret() -> Secret {
        Secret::new("4fb3c9a1".to_owned())
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_alone() {
        let vault = fresh();
        let sealed = vault.seal(&place("ot-1"), &secret()).unwrap();
        assert_eq!(vault.open(&place("ot-1"), &sealed).unwrap().reveal(), "4fb3c9a1");
        assert!(vault.open(&place("ot-2"), &sealed).is_err());
        assert!(vault.open(&Place { organization: "org-2".to_owned(), ..place("ot-1") }, &sealed).is_err());
        assert!(fresh().open(&place("ot-1"), &sealed).is_err());
    }

    #[test]
    fn every_flipped_or_missing_byte_is_noticed() {
        let vault = fresh();
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
        let vault = fresh();
        let sealed: std::collections::HashSet<Vec<u8>> =
            (0..1000).map(|_| vault.seal(&place("ot-1"), &secret()).unwrap().0).collect();
        assert_eq!(sealed.len(), 1000);
    }

    #[test]
    fn what_is_sealed_after_the_file_has_a_new_key_is_sealed_under_that() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        Keys::generate().unwrap().write_new(&path).unwrap();
        let vault = Vault::read(&path).unwrap();
        let number = || key_number(&vault.seal(&place("ot-1"), &secret()).unwrap());
        assert_eq!(number(), Some(1));
        let mut file = LockedKeyFile::take(&path).unwrap().unwrap();
        let mut keys = file.keys().clone();
        keys.add().unwrap();
        file.replace(keys).unwrap();
        let other = Vault::read(&path).unwrap();
        assert_eq!(number(), Some(2));
        let mut file_again = file.keys().clone();
        file_again.add().unwrap();
        file.replace(file_again).unwrap();
        let sealed = Vault::read(&path).unwrap().seal(&place("ot-1"), &secret()).unwrap();
        assert_eq!(key_number(&sealed), Some(3));
        assert_eq!(other.open(&place("ot-1"), &sealed).unwrap().reveal(), "4fb3c9a1", "it reads the file again");

        // An invalid file, or another installation's: the keys that were read before stay in use.
        fs::write(&path, "nonsense").unwrap();
        assert_eq!(number(), Some(2));
        fs::remove_file(&path).unwrap();
        assert_eq!(number(), Some(2));
        Keys::generate().unwrap().write_new(&path).unwrap();
        assert_eq!(number(), Some(2));
    }

    #[test]
    fn one_key_file_has_one_sandbox_token() {
        let vault = fresh();
        assert_eq!(vault.sandbox_token().reveal(), vault.sandbox_token().reveal());
        assert_ne!(vault.sandbox_token().reveal(), fresh().sandbox_token().reveal());
    }
}

//! The certificates that a server is started with.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use clap::builder::FalseyValueParser;
use jiff::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_cert::certificate::Certificate;
use x509_cert::der::Decode;
use zeroize::Zeroizing;

use crate::domain::error::{Error, Result};
use crate::gate::tls::{Identity, Tls};
use crate::vault::is_open_to_others;

#[derive(Args, Clone)]
pub struct TlsOptions {
    /// The certificate for https with its chain, as PEM; reloaded on SIGHUP
    #[arg(long, env = "BOWLINE_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key, as PEM without a passphrase; reloaded on SIGHUP
    #[arg(long, env = "BOWLINE_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Use https with a certificate made for this sandbox, in the data directory
    #[arg(long, env = "BOWLINE_TLS_SELF_SIGNED", value_parser = FalseyValueParser::new())]
    tls_self_signed: bool,
}

/// How connections are to be encrypted.
pub enum Encryption {
    None,
    Files(Certificates),
    /// With a certificate that is made, or found, once the data directory is ours.
    SelfSigned,
}

/// What was read from two files, which can be read anew.
#[derive(Clone)]
pub struct Certificates {
    files: PemFiles,
    pub tls: Arc<Tls>,
}

/// A chain of certificates and its key.
#[derive(Clone)]
pub struct PemFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl TlsOptions {
    pub fn are_given(&self) -> bool {
        self.tls_self_signed || self.tls_cert.is_some() || self.tls_key.is_some()
    }

    /// Reads what there is to read, before anything is made or changed.
    pub fn read(&self) -> Result<Encryption> {
        match (&self.tls_cert, &self.tls_key, self.tls_self_signed) {
            (None, None, false) => Ok(Encryption::None),
            (None, None, true) => Ok(Encryption::SelfSigned),
            (Some(_), None, _) => Err(Error::invalid("--tls-cert needs --tls-key.")),
            (None, Some(_), _) => Err(Error::invalid("--tls-key needs --tls-cert.")),
            (Some(_), Some(_), true) => {
                Err(Error::invalid("Either --tls-cert and --tls-key or --tls-self-signed, not both."))
            }
            (Some(certificate), Some(key), false) => {
                let files = PemFiles { certificate: certificate.clone(), key: key.clone() };
                let tls = Arc::new(Tls::new(files.read()?.identity));
                Ok(Encryption::Files(Certificates { files, tls }))
            }
        }
    }
}

impl Encryption {
    pub fn scheme(&self) -> &'static str {
        if matches!(self, Encryption::None) { "http" } else { "https" }
    }
}

impl Certificates {
    /// For new connections from now on. What cannot be used is left aside.
    pub fn reload(&self) {
        match self.files.read() {
            Ok(read) => {
                self.tls.replace(read.identity);
                log::info!("reloaded {} and its key", self.files.certificate.display());
            }
            Err(e) => log::error!("the certificate was not reloaded: {}", e.told_to_operators()),
        }
    }
}

/// What two files hold.
pub struct Pair {
    pub identity: Identity,
    pub leaf: CertificateDer<'static>,
    pub not_after: Timestamp,
}

impl PemFiles {
    /// Refused where others than its owner could read the key.
    pub fn read(&self) -> Result<Pair> {
        let shown = self.certificate.display();
        let chain: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(&read(&self.certificate, "certificate")?)
                .collect::<std::result::Result<_, _>>()
                .map_err(|e| Error::invalid(format!("The certificate {shown} is not PEM: {e}.")))?;
        let Some(leaf) = chain.first().cloned() else {
            return Err(Error::invalid(format!("{shown} contains no certificate in PEM form.")));
        };
        let key = self.read_key()?;
        let parsed = Certificate::from_der(&leaf)
            .map_err(|e| Error::invalid(format!("The certificate {shown} is not well-formed: {e}.")))?;
        let identity = Identity::new(chain, key).map_err(|e| match e {
            rustls::Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch) => {
                Error::invalid(format!("{} is not the key of the certificate in {shown}.", self.key.display()))
            }
            e => Error::invalid(format!("{shown} and {} cannot be used: {e}.", self.key.display())),
        })?;
        let validity = parsed.tbs_certificate().validity();
        let at = |time: &x509_cert::time::Time| {
            Timestamp::from_second(time.to_unix_duration().as_secs() as i64).unwrap_or(Timestamp::MAX)
        };
        let (not_before, not_after) = (at(&validity.not_before), at(&validity.not_after));
        let now = Timestamp::now();
        if now > not_after {
            log::warn!("the certificate {shown} expired at {not_after}: clients will refuse it");
        } else if now < not_before {
            log::warn!("the certificate {shown} is not valid before {not_before}: until then clients will refuse it");
        }
        Ok(Pair { identity, leaf, not_after })
    }

    fn read_key(&self) -> Result<PrivateKeyDer<'static>> {
        let shown = self.key.display();
        let text = Zeroizing::new(read(&self.key, "private key")?);
        let mode = fs::metadata(&self.key).map_err(|e| unreadable(&self.key, "private key", &e))?.mode() & 0o777;
        if is_open_to_others(&self.key, mode) {
            return Err(Error::invalid(format!(
                "The private key {shown} is open to other users (mode {mode:03o}); run: chmod 600 {shown}"
            )));
        }
        PrivateKeyDer::from_pem_slice(&text).map_err(|_| {
            Error::invalid(format!(
                "{shown} contains no private key in PEM form without a passphrase (PKCS#8, PKCS#1 or SEC1)."
            ))
        })
    }
}

/// The bytes of a file with certificates or a key. `Invalid` for what is no file: a pipe would block.
pub fn read(path: &Path, what: &str) -> Result<Vec<u8>> {
    let metadata = fs::metadata(path).map_err(|e| unreadable(path, what, &e))?;
    if !metadata.is_file() {
        return Err(Error::invalid(format!("The {what} {} is not a file.", path.display())));
    }
    fs::read(path).map_err(|e| unreadable(path, what, &e))
}

fn unreadable(path: &Path, what: &str, e: &io::Error) -> Error {
    let shown = path.display();
    match e.kind() {
        ErrorKind::NotFound => Error::invalid(format!("There is no {what} at {shown}.")),
        ErrorKind::PermissionDenied => Error::invalid(format!(
            "The {what} {shown} cannot be read: {e}. Start the server as a user that may read it; the package's service \
             takes it from systemd, as /usr/share/doc/bowline/examples/tls.conf shows."
        )),
        _ => Error::invalid(format!("The {what} {shown} cannot be read: {e}.")),
    }
}

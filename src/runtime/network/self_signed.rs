//! The certificate of a sandbox: made by the server itself, for clients that are told to trust it.

use std::fs::File;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rustls::pki_types::ServerName;
use rustls::server::ParsedCertificate;

use super::tls::{Pair, PemFiles};
use crate::app::PublicUrl;
use crate::domain::error::{Error, Result};
use crate::gate::tls::Tls;
use crate::runtime::data_dir::{CERTIFICATE, CERTIFICATE_KEY, DataDir, Lock};
use crate::vault::TEMPORARY;

const VALID: SignedDuration = SignedDuration::from_hours(365 * 24);
/// One that ends sooner is made anew.
const LEFT_AT_START: SignedDuration = SignedDuration::from_hours(30 * 24);
/// For clients whose clock is behind.
const BEFORE: SignedDuration = SignedDuration::from_hours(24);

pub struct SelfSigned {
    pub tls: Arc<Tls>,
    /// Where the certificate lies, from the root.
    pub certificate: PathBuf,
}

impl SelfSigned {
    /// The one of the data directory, or a new one where there is none that serves for another month and these names.
    pub fn find_or_make(data_dir: &DataDir, _lock: &Lock, listen: SocketAddr, url: &PublicUrl) -> Result<SelfSigned> {
        let inside = |name| data_dir.path().join(name);
        let files = PemFiles { certificate: inside(CERTIFICATE), key: inside(CERTIFICATE_KEY) };
        let names = names(listen, url);
        let pair = match files.read() {
            Ok(pair) if serves(&pair, &names) => pair,
            _ => {
                make(&files, &names)?;
                log::info!("made a certificate for {}", names.join(", "));
                files.read()?
            }
        };
        let certificate = std::path::absolute(&files.certificate).map_err(Error::internal)?;
        log::info!(
            "clients must trust {0}: curl --cacert {0}, or SSL_CERT_FILE={0} for go-tfe and terraform",
            certificate.display()
        );
        Ok(SelfSigned { tls: Arc::new(Tls::new(pair.identity)), certificate })
    }
}

/// All that this server may be called.
fn names(listen: SocketAddr, url: &PublicUrl) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let listening = (!listen.ip().is_unspecified()).then(|| listen.ip().to_string());
    for name in listening.into_iter().chain([url.host()]) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn serves(pair: &Pair, names: &[String]) -> bool {
    let Ok(certificate) = ParsedCertificate::try_from(&pair.leaf) else { return false };
    let has = |name: &String| {
        ServerName::try_from(name.as_str())
            .is_ok_and(|name| rustls::client::verify_server_name(&certificate, &name).is_ok())
    };
    names.iter().all(has) && Timestamp::now() + LEFT_AT_START < pair.not_after
}

fn make(files: &PemFiles, names: &[String]) -> Result<()> {
    let failed =
        |e: rcgen::Error| Error::invalid(format!("A certificate for {} cannot be made: {e}.", names.join(", ")));
    let mut params = CertificateParams::new(names).map_err(failed)?;
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, "Bowline sandbox");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let now = Timestamp::now();
    let day = |at: Timestamp| {
        let date = TimeZone::UTC.to_datetime(at).date();
        rcgen::date_time_ymd(i32::from(date.year()), date.month() as u8, date.day() as u8)
    };
    (params.not_before, params.not_after) = (day(now - BEFORE), day(now + VALID));
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = params.self_signed(&key).map_err(failed)?;
    // The key first: a certificate without its key is made anew, and so is one with another's.
    write(&files.key, &zeroize::Zeroizing::new(key.serialize_pem()))?;
    write(&files.certificate, &certificate.pem())
}

/// Whole, or as it was; readable by its owner only.
fn write(path: &Path, text: &str) -> Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let written = || -> io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(directory)?;
        file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all())?;
        file.persist(path).map_err(|e| e.error)?;
        File::open(directory)?.sync_all()
    };
    written().map_err(|e| Error::invalid(format!("{} cannot be written: {e}.", path.display())))
}

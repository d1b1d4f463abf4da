//! Which certificate authorities are trusted: those of the system, and those of `--provider-ca`.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{CertificateError, RootCertStore};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::providers::failure::{Failure, TlsFault};

/// The certificates of a PEM file. `Err` says what is wrong with it, in words that can follow the file's name.
pub(super) fn bundle(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut certificates = Vec::new();
    for (n, certificate) in CertificateDer::pem_slice_iter(pem).enumerate() {
        let certificate =
            certificate.map_err(|_| format!("has a certificate that cannot be read (number {})", n + 1))?;
        let is_usable = RootCertStore::empty().add(certificate.clone()).is_ok();
        if !is_usable {
            return Err(format!("has a certificate that cannot be used (number {})", n + 1));
        }
        certificates.push(certificate);
    }
    if certificates.is_empty() { Err("has no certificate in PEM form".to_owned()) } else { Ok(certificates) }
}

pub(super) fn config(bundle: &[CertificateDer<'static>]) -> TlsConfig {
    // Files of the system's store that cannot be read are skipped, so that one bad file does not stop all calls.
    let system = rustls_native_certs::load_native_certs().certs;
    let roots: Vec<_> = system.iter().chain(bundle).map(|der| Certificate::from_der(der).to_owned()).collect();
    TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&roots))
        .unversioned_rustls_crypto_provider(std::sync::Arc::new(rustls::crypto::ring::default_provider()))
        .build()
}

pub(super) fn failure(error: &rustls::Error) -> Failure {
    let rustls::Error::InvalidCertificate(problem) = error else { return Failure::Tls(TlsFault::Other) };
    Failure::Tls(match problem {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsFault::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => TlsFault::NotYetValid,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => TlsFault::WrongName,
        // An authority may be known by its name and have another key.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => TlsFault::UnknownIssuer,
        _ => TlsFault::Other,
    })
}

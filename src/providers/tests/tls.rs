//! Certificates: who is believed.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::channel;
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;

struct Certificate {
    chain: Vec<rustls::pki_types::CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn signed_by(
    authority: &CertifiedIssuer<'static, KeyPair>,
    change: impl FnOnce(&mut CertificateParams),
) -> Certificate {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["git.test".to_owned()]).unwrap();
    change(&mut params);
    let certificate = params.signed_by(&key, authority).unwrap();
    Certificate { chain: vec![certificate.der().clone()], key: PrivatePkcs8KeyDer::from(key.serialize_der()).into() }
}

fn self_signed() -> Certificate {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["git.test".to_owned()]).unwrap().self_signed(&key).unwrap();
    Certificate { chain: vec![certificate.der().clone()], key: PrivatePkcs8KeyDer::from(key.serialize_der()).into() }
}

/// Asks one server with this certificate who the user is. Gives also the name that the client asked the server for, if
/// a request has come.
fn ask(certificate: Certificate, ca_bundle: Option<Vec<u8>>) -> (Result<User>, Option<String>) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(certificate.chain, certificate.key).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = channel();
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut stream = StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), stream);
        let mut bytes = [0; 4096];
        // A handshake that fails is what some of the tests are about.
        if stream.read(&mut bytes).is_ok_and(|n| n > 0) {
            tell.send(stream.conn.server_name().map(str::to_owned)).unwrap();
            let _ = stream.write_all(&imitation::json(200, r#"{"login": "ada"}"#));
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    });
    let settings = Settings { ca_bundle, ..settings(&["127.0.0.1"]) };
    let outbound = outbound_for(move |_, _| vec![address], settings);
    let url = format!("https://git.test:{}", address.port());
    let endpoints = Endpoints::of(ServiceProvider::GitHub, &url, &url, None).unwrap();
    let user = of_kind(ServiceProvider::GitHub, endpoints, &outbound).user(&Access::Stored(&secret("t")), None);
    server.join().unwrap();
    (user, told.try_recv().ok().flatten())
}

#[test]
fn an_authority_of_the_bundle_is_believed() {
    let authority = authority();
    let (user, name) = ask(signed_by(&authority, |_| ()), Some(authority.pem().into_bytes()));
    assert_eq!(user.unwrap().name, "ada");
    assert_eq!(name.as_deref(), Some("git.test"), "the name is asked for, although the connection goes to an address");
}

#[test]
fn everything_else_is_refused_before_anything_is_sent() {
    let authority = authority();
    let bundle = || Some(authority.pem().into_bytes());
    let expired = signed_by(&authority, |params| {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    });
    let early = signed_by(&authority, |params| params.not_before = date_time_ymd(2999, 1, 1));
    let other_name = signed_by(&authority, |params| {
        *params = CertificateParams::new(vec!["other.test".to_owned()]).unwrap();
    });
    for (certificate, bundle, fault) in [
        (self_signed(), None, TlsFault::UnknownIssuer),
        (self_signed(), bundle(), TlsFault::UnknownIssuer),
        (signed_by(&authority, |_| ()), None, TlsFault::UnknownIssuer),
        (expired, bundle(), TlsFault::Expired),
        (early, bundle(), TlsFault::NotYetValid),
        (other_name, bundle(), TlsFault::WrongName),
    ] {
        let (user, name) = ask(certificate, bundle);
        assert_eq!(user, Err(Failure::Tls(fault)));
        assert_eq!(name, None, "a request has come");
    }
}

#[test]
fn a_bundle_that_cannot_be_used_is_found_at_the_start() {
    let with = |pem: &str| {
        let settings = Settings { ca_bundle: Some(pem.as_bytes().to_vec()), ..Settings::default() };
        Outbound::new(settings, environment()).map(|_| ())
    };
    let good = authority().pem();
    assert_eq!(with(&good), Ok(()));
    assert_eq!(with(&format!("# the company's\n{good}\n{good}")), Ok(()));
    for bad in ["", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(with(bad).is_err(), "{bad}");
    }
    assert!(with(&format!("{good}-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n")).is_err());
}

//! TLS: who is let in by it, and who does not hold the others up.

mod deadlines;

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair, SignatureAlgorithm};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion};

use crate::harness::{Server, Signal, bowline, temporary};

const PING: &[u8] = b"GET /api/v2/ping HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
const SANDBOX: &str = "tls-self-signed.pem";

/// A certificate for localhost and its key, in files.
fn issue(directory: &Path, key: &KeyPair) -> (PathBuf, PathBuf) {
    issue_with(directory, key, |_| ())
}

fn issue_with(directory: &Path, key: &KeyPair, set: impl FnOnce(&mut CertificateParams)) -> (PathBuf, PathBuf) {
    let mut params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    set(&mut params);
    let files = (directory.join("cert.pem"), directory.join("key.pem"));
    fs::write(&files.0, params.self_signed(key).unwrap().pem()).unwrap();
    fs::write(&files.1, key.serialize_pem()).unwrap();
    fs::set_permissions(&files.1, Permissions::from_mode(0o600)).unwrap();
    files
}

fn flags((certificate, key): &(PathBuf, PathBuf)) -> [String; 4] {
    let text = |path: &PathBuf| path.to_str().unwrap().to_owned();
    ["--tls-cert".to_owned(), text(certificate), "--tls-key".to_owned(), text(key)]
}

fn demo(files: &(PathBuf, PathBuf)) -> Server {
    Server::demo_with(&flags(files).each_ref().map(String::as_str))
}

type Secure = StreamOwned<ClientConnection, TcpStream>;

fn secure(server: &Server, certificate: &Path, versions: &[&'static SupportedProtocolVersion]) -> Secure {
    StreamOwned::new(client(certificate, versions), server.connect())
}

fn client(certificate: &Path, versions: &[&'static SupportedProtocolVersion]) -> ClientConnection {
    ClientConnection::new(trusting(certificate, versions), ServerName::try_from("localhost").unwrap()).unwrap()
}

/// What a client goes by that trusts this certificate alone.
pub fn trusting(certificate: &Path, versions: &[&'static SupportedProtocolVersion]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
    Arc::new(config.with_root_certificates(roots).with_no_client_auth())
}

/// An orderly end is part of it: without close_notify, reading to the end would fail.
fn ping(
    server: &Server,
    certificate: &Path,
    versions: &[&'static SupportedProtocolVersion],
) -> std::io::Result<String> {
    said(server, certificate, versions, PING)
}

fn said(
    server: &Server,
    certificate: &Path,
    versions: &[&'static SupportedProtocolVersion],
    request: &[u8],
) -> std::io::Result<String> {
    let mut stream = secure(server, certificate, versions);
    stream.write_all(request)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[track_caller]
fn is_answered(server: &Server, certificate: &Path) -> String {
    let answer = ping(server, certificate, rustls::ALL_VERSIONS).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    answer
}

fn to_the_end(mut stream: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A reset is an end too.
    let _ = stream.read_to_end(&mut bytes);
    bytes
}

#[test]
fn a_sandbox_makes_its_certificate_and_keeps_it() {
    let directory = temporary();
    let data = directory.path().join("data");
    let server = Server::demo_on(&data, &["--tls-self-signed"]);
    let certificate = data.join(SANDBOX);
    assert!(server.address.starts_with("https://127.0.0.1:"), "{}", server.address);
    assert_eq!(server.announced[4], format!("export SSL_CERT_FILE={}", certificate.display()));
    assert!(server.announced[5].starts_with("curl --cacert \"$SSL_CERT_FILE\" "), "{}", server.announced[5]);
    let owner = server.owner_trusting(&certificate);
    let (id, _) = owner.creates_client("my-organization");
    let shown = owner.get(&format!("/oauth-clients/{id}")).is(200);
    assert!(shown.text("/data/attributes/callback-url").starts_with("https://127.0.0.1:"));
    assert_eq!(shown.header("Strict-Transport-Security"), None);
    for name in [SANDBOX, "tls-self-signed.key"] {
        assert_eq!(fs::metadata(data.join(name)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let made = fs::read(&certificate).unwrap();
    assert!(server.stop().success());

    let server = Server::serve_on(&data, &["--tls-self-signed"]);
    assert_eq!(server.announced[1], format!("export SSL_CERT_FILE={}", certificate.display()));
    is_answered(&server, &certificate);
    assert!(fs::read(&certificate).unwrap() == made);
    assert!(server.stop().success());
    // Under another name it needs another one; and so it does where it is damaged.
    let url = ["--tls-self-signed", "--public-url", "https://bowline.example.com"];
    assert!(Server::serve_on(&data, &url).stop().success());
    let renamed = fs::read(&certificate).unwrap();
    assert!(renamed != made);
    fs::write(&certificate, "damaged").unwrap();
    assert!(Server::serve_on(&data, &url).stop().success());
    assert!(fs::read(&certificate).unwrap().starts_with(b"-----BEGIN CERTIFICATE-----"));
}

#[test]
fn every_usual_kind_of_key_serves_in_both_versions() {
    let algorithms: [&'static SignatureAlgorithm; 3] =
        [&rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_ECDSA_P384_SHA384, &rcgen::PKCS_ED25519];
    let generated = algorithms.map(|algorithm| KeyPair::generate_for(algorithm).unwrap());
    // Made once by openssl and used for nothing else: ring makes none of these.
    let rsa = [include_str!("tls/rsa-2048.pem"), include_str!("tls/rsa-4096.pem")];
    for key in generated.into_iter().chain(rsa.map(|pem| KeyPair::from_pem(pem).unwrap())) {
        let directory = temporary();
        let files = issue(directory.path(), &key);
        let server = demo(&files);
        for version in rustls::ALL_VERSIONS {
            let answer = ping(&server, &files.0, &[*version]).expect("an answer");
            assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
            assert!(answer.contains("\r\nStrict-Transport-Security: max-age=31536000; includeSubDomains\r\n"));
        }
    }
}

/// RFC 6797, section 7.1: one field at the most. A browser that remembers it could not come to another service of the same
/// name in the clear, and a sandbox must not leave that behind.
#[test]
fn browsers_are_told_once_to_come_by_https_and_never_by_a_sandbox() {
    let directory = temporary();
    let files = issue(directory.path(), &KeyPair::generate().unwrap());
    let (server, sandbox) = (demo(&files), Server::demo_with(&["--tls-self-signed"]));
    let certificate = sandbox.data_dir.join(SANDBOX);
    for (server, certificate, expected) in [(&server, &files.0, 1), (&sandbox, &certificate, 0)] {
        for (path, status) in [("/sign-in", "200 OK"), ("/", "303 See Other"), ("/api/v2/none", "404 Not Found")] {
            let request = format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
            let answer = said(server, certificate, rustls::ALL_VERSIONS, request.as_bytes()).expect("an answer");
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{answer}");
            assert_eq!(answer.matches("Strict-Transport-Security: ").count(), expected, "{answer}");
        }
    }
}

#[test]
fn hangup_reads_the_certificate_anew_and_a_bad_one_changes_nothing() {
    let directory = temporary();
    let files = issue(directory.path(), &KeyPair::generate().unwrap());
    let mut server = demo(&files);
    let old = directory.path().join("old.pem");
    fs::copy(&files.0, &old).unwrap();
    let mut kept = secure(&server, &old, rustls::ALL_VERSIONS);
    kept.write_all(b"GET /api/v2/ping HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    kept.read_exact(&mut [0; 12]).unwrap();

    issue(directory.path(), &KeyPair::generate().unwrap());
    server.signal(Signal::HUP);
    crate::harness::eventually("it is reloaded", || server.log().contains("reloaded "));
    is_answered(&server, &files.0);
    assert!(ping(&server, &old, rustls::ALL_VERSIONS).is_err());
    // Who is inside stays.
    kept.write_all(PING).unwrap();
    kept.read_to_end(&mut Vec::new()).unwrap();

    let new = directory.path().join("new.pem");
    fs::copy(&files.0, &new).unwrap();
    fs::write(&files.0, "").unwrap();
    server.signal(Signal::HUP);
    crate::harness::eventually("it says why not", || server.log().contains("the certificate was not reloaded"));
    is_answered(&server, &new);
    server.signal(Signal::TERM);
    assert!(server.wait().success());
}

#[test]
fn handshakes_that_hang_hold_nobody_else() {
    let directory = temporary();
    let server = Server::demo_on(&directory.path().join("data"), &["--tls-self-signed", "--head-timeout", "1h"]);
    let certificate = server.data_dir.join(SANDBOX);
    let hanging: Vec<TcpStream> = (0..200)
        .map(|n| {
            let mut stream = server.connect();
            let start: &[u8] = if n % 2 == 0 { b"" } else { b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" };
            stream.write_all(start).unwrap();
            stream
        })
        .collect();
    is_answered(&server, &certificate);
    drop(hanging);
}

#[test]
fn a_handshake_that_hangs_is_ended_by_the_head_timeout() {
    let server = Server::demo_with(&["--tls-self-signed", "--head-timeout", "1s"]);
    for start in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"] {
        let mut stream = server.connect();
        stream.write_all(start).unwrap();
        assert_eq!(to_the_end(stream), b"");
    }
}

#[test]
fn a_handshake_that_drips_is_ended_by_the_head_timeout() {
    let server = Server::demo_with(&["--tls-self-signed", "--head-timeout", "1s"]);
    let mut hello = Vec::new();
    let mut client = client(&server.data_dir.join(SANDBOX), rustls::ALL_VERSIONS);
    client.write_tls(&mut hello).unwrap();
    let mut stream = server.connect();
    stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let ended = hello.iter().any(|byte| {
        stream.write_all(&[*byte]).is_err()
            || !matches!(stream.read(&mut [0]), Err(e) if e.kind() == std::io::ErrorKind::WouldBlock)
    });
    assert!(ended, "all {} bytes were waited for", hello.len());
}

#[test]
fn a_certificate_out_of_its_time_serves_and_is_warned_of() {
    let directory = temporary();
    let key = KeyPair::generate().unwrap();
    for (from, until, words) in [(2001, 2002, "expired at 2002-01-01"), (2998, 2999, "is not valid before 2998-01-01")]
    {
        let files = issue_with(directory.path(), &key, |params| {
            params.not_before = rcgen::date_time_ymd(from, 1, 1);
            params.not_after = rcgen::date_time_ymd(until, 1, 1);
        });
        let server = demo(&files);
        assert!(server.log().contains(words), "{}", server.log());
        assert!(ping(&server, &files.0, rustls::ALL_VERSIONS).is_err());
    }
}

#[test]
fn stopping_says_goodbye_to_idle_connections_and_does_not_wait_for_handshakes() {
    let mut server = Server::demo_with(&["--tls-self-signed"]);
    let certificate = server.data_dir.join(SANDBOX);
    let mut kept = secure(&server, &certificate, rustls::ALL_VERSIONS);
    kept.write_all(b"GET /api/v2/ping HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    kept.read_exact(&mut [0; 12]).unwrap();
    let mut hanging = server.connect();
    hanging.write_all(b"\x16\x03\x01").unwrap();
    server.signal(Signal::TERM);
    kept.read_to_end(&mut Vec::new()).expect("an orderly end");
    assert!(server.wait().success());
    assert_eq!(to_the_end(hanging), b"");
    assert!(!server.log().contains("did not finish in time"), "{}", server.log());
}

#[test]
fn with_all_places_taken_who_waits_longest_makes_room() {
    let server = Server::demo_with(&["--tls-self-signed", "--max-connections", "3"]);
    let certificate = server.data_dir.join(SANDBOX);
    let waiting: Vec<Secure> = (0..3)
        .map(|_| {
            let mut stream = secure(&server, &certificate, rustls::ALL_VERSIONS);
            stream.write_all(b"GET /api/v2/ping HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
            stream.read_exact(&mut [0; 12]).unwrap();
            stream
        })
        .collect();
    let silent: Vec<TcpStream> = (0..30).map(|_| server.connect()).collect();
    is_answered(&server, &certificate);
    drop((waiting, silent));
}

#[test]
fn a_client_that_speaks_http_2_alone_is_told_so() {
    let server = Server::demo_with(&["--tls-self-signed"]);
    let certificate = server.data_dir.join(SANDBOX);
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let mut config = (*trusting(&certificate, &[version])).clone();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), server.connect());
        let error = stream.write_all(PING).and_then(|()| stream.read(&mut [0])).unwrap_err();
        let told = error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>());
        let expected = rustls::Error::AlertReceived(rustls::AlertDescription::NoApplicationProtocol);
        assert_eq!(told, Some(&expected), "{version:?}: {error}");
    }
    is_answered(&server, &certificate);
}

#[test]
fn plain_http_is_told_so_and_everything_else_gets_an_alert() {
    let server = Server::demo_with(&["--tls-self-signed"]);
    let mut stream = server.connect();
    stream.write_all(PING).unwrap();
    let answer = String::from_utf8(to_the_end(stream)).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("speaks https"), "{answer}");
    assert!(!answer.contains("Strict-Transport-Security"));
    // A hello of TLS 1.1 with one cipher suite, an SSLv2 one, records of the wrong kind or of no length, a cut one.
    let hello =
        [&b"\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x02"[..], &[7; 32], b"\x00\x00\x02\xc0\x13\x01\x00"].concat();
    for bytes in
        [&hello[..], b"\x80\x2e\x01\x03\x01", b"\x17\x03\x03\x00\x01x", b"\x16\x03\x01\x00\x00", b"\0\0\0\0\0\0"]
    {
        let mut stream = server.connect();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let answer = to_the_end(stream);
        assert!(answer.is_empty() || answer[0] == 21, "{answer:?}");
    }
    is_answered(&server, &server.data_dir.join(SANDBOX));
}

#[test]
fn certificates_that_cannot_be_used_leave_no_trace() {
    let directory = temporary();
    let place = directory.path();
    let (good, key) = issue(place, &KeyPair::generate().unwrap());
    let other = place.join("other");
    fs::create_dir(&other).unwrap();
    let (_, other_key) = issue(&other, &KeyPair::generate().unwrap());
    let open_key = place.join("open.pem");
    fs::copy(&key, &open_key).unwrap();
    fs::set_permissions(&open_key, Permissions::from_mode(0o640)).unwrap();
    let empty = place.join("empty.pem");
    fs::write(&empty, "").unwrap();
    fs::set_permissions(&empty, Permissions::from_mode(0o600)).unwrap();
    let data = place.join("data");
    let absent = place.join("absent");
    for (certificate, key, words) in [
        (Some(&good), None, "--tls-cert needs --tls-key"),
        (None, Some(&key), "--tls-key needs --tls-cert"),
        (Some(&absent), Some(&key), "There is no certificate at"),
        (Some(&good), Some(&absent), "There is no private key at"),
        (Some(&other), Some(&key), "is not a file"),
        (Some(&good), Some(&other), "is not a file"),
        (Some(&empty), Some(&key), "contains no certificate"),
        (Some(&key), Some(&key), "contains no certificate"),
        (Some(&good), Some(&empty), "contains no private key"),
        (Some(&good), Some(&open_key), "is open to other users (mode 640)"),
        (Some(&good), Some(&other_key), "is not the key of the certificate"),
    ] {
        let mut arguments = vec!["serve", "--listen", "127.0.0.1:0", "--data-dir", data.to_str().unwrap()];
        for (flag, path) in [("--tls-cert", certificate), ("--tls-key", key)] {
            arguments.extend(path.into_iter().flat_map(|path| [flag, path.to_str().unwrap()]));
        }
        let output = bowline(&arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(words) && said.trim_end().lines().count() == 1, "{said}");
        assert!(!data.exists());
    }
}

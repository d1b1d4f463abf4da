//! Secrets: never in an answer, a log or a file in the clear.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::harness::{Answer, Caller, JSON_API, Server, Signal, sample_with, temporary};

const TOKEN: &str = "needle-in-oauth-token-string-5jTq8";
const SECRET: &str = "needle-in-secret-x0Lm3rV";
const PRIVATE_KEY: &str =
    "-----BEGIN RSA PRIVATE KEY-----\nneedle-in-private-key-Zk93hd\n-----END RSA PRIVATE KEY-----\n";
/// The part of the private key that is its own: the rest is the same in all keys.
const PRIVATE_KEY_LINE: &str = "needle-in-private-key-Zk93hd";

/// A text in every form that it could have slipped out in.
fn forms(needle: &str) -> Vec<Vec<u8>> {
    let hex: String = needle.bytes().map(|b| format!("{b:02x}")).collect();
    let mut forms = vec![needle.as_bytes().to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
    forms.push(needle.bytes().rev().collect());
    forms.push(needle.encode_utf16().flat_map(u16::to_le_bytes).collect());
    // As a part of a longer text, base64 has three faces; the first and last characters depend on the neighbours.
    for shift in 0..3 {
        let shifted = [vec![b'x'; shift], needle.as_bytes().to_vec()].concat();
        for encoded in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
            forms.push(encoded.as_bytes()[if shift == 0 { 0 } else { 4 }..encoded.len() - 4].to_vec());
        }
    }
    forms
}

/// Everything that must not be seen, in every form.
struct Needles(Vec<(String, Vec<u8>)>);

impl Needles {
    fn new(needles: &[&str]) -> Needles {
        let all = needles.iter().flat_map(|needle| forms(needle).into_iter().map(|form| ((*needle).to_owned(), form)));
        Needles(all.collect())
    }

    /// The first needle that is in there, in whatever form.
    fn found_in(&self, bytes: &[u8]) -> Option<String> {
        let is_in = |form: &[u8]| bytes.windows(form.len()).any(|window| window == form);
        let (needle, form) = self.0.iter().find(|(_, form)| is_in(form))?;
        Some(format!("{needle} as {:?}", String::from_utf8_lossy(form)))
    }

    #[track_caller]
    fn are_not_in(&self, place: &str, bytes: &[u8]) {
        assert_eq!(self.found_in(bytes), None, "in {place}");
    }

    #[track_caller]
    fn are_not_in_answer(&self, answer: &Answer) {
        self.are_not_in("an answer", format!("{:?}\n{}", answer.headers, answer.body).as_bytes());
    }

    #[track_caller]
    fn are_not_in_files(&self, directory: &Path, names: &[&str]) {
        for name in names {
            let path = directory.join(name);
            self.are_not_in(name, &fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())));
        }
    }
}

fn client_with_secrets() -> Value {
    sample_with(json!({
        "service-provider": "ado_server", "oauth-token-string": TOKEN, "secret": SECRET, "private-key": PRIVATE_KEY,
        "key": "not secret"
    }))
}

/// Requests that are refused, each with all the secrets in it.
fn refused_requests(owner: &Caller) -> Vec<Answer> {
    let path = "/organizations/my-organization/oauth-clients";
    let long = |needle: &str| format!("{needle}{}", "x".repeat(70_000));
    let mut answers = vec![];
    for secret in ["oauth-token-string", "secret", "private-key"] {
        let needle = client_with_secrets()["data"]["attributes"][secret].as_str().expect("a text").to_owned();
        for wrong in [json!([needle]), json!({"x": needle}), json!({needle.clone(): 1}), json!(long(&needle))] {
            let mut given = client_with_secrets();
            given["data"]["attributes"][secret] = wrong;
            answers.push(owner.post(path, &given).is(422));
        }
    }
    for attribute in ["service-provider", "http-url", "api-url", "name", "organization-scoped", "ado-org-name"] {
        let mut given = client_with_secrets();
        given["data"]["attributes"][attribute] = json!(long(SECRET));
        given["data"]["attributes"]["http-url"] = json!(format!("https://user:{SECRET}@github.com"));
        answers.push(owner.post(path, &given).is(422));
    }
    let mut given = client_with_secrets();
    given["data"]["type"] = json!(TOKEN);
    given["data"]["relationships"] = json!({"agent-pool": {"data": {"type": SECRET, "id": PRIVATE_KEY}}});
    answers.push(owner.post(path, &given).is(422));

    let text = client_with_secrets().to_string();
    let malformed = [
        text[..text.len() - 1].to_owned(),
        format!("{text}{TOKEN}"),
        format!("{TOKEN}{text}"),
        text.replacen(&format!("\"{SECRET}\""), &format!("\"{SECRET}\\u0000\""), 1),
        text.replacen(&format!("\"{SECRET}\""), &format!("\"{SECRET}\\ud800\""), 1),
        text.replacen(&format!("\"{SECRET}\""), SECRET, 1),
        text.replacen(&format!("\"{SECRET}\""), &format!("\"{SECRET}\",\"secret\":\"{TOKEN}\""), 1),
        text.replacen(&format!("\"{TOKEN}\""), &format!("\"{TOKEN}\" \"{TOKEN}\""), 1),
    ];
    for body in malformed {
        assert_ne!(body, text);
        answers.push(owner.send("POST", path, Some(body.as_bytes()), &[("Content-Type", JSON_API)]).is(400));
    }
    answers.push(owner.send("POST", path, Some(text.as_bytes()), &[("Content-Type", "text/plain")]).is(415));
    answers.push(owner.send("PUT", path, Some(text.as_bytes()), &[("Content-Type", JSON_API)]).is(405));
    answers.push(owner.post("/organizations/nonexisting/oauth-clients", &client_with_secrets()).is(404));
    let too_large = text + &" ".repeat(1024 * 1024);
    answers.push(owner.send("POST", path, Some(too_large.as_bytes()), &[("Content-Type", JSON_API)]).is(413));
    answers
}

#[test]
fn no_secret_is_seen_again_anywhere() {
    let server = Server::demo_with(&["--log-level", "trace"]);
    let owner = server.owner();
    let api_token = owner.token.clone().expect("a token");
    let secret_half = api_token.split(".atlasv1.").nth(1).expect("the shape of a token").to_owned();
    let made = server.cli(&["token", "create", "--user", "demo", "--description", "made"]);
    let needles = Needles::new(&[TOKEN, SECRET, PRIVATE_KEY_LINE, &api_token, &secret_half, &made, &made[23..]]);

    let created = owner.tries_client(&client_with_secrets()).is(201);
    let (client, token) = (created.text("/data/id"), created.text("/data/relationships/oauth-tokens/data/0/id"));
    owner.creates_workspace("my-organization", "infra", Some(&token));
    let mut answers = vec![created];
    for path in [
        format!("/oauth-clients/{client}"),
        format!("/oauth-clients/{client}?include=oauth_tokens"),
        format!("/oauth-clients/{client}/oauth-tokens"),
        format!("/oauth-tokens/{token}"),
        "/organizations/my-organization/oauth-clients".to_owned(),
        "/organizations/my-organization/workspaces".to_owned(),
        "/organizations".to_owned(),
        "/account/details".to_owned(),
        "/ping".to_owned(),
    ] {
        answers.push(owner.get(&path));
    }
    answers.extend(refused_requests(&owner));
    // Tokens where they do not belong: in a query, in a path, behind another scheme.
    answers.push(server.anonymous().get(&format!("/organizations?token={made}")).is(401));
    answers.push(owner.get(&format!("/oauth-tokens/{token}?secret={SECRET}")).is(200));
    let basic = format!("Basic {made}");
    answers.push(server.anonymous().send("GET", "/organizations", None, &[("Authorization", &basic)]).is(401));
    for answer in &answers {
        needles.are_not_in_answer(answer);
    }

    for listing in [&["token", "list"][..], &["client", "list", "--organization", "my-organization", "--json"]] {
        needles.are_not_in("a listing", server.cli(listing).as_bytes());
    }
    let backup = server.data_dir.join("backup.db");
    server.cli(&["backup", backup.to_str().expect("a path")]);
    assert_eq!(mode(&backup), 0o600);
    needles.are_not_in_files(&server.data_dir, &["bowline.db", "bowline.db-wal", "bowline.db-shm", "backup.db"]);
    needles.are_not_in("the log", server.log().as_bytes());
    assert!(!server.log().is_empty(), "a trace says something");
    let arguments = fs::read(format!("/proc/{}/cmdline", server.process_id())).expect("the command line");
    needles.are_not_in("the command line", &arguments);

    let database = contents_after_the_end(server);
    needles.are_not_in("the database after the end", &database);
}

/// Ends the server, so that everything is folded into the one file, and reads that.
fn contents_after_the_end(mut server: Server) -> Vec<u8> {
    server.signal(Signal::TERM);
    assert!(server.wait().success());
    assert!(!server.data_dir.join("bowline.db-wal").exists());
    fs::read(server.database()).expect("the database")
}

#[test]
fn the_needles_would_be_found() {
    let needles = Needles::new(&[TOKEN]);
    let hex = |text: &str| text.bytes().map(|b| format!("{b:02X}")).collect::<String>();
    for (before, after) in [("", ""), ("a ", " b"), ("x", "yz"), ("xy", "z"), ("{\"a\":\"", "\"}"), ("four", "more")] {
        let text = format!("{before}{TOKEN}{after}");
        for form in [text.clone(), STANDARD_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(&text), hex(&text)] {
            assert!(needles.found_in(form.as_bytes()).is_some(), "{form}");
        }
    }
    assert_eq!(needles.found_in(SECRET.as_bytes()), None);
}

#[test]
fn a_deleted_clients_secrets_are_gone_even_as_ciphertext() {
    let server = Server::demo();
    let owner = server.owner();
    let id = owner.tries_client(&client_with_secrets()).is(201).text("/data/id");
    let sealed = server.ciphertexts();
    assert_eq!(sealed.len(), 3);
    owner.delete(&format!("/oauth-clients/{id}")).is_done();
    let database = contents_after_the_end(server);
    for ciphertext in sealed {
        assert!(!database.windows(24).any(|window| window == &ciphertext[ciphertext.len() - 24..]));
    }
}

#[test]
fn equal_secrets_are_sealed_into_different_values() {
    let server = Server::demo();
    let same = sample_with(json!({"service-provider": "ado_server", "oauth-token-string": "same", "secret": "same",
                                  "private-key": "same"}));
    for _ in 0..10 {
        server.owner().tries_client(&same).is(201);
    }
    let mut values = server.ciphertexts();
    assert_eq!(values.len(), 30);
    values.sort();
    values.dedup();
    assert_eq!(values.len(), 30);
    // Nor do they share what a reused nonce would make them share.
    let mut ends: Vec<&[u8]> = values.iter().map(|value| &value[value.len() - 20..value.len() - 16]).collect();
    ends.sort_unstable();
    ends.dedup();
    assert_eq!(ends.len(), 30);
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())).permissions().mode() & 0o7777
}

#[test]
fn nobody_else_can_read_the_data_directory_or_anything_in_it() {
    let server = Server::demo();
    server.owner().creates_client("my-organization");
    assert_eq!(mode(&server.data_dir), 0o700);
    for name in ["bowline.db", "bowline.db-wal", "bowline.db-shm", "master.key", "bowline.lock"] {
        assert_eq!(mode(&server.data_dir.join(name)), 0o600, "{name}");
    }
    for entry in fs::read_dir(&server.data_dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
    }
}

#[test]
fn nobody_else_can_reach_the_socket_behind_the_gate() {
    let outer = temporary();
    // The second one is too long for a socket, which then lies elsewhere.
    for data_dir in [outer.path().join("short"), outer.path().join("long".repeat(30))] {
        let server = Server::demo_on(&data_dir, &[]);
        let sockets = unix_sockets(&server);
        assert!(!sockets.is_empty());
        for socket in sockets {
            let directory = socket.parent().expect("a directory");
            assert_eq!(mode(directory), 0o700, "{}", directory.display());
        }
    }
}

/// The paths of the Unix sockets that the server has open.
fn unix_sockets(server: &Server) -> Vec<PathBuf> {
    let descriptors = fs::read_dir(format!("/proc/{}/fd", server.process_id())).expect("its descriptors");
    let open: Vec<String> = descriptors
        .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
        .filter_map(|target| Some(target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let all = fs::read_to_string("/proc/net/unix").expect("the sockets of this machine");
    let columns = all.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    columns
        .filter(|columns| columns.len() == 8 && open.iter().any(|inode| inode == columns[6]))
        .map(|columns| PathBuf::from(columns[7]))
        .collect()
}

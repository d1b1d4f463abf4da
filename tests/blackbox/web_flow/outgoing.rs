//! What leaves the machine: `outgoing.c` writes down every connection and every look-up of a name. It sees what goes through
//! the C library, as Rust's standard library does; rustix, which asks the system itself, is built without its `net`.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use super::demo::{KINDS, adds_ado_server, connects, lists_and_revokes};
use super::*;
use crate::harness::preloaded;

struct Watch {
    place: TempDir,
}

impl Watch {
    fn new() -> Watch {
        Watch { place: temporary() }
    }

    fn data_dir(&self) -> PathBuf {
        self.place.path().join("data")
    }

    fn record(&self) -> PathBuf {
        self.place.path().join("record")
    }

    /// Runs another program under the watch.
    fn program(&self) -> Command {
        let mut program = Command::new("env");
        program.arg(format!("LD_PRELOAD={}", preloaded("web_flow/outgoing.c").display()));
        program.arg(format!("OUTGOING_RECORD={}", self.record().display()));
        program
    }

    /// What was done, and with whom.
    fn seen(&self) -> Vec<(String, String)> {
        let record = fs::read_to_string(self.record()).expect("a record");
        let pair = |line: &str| line.split_once(' ').map(|(what, whom)| (what.to_owned(), whom.to_owned()));
        record.lines().map(|line| pair(line).expect("a pair")).collect()
    }
}

fn stays(whom: &str) -> bool {
    whom.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_loopback())
}

#[test]
fn a_demo_plays_all_kinds_and_nothing_leaves_the_machine() {
    let watch = Watch::new();
    let server = Server::demo_by(watch.program(), &watch.data_dir());
    let browser = Browser::of(&server, "demo");
    let mut clients: Vec<String> = KINDS.iter().map(|kind| connects(&server, &browser, kind)).collect();
    clients.push(adds_ado_server(&server, &browser));
    for client in &clients {
        lists_and_revokes(&server, &browser, client);
    }
    let played = server.providers().expect("played").trim_start_matches("http://").to_owned();
    assert!(server.stop().success());
    let seen = watch.seen();
    let leaving: Vec<_> = seen.iter().filter(|(_, whom)| !stays(whom)).collect();
    assert!(leaving.is_empty(), "{leaving:?}");
    let calls = seen.iter().filter(|(what, whom)| what == "connect" && *whom == played).count();
    // Each kind is at least asked for its repositories.
    assert!(calls >= clients.len(), "the watch has seen {calls} calls");
}

#[test]
fn the_watch_sees_what_a_service_asks_others_for() {
    let watch = Watch::new();
    let demo = Server::demo_on(&watch.data_dir(), &WITHOUT_PROVIDERS);
    let token = demo.owner().token.expect("a token");
    assert!(demo.stop().success());
    let server = Server::serve_by(watch.program(), &watch.data_dir());
    let owner = server.with_token(&token);
    for (host, what, whom) in [
        ("git.example.com", "look-up", "git.example.com"),
        ("192.0.2.1", "connect", "192.0.2.1:443"),
        ("[2001:db8::1]", "connect", "[2001:db8::1]:443"),
    ] {
        let url = format!("https://{host}");
        let document = sample_with(json!({"http-url": url, "api-url": url, "service-provider": "github_enterprise"}));
        let client = owner.tries_client(&document).is(201);
        let token = client.text("/data/relationships/oauth-tokens/data/0/id");
        owner.get(&format!("/oauth-tokens/{token}/authorized-repos")).is(422);
        let is_seen = watch.seen().contains(&(what.to_owned(), whom.to_owned()));
        assert!(is_seen && !stays(whom), "{host}: {:?}", watch.seen());
    }
}

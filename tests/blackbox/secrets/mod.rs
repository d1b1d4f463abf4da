//! Secrets: never in an answer, a log or a file in the clear.

mod at_rest;
mod everywhere;
mod modes;
mod needles;
mod process;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Server, Signal, sample_with};

fn client_with_secrets() -> Value {
    sample_with(json!({
        "service-provider": "ado_server", "oauth-token-string": "a token", "secret": "a secret",
        "private-key": "a private key", "key": "not secret"
    }))
}

/// Ends the server, so that everything is folded into the one file, and reads that.
fn contents_after_the_end(mut server: Server) -> Vec<u8> {
    server.signal(Signal::TERM);
    assert!(server.wait().success());
    assert!(!server.data_dir.join("bowline.db-wal").exists());
    fs::read(server.database()).expect("the database")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())).permissions().mode() & 0o7777
}

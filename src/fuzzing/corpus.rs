//! The fuzzer's corpus, for who has no fuzzer.

use std::fs;
use std::path::Path;

/// Each file goes through its target once.
#[track_caller]
fn holds(target: &str, check: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut files = 0;
    for entry in fs::read_dir(corpus).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        // Its own message says what does not hold; this one says of which file.
        let checked = std::panic::catch_unwind(|| check(&bytes));
        assert!(checked.is_ok(), "{}", path.display());
        files += 1;
    }
    assert!(files >= 5, "{files} files");
}

#[test]
fn gate_request() {
    holds("gate_request", super::gate_request);
}

#[test]
fn json_api_document() {
    holds("json_api_document", super::json_api_document);
}

#[test]
fn query() {
    holds("query", super::query);
}

#[test]
fn private_key() {
    holds("private_key", super::private_key);
}

#[test]
fn key_file() {
    holds("key_file", super::key_file);
}

#[test]
fn provider_answer() {
    holds("provider_answer", super::provider_answer);
}

//! Ciphertexts: no two alike, and gone when they are deleted or replaced.

use serde_json::json;

use super::{client_with_secrets, contents_after_the_end};
use crate::harness::{Server, document, sample_with};

const RSA: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/rsa.pem"));

/// Whether a ciphertext is anywhere in the bytes: its last part is like no other's.
fn is_in(database: &[u8], ciphertext: &[u8]) -> bool {
    let end = &ciphertext[ciphertext.len() - 24..];
    database.windows(24).any(|window| window == end)
}

#[test]
fn what_is_deleted_or_replaced_is_gone_even_as_ciphertext() {
    let server = Server::demo();
    let owner = server.owner();
    let made = owner.tries_client(&client_with_secrets()).is(201);
    let (id, token) = (made.text("/data/id"), made.text("/data/relationships/oauth-tokens/data/0/id"));
    let ssh_key = |key: serde_json::Value| {
        owner.patch(&format!("/oauth-tokens/{token}"), &document("oauth-tokens", json!({"ssh-key": key}))).is(200);
    };
    ssh_key(json!(RSA));
    let organizations_key = owner.creates_ssh_key("my-organization", "deploy");
    let first = server.ciphertexts();
    assert_eq!(first.len(), 5);

    // Replaced, each by another one of the same kind.
    let attributes = json!({"secret": "another", "oauth-token-string": "another", "private-key": "another"});
    owner.patch(&format!("/oauth-clients/{id}"), &document("oauth-clients", attributes)).is(200);
    ssh_key(json!(RSA));
    owner.delete(&format!("/ssh-keys/{organizations_key}")).is_done();
    let second = server.ciphertexts();
    assert!(second.len() == 4 && second.iter().all(|sealed| !first.contains(sealed)));
    // By a rotation.
    server.cli(&["key", "rotate"]);
    let third = server.ciphertexts();
    assert!(third.len() == 4 && third.iter().all(|sealed| !second.contains(sealed)));
    // Deleted.
    owner.delete(&format!("/oauth-clients/{id}")).is_done();
    let kept = owner.creates_client("my-organization");
    let there = server.ciphertexts();
    assert_eq!(there.len(), 1);
    let database = contents_after_the_end(server);
    assert!(is_in(&database, &there[0]), "{kept:?} would be found");
    for ciphertext in first.iter().chain(&second).chain(&third) {
        assert!(!is_in(&database, ciphertext));
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

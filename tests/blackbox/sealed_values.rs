//! Sealed values that somebody moved or altered in the file: found, named, never opened into something else.

use serde_json::json;

use crate::harness::{SEALED, Server, bowline_in, document, sample_with};
use crate::plain::PLAIN;

const PEM: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/rsa.pem"));

/// Two organizations; in each of the two a client with every secret that there can be, and two of each plain resource.
fn seeded() -> Server {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("second");
    for organization in ["my-organization", "second"] {
        for name in ["one", "two"] {
            let given = sample_with(json!({"service-provider": "ado_server", "name": name, "secret": "a secret",
                                           "private-key": "a private key"}));
            let made = owner.post(&format!("/organizations/{organization}/oauth-clients"), &given).is(201);
            let token = made.text("/data/relationships/oauth-tokens/data/0/id");
            let mut key = document("oauth-tokens", json!({"ssh-key": PEM}));
            key["data"]["id"] = json!(token);
            owner.patch(&format!("/oauth-tokens/{token}"), &key).is(200);
            server.puts_refresh_token(&token);
            for (n, plain) in PLAIN.iter().enumerate() {
                plain.made(&server, organization, &format!("{name}-{n}"));
            }
        }
    }
    server
}

/// The rows of a table with a secret in that column, oldest first: those of the first organization, then the second's.
fn rows(server: &Server, table: &str, column: &str) -> Vec<String> {
    let database = server.sqlite();
    let sql = format!("SELECT id FROM {table} WHERE {column} NOT NULL ORDER BY number");
    let mut ids = database.prepare(&sql).expect("a query");
    let ids = ids.query_map([], |row| row.get(0)).expect("rows");
    ids.map(|id| id.expect("an id")).collect()
}

fn value(server: &Server, table: &str, column: &str, id: &str) -> Vec<u8> {
    let sql = format!("SELECT {column} FROM {table} WHERE id = ?1");
    server.sqlite().query_row(&sql, [id], |row| row.get(0)).expect("a value")
}

fn put(server: &Server, table: &str, column: &str, id: &str, value: &[u8]) {
    let sql = format!("UPDATE {table} SET {column} = ?2 WHERE id = ?1");
    assert_eq!(server.sqlite().execute(&sql, (id, value)).expect("a change"), 1);
}

/// Asserts that `check` names these rows of the column, for this reason, and nothing else.
#[track_caller]
fn are_named(server: &Server, table: &str, column: &str, ids: &[&str], why: &str) {
    let output = bowline_in(&server.data_dir, &["check"]);
    assert_eq!(output.status.code(), Some(1));
    let answer = String::from_utf8(output.stdout).expect("text");
    let mut named: Vec<&str> = answer.lines().filter(|line| line.starts_with("  ")).collect();
    let mut expected: Vec<String> =
        ids.iter().map(|id| format!("  the sealed {table}.{column} of {id} does not open: {why}")).collect();
    named.sort_unstable();
    expected.sort();
    assert_eq!(named, expected);
}

#[track_caller]
fn is_sound(server: &Server) {
    assert!(bowline_in(&server.data_dir, &["check"]).status.success());
}

const ALTERED: &str = "it was altered, or sealed for another place";

#[test]
fn values_that_changed_places_are_named() {
    let server = seeded();
    for (table, column) in SEALED.iter() {
        let ids = rows(&server, table, column);
        // Within an organization, and across two.
        for (one, other) in [(&ids[0], &ids[1]), (&ids[0], &ids[ids.len() - 1])] {
            let (first, second) = (value(&server, table, column, one), value(&server, table, column, other));
            put(&server, table, column, one, &second);
            put(&server, table, column, other, &first);
            are_named(&server, table, column, &[one, other], ALTERED);
            put(&server, table, column, one, &first);
            put(&server, table, column, other, &second);
        }
    }
    // Between columns of one row.
    let id = &rows(&server, "oauth_clients", "private_key_sealed")[0];
    let key = value(&server, "oauth_clients", "private_key_sealed", id);
    let secret = value(&server, "oauth_clients", "secret_sealed", id);
    put(&server, "oauth_clients", "secret_sealed", id, &key);
    are_named(&server, "oauth_clients", "secret_sealed", &[id], ALTERED);
    put(&server, "oauth_clients", "secret_sealed", id, &secret);
    is_sound(&server);
}

#[test]
fn a_flipped_bit_in_any_part_is_named() {
    let server = seeded();
    for (table, column) in SEALED.iter() {
        let id = &rows(&server, table, column)[0];
        let good = value(&server, table, column, id);
        let tag = good.len() - 16;
        // Format; number; nonce; text; tag.
        for (at, why) in [
            (0, "it has the unknown format 0"),
            (1, "key 16777217 is not in the key file"),
            (4, "key 0 is not in the key file"),
            (5, ALTERED),
            (28, ALTERED),
            (29, ALTERED),
            (tag - 1, ALTERED),
            (tag, ALTERED),
            (good.len() - 1, ALTERED),
        ] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            if at == 4 {
                // The database itself takes no key older than its own.
                let sql = format!("UPDATE {table} SET {column} = ?2 WHERE id = ?1");
                assert!(server.sqlite().execute(&sql, (id, &bad)).is_err(), "{table}.{column}");
                continue;
            }
            put(&server, table, column, id, &bad);
            are_named(&server, table, column, &[id], why);
        }
        let mut short = good.clone();
        short.truncate(good.len() - 1);
        if short.len() > 45 {
            put(&server, table, column, id, &short);
            are_named(&server, table, column, &[id], ALTERED);
        }
        put(&server, table, column, id, &good);
    }
    is_sound(&server);
}

/// The server has no use for the values yet, so that it goes on: but not one of its answers changes.
#[test]
fn altered_values_change_no_answer() {
    let server = seeded();
    let owner = server.owner();
    let paths = ["/organizations/my-organization/oauth-clients", "/organizations/my-organization/oauth-tokens"];
    let before = paths.map(|path| owner.get(path).is(200).body);
    for (table, column) in SEALED.iter() {
        let sql = format!("UPDATE {table} SET {column} = CAST({column} || x'00' AS BLOB)");
        server.sqlite().execute(&sql, []).expect("a change");
    }
    assert_eq!(paths.map(|path| owner.get(path).is(200).body), before);
    assert_eq!(bowline_in(&server.data_dir, &["check"]).status.code(), Some(1));
    assert!(!server.log().contains("panic"));
}

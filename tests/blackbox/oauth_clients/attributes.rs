//! Creation, attribute by attribute: missing, null, of another type, empty, blank, at its limit and past it.

use serde_json::{Value, json};

use crate::harness::{Caller, Server, sample_with, sample_without};

const REQUIRED: [&str; 4] = ["service-provider", "http-url", "api-url", "oauth-token-string"];
const OPTIONAL: [&str; 7] =
    ["name", "key", "secret", "rsa-public-key", "private-key", "ado-org-name", "ado-entra-tenant-id"];

/// The sample with one attribute changed, for a provider that has a use for that attribute.
fn given(attribute: &str, value: &Value) -> Value {
    let provider = match attribute {
        "private-key" => "ado_server",
        "ado-org-name" => "ado_services",
        _ => "github",
    };
    let mut given = sample_with(json!({"service-provider": provider}));
    given["data"]["attributes"][attribute] = value.clone();
    given
}

#[track_caller]
fn is_refused(owner: &Caller, attribute: &str, value: &Value) {
    let pointers = owner.tries_client(&given(attribute, value)).refused(422);
    assert_eq!(pointers, [format!("/data/attributes/{attribute}")], "{attribute}: {value:.60}");
}

/// The attribute as it came back.
#[track_caller]
fn is_taken(owner: &Caller, attribute: &str, value: &Value) -> Value {
    owner.tries_client(&given(attribute, value)).is(201).at(&format!("/data/attributes/{attribute}"))
}

#[test]
fn nothing_is_taken_for_another_type() {
    let server = Server::demo();
    let (owner, before) = (server.owner(), server.contents());
    let wrong = [json!(0), json!(-1.5), json!(12345678901234567890u64), json!([]), json!(["github"]), json!({})];
    for attribute in REQUIRED.iter().chain(&OPTIONAL) {
        for value in wrong.iter().chain(&[json!(true), json!({"a": "https://github.com"})]) {
            is_refused(&owner, attribute, value);
        }
    }
    for value in wrong.iter().chain(&[json!("true"), json!(""), json!(1)]) {
        is_refused(&owner, "organization-scoped", value);
    }
    assert_eq!(server.contents(), before);
}

#[test]
fn what_is_required_must_say_something() {
    let server = Server::demo();
    let (owner, before) = (server.owner(), server.contents());
    for attribute in REQUIRED {
        let pointers = owner.tries_client(&sample_without(attribute)).refused(422);
        assert_eq!(pointers, [format!("/data/attributes/{attribute}")]);
        for nothing in [json!(null), json!(""), json!("  "), json!("\n\t "), json!("\u{a0}")] {
            is_refused(&owner, attribute, &nothing);
        }
    }
    for nothing in [json!(null), json!(""), json!(" ")] {
        is_refused(&owner, "private-key", &nothing);
    }
    assert_eq!(server.contents(), before);
}

#[test]
fn what_is_optional_may_be_left_out_or_say_nothing() {
    let server = Server::demo();
    let owner = server.owner();
    for attribute in ["key", "secret", "rsa-public-key", "ado-org-name", "ado-entra-tenant-id"] {
        for nothing in [json!(null), json!(""), json!("  \n")] {
            assert_eq!(is_taken(&owner, attribute, &nothing), Value::Null, "{attribute}");
        }
    }
    assert_eq!(is_taken(&owner, "organization-scoped", &json!(null)), json!(true));
    assert_eq!(is_taken(&owner, "organization-scoped", &json!(true)), json!(true));
    assert_eq!(is_taken(&owner, "organization-scoped", &json!(false)), json!(false));
    is_refused(&owner, "name", &json!("  "));
    // A header cannot hold them.
    for token in ["ü", "pasted\u{200b}", "pasted\u{a0}", "two\nlines", "\u{7f}"] {
        is_refused(&owner, "oauth-token-string", &json!(token));
    }
}

#[test]
fn each_limit_is_kept_exactly() {
    let url = |length: usize| format!("https://github.com/{}", "a".repeat(length - "https://github.com/".len()));
    // Attribute, the longest value that is taken, the shortest that is not, and whether it comes back.
    let limits = [
        ("name", "é".repeat(255), "é".repeat(256), true),
        ("http-url", url(2048), url(2049), true),
        ("api-url", url(2048), url(2049), true),
        ("oauth-token-string", "x".repeat(8 * 1024), "x".repeat(8 * 1024 + 1), false),
        ("key", "é".repeat(2048), "é".repeat(2049), true),
        ("secret", "x".repeat(64 * 1024), "x".repeat(64 * 1024 + 1), false),
        ("private-key", "x".repeat(64 * 1024), "x".repeat(64 * 1024 + 1), false),
        ("rsa-public-key", "\n".to_owned() + &"x".repeat(8 * 1024 - 1), "x".repeat(8 * 1024 + 1), true),
        ("ado-org-name", "x".repeat(255), "x".repeat(256), true),
        ("ado-entra-tenant-id", "x".repeat(255), "x".repeat(256), true),
    ];
    let server = Server::demo();
    let owner = server.owner();
    for (attribute, longest, too_long, comes_back) in limits {
        let came_back = is_taken(&owner, attribute, &json!(longest));
        assert_eq!(came_back, if comes_back { json!(longest) } else { Value::Null }, "{attribute}");
        let before = server.contents();
        is_refused(&owner, attribute, &json!(too_long));
        assert_eq!(server.contents(), before);
    }
}

#[test]
fn hidden_characters_have_no_place_in_a_name_or_a_token() {
    let server = Server::demo();
    let (owner, before) = (server.owner(), server.contents());
    for attribute in ["name", "oauth-token-string"] {
        for text in ["a\nb", "a\r", "\u{1b}[31mred", "a\u{7f}", "a\u{85}b"] {
            is_refused(&owner, attribute, &json!(text));
        }
    }
    // What would show the text beside the name in another order.
    for text in ["a\u{202e}b", "\u{2066}a", "a\u{2069}", "a\u{202a}", "a\u{2028}b"] {
        is_refused(&owner, "name", &json!(text));
    }
    assert_eq!(server.contents(), before);
    // Marks and joiners belong to words.
    is_taken(&owner, "name", &json!("\u{5d0}\u{200f}\u{200d}"));
}

//! What is not JSON, and what is JSON but no document.

use serde_json::{Value, json};

use super::{good_document, sends, ways_to_write};
use crate::harness::{Server, document};

/// Texts that are no JSON, or that two readers could take for two things.
fn not_json(kind: &str) -> Vec<(&'static str, Vec<u8>)> {
    let good = good_document(kind, "new");
    let replaced = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1).into_bytes()
    };
    let joined = |before: &[u8], after: &[u8]| [before, good.as_bytes(), after].concat();
    // Inside the attributes, where unknown members are ignored: the text must be refused for what it is.
    let with_member = |member: &[u8]| {
        let (head, tail) = good.split_at(good.find(r#""attributes":{"#).expect("attributes") + 14);
        [head.as_bytes(), member, b",", tail.as_bytes()].concat()
    };
    let deep = |open: &str, close: &str, depth: usize| {
        with_member(format!("\"x\":{}1{}", open.repeat(depth), close.repeat(depth)).as_bytes())
    };
    vec![
        ("blank", b" \r\n\t".to_vec()),
        ("a word", b"nonsense".to_vec()),
        ("a form", b"data=1&type=x".to_vec()),
        ("XML", b"<data/>".to_vec()),
        ("cut short", good.as_bytes()[..good.len() - 1].to_vec()),
        ("only opened", b"{".to_vec()),
        ("a second document", joined(b"", b"{}")),
        ("trailing text", joined(b"", b" x")),
        ("a trailing NUL", joined(b"", b"\0")),
        ("a leading NUL", joined(b"\0", b"")),
        ("a byte order mark", joined(b"\xef\xbb\xbf", b"")),
        ("UTF-16", good.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("invalid UTF-8 in a value", with_member(b"\"x\":\"\xff\"")),
        ("invalid UTF-8 in a name", with_member(b"\"\xc3\":1")),
        ("overlong UTF-8", with_member(b"\"x\":\"\xc0\xaf\"")),
        ("a surrogate in UTF-8", with_member(b"\"x\":\"\xed\xa0\x80\"")),
        ("a raw NUL in a text", with_member(b"\"x\":\"a\0b\"")),
        ("an escaped NUL in a text", with_member(br#""x":"a\u0000b""#)),
        ("an escaped NUL in a name", with_member(br#""x\u0000":1"#)),
        ("a raw line end in a text", with_member(b"\"x\":\"a\nb\"")),
        ("a lone leading surrogate", with_member(br#""x":"\ud83d""#)),
        ("a lone trailing surrogate", with_member(br#""x":"\ude00""#)),
        ("surrogates the wrong way round", with_member(br#""x":"\ude00\ud83d""#)),
        ("a leading surrogate before a letter", with_member(br#""x":"\ud83dA""#)),
        ("a number out of range", with_member(b"\"x\":1e999")),
        ("NaN", with_member(b"\"x\":NaN")),
        ("a number with a leading zero", with_member(b"\"x\":01")),
        ("a hexadecimal number", with_member(b"\"x\":0x1")),
        ("single quotes", with_member(b"'x':1")),
        ("a comment", with_member(b"/* x */\"x\":1")),
        ("two commas", with_member(b"\"x\":1,")),
        ("arrays in arrays", deep("[", "]", 200)),
        ("a hundred thousand arrays", deep("[", "]", 100_000)),
        ("objects in objects", deep("{\"x\":", "}", 200)),
        ("arrays never closed", "[".repeat(500_000).into_bytes()),
        ("a member twice at the top", replaced("{\"data\":", "{\"meta\":1,\"meta\":1,\"data\":")),
        ("data twice", replaced("{\"data\":", "{\"data\":{},\"data\":")),
        ("type twice", replaced("\"type\":", "\"type\":\"x\",\"type\":")),
        ("attributes twice", replaced("\"attributes\":", "\"attributes\":{},\"attributes\":")),
        ("an attribute twice", with_member(br#""x":1,"x":1"#)),
        ("an attribute twice, once escaped", with_member(br#""x":1,"\u0078":2"#)),
        ("a member twice within an attribute", with_member(br#""x":{"y":1,"y":2}"#)),
        ("a member twice within an array", with_member(br#""x":[[{"y":1,"y":2}]]"#)),
    ]
}

#[test]
fn what_is_not_json_is_a_bad_request_and_changes_nothing() {
    let server = Server::demo();
    let owner = server.owner();
    let ways = ways_to_write(&server);
    let before = server.contents();
    for (method, path, kind) in &ways {
        for (name, body) in not_json(kind) {
            let answer = sends(&owner, method, path, &body);
            assert_eq!(answer.status, 400, "{name}: {method} {path}: {}", answer.body);
            assert_eq!(answer.refused(400), Vec::<String>::new(), "{name}");
            assert_eq!(answer.text("/errors/0/title"), "bad request");
        }
    }
    assert_eq!(server.contents(), before);
    sends(&owner, "POST", &ways[0].1, b"{]").is(400).golden("documents.not_json");
    sends(&owner, "POST", &ways[0].1, br#"{"data":{"a":1,"a":2}}"#).is(400).golden("documents.duplicate_member");
}

#[test]
fn the_document_behind_the_bad_ones_is_good() {
    let server = Server::demo();
    for (method, path, kind) in ways_to_write(&server) {
        let (expected, name) = if method == "POST" { (201, "created") } else { (200, "renamed") };
        sends(&server.owner(), method, &path, good_document(kind, name).as_bytes()).is(expected);
    }
}

#[test]
fn what_json_allows_is_taken() {
    let server = Server::demo();
    let path = "/organizations/my-organization/oauth-clients";
    let good = good_document("oauth-clients", "");
    let members: [&[u8]; 8] = [
        b"\"x\":1e308",
        b"\"x\":-0.0",
        b"\"x\":12345678901234567890123456789012345678901234567890",
        br#""x":"\ud83d\ude00""#,
        br#""x":"\u001f\b\f\/""#,
        "\"\u{1F600}\":null".as_bytes(),
        br#""":"the empty name""#,
        br#""x":{"y":1},"z":{"y":1}"#,
    ];
    for member in members {
        let (head, tail) = good.split_at(good.find(r#""attributes":{"#).expect("attributes") + 14);
        let body = [b" \n".as_slice(), head.as_bytes(), member, b",", tail.as_bytes(), b"\r\n "].concat();
        sends(&server.owner(), "POST", path, &body).is(201);
    }
    let nested = format!(r#""x":{}{}"#, "[".repeat(100), "]".repeat(100));
    let body = good.replacen(r#""attributes":{"#, &format!(r#""attributes":{{{nested},"#), 1);
    sends(&server.owner(), "POST", path, body.as_bytes()).is(201);
}

#[test]
fn json_that_is_no_document_is_invalid_and_says_where() {
    let server = Server::demo();
    let owner = server.owner();
    let ways = ways_to_write(&server);
    let before = server.contents();
    for (method, path, kind) in &ways {
        let good = good_document(kind, "new");
        let with_type = |other: &str| good.replacen(&format!("\"{kind}\""), other, 1);
        let cases: Vec<(String, Vec<&str>)> = vec![
            ("[]".to_owned(), vec![""]),
            (format!("[{good}]"), vec![""]),
            ("null".to_owned(), vec![""]),
            ("true".to_owned(), vec![""]),
            ("7".to_owned(), vec![""]),
            ("\"data\"".to_owned(), vec![""]),
            ("{}".to_owned(), vec![""]),
            (r#"{"errors":[]}"#.to_owned(), vec![""]),
            (r#"{"Data":{}}"#.to_owned(), vec![""]),
            (r#"{"data":null}"#.to_owned(), vec!["/data"]),
            (r#"{"data":[]}"#.to_owned(), vec!["/data"]),
            (r#"{"data":"x"}"#.to_owned(), vec!["/data"]),
            (with_type("\"vars\""), vec!["/data/type"]),
            (with_type("1"), vec!["/data/type"]),
            (with_type(&format!("\"{}\"", kind.to_uppercase())), vec!["/data/type"]),
            (with_type(&format!("\"{kind} \"")), vec!["/data/type"]),
            (with_type("[]"), vec!["/data/type"]),
        ];
        for (body, pointers) in cases {
            let answer = sends(&owner, method, path, body.as_bytes());
            assert_eq!(answer.refused(422), pointers, "{method} {path}: {body}");
        }
        for member in ["attributes", "relationships"] {
            for value in ["[]", "1", "\"x\"", "true"] {
                let body = format!(r#"{{"data":{{"type":"{kind}","{member}":{value}}}}}"#);
                let pointers = sends(&owner, method, path, body.as_bytes()).refused(422);
                assert_eq!(pointers[0], format!("/data/{member}"), "{method} {path}: {body}");
            }
        }
    }
    assert_eq!(server.contents(), before);
    let path = &ways[0].1;
    sends(&owner, "POST", path, b"[]").is(422).golden("documents.array");
    sends(&owner, "POST", path, b"{}").is(422).golden("documents.without_data");
    let vars = good_document("oauth-clients", "").replacen("oauth-clients", "vars", 1);
    sends(&owner, "POST", path, vars.as_bytes()).is(422).golden("documents.wrong_type");
}

#[test]
fn a_wrong_type_does_not_hide_what_else_is_wrong() {
    let server = Server::demo();
    let body = br#"{"data":{"type":"vars","attributes":{"service-provider":"github","http-url":"https://a.test"}}}"#;
    let answer = sends(&server.owner(), "POST", "/organizations/my-organization/oauth-clients", body);
    let pointers = ["/data/type", "/data/attributes/api-url", "/data/attributes/oauth-token-string"];
    assert_eq!(answer.refused(422), pointers);
}

#[test]
fn a_body_may_be_a_mebibyte_and_no_more() {
    let server = Server::demo();
    let owner = server.owner();
    let ways = ways_to_write(&server);
    let padded = |kind: &str, name: &str, length: usize| {
        let mut body = good_document(kind, name).into_bytes();
        body.resize(length, b' ');
        body
    };
    let before = server.contents();
    for (method, path, kind) in &ways {
        let answer = sends(&owner, method, path, &padded(kind, "new", 1024 * 1024 + 1));
        answer.is(413).golden("documents.too_large");
    }
    assert_eq!(server.contents(), before);
    sends(&owner, "POST", &ways[0].1, &padded("oauth-clients", "", 1024 * 1024)).is(201);
}

/// Something that is there and wrong is not also missing.
#[test]
fn what_is_wrong_is_not_told_to_be_missing_too() {
    let server = Server::demo();
    let owner = server.owner();
    let related = |kind: &str, attributes: Value, name: &str, linkage: Value| json!({"data": {"type": kind, "attributes": attributes, "relationships": {name: linkage}}});
    let wrong = json!({"data": {"type": "tags"}});
    let agent = |name: &str| json!({"name": "new", "default-execution-mode": "agent", name: 5});
    let variable = json!({"key": "k", "category": "env"});
    let organization = json!({"name": "new", "email": "a@example.com", "default-execution-mode": "agent",
                              "default-agent-pool-id": 5});
    for (path, document, pointer) in [
        ("/vars", related("vars", variable, "workspace", wrong.clone()), "/data/relationships/workspace/data"),
        (
            "/stacks",
            related("stacks", json!({"name": "s"}), "project", wrong.clone()),
            "/data/relationships/project/data",
        ),
        (
            "/organizations/my-organization/projects",
            related("projects", agent("other"), "default-agent-pool", wrong.clone()),
            "/data/relationships/default-agent-pool/data",
        ),
        (
            "/organizations/my-organization/projects",
            related("projects", agent("default-agent-pool-id"), "x", Value::Null),
            "/data/attributes/default-agent-pool-id",
        ),
        (
            "/organizations/my-organization/workspaces",
            related("workspaces", json!({"name": "new", "execution-mode": "agent"}), "agent-pool", wrong.clone()),
            "/data/relationships/agent-pool/data",
        ),
        (
            "/organizations",
            related("organizations", organization, "x", Value::Null),
            "/data/attributes/default-agent-pool-id",
        ),
        (
            "/registry-modules",
            related("registry-modules", json!({"vcs-repo": {"organization-name": 5}}), "x", Value::Null),
            "/data/attributes/vcs-repo/organization-name",
        ),
    ] {
        assert_eq!(owner.post(path, &document).refused(422), [pointer], "{path} {document}");
    }
    let access = related("team-workspaces", json!({"access": "read"}), "workspace", wrong);
    let both = ["/data/relationships/workspace/data", "/data/relationships/team"];
    assert_eq!(owner.post("/team-workspaces", &access).refused(422), both);
}

/// They would show other text than there is, on pages and at terminals.
#[test]
fn descriptions_have_lines_and_no_hidden_characters() {
    let server = Server::demo();
    let owner = server.owner();
    let project = owner.creates_project("my-organization", "abc");
    let workspace = owner.creates_workspace("my-organization", "infra", None);
    let team = owner.creates_team("my-organization", "platform", &[]);
    let creates = |list: &str, kind: &str, attributes: Value| {
        let made = owner.post(&format!("/organizations/my-organization/{list}"), &document(kind, attributes));
        made.is(201).text("/data/id")
    };
    let set = creates("varsets", "varsets", json!({"name": "set"}));
    let policies = creates("policy-sets", "policy-sets", json!({"name": "cost"}));
    let task = creates("tasks", "tasks", json!({"name": "scan", "url": "https://example.com", "category": "task"}));
    let variable = document("vars", json!({"key": "k", "category": "env"}));
    let variable = owner.post(&format!("/workspaces/{workspace}/vars"), &variable).is(201).text("/data/id");
    for (path, kind) in [
        (format!("/projects/{project}"), "projects"),
        (format!("/workspaces/{workspace}"), "workspaces"),
        (format!("/teams/{team}"), "teams"),
        (format!("/varsets/{set}"), "varsets"),
        (format!("/policy-sets/{policies}"), "policy-sets"),
        (format!("/tasks/{task}"), "tasks"),
        (format!("/vars/{variable}"), "vars"),
    ] {
        let change = |text: &str| owner.patch(&path, &document(kind, json!({"description": text})));
        for text in ["\u{202e}gpj", "\u{1b}[2J"] {
            assert_eq!(change(text).refused(422), ["/data/attributes/description"], "{kind} {text:?}");
        }
        let text = "one\n\ttwo\r\nthree";
        assert_eq!(change(text).is(200).text("/data/attributes/description"), text, "{kind}");
    }
}

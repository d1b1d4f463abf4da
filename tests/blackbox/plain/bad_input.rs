//! Bad input to plain resources: refused as a whole, with the place that is wrong.

use serde_json::{Value, json};

use super::{PLAIN, Plain, attributes, sample};
use crate::harness::Server;
use crate::harness::contract::resolve;

/// Method, path and a good document of each request that creates or changes.
fn requests(plain: &Plain, server: &Server, name: &str) -> Vec<(&'static str, String, Value)> {
    let (list, one, _) = plain.made(server, "my-organization", name);
    let another = format!("{name}-x");
    let mut requests = vec![("POST", list, plain.sample(server, "my-organization", &another))];
    if let Some(change) = sample("PATCH", plain.one, server, "my-organization", &another) {
        requests.push(("PATCH", one, change));
    }
    requests
}

#[test]
fn a_wrong_type_or_id_is_named() {
    let server = Server::demo();
    for (n, plain) in PLAIN.iter().enumerate() {
        for (method, path, good) in requests(plain, &server, &format!("one-{n}")) {
            let before = server.contents();
            let refused = |pointer: &str, value: Value| {
                let mut bad = good.clone();
                bad["data"][pointer] = value;
                let named = server.owner().send_json(method, &path, &bad).refused(422);
                assert_eq!(named, [format!("/data/{pointer}")], "{method} {path}");
            };
            refused("type", json!("planets"));
            refused("id", json!(1));
            if method == "PATCH" {
                refused("id", json!(format!("{}1111111111111111", plain.prefix)));
            }
            assert_eq!(server.contents(), before, "{method} {path}");
        }
    }
}

#[test]
fn an_attribute_of_a_wrong_type_or_too_long_is_named() {
    let server = Server::demo();
    for (n, plain) in PLAIN.iter().enumerate() {
        for (method, path, good) in requests(plain, &server, &format!("one-{n}")) {
            let before = server.contents();
            let attributes = good["data"]["attributes"].as_object().cloned().unwrap_or_default();
            for (name, value) in &attributes {
                let mut wrong = vec![json!({"x": [1]}), json!(-1.5)];
                if value.is_string() {
                    wrong.push(json!("x".repeat(300_000)));
                    wrong.push(json!([value]));
                }
                if value.is_array() {
                    wrong.push(json!([1]));
                    wrong.push(json!(["x".repeat(300)]));
                }
                for value in wrong {
                    let mut bad = good.clone();
                    bad["data"]["attributes"][name] = value;
                    let named = server.owner().send_json(method, &path, &bad).refused(422);
                    assert_eq!(named, [format!("/data/attributes/{name}")], "{method} {path}");
                }
            }
            assert_eq!(server.contents(), before, "{method} {path}");
        }
    }
}

#[test]
fn what_is_required_and_how_long_it_may_be_is_as_the_document_says() {
    let server = Server::demo();
    let mut tried = 0;
    for (n, plain) in PLAIN.iter().enumerate() {
        for (method, path, good) in requests(plain, &server, &format!("one-{n}")) {
            let before = server.contents();
            let described = attributes(method, if method == "POST" { plain.list } else { plain.one });
            let required = described["required"].as_array().into_iter().flatten();
            let mut wrong: Vec<(&str, Value)> = Vec::new();
            for name in required.map(|name| name.as_str().expect("a name")) {
                wrong.extend([(name, json!(null)), (name, json!(""))]);
            }
            for (name, schema) in described["properties"].as_object().into_iter().flatten() {
                if let Some(most) = resolve(String::new(), schema).1["maxLength"].as_u64() {
                    wrong.push((name, json!("x".repeat(most as usize + 1))));
                }
            }
            for (name, value) in wrong {
                let mut bad = good.clone();
                bad["data"]["attributes"][name] = value;
                let named = server.owner().send_json(method, &path, &bad).refused(422);
                assert_eq!(named, [format!("/data/attributes/{name}")], "{method} {path}");
                tried += 1;
            }
            assert_eq!(server.contents(), before, "{method} {path}");
        }
    }
    assert!(tried > 50, "{tried}");
}

#[test]
fn nothing_of_another_organization_can_be_linked() {
    let server = Server::demo();
    server.owner().creates_organization("other");
    for (n, plain) in PLAIN.iter().enumerate() {
        for (m, (method, path, good)) in requests(plain, &server, &format!("one-{n}")).into_iter().enumerate() {
            let relationships = good["data"]["relationships"].as_object().cloned().unwrap_or_default();
            for name in relationships.keys() {
                let foreign = sample(
                    method,
                    if method == "POST" { plain.list } else { plain.one },
                    &server,
                    "other",
                    &format!("foreign-{n}-{m}-{name}"),
                )
                .expect("a body");
                let before = server.contents();
                let mut unknown = foreign["data"]["relationships"][name].clone();
                let first = if unknown["data"].is_array() { "/data/0/id" } else { "/data/id" };
                // What is made by being named has no id.
                let Some(id) = unknown.pointer_mut(first) else { continue };
                *id = json!("nonexisting");
                for linked in [foreign["data"]["relationships"][name].clone(), unknown] {
                    let mut bad = good.clone();
                    bad["data"]["relationships"][name] = linked;
                    let named = server.owner().send_json(method, &path, &bad).refused(422);
                    let place = format!("/data/relationships/{name}/data");
                    assert!(named.len() == 1 && named[0].starts_with(&place), "{method} {path}: {named:?}");
                }
                assert_eq!(server.contents(), before, "{method} {path}");
            }
        }
    }
}

/// Controls, and what shows the text beside a name in another order.
#[test]
fn a_name_with_hidden_characters_is_refused() {
    let server = Server::demo();
    let mut tried = 0;
    for (n, plain) in PLAIN.iter().enumerate() {
        for (method, path, good) in requests(plain, &server, &format!("one-{n}")) {
            let Some(attribute) = ["name", "key"].into_iter().find(|name| good["data"]["attributes"][name].is_string())
            else {
                continue;
            };
            let before = server.contents();
            for hidden in ["a\u{7}b", "a\u{202e}b", "a\u{2067}b", "a\u{2028}b"] {
                let mut bad = good.clone();
                bad["data"]["attributes"][attribute] = json!(hidden);
                let named = server.owner().send_json(method, &path, &bad).refused(422);
                assert_eq!(named, [format!("/data/attributes/{attribute}")], "{method} {path} {hidden:?}");
                tried += 1;
            }
            assert_eq!(server.contents(), before, "{method} {path}");
        }
    }
    assert!(tried > 20, "{tried}");
}

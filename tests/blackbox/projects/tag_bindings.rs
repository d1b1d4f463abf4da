//! The two ways to change tag bindings.

use serde_json::{Value, json};

use super::{binding, bindings, pairs};
use crate::harness::{JSON_API, Server};

#[test]
fn adding_keeps_the_others_and_replacing_does_not() {
    let server = Server::demo();
    let owner = server.owner();
    let path = format!("/projects/{}", owner.creates_project("my-organization", "abc"));
    let (add, replace) = (format!("{path}/tag-bindings"), format!("{path}/relationships/tag-bindings"));
    let listed = || bindings(&owner.get(&add).is(200));

    let added = owner.patch(&add, &json!({"data": [binding("foo", "bar"), binding("baz", "qux")]})).is(200);
    assert_eq!(bindings(&added), pairs(&[("foo", "bar"), ("baz", "qux")]));
    let changed = owner.patch(&add, &json!({"data": [binding("new", ""), binding("foo", "other")]})).is(200);
    assert_eq!(bindings(&changed), pairs(&[("foo", "other"), ("baz", "qux"), ("new", "")]));
    let changed = owner.patch(&add, &json!({"data": []})).is(200);
    assert_eq!(bindings(&changed).len(), 3);
    owner.get(&add).is(200).golden("projects.tag_bindings");
    let effective = owner.get(&format!("{path}/effective-tag-bindings")).is(200);
    effective.golden("projects.effective_tag_bindings");

    owner.patch(&replace, &json!({"data": [binding("only", "one")]})).is_done();
    assert_eq!(listed(), pairs(&[("only", "one")]));
    owner.patch(&replace, &json!({"data": []})).is_done();
    assert_eq!(listed(), pairs(&[]));
}

#[test]
fn pages_of_bindings() {
    let server = Server::demo();
    let owner = server.owner();
    let path = format!("/projects/{}/tag-bindings", owner.creates_project("my-organization", "abc"));
    let three: Vec<Value> = ["a", "b", "c"].iter().map(|key| binding(key, "x")).collect();
    owner.patch(&path, &json!({"data": three})).is(200);
    let second = owner.get(&format!("{path}?page[size]=2&page[number]=2")).is(200);
    assert_eq!(bindings(&second), pairs(&[("c", "x")]));
    assert_eq!(second.at("/meta/pagination/total-count"), json!(3));
    assert_eq!(owner.get(&path).is(200).at("/meta"), Value::Null);
    assert_eq!(owner.get(&format!("{path}?page[size]=0")).refused(422), ["page[size]"]);
}

#[test]
fn no_more_than_ten() {
    let server = Server::demo();
    let owner = server.owner();
    let path = format!("/projects/{}", owner.creates_project("my-organization", "abc"));
    let (add, replace) = (format!("{path}/tag-bindings"), format!("{path}/relationships/tag-bindings"));
    let keys = |keys: std::ops::Range<usize>| json!({"data": keys.map(|n| binding(&format!("key-{n}"), "x")).collect::<Vec<_>>()});
    owner.patch(&replace, &keys(0..10)).is_done();
    let before = server.contents();
    owner.patch(&add, &keys(10..11)).is(422).golden("projects.tag_bindings.too_many");
    assert_eq!(owner.patch(&replace, &keys(0..11)).refused(422), ["/data"]);
    assert_eq!(server.contents(), before);
    assert_eq!(owner.patch(&add, &keys(3..7)).is(200).list().len(), 10);
}

#[test]
fn what_is_no_binding_is_refused_and_named() {
    let server = Server::demo();
    let owner = server.owner();
    let path = format!("/projects/{}", owner.creates_project("my-organization", "abc"));
    for path in [format!("{path}/tag-bindings"), format!("{path}/relationships/tag-bindings")] {
        let before = server.contents();
        for (data, pointers) in [
            (json!(null), vec!["/data"]),
            (json!({"type": "tag-bindings"}), vec!["/data"]),
            (json!(["env"]), vec!["/data/0"]),
            (json!([{"attributes": {"key": "a"}}]), vec!["/data/0"]),
            (json!([binding("a", "x"), {"type": "tags"}]), vec!["/data/1"]),
            (json!([{"type": "tag-bindings"}]), vec!["/data/0/attributes/key"]),
            (json!([binding("", "x"), binding("a\n", "x")]), vec!["/data/0/attributes/key", "/data/1/attributes/key"]),
            (json!([binding("a", "x"), binding("a", "y")]), vec!["/data/1/attributes/key"]),
            (json!([binding(&"k".repeat(129), "x")]), vec!["/data/0/attributes/key"]),
            (json!([binding("a", &"v".repeat(257))]), vec!["/data/0/attributes/value"]),
            (json!([{"type": "tag-bindings", "attributes": {"key": 1}}]), vec!["/data/0/attributes/key"]),
        ] {
            assert_eq!(owner.patch(&path, &json!({"data": data})).refused(422), pointers, "{data}");
        }
        assert_eq!(owner.patch(&path, &json!({})).refused(422), [""]);
        owner.send("PATCH", &path, Some(b"{"), &[("Content-Type", JSON_API)]).is(400);
        assert_eq!(server.contents(), before);
    }
}

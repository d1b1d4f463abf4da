//! Key-value tags, own and inherited.

use serde_json::{Value, json};

use super::{Scene, WORKSPACES};
use crate::harness::{Answer, document};

impl Scene {
    fn has(&self) -> Vec<(String, String)> {
        pairs(&self.owner.get(&format!("{}/tag-bindings", self.path)))
    }

    /// Through the workspace's own document.
    fn sets_bindings(&self, data: &Value) -> Answer {
        self.owner.patch(&self.path, &with(json!({}), data))
    }
}

fn with(attributes: Value, data: &Value) -> Value {
    let mut given = document("workspaces", attributes);
    given["data"]["relationships"] = json!({"tag-bindings": {"data": data}});
    given
}

fn bindings(pairs: &[(&str, &str)]) -> Value {
    pairs
        .iter()
        .map(|(key, value)| json!({"type": "tag-bindings", "attributes": {"key": key, "value": value}}))
        .collect()
}

fn pairs(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let text = |item: &Value, name: &str| item["attributes"][name].as_str().expect("text").to_owned();
    answer.list().iter().map(|item| (text(item, "key"), text(item, "value"))).collect()
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn they_come_with_the_workspace_and_are_replaced_as_a_whole() {
    let scene = Scene::new();
    let given = with(json!({"name": "new"}), &bindings(&[("env", "prod"), ("team", "")]));
    let created = scene.owner.post(WORKSPACES, &given).is(201);
    let path = format!("/workspaces/{}/tag-bindings", created.text("/data/id"));
    assert_eq!(pairs(&scene.owner.get(&path)), owned(&[("env", "prod"), ("team", "")]));
    scene.owner.get(&path).golden("workspaces.tag_bindings");

    scene.sets_bindings(&bindings(&[("b", "1"), ("a", "2")])).is(200);
    assert_eq!(scene.has(), owned(&[("b", "1"), ("a", "2")]));
    scene.owner.patch(&scene.path, &document("workspaces", json!({"description": "x"}))).is(200);
    assert_eq!(scene.has().len(), 2);
    scene.sets_bindings(&bindings(&[("b", "3")])).is(200);
    assert_eq!(scene.has(), owned(&[("b", "3")]));
    // As the provider takes them away.
    scene.sets_bindings(&json!([])).is(200);
    assert!(scene.has().is_empty());
}

#[test]
fn by_themselves_they_are_added_or_replaced() {
    let scene = Scene::new();
    let own = format!("{}/tag-bindings", scene.path);
    let relationship = format!("{}/relationships/tag-bindings", scene.path);
    let added = scene.owner.patch(&own, &json!({"data": bindings(&[("env", "prod"), ("team", "x")])}));
    assert_eq!(pairs(&added), owned(&[("env", "prod"), ("team", "x")]));
    let changed = scene.owner.patch(&own, &json!({"data": bindings(&[("env", "test")])}));
    assert_eq!(pairs(&changed), owned(&[("env", "test"), ("team", "x")]));
    assert_eq!(scene.owner.get(&relationship).json(), scene.owner.get(&own).json());
    scene.owner.patch(&relationship, &json!({"data": bindings(&[("only", "1")])})).is_done();
    assert_eq!(scene.has(), owned(&[("only", "1")]));
    scene.owner.patch(&relationship, &json!({"data": []})).is_done();
    assert!(scene.has().is_empty());
}

#[test]
fn a_projects_count_unless_the_workspace_has_its_own() {
    let scene = Scene::new();
    scene
        .server
        .sqlite()
        .execute_batch(
            "INSERT INTO project_tag_bindings (project, key, value, created_at) SELECT number, 'env', 'prod', 0 FROM projects;
             INSERT INTO project_tag_bindings (project, key, value, created_at) SELECT number, 'cost', '7', 0 FROM projects;",
        )
        .expect("inserted");
    scene.sets_bindings(&bindings(&[("env", "test"), ("team", "x")])).is(200);
    let effective = scene.owner.get(&format!("{}/effective-tag-bindings", scene.path)).is(200);
    assert_eq!(pairs(&effective), owned(&[("env", "test"), ("team", "x"), ("cost", "7")]));
    effective.golden("workspaces.effective_tag_bindings");
    assert_eq!(scene.has(), owned(&[("env", "test"), ("team", "x")]));
}

#[test]
fn bad_ones_are_named_and_change_nothing() {
    let scene = Scene::new();
    scene.sets_bindings(&bindings(&[("kept", "1")])).is(200);
    let before = scene.server.contents();
    let binding = |attributes: Value| json!([{"type": "tag-bindings", "attributes": attributes}]);
    let cases = [
        (binding(json!({})), "/0/attributes/key"),
        (binding(json!({"key": null, "value": "x"})), "/0/attributes/key"),
        (binding(json!({"key": ""})), "/0/attributes/key"),
        (binding(json!({"key": 7})), "/0/attributes/key"),
        (binding(json!({"key": "k".repeat(129)})), "/0/attributes/key"),
        (binding(json!({"key": "k", "value": 7})), "/0/attributes/value"),
        (binding(json!({"key": "k", "value": "v".repeat(257)})), "/0/attributes/value"),
        (bindings(&[("a", "1"), ("a", "2")]), "/1/attributes/key"),
        (json!([{"type": "tags", "attributes": {"key": "k"}}]), "/0"),
        (json!([7]), "/0"),
        (json!({"type": "tag-bindings"}), ""),
        (json!("x"), ""),
        (Value::Null, ""),
    ];
    for (data, pointer) in cases {
        let below = "/data/relationships/tag-bindings/data";
        assert_eq!(scene.sets_bindings(&data).refused(422), [format!("{below}{pointer}")], "{data}");
        let new = with(json!({"name": "new"}), &data);
        assert_eq!(scene.owner.post(WORKSPACES, &new).refused(422), [format!("{below}{pointer}")], "{data}");
        for path in ["tag-bindings", "relationships/tag-bindings"] {
            let refused = scene.owner.patch(&format!("{}/{path}", scene.path), &json!({"data": data}));
            assert_eq!(refused.refused(422), [format!("/data{pointer}")], "{path} {data}");
        }
    }
    assert_eq!(scene.server.contents(), before);
}

#[test]
fn bindings_keep_their_order_and_are_ten_at_the_most() {
    let scene = Scene::new();
    let many: Vec<(String, String)> = (0..11).map(|n| (format!("key-{}", 20 - n), "x".to_owned())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let path = format!("{}/tag-bindings", scene.path);
    let add = |given: &[(&str, &str)]| scene.owner.patch(&path, &json!({"data": bindings(given)}));
    add(&many[..2]).is(200);
    let ten = add(&many[2..10]).is(200);
    assert_eq!(
        pairs(&ten).iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(),
        many[..10].iter().map(|(key, _)| *key).collect::<Vec<_>>()
    );
    add(&[(many[0].0, "another")]).is(200);
    let before = scene.has();
    assert_eq!(add(&many[10..]).refused(422), ["/data"]);
    assert_eq!(scene.sets_bindings(&bindings(&many)).refused(422), ["/data/relationships/tag-bindings/data"]);
    let replaced =
        scene.owner.patch(&format!("{}/relationships/tag-bindings", scene.path), &json!({"data": bindings(&many)}));
    assert_eq!(replaced.refused(422), ["/data"]);
    assert_eq!(scene.has(), before);
}

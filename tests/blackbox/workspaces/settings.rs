//! What clients set and read back.

use serde_json::{Value, json};

use super::{Scene, WORKSPACES};
use crate::harness::{Answer, document};

impl Scene {
    fn sets_attributes(&self, attributes: Value) -> Answer {
        self.owner.patch(&self.path, &document("workspaces", attributes))
    }
}

/// Every attribute with a value that is not its default.
fn everything() -> Value {
    json!({
        "allow-destroy-plan": false, "assessments-enabled": true, "auto-apply": true, "auto-apply-run-trigger": true,
        "auto-destroy-activity-duration": "14d",
        "file-triggers-enabled": false, "global-remote-state": true, "hyok-enabled": true,
        "inherits-project-auto-destroy": false, "project-remote-state": true, "queue-all-runs": true,
        "speculative-enabled": false, "structured-run-output-enabled": false, "terraform-version": "~> 1.9.0",
        "trigger-prefixes": ["modules", "ä/ö"], "working-directory": "environments/prod"
    })
}

#[test]
fn what_is_set_comes_back() {
    let scene = Scene::new();
    let mut given = everything();
    for (name, value) in [("name", "all"), ("source-name", "Pipeline"), ("source-url", "https://ci.example.com/1?x=y")]
    {
        given[name] = json!(value);
    }
    let created = scene.owner.post(WORKSPACES, &document("workspaces", given.clone())).is(201);
    for (name, value) in given.as_object().expect("attributes") {
        assert_eq!(created.at(&format!("/data/attributes/{name}")), *value, "{name}");
    }
    let path = format!("/workspaces/{}", created.text("/data/id"));
    assert_eq!(scene.owner.get(&path).json(), created.json());
    created.golden("workspaces.create.every_setting");
}

#[test]
fn each_setting_changes_alone_and_null_is_its_default() {
    let scene = Scene::new();
    let default = scene.owner.get(&scene.path).at("/data/attributes");
    for (name, value) in everything().as_object().expect("attributes") {
        let mut expected = default.clone();
        expected[name] = value.clone();
        if name.starts_with("auto-destroy") {
            expected["inherits-project-auto-destroy"] = json!(false);
        }
        let changed = scene.sets_attributes(json!({name: value})).is(200).at("/data/attributes");
        let but_for_when = |mut now: Value| {
            for when in ["updated-at", "latest-change-at"] {
                now[when] = default[when].clone();
            }
            now
        };
        assert_eq!(but_for_when(changed), expected, "{name}");
        let stored = format!("SELECT count(*) FROM workspaces WHERE settings LIKE '{{\"{name}\":%'");
        assert_eq!(scene.server.number(&stored), 1, "{name}");
        let reset = scene.sets_attributes(json!({name: null})).is(200).at("/data/attributes");
        assert_eq!(but_for_when(reset), default, "{name}");
    }
    assert_eq!(scene.server.number("SELECT count(*) FROM workspaces WHERE settings = '{}'"), 1);
}

#[test]
fn what_the_provider_sends_for_what_is_not_configured() {
    let scene = Scene::new();
    let empty = json!({
        "working-directory": "", "trigger-prefixes": [], "trigger-patterns": [], "source-name": "", "source-url": "",
        "terraform-version": ""
    });
    let before = scene.owner.get(&scene.path).at("/data/attributes");
    let after = scene.sets_attributes(empty.clone()).is(200).at("/data/attributes");
    for name in empty.as_object().expect("attributes").keys() {
        assert_eq!(after[name], before[name], "{name}");
    }
}

#[test]
fn each_setting_keeps_to_its_type_and_limit() {
    let scene = Scene::new();
    let before = scene.server.contents();
    let line = |limit: usize| [json!("x".repeat(limit + 1)), json!("a\nb")];
    let everything = everything();
    let mut wrong: Vec<(&str, Value)> = vec![
        ("auto-destroy-activity-duration", json!("")),
        ("auto-destroy-activity-duration", json!("1w")),
        ("auto-destroy-activity-duration", json!("12345d")),
        ("auto-destroy-at", json!("")),
        ("auto-destroy-at", json!("tomorrow")),
        ("auto-destroy-at", json!("2030-01-01")),
        ("terraform-version", json!("nonexisting")),
        ("terraform-version", json!("1".repeat(256))),
        ("trigger-prefixes", json!(["a", ""])),
        ("trigger-prefixes", json!(["a", null])),
        ("trigger-patterns", json!(["x".repeat(1025)])),
        ("trigger-patterns", json!(vec!["x"; 101])),
        ("execution-mode", json!("cloud")),
        ("execution-mode", json!("")),
        ("setting-overwrites", json!(true)),
        ("vcs-repo", json!(true)),
    ];
    wrong.extend(line(1024).map(|value| ("working-directory", value)));
    for (name, value) in everything.as_object().expect("attributes") {
        let other = if value.is_boolean() { json!("true") } else { json!(true) };
        wrong.push((name, other));
    }
    for (name, value) in wrong {
        assert_eq!(
            scene.sets_attributes(json!({name: value})).refused(422),
            [format!("/data/attributes/{name}")],
            "{value}"
        );
    }
    for (name, value) in [
        ("source-name", json!("x".repeat(256))),
        ("source-url", json!("javascript:alert(1)")),
        ("source-url", json!("example.com")),
        ("source-url", json!(7)),
    ] {
        let given = document("workspaces", json!({"name": "new", name: value}));
        let pointers = scene.owner.post(WORKSPACES, &given).refused(422);
        assert_eq!(pointers, [format!("/data/attributes/{name}")], "{value}");
    }
    let overwrites = scene.sets_attributes(json!({"setting-overwrites": {"execution-mode": "yes", "agent-pool": 1}}));
    let pointers = ["execution-mode", "agent-pool"].map(|name| format!("/data/attributes/setting-overwrites/{name}"));
    assert_eq!(overwrites.refused(422), pointers);
    assert_eq!(scene.server.contents(), before);
}

#[test]
fn what_triggers_runs_is_one_thing_and_the_newer_displaces_the_older() {
    let scene = Scene::new();
    let both = scene.sets_attributes(json!({"trigger-prefixes": ["a"], "trigger-patterns": ["b"]}));
    both.is(422).golden("workspaces.update.triggers_exclude_each_other");
    let triggers = |answer: &Answer| {
        let attributes = answer.at("/data/attributes");
        (attributes["trigger-prefixes"].clone(), attributes["trigger-patterns"].clone())
    };
    // As the provider sends a change from one to the other.
    let prefixes = scene.sets_attributes(json!({"trigger-prefixes": ["a"], "trigger-patterns": []})).is(200);
    assert_eq!(triggers(&prefixes), (json!(["a"]), json!([])));
    let patterns = scene.sets_attributes(json!({"trigger-patterns": ["b"]})).is(200);
    assert_eq!(triggers(&patterns), (json!([]), json!(["b"])));

    let (_, token) = scene.owner.creates_client("my-organization");
    let link = |regex: &str| json!({"identifier": "a/b", "oauth-token-id": token, "tags-regex": regex});
    for (name, value) in
        [("trigger-prefixes", json!(["a"])), ("trigger-patterns", json!(["a"])), ("file-triggers-enabled", json!(true))]
    {
        let pointer = format!("/data/attributes/{name}");
        assert_eq!(
            scene.sets_attributes(json!({"vcs-repo": link("v.*"), name: value})).refused(422),
            [pointer.as_str()]
        );
        let given = json!({"name": "new", "vcs-repo": link("v.*"), name: value});
        let answer = scene.owner.post(WORKSPACES, &document("workspaces", given));
        assert_eq!(answer.refused(422), [pointer.as_str()]);
    }
    let linked = scene.sets_attributes(json!({"vcs-repo": link("v.*"), "file-triggers-enabled": false})).is(200);
    assert_eq!(triggers(&linked), (json!([]), json!([])));
    assert_eq!(
        scene.sets_attributes(json!({"trigger-prefixes": ["a"]})).refused(422),
        ["/data/attributes/trigger-prefixes"]
    );
    let unlinked = scene.sets_attributes(json!({"trigger-prefixes": ["a"], "vcs-repo": link("")})).is(200);
    assert_eq!(triggers(&unlinked), (json!(["a"]), json!([])));
}

#[test]
fn an_ssh_key_is_assigned_and_taken_away() {
    let scene = Scene::new();
    scene.owner.creates_organization("other");
    let key = scene.owner.creates_ssh_key("my-organization", "mine");
    let foreign = scene.owner.creates_ssh_key("other", "theirs");
    let path = format!("{}/relationships/ssh-key", scene.path);
    let assigns = |id: Value| scene.owner.patch(&path, &document("workspaces", json!({"id": id})));
    let assigned = assigns(json!(key)).is(200);
    assert_eq!(assigned.at("/data/relationships/ssh-key/data"), json!({"type": "ssh-keys", "id": key}));
    assert_eq!(scene.owner.get(&scene.path).json(), assigned.json());
    let before = scene.server.contents();
    for wrong in [json!(foreign), json!("sshkey-1111111111111111"), json!(""), json!("nonexisting"), json!(7)] {
        assert_eq!(assigns(wrong.clone()).refused(422), ["/data/attributes/id"], "{wrong}");
    }
    assert_eq!(scene.owner.patch(&path, &document("workspaces", json!({}))).refused(422), ["/data/id"]);
    assert_eq!(scene.owner.patch(&path, &document("tags", json!({"id": key}))).refused(422), ["/data/type"]);
    assert_eq!(scene.server.contents(), before);
    assert_eq!(assigns(Value::Null).is(200).at("/data/relationships/ssh-key"), json!({"data": null}));
    assigns(json!(key)).is(200);
    scene.server.sqlite().execute_batch("PRAGMA foreign_keys = ON; DELETE FROM ssh_keys").expect("deleted");
    assert_eq!(scene.owner.get(&scene.path).is(200).at("/data/relationships/ssh-key"), json!({"data": null}));
}

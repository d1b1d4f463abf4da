//! Which other workspaces may read a workspace's state.

use serde_json::{Value, json};

use crate::harness::{Caller, Server};

struct Scene {
    server: Server,
    owner: Caller,
    path: String,
    others: [String; 3],
}

impl Scene {
    fn new() -> Scene {
        let server = Server::demo();
        let owner = server.owner();
        let id = owner.creates_workspace("my-organization", "infra", None);
        let others = ["one", "two", "three"].map(|name| owner.creates_workspace("my-organization", name, None));
        Scene { server, owner, path: format!("/workspaces/{id}/relationships/remote-state-consumers"), others }
    }

    fn has(&self) -> Vec<Value> {
        self.owner.get(&format!("{}?page[size]=100", self.path)).is(200).each("name")
    }
}

fn consumers(ids: &[&String]) -> Value {
    let data: Vec<Value> = ids.iter().map(|id| json!({"type": "workspaces", "id": id})).collect();
    json!({"data": data})
}

#[test]
fn consumers_are_added_replaced_and_removed() {
    let scene = Scene::new();
    let [one, two, three] = &scene.others;
    assert!(scene.has().is_empty());
    let calls = [
        ("POST", vec![one, two], vec!["one", "two"]),
        ("POST", vec![two, two], vec!["one", "two"]),
        ("POST", vec![], vec!["one", "two"]),
        ("PATCH", vec![three, two], vec!["two", "three"]),
        ("DELETE", vec![three, one], vec!["two"]),
        ("DELETE", vec![three], vec!["two"]),
        ("PATCH", vec![], vec![]),
    ];
    for (method, ids, expected) in calls {
        scene.owner.send_json(method, &scene.path, &consumers(&ids)).is_done();
        assert_eq!(scene.has(), expected, "{method}");
    }
    scene.owner.post(&scene.path, &consumers(&[one, two, three])).is_done();
    let page = scene.owner.get(&format!("{}?page[size]=2", scene.path)).is(200);
    assert_eq!((page.list().len(), page.at("/meta/pagination/total-count")), (2, json!(3)));
    // They are workspaces like any other.
    let shown = scene.owner.get(&format!("/workspaces/{one}")).at("/data");
    assert_eq!(page.at("/data/0"), shown);
}

#[test]
fn only_workspaces_of_the_organization_can_be_consumers() {
    let scene = Scene::new();
    scene.owner.creates_organization("other");
    let foreign = scene.owner.creates_workspace("other", "theirs", None);
    let [one, ..] = &scene.others;
    scene.owner.post(&scene.path, &consumers(&[one])).is_done();
    let before = scene.server.contents();
    for id in [foreign.as_str(), "ws-1111111111111111", "nonexisting", ""] {
        for method in ["POST", "PATCH"] {
            let given = consumers(&[&scene.others[1], &id.to_owned()]);
            let refused = scene.owner.send_json(method, &scene.path, &given);
            refused.is(422).golden("workspaces.consumers.unknown");
        }
    }
    for (document, pointer) in [
        (json!({}), ""),
        (json!({"data": null}), "/data"),
        (json!({"data": {"type": "workspaces", "id": one}}), "/data"),
        (json!({"data": [{"type": "projects", "id": one}]}), "/data/0"),
        (json!({"data": [{"type": "workspaces"}]}), "/data/0"),
        (json!({"data": [{"type": "workspaces", "id": 7}]}), "/data/0"),
        (json!({"data": ["x"]}), "/data/0"),
    ] {
        for method in ["POST", "PATCH", "DELETE"] {
            let refused = scene.owner.send_json(method, &scene.path, &document);
            assert_eq!(refused.refused(422), [pointer], "{method} {document}");
        }
    }
    assert_eq!(scene.server.contents(), before);
}

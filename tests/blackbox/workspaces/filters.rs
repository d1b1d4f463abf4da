//! Lists that are narrowed down and put in order.

use serde_json::{Value, json};

use super::WORKSPACES;
use crate::harness::{Caller, Permission, Server, document};

/// Three workspaces: `network-prod` in `my-organization`'s project `one`, `Network-test` and `storage` elsewhere.
struct Scene {
    server: Server,
    owner: Caller,
    project: String,
}

impl Scene {
    fn new() -> Scene {
        let server = Server::demo();
        let owner = server.owner();
        let project = owner.creates_project("my-organization", "one");
        let creates = |name: &str, relationships: Value| {
            let mut given = document("workspaces", json!({"name": name}));
            given["data"]["relationships"] = relationships;
            owner.post(WORKSPACES, &given).is(201);
        };
        let tags = |names: &[&str]| {
            let tags: Vec<Value> =
                names.iter().map(|name| json!({"type": "tags", "attributes": {"name": name}})).collect();
            json!({"data": tags})
        };
        let bindings = |key: &str, value: &str| json!({"data": [{"type": "tag-bindings", "attributes": {"key": key, "value": value}}]});
        let within = json!({"data": {"type": "projects", "id": project}});
        creates("storage", json!({"tags": tags(&["prod"]), "tag-bindings": bindings("env", "prod")}));
        creates("network-prod", json!({"tags": tags(&["prod", "net"]), "project": within}));
        creates("Network-test", json!({"tags": tags(&["net"]), "tag-bindings": bindings("env", "test")}));
        let inherited = "INSERT INTO project_tag_bindings (project, key, value, created_at) SELECT number, 'env', 'prod', 0 FROM projects WHERE name = 'one'";
        server.sqlite().execute(inherited, []).expect("inserted");
        Scene { server, owner, project }
    }

    fn finds(&self, query: &str) -> Vec<Value> {
        self.owner.get(&format!("{WORKSPACES}?{query}")).is(200).each("name")
    }
}

#[test]
fn each_filter_keeps_what_it_says() {
    let scene = Scene::new();
    let (one, two, three) = ("storage", "network-prod", "Network-test");
    let project = format!("filter[project][id]={}", scene.project);
    let cases: Vec<(&str, Vec<&str>)> = vec![
        ("search[name]=NETWORK", vec![two, three]),
        ("search[wildcard-name]=network-*", vec![two, three]),
        ("search[wildcard-name]=*PROD", vec![two]),
        ("search[wildcard-name]=*o*", vec![one, two, three]),
        ("search[wildcard-name]=network", vec![]),
        ("search[wildcard-name]=storage", vec![one]),
        ("search[wildcard-name]=s?orage", vec![]),
        ("search[wildcard-name]=[s]torage", vec![]),
        ("search[tags]=prod", vec![one, two]),
        ("search[tags]=prod,%20net", vec![two]),
        ("search[tags]=none", vec![]),
        ("search[tags]=", vec![one, two, three]),
        ("search[exclude-tags]=prod", vec![three]),
        ("search[exclude-tags]=prod,net", vec![]),
        ("search[tags]=net&search[exclude-tags]=prod", vec![three]),
        (&project, vec![two]),
        ("filter[project][id]=prj-1111111111111111", vec![]),
        ("filter[project][id]=nonexisting", vec![]),
        ("filter[tagged][0][key]=env", vec![one, two, three]),
        ("filter[tagged][0][key]=env&filter[tagged][0][value]=", vec![one, two, three]),
        ("filter[tagged][0][key]=env&filter[tagged][0][value]=prod", vec![one, two]),
        ("filter[tagged][7][value]=test&filter[tagged][7][key]=env", vec![three]),
        ("filter[tagged][0][key]=env&filter[tagged][1][key]=other", vec![]),
        ("filter[current-run][status]=applied", vec![]),
    ];
    for (query, expected) in cases {
        assert_eq!(scene.finds(query), expected, "{query}");
        let (name, value) = query.split_once('=').expect("a parameter");
        let otherwise = format!("{}={value}", name.replace('-', "_"));
        assert_eq!(scene.finds(&otherwise), expected, "{otherwise}");
    }
    let page = scene.owner.get(&format!("{WORKSPACES}?search[tags]=prod&page[size]=1&page[number]=2")).is(200);
    assert_eq!((page.each("name"), page.at("/meta/pagination/total-count")), (vec![json!(two)], json!(2)));
    assert!(page.text("/links/prev").contains("?search%5Btags%5D=prod&page%5Bnumber%5D=1&"), "{}", page.body);
}

#[test]
fn lists_have_an_order() {
    let scene = Scene::new();
    let created = ["storage", "network-prod", "Network-test"];
    let by_name = ["Network-test", "network-prod", "storage"];
    let backwards = |names: [&'static str; 3]| names.into_iter().rev().collect::<Vec<_>>();
    for (sort, expected) in [
        ("", created.to_vec()),
        ("created-at", created.to_vec()),
        ("current-run.created-at", created.to_vec()),
        ("-created-at", backwards(created)),
        ("name", by_name.to_vec()),
        ("-name", backwards(by_name)),
        ("-name,created-at", backwards(by_name)),
        ("latest_change_at", created.to_vec()),
        ("-latest-change-at", backwards(created)),
        ("-latest_change_at,", backwards(created)),
    ] {
        assert_eq!(scene.finds(&format!("sort={sort}")), expected, "{sort}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    let scene = Scene::new();
    let many: Vec<String> = (0..21).map(|n| format!("filter[tagged][{n}][key]=k")).collect();
    let tags = vec!["t"; 21].join(",");
    for (query, parameter) in [
        ("include=nonsense", "include"),
        ("sort=age", "sort"),
        ("search[nonsense]=x", "search[nonsense]"),
        ("filter[nonsense]=x", "filter[nonsense]"),
        ("filter[tagged][0]=x", "filter[tagged][0]"),
        ("filter[tagged][0][name]=x", "filter[tagged][0][name]"),
        ("filter[tagged][0][value]=x", "filter[tagged][0][key]"),
        (many.join("&").as_str(), "filter[tagged]"),
        (&format!("filter[tagged]={tags}"), "filter[tagged]"),
        (&format!("search[tags]={tags}"), "search[tags]"),
        (&format!("search[exclude-tags]={tags}"), "search[exclude-tags]"),
    ] {
        assert_eq!(scene.owner.get(&format!("{WORKSPACES}?{query}")).refused(400), [parameter], "{query}");
    }
}

#[test]
fn what_is_asked_for_beside_workspaces_is_included() {
    let scene = Scene::new();
    let list = scene.owner.get(&format!("{WORKSPACES}?include=effective_tag_bindings,current_run")).is(200);
    list.golden("workspaces.list.including_effective_tag_bindings");
    assert_eq!(scene.owner.get(&format!("{WORKSPACES}?include=outputs")).at("/included"), json!([]));
    for path in [format!("{WORKSPACES}?include=organization"), format!("{WORKSPACES}/storage?include=organization")] {
        let included = scene.owner.get(&path).is(200).at("/included");
        assert_eq!(included, json!([scene.owner.get("/organizations/my-organization").at("/data")]), "{path}");
    }
    let path = format!("{WORKSPACES}/network-prod?include=effective-tag-bindings");
    scene.owner.get(&path).is(200).golden("workspaces.show.including_effective_tag_bindings");
    let wrong = scene.owner.get(&format!("{WORKSPACES}/storage?include=nonsense"));
    assert_eq!(wrong.refused(400), ["include"]);
    // By these words clients tell that it was this parameter.
    assert!(wrong.body.contains("include parameter"), "{}", wrong.body);
}

#[test]
fn who_may_not_see_workspaces_gets_an_empty_list() {
    let scene = Scene::new();
    let nobody = scene.server.member("nora", &[Permission::ManageVcsSettings]);
    let list = nobody.get(WORKSPACES).is(200);
    assert_eq!((list.list().len(), list.at("/meta/pagination/total-count")), (0, json!(0)));
    let reader = scene.server.member("rita", &[Permission::ReadWorkspaces]);
    assert_eq!(reader.get(WORKSPACES).is(200).list().len(), 3);
    let permissions = reader.get(&format!("{WORKSPACES}/storage")).is(200).at("/data/attributes/permissions");
    let given: Vec<&String> = permissions
        .as_object()
        .expect("an object")
        .iter()
        .filter_map(|(name, may)| (*may == json!(true)).then_some(name))
        .collect();
    assert_eq!(given, ["can-read-settings", "can-read-variable"]);
}

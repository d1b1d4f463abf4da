//! Lists, filters and what is included.

use serde_json::{Value, json};

use super::{PROJECTS, binding, tries};
use crate::harness::{Permission, Server, document};

fn names(found: &[Value]) -> Vec<&str> {
    found.iter().map(|name| name.as_str().expect("a name")).collect()
}

#[test]
fn lists_come_by_the_page_in_the_order_of_creation() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("other");
    owner.creates_project("other", "not mine");
    for name in ["zebra", "Ape", "cat"] {
        owner.creates_project("my-organization", name);
    }
    let all = owner.get(PROJECTS).is(200).golden("projects.index");
    assert_eq!(names(&all.each("name")), ["Default Project", "zebra", "Ape", "cat"]);
    let second = owner.get(&format!("{PROJECTS}?page[size]=3&page[number]=2")).is(200);
    assert_eq!(names(&second.each("name")), ["cat"]);
    assert_eq!(second.at("/meta/pagination/total-count"), json!(4));
    let beyond = owner.get(&format!("{PROJECTS}?page[size]=100&page[number]=999")).is(200);
    assert_eq!((beyond.list().len(), beyond.at("/meta/pagination/current-page")), (0, json!(999)));
    for (wrong, status) in [
        ("page[size]=0", 422),
        ("page[size]=101", 422),
        ("page[size]=-1", 422),
        ("page[size]=x", 400),
        ("page[number]=-1", 400),
    ] {
        let parameter = wrong.split('=').next().expect("a name");
        assert_eq!(owner.get(&format!("{PROJECTS}?{wrong}")).refused(status), [parameter]);
    }
}

#[test]
fn sorted_and_filtered() {
    let server = Server::demo();
    let owner = server.owner();
    for name in ["zebra", "Ape", "ape-2", "cat"] {
        owner.creates_project("my-organization", name);
    }
    let found = |query: &str| {
        let answer = owner.get(&format!("{PROJECTS}?{query}")).is(200);
        assert_eq!(answer.at("/meta/pagination/total-count"), json!(answer.list().len()), "{query}");
        answer.each("name").iter().map(|name| name.as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("sort=name"), ["Ape", "ape-2", "cat", "Default Project", "zebra"]);
    assert_eq!(found("sort=-name"), ["zebra", "Default Project", "cat", "ape-2", "Ape"]);
    assert_eq!(found("q=APE"), ["Ape", "ape-2"]);
    assert_eq!(found("q=%25"), [""; 0]);
    assert_eq!(found("q=Default"), ["Default Project"]);
    assert_eq!(found("filter[names]=zebra"), ["zebra"]);
    assert_eq!(found("filter[names]=cat,%20APE%20,nothing,"), ["Ape", "cat"]);
    assert_eq!(found("filter%5Bnames%5D=cat,zebra&q=z&sort=name"), ["zebra"]);
    assert_eq!(found("filter[names]=").len(), 5);
    assert_eq!(found("filter[names]=nothing"), [""; 0]);
    assert_eq!(found("filter[names]=%22%5D"), [""; 0]);
    for (query, parameter) in [
        ("sort=age", "sort"),
        ("include=organization", "include"),
        ("filter[name]=x", "filter[name]"),
        ("search[name]=x", "search[name]"),
    ] {
        assert_eq!(owner.get(&format!("{PROJECTS}?{query}")).refused(400), [parameter]);
    }
}

#[test]
fn effective_tag_bindings_are_included_on_demand() {
    let server = Server::demo();
    let owner = server.owner();
    let mut given = document("projects", json!({"name": "tagged"}));
    given["data"]["relationships"] = json!({"tag-bindings": {"data": [binding("env", "prod"), binding("cost", "")]}});
    let id = owner.post(PROJECTS, &given).is(201).text("/data/id");
    let include = "include=effective_tag_bindings";
    owner.get(&format!("/projects/{id}?{include}")).is(200).golden("projects.show.including_tag_bindings");
    owner.get(&format!("{PROJECTS}?{include}")).is(200).golden("projects.index.including_tag_bindings");
    assert_eq!(owner.get(&format!("/projects/{id}?include=workspaces")).refused(400), ["include"]);
}

#[test]
fn members_see_the_projects_that_they_may_read() {
    let server = Server::demo();
    let owner = server.owner();
    let id = owner.creates_project("my-organization", "abc");
    let nobody = server.member("mia", &[Permission::ManageVcsSettings]);
    let empty = nobody.get(PROJECTS).is(200);
    assert_eq!((empty.list().len(), empty.at("/meta/pagination/total-count")), (0, json!(0)));
    nobody.get(&format!("{PROJECTS}?page[size]=0")).is(422);
    nobody.get(&format!("/projects/{id}")).is(404).golden("not_found");

    let reader = server.member("rita", &[Permission::ReadProjects, Permission::ReadWorkspaces]);
    assert_eq!(reader.get(PROJECTS).is(200).list().len(), 2);
    let shown = reader.get(&format!("/projects/{id}")).is(200);
    let permissions = shown.at("/data/attributes/permissions");
    let given = permissions.as_object().expect("permissions").iter().filter(|(_, may)| **may == json!(true));
    assert_eq!(given.map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["can-read", "can-view-stacks"]);
    reader.get(&format!("/projects/{id}/effective-tag-bindings")).is(200);
    let before = server.contents();
    reader.patch(&format!("/projects/{id}"), &document("projects", json!({"name": "x y"}))).is(404).golden("not_found");
    reader.delete(&format!("/projects/{id}")).is(404).golden("not_found");
    tries(&reader, json!({"name": "mine"})).is(404).golden("not_found");
    assert_eq!(server.contents(), before);
}

#[test]
fn those_with_certain_tags() {
    let server = Server::demo();
    let owner = server.owner();
    let tagged = |name: &str, bindings: &[(&str, &str)]| {
        let project = owner.creates_project("my-organization", name);
        let items: Vec<Value> = bindings.iter().map(|(key, value)| binding(key, value)).collect();
        owner.patch(&format!("/projects/{project}/tag-bindings"), &json!({"data": items})).is(200);
    };
    tagged("both", &[("stage", "live"), ("team", "core")]);
    tagged("stage", &[("stage", "test")]);
    let found = |query: &str| owner.get(&format!("{PROJECTS}?{query}")).is(200).each("name");
    assert_eq!(found("filter[tagged][0][key]=stage"), ["both", "stage"]);
    assert_eq!(found("filter[tagged][0][key]=stage&filter[tagged][0][value]=test"), ["stage"]);
    assert_eq!(found("filter%5Btagged%5D%5B0%5D%5Bkey%5D=stage&filter[tagged][1][key]=team"), ["both"]);
    assert_eq!(found("filter[tagged][0][key]=stage&filter[tagged][0][value]=%27%5D").len(), 0);
    assert_eq!(found("filter[tagged]=stage,team"), ["both"]);
    assert_eq!(found("filter[tagged][value]=live"), ["both"]);
    assert_eq!(found("filter[tagged][value]=stage=test"), ["stage"]);
    for wrong in ["filter[tagged][0][value]=x", "filter[tagged][0][colour]=x"] {
        let parameter = owner.get(&format!("{PROJECTS}?{wrong}")).refused(400);
        assert!(parameter[0].starts_with("filter[tagged]"), "{parameter:?}");
    }
}

//! Tags of a name alone.

use serde_json::{Value, json};

use super::WORKSPACES;
use crate::harness::{Answer, Server, document};

const TAGS: &str = "/organizations/my-organization/tags";

fn named(names: &[&str]) -> Value {
    let data: Vec<Value> = names.iter().map(|name| json!({"type": "tags", "attributes": {"name": name}})).collect();
    json!({"data": data})
}

fn by_id(ids: &[&str]) -> Value {
    let data: Vec<Value> = ids.iter().map(|id| json!({"type": "tags", "id": id})).collect();
    json!({"data": data})
}

#[test]
fn workspaces_share_the_tags_of_their_organization() {
    let server = Server::demo();
    let owner = server.owner();
    let mut given = document("workspaces", json!({"name": "infra"}));
    given["data"]["relationships"] = json!({"tags": named(&["prod", "net"])});
    let created = owner.post(WORKSPACES, &given).is(201);
    assert_eq!(created.at("/data/attributes/tag-names"), json!(["prod", "net"]));
    let path = format!("/workspaces/{}", created.text("/data/id"));
    let tags = format!("{path}/relationships/tags");
    let list = owner.get(&tags).is(200);
    assert_eq!(list.each("id").len(), 2);
    let other = owner.creates_workspace("my-organization", "other", None);
    let prod = owner.creates_tag(&other, "prod");
    assert_eq!(list.each("id")[0], json!(prod), "one tag for both");

    owner.post(&tags, &named(&["more", "prod"])).is_done();
    let names = |answer: &Answer| answer.at("/data/attributes/tag-names");
    assert_eq!(names(&owner.get(&path)), json!(["prod", "net", "more"]));
    assert_eq!(owner.get(&format!("{tags}?name=MO")).each("name"), ["more"]);
    owner.send_json("DELETE", &tags, &by_id(&[&prod, "tag-1111111111111111"])).is_done();
    owner.send_json("DELETE", &tags, &named(&["net", "none"])).is_done();
    assert_eq!(names(&owner.get(&path)), json!(["more"]));
    owner.post(&tags, &by_id(&[&prod])).is_done();
    // The relationship of the document replaces them all.
    let mut change = document("workspaces", json!({}));
    change["data"]["relationships"] = json!({"tags": named(&["last"])});
    assert_eq!(names(&owner.patch(&path, &change).is(200)), json!(["last"]));
    owner.get(&tags).golden("workspaces.tags");
}

#[test]
fn an_organizations_tags_are_listed_deleted_and_given_to_workspaces() {
    let server = Server::demo();
    let owner = server.owner();
    let (one, two) = (
        owner.creates_workspace("my-organization", "one", None),
        owner.creates_workspace("my-organization", "two", None),
    );
    let prod = owner.creates_tag(&one, "prod");
    owner.creates_tag(&two, "net");
    owner.get(TAGS).is(200).golden("tags.list");
    assert_eq!(owner.get(&format!("{TAGS}?q=PRO")).each("name"), ["prod"]);
    assert_eq!(owner.get(&format!("{TAGS}?filter[exclude][taggable][id]={one}")).each("name"), ["net"]);
    assert_eq!(owner.get(&format!("{TAGS}?filter[nonsense]=x")).refused(400), ["filter[nonsense]"]);
    assert!(server.member("mia", &[]).get(TAGS).is(200).list().is_empty());
    let path = format!("/tags/{prod}/relationships/workspaces");
    owner.post(&path, &json!({"data": [{"type": "workspaces", "id": two}]})).is_done();
    assert_eq!(owner.get(TAGS).each("instance-count"), [json!(1), json!(2)]);

    owner.creates_organization("other");
    let foreign = owner.creates_workspace("other", "theirs", None);
    let foreign_tag = owner.creates_tag(&foreign, "prod");
    let before = server.contents();
    for id in [foreign.as_str(), "ws-1111111111111111", "x"] {
        let given = json!({"data": [{"type": "workspaces", "id": one}, {"type": "workspaces", "id": id}]});
        assert_eq!(owner.post(&path, &given).refused(422), ["/data/1/id"], "{id}");
    }
    assert_eq!(server.contents(), before);
    owner.send_json("DELETE", TAGS, &by_id(&[&prod, &foreign_tag, "nonexisting"])).is_done();
    assert_eq!(owner.get(TAGS).each("name"), ["net"]);
    assert_eq!(owner.get("/organizations/other/tags").each("name"), ["prod"]);
    assert_eq!(owner.get(&format!("/workspaces/{one}")).at("/data/attributes/tag-names"), json!([]));
}

#[test]
fn bad_tags_are_named_and_change_nothing() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("other");
    let foreign = owner.creates_tag(&owner.creates_workspace("other", "theirs", None), "prod");
    let id = owner.creates_workspace("my-organization", "infra", None);
    let tags = format!("/workspaces/{id}/relationships/tags");
    let before = server.contents();
    let cases = [
        (named(&["fine", ""]), "/1/attributes/name"),
        (named(&[" a"]), "/0/attributes/name"),
        (named(&["a,b"]), "/0/attributes/name"),
        (named(&["a\nb"]), "/0/attributes/name"),
        (named(&[&"x".repeat(256)]), "/0/attributes/name"),
        (json!({"data": [{"type": "tags", "attributes": {"name": 7}}]}), "/0/attributes/name"),
        (json!({"data": [{"type": "workspaces", "id": id}]}), "/0"),
        (json!({"data": null}), ""),
        (by_id(&[&foreign]), "/0/id"),
        (by_id(&["tag-1111111111111111"]), "/0/id"),
    ];
    for (given, pointer) in cases {
        let refused = owner.post(&tags, &given).refused(422);
        assert_eq!(refused[0], format!("/data{pointer}"), "{given}");
        let mut new = document("workspaces", json!({"name": "new"}));
        new["data"]["relationships"] = json!({"tags": given});
        let refused = owner.post(WORKSPACES, &new).refused(422);
        assert_eq!(refused[0], format!("/data/relationships/tags/data{pointer}"), "{given}");
    }
    assert_eq!(owner.post(&tags, &json!({"data": [{"type": "tags"}]})).refused(422), ["/data/0"]);
    assert_eq!(server.contents(), before);
}

/// A workspace's document has them all.
#[test]
fn a_workspace_has_a_hundred_at_the_most() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "infra", None);
    let tags = format!("/workspaces/{workspace}/relationships/tags");
    let names: Vec<String> = (0..101).map(|n| format!("tag-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let too_many = "A workspace cannot have more than 100 tags.";

    let refused = owner.post(&tags, &named(&names)).is(422);
    assert_eq!(refused.text("/errors/0/detail"), too_many);
    assert_eq!(refused.text("/errors/0/source/pointer"), "/data");
    assert_eq!(owner.get(TAGS).each("name").len(), 0);
    owner.post(&tags, &named(&names[..100])).is_done();
    owner.post(&tags, &named(&names[..100])).is_done();
    owner.post(&tags, &named(&names[100..])).is(422);

    let other = owner.creates_workspace("my-organization", "other", None);
    let last = owner.creates_tag(&other, "last");
    let both = crate::harness::linkage("workspaces", &[&other, &workspace]);
    let refused = owner.post(&format!("/tags/{last}/relationships/workspaces"), &both).is(422);
    assert_eq!(refused.text("/errors/0/source/pointer"), "/data/1");
    let mut change = document("workspaces", json!({"name": "third"}));
    change["data"]["relationships"] = json!({"tags": named(&names)});
    for answer in [owner.post(WORKSPACES, &change), owner.patch(&format!("/workspaces/{workspace}"), &change)] {
        assert_eq!(answer.is(422).text("/errors/0/source/pointer"), "/data/relationships/tags/data");
    }
}

/// However often a request names it.
#[test]
fn a_workspace_that_is_named_again_and_again_changes_once() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "infra", None);
    let other = owner.creates_workspace("my-organization", "other", None);
    let tag = owner.creates_tag(&other, "prod");
    let before = server.trail(0).len();
    let again = crate::harness::linkage("workspaces", &[workspace.as_str(); 3000]);
    owner.post(&format!("/tags/{tag}/relationships/workspaces"), &again).is_done();
    let project = owner.creates_project("my-organization", "another");
    owner.post(&format!("/projects/{project}/relationships/workspaces"), &again).is_done();
    let updates = format!("update workspace {workspace} ");
    let trail = server.trail(before);
    assert_eq!(trail.iter().filter(|event| event.starts_with(&updates)).count(), 2, "{} events", trail.len());
}

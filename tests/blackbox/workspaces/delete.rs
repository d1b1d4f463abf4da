//! Deletion by force and with care.

use serde_json::json;

use super::WORKSPACES;
use crate::harness::{Permission, Server};

#[test]
fn force_is_for_owners_unless_the_organization_leaves_it_to_others() {
    let server = Server::demo();
    let owner = server.owner();
    let will = server.member("will", &[Permission::ManageWorkspaces]);
    let path = format!("/workspaces/{}", owner.creates_workspace("my-organization", "infra", None));
    let may = |expected: bool| {
        let shown = will.get(&path).is(200).at("/data/attributes/permissions/can-force-delete");
        assert_eq!(shown, json!(expected));
    };
    let before = server.contents();
    may(false);
    for path in [path.as_str(), &format!("{WORKSPACES}/infra")] {
        will.delete(path).is(403).golden("workspaces.delete.forbidden");
    }
    assert_eq!(server.contents(), before);
    assert_eq!(owner.get(&path).at("/data/attributes/permissions/can-force-delete"), json!(true));
    let allow = "UPDATE organizations SET allow_force_delete_workspaces = 1";
    server.sqlite().execute(allow, []).expect("allowed");
    may(true);
    will.delete(&path).is_done();
    owner.get(&path).is(404);
}

#[test]
fn with_care_by_id_and_by_name() {
    let server = Server::demo();
    let owner = server.owner();
    let will = server.member("will", &[Permission::ManageWorkspaces]);
    for caller in [&owner, &will] {
        let id = owner.creates_workspace("my-organization", "infra", None);
        for path in [format!("/workspaces/{id}"), format!("{WORKSPACES}/infra")] {
            owner.creates_workspace("my-organization", "other", None);
            let action = format!("{path}/actions/safe-delete");
            // As go-tfe sends it: without a body.
            caller.send("POST", &action, None, &[]).is_done();
            owner.get(&path).is(404);
            caller.send("POST", &action, None, &[]).is(404).golden("not_found");
            owner
                .patch(
                    &format!("{WORKSPACES}/other"),
                    &json!({"data": {"type": "workspaces", "attributes": {"name": "infra"}}}),
                )
                .is(200);
        }
        owner.delete(&format!("{WORKSPACES}/infra")).is_done();
    }
}

#[test]
fn what_belongs_to_a_workspace_goes_with_it() {
    let server = Server::demo();
    let owner = server.owner();
    let (_, token) = owner.creates_client("my-organization");
    let id = owner.creates_workspace("my-organization", "infra", Some(&token));
    let consumer = owner.creates_workspace("my-organization", "consumer", None);
    owner.creates_tag(&id, "prod");
    let binding = json!({"data": [{"type": "tag-bindings", "attributes": {"key": "env", "value": "prod"}}]});
    owner.patch(&format!("/workspaces/{id}/tag-bindings"), &binding).is(200);
    for (of, to) in [(&id, &consumer), (&consumer, &id)] {
        let consumers = json!({"data": [{"type": "workspaces", "id": to}]});
        owner.post(&format!("/workspaces/{of}/relationships/remote-state-consumers"), &consumers).is_done();
    }
    owner.delete(&format!("/workspaces/{id}")).is_done();
    for table in ["repository_links", "workspace_tags", "workspace_tag_bindings", "remote_state_consumers"] {
        assert_eq!(server.number(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
    // The tag is the organization's.
    assert_eq!(owner.get("/organizations/my-organization/tags").each("instance-count"), [json!(0)]);
}

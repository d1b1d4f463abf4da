//! Holding a workspace and letting it go.

use serde_json::{Value, json};

use super::{Scene, WORKSPACES};
use crate::harness::{Answer, Caller, Permission};

impl Scene {
    fn act(&self, caller: &Caller, action: &str) -> Answer {
        caller.send("POST", &format!("{}/actions/{action}", self.path), None, &[])
    }
}

/// What the one problem of a refusal says.
fn detail(answer: Answer) -> String {
    answer.is(409).text("/errors/0/detail")
}

#[test]
fn who_holds_it_lets_it_go() {
    let scene = Scene::new();
    let before = scene.owner.get(&scene.path).at("/data");
    let locked = scene.owner.post(&format!("{}/actions/lock", scene.path), &json!({"reason": "freeze"})).is(200);
    assert_eq!(locked.at("/data/attributes/locked"), json!(true));
    assert_eq!(locked.at("/data/attributes/actions/is-destroyable"), json!(false));
    assert_eq!(scene.owner.get(&scene.path).json(), locked.json());
    locked.golden("workspaces.lock");
    scene.act(&scene.owner, "lock").is(409).golden("workspaces.lock.already_locked");
    let mut unlocked = scene.act(&scene.owner, "unlock").is(200).at("/data");
    for when in ["updated-at", "latest-change-at"] {
        unlocked["attributes"][when] = before["attributes"][when].clone();
    }
    assert_eq!(unlocked, before);
    assert!(detail(scene.act(&scene.owner, "unlock")).contains("already unlocked"));
    assert!(detail(scene.act(&scene.owner, "force-unlock")).contains("already unlocked"));
}

#[test]
fn somebody_elses_lock_is_only_broken_by_force() {
    let scene = Scene::new();
    let will = scene.server.member("will", &[Permission::ManageWorkspaces]);
    let team = scene.server.owners_team();
    let organization = scene.server.organization_token();
    // In these words go-tfe tells who holds it.
    for (holder, words, linkage) in [
        (&scene.owner, "is locked by User ", json!("users")),
        (&team, "is locked by Team owners", json!("teams")),
        (&organization, "is locked by Organization my-organization", Value::Null),
    ] {
        let locked = scene.act(holder, "lock").is(200);
        assert_eq!(locked.at("/data/relationships/locked-by/data/type"), linkage);
        let before = scene.server.contents();
        assert!(detail(scene.act(&will, "unlock")).contains(words), "{words}");
        assert!(detail(scene.act(&will, "safe-delete")).contains("locked"));
        assert_eq!(scene.server.contents(), before);
        assert_eq!(scene.act(&will, "force-unlock").is(200).at("/data/attributes/locked"), json!(false));
        // And its holder may have it again.
        scene.act(holder, "lock").is(200);
        scene.act(holder, "unlock").is(200);
    }
}

#[test]
fn a_locked_workspace_is_not_deleted_but_by_force() {
    let scene = Scene::new();
    scene.act(&scene.owner, "lock").is(200);
    for path in [scene.path.as_str(), &format!("{WORKSPACES}/infra")] {
        let refused = scene.owner.send("POST", &format!("{path}/actions/safe-delete"), None, &[]);
        refused.is(409).golden("workspaces.safe_delete.locked");
    }
    scene.owner.delete(&scene.path).is_done();
}

#[test]
fn a_reason_is_optional_and_bounded() {
    let scene = Scene::new();
    let lock = format!("{}/actions/lock", scene.path);
    let as_sent = |reason: Value| json!({"data": {"type": "", "attributes": {"reason": reason}}});
    for (document, expected) in [
        (json!({}), ""),
        (json!({"reason": null}), ""),
        (json!({"reason": "freeze"}), "freeze"),
        (as_sent(json!("freeze")), "freeze"),
        (as_sent(json!("é".repeat(1024))), &"é".repeat(1024)),
    ] {
        let locked = scene.owner.post(&lock, &document).is(200);
        assert_eq!(locked.at("/data/attributes/locked-reason"), json!(expected));
        scene.act(&scene.owner, "unlock").is(200);
    }
    let before = scene.server.contents();
    for (document, pointer) in [
        (json!({"reason": 7}), "/reason"),
        (json!({"reason": "x".repeat(1025)}), "/reason"),
        (as_sent(json!([])), "/data/attributes/reason"),
        (as_sent(json!("x".repeat(1025))), "/data/attributes/reason"),
    ] {
        assert_eq!(scene.owner.post(&lock, &document).refused(422), [pointer]);
    }
    scene.owner.send("POST", &lock, Some(b"{"), &[("Content-Type", "application/vnd.api+json")]).is(400);
    scene.owner.send("POST", &lock, Some(b"{}"), &[("Content-Type", "text/plain")]).is(415);
    assert_eq!(scene.server.contents(), before);
}

#[test]
fn an_organization_that_holds_it_holds_it_by_another_name_too() {
    let scene = Scene::new();
    let token = scene.server.organization_token();
    scene.act(&token, "lock").is(200);
    let renamed = crate::harness::document("organizations", json!({"name": "renamed"}));
    scene.owner.patch("/organizations/my-organization", &renamed).is(200);
    assert!(detail(scene.act(&scene.owner, "unlock")).ends_with("locked by Organization renamed."));
    scene.act(&token, "unlock").is(200);
}

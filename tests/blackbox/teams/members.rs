//! Who is in a team.

use std::thread;

use serde_json::{Value, json};

use super::{TEAMS, foreign, members, owners};
use crate::harness::{Answer, Caller, Permission, Server, linkage};

fn adds(caller: &Caller, team: &str, users: &[&str]) -> Answer {
    caller.post(&format!("/teams/{team}/relationships/users"), &linkage("users", users))
}

fn removes(caller: &Caller, team: &str, users: &[&str]) -> Answer {
    caller.send_json("DELETE", &format!("/teams/{team}/relationships/users"), &linkage("users", users))
}

/// A team, and three members of its organization.
fn team_and_people(server: &Server) -> (Caller, String, [String; 3]) {
    let owner = server.owner();
    let team = owner.creates_visible_team("my-organization", "platform");
    let memberships = ["ada", "grace", "edith"].map(|name| {
        server.outsider(name);
        owner.invites("my-organization", name, &[])
    });
    (owner, team, memberships)
}

#[test]
fn users_by_name_and_by_id() {
    let server = Server::demo();
    let (owner, team, _) = team_and_people(&server);
    let grace = server.with_token(&server.cli(&["token", "create", "--user", "grace"])).user_id();
    adds(&owner, &team, &["ADA", &grace]).is_done();
    assert_eq!(members(&owner, &team), ["ada", "grace"]);
    assert_eq!(owner.get(&format!("/teams/{team}")).at("/data/attributes/users-count"), json!(2));
    // Again is nothing new, and no event either.
    let before = server.contents();
    adds(&owner, &team, &["ada", "ada", "grace"]).is_done();
    adds(&owner, &team, &[]).is_done();
    removes(&owner, &team, &["edith"]).is_done();
    assert_eq!(server.contents(), before);
    removes(&owner, &team, &[&grace, "edith"]).is_done();
    assert_eq!(members(&owner, &team), ["ada"]);
}

#[test]
fn memberships_and_invitations() {
    let server = Server::demo();
    let (owner, team, [ada, grace, _]) = team_and_people(&server);
    let invited = owner.invites("my-organization", "not-yet", &[]);
    let path = format!("/teams/{team}/relationships/organization-memberships");
    // Whole resource objects, as some clients send them.
    let membership = owner.get(&format!("/organization-memberships/{ada}")).is(200).at("/data");
    owner.post(&path, &json!({"data": [membership]})).is_done();
    owner.post(&path, &linkage("organization-memberships", &[&ada, &invited])).is_done();
    let shown = owner.get(&format!("/teams/{team}")).is(200);
    assert_eq!(
        shown.at("/data/relationships/organization-memberships"),
        linkage("organization-memberships", &[&ada, &invited])
    );
    assert_eq!((shown.at("/data/attributes/users-count"), members(&owner, &team)), (json!(1), vec![json!("ada")]));
    owner.send_json("DELETE", &path, &linkage("organization-memberships", &[&ada, &grace])).is_done();
    assert_eq!(members(&owner, &team), [Value::Null; 0]);
    let unknown = owner.post(&path, &linkage("organization-memberships", &[&ada, "ou-1111111111111111", "nobody"]));
    assert_eq!(unknown.refused(400), ["/data/1/id", "/data/2/id"]);
    assert_eq!(members(&owner, &team), [Value::Null; 0]);
}

#[test]
fn who_is_unknown_is_named_and_nothing_is_changed() {
    let server = Server::demo();
    let (owner, team, [ada, ..]) = team_and_people(&server);
    let eve = foreign(&server);
    let hers = eve.get("/organizations/foreign/organization-memberships").text("/data/0/id");
    adds(&owner, &team, &["edith"]).is_done();
    let before = server.contents();
    adds(&owner, &team, &["ada", "nobody", "eve"]).is(400).golden("team_members.add.unknown");
    removes(&owner, &team, &["edith", "nobody"]).is(400);
    assert_eq!(adds(&owner, &team, &[&eve.user_id()]).refused(400), ["/data/0/id"]);
    assert_eq!(adds(&owner, &team, &[&ada]).refused(400), ["/data/0/id"]);
    let path = format!("/teams/{team}/relationships/organization-memberships");
    assert_eq!(owner.post(&path, &linkage("organization-memberships", &[&hers])).refused(400), ["/data/0/id"]);
    for (body, pointers) in [
        (json!({}), vec![""]),
        (json!({"data": null}), vec!["/data"]),
        (json!({"data": {"type": "users", "id": "ada"}}), vec!["/data"]),
        (linkage("teams", &["ada"]), vec!["/data/0"]),
        (linkage("organization-memberships", &[&ada]), vec!["/data/0"]),
        (json!({"data": [{"type": "users", "id": "ada"}, {"type": "users"}, 7]}), vec!["/data/2"]),
        (json!({"data": [{"type": "users"}, {"type": "users", "id": null}]}), vec!["/data/0", "/data/1"]),
        (json!({"data": [{"type": "users", "id": 7}]}), vec!["/data/0"]),
    ] {
        let answer = owner.post(&format!("/teams/{team}/relationships/users"), &body);
        assert_eq!(answer.refused(422), pointers, "{body}");
    }
    assert_eq!(server.contents(), before);
}

#[test]
fn the_last_owner_stays() {
    let server = Server::demo();
    let (owner, _, [_, grace, _]) = team_and_people(&server);
    let team = owners(&server);
    let before = server.contents();
    removes(&owner, &team, &["demo"]).is(422).golden("team_members.remove.last_owner");
    assert_eq!(server.contents(), before);
    // An invitation is nobody yet.
    owner.invites("my-organization", "not-yet", &[&team]);
    removes(&owner, &team, &["demo"]).refused(422);
    adds(&owner, &team, &["grace"]).is_done();
    removes(&owner, &team, &["demo"]).is_done();
    owner.get(&format!("/teams/{team}")).is(404).golden("not_found");
    let heir = server.with_token(&server.cli(&["token", "create", "--user", "grace"]));
    heir.delete(&format!("/organization-memberships/{grace}")).refused(422);
    assert_eq!(members(&heir, &team), ["grace"]);
}

#[test]
fn who_sees_a_team_is_told_what_they_may_not_do_and_others_nothing() {
    let server = Server::demo();
    let (owner, team, _) = team_and_people(&server);
    let secret = owner.creates_team("my-organization", "secret", &[]);
    let (mia, max) = (server.member("mia", &[]), server.member("max", &[Permission::ManageMembership]));
    let before = server.contents();
    adds(&mia, &team, &["ada"]).is(403).golden("team_members.add.forbidden");
    removes(&mia, &team, &["ada"]).is(403);
    // Before anything is said of the body.
    mia.post(&format!("/teams/{team}/relationships/users"), &json!({})).is(403);
    for caller in [&mia, &max] {
        adds(caller, &secret, &["ada"]).is(404).golden("not_found");
    }
    assert_eq!(server.contents(), before);
    adds(&max, &team, &["ada"]).is_done();
    // Owners are made by owners.
    let owners = owners(&server);
    adds(&server.organization_token(), &owners, &["ada"]).is(403);
    let tom = server.member("tom", &[Permission::ManageOrganizationAccess]);
    adds(&tom, &owners, &["tom"]).is(403);
    adds(&max, &owners, &["max"]).is(404).golden("not_found");
    assert_eq!(members(&owner, &owners), ["demo"]);
}

#[test]
fn a_team_that_goes_while_members_come_leaves_nothing_behind() {
    let server = Server::demo();
    let (owner, team, [ada, grace, edith]) = team_and_people(&server);
    let memberships = [ada, grace, edith];
    thread::scope(|scope| {
        for n in 0..64 {
            let (owner, team, membership) = (&owner, &team, &memberships[n % 3]);
            scope.spawn(move || {
                let path = format!("/teams/{team}/relationships/organization-memberships");
                let answer = match n {
                    40 => owner.delete(&format!("/teams/{team}")),
                    n if n % 2 == 0 => owner.post(&path, &linkage("organization-memberships", &[membership])),
                    _ => adds(owner, team, &["ada", "grace"]),
                };
                assert!([204, 404].contains(&answer.status), "{}: {}", answer.status, answer.body);
            });
        }
    });
    owner.get(&format!("/teams/{team}")).is(404);
    assert_eq!(server.number("SELECT count(*) FROM team_members WHERE team NOT IN (SELECT number FROM teams)"), 0);
    assert_eq!(owner.get(TEAMS).at("/meta/pagination/total-count"), json!(1));
}

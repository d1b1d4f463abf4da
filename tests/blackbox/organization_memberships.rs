//! Who belongs to an organization.

use std::thread;

use serde_json::{Value, json};

use crate::harness::{Answer, Caller, JSON_API, Permission, Server, document, linkage};

const MEMBERSHIPS: &str = "/organizations/my-organization/organization-memberships";

fn tries(caller: &Caller, email: Value) -> Answer {
    caller.post(MEMBERSHIPS, &document("organization-memberships", json!({"email": email})))
}

fn emails(caller: &Caller, query: &str) -> Vec<Value> {
    caller.get(&format!("{MEMBERSHIPS}{query}")).is(200).each("email")
}

#[test]
fn an_address_without_an_account_is_invited() {
    let server = Server::demo();
    let owner = server.owner();
    let team = owner.creates_team("my-organization", "platform", &[]);
    let mut invitation = document("organization-memberships", json!({"email": "ada@example.com"}));
    invitation["data"]["relationships"] = json!({"teams": linkage("teams", &[&team])});
    let invited = owner.post(MEMBERSHIPS, &invitation).is(201);
    let path = format!("/api/v2/organization-memberships/{}", invited.text("/data/id"));
    assert_eq!(invited.header("Location"), Some(path.as_str()));
    let invited = invited.golden("memberships.create.invited");
    // What creation includes is what a client gets that asks for it.
    assert_eq!(owner.get(&format!("!{path}?include=user")).is(200).json(), invited.json());
    let plain = owner.get(&format!("!{path}")).is(200);
    assert_eq!((plain.at("/data"), plain.at("/included")), (invited.at("/data"), Value::Null));
    // Its user leads somewhere, for those who see the organization's members.
    let user = format!("!{}", invited.text("/data/relationships/user/links/related"));
    assert_eq!(owner.get(&user).is(200).at("/data"), invited.at("/included/0"));
    assert_eq!(server.member("mia", &[]).get(&user).is(200).text("/data/attributes/email"), "ada@example.com");
    server.outsider("eve").get(&user).is(404);
}

#[test]
fn an_account_is_a_member_at_once() {
    let server = Server::demo();
    let owner = server.owner();
    let ada = server.outsider("ada");
    ada.get("/organizations/my-organization").is(404);
    // Addresses are the same in another case.
    let joined = tries(&owner, json!("ADA@example.com")).is(201).golden("memberships.create.active");
    assert_eq!(joined.text("/data/relationships/user/data/id"), ada.user_id());
    ada.get("/organizations/my-organization").is(200);
}

#[test]
fn an_invitation_is_accepted_by_getting_an_account() {
    let server = Server::demo();
    let owner = server.owner();
    let team = owner.creates_team("my-organization", "vcs", &[Permission::ManageVcsSettings]);
    let membership = owner.invites("my-organization", "ada", &[&team]);
    let eve = server.outsider("eve");
    eve.creates_organization("foreign");
    eve.invites("foreign", "ada", &[]);
    let before = owner.get(&format!("/organization-memberships/{membership}")).is(200);
    let skip = server.trail(0).len();
    server.cli(&["user", "create", "ada", "--email", "Ada@Example.com"]);
    // The user, two memberships, and the link by which the user signs in.
    assert_eq!(server.trail(skip).len(), 4);
    assert!(server.trail(skip)[1].starts_with(&format!("update organization_membership {membership} in org-")));
    let ada = server.with_token(&server.cli(&["token", "create", "--user", "ada"]));
    let mut organizations = ada.get("/organizations").is(200).each("name");
    organizations.sort_by_key(Value::to_string);
    assert_eq!(organizations, ["foreign", "my-organization"]);
    ada.creates_client("my-organization");
    ada.get("/organizations/foreign/oauth-clients").is(404);
    let shown = owner.get(&format!("/organization-memberships/{membership}")).is(200);
    assert_eq!(shown.at("/data/attributes/status"), json!("active"));
    assert_eq!(shown.text("/data/relationships/user/data/id"), ada.user_id());
    owner.get(&format!("!{}", before.text("/data/relationships/user/links/related"))).is(404);
    // Another account with the address finds no invitation any more.
    server.cli(&["user", "create", "ada2", "--email", "ada@example.com"]);
    let other = server.with_token(&server.cli(&["token", "create", "--user", "ada2"]));
    assert!(other.get("/organizations").is(200).list().is_empty());
}

#[test]
fn what_is_no_invitation_is_named() {
    let server = Server::demo();
    let owner = server.owner();
    let eve = server.outsider("eve");
    eve.creates_organization("foreign");
    let foreign = eve.creates_visible_team("foreign", "platform");
    let team = owner.creates_team("my-organization", "platform", &[]);
    owner.invites("my-organization", "ada", &[]);
    let before = server.contents();
    let demo = owner.get(MEMBERSHIPS).text("/data/0/attributes/email");
    tries(&owner, json!("ADA@example.com")).is(422).golden("memberships.create.taken");
    for email in
        [json!(demo), json!(null), json!(""), json!("nobody"), json!(7), json!(format!("{}@b", "x".repeat(255)))]
    {
        assert_eq!(tries(&owner, email.clone()).refused(422), ["/data/attributes/email"], "{email}");
    }
    assert_eq!(owner.post(MEMBERSHIPS, &document("organization-memberships", json!({}))).refused(422).len(), 1);
    assert_eq!(owner.post(MEMBERSHIPS, &document("teams", json!({"email": "a@b"}))).refused(422), ["/data/type"]);
    let mut invitation = document("organization-memberships", json!({"email": "a@b"}));
    for (teams, pointers) in [
        (linkage("teams", &[&team, &foreign]), vec!["/data/relationships/teams/data/1"]),
        (
            linkage("teams", &["team-1111111111111111", "x"]),
            vec!["/data/relationships/teams/data/0", "/data/relationships/teams/data/1"],
        ),
        (linkage("users", &[&team]), vec!["/data/relationships/teams/data/0"]),
        (json!({"data": {"type": "teams", "id": team}}), vec!["/data/relationships/teams/data"]),
        (json!([]), vec!["/data/relationships/teams"]),
    ] {
        invitation["data"]["relationships"] = json!({"teams": teams});
        assert_eq!(owner.post(MEMBERSHIPS, &invitation).refused(422), pointers, "{teams}");
    }
    owner.send("POST", MEMBERSHIPS, Some(b"{"), &[("Content-Type", JSON_API)]).refused(400);
    owner.send("POST", MEMBERSHIPS, None, &[]).refused(400);
    assert_eq!(server.contents(), before);
}

#[test]
fn a_list_is_a_page_of_what_is_asked_for() {
    let server = Server::demo();
    let owner = server.owner();
    server.outsider("ada");
    let team = owner.creates_visible_team("my-organization", "platform");
    for name in ["grace", "ada"] {
        owner.invites("my-organization", name, &[&team]);
    }
    owner.get(MEMBERSHIPS).is(200).golden("memberships.list");
    owner.get(&format!("{MEMBERSHIPS}?include=user,teams")).is(200).golden("memberships.list.everything_included");
    owner.get(&format!("{MEMBERSHIPS}?page[size]=2&page[number]=2")).is(200).golden("memberships.list.page_2_of_2");
    let (ada, grace) = (json!("ada@example.com"), json!("grace@example.com"));
    assert_eq!(emails(&owner, "?filter[status]=invited"), std::slice::from_ref(&grace));
    let active = emails(&owner, "?filter[status]=active&q=example.com");
    assert_eq!(&active[1..], std::slice::from_ref(&ada));
    assert_eq!(
        emails(&owner, "?filter[email]=ADA@example.com,nobody@example.com,grace@example.com"),
        [grace.clone(), ada.clone()]
    );
    assert_eq!(emails(&owner, "?filter[email]=foobar"), [Value::Null; 0]);
    assert_eq!(emails(&owner, "?filter[status]=&filter[email]="), emails(&owner, ""));
    assert_eq!(emails(&owner, "?q=GRACE"), [grace]);
    assert_eq!(emails(&owner, "?q=dem").len(), 1);
    for (query, parameter) in [
        ("include=users", "include"),
        ("filter[status]=gone", "filter[status]"),
        ("filter[name]=x", "filter[name]"),
        ("page[size]=x", "page[size]"),
    ] {
        assert_eq!(owner.get(&format!("{MEMBERSHIPS}?{query}")).refused(400), [parameter], "{query}");
    }
}

#[test]
fn whoever_leaves_leaves_the_teams_too() {
    let server = Server::demo();
    let owner = server.owner();
    let vera = server.member("vera", &[Permission::ManageVcsSettings]);
    let membership = owner.get(&format!("{MEMBERSHIPS}?q=vera")).text("/data/0/id");
    vera.get("/organizations/my-organization/oauth-clients").is(200);
    owner.delete(&format!("/organization-memberships/{membership}")).is_done();
    vera.get("/organizations/my-organization").is(404);
    owner.get(&format!("/organization-memberships/{membership}")).is(404).golden("not_found");
    owner.delete(&format!("/organization-memberships/{membership}")).is(404).golden("not_found");
    let team = owner.get("/organizations/my-organization/teams?filter[names]=vera").is(200);
    assert_eq!(team.at("/data/0/attributes/users-count"), json!(0));
    // And may be asked in again.
    owner.invites("my-organization", "vera", &[]);
    vera.get("/organizations/my-organization").is(200);
    vera.get("/organizations/my-organization/oauth-clients").is(404);
}

#[test]
fn owners_come_and_go_by_owners_and_the_last_one_stays() {
    let server = Server::demo();
    let owner = server.owner();
    let own = owner.get(MEMBERSHIPS).text("/data/0/id");
    let owners = owner.get("/organizations/my-organization/teams?filter[names]=owners").text("/data/0/id");
    let max = server.member("max", &[Permission::ManageMembership, Permission::AccessSecretTeams]);
    let before = server.contents();
    owner.delete(&format!("/organization-memberships/{own}")).is(422).golden("team_members.remove.last_owner");
    max.delete(&format!("/organization-memberships/{own}")).is(403).golden("memberships.delete.owner");
    let mut invitation = document("organization-memberships", json!({"email": "ada@example.com"}));
    invitation["data"]["relationships"] = json!({"teams": linkage("teams", &[&owners])});
    max.post(MEMBERSHIPS, &invitation).is(403).golden("memberships.create.owner");
    assert_eq!(server.contents(), before);
    server.outsider("ada");
    owner.post(MEMBERSHIPS, &invitation).is(201);
    owner.delete(&format!("/organization-memberships/{own}")).is_done();
    owner.get("/organizations/my-organization").is(404);
}

#[test]
fn secret_teams_are_not_told_of_by_their_members() {
    let server = Server::demo();
    let owner = server.owner();
    let secret = owner.creates_team("my-organization", "secret", &[]);
    let visible = owner.creates_visible_team("my-organization", "visible");
    let membership = owner.invites("my-organization", "ada", &[&secret, &visible]);
    let path = format!("/organization-memberships/{membership}?include=teams");
    let teams = |caller: &Caller| caller.get(&path).is(200).at("/data/relationships/teams/data");
    assert_eq!(teams(&owner), linkage("teams", &[&secret, &visible])["data"]);
    let (mia, max) = (server.member("mia", &[]), server.member("max", &[Permission::ManageMembership]));
    for caller in [&mia, &max] {
        assert_eq!(teams(caller), linkage("teams", &[&visible])["data"]);
        assert!(!caller.get(&path).body.contains(&secret));
        assert!(!caller.get(&format!("{MEMBERSHIPS}?include=teams")).body.contains(&secret));
    }
    // Nor may anybody be put into what is not seen.
    let mut invitation = document("organization-memberships", json!({"email": "b@example.com"}));
    invitation["data"]["relationships"] = json!({"teams": linkage("teams", &[&secret])});
    assert_eq!(max.post(MEMBERSHIPS, &invitation).refused(422), ["/data/relationships/teams/data/0"]);
}

#[test]
fn one_of_many_invitations_of_an_address_counts() {
    let server = Server::demo();
    let owner = server.owner();
    let statuses: Vec<u16> = thread::scope(|scope| {
        let sending: Vec<_> = (0..32).map(|_| scope.spawn(|| tries(&owner, json!("ada@example.com")).status)).collect();
        sending.into_iter().map(|answer| answer.join().expect("an answer")).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1);
    assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 31);
    assert_eq!(emails(&owner, "?filter[status]=invited").len(), 1);
}

#[test]
fn an_invitation_into_a_team_is_a_change_of_the_team() {
    let server = Server::demo();
    let owner = server.owner();
    let team = owner.creates_team("my-organization", "ops", &[]);
    let skip = server.trail(0).len();
    let membership = owner.invites("my-organization", "ada", &[&team]);
    let trail = server.trail(skip);
    assert_eq!(trail.len(), 2);
    assert!(trail[0].starts_with(&format!("create organization_membership {membership} in org-")));
    assert!(trail[1].starts_with(&format!("update team {team} in org-")));
}

//! The tokens of users, teams and organizations, and who manages them.

use std::thread;

use serde_json::json;

use super::{OF_ORGANIZATION, makes};
use crate::callers::matrix::routes;
use crate::harness::{Caller, Permission, Server, linkage};

#[test]
fn an_organization_has_one() {
    let server = Server::demo();
    let owner = server.owner();
    owner.get(OF_ORGANIZATION).is(404).golden("not_found");
    owner.delete(OF_ORGANIZATION).is(404).golden("not_found");
    let made = owner.post(OF_ORGANIZATION, &json!({})).is(201).golden("api_tokens.create.of_organization");
    let token = server.with_token(&made.text("/data/attributes/token"));
    let read = owner.get(OF_ORGANIZATION).is(200).golden("api_tokens.show.of_organization");
    assert_eq!(read.at("/data/id"), made.at("/data/id"));
    token.creates_client("my-organization");

    let skip = server.trail(0).len();
    // The token itself may make the next one, and is nobody from then on.
    let (next_id, next) = makes(&server, &token, OF_ORGANIZATION, json!({}));
    let organization = owner.get("/organizations/my-organization").text("/data/attributes/external-id");
    let event =
        |action: &str, id: &str| format!("{action} authentication_token {id} in {organization} by my-organization");
    assert_eq!(server.trail(skip), [event("destroy", &made.text("/data/id")), event("create", &next_id)]);
    token.get(OF_ORGANIZATION).is(401);
    let read = next.get(OF_ORGANIZATION).is(200);
    assert_eq!(
        read.at("/data/relationships/created-by/data"),
        json!({"type": "organizations", "id": "my-organization"})
    );
    next.delete(OF_ORGANIZATION).is_done();
    next.get(OF_ORGANIZATION).is(401);
    owner.get(OF_ORGANIZATION).is(404);
}

#[test]
fn a_token_for_the_audit_trail_is_another_one_and_for_nothing_else() {
    let server = Server::demo();
    let owner = server.owner();
    let of_trail = format!("{OF_ORGANIZATION}?token=audit-trails");
    let (own_id, own) = makes(&server, &owner, OF_ORGANIZATION, json!({}));
    owner.get(&of_trail).is(404).golden("not_found");
    owner.delete(&of_trail).is(404).golden("not_found");
    let made = owner.post(&of_trail, &json!({})).is(201).golden("api_tokens.create.of_audit_trail");
    let reader = server.with_token(&made.text("/data/attributes/token"));
    owner.get(&of_trail).is(200).golden("api_tokens.show.of_audit_trail");
    assert_eq!(owner.get(OF_ORGANIZATION).is(200).text("/data/id"), own_id);

    reader.get("/organization/audit-trail").is(200);
    let mut watched = server.watched();
    for (n, route) in routes().iter().enumerate().filter(|(_, route)| !route.is_open) {
        if route.pattern == "/api/v2/organization/audit-trail" || route.changes_its_organization() {
            continue;
        }
        let name = format!("thing-{n}");
        let path = route.to_new_things(&server, "my-organization", &name);
        // The body may name something that is made for it.
        let body = route.body(&server, &name);
        let before = watched.contents();
        route.send(&reader, &path, body).is(404).golden("not_found");
        assert_eq!(watched.contents(), before, "{} {path}", route.method);
    }
    // One of the routes has made the organization's own anew, but not this one.
    reader.get("/organization/audit-trail").is(200);
    own.get("/organization/audit-trail").is(401);

    let (_, next) = makes(&server, &owner, &of_trail, json!({}));
    reader.get("/organization/audit-trail").is(401).golden("unauthorized");
    next.get("/organization/audit-trail").is(200);
    owner.delete(&of_trail).is_done();
    next.get("/organization/audit-trail").is(401);
    owner.get(OF_ORGANIZATION).is(200);
    // Another kind of token does not stand for the organization's own.
    for kind in ["audit", "AUDIT-TRAILS", "%20audit-trails", "trails", "organization", "audit_trails"] {
        let unknown = format!("{OF_ORGANIZATION}?token={kind}");
        owner.post(&unknown, &json!({})).is(404).golden("not_found");
        owner.get(&unknown).is(404).golden("not_found");
        owner.delete(&unknown).is(404).golden("not_found");
    }
    for kinds in ["token=audit-trails&token=", "token=&token=audit-trails", "token=&token="] {
        assert_eq!(owner.delete(&format!("{OF_ORGANIZATION}?{kinds}")).refused(400), ["token"], "{kinds}");
    }
    owner.get(OF_ORGANIZATION).is(200);
    owner.delete(&format!("{OF_ORGANIZATION}?token=")).is_done();
}

#[test]
fn of_many_replacements_one_remains() {
    let server = Server::demo();
    let owner = server.owner();
    let tokens: Vec<Caller> = thread::scope(|scope| {
        let making: Vec<_> =
            (0..64).map(|_| scope.spawn(|| makes(&server, &owner, OF_ORGANIZATION, json!({})).1)).collect();
        making.into_iter().map(|token| token.join().expect("a token")).collect()
    });
    let statuses: Vec<u16> = tokens.iter().map(|token| token.get(OF_ORGANIZATION).status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 63);
    assert_eq!(server.number("SELECT count(*) FROM api_tokens WHERE organization IS NOT NULL"), 1);
}

#[test]
fn a_team_has_one_without_a_description_and_any_number_with_one() {
    let server = Server::demo();
    let owner = server.owner();
    let team = owner.creates_team("my-organization", "vcs", &[Permission::ManageVcsSettings]);
    let sole = format!("/teams/{team}/authentication-token");
    owner.get(&sole).is(404).golden("not_found");
    let made = owner.post(&sole, &json!({"data": {"attributes": {"description": "ignored"}}})).is(201);
    let made = made.golden("api_tokens.create.of_team");
    let first = server.with_token(&made.text("/data/attributes/token"));
    first.creates_client("my-organization");
    let (second_id, second) = makes(&server, &owner, &sole, json!({}));
    first.get("/account/details").is(401);
    assert_eq!(owner.get(&sole).is(200).text("/data/id"), second_id);

    let (third_id, third) = makes(&server, &owner, &format!("{sole}s"), json!({"description": "ci"}));
    owner.get(&format!("/authentication-tokens/{third_id}")).is(200).golden("api_tokens.show.of_team");
    second.get("/account/details").is(200);
    owner.delete(&format!("/authentication-tokens/{third_id}")).is_done();
    third.get("/account/details").is(401);
    owner.get(&format!("/authentication-tokens/{third_id}")).is(404).golden("not_found");
    owner.delete(&sole).is_done();
    second.get("/account/details").is(401);
    owner.delete(&sole).is(404).golden("not_found");
}

#[test]
fn the_tokens_of_teams_in_a_list() {
    let server = Server::demo();
    let owner = server.owner();
    let mut ids = vec![];
    for (name, expired_at) in [
        ("beta", json!("2100-01-02T00:00:00Z")),
        ("alpha", json!("2100-01-01T00:00:00Z")),
        ("gamma", json!("2100-01-03T00:00:00Z")),
    ] {
        let team = owner.creates_team("my-organization", name, &[]);
        let path = format!("/teams/{team}/authentication-tokens");
        ids.push(json!(makes(&server, &owner, &path, json!({"description": name, "expired-at": expired_at})).0));
    }
    let list =
        |query: &str| owner.get(&format!("/organizations/my-organization/team-tokens{query}")).is(200).each("id");
    let ordered = |places: [usize; 3]| places.map(|place| ids[place].clone());
    owner.get("/organizations/my-organization/team-tokens").is(200).golden("api_tokens.list.of_teams");
    assert_eq!(list(""), ids);
    assert_eq!(list("?sort=team-name"), ordered([1, 0, 2]));
    assert_eq!(list("?sort=-team-name"), ordered([2, 0, 1]));
    assert_eq!(list("?sort=expired-at"), ordered([1, 0, 2]));
    assert_eq!(list("?sort=-expired-at"), ordered([2, 0, 1]));
    assert_eq!(list("?sort=created-by").len(), 3);
    assert_eq!(list("?sort=-last-used-at").len(), 3);
    assert_eq!(list("?q=ALPH"), [ids[1].clone()]);
    assert_eq!(list("?page[size]=2&page[number]=2"), [ids[2].clone()]);
    for query in ["sort=name", "sort=team-name,created-by", "include=team", "filter[x]=y", "page[size]=x"] {
        let answer = owner.get(&format!("/organizations/my-organization/team-tokens?{query}"));
        assert_eq!(answer.refused(400).len(), 1, "{query}");
    }
}

#[test]
fn so_many_tokens_of_teams_are_deleted_at_once_and_no_more() {
    let server = Server::demo();
    let owner = server.owner();
    let team = owner.creates_visible_team("my-organization", "platform");
    let (id, _) = makes(&server, &owner, &format!("/teams/{team}/authentication-token"), json!({}));
    let all = "/organizations/my-organization/team-tokens";
    let delete = |ids: &[&str]| owner.send_json("DELETE", all, &linkage("authentication-tokens", ids));
    let refused = delete(&vec![id.as_str(); 1001]).is(400);
    assert_eq!(refused.text("/errors/0/detail"), "At most 1000 tokens can be deleted at once.");
    assert_eq!(owner.get(all).is(200).each("id"), [json!(id)]);
    // One that is named more than once is deleted once.
    delete(&vec![id.as_str(); 1000]).is(204);
    assert_eq!(owner.get(all).is(200).list().len(), 0);
}

#[test]
fn members_manage_their_teams_tokens_where_the_team_lets_them() {
    let server = Server::demo();
    let owner = server.owner();
    let vera = server.member("vera", &[Permission::ManageVcsSettings]);
    let (mia, tom) = (server.member("mia", &[]), server.member("tom", &[Permission::ManageTeams]));
    let team = vera.get("/organizations/my-organization/teams?filter[names]=vera").text("/data/0/id");
    let (sole, all) = (format!("/teams/{team}/authentication-token"), "/organizations/my-organization/team-tokens");
    let (id, token) = makes(&server, &vera, &sole, json!({}));
    let one = format!("/authentication-tokens/{id}");
    assert_eq!(vera.get(all).is(200).each("id"), [json!(id)]);
    assert_eq!(tom.get(all).is(200).each("id"), [json!(id)]);
    assert_eq!(mia.get(all).is(200).list().len(), 0);
    for caller in [&mia, &token] {
        caller.get(&one).is(404).golden("not_found");
        caller.get(&sole).is(404).golden("not_found");
        caller.post(&sole, &json!({})).is(404).golden("not_found");
        caller.delete(&sole).is(404).golden("not_found");
        caller.delete(&one).is(404).golden("not_found");
    }
    let closed = json!({"data": {"type": "teams", "attributes": {"allow-member-token-management": false}}});
    owner.patch(&format!("/teams/{team}"), &closed).is(200);
    vera.get(&one).is(404).golden("not_found");
    vera.post(&sole, &json!({})).is(404).golden("not_found");
    assert_eq!(vera.get(all).is(200).list().len(), 0);
    tom.delete(&one).is_done();
    // The tokens of owners are made by owners.
    let owners = owner.get("/organizations/my-organization/teams?filter[names]=owners").text("/data/0/id");
    let path = format!("/teams/{owners}/authentication-token");
    for caller in [&tom, &server.organization_token()] {
        caller.post(&path, &json!({})).is(404).golden("not_found");
    }
    let (_, king) = makes(&server, &owner, &path, json!({}));
    king.creates_team("my-organization", "made-by-the-owners-token", &[Permission::ManageModules]);
    king.post(OF_ORGANIZATION, &json!({})).is(201);
    assert_eq!(tom.get(all).is(200).list().len(), 0);
}

#[test]
fn users_manage_their_own_and_nobody_elses() {
    let server = Server::demo();
    let owner = server.owner();
    let ada = server.member("ada", &[]);
    let path = format!("/users/{}/authentication-tokens", ada.user_id());
    let body = json!({"data": {"type": "authentication-tokens", "attributes": {"description": "laptop"}}});
    let made = ada.post(&path, &body).is(201).golden("api_tokens.create.of_user");
    let one = format!("/authentication-tokens/{}", made.text("/data/id"));
    assert_eq!(made.header("Location"), Some(format!("/api/v2{one}").as_str()));
    let laptop = server.with_token(&made.text("/data/attributes/token"));
    assert_eq!(laptop.user_id(), ada.user_id());
    ada.get(&path).is(200).golden("api_tokens.list.of_user");
    let page = ada.get(&format!("{path}?page[size]=1&page[number]=2")).is(200);
    assert_eq!((page.each("id"), page.at("/meta/pagination/total-count")), (vec![made.at("/data/id")], json!(2)));
    ada.get(&one).is(200);
    let others = [owner, server.owners_team(), server.organization_token()];
    let before = server.contents();
    for caller in others {
        caller.get(&path).is(404).golden("not_found");
        caller.post(&path, &json!({})).is(404).golden("not_found");
        caller.get(&one).is(404).golden("not_found");
        caller.delete(&one).is(404).golden("not_found");
    }
    assert_eq!(server.contents(), before);
    // The synthetic users of teams and organizations have none.
    let token = server.organization_token();
    token.get(&format!("/users/{}/authentication-tokens", token.user_id())).is(404).golden("not_found");
    laptop.delete(&one).is_done();
    laptop.get("/account/details").is(401);
    ada.get("/account/details").is(200);
}

#[test]
fn nothing_of_another_organization_is_managed() {
    let server = Server::demo();
    let owner = server.owner();
    let eve = server.outsider("eve");
    eve.creates_organization("foreign");
    let team = eve.creates_visible_team("foreign", "platform");
    let (of_team, _) = makes(&server, &eve, &format!("/teams/{team}/authentication-tokens"), json!({}));
    let (of_all, _) = makes(&server, &eve, "/organizations/foreign/authentication-token", json!({}));
    let (of_eve, _) = makes(&server, &eve, &format!("/users/{}/authentication-tokens", eve.user_id()), json!({}));
    let before = server.contents();
    for id in [of_team, of_all, of_eve] {
        owner.get(&format!("/authentication-tokens/{id}")).is(404).golden("not_found");
        owner.delete(&format!("/authentication-tokens/{id}")).is(404).golden("not_found");
        eve.get(&format!("/authentication-tokens/{id}")).is(200);
    }
    owner.post(&format!("/teams/{team}/authentication-token"), &json!({})).is(404).golden("not_found");
    owner.post("/organizations/foreign/authentication-token", &json!({})).is(404).golden("not_found");
    assert_eq!(server.contents(), before);
}

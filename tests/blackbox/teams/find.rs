//! Lists, and who sees what.

use serde_json::json;

use super::{TEAMS, changes, foreign, tries};
use crate::harness::{Caller, Permission, Server};

fn names(caller: &Caller, query: &str) -> Vec<String> {
    let list = caller.get(&format!("{TEAMS}{query}")).is(200).each("name");
    list.iter().map(|name| name.as_str().expect("a name").to_owned()).collect()
}

#[test]
fn a_list_is_a_page_of_what_is_asked_for() {
    let server = Server::demo();
    let owner = server.owner();
    for name in ["platform", "Network", "net_2"] {
        owner.creates_team("my-organization", name, &[]);
    }
    foreign(&server).creates_team("foreign", "platform", &[]);
    owner.get(TEAMS).is(200).golden("teams.list");
    owner.get(&format!("{TEAMS}?page[size]=2&page[number]=2")).is(200).golden("teams.list.page_2_of_2");
    let beyond = owner.get(&format!("{TEAMS}?page[number]=999&page[size]=100")).is(200);
    assert_eq!(beyond.at("/meta/pagination/current-page"), json!(999));
    assert_eq!((beyond.list().len(), beyond.at("/meta/pagination/total-count")), (0, json!(4)));
    assert_eq!(names(&owner, "?q=NET"), ["Network", "net_2"]);
    assert_eq!(names(&owner, "?q=%25"), [""; 0]);
    assert_eq!(names(&owner, "?filter[names]=net_2,platform,nobody"), ["platform", "net_2"]);
    assert_eq!(names(&owner, "?filter[names]=network"), [""; 0]);
    assert_eq!(names(&owner, "?filter[names]="), names(&owner, ""));
    assert_eq!(names(&owner, "?filter[names]=Network,net_2&q=2"), ["net_2"]);
    for (query, parameter) in [
        ("include=teams", "include"),
        ("sort=name", "sort"),
        ("filter[name]=x", "filter[name]"),
        ("page[size]=x", "page[size]"),
        ("page[number]=-1", "page[number]"),
        ("page[number]=x", "page[number]"),
    ] {
        assert_eq!(owner.get(&format!("{TEAMS}?{query}")).refused(400), [parameter], "{query}");
    }
}

#[test]
fn the_members_are_included_on_request() {
    let server = Server::demo();
    let owner = server.owner();
    let team = owner.creates_visible_team("my-organization", "platform");
    server.outsider("ada");
    owner.invites("my-organization", "ada", &[&team]);
    owner.invites("my-organization", "grace", &[&team]);
    let path = format!("/teams/{team}?include=");
    owner.get(&format!("{path}users")).is(200).golden("teams.show.users");
    owner.get(&format!("{path}organization-memberships")).is(200).golden("teams.show.memberships");
    let both = owner.get(&format!("{TEAMS}?include=users,organization_memberships&filter[names]=platform")).is(200);
    both.golden("teams.list.everything_included");
    assert_eq!(owner.get(&format!("{path}organization")).refused(400), ["include"]);
}

#[test]
fn each_sees_the_teams_that_are_for_them() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_visible_team("my-organization", "visible");
    owner.creates_team("my-organization", "secret", &[]);
    let everything = ["owners", "visible", "secret", "mia", "sally", "tom", "max"];
    let mia = server.member("mia", &[]);
    let sally = server.member("sally", &[Permission::AccessSecretTeams]);
    let tom = server.member("tom", &[Permission::ManageTeams]);
    let max = server.member("max", &[Permission::ManageMembership]);
    for caller in [&owner, &sally, &tom, &server.owners_team(), &server.organization_token()] {
        assert_eq!(names(caller, ""), everything);
    }
    assert_eq!(names(&mia, ""), ["visible", "mia"]);
    assert_eq!(names(&max, ""), ["visible", "max"]);
    let of_mia = owner.get(&format!("{TEAMS}?filter[names]=mia")).text("/data/0/id");
    let token = owner.post(&format!("/teams/{of_mia}/authentication-token"), &json!({})).is(201);
    let token = server.with_token(&token.text("/data/attributes/token"));
    assert_eq!(names(&token, ""), ["visible", "mia"]);
    // By id, and in what is counted and searched, it is the same.
    let secret = owner.get(&format!("{TEAMS}?filter[names]=secret")).text("/data/0/id");
    mia.get(&format!("/teams/{secret}")).is(404).golden("not_found");
    mia.get(&format!("/teams/{of_mia}")).is(200);
    assert_eq!(mia.get(TEAMS).at("/meta/pagination/total-count"), json!(2));
    assert_eq!(names(&mia, "?q=secret"), [""; 0]);
    assert_eq!(names(&mia, "?filter[names]=secret,visible"), ["visible"]);
}

#[test]
fn a_team_of_very_many_is_not_shown_and_can_be_changed() {
    let server = Server::demo();
    let owner = server.owner();
    let team = tries(&owner, json!({"name": "everybody"})).is(200).text("/data/id");
    let number = "(SELECT number FROM teams WHERE name = 'everybody')";
    let invited = format!(
        "WITH RECURSIVE n(i) AS (VALUES (11111) UNION ALL SELECT i + 1 FROM n WHERE i < 32110)
         INSERT INTO organization_memberships (id, organization, email, created_at)
           SELECT 'ou-11111111111' || replace(i, '0', 'A'), 1, i || '@example.com', 0 FROM n;
         INSERT INTO team_members SELECT {number}, number FROM organization_memberships WHERE user IS NULL;"
    );
    server.sqlite().execute_batch(&invited).expect("invited");
    let path = format!("/teams/{team}");
    assert_eq!(owner.get(&path).refused(400), ["page[size]"]);
    assert_eq!(owner.get(TEAMS).refused(400), ["page[size]"]);
    let changed = changes(&owner, &team, json!({"name": "all"})).is(200);
    assert_eq!(changed.at("/data/relationships/organization-memberships/data").as_array().map(Vec::len), Some(21_000));
    let half = "DELETE FROM organization_memberships WHERE user IS NULL AND number % 2 = 0";
    server.sqlite().execute(half, []).expect("gone");
    let shown = owner.get(&path).is(200);
    assert_eq!(shown.at("/data/relationships/organization-memberships/data").as_array().map(Vec::len), Some(10_500));
}

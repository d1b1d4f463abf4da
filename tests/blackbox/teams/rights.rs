//! What the permissions around teams give, and what they do not.

use serde_json::{Value, json};

use super::{TEAMS, changes, name, tries};
use crate::harness::{Permission, Server};

#[test]
fn who_manages_teams_gives_no_access() {
    let server = Server::demo();
    let tom = server.member("tom", &[Permission::ManageTeams]);
    let made = tries(&tom, json!({"name": "toms", "organization-access": {"manage-teams": false}})).is(200);
    let team = made.text("/data/id");
    let before = server.contents();
    let access = json!({"manage-vcs-settings": true});
    tries(&tom, json!({"name": "more", "organization-access": access})).is(404).golden("not_found");
    changes(&tom, &team, json!({"organization-access": access})).is(404).golden("not_found");
    let own = tom.get(&format!("{TEAMS}?filter[names]=tom")).text("/data/0/id");
    changes(&tom, &own, json!({"organization-access": {"manage-teams": false}})).is(404).golden("not_found");
    assert_eq!(server.contents(), before);
    // What is as it was is no change.
    changes(&tom, &own, json!({"name": "toms-own", "organization-access": {"manage-teams": true}})).is(200);

    let chief = server.member("chief", &[Permission::ManageOrganizationAccess]);
    changes(&chief, &team, json!({"organization-access": access})).is(200);
    tries(&chief, json!({"name": "more", "organization-access": access})).is(200);
    let token = server.organization_token();
    tries(&token, json!({"name": "most", "organization-access": access})).is(200);
}

#[test]
fn who_manages_members_manages_no_teams() {
    let server = Server::demo();
    let max = server.member("max", &[Permission::ManageMembership]);
    let team = server.owner().creates_visible_team("my-organization", "platform");
    let before = server.contents();
    tries(&max, name("mine")).is(404).golden("not_found");
    changes(&max, &team, name("mine")).is(404).golden("not_found");
    max.delete(&format!("/teams/{team}")).is(404).golden("not_found");
    max.post(&format!("/teams/{team}/authentication-token"), &json!({})).is(404).golden("not_found");
    assert_eq!(server.contents(), before);
}

#[test]
fn the_document_tells_the_caller_what_they_may_do() {
    let server = Server::demo();
    let team = server.owner().creates_visible_team("my-organization", "platform");
    let may = |caller: &crate::harness::Caller| {
        let Value::Object(permissions) = caller.get(&format!("/teams/{team}")).at("/data/attributes/permissions")
        else {
            panic!("no permissions")
        };
        let may = permissions.iter().filter(|(_, may)| **may == json!(true));
        may.map(|(name, _)| name.trim_start_matches("can-").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(may(&server.member("mia", &[])), [""; 0]);
    assert_eq!(may(&server.member("max", &[Permission::ManageMembership])), ["update-membership"]);
    let mut teams = may(&server.member("tom", &[Permission::ManageTeams]));
    teams.sort();
    let mut expected = vec![
        "destroy",
        "update-api-token",
        "update-member-token-management",
        "update-membership",
        "update-name",
        "update-sso-team-id",
        "update-visibility",
        "view-api-token",
    ];
    assert_eq!(teams, expected);
    expected.insert(5, "update-organization-access");
    for caller in [server.owner(), server.organization_token()] {
        let mut everything = may(&caller);
        everything.sort();
        assert_eq!(everything, expected);
    }
}

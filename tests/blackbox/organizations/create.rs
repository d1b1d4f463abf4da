//! Creation, and what a new organization is.

use serde_json::json;

use super::{at_once, tries};
use crate::harness::Server;

#[test]
fn an_organization_is_created_with_an_owners_team_and_shown() {
    let server = Server::demo();
    let ada = server.outsider("ada");
    let created = tries(&ada, json!({"name": "Acme_1", "email": "ops@acme.test"})).is(201);
    assert_eq!(created.header("Location"), Some("/api/v2/organizations/Acme_1"));
    let created = created.golden("organizations.create");
    assert_eq!(ada.get("/organizations/Acme_1").is(200).json(), created.json());
    assert_eq!(ada.get("/organizations/aCME_1").is(200).json(), created.json());
    let linked = ["default-project", "entitlement-set", "oauth-clients", "subscription", "workspaces"];
    let linked = linked.map(|name| format!("/data/relationships/{name}/links/related"));
    for link in linked.iter().map(String::as_str).chain(["/data/links/self"]) {
        ada.get(&format!("!{}", created.text(link))).is(200);
    }
    ada.creates_client("Acme_1");
    let owners = "SELECT count(*) FROM teams JOIN organizations ON organizations.number = teams.organization
                  JOIN team_members ON team_members.team = teams.number
                  WHERE organizations.name = 'Acme_1' AND teams.name = 'owners'";
    assert_eq!(server.number(owners), 1);
    assert_eq!(server.number("SELECT count(*) FROM teams"), 2, "one team to begin with");
}

#[test]
fn names_and_addresses_are_checked_together() {
    let server = Server::demo();
    let (owner, before) = (server.owner(), server.contents());
    tries(&owner, json!({})).is(422).golden("organizations.create.nothing_given");
    let bad_names = ["", " ", "a b", "a/b", "a.b", "ä", "a\n", "../x", "a%2Fb", "a:b", "a\u{202e}b"];
    for name in bad_names.map(str::to_owned).into_iter().chain(["x".repeat(256)]) {
        let answer = tries(&owner, json!({"name": name, "email": "a@b"}));
        assert_eq!(answer.refused(422), ["/data/attributes/name"], "{name}");
    }
    let bad_addresses = ["", " ", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\n", "a@b\r\nBcc: c@d"];
    for email in bad_addresses.map(str::to_owned).into_iter().chain([format!("{}@b", "x".repeat(254))]) {
        let answer = tries(&owner, json!({"name": "new", "email": email}));
        assert_eq!(answer.refused(422), ["/data/attributes/email"], "{email}");
    }
    for wrong in [json!(null), json!(1), json!(true), json!([]), json!({})] {
        let answer = tries(&owner, json!({"name": wrong, "email": wrong}));
        assert_eq!(answer.refused(422), ["/data/attributes/name", "/data/attributes/email"], "{wrong}");
    }
    assert_eq!(server.contents(), before);
    let longest = "x".repeat(255);
    let created = tries(&owner, json!({"name": longest, "email": format!("{}@b", "x".repeat(253))})).is(201);
    assert_eq!(created.text("/data/id"), longest);
    owner.creates_client(&longest);
}

#[test]
fn a_name_is_taken_ignoring_case_whoever_took_it() {
    let server = Server::demo();
    let ada = server.outsider("ada");
    let before = server.contents();
    for name in ["my-organization", "MY-Organization"] {
        tries(&ada, json!({"name": name, "email": "a@b"})).is(422).golden("organizations.create.name_taken");
    }
    assert_eq!(server.contents(), before);
}

#[test]
fn what_a_client_may_not_set_changes_nothing() {
    let server = Server::demo();
    let given = json!({
        "name": "Acme_1", "email": "ops@acme.test", "external-id": "org-1111111111111111", "created-at": "now",
        "permissions": {"can-update-oauth": false}, "plan-expired": true, "saml-enabled": true, "is-unified": true,
        "two-factor-conformant": false, "unknown": 1
    });
    tries(&server.owner(), given).is(201).golden("organizations.create");
}

#[test]
fn all_options_can_be_given_at_once() {
    let server = Server::demo();
    let owner = server.owner();
    let created = tries(
        &owner,
        json!({
            "name": "tst-0b4ecd0c-3f5b-41d4-a23c-9e6f4aef5d44", "email": "ops@acme.test",
            "collaborator-auth-policy": "two_factor_mandatory", "session-timeout": 60, "session-remember": 20160,
            "owners-team-saml-role-id": "owners", "cost-estimation-enabled": true,
            "send-passing-statuses-for-untriggered-speculative-plans": true, "assessments-enforced": true,
            "allow-force-delete-workspaces": true, "speculative-plan-management-enabled": false,
            "enforce-hyok": true, "stacks-enabled": true, "max-ttl-enabled": true, "default-execution-mode": "local"
        }),
    )
    .is(201);
    let created = created.golden("organizations.create.every_option");
    let shown = owner.get("/organizations/tst-0b4ecd0c-3f5b-41d4-a23c-9e6f4aef5d44").is(200);
    assert_eq!(shown.json(), created.json());
}

#[test]
fn options_that_are_null_or_say_nothing_are_as_if_absent() {
    let server = Server::demo();
    let created = tries(
        &server.owner(),
        json!({
            "name": "Acme_1", "email": "ops@acme.test", "collaborator-auth-policy": null, "session-timeout": 0,
            "session-remember": null, "owners-team-saml-role-id": "", "cost-estimation-enabled": null,
            "aggregated-commit-status-enabled": null, "user-tokens-enabled": null, "default-execution-mode": null,
            "default-agent-pool-id": ""
        }),
    );
    created.is(201).golden("organizations.create");
}

#[test]
fn everything_wrong_with_the_options_is_told_at_once() {
    let server = Server::demo();
    let (owner, before) = (server.owner(), server.contents());
    let given = json!({
        "name": "my-organization", "email": "ops@acme.test", "collaborator-auth-policy": "none",
        "session-timeout": -1, "session-remember": 2_147_483_648_u32, "owners-team-saml-role-id": "x".repeat(256),
        "cost-estimation-enabled": "yes", "send-passing-statuses-for-untriggered-speculative-plans": true,
        "aggregated-commit-status-enabled": true, "assessments-enforced": 1, "allow-force-delete-workspaces": [],
        "speculative-plan-management-enabled": {}, "enforce-hyok": "true", "stacks-enabled": 0, "max-ttl-enabled": "",
        "user-tokens-enabled": "no", "default-execution-mode": "cloud"
    });
    tries(&owner, given).is(422).golden("organizations.create.every_option_wrong");
    for (attribute, wrong) in [
        ("session-timeout", json!("60")),
        ("session-timeout", json!(1.5)),
        ("session-remember", json!(true)),
        ("collaborator-auth-policy", json!("")),
        ("collaborator-auth-policy", json!("Password")),
        ("default-execution-mode", json!("Remote")),
        ("default-execution-mode", json!(["remote"])),
        ("owners-team-saml-role-id", json!(7)),
        ("default-agent-pool-id", json!(7)),
    ] {
        let mut given = json!({"name": "new", "email": "ops@acme.test"});
        given[attribute] = wrong.clone();
        assert_eq!(tries(&owner, given).refused(422), [format!("/data/attributes/{attribute}")], "{wrong}");
    }
    assert_eq!(server.contents(), before);
}

#[test]
fn a_new_organization_has_no_agent_pool_to_be_its_default() {
    let server = Server::demo();
    let (owner, before) = (server.owner(), server.contents());
    for (mode, pool, pointer) in [
        ("remote", "apool-1111111111111111", "/data/attributes/default-agent-pool-id"),
        ("agent", "apool-1111111111111111", "/data/attributes/default-agent-pool-id"),
        ("agent", "nonexisting", "/data/attributes/default-agent-pool-id"),
        ("agent", "", "/data/attributes/default-agent-pool-id"),
    ] {
        let given =
            json!({"name": "new", "email": "a@b", "default-execution-mode": mode, "default-agent-pool-id": pool});
        assert_eq!(tries(&owner, given).refused(422), [pointer], "{mode} {pool}");
    }
    let given = json!({"name": "new", "email": "a@b", "default-execution-mode": "agent"});
    assert_eq!(tries(&owner, given).refused(422), ["/data/relationships/default-agent-pool/data"]);
    assert_eq!(server.contents(), before);
}

#[test]
fn of_many_who_create_one_name_at_once_one_succeeds() {
    let server = Server::demo();
    let statuses = at_once(&server, 32, |caller, n| {
        let name = if n % 2 == 0 { "wanted" } else { "WANTED" };
        tries(caller, json!({"name": name, "email": "a@b"})).status
    });
    let count = |status| statuses.iter().filter(|s| **s == status).count();
    assert_eq!((count(201), count(422)), (1, 31), "{statuses:?}");
    assert_eq!(server.number("SELECT count(*) FROM organizations"), 2);
}

#[test]
fn only_people_make_organizations() {
    let server = Server::demo();
    let callers = [server.owners_team(), server.organization_token()];
    let before = server.contents();
    for caller in callers {
        tries(&caller, json!({"name": "new", "email": "a@b"})).is(404).golden("not_found");
        tries(&caller, json!({})).is(404).golden("not_found");
    }
    assert_eq!(server.contents(), before);
}

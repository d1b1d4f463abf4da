//! Changes, and other names.

use serde_json::{Value, json};

use super::{ORGANIZATION, at_once, changes, makes_agent_pool};
use crate::harness::{Answer, Caller, JSON_API, Server, document};

const POOL: &str = "apool-1111111111111111";
const RELATED: &str = "/data/relationships/default-agent-pool/data";

/// Tries to change the default execution mode, if one is given, and the default agent pool.
fn runs_elsewhere(caller: &Caller, mode: Option<&str>, pool: Value) -> Answer {
    let attributes = mode.map_or(json!({}), |mode| json!({"default-execution-mode": mode}));
    let mut given = document("organizations", attributes);
    given["data"]["relationships"] = json!({"default-agent-pool": {"data": pool}});
    caller.patch(ORGANIZATION, &given)
}

#[test]
fn what_the_terraform_provider_sends_first_is_read_back() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("new");
    let sent = json!({
        "name": "new", "email": "ops@example.com", "collaborator-auth-policy": "password",
        "cost-estimation-enabled": false, "assessments-enforced": false, "allow-force-delete-workspaces": false,
        "speculative-plan-management-enabled": true, "user-tokens-enabled": true, "enforce-hyok": false,
        "max-ttl-enabled": false
    });
    let before = owner.get("/organizations/new").json();
    let changed = owner.patch("/organizations/new", &document("organizations", sent)).is(200);
    assert_eq!(changed.json(), before);
    assert_eq!(owner.get("/organizations/new").json(), before);
}

#[test]
fn what_is_given_changes_and_the_rest_stays() {
    let server = Server::demo();
    let owner = server.owner();
    let given = json!({
        "email": "new@example.com", "collaborator-auth-policy": "two_factor_mandatory", "session-timeout": 3600,
        "session-remember": 3600, "owners-team-saml-role-id": "owners", "cost-estimation-enabled": true,
        "aggregated-commit-status-enabled": false, "assessments-enforced": true,
        "allow-force-delete-workspaces": true, "speculative-plan-management-enabled": false, "enforce-hyok": true,
        "stacks-enabled": true, "max-ttl-enabled": true, "default-execution-mode": "local"
    });
    let changed = changes(&owner, given.clone()).is(200).golden("organizations.update");
    assert_eq!(owner.get(ORGANIZATION).json(), changed.json());
    for nothing in [json!({}), json!({"unknown": 1, "external-id": "org-1111111111111111"})] {
        assert_eq!(changes(&owner, nothing).is(200).json(), changed.json());
    }
    // One at a time, each goes back to what it was.
    let mut document = changed.json();
    for name in given.as_object().expect("attributes").keys().filter(|name| *name != "email") {
        document = changes(&owner, json!({name: null})).is(200).json();
        assert_ne!(document["data"]["attributes"][name], given[name], "{name}");
    }
    document["data"]["attributes"]["email"] = json!("demo@example.com");
    let original = Server::demo().owner().get(ORGANIZATION).json();
    for name in original["data"]["attributes"].as_object().expect("attributes").keys() {
        if !matches!(name.as_str(), "external-id" | "created-at") {
            assert_eq!(document["data"]["attributes"][name], original["data"]["attributes"][name], "{name}");
        }
    }
}

#[test]
fn of_two_ways_to_report_a_status_one_goes_out_when_the_other_comes_in() {
    let server = Server::demo();
    let owner = server.owner();
    let (passing, aggregated) =
        ("send-passing-statuses-for-untriggered-speculative-plans", "aggregated-commit-status-enabled");
    for (given, expected) in [
        (json!({passing: true}), (true, false)),
        (json!({aggregated: true}), (false, true)),
        (json!({aggregated: false}), (false, false)),
        (json!({passing: true, aggregated: false}), (true, false)),
        (json!({passing: false}), (false, false)),
        (json!({passing: false, aggregated: true}), (false, true)),
        (json!({passing: true}), (true, false)),
        (json!({aggregated: null}), (false, true)),
    ] {
        let changed = changes(&owner, given.clone()).is(200);
        let both = [passing, aggregated].map(|name| changed.at(&format!("/data/attributes/{name}")));
        assert_eq!(both, [json!(expected.0), json!(expected.1)], "{given}");
    }
    let both = changes(&owner, json!({passing: true, aggregated: true}));
    assert_eq!(both.refused(422), [format!("/data/attributes/{aggregated}")]);
}

#[test]
fn everything_follows_another_name() {
    let server = Server::demo();
    let (owner, team, token) = (server.owner(), server.owners_team(), server.organization_token());
    let (client, _) = owner.creates_client("my-organization");
    let workspace = owner.creates_workspace("my-organization", "w", None);
    let before = owner.get(ORGANIZATION).json();
    let renamed = changes(&owner, json!({"name": "Renamed"})).is(200);
    assert_eq!((renamed.text("/data/id"), renamed.text("/data/attributes/name")), ("Renamed".into(), "Renamed".into()));
    assert_eq!(renamed.text("/data/links/self"), "/api/v2/organizations/Renamed");
    let same = |pointer: &str| assert_eq!(Some(&renamed.at(pointer)), before.pointer(pointer));
    same("/data/attributes/external-id");
    same("/data/relationships/default-project/data/id");
    same("/data/relationships/entitlement-set/data");

    for caller in [&owner, &team, &token] {
        caller.get(ORGANIZATION).is(404).golden("not_found");
        assert_eq!(caller.get("/organizations/renamed").is(200).text("/data/id"), "Renamed");
        assert_eq!(caller.get("/organizations").each("id"), ["Renamed"]);
        assert_eq!(caller.get("/organizations/Renamed/oauth-clients").each("id"), [client.as_str()]);
        for path in [format!("/oauth-clients/{client}"), format!("/workspaces/{workspace}")] {
            let shown = caller.get(&path).is(200);
            assert_eq!(shown.text("/data/relationships/organization/data/id"), "Renamed");
            assert!(!shown.body.contains("my-organization"), "{}", shown.body);
        }
    }
    let account = token.get("/account/details").is(200);
    assert_eq!(account.text("/data/relationships/authenticated-resource/data/id"), "Renamed");
    // The old name is free.
    owner.creates_organization("my-organization");
    assert_eq!(server.number("SELECT count(*) FROM organizations"), 2);
}

#[test]
fn the_case_of_ones_own_name_may_change_but_nobody_elses_name_may_be_taken() {
    let server = Server::demo();
    let owner = server.owner();
    server.outsider("ada").creates_organization("hers");
    assert_eq!(changes(&owner, json!({"name": "MY-organization"})).is(200).text("/data/id"), "MY-organization");
    assert_eq!(changes(&owner, json!({"name": "MY-organization"})).is(200).text("/data/id"), "MY-organization");
    let before = server.contents();
    for name in ["hers", "HERS"] {
        changes(&owner, json!({"name": name, "email": "x@y"})).is(422).golden("organizations.create.name_taken");
    }
    assert_eq!(server.contents(), before);
}

#[test]
fn a_bad_change_changes_nothing() {
    let server = Server::demo();
    let (owner, before) = (server.owner(), server.contents());
    for name in [json!(null), json!(""), json!(" "), json!("a b"), json!("a/b"), json!("x".repeat(256)), json!(1)] {
        assert_eq!(changes(&owner, json!({"name": name})).refused(422), ["/data/attributes/name"], "{name}");
    }
    for email in
        [json!(null), json!(""), json!("a"), json!("a b@c"), json!(format!("{}@b", "x".repeat(254))), json!([])]
    {
        assert_eq!(changes(&owner, json!({"email": email})).refused(422), ["/data/attributes/email"], "{email}");
    }
    let everything = json!({"name": "a b", "email": "a", "session-timeout": -1, "default-execution-mode": "x"});
    assert_eq!(changes(&owner, everything).refused(422).len(), 4);

    let bad = |document: Value| owner.patch(ORGANIZATION, &document);
    assert_eq!(bad(json!({"data": {"type": "organizations", "id": "other"}})).refused(422), ["/data/id"]);
    assert_eq!(bad(json!({"data": {"type": "organizations", "id": 1}})).refused(422), ["/data/id"]);
    assert_eq!(bad(json!({"data": {"type": "workspaces"}})).refused(422), ["/data/type"]);
    assert_eq!(bad(json!({"data": []})).refused(422), ["/data"]);
    assert_eq!(bad(json!({"data": {"type": "organizations", "attributes": []}})).refused(422), ["/data/attributes"]);
    owner.send("PATCH", ORGANIZATION, None, &[]).refused(400);
    owner.send("PATCH", ORGANIZATION, Some(b"{"), &[("Content-Type", JSON_API)]).refused(400);
    owner.send("PATCH", ORGANIZATION, Some(b"{}"), &[("Content-Type", "text/plain")]).refused(415);
    assert_eq!(server.contents(), before);
    // Its own id is no other, in whatever case.
    bad(json!({"data": {"type": "organizations", "id": "My-Organization"}})).is(200);
}

#[test]
fn of_many_who_take_one_name_at_once_one_succeeds() {
    let server = Server::demo();
    let owner = server.owner();
    for n in 0..16 {
        owner.creates_organization(&format!("o{n}"));
    }
    let statuses = at_once(&server, 16, |caller, n| {
        let name = if n % 2 == 0 { "wanted" } else { "Wanted" };
        caller.patch(&format!("/organizations/o{n}"), &document("organizations", json!({"name": name}))).status
    });
    let count = |status| statuses.iter().filter(|s| **s == status).count();
    assert_eq!((count(200), count(422)), (1, 15), "{statuses:?}");
    assert_eq!(server.number("SELECT count(*) FROM organizations WHERE name = 'wanted'"), 1);
}

#[test]
fn runs_of_agents_need_a_pool_and_others_have_none() {
    let server = Server::demo();
    let owner = server.owner();
    makes_agent_pool(&server, "my-organization", POOL);
    let pool = json!({"type": "agent-pools", "id": POOL});
    let linked = |answer: &Answer| answer.at("/data/relationships/default-agent-pool/data");

    let without_mode = runs_elsewhere(&owner, None, pool.clone()).is(422);
    without_mode.golden("organizations.update.pool_without_mode");
    assert_eq!(changes(&owner, json!({"default-execution-mode": "agent"})).refused(422), [RELATED]);
    let both = runs_elsewhere(&owner, Some("agent"), pool.clone()).is(200);
    assert_eq!((both.text("/data/attributes/default-execution-mode"), linked(&both)), ("agent".into(), pool.clone()));
    assert_eq!(linked(&changes(&owner, json!({"email": "a@b"})).is(200)), pool, "what is not given stays");
    assert_eq!(runs_elsewhere(&owner, None, Value::Null).refused(422), [RELATED]);
    let remote = changes(&owner, json!({"default-execution-mode": "remote"})).is(200);
    assert_eq!(linked(&remote), Value::Null);
    let as_attribute = json!({"default-execution-mode": "agent", "default-agent-pool-id": POOL});
    assert_eq!(linked(&changes(&owner, as_attribute).is(200)), pool);
    assert_eq!(linked(&runs_elsewhere(&owner, Some("local"), Value::Null).is(200)), Value::Null);
}

#[test]
fn a_pool_that_cannot_be_used_is_told_in_the_services_own_words() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("other");
    makes_agent_pool(&server, "other", POOL);
    let before = server.contents();
    for id in [POOL, "apool-2222222222222222", "nonexisting", " "] {
        let pool = json!({"type": "agent-pools", "id": id});
        let answer = runs_elsewhere(&owner, Some("agent"), pool).is(422);
        answer.golden("organizations.update.unusable_pool");
        let given = json!({"default-execution-mode": "agent", "default-agent-pool-id": id});
        assert_eq!(changes(&owner, given).refused(422), ["/data/attributes/default-agent-pool-id"]);
    }
    for linkage in [json!({"type": "projects", "id": POOL}), json!([]), json!("x"), json!({"type": "agent-pools"})] {
        assert_eq!(runs_elsewhere(&owner, Some("agent"), linkage).refused(422), [RELATED]);
    }
    assert_eq!(server.contents(), before);
}

#[test]
fn an_organization_whose_pool_went_can_still_be_changed() {
    let server = Server::demo();
    let owner = server.owner();
    makes_agent_pool(&server, "my-organization", POOL);
    runs_elsewhere(&owner, Some("agent"), json!({"type": "agent-pools", "id": POOL})).is(200);
    let database = server.sqlite();
    database.pragma_update(None, "foreign_keys", true).expect("a setting");
    assert_eq!(database.execute("DELETE FROM agent_pools", []), Ok(1));
    let changed = changes(&owner, json!({"email": "new@example.com"})).is(200);
    assert_eq!(changed.at("/data/relationships/default-agent-pool/data"), Value::Null);
    assert_eq!(changed.text("/data/attributes/default-execution-mode"), "agent");
}

#[test]
fn the_trail_tells_who_changed_it() {
    let server = Server::demo();
    let owner = server.owner();
    let id = owner.get(ORGANIZATION).text("/data/attributes/external-id");
    let skip = server.trail(0).len();
    changes(&owner, json!({"name": "renamed"})).is(200);
    owner.delete("/organizations/renamed").is_done();
    let event = |action: &str| format!("{action} organization {id} in {id} by demo");
    assert_eq!(server.trail(skip), [event("update"), event("destroy")]);
}

//! What an organization is entitled to, and what it is told to subscribe to.

use serde_json::{Value, json};

use super::ORGANIZATION;
use crate::harness::{Answer, JSON_API, Server, document};

const ADMIN: &str = "/admin/organizations/my-organization/subscription";
const BUSINESS: &str = "fs-qGmNWBvWvPS9yH1b";

#[test]
fn an_organization_is_entitled_to_what_there_is() {
    let server = Server::demo();
    let owner = server.owner();
    let set = owner.get("/organizations/my-organization/entitlement-set").is(200).golden("entitlement_sets.show");
    let organization = owner.get(ORGANIZATION);
    assert_eq!(organization.at("/data/relationships/entitlement-set/data/id"), set.at("/data/id"));
    assert_eq!(owner.get(&format!("!{}", set.text("/data/links/self"))).is(200).json(), set.json());
}

#[test]
fn what_belongs_to_an_organization_comes_with_it_where_asked_for() {
    let server = Server::demo();
    let owner = server.owner();
    assert_eq!(owner.get(ORGANIZATION).at("/included"), Value::Null);
    let shown = owner.get(&format!("{ORGANIZATION}?include=entitlement_set")).is(200);
    let shown = shown.golden("organizations.show.entitlement_set");
    assert_eq!(owner.get(&format!("{ORGANIZATION}?include=entitlement-set")).json(), shown.json());
    let both = owner.get(&format!("{ORGANIZATION}?include=default-project,entitlement_set")).is(200);
    both.golden("organizations.show.included");
    // A member who may see no project is not shown this one either.
    let member = server.member("mia", &[]).get(&format!("{ORGANIZATION}?include=default_project")).is(200);
    assert_eq!(member.at("/included"), json!([]));
    for unknown in ["x", "organization", "entitlement_set,x", "default.project"] {
        assert_eq!(owner.get(&format!("{ORGANIZATION}?include={unknown}")).refused(400), ["include"]);
    }
}

#[test]
fn an_administrator_finds_feature_sets_by_name() {
    let server = Server::demo();
    let owner = server.owner();
    owner.get("/admin/feature-sets").is(200).golden("feature_sets.list");
    assert_eq!(owner.get("/admin/feature-sets?q=Business").each("id"), [BUSINESS]);
    assert_eq!(owner.get("/admin/feature-sets?q=business").each("name"), ["Business"]);
    assert_eq!(owner.get("/admin/feature-sets?q=Standard+(entitlement)").list().len(), 1);
    assert!(owner.get("/admin/feature-sets?q=nonexisting").is(200).list().is_empty());
    let second = owner.get("/admin/feature-sets?page[size]=2&page[number]=2").is(200);
    assert_eq!((second.list().len(), second.at("/meta/pagination/total-count")), (1, json!(3)));
    assert!(owner.get("/admin/feature-sets?page[number]=4294967295").is(200).list().is_empty());
    assert_eq!(owner.get("/admin/feature-sets?page[size]=101").refused(422), ["page[size]"]);
}

fn subscribes(server: &Server, attributes: Value, feature_set: Value) -> Answer {
    let mut given = document("subscription", attributes);
    given["data"]["relationships"] = json!({"feature-set": {"data": feature_set}});
    server.owner().post(ADMIN, &given)
}

#[test]
fn a_subscription_is_acknowledged_and_changes_nothing() {
    let server = Server::demo();
    let (owner, before) = (server.owner(), server.contents());
    let shown = owner.get("/organizations/my-organization/subscription").is(200).golden("subscriptions.show");
    let attributes = json!({
        "runs-ceiling": 10, "agents-ceiling": 10, "contract-start-at": "2026-01-01T00:00:00Z",
        "end-at": "2027-01-01T00:00:00+01:00", "contract-user-limit": 1000, "contract-apply-limit": 5000,
        "contract-managed-resources-limit": 0
    });
    let feature_set = json!({"type": "feature-sets", "id": BUSINESS});
    let answer = subscribes(&server, attributes, feature_set).is(200);
    assert_eq!(answer.json(), shown.json());
    assert_eq!(owner.get("/organizations/my-organization/subscription").json(), shown.json());
    assert_eq!(server.contents(), before);
}

#[test]
fn a_subscription_that_makes_no_sense_is_refused() {
    let server = Server::demo();
    let feature_set = json!({"type": "feature-sets", "id": BUSINESS});
    let wrong = json!({
        "runs-ceiling": -1, "agents-ceiling": "ten", "contract-start-at": "tomorrow", "end-at": 1,
        "contract-user-limit": 1.5, "contract-apply-limit": true, "contract-managed-resources-limit": []
    });
    let answer = subscribes(&server, wrong, json!({"type": "feature-sets", "id": "fs-unknown"})).is(422);
    answer.golden("subscriptions.update.everything_wrong");
    let place = "/data/relationships/feature-set/data";
    for linkage in [Value::Null, json!([]), json!({"type": "feature-sets"}), json!({"type": "x", "id": BUSINESS})] {
        assert_eq!(subscribes(&server, json!({}), linkage).refused(422), [place]);
    }
    let owner = server.owner();
    assert_eq!(owner.post(ADMIN, &document("subscription", json!({}))).refused(422), [place]);
    let mut other_type = document("organizations", json!({}));
    other_type["data"]["relationships"] = json!({"feature-set": {"data": feature_set}});
    assert_eq!(owner.post(ADMIN, &other_type).refused(422), ["/data/type"]);
    owner.send("POST", ADMIN, Some(b"{"), &[("Content-Type", JSON_API)]).refused(400);
    owner.post("/admin/organizations/nonexisting/subscription", &json!({})).is(404).golden("not_found");
}

#[test]
fn the_site_is_administered_by_its_administrators_wherever_they_belong() {
    let server = Server::demo();
    let ada = server.outsider("ada");
    ada.creates_organization("hers");
    ada.get("/admin/feature-sets").is(404).golden("not_found");
    let mut given = document("subscription", json!({}));
    given["data"]["relationships"] = json!({"feature-set": {"data": {"type": "feature-sets", "id": BUSINESS}}});
    ada.post("/admin/organizations/hers/subscription", &given).is(404).golden("not_found");
    server.owner().post("/admin/organizations/hers/subscription", &given).is(200);
}

//! Variables of workspaces.

use serde_json::json;

use super::{changes, creates};
use crate::harness::{Permission, Server, document};

#[test]
fn variables_are_shown_below_their_workspace_and_named_by_it() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "infra", None);
    let list = format!("/workspaces/{workspace}/vars");
    let given = json!({"key": "region", "value": "eu", "category": "env", "description": "where"});
    let id = owner.post(&list, &document("vars", given)).is(201).golden("variables.create").text("/data/id");
    let secret = json!({"key": "password", "value": "needle", "category": "terraform", "hcl": true, "sensitive": true});
    let made = owner.post(&list, &document("vars", secret)).is(201).golden("variables.create.sensitive");
    assert!(!made.body.contains("needle"));
    // Without a page: some clients end where more pages are announced.
    let listed = owner.get(&list).is(200);
    assert_eq!((listed.each("key"), listed.at("/meta")), (vec![json!("region"), json!("password")], json!(null)));
    let shown = owner.get(&format!("/workspaces/{workspace}")).is(200);
    assert_eq!(shown.at("/data/relationships/vars/data/0/id"), json!(id));
    let with_variables = owner.get(&format!("/workspaces/{workspace}?include=vars")).is(200);
    assert_eq!(with_variables.at("/included"), listed.at("/data"));
    assert_eq!(shown.at("/data/attributes/permissions/can-update-variable"), json!(true));
    let by_name = "filter[organization][name]=my-organization&filter[workspace][name]=infra";
    assert_eq!(owner.get(&format!("/vars?{by_name}")).is(200).json(), listed.json());
    for (given, missing) in [
        ("", "filter[organization][name]"),
        ("filter[workspace][name]=infra", "filter[organization][name]"),
        ("filter[organization][name]=my-organization", "filter[workspace][name]"),
    ] {
        assert_eq!(owner.get(&format!("/vars?{given}")).refused(400), [missing], "{given}");
    }
    server.outsider("mallory").get(&format!("/vars?{by_name}")).is(404).golden("not_found");
    let other = owner.creates_workspace("my-organization", "other", None);
    owner.get(&format!("/workspaces/{other}/vars/{id}")).is(404).golden("not_found");
    // They go with their workspace.
    owner.delete(&format!("/workspaces/{workspace}")).is_done();
    owner.get(&format!("/vars/{id}")).is(404);
}

/// Clients ask for all of them at once, and one answer has 1 MiB of texts.
#[test]
fn variables_that_can_be_stored_can_be_listed() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "infra", None);
    let list = format!("/workspaces/{workspace}/vars");
    let largest = "x".repeat(256 * 1024);
    (0..3).for_each(|n| drop(creates(&owner, &list, &format!("large-{n}"), &largest, false)));
    let small = creates(&owner, &list, "small", "x", false);
    let before = server.contents();
    let fourth = json!({"key": "large-3", "value": largest, "category": "env"});
    assert_eq!(owner.post(&list, &document("vars", fourth)).refused(422), ["/data/attributes/value"]);
    let grown = document("vars", json!({"value": largest}));
    assert_eq!(owner.patch(&format!("/vars/{small}"), &grown).refused(422), ["/data/attributes/value"]);
    assert_eq!(server.contents(), before);
    // A value that is never shown takes no room.
    creates(&owner, &list, "secret", &largest, true);
    assert_eq!(owner.get(&list).is(200).list().len(), 5);
    let fill = format!(
        "WITH RECURSIVE n (x) AS (SELECT 6 UNION ALL SELECT x + 1 FROM n WHERE x < 1000)
         INSERT INTO variables (id, workspace, category, key, value, hcl, description, created_at)
         SELECT 'var-' || replace(hex(randomblob(8)), '0', 'G'), (SELECT number FROM workspaces WHERE id = '{workspace}'), 'env', 'v' || x, 'v', 0,
                '', 0 FROM n"
    );
    server.sqlite().execute(&fill, []).expect("rows");
    let one_more = document("vars", json!({"key": "last", "category": "env"}));
    assert_eq!(owner.post(&list, &one_more).refused(422), ["/data"]);
    assert_eq!(owner.get(&list).is(200).list().len(), 1000);
}

#[test]
fn what_is_wrong_is_named_in_the_services_words() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "infra", None);
    let list = format!("/workspaces/{workspace}/vars");
    creates(&owner, &list, "taken", "x", false);
    owner.post(&list, &document("vars", json!({}))).is(422).golden("variables.create.nothing_given");
    let taken = json!({"key": "taken", "category": "terraform"});
    owner.post(&list, &document("vars", taken)).is(422).golden("variables.create.key_taken");
    let edges = [
        ("key", json!("x".repeat(129)), json!("é".repeat(128))),
        ("value", json!("x".repeat(256 * 1024 + 1)), json!("x".repeat(256 * 1024))),
        ("description", json!("x".repeat(513)), json!("é".repeat(512))),
        ("category", json!("planet"), json!("policy-set")),
    ];
    for (n, (attribute, bad, good)) in edges.into_iter().enumerate() {
        let mut given = json!({"key": format!("edge-{n}"), "category": "env"});
        given[attribute] = bad;
        let named = owner.post(&list, &document("vars", given.clone())).refused(422);
        assert_eq!(named, [format!("/data/attributes/{attribute}")]);
        given[attribute] = good;
        owner.post(&list, &document("vars", given)).is(201);
    }
    // The same key in another category is another variable.
    owner.post(&list, &document("vars", json!({"key": "taken", "category": "env"}))).is(201);
}

#[test]
fn a_sensitive_variable_is_never_made_readable() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "infra", None);
    let id = creates(&owner, &format!("/workspaces/{workspace}/vars"), "password", "first", false);
    assert_eq!(changes(&owner, &id, json!({"value": "second"})).is(200).text("/data/attributes/value"), "second");
    // The present value is sealed with it.
    let hidden = changes(&owner, &id, json!({"sensitive": true})).is(200);
    assert_eq!(hidden.at("/data/attributes/value"), json!(null));
    assert_eq!(server.number("SELECT count(*) FROM variables WHERE value IS NULL AND value_sealed IS NOT NULL"), 1);
    let before = server.contents();
    changes(&owner, &id, json!({"sensitive": false})).is(422).golden("variables.update.made_readable");
    changes(&owner, &id, json!({"key": "other"})).is(422).golden("variables.update.sensitive_key");
    for value in [json!("x"), json!(null), json!("")] {
        let named = changes(&owner, &id, json!({"sensitive": false, "value": value})).refused(422);
        assert_eq!(named, ["/data/attributes/sensitive"]);
    }
    assert_eq!(server.contents(), before);
    // An empty one is sealed, too.
    creates(&owner, &format!("/workspaces/{workspace}/vars"), "empty", "", true);
    // What the Terraform provider sends of an unchanged one; each change has a version of its own.
    let same = json!({"key": "password", "sensitive": true, "hcl": false, "description": "new"});
    let (one, other) = (changes(&owner, &id, same.clone()).is(200), changes(&owner, &id, same).is(200));
    assert_ne!(one.text("/data/attributes/version-id"), other.text("/data/attributes/version-id"));
    assert_eq!(changes(&owner, &id, json!({"value": "third"})).is(200).at("/data/attributes/value"), json!(null));
}

#[test]
fn a_sensitive_value_stays_where_a_document_is_sent_back_as_it_was_read() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "infra", None);
    let [set, policies] = [("varsets", "set"), ("policy-sets", "policies")].map(|(kind, name)| {
        let list = format!("/organizations/my-organization/{kind}");
        owner.post(&list, &document(kind, json!({"name": name}))).is(201).text("/data/id")
    });
    for (list, category) in [
        (format!("/workspaces/{workspace}/vars"), "env"),
        (format!("/varsets/{set}/relationships/vars"), "env"),
        (format!("/policy-sets/{policies}/parameters"), "policy-set"),
    ] {
        let given = json!({"key": "k", "value": "needle", "category": category, "sensitive": true, "hcl": true});
        let id = owner.post(&list, &document("vars", given)).is(201).text("/data/id");
        let path = format!("{list}/{id}");
        let sealed = || server.number(&format!("SELECT length(value_sealed) FROM variables WHERE id = '{id}'"));
        let before = sealed();
        owner.patch(&path, &owner.get(&path).is(200).json()).is(200);
        assert_eq!(sealed(), before, "{list}");
        let change = |attributes| owner.patch(&path, &document("vars", attributes));
        change(json!({"value": ""})).is(200);
        assert_ne!(sealed(), before, "{list}");
        // Elsewhere null is the default, or not allowed.
        assert_eq!(change(json!({"hcl": null})).is(200).at("/data/attributes/hcl"), json!(false));
        for attribute in ["key", "category", "sensitive"] {
            let named = change(json!({ attribute: null })).refused(422);
            assert_eq!(named[0], format!("/data/attributes/{attribute}"), "{list}");
        }
    }
    let plain = creates(&owner, &format!("/workspaces/{workspace}/vars"), "plain", "x", false);
    let cleared = changes(&owner, &plain, json!({"value": null, "sensitive": null})).is(200);
    assert_eq!(cleared.at("/data/attributes/value"), json!(""));
    let path = format!("/workspaces/{workspace}/relationships/vars");
    let several = json!({"data": [{"type": "vars", "id": plain, "attributes": {"category": null}}]});
    assert_eq!(owner.patch(&path, &several).refused(422), ["/data/0/attributes/category"]);
}

#[test]
fn who_reads_workspaces_reads_variables_and_changes_none() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "infra", None);
    let id = creates(&owner, &format!("/workspaces/{workspace}/vars"), "region", "eu", false);
    let reader = server.member("rita", &[Permission::ReadWorkspaces]);
    assert_eq!(reader.get(&format!("/vars/{id}")).is(200).text("/data/attributes/value"), "eu");
    changes(&reader, &id, json!({"value": "us"})).is(404);
    reader.delete(&format!("/vars/{id}")).is(404);
    // Who only gives agents to workspaces sees them, and nothing of their variables.
    let pools = server.member("paul", &[Permission::ManageAgentPools]);
    let shown = pools.get(&format!("/workspaces/{workspace}?include=vars")).is(200);
    assert_eq!((shown.at("/data/relationships/vars/data"), shown.at("/included")), (json!([]), json!([])));
    pools.get(&format!("/vars/{id}")).is(404);
}

#[test]
fn a_variable_that_becomes_sensitive_keeps_no_readable_value_that_comes_at_the_same_time() {
    let server = Server::demo();
    let owner = server.owner();
    let list = format!("/workspaces/{}/vars", owner.creates_workspace("my-organization", "infra", None));
    for round in 0..20 {
        let id = creates(&owner, &list, &format!("key{round}"), "before", false);
        std::thread::scope(|scope| {
            scope.spawn(|| changes(&owner, &id, json!({"sensitive": true})).is(200));
            scope.spawn(|| changes(&owner, &id, json!({"value": "needle"})).is(200));
        });
        let after = owner.get(&format!("/vars/{id}")).is(200);
        assert_eq!(after.at("/data/attributes/sensitive"), json!(true));
        assert_eq!(after.at("/data/attributes/value"), json!(null));
    }
    assert_eq!(server.number("SELECT count(*) FROM variables WHERE value IS NOT NULL"), 0);
}

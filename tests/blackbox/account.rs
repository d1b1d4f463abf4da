//! Who is calling, and whom.

use serde_json::json;

use crate::harness::{Caller, Server, document};

#[test]
fn the_account_tells_whose_token_it_is() {
    let server = Server::demo();
    server.owner().get("/account/details").is(200).golden("account.user");
    server.outsider("ada").get("/account/details").is(200).golden("account.user_without_organization");
    server.owners_team().get("/account/details").is(200).golden("account.team");
    server.organization_token().get("/account/details").is(200).golden("account.organization");
}

#[test]
fn ping_answers_with_and_without_a_token() {
    let server = Server::demo();
    for caller in [server.owner(), server.anonymous(), server.with_token("nonsense")] {
        let answer = caller.get("/ping");
        answer.is_done();
        assert_eq!(answer.header("TFP-API-Version"), Some("2.5"));
        assert_eq!(answer.header("TFP-AppName"), Some("Terraform Enterprise"));
    }
}

#[test]
fn everybody_finds_themselves_where_their_account_says() {
    let server = Server::demo();
    for caller in [server.owner(), server.outsider("ada"), server.owners_team(), server.organization_token()] {
        let account = caller.get("/account/details").is(200);
        let own = caller.get(&format!("!{}", account.text("/data/links/self"))).is(200);
        assert_eq!(own.json(), account.json());
    }
}

#[test]
fn people_see_each_other_where_they_share_an_organization() {
    let server = Server::demo();
    let (owner, mia, ada) = (server.owner(), server.member("mia", &[]), server.outsider("ada"));
    let path = |caller: &Caller| format!("/users/{}", caller.get("/account/details").text("/data/id"));
    let (of_owner, of_mia, of_ada) = (path(&owner), path(&mia), path(&ada));
    owner.get(&of_mia).is(200).golden("users.show");
    mia.get(&of_owner).is(200);
    server.owners_team().get(&of_mia).is(200);
    server.organization_token().get(&of_mia).is(200);
    for (caller, path) in [(&owner, &of_ada), (&mia, &of_ada), (&ada, &of_owner), (&ada, &of_mia)] {
        caller.get(path).is(404).golden("not_found");
    }
    server.organization_token().get(&of_ada).is(404).golden("not_found");
    for nobody in ["user-1111111111111111", "nonexisting", "mia", "%00"] {
        owner.get(&format!("/users/{nobody}")).is(404).golden("not_found");
    }
    // A service user is nobody's fellow.
    let service_user = path(&server.organization_token());
    owner.get(&service_user).is(404).golden("not_found");
    // Where people's tokens are not taken, they do not look around either.
    let closed = document("organizations", json!({"user-tokens-enabled": false}));
    owner.patch("/organizations/my-organization", &closed).is(200);
    owner.get(&of_mia).is(404).golden("not_found");
    owner.get(&of_owner).is(200);
    server.organization_token().get(&of_mia).is(200);
}

#[test]
fn whoever_pings_the_first_version_is_told_pong() {
    let server = Server::demo();
    let answer = server.anonymous().get("!/api/v1/ping").is(200);
    assert_eq!((answer.body.as_str(), answer.header("Content-Type")), ("pong", Some("text/plain; charset=utf-8")));
}

#[test]
fn the_services_of_the_host_are_known_to_everybody() {
    let server = Server::demo();
    for caller in [server.anonymous(), server.owner(), server.with_token("nonsense")] {
        let answer = caller.get("!/.well-known/terraform.json").is(200);
        assert_eq!(answer.header("Content-Type"), Some("application/json"));
        answer.golden("discovery");
    }
    let missing = server.anonymous().get("!/.well-known/other.json");
    missing.is(404);
}

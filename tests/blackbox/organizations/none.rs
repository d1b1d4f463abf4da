//! What there is none of.

use serde_json::json;

use crate::harness::Server;

#[test]
fn of_what_bowline_does_not_have_there_are_empty_pages() {
    let server = Server::demo();
    let owner = server.owner();
    let of_organization = ["policies", "policy-sets", "stacks", "tasks", "varsets"]
        .map(|what| format!("!/api/v2/organizations/my-organization/{what}"));
    for path in of_organization.iter().map(String::as_str).chain(["!/api/registry/private/v2/gpg-keys"]) {
        for query in ["", "?page[number]=1&page[size]=100"] {
            let answer = owner.get(&format!("{path}{query}")).is(200);
            assert!(answer.list().is_empty());
            assert_eq!(answer.at("/meta/pagination/total-pages"), json!(1), "{path}");
            assert_eq!(answer.at("/meta/pagination/next-page"), json!(null), "{path}");
        }
        assert_eq!(owner.get(&format!("{path}?page[size]=0")).refused(422), ["page[size]"]);
    }
    owner.get("!/api/registry/private/v2/gpg-keys?filter[namespace]=my-organization").is(200);
    owner.get("/organizations/my-organization/varsets").golden("empty_list");
}

//! GitLab, imitated.

use super::imitation::{Imitation, json, reply};
use super::*;

const KIND: ServiceProvider = ServiceProvider::GitLabEnterpriseEdition;
const PROJECT: &str = r#"{"path_with_namespace": "acme/net/infra", "name": "Infra", "default_branch": null}"#;

fn provider<'a>(imitation: &Imitation, outbound: &'a Outbound) -> Box<dyn Provider + 'a> {
    played(KIND, imitation, outbound)
}

#[test]
fn the_flow_asks_for_the_api_scope_with_a_challenge() {
    let outbound = outbound();
    let imitation = Imitation::saying(json(
        200,
        r#"{"access_token": "a", "token_type": "Bearer", "expires_in": 7200, "refresh_token": "r", "created_at": 1}"#,
    ));
    let provider = provider(&imitation, &outbound);
    let sent = provider.authorize(&application(&secret("s")), &FLOW).unwrap();
    assert_eq!(sent.url.path(), "/gitlab_enterprise_edition/oauth/authorize");
    assert!(query(&sent.url).contains(&("scope".to_owned(), "api".to_owned())));
    assert!(query(&sent.url).contains(&("code_challenge_method".to_owned(), "S256".to_owned())));
    let grant = provider.exchange(&application(&secret("s")), &CODE).unwrap();
    assert_eq!(grant.refresh_token.unwrap().reveal(), "r");
    assert_eq!(grant.expires_at, Some(Timestamp::from_milliseconds((NOW_S + 7200) * 1000)));
    let seen = imitation.only();
    assert_eq!(seen.path(), "/gitlab_enterprise_edition/oauth/token");
    assert_eq!(seen.field("code_verifier").as_deref(), Some(FLOW.verifier));
    assert_eq!(seen.field("client_secret").as_deref(), Some("s"));
}

#[test]
fn tokens_of_either_kind_are_shown_as_bearers() {
    let outbound = outbound();
    let imitation = Imitation::saying(json(200, r#"{"username": "ada", "id": 1}"#));
    let token = secret("glpat-x");
    for access in [Access::Stored(&token), Access::OAuth2(&token)] {
        let user = provider(&imitation, &outbound).user(&access, None).unwrap();
        assert_eq!(user, User { name: "ada".to_owned(), scopes: None });
        assert_eq!(imitation.seen().last().unwrap().header("authorization"), Some("Bearer glpat-x"));
    }
}

#[test]
fn errors_come_in_many_shapes() {
    let outbound = outbound();
    for (answer, failure) in [
        (json(401, r#"{"message": "401 Unauthorized"}"#), Failure::Unauthorized),
        (json(401, r#"{"error": "invalid_token", "error_description": "Token is expired."}"#), Failure::Unauthorized),
        (json(403, r#"{"error": "insufficient_scope", "scope": "api"}"#), Failure::Refused(Refusal::Scope)),
        (json(403, r#"{"message": {"base": ["Forbidden"]}}"#), Failure::Forbidden),
        (json(404, r#"{"message": "404 Project Not Found"}"#), Failure::NotFound),
    ] {
        let imitation = Imitation::saying(answer);
        let asked = provider(&imitation, &outbound).repository(&Access::OAuth2(&secret("t")), "acme/infra");
        assert_eq!(asked, Err(failure));
    }
}

#[test]
fn projects_are_those_of_the_user_in_a_firm_order() {
    let outbound = outbound();
    for (head, next) in [
        ("x-next-page: 2", Some(2)),
        ("x-next-page:", None),
        (r#"link: <http://inside.test/?page=2>; rel="next""#, Some(2)),
    ] {
        let imitation =
            Imitation::saying(reply(200, &["content-type: application/json", head], &format!("[{PROJECT}]")));
        let list = provider(&imitation, &outbound).repositories(&Access::OAuth2(&secret("t")), None, PAGE).unwrap();
        assert_eq!(list.next, next, "{head}");
        assert_eq!(list.items[0].identifier, "acme/net/infra");
        assert_eq!(list.items[0].default_branch, None);
        let seen = imitation.only();
        assert_eq!(seen.query("membership").as_deref(), Some("true"), "every public project is listed otherwise");
        assert_eq!(seen.query("order_by").as_deref(), Some("id"));
    }
}

#[test]
fn a_project_is_one_segment_and_may_have_moved() {
    let outbound = outbound();
    let imitation = Imitation::start(|seen| match seen.path().ends_with("/7") {
        true => json(200, PROJECT),
        false => reply(301, &["location: /gitlab_enterprise_edition/api/v4/projects/7"], ""),
    });
    let provider = provider(&imitation, &outbound);
    let token = secret("t");
    let found = provider.repository(&Access::OAuth2(&token), "acme/old/infra").unwrap();
    assert_eq!(found.identifier, "acme/net/infra");
    assert_eq!(
        imitation.calls(),
        [
            "GET /gitlab_enterprise_edition/api/v4/projects/acme%2Fold%2Finfra",
            "GET /gitlab_enterprise_edition/api/v4/projects/7"
        ]
    );
    for wrong in ["infra", "acme/../infra", "acme//infra", "acme/./infra"] {
        assert_eq!(provider.repository(&Access::OAuth2(&token), wrong), Err(Failure::NotFound));
    }
}

#[test]
fn a_tree_is_read_page_by_page_and_no_further_than_allowed() {
    let outbound = outbound();
    let entries = r#"[{"path": "a", "type": "tree"}, {"path": "a/x.tf", "type": "blob"}]"#;
    let short = Imitation::start(move |seen| {
        let next = if seen.query("page").as_deref() == Some("1") { "x-next-page: 2" } else { "x-next-page:" };
        reply(200, &["content-type: application/json", next], entries)
    });
    let token = secret("t");
    let tree = provider(&short, &outbound).tree(&Access::OAuth2(&token), "acme/infra", Some("v1/x"));
    assert_eq!(tree, Ok(Tree { directories: vec!["a".to_owned()], is_complete: true }));
    assert_eq!(short.seen().len(), 2);
    assert_eq!(short.seen()[0].query("ref").as_deref(), Some("v1/x"));
    let endless = Imitation::saying(reply(200, &["content-type: application/json", "x-next-page: 2"], entries));
    let tree = provider(&endless, &outbound).tree(&Access::OAuth2(&token), "acme/infra", None).unwrap();
    assert!(!tree.is_complete);
    assert_eq!(endless.seen().len(), 20);
}

#[test]
fn a_project_without_a_commit_has_no_directories() {
    let outbound = outbound();
    let imitation = Imitation::start(|seen| match seen.path() {
        path if path.ends_with("/tree") => json(404, r#"{"message": "404 Tree Not Found"}"#),
        path if path.contains("empty") => json(200, PROJECT),
        _ => json(404, r#"{"message": "404 Project Not Found"}"#),
    });
    let provider = provider(&imitation, &outbound);
    let token = secret("t");
    let tree = |identifier, reference| provider.tree(&Access::OAuth2(&token), identifier, reference);
    assert_eq!(tree("acme/empty", None), Ok(Tree { directories: vec![], is_complete: true }));
    assert_eq!(tree("acme/empty", Some("main")), Err(Failure::NotFound));
    assert_eq!(tree("acme/none", None), Err(Failure::NotFound));
}

#[test]
fn groups_and_revocation() {
    let outbound = outbound();
    let imitation = Imitation::start(|seen| match seen.method.as_str() {
        "POST" => json(200, "{}"),
        _ => json(200, r#"[{"full_path": "acme/net"}]"#),
    });
    let provider = provider(&imitation, &outbound);
    assert_eq!(provider.organizations(&Access::OAuth2(&secret("t"))), Ok(vec!["acme/net".to_owned()]));
    assert_eq!(provider.revoke(&application(&secret("s")), &secret("t")), Ok(Revocation::Revoked));
    let seen = imitation.seen().pop().unwrap();
    assert_eq!(seen.path(), "/gitlab_enterprise_edition/oauth/revoke");
    assert_eq!(seen.field("token").as_deref(), Some("t"));
}

#[test]
fn the_scope_that_came_with_the_token_is_checked() {
    let outbound = outbound();
    let imitation = Imitation::start(|seen| match seen.path().ends_with("/user") {
        true => json(200, r#"{"username": "ada"}"#),
        false => json(200, "[]"),
    });
    let check = |granted| {
        let checked = provider(&imitation, &outbound).check(&Access::OAuth2(&secret("t")), None, granted);
        checked.unwrap().missing
    };
    assert_eq!(check(Some("read_user read_api")), ["api"]);
    assert!(check(Some("api")).is_empty());
    assert!(check(None).is_empty(), "what is not known is not missing");
}

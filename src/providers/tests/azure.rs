//! Azure DevOps, imitated.

use super::imitation::{Imitation, html, json, reply};
use super::*;

const SERVICES: ServiceProvider = ServiceProvider::AdoServices;
const SERVER: ServiceProvider = ServiceProvider::AdoServer;
const REPOSITORIES: &str = r#"{"count": 2, "value": [
    {"name": "infra", "project": {"name": "My Net"}, "defaultBranch": "refs/heads/main", "remoteUrl": "https://x"},
    {"name": "empty", "project": {"name": "My Net"}}]}"#;

#[test]
fn entra_is_asked_with_the_tenant() {
    let outbound = outbound();
    let endpoints = |tenant| Endpoints::of(SERVICES, "https://dev.azure.com", "https://dev.azure.com", tenant).unwrap();
    let key = secret("s");
    let sent = of_kind(SERVICES, endpoints(Some("3f2b")), &outbound).authorize(&application(&key), &FLOW).unwrap();
    assert!(sent.url.as_str().starts_with("https://login.microsoftonline.com/3f2b/oauth2/v2.0/authorize?"));
    let scope = "499b84ac-1321-427f-aa17-267ca6975798/.default offline_access";
    assert!(query(&sent.url).contains(&("scope".to_owned(), scope.to_owned())));
    let failure = of_kind(SERVICES, endpoints(None), &outbound).authorize(&application(&key), &FLOW).unwrap_err();
    assert!(matches!(failure, Failure::Incomplete(_)), "{failure}");
    let imitation = Imitation::saying(json(200, r#"{"access_token": "a", "refresh_token": "r", "expires_in": 3599}"#));
    played(SERVICES, &imitation, &outbound).exchange(&application(&key), &CODE).unwrap();
    assert_eq!(imitation.only().path(), "/ado_services/identity/common/oauth2/v2.0/token");
}

#[test]
fn a_personal_token_is_a_password_without_a_user() {
    let outbound = outbound();
    let imitation = Imitation::saying(json(200, REPOSITORIES));
    let token = secret("pat");
    let list =
        played(SERVICES, &imitation, &outbound).repositories(&Access::Stored(&token), Some("acme"), PAGE).unwrap();
    let identifiers: Vec<&str> = list.items.iter().map(|item| item.identifier.as_str()).collect();
    assert_eq!(identifiers, ["acme/My Net/_git/infra", "acme/My Net/_git/empty"]);
    assert_eq!(list.items[0].default_branch.as_deref(), Some("main"));
    let seen = imitation.only();
    assert_eq!(seen.target, "/ado_services/acme/_apis/git/repositories?api-version=7.1");
    assert_eq!(seen.header("authorization"), Some("Basic OnBhdA=="), "`:pat`");
    assert_eq!(seen.header("x-tfs-fedauthredirect"), Some("Suppress"));
    let page = Page { number: 2, size: 1 };
    let list =
        played(SERVICES, &imitation, &outbound).repositories(&Access::OAuth2(&token), Some("acme"), page).unwrap();
    assert_eq!((list.items[0].name.as_str(), list.next), ("empty", None));
    assert_eq!(imitation.seen()[1].header("authorization"), Some("Bearer pat"));
}

#[test]
fn a_page_to_sign_in_on_is_no_answer() {
    let outbound = outbound();
    for kind in [SERVICES, SERVER] {
        for answer in [
            html(203),
            html(200),
            json(203, REPOSITORIES),
            reply(302, &["location: https://spsprodweu1.vssps.visualstudio.com/_signin"], ""),
            reply(302, &["location: /_signin"], ""),
            json(401, r#"{"$id": "1", "message": "TF400813: x", "typeKey": "UnauthorizedRequestException"}"#),
            reply(401, &["x-tfs-serviceerror: The+personal+access+token+has+expired"], ""),
        ] {
            let imitation = Imitation::saying(answer);
            let provider = played(kind, &imitation, &outbound);
            let asked = provider.repositories(&Access::Stored(&secret("t")), Some("acme"), PAGE);
            assert_eq!(asked, Err(Failure::Unauthorized));
            assert_eq!(imitation.seen().len(), 1);
        }
    }
}

#[test]
fn a_user_may_have_an_empty_name() {
    let outbound = outbound();
    for (user, name) in [
        (
            r#"{"id": "1", "providerDisplayName": "Ada", "properties": {"Account": {"$value": "ada@acme.test"}}}"#,
            Ok("ada@acme.test"),
        ),
        (r#"{"id": "1", "providerDisplayName": "Ada", "properties": {"Account": {"$value": ""}}}"#, Ok("Ada")),
        (r#"{"id": "1", "providerDisplayName": "Ada"}"#, Ok("Ada")),
        (r#"{"id": "1", "providerDisplayName": " "}"#, Err(Failure::Malformed("the user has no name"))),
        (
            r#"{"id": "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa", "providerDisplayName": "Anonymous"}"#,
            Err(Failure::Unauthorized),
        ),
    ] {
        let imitation = Imitation::saying(json(200, &format!(r#"{{"authenticatedUser": {user}}}"#)));
        let told = played(SERVICES, &imitation, &outbound).user(&Access::Stored(&secret("t")), Some("acme"));
        assert_eq!(told.as_ref().map(|user| user.name.as_str()).map_err(Clone::clone), name, "{user}");
        assert_eq!(imitation.only().target, "/ado_services/acme/_apis/connectionData?api-version=7.1-preview");
    }
}

#[test]
fn profiles_tell_the_user_and_the_organizations() {
    let outbound = outbound();
    let imitation = Imitation::start(|seen| match seen.path() {
        "/ado_services/profile/_apis/profile/profiles/me" => {
            json(200, r#"{"id": "u&1", "displayName": "Ada", "emailAddress": "ada@acme.test"}"#)
        }
        "/ado_services/profile/_apis/accounts" if seen.query("memberId").as_deref() == Some("u&1") => {
            json(200, r#"{"count": 1, "value": [{"accountName": "acme"}]}"#)
        }
        _ => html(404),
    });
    let provider = played(SERVICES, &imitation, &outbound);
    let token = secret("t");
    assert_eq!(provider.user(&Access::OAuth2(&token), None).unwrap().name, "ada@acme.test");
    assert_eq!(provider.organizations(&Access::OAuth2(&token)), Ok(vec!["acme".to_owned()]));
}

#[test]
fn a_token_that_may_not_see_its_profile_may_be_good() {
    let outbound = outbound();
    for answer in [html(203), json(403, "{}")] {
        let imitation = Imitation::saying(answer);
        let user = played(SERVICES, &imitation, &outbound).user(&Access::Stored(&secret("t")), None);
        assert!(matches!(user, Err(Failure::Incomplete(_))), "{user:?}");
    }
}

#[test]
fn services_list_all_organizations_and_a_server_has_a_usual_one() {
    let outbound = outbound();
    let imitation = Imitation::saying(json(200, r#"{"value": [{"name": "DefaultCollection"}]}"#));
    let token = secret("t");
    let access = Access::Stored(&token);
    let services = Imitation::start(|seen| match seen.path() {
        "/ado_services/profile/_apis/profile/profiles/me" => json(200, r#"{"id": "1", "displayName": "Ada"}"#),
        "/ado_services/profile/_apis/accounts" => {
            json(200, r#"{"value": [{"accountName": "closed"}, {"accountName": "acme"}]}"#)
        }
        "/ado_services/acme/_apis/git/repositories" => json(200, REPOSITORIES),
        _ => html(203),
    });
    let checked = played(SERVICES, &services, &outbound).check(&access, None, None).unwrap();
    assert_eq!((checked.user.as_str(), checked.listing), ("Ada", None));
    let list = played(SERVICES, &services, &outbound).repositories(&access, None, PAGE).unwrap();
    assert_eq!(list.items[0].identifier, "acme/My Net/_git/infra");
    let services = Imitation::saying(html(203));
    let without = played(SERVICES, &services, &outbound).repositories(&access, None, PAGE);
    assert!(matches!(without, Err(Failure::Incomplete(_))), "the profile is not for every token");
    let server = played(SERVER, &imitation, &outbound);
    assert_eq!(server.organizations(&access), Ok(vec!["DefaultCollection".to_owned()]));
    assert_eq!(imitation.only().target, "/ado_server/_apis/projectCollections?api-version=5.0");
    let imitation = Imitation::saying(json(200, REPOSITORIES));
    played(SERVER, &imitation, &outbound).repositories(&access, None, PAGE).unwrap();
    assert_eq!(imitation.only().target, "/ado_server/DefaultCollection/_apis/git/repositories?api-version=5.0");
}

#[test]
fn one_repository_and_its_directories() {
    let outbound = outbound();
    let imitation = Imitation::start(|seen| match seen.path().ends_with("/items") {
        true if seen.query("versionDescriptor.version").as_deref() == Some("v1")
            && seen.query("versionDescriptor.versionType").as_deref() != Some("tag") =>
        {
            json(404, "{}")
        }
        true => json(
            200,
            r#"{"value": [{"path": "/", "isFolder": true}, {"path": "/a", "isFolder": true}, {"path": "/x"}]}"#,
        ),
        false => json(200, r#"{"name": "infra", "project": {"name": "My Net"}, "defaultBranch": null}"#),
    });
    let provider = played(SERVICES, &imitation, &outbound);
    let token = secret("t");
    let access = Access::Stored(&token);
    let found = provider.repository(&access, "acme/My Net/_git/infra").unwrap();
    assert_eq!(found.identifier, "acme/My Net/_git/infra");
    assert_eq!(imitation.only().path(), "/ado_services/acme/My%20Net/_apis/git/repositories/infra");
    let tree = provider.tree(&access, "acme/My Net/_git/infra", Some("feature/x")).unwrap();
    assert_eq!(tree.directories, ["a"]);
    let seen = imitation.seen().pop().unwrap();
    assert_eq!(seen.query("versionDescriptor.versionType").as_deref(), Some("branch"));
    assert_eq!(seen.query("versionDescriptor.version").as_deref(), Some("feature/x"));
    let tree = provider.tree(&access, "acme/My Net/_git/infra", Some("v1")).unwrap();
    assert_eq!(tree.directories, ["a"], "of a tag");
    provider.tree(&access, "acme/My Net/_git/infra", Some(&"a".repeat(40))).unwrap();
    assert_eq!(imitation.seen().pop().unwrap().query("versionDescriptor.versionType").as_deref(), Some("commit"));
    for wrong in ["acme/infra", "acme/net/infra", "acme/net/git/infra", "acme/../_git/infra", "acme/net/_git/infra/x"] {
        assert_eq!(provider.repository(&access, wrong), Err(Failure::NotFound), "{wrong}");
    }
}

#[test]
fn a_server_has_no_oauth() {
    let outbound = outbound();
    let imitation = Imitation::saying(html(500));
    let provider = played(SERVER, &imitation, &outbound);
    let (key, token) = (secret("s"), secret("t"));
    let held = Held { access_token: &token, refresh_token: &token };
    assert!(matches!(provider.authorize(&application(&key), &FLOW), Err(Failure::NotOffered(_))));
    assert!(matches!(provider.exchange(&application(&key), &CODE), Err(Failure::NotOffered(_))));
    assert!(matches!(provider.refresh(&application(&key), &held), Err(Failure::NotOffered(_))));
    assert_eq!(provider.revoke(&application(&key), &token), Ok(Revocation::NotOffered));
    assert!(imitation.seen().is_empty());
}

//! Bitbucket Cloud, imitated.

use super::imitation::{Imitation, json, reply};
use super::*;

const KIND: ServiceProvider = ServiceProvider::BitbucketHosted;

fn provider<'a>(imitation: &Imitation, outbound: &'a Outbound) -> Box<dyn Provider + 'a> {
    played(KIND, imitation, outbound)
}

#[test]
fn the_client_authenticates_by_basic_and_asks_for_no_scope() {
    let outbound = outbound();
    let body =
        r#"{"access_token": "a", "token_type": "bearer", "expires_in": 3600, "refresh_token": "r2", "scopes": "x"}"#;
    let imitation = Imitation::saying(json(200, body));
    let provider = provider(&imitation, &outbound);
    let sent = provider.authorize(&application(&secret("s")), &FLOW).unwrap();
    assert_eq!(sent.url.path(), "/bitbucket_hosted/site/oauth2/authorize");
    assert!(query(&sent.url).iter().all(|(name, _)| name != "scope" && !name.starts_with("code_challenge")));
    provider.exchange(&application(&secret("s")), &CODE).unwrap();
    let (access, refresh) = (secret("a"), secret("r1"));
    let held = Held { access_token: &access, refresh_token: &refresh };
    let grant = provider.refresh(&application(&secret("s")), &held).unwrap();
    assert_eq!(grant.refresh_token.unwrap().reveal(), "r2", "each use brings a new one");
    for seen in imitation.seen() {
        assert_eq!(seen.path(), "/bitbucket_hosted/site/oauth2/access_token");
        assert_eq!(seen.header("authorization"), Some("Basic dGhlIGtleTpz"));
        assert_eq!((seen.field("client_id"), seen.field("client_secret")), (None, None));
    }
}

#[test]
fn a_user_has_one_of_three_names() {
    let outbound = outbound();
    for (body, name) in [
        (r#"{"username": "ada", "nickname": "a", "display_name": "Ada"}"#, Ok("ada")),
        (r#"{"nickname": "a", "display_name": "Ada"}"#, Ok("a")),
        (r#"{"username": null, "nickname": "", "display_name": "Ada"}"#, Ok("Ada")),
        (r#"{"uuid": "{1}"}"#, Err(Failure::Malformed("the user has no name"))),
    ] {
        let imitation =
            Imitation::saying(reply(200, &["content-type: application/json", "x-oauth-scopes: account"], body));
        let user = provider(&imitation, &outbound).user(&Access::OAuth2(&secret("t")), None);
        assert_eq!(user.as_ref().map(|user| user.name.as_str()).map_err(Clone::clone), name, "{body}");
    }
}

/// Two workspaces: three repositories on two pages, and one.
fn cloud() -> Imitation {
    Imitation::start(|seen| {
        let repository = |name: &str| {
            format!(
                r#"{{"full_name": "{name}", "name": "{name}", "is_private": true, "mainbranch": {{"name": "main"}}}}"#
            )
        };
        match (seen.path(), seen.query("page").as_deref()) {
            ("/bitbucket_hosted/2.0/user/workspaces", _) => json(
                200,
                r#"{"values": [{"administrator": true, "workspace": {"slug": "a"}}, {"workspace": {"slug": "b"}}]}"#,
            ),
            ("/bitbucket_hosted/2.0/repositories/a", None) => json(
                200,
                &format!(
                    r#"{{"values": [{}, {}], "next": "http://{}/bitbucket_hosted/2.0/repositories/a?page=2"}}"#,
                    repository("a/1"),
                    repository("a/2"),
                    seen.header("host").unwrap()
                ),
            ),
            ("/bitbucket_hosted/2.0/repositories/a", Some("2")) => {
                json(200, &format!(r#"{{"values": [{}]}}"#, repository("a/3")))
            }
            ("/bitbucket_hosted/2.0/repositories/b", _) => {
                json(200, &format!(r#"{{"values": [{}]}}"#, repository("b/1")))
            }
            _ => json(404, "{}"),
        }
    })
}

#[test]
fn repositories_are_those_of_all_workspaces() {
    let outbound = outbound();
    let imitation = cloud();
    let provider = provider(&imitation, &outbound);
    let token = secret("t");
    let page = |number, size, workspace| {
        let list = provider.repositories(&Access::OAuth2(&token), workspace, Page { number, size }).unwrap();
        (list.items.into_iter().map(|item| item.identifier).collect::<Vec<_>>().join(" "), list.next)
    };
    assert_eq!(page(1, 100, None), ("a/1 a/2 a/3 b/1".to_owned(), None));
    assert_eq!(page(1, 3, None), ("a/1 a/2 a/3".to_owned(), Some(2)));
    assert_eq!(page(2, 3, None), ("b/1".to_owned(), None));
    assert_eq!(page(3, 3, None), (String::new(), None));
    assert_eq!(page(1, 100, Some("b")), ("b/1".to_owned(), None));
    let first = imitation.seen().into_iter().find(|seen| seen.path().ends_with("/repositories/a")).unwrap();
    assert_eq!(first.query("role").as_deref(), Some("member"));
    assert_eq!(provider.organizations(&Access::OAuth2(&token)), Ok(vec!["a".to_owned(), "b".to_owned()]));
}

#[test]
fn the_next_page_is_not_another_server() {
    let outbound = outbound();
    for next in ["http://127.0.0.2:1/x", "https://127.0.0.1/x", "//evil.test/x", "http://169.254.169.254/"] {
        let imitation = Imitation::saying(json(200, &format!(r#"{{"values": [], "next": "{next}"}}"#)));
        let asked = provider(&imitation, &outbound).organizations(&Access::OAuth2(&secret("t")));
        assert_eq!(asked, Err(Failure::ForeignLink), "{next}");
    }
}

#[test]
fn directories_of_a_branch_or_tag_with_a_slash_are_those_of_its_commit() {
    let outbound = outbound();
    let imitation = Imitation::start(|seen| match seen.path() {
        "/bitbucket_hosted/2.0/repositories/a/r/refs/branches/feature%2Fx"
        | "/bitbucket_hosted/2.0/repositories/a/r/refs/tags/v1%2F0" => json(200, r#"{"target": {"hash": "c0ffee"}}"#),
        "/bitbucket_hosted/2.0/repositories/a/r/src/c0ffee/" => json(
            200,
            r#"{"values": [{"path": "d", "type": "commit_directory"}, {"path": "x.tf", "type": "commit_file"}]}"#,
        ),
        "/bitbucket_hosted/2.0/repositories/a/r" => {
            json(200, r#"{"full_name": "a/r", "name": "r", "mainbranch": null}"#)
        }
        _ => json(404, "{}"),
    });
    let provider = provider(&imitation, &outbound);
    let token = secret("t");
    for name in ["feature/x", "v1/0"] {
        let tree = provider.tree(&Access::OAuth2(&token), "a/r", Some(name));
        assert_eq!(tree, Ok(Tree { directories: vec!["d".to_owned()], is_complete: true }), "{name}");
    }
    assert_eq!(provider.tree(&Access::OAuth2(&token), "a/r", Some("no/such")), Err(Failure::NotFound));
    let empty = provider.tree(&Access::OAuth2(&token), "a/r", None);
    assert_eq!(empty, Ok(Tree { directories: vec![], is_complete: true }), "a repository without a commit");
}

#[test]
fn errors_and_what_is_not_offered() {
    let outbound = outbound();
    let body = r#"{"type": "error", "error": {"message": "OAuth2 access token expired. Use your refresh token"}}"#;
    let imitation = Imitation::saying(json(401, body));
    let provider = provider(&imitation, &outbound);
    assert_eq!(provider.user(&Access::OAuth2(&secret("t")), None), Err(Failure::Unauthorized));
    assert_eq!(provider.revoke(&application(&secret("s")), &secret("t")), Ok(Revocation::NotOffered));
}

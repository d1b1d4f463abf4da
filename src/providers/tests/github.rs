//! GitHub, imitated.

use super::imitation::{Imitation, html, json, reply};
use super::*;

const KIND: ServiceProvider = ServiceProvider::GitHub;
const REPOSITORY: &str = r#"{"full_name": "acme/infra", "name": "infra", "default_branch": "main", "private": true}"#;

fn provider<'a>(imitation: &Imitation, outbound: &'a Outbound) -> Box<dyn Provider + 'a> {
    played(KIND, imitation, outbound)
}

#[test]
fn the_browser_is_sent_with_state_scope_and_challenge() {
    let outbound = outbound();
    let url = "https://github.com";
    let endpoints = Endpoints::of(KIND, url, "https://api.github.com", None).unwrap();
    let sent = of_kind(KIND, endpoints, &outbound).authorize(&application(&secret("needle")), &FLOW).unwrap();
    assert!(sent.url.as_str().starts_with("https://github.com/login/oauth/authorize?"));
    let expected = [
        ("client_id", "the key"),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("state", "the state"),
        ("scope", "repo"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ];
    assert_eq!(query(&sent.url), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert!(!sent.url.as_str().contains("needle") && sent.request_token.is_none());
}

#[test]
fn a_code_is_exchanged_with_everything_that_belongs_to_it() {
    let outbound = outbound();
    let imitation = Imitation::saying(json(200, r#"{"access_token": "t"}"#));
    provider(&imitation, &outbound).exchange(&application(&secret("s3")), &CODE).unwrap();
    let seen = imitation.only();
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/github/login/oauth/access_token"));
    assert_eq!(seen.header("accept"), Some("application/json"), "the answer is a form otherwise");
    for (name, value) in [
        ("grant_type", "authorization_code"),
        ("code", "the code"),
        ("redirect_uri", CALLBACK),
        ("code_verifier", FLOW.verifier),
        ("client_id", "the key"),
        ("client_secret", "s3"),
    ] {
        assert_eq!(seen.field(name).as_deref(), Some(value), "{name}");
    }
    let wrong = Callback::OAuth1 { request_token: "a", verifier: "b" };
    let failure = provider(&imitation, &outbound).exchange(&application(&secret("s3")), &wrong);
    assert_eq!(failure.unwrap_err(), Failure::NotOffered("OAuth 1.0a"));
}

#[test]
fn the_user_and_the_scopes_are_told() {
    let outbound = outbound();
    let head = ["content-type: application/json", "x-oauth-scopes: repo, user:email"];
    let imitation = Imitation::saying(reply(200, &head, r#"{"login": "ada", "id": 7}"#));
    let user = provider(&imitation, &outbound).user(&Access::OAuth2(&secret("t")), None).unwrap();
    assert_eq!(user, User { name: "ada".to_owned(), scopes: Some(vec!["repo".to_owned(), "user:email".to_owned()]) });
    let seen = imitation.only();
    assert_eq!(seen.header("authorization"), Some("Bearer t"));
    assert_eq!(seen.header("accept"), Some("application/vnd.github+json"));
    assert_eq!(seen.header("x-github-api-version"), Some("2022-11-28"));
}

#[test]
fn a_user_name_of_10_kb_with_markup_is_cut() {
    let outbound = outbound();
    let name = format!("<script>\\r\\n{}", "x".repeat(10_000));
    let imitation = Imitation::saying(json(200, &format!(r#"{{"login": "{name}"}}"#)));
    let user = provider(&imitation, &outbound).user(&Access::OAuth2(&secret("t")), None).unwrap();
    assert_eq!(user.name.chars().count(), 255);
    assert!(user.name.starts_with("<script>xx"), "line ends are gone, markup is the page's business");
}

#[test]
fn failures_have_their_reasons() {
    let outbound = outbound();
    let until = |s: i64| Failure::RateLimited { until: Some(Timestamp::from_milliseconds((NOW_S + s) * 1000)) };
    let kind = "content-type: application/json";
    let reset = format!("x-ratelimit-reset: {}", NOW_S + 60);
    let far = format!("x-ratelimit-reset: {}", i64::MAX);
    for (answer, failure) in [
        (json(401, r#"{"message": "Bad credentials"}"#), Failure::Unauthorized),
        (json(403, r#"{"message": "Forbidden"}"#), Failure::Forbidden),
        (json(404, r#"{"message": "Not Found"}"#), Failure::NotFound),
        (reply(403, &[kind, "x-github-sso: required; url=https://x.test"], "{}"), Failure::SingleSignOn),
        (reply(404, &[kind, "x-github-sso: required; url=https://x.test"], "{}"), Failure::SingleSignOn),
        (reply(403, &[kind, "x-ratelimit-remaining: 0", &reset], "{}"), until(60)),
        (reply(429, &[kind, "retry-after: 30"], "{}"), until(30)),
        (reply(403, &[kind, "retry-after: 30"], "{}"), until(30)),
        (reply(429, &[kind, &far], "{}"), until(24 * 60 * 60)),
        (reply(429, &[kind, "retry-after: Wed, 21 Oct 2026 07:28:00 GMT"], "{}"), Failure::RateLimited { until: None }),
        (reply(429, &[kind, "retry-after: -5"], "{}"), Failure::RateLimited { until: None }),
        (json(500, "{}"), Failure::Status(500)),
        (html(200), Failure::NotJson),
        (json(200, "[]"), Failure::Malformed("the document lacks what was asked for")),
        (json(200, "{}"), Failure::Malformed("the document lacks what was asked for")),
        (json(200, r#"{"login": " "}"#), Failure::Malformed("the user has no name")),
        (json(200, r#"{"login": "a", "login": "b"}"#), Failure::Malformed("the document lacks what was asked for")),
        (json(200, &format!(r#"{{"x": {}"#, "[".repeat(1000))), Failure::NotJson),
    ] {
        let imitation = Imitation::saying(answer);
        let asked = provider(&imitation, &outbound).user(&Access::OAuth2(&secret("t")), None);
        assert_eq!(asked, Err(failure));
        assert_eq!(imitation.seen().len(), 1, "a refused token must not be tried again");
    }
}

#[test]
fn repositories_come_in_pages() {
    let outbound = outbound();
    for (link, next) in [
        (r#"link: <ORIGIN/github/api/user/repos?page=3>; rel="next", <ORIGIN/x>; rel="last""#, Ok(Some(3))),
        // Gitea.
        (r#"link: <ORIGIN/github/api/user/repos?page=1>; rel="prev",<ORIGIN/x?page=9>; rel="next""#, Ok(Some(3))),
        (r#"link: <ORIGIN/github/api/user/repos?page=1>; rel="prev""#, Ok(None)),
        ("x-nothing: 1", Ok(None)),
        // Only a sign: the server may have another name inside.
        (r#"link: <http://127.0.0.2:1/user/repos?page=3>; rel="next""#, Ok(Some(3))),
        (r#"link: <http://169.254.169.254/latest/>; rel="next""#, Ok(Some(3))),
    ] {
        let imitation = Imitation::start(move |seen| {
            let origin = format!("http://{}", seen.header("host").unwrap());
            let link = link.replace("ORIGIN", &origin);
            reply(200, &["content-type: application/json", &link], &format!("[{REPOSITORY}]"))
        });
        let page = Page { number: 2, size: 20 };
        let list = provider(&imitation, &outbound).repositories(&Access::OAuth2(&secret("t")), None, page);
        assert_eq!(list.as_ref().map(|list| list.next).map_err(Clone::clone), next, "{link}");
        if let Ok(list) = list {
            let expected = Repository {
                identifier: "acme/infra".to_owned(),
                name: "infra".to_owned(),
                default_branch: Some("main".to_owned()),
            };
            assert_eq!(list.items, [expected]);
        }
        assert_eq!(imitation.only().target, "/github/api/user/repos?per_page=20&page=2");
    }
}

#[test]
fn repositories_of_an_organization() {
    let outbound = outbound();
    let imitation = Imitation::saying(json(200, "[]"));
    let provider = provider(&imitation, &outbound);
    let access = secret("t");
    provider.repositories(&Access::OAuth2(&access), Some("acme/../x?y#z"), PAGE).unwrap();
    assert_eq!(imitation.only().target, "/github/api/orgs/acme%2F..%2Fx%3Fy%23z/repos?per_page=100&page=1");
    assert_eq!(provider.repositories(&Access::OAuth2(&access), Some(".."), PAGE), Err(Failure::NotFound));
}

#[test]
fn identifiers_cannot_lead_elsewhere() {
    let outbound = outbound();
    let imitation = Imitation::saying(json(200, REPOSITORY));
    let provider = provider(&imitation, &outbound);
    let token = secret("t");
    let access = Access::OAuth2(&token);
    for wrong in ["", "acme", "acme/infra/x", "../user", "acme/..", "acme/.", "/acme", "acme/\r\nx", "acme/\0"] {
        assert_eq!(provider.repository(&access, wrong), Err(Failure::NotFound), "{wrong:?}");
    }
    assert!(imitation.seen().is_empty());
    for (identifier, path) in [
        ("acme/infra", "acme/infra"),
        ("acme/in?fra", "acme/in%3Ffra"),
        ("acme/in#fra", "acme/in%23fra"),
        ("acme/%2e%2e", "acme/%252e%252e"),
        ("acme/a b", "acme/a%20b"),
    ] {
        assert!(provider.repository(&access, identifier).is_ok());
        assert_eq!(imitation.seen().last().unwrap().target, format!("/github/api/repos/{path}"));
    }
}

#[test]
fn directories_of_the_default_branch_or_of_another() {
    let outbound = outbound();
    let imitation = Imitation::start(|seen| {
        if !seen.target.contains("/git/trees/") {
            return json(200, REPOSITORY);
        }
        let entries =
            r#"[{"path": "b", "type": "tree"}, {"path": "a.tf", "type": "blob"}, {"path": "a/c", "type": "tree"}]"#;
        json(200, &format!(r#"{{"tree": {entries}, "truncated": {}}}"#, seen.target.contains("large")))
    });
    let provider = provider(&imitation, &outbound);
    let token = secret("t");
    let tree = provider.tree(&Access::OAuth2(&token), "acme/infra", None).unwrap();
    assert_eq!(tree, Tree { directories: vec!["a/c".to_owned(), "b".to_owned()], is_complete: true });
    let tree = provider.tree(&Access::OAuth2(&token), "acme/infra", Some("feature/large?x")).unwrap();
    assert!(!tree.is_complete);
    let targets: Vec<String> = imitation.seen().into_iter().map(|seen| seen.target).collect();
    assert_eq!(
        targets,
        [
            "/github/api/repos/acme/infra",
            "/github/api/repos/acme/infra/git/trees/main?recursive=1",
            "/github/api/repos/acme/infra/git/trees/feature%2Flarge%3Fx?recursive=1"
        ]
    );
}

#[test]
fn organizations_of_all_pages() {
    let outbound = outbound();
    let imitation = Imitation::start(|seen| match seen.query("page").as_deref() {
        Some("1") => {
            let link = r#"link: <http://inside.test/user/orgs?page=2>; rel="next""#;
            reply(200, &["content-type: application/json", link], r#"[{"login": "a"}]"#)
        }
        _ => json(200, r#"[{"login": "b"}, {"login": "c\n"}]"#),
    });
    let names = provider(&imitation, &outbound).organizations(&Access::OAuth2(&secret("t")));
    assert_eq!(names, Ok(vec!["a".to_owned(), "b".to_owned()]));
}

#[test]
fn one_token_is_revoked_and_not_the_whole_grant() {
    let outbound = outbound();
    for (status, outcome) in [
        (204, Ok(Revocation::Revoked)),
        (404, Ok(Revocation::NotOffered)),
        (422, Ok(Revocation::Revoked)),
        (401, Err(Failure::Unauthorized)),
        (307, Err(Failure::Redirected)),
        (500, Err(Failure::Status(500))),
    ] {
        let imitation = Imitation::saying(reply(status, &["location: /x"], ""));
        let revoked = provider(&imitation, &outbound).revoke(&application(&secret("s")), &secret("t"));
        assert_eq!(revoked, outcome);
        let seen = imitation.only();
        assert_eq!(
            (seen.method.as_str(), seen.target.as_str()),
            ("DELETE", "/github/api/applications/the%20key/token")
        );
        assert_eq!(seen.body, r#"{"access_token":"t"}"#);
        assert_eq!(seen.header("authorization"), Some("Basic dGhlIGtleTpz"));
    }
}

#[test]
fn a_check_tells_what_is_missing() {
    let outbound = outbound();
    let check = |scopes: &'static str, list: Vec<u8>| {
        let imitation = Imitation::start(move |seen| match seen.path() {
            "/github/api/user" => reply(200, &["content-type: application/json", scopes], r#"{"login": "ada"}"#),
            _ => list.clone(),
        });
        provider(&imitation, &outbound).check(&Access::Stored(&secret("t")), None, None).unwrap()
    };
    let good = check("x-oauth-scopes: repo", json(200, "[]"));
    assert_eq!((good.user.as_str(), good.missing.as_slice(), good.listing), ("ada", &[][..], None));
    let narrow = check("x-oauth-scopes: public_repo", json(200, "[]"));
    assert_eq!(narrow.missing, ["repo"]);
    let fine_grained = check("x-nothing: 1", json(403, "{}"));
    assert_eq!((fine_grained.scopes, fine_grained.listing), (None, Some(Failure::Forbidden)));
}

#[test]
fn an_enterprise_has_its_own_paths() {
    let outbound = outbound();
    let imitation = Imitation::saying(json(200, r#"{"login": "ada"}"#));
    let provider = played(ServiceProvider::GitHubEnterprise, &imitation, &outbound);
    provider.user(&Access::Stored(&secret("t")), None).unwrap();
    assert_eq!(imitation.calls(), ["GET /github_enterprise/api/v3/user"]);
}

//! Token answers: what is taken for a token, and what is not.

use super::imitation::{Imitation, html, json, reply};
use super::*;

fn exchanged(kind: ServiceProvider, answer: Vec<u8>) -> Result<Grant> {
    let imitation = Imitation::saying(answer);
    let outbound = outbound();
    let provider = played(kind, &imitation, &outbound);
    provider.exchange(&application(&secret("needle")), &CODE)
}

fn github(answer: Vec<u8>) -> Result<Grant> {
    exchanged(ServiceProvider::GitHub, answer)
}

fn form(status: u16, body: &str) -> Vec<u8> {
    reply(status, &["content-type: application/x-www-form-urlencoded; charset=utf-8"], body)
}

fn in_s(grant: &Grant) -> Option<i64> {
    grant.expires_at.map(|at| at.milliseconds() / 1000 - NOW_S)
}

#[test]
fn json_and_forms_are_read() {
    for answer in [
        json(200, r#"{"access_token": "gho_1", "token_type": "bearer", "scope": "repo,user"}"#),
        form(200, "access_token=gho_1&scope=repo%2Cuser&token_type=bearer"),
        reply(200, &["content-type: text/plain"], "access_token=gho_1&scope=repo%2Cuser"),
    ] {
        let grant = github(answer).expect("a grant");
        assert_eq!(grant.access_token.reveal(), "gho_1");
        assert_eq!(grant.scope.as_deref(), Some("repo,user"));
        assert!(grant.refresh_token.is_none() && grant.expires_at.is_none());
    }
}

#[test]
fn an_error_with_status_200_is_an_error() {
    for (code, refusal) in [
        ("incorrect_client_credentials", Refusal::Client),
        ("redirect_uri_mismatch", Refusal::RedirectUri),
        ("bad_verification_code", Refusal::Grant),
        ("unverified_user_email", Refusal::UnverifiedEmail),
        ("<b>needle</b>", Refusal::Unknown),
    ] {
        let body = format!(r#"{{"error": "{code}", "error_description": "needle", "error_uri": "https://x.test"}}"#);
        for answer in [json(200, &body), form(200, &format!("error={code}&error_description=needle"))] {
            let failure = github(answer).unwrap_err();
            assert_eq!(failure, Failure::Refused(refusal));
            assert!(!failure.to_string().contains("needle"));
        }
    }
}

#[test]
fn errors_of_the_standard_are_told_apart() {
    for (status, code, refusal) in [
        (400, "invalid_grant", Refusal::Grant),
        (401, "invalid_client", Refusal::Client),
        (400, "invalid_scope", Refusal::Scope),
        (403, "access_denied", Refusal::AccessDenied),
        (503, "temporarily_unavailable", Refusal::Unavailable),
    ] {
        let answer = json(status, &format!(r#"{{"error": "{code}", "error_description": "x"}}"#));
        assert_eq!(exchanged(ServiceProvider::GitLabHosted, answer).unwrap_err(), Failure::Refused(refusal));
    }
    for (answer, failure) in [
        (html(401), Failure::Refused(Refusal::Client)),
        (html(404), Failure::Status(404)),
        (html(500), Failure::Status(500)),
        (html(200), Failure::NotJson),
        (json(502, "{}"), Failure::Status(502)),
    ] {
        assert_eq!(github(answer).unwrap_err(), failure);
    }
}

#[test]
fn answers_without_a_usable_token_are_refused() {
    for (body, failure) in [
        ("", Failure::NotJson),
        ("null", Failure::Malformed("the document lacks what was asked for")),
        ("[]", Failure::Malformed("the document lacks what was asked for")),
        ("{}", Failure::Malformed("it has no access_token")),
        (r#"{"access_token": ""}"#, Failure::Malformed("it has no access_token")),
        (r#"{"access_token": null}"#, Failure::Malformed("it has no access_token")),
        (r#"{"access_token": 7}"#, Failure::Malformed("the document lacks what was asked for")),
        (r#"{"access_token": "a", "access_token": "b"}"#, Failure::Malformed("the document lacks what was asked for")),
        (r#"{"access_token": "a"} x"#, Failure::NotJson),
        (r#"{"access_token": "a"#, Failure::NotJson),
        (r#"{"access_token": "a", "token_type": "mac"}"#, Failure::Malformed("its token_type is not bearer")),
        (r#"{"access_token": "a\r\nX-Evil: 1"}"#, Failure::Malformed("a token in it has characters that no token has")),
        (
            r#"{"access_token": "a", "refresh_token": "b\n"}"#,
            Failure::Malformed("a token in it has characters that no token has"),
        ),
    ] {
        assert_eq!(github(json(200, body)).unwrap_err(), failure, "{body}");
    }
    for body in ["", "<html>", "access_token=", "access_token=a&access_token=b", "access_token=a%0d%0ab"] {
        assert!(matches!(github(form(200, body)), Err(Failure::Malformed(_))), "{body}");
    }
}

#[test]
fn the_token_type_may_be_written_as_one_likes() {
    for kind in ["bearer", "Bearer", "BEARER"] {
        let body = format!(r#"{{"access_token": "a", "token_type": "{kind}"}}"#);
        assert!(github(json(200, &body)).is_ok());
    }
}

#[test]
fn lifetimes_are_bounded_and_may_be_missing() {
    for (lifetime, github_s, gitlab_s) in [
        ("7200", Some(7200), Some(7200)),
        (r#""3600""#, Some(3600), Some(3600)),
        // The release 15.0 of GitLab left it out.
        ("null", None, Some(7200)),
        ("0", None, Some(7200)),
        ("-1", None, Some(7200)),
        (r#""soon""#, None, Some(7200)),
        ("9223372036854775807", Some(315_360_000), Some(315_360_000)),
        ("99999999999999999999", Some(315_360_000), Some(315_360_000)),
        ("1e10", Some(315_360_000), Some(315_360_000)),
        ("7200.5", Some(7200), Some(7200)),
        ("0.5", None, Some(7200)),
        ("true", None, Some(7200)),
        ("[]", None, Some(7200)),
        (r#"{"s": 1}"#, None, Some(7200)),
    ] {
        let body = format!(r#"{{"access_token": "a", "token_type": "bearer", "expires_in": {lifetime}}}"#);
        assert_eq!(in_s(&github(json(200, &body)).unwrap()), github_s, "{lifetime}");
        let grant = exchanged(ServiceProvider::GitLabCommunityEdition, json(200, &body)).unwrap();
        assert_eq!(in_s(&grant), gitlab_s, "{lifetime}");
    }
    let without = json(200, r#"{"access_token": "a", "token_type": "bearer"}"#);
    assert_eq!(in_s(&exchanged(ServiceProvider::GitLabHosted, without).unwrap()), Some(7200));
}

#[test]
fn scopes_come_in_three_shapes() {
    for member in [r#""scope": "a b""#, r#""scopes": "a b""#, r#""scope": ["a", "b"]"#] {
        let body = format!(r#"{{"access_token": "t", {member}}}"#);
        let grant = exchanged(ServiceProvider::BitbucketHosted, json(200, &body)).unwrap();
        assert_eq!(grant.scope.as_deref(), Some("a b"), "{member}");
    }
    for member in [r#""scope": null"#, r#""scope": 7"#, r#""scope": [7]"#, r#""scope": {}"#] {
        let body = format!(r#"{{"access_token": "t", {member}}}"#);
        assert_eq!(github(json(200, &body)).unwrap().scope, None, "{member}");
    }
}

#[test]
fn a_refusal_to_refresh_is_told_from_a_wrong_secret() {
    for (code, refusal) in [
        ("invalid_grant", Refusal::Grant),
        // Gitea, of a refresh token that was used or has expired.
        ("unauthorized_client", Refusal::Grant),
        ("invalid_client", Refusal::Client),
    ] {
        let imitation = Imitation::saying(json(400, &format!(r#"{{"error": "{code}"}}"#)));
        let outbound = outbound();
        let provider = played(ServiceProvider::GitHubEnterprise, &imitation, &outbound);
        let (access, refresh) = (secret("a1"), secret("old"));
        let held = Held { access_token: &access, refresh_token: &refresh };
        let failure = provider.refresh(&application(&secret("s")), &held).unwrap_err();
        assert_eq!(failure, Failure::Refused(refusal), "{code}");
    }
}

#[test]
fn a_refresh_keeps_the_old_refresh_token_only_where_there_is_no_new_one() {
    for (member, kept) in [(r#", "refresh_token": "new""#, "new"), ("", "old")] {
        let imitation = Imitation::saying(json(200, &format!(r#"{{"access_token": "a2"{member}}}"#)));
        let outbound = outbound();
        let provider = played(ServiceProvider::GitLabHosted, &imitation, &outbound);
        let (access, refresh) = (secret("a1"), secret("old"));
        let held = Held { access_token: &access, refresh_token: &refresh };
        let grant = provider.refresh(&application(&secret("s")), &held).unwrap();
        assert_eq!((grant.access_token.reveal(), grant.refresh_token.unwrap().reveal()), ("a2", kept));
        let seen = imitation.only();
        assert_eq!(seen.field("grant_type").as_deref(), Some("refresh_token"));
        assert_eq!(seen.field("refresh_token").as_deref(), Some("old"));
        assert_eq!(seen.field("redirect_uri").as_deref(), Some(CALLBACK));
    }
}

#[test]
fn a_refresh_that_is_refused_ends_the_connection() {
    let imitation = Imitation::saying(json(400, r#"{"error": "invalid_grant"}"#));
    let outbound = outbound();
    let provider = played(ServiceProvider::GitLabHosted, &imitation, &outbound);
    let (access, refresh) = (secret("a1"), secret("old"));
    let held = Held { access_token: &access, refresh_token: &refresh };
    let failure = provider.refresh(&application(&secret("s")), &held).unwrap_err();
    assert!(failure.ends_the_connection() && !failure.may_have_taken_effect());
    let lost = Failure::Timeout("the provider");
    assert!(lost.may_have_taken_effect() && !lost.ends_the_connection());
}

#[test]
fn a_grant_does_not_print_its_tokens() {
    let grant = github(json(200, r#"{"access_token": "needle", "refresh_token": "needle"}"#)).unwrap();
    assert!(!format!("{grant:?}").contains("needle"));
    assert!(!format!("{:?}", Access::OAuth2(&grant.access_token)).contains("needle"));
}

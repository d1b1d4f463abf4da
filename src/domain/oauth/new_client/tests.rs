use super::*;
use crate::domain::error::{Error, Source};

fn value<T>(value: T) -> Field<T> {
    Field::Value(value)
}

fn text(text: &str) -> Field<String> {
    Field::Value(text.to_owned())
}

fn fields(provider: &str) -> OAuthClientFields {
    OAuthClientFields {
        service_provider: text(provider),
        http_url: text("https://vcs.example.com"),
        api_url: text("https://vcs.example.com/api"),
        oauth_token_string: text("token"),
        ..OAuthClientFields::default()
    }
}

/// The pointers of what is wrong, in order.
fn wrong(fields: OAuthClientFields) -> Vec<String> {
    let mut problems = Problems::default();
    let new = NewOAuthClient::check(fields, &mut problems);
    let pointers = match problems.finish() {
        Ok(()) => vec![],
        Err(Error { problems, .. }) => problems
            .into_iter()
            .map(|problem| match problem.source {
                Some(Source::Pointer(pointer)) => pointer.replace("/data/attributes/", ""),
                other => panic!("{other:?}"),
            })
            .collect(),
    };
    assert_eq!(new.is_none(), !pointers.is_empty());
    pointers
}

#[test]
fn every_provider_takes_a_token() {
    for provider in ServiceProvider::ALL {
        let mut given = fields(provider.identifier());
        given.private_key = text("-----BEGIN RSA PRIVATE KEY-----");
        assert_eq!(wrong(given), Vec::<String>::new(), "{provider:?}");
    }
}

#[test]
fn only_application_links_and_web_flows_begin_without_a_token() {
    for provider in ServiceProvider::ALL {
        let mut without = fields(provider.identifier());
        without.private_key = text("key");
        without.oauth_token_string = text("");
        let expected: &[&str] = if provider.connects_by_application_link() { &[] } else { &["oauth-token-string"] };
        assert_eq!(wrong(without), expected, "{provider:?}");

        let mut web_flow = fields(provider.identifier());
        web_flow.private_key = text("key");
        web_flow.rsa_public_key = text("public");
        web_flow.oauth_token_string = Field::Null;
        web_flow.key = text("id");
        web_flow.secret = text("secret");
        assert_eq!(wrong(web_flow), Vec::<String>::new(), "{provider:?}");
    }
}

#[test]
fn everything_that_is_wrong_is_named_at_once() {
    let nothing = OAuthClientFields::default();
    assert_eq!(wrong(nothing), ["service-provider", "http-url", "api-url", "oauth-token-string"]);

    let mut all = fields("gitea");
    all.http_url = text("javascript:alert(1)");
    all.api_url = text(" ");
    all.name = text(&"x".repeat(256));
    all.key = text(&"x".repeat(2049));
    all.oauth_token_string = text(&"x".repeat(8 * 1024 + 1));
    assert_eq!(wrong(all), ["service-provider", "http-url", "api-url", "name", "key", "oauth-token-string"]);
}

#[test]
fn limits_are_inclusive() {
    let mut largest = fields("github");
    largest.name = text(&"é".repeat(255));
    largest.oauth_token_string = text(&"x".repeat(8 * 1024));
    largest.key = text(&"x".repeat(2048));
    assert_eq!(wrong(largest), Vec::<String>::new());
}

#[test]
fn self_hosted_providers_do_not_point_at_the_hosted_service() {
    let cases = [
        ("gitlab_community_edition", "https://gitlab.com", "https://gitlab.com/api/v4"),
        ("gitlab_enterprise_edition", "https://GITLAB.com./", "http://www.gitlab.com"),
        ("github_enterprise", "https://github.com", "https://api.github.com"),
    ];
    for (provider, http_url, api_url) in cases {
        let mut given = fields(provider);
        given.http_url = text(http_url);
        given.api_url = text(api_url);
        assert_eq!(wrong(given), ["http-url", "api-url"], "{provider}");
    }
    let mut half = fields("gitlab_community_edition");
    half.http_url = text("https://gitlab.com");
    half.api_url = Field::Absent;
    assert_eq!(wrong(half), ["api-url", "http-url"]);
    let mut hosted = fields("gitlab_hosted");
    hosted.http_url = text("https://gitlab.com");
    hosted.api_url = text("https://gitlab.com/api/v4");
    assert_eq!(wrong(hosted), Vec::<String>::new());
}

#[test]
fn azure_devops_server_needs_a_private_key_and_nobody_else_keeps_one() {
    assert_eq!(wrong(fields("ado_server")), ["private-key"]);
    let mut github = fields("github");
    github.private_key = text("key");
    let new = NewOAuthClient::check(github, &mut Problems::default());
    assert!(new.is_some_and(|new| new.private_key.is_none()));
}

#[test]
fn azure_organization_names() {
    for (name, is_good) in
        [("fabrikam", true), ("a", true), ("a-1", true), ("-a", false), ("a-", false), ("a b", false)]
    {
        let mut given = fields("ado_services");
        given.ado_org_name = text(name);
        assert_eq!(wrong(given).is_empty(), is_good, "{name}");
    }
    let mut elsewhere = fields("github");
    elsewhere.ado_org_name = text("not used, not judged");
    assert_eq!(wrong(elsewhere), Vec::<String>::new());
}

#[test]
fn bitbucket_data_center_wants_both_halves_of_a_link_or_none() {
    let mut half = fields("bitbucket_data_center");
    half.rsa_public_key = text("\n-----BEGIN PUBLIC KEY-----\ntruncated\n");
    assert_eq!(wrong(half), ["secret"]);
    let mut half = fields("bitbucket_data_center");
    half.secret = text("private half");
    assert_eq!(wrong(half), ["rsa-public-key"]);
}

#[test]
fn organization_scope_is_the_default() {
    let mut given = fields("github");
    given.organization_scoped = value(false);
    let scoped = |fields| NewOAuthClient::check(fields, &mut Problems::default()).map(|n| n.organization_scoped);
    assert_eq!(scoped(given), Some(false));
    assert_eq!(scoped(fields("github")), Some(true));
}

#[test]
fn keys_and_tenants_have_no_hidden_characters() {
    for (given, key_is_wrong, tenant_is_wrong) in
        [("a b\u{e4}", false, false), ("key\n", false, true), ("a\u{202e}b", true, true), ("\u{1b}", true, true)]
    {
        let with_key = OAuthClientFields { key: text(given), ..fields("github") };
        let with_tenant = OAuthClientFields { ado_entra_tenant_id: text(given), ..fields("ado_services") };
        assert_eq!(wrong(with_key).contains(&"key".to_owned()), key_is_wrong, "{given:?}");
        assert_eq!(wrong(with_tenant).contains(&"ado-entra-tenant-id".to_owned()), tenant_is_wrong, "{given:?}");
    }
}

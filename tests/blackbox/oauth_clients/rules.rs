//! Creation: the rules between attributes, and the words of a refusal.

use serde_json::{Value, json};

use crate::harness::{Server, document, sample_with};

/// A provider with URLs of one's own and no credential at all.
fn bare(provider: &str, credentials: &Value) -> Value {
    let mut given = document(
        "oauth-clients",
        json!({"service-provider": provider, "http-url": "https://vcs.test", "api-url": "https://vcs.test/api"}),
    );
    for (name, value) in credentials.as_object().expect("attributes") {
        given["data"]["attributes"][name] = value.clone();
    }
    given
}

#[test]
fn one_answer_names_everything_that_is_wrong() {
    let server = Server::demo();
    let (owner, before) = (server.owner(), server.contents());
    let everything = json!({
        "service-provider": "gitea",
        "http-url": "javascript:alert(1)",
        "api-url": "",
        "oauth-token-string": 7,
        "name": "x".repeat(256),
        "key": "x".repeat(2049),
        "secret": [],
        "rsa-public-key": {},
        "private-key": true,
        "organization-scoped": "yes",
        "ado-entra-tenant-id": "x".repeat(256)
    });
    let mut given = document("oauth-clients", everything);
    given["data"]["relationships"] = json!({"agent-pool": {"data": {"type": "agent-pools", "id": "apool-1"}}});
    owner.tries_client(&given).is(422).golden("oauth_clients.create.everything_wrong");
    owner.tries_client(&document("oauth-clients", json!({}))).is(422).golden("oauth_clients.create.nothing_given");
    let pointers = owner.tries_client(&json!({"data": {"type": "oauth-clients"}})).refused(422);
    let required = ["service-provider", "http-url", "api-url", "oauth-token-string"];
    assert_eq!(pointers, required.map(|name| format!("/data/attributes/{name}")));
    assert_eq!(server.contents(), before);
}

#[test]
fn a_provider_of_ones_own_does_not_point_at_the_hosted_service() {
    let server = Server::demo();
    let (owner, before) = (server.owner(), server.contents());
    let gitlab = |provider: &str| json!({"service-provider": provider, "http-url": "https://gitlab.com", "api-url": "https://gitlab.com/api/v4"});
    let answer = owner.tries_client(&sample_with(gitlab("gitlab_community_edition"))).is(422);
    answer.golden("oauth_clients.create.gitlab_community_edition_at_gitlab_com");
    let answer = owner.tries_client(&sample_with(gitlab("gitlab_enterprise_edition"))).is(422);
    assert_eq!(
        answer.text("/errors/0/detail"),
        "HTTP URL cannot point to https://gitlab.com when service-provider is gitlab_enterprise_edition"
    );
    let answer = owner.tries_client(&sample_with(json!({"service-provider": "github_enterprise"}))).is(422);
    answer.golden("oauth_clients.create.github_enterprise_at_github_com");

    // Each URL is judged for itself, whatever is wrong with the other.
    let cases = [
        (json!("https://gitlab.com"), json!("https://gl.test/api/v4"), vec!["http-url"]),
        (json!("https://gl.test"), json!("http://GitLab.com.:8443/api/v4"), vec!["api-url"]),
        (json!("https://gitlab.com"), Value::Null, vec!["http-url", "api-url"]),
        (json!("ftp://gitlab.com"), json!("https://gitlab.com/api/v4"), vec!["http-url", "api-url"]),
    ];
    for (http_url, api_url, wrong) in cases {
        let given = json!({"service-provider": "gitlab_community_edition", "http-url": http_url, "api-url": api_url});
        let mut pointers = owner.tries_client(&sample_with(given)).refused(422);
        pointers.sort_by_key(|pointer| pointer.ends_with("api-url"));
        assert_eq!(pointers, wrong.iter().map(|name| format!("/data/attributes/{name}")).collect::<Vec<_>>());
    }
    assert_eq!(server.contents(), before);
    for host in ["https://gitlab.com.example.com", "https://notgitlab.com", "https://x.test/gitlab.com"] {
        let given = json!({"service-provider": "gitlab_community_edition", "http-url": host, "api-url": host});
        owner.tries_client(&sample_with(given)).is(201);
    }
}

#[test]
fn urls_are_absolute_and_say_nothing_about_a_user() {
    let server = Server::demo();
    let (owner, before) = (server.owner(), server.contents());
    let wrong = [
        "github.com",
        "/relative",
        "//github.com",
        "https:github.com",
        "https://",
        "https:///github.com",
        "javascript:alert(1)",
        "JavaScript://github.com/%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "ftp://github.com",
        "ssh://git@github.com",
        "https://user@github.com",
        "https://user:password@github.com",
        "https://@github.com",
        "https://github.com\\@evil.test",
        "https://git hub.com",
        " https://github.com",
        "https://github.com ",
        "https://github.com\n",
        "java\tscript:alert(1)",
        "https://github.com:99999",
        "https://github.com?x=1",
        "https://github.com#x",
        "https://[::1",
    ];
    for url in wrong {
        for attribute in ["http-url", "api-url"] {
            let answer = owner.tries_client(&sample_with(json!({attribute: url})));
            assert_eq!(answer.refused(422), [format!("/data/attributes/{attribute}")], "{url}");
            assert!(!answer.body.contains("password@"), "a password in a URL is not repeated");
        }
    }
    assert_eq!(server.contents(), before);
    for url in ["http://10.0.0.7:7990", "https://[::1]:8443/x/", "HTTPS://GitHub.COM", "https://bücher.example/ä"] {
        let created = owner.tries_client(&sample_with(json!({"http-url": url, "api-url": url}))).is(201);
        assert_eq!(created.text("/data/attributes/http-url"), url);
        assert_eq!(created.text("/data/attributes/api-url"), url);
    }
}

#[test]
fn each_provider_insists_on_its_own_credentials() {
    let none = json!({});
    let token = json!({"oauth-token-string": "t"});
    let web_flow = json!({"key": "k", "secret": "s"});
    let private_key = json!({"private-key": "p"});
    let cases: Vec<(&str, &Value, &[&str])> = vec![
        ("github", &none, &["oauth-token-string"]),
        ("github_enterprise", &none, &["oauth-token-string"]),
        ("gitlab_hosted", &none, &["oauth-token-string"]),
        ("gitlab_community_edition", &none, &["oauth-token-string"]),
        ("gitlab_enterprise_edition", &none, &["oauth-token-string"]),
        ("bitbucket_hosted", &none, &["oauth-token-string"]),
        ("bitbucket_server", &none, &[]),
        ("bitbucket_server", &token, &[]),
        ("bitbucket_server", &web_flow, &[]),
        ("bitbucket_server_legacy", &none, &["oauth-token-string"]),
        ("bitbucket_data_center", &none, &[]),
        ("bitbucket_data_center", &token, &[]),
        ("bitbucket_data_center", &web_flow, &["rsa-public-key"]),
        ("ado_server", &none, &["oauth-token-string", "private-key"]),
        ("ado_server", &token, &["private-key"]),
        ("ado_server", &private_key, &["oauth-token-string"]),
        ("ado_services", &none, &["oauth-token-string"]),
        ("ado_services", &web_flow, &[]),
        ("github", &web_flow, &[]),
    ];
    let server = Server::demo();
    let owner = server.owner();
    for (provider, credentials, missing) in cases {
        let answer = owner.tries_client(&bare(provider, credentials));
        if missing.is_empty() {
            assert_eq!(answer.status, 201, "{provider} {credentials}: {}", answer.body);
        } else {
            let missing: Vec<String> = missing.iter().map(|name| format!("/data/attributes/{name}")).collect();
            assert_eq!(answer.refused(422), missing, "{provider} {credentials}");
        }
    }
    let half = json!({"rsa-public-key": "public"});
    assert_eq!(owner.tries_client(&bare("bitbucket_data_center", &half)).refused(422), ["/data/attributes/secret"]);
}

#[test]
fn azure_organizations_are_letters_digits_and_inner_hyphens() {
    let server = Server::demo();
    let owner = server.owner();
    let named = |provider: &str, name: &str| {
        owner.tries_client(&sample_with(json!({"service-provider": provider, "ado-org-name": name})))
    };
    for name in ["fabrikam", "a", "7", "a-1", "A--b"] {
        assert_eq!(named("ado_services", name).is(201).text("/data/attributes/ado-org-name"), name);
    }
    for name in ["-a", "a-", "-", "a b", "a_b", "a.b", "ä", " a"] {
        assert_eq!(named("ado_services", name).refused(422), ["/data/attributes/ado-org-name"], "{name}");
    }
    assert_eq!(named("github", "not - used").is(201).at("/data/attributes/ado-org-name"), Value::Null);
}

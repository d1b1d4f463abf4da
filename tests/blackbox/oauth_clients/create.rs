//! Creation: what goes in and what comes out.

use serde_json::{Value, json};

use super::CLIENTS;
use crate::harness::{Caller, Server, document, sample_of_2018, sample_with};

/// As go-tfe's tests have them: line ends at both ends, and no key that anything could parse.
const RSA_PUBLIC_KEY: &str = "\n-----BEGIN PUBLIC KEY-----\nVdV5tQYl8cS2Qk1wbU\n-----END PUBLIC KEY-----\n";
const RSA_PRIVATE_KEY: &str = "\n-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA0\n-----END RSA PRIVATE KEY-----\n";

#[test]
fn the_sample_of_2018_in_and_every_key_of_its_answer_out() {
    let server = Server::demo();
    let answer = server.owner().post(CLIENTS, &sample_of_2018()).is(201);
    let path = format!("/api/v2/oauth-clients/{}", answer.text("/data/id"));
    assert_eq!(answer.header("Location"), Some(path.as_str()));
    assert_eq!(answer.header("Content-Type"), Some("application/vnd.api+json"));
    let answer = answer.golden("oauth_clients.create.sample_of_2018");
    assert_eq!(answer.text("/data/attributes/created-at"), answer.text("/data/attributes/updated-at"));
    let shown = server.owner().get(&format!("/oauth-clients/{}", answer.text("/data/id"))).is(200);
    assert_eq!(shown.json(), answer.json());
}

#[test]
fn no_header_of_a_request_decides_where_callbacks_and_pages_are() {
    let server = Server::demo();
    let headers = [
        ("Content-Type", crate::harness::JSON_API),
        ("Host", "evil.test"),
        ("X-Forwarded-Host", "evil.test"),
        ("X-Forwarded-Proto", "https"),
        ("Forwarded", "host=evil.test;proto=https"),
    ];
    let body = sample_of_2018().to_string();
    let made = server.owner().send("POST", CLIENTS, Some(body.as_bytes()), &headers).is(201);
    assert!(made.text("/data/attributes/callback-url").starts_with(&format!("{}/auth/", server.address)));
    let listed = server.owner().send("GET", &format!("{CLIENTS}?page[size]=1"), None, &headers).is(200);
    assert!(listed.text("/links/self").starts_with(&server.address) && !listed.body.contains("evil"));
}

#[test]
fn every_provider_is_taken_and_shown_under_its_name() {
    let providers = [
        ("github", "GitHub", "https://github.com", "https://api.github.com"),
        ("github_enterprise", "GitHub Enterprise", "https://ghe.example.com", "https://ghe.example.com/api/v3"),
        ("gitlab_hosted", "GitLab.com", "https://gitlab.com", "https://gitlab.com/api/v4"),
        ("gitlab_community_edition", "GitLab Community Edition", "https://gl.test", "https://gl.test/api/v4"),
        ("gitlab_enterprise_edition", "GitLab Enterprise Edition", "https://gl.test", "https://gl.test/api/v4"),
        ("bitbucket_hosted", "Bitbucket Cloud", "https://bitbucket.org", "https://api.bitbucket.org/2.0"),
        ("bitbucket_server", "Bitbucket Server", "https://bb.test:7990", "https://bb.test:7990/context"),
        ("bitbucket_server_legacy", "Bitbucket Server Legacy", "http://bb.test", "http://bb.test"),
        ("bitbucket_data_center", "Bitbucket Data Center", "https://bbdc.com", "https://bbdc.com"),
        ("ado_server", "Azure DevOps Server", "https://ado.test", "https://ado.test"),
        ("ado_services", "Azure DevOps Services", "https://dev.azure.com", "https://dev.azure.com"),
    ];
    let server = Server::demo();
    let owner = server.owner();
    for (provider, display_name, http_url, api_url) in providers {
        // Only ado_server has a use for the private key, and insists on it; the others must not mind.
        let attributes = json!({
            "service-provider": provider, "http-url": http_url, "api-url": api_url, "private-key": RSA_PRIVATE_KEY
        });
        let created = owner.tries_client(&sample_with(attributes)).is(201);
        let attribute = |name: &str| created.text(&format!("/data/attributes/{name}"));
        assert_eq!(attribute("service-provider"), provider);
        assert_eq!(attribute("service-provider-display-name"), display_name);
        assert_eq!((attribute("http-url").as_str(), attribute("api-url").as_str()), (http_url, api_url));
        assert_eq!(created.at("/data/relationships/oauth-tokens/data").as_array().map(Vec::len), Some(1), "{provider}");
        let shown = owner.get(&format!("/oauth-clients/{}", created.text("/data/id"))).is(200);
        assert_eq!(shown.json(), created.json());
    }
    let private_keys = "SELECT group_concat(service_provider) = 'ado_server' FROM oauth_clients
                        WHERE private_key_sealed IS NOT NULL";
    assert_eq!(server.number(private_keys), 1, "only who has a use for a private key keeps one");
}

#[test]
fn every_attribute_comes_back_and_no_secret_does() {
    let attributes = json!({
        "service-provider": "ado_services",
        "http-url": "https://dev.azure.com/",
        "api-url": "HTTPS://Dev.Azure.com/fabrikam%20x",
        "name": " Fabrikam ✓ ",
        "key": " consumer key\n",
        "secret": "client secret",
        "rsa-public-key": RSA_PUBLIC_KEY,
        "private-key": RSA_PRIVATE_KEY,
        "organization-scoped": false,
        "ado-org-name": "fabrikam-1",
        "ado-entra-tenant-id": "fabrikam.onmicrosoft.com"
    });
    let server = Server::demo();
    let created = server.owner().tries_client(&sample_with(attributes)).is(201);
    created.golden("oauth_clients.create.every_attribute");
}

#[test]
fn an_application_link_needs_no_token_and_keeps_its_key_byte_for_byte() {
    let attributes = json!({
        "service-provider": "bitbucket_data_center",
        "http-url": "https://bbdc.com",
        "api-url": "https://bbdc.com",
        "name": "",
        "oauth-token-string": "",
        "key": "consumer-key",
        "secret": RSA_PRIVATE_KEY,
        "rsa-public-key": RSA_PUBLIC_KEY
    });
    let server = Server::demo();
    let created = server.owner().tries_client(&document("oauth-clients", attributes)).is(201);
    assert_eq!(created.text("/data/attributes/rsa-public-key"), RSA_PUBLIC_KEY);
    created.golden("oauth_clients.create.application_link");
}

#[test]
fn bitbucket_on_premises_begins_with_nothing_but_its_urls() {
    let server = Server::demo();
    for provider in ["bitbucket_server", "bitbucket_data_center"] {
        let attributes =
            json!({"service-provider": provider, "http-url": "https://bbdc.com", "api-url": "https://bbdc.com"});
        let created = server.owner().tries_client(&document("oauth-clients", attributes)).is(201);
        assert_eq!(created.at("/data/relationships/oauth-tokens/data"), json!([]), "{provider}");
    }
}

#[test]
fn key_and_secret_stand_in_for_the_token_until_the_web_flow_brings_one() {
    let server = Server::demo();
    let given = json!({"oauth-token-string": null, "key": "id", "secret": "secret"});
    let created = server.owner().tries_client(&sample_with(given)).is(201);
    assert_eq!(created.at("/data/relationships/oauth-tokens/data"), json!([]));
    for half in [json!({"key": "id"}), json!({"secret": "secret"}), json!({"key": "id", "secret": ""})] {
        let mut given = sample_with(half);
        given["data"]["attributes"]["oauth-token-string"] = json!("");
        let answer = server.owner().tries_client(&given);
        assert_eq!(answer.refused(422), ["/data/attributes/oauth-token-string"]);
    }
}

#[test]
fn empty_strings_of_the_terraform_provider_count_as_absent() {
    let empty = json!({
        "name": "", "key": "", "secret": "", "rsa-public-key": "", "private-key": "", "ado-org-name": "",
        "ado-entra-tenant-id": ""
    });
    let server = Server::demo();
    let created = server.owner().tries_client(&sample_with(empty)).is(201);
    created.golden("oauth_clients.create.empty_strings");
    let sealed = "SELECT count(*) FROM oauth_clients
                  WHERE secret_sealed IS NOT NULL OR private_key_sealed IS NOT NULL OR key IS NOT NULL
                     OR rsa_public_key IS NOT NULL OR ado_org_name IS NOT NULL OR ado_entra_tenant_id IS NOT NULL";
    assert_eq!(server.number(sealed), 0);
}

#[test]
fn what_a_client_may_not_set_changes_nothing() {
    let mut given = sample_with(json!({
        "created-at": "2001-01-01T00:00:00.000Z",
        "updated-at": "2001-01-01T00:00:00.000Z",
        "uuid": "00000000-0000-4000-8000-000000000000",
        "callback-url": "https://evil.test/auth/callback",
        "connect-path": "/evil",
        "service-provider-display-name": "Evil",
        "organization": "other",
        "organization-id": "org-1111111111111111",
        "projects": ["prj-1111111111111111"],
        "agent-pool": {"id": "apool-1111111111111111"},
        "no-such-attribute": {"deep": [1, 2, {"deeper": null}]},
        "oauth_token_string": "underscored"
    }));
    given["data"]["id"] = json!("oc-1111111111111111");
    given["data"]["links"] = json!({"self": "/evil"});
    given["data"]["meta"] = json!({"x": 1});
    given["data"]["x"] = json!("y");
    given["data"]["relationships"] = json!({
        "organization": {"data": {"type": "organizations", "id": "other"}},
        "oauth-tokens": {"data": [{"type": "oauth-tokens", "id": "ot-1111111111111111"}]},
        "no-such-relationship": {"data": 7}
    });
    given["jsonapi"] = json!({"version": "1.1"});
    given["included"] = json!([{"type": "organizations", "id": "other"}]);
    given["meta"] = json!(null);
    let server = Server::demo();
    let created = server.owner().tries_client(&given).is(201);
    assert_ne!(created.text("/data/id"), "oc-1111111111111111");
    let created = created.golden("oauth_clients.create.sample_of_2018");
    for (name, sent) in given["data"]["attributes"].as_object().expect("attributes") {
        let came_back = created.at(&format!("/data/attributes/{name}"));
        assert!(sample_of_2018()["data"]["attributes"].get(name).is_some() || came_back != *sent, "{name}");
    }
}

#[test]
fn unknown_projects_are_dropped_without_a_word() {
    let server = Server::demo();
    let mut given = sample_of_2018();
    let foreign = json!([{"type": "projects", "id": "prj-1111111111111111"}]);
    given["data"]["relationships"] = json!({"projects": {"data": foreign}, "agent-pool": {"data": null}});
    server.owner().tries_client(&given).is(201).golden("oauth_clients.create.sample_of_2018");
    // What can be no project's id tells nothing of other organizations.
    let nonsense = json!({"type": "projects", "id": "prj-nonsense"});
    given["data"]["relationships"]["projects"]["data"].as_array_mut().unwrap().push(nonsense);
    assert_eq!(server.owner().tries_client(&given).refused(422), ["/data/relationships/projects/data/1"]);
}

#[test]
fn an_agent_pool_is_refused_in_the_words_that_clients_look_for() {
    let server = Server::demo();
    let before = server.contents();
    let mut given = sample_with(json!({
        "service-provider": "github_enterprise",
        "http-url": "https://githubenterprise.xxxxx",
        "api-url": "https://githubenterprise.xxxxx"
    }));
    given["data"]["relationships"] = json!({"agent-pool": {"data": {"type": "agent-pools", "id": "! / nope"}}});
    server.owner().tries_client(&given).is(422).golden("oauth_clients.create.agent_pool");
    for linkage in [json!([]), json!("apool-1"), json!({"type": "projects", "id": "x"}), json!({"id": "x"}), json!(1)] {
        given["data"]["relationships"] = json!({"agent-pool": {"data": linkage}});
        let pointers = server.owner().tries_client(&given).refused(422);
        assert_eq!(pointers, ["/data/relationships/agent-pool/data"], "{linkage}");
    }
    assert_eq!(server.contents(), before);
}

#[test]
fn two_clients_may_be_alike_in_everything() {
    let server = Server::demo();
    let create = || server.owner().tries_client(&sample_with(json!({"name": "twin"}))).is(201);
    let (one, other) = (create(), create());
    for place in ["/data/id", "/data/attributes/uuid", "/data/relationships/oauth-tokens/data/0/id"] {
        assert_ne!(one.text(place), other.text(place));
    }
}

#[test]
fn no_name_and_an_empty_name_are_kept_apart() {
    let server = Server::demo();
    for (given, kept) in [(json!(null), Value::Null), (json!(""), json!("")), (json!(" x "), json!(" x "))] {
        let created = server.owner().tries_client(&sample_with(json!({"name": given}))).is(201);
        assert_eq!(created.at("/data/attributes/name"), kept);
    }
}

#[test]
fn an_organization_is_found_ignoring_case_and_shown_as_it_was_named() {
    let server = Server::demo();
    let created = server.owner().post("/organizations/My-ORGANIZATION/oauth-clients", &sample_of_2018()).is(201);
    created.golden("oauth_clients.create.sample_of_2018");
}

#[test]
fn the_public_url_is_what_callbacks_and_pages_begin_with() {
    let server = Server::demo_with(&["--public-url", "https://bowline.example.com/"]);
    assert_eq!(server.address, "https://bowline.example.com");
    let owner = Caller::new(&server.listening(), server.owner().token.as_deref());
    let created = owner.tries_client(&sample_of_2018()).is(201);
    let uuid = created.text("/data/attributes/uuid");
    let callback_url = format!("https://bowline.example.com/auth/{uuid}/callback");
    assert_eq!(created.text("/data/attributes/callback-url"), callback_url);
    let path = format!("/auth/{uuid}?organization_id=1");
    assert_eq!(created.text("/data/attributes/connect-path"), path);
    let page = owner.get(&format!("{CLIENTS}?page[size]=1")).is(200);
    let first = format!("https://bowline.example.com/api/v2{CLIENTS}?page%5Bnumber%5D=1&page%5Bsize%5D=1");
    assert_eq!(page.text("/links/first"), first);
}

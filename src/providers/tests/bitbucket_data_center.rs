//! Bitbucket Data Center, imitated. The expected signatures were made with oauthlib 3 and openssl.

use rsa::PublicKey;
use sha1::{Digest, Sha1};

use super::imitation::{Imitation, html, json, reply};
use super::oauth1::Signer;
use super::*;

const KIND: ServiceProvider = ServiceProvider::BitbucketDataCenter;

fn private_key() -> Secret {
    secret(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/rsa.pem")))
}

fn provider<'a>(imitation: &Imitation, outbound: &'a Outbound) -> Box<dyn Provider + 'a> {
    played(KIND, imitation, outbound)
}

fn form(status: u16, body: &str) -> Vec<u8> {
    reply(status, &["content-type: application/x-www-form-urlencoded"], body)
}

/// A parameter of the `Authorization` field.
fn signed(header: &str, name: &str) -> String {
    let fields = header.strip_prefix("OAuth ").expect("OAuth").split(", ");
    let found = fields.filter_map(|field| field.split_once('=')).find(|(own, _)| *own == name);
    let encoded = found.expect(name).1.trim_matches('"');
    percent_encoding::percent_decode_str(encoded).decode_utf8().expect("text").into_owned()
}

#[test]
fn signatures_are_those_of_another_program() {
    let (outbound, key) = (outbound(), private_key());
    let application = application(&key);
    let request_token = Signer::new(&outbound, &application, None).unwrap();
    let url = Url::parse("https://git.test/bitbucket/plugins/servlet/oauth/request-token").unwrap();
    let header = request_token.header("POST", &url, &[("oauth_callback", CALLBACK)]).unwrap();
    assert_eq!(
        signed(&header, "oauth_signature"),
        "mjwJd1ENN8/gCwXJHt7m7Y/EFvE46pk5uhZfWAqtutBIXnxxlYZUkiBvsj0nzEQdCmGusO7vapdNVT10GMDska9ms4YwpbhscvFwfrRyBcJJUlt\
         5pRNnEbxIQaCx08vsvhxdT1u97IRv31Uzmv2f+fODH87TZVqpJ1qLUbiPgCI="
    );
    assert_eq!(signed(&header, "oauth_timestamp"), "1800000000");
    assert_eq!(signed(&header, "oauth_nonce"), "ab".repeat(16));
    let call = Signer::new(&outbound, &application, Some("tok/en+=")).unwrap();
    let url = "https://GIT.test:8443/bitbucket/rest/api/1.0/repos?permission=REPO_READ&start=0&limit=100";
    let header = call.header("GET", &Url::parse(url).unwrap(), &[]).unwrap();
    assert_eq!(
        signed(&header, "oauth_signature"),
        "MwQ3AbvNpu4Iknh7Pvs20gp6b+4ngi2asq9LyjTQX0QxTVJdREQHyoPkiIq1VfwPjuz9PnyhIYhSj5f0qTcSsLu6bVcZXQIWnlO/pq2EevkZfh/\
         Oul13V7vmIyZZ9oIHl5B1IFTvZaf0brOaVWt8OqvpSEXzI+Ib3Pa0a5vTbHk="
    );
    assert!(header.contains(r#"oauth_token="tok%2Fen%2B%3D""#), "{header}");
}

#[test]
fn three_legs() {
    let outbound = outbound();
    let imitation = Imitation::start(|seen| match seen.path() {
        "/bitbucket_data_center/plugins/servlet/oauth/request-token" => {
            form(200, "oauth_token=rt%2F1&oauth_token_secret=x&oauth_callback_confirmed=true")
        }
        "/bitbucket_data_center/plugins/servlet/oauth/access-token" => form(
            200,
            "oauth_token=at&oauth_token_secret=x&oauth_expires_in=157680000&oauth_session_handle=sh&\
             oauth_authorization_expires_in=160272000",
        ),
        _ => html(404),
    });
    let provider = provider(&imitation, &outbound);
    let key = private_key();
    let sent = provider.authorize(&application(&key), &FLOW).unwrap();
    assert_eq!(sent.url.path(), "/bitbucket_data_center/plugins/servlet/oauth/authorize");
    assert_eq!(query(&sent.url), [("oauth_token".to_owned(), "rt/1".to_owned())]);
    assert_eq!(sent.request_token.unwrap().reveal(), "rt/1");
    let callback = Callback::OAuth1 { request_token: "rt/1", verifier: "v e" };
    let grant = provider.exchange(&application(&key), &callback).unwrap();
    assert_eq!((grant.access_token.reveal(), grant.refresh_token.as_ref().unwrap().reveal()), ("at", "sh"));
    assert_eq!(grant.expires_at, Some(Timestamp::from_milliseconds((NOW_S + 157_680_000) * 1000)));
    let held = Held { access_token: &grant.access_token, refresh_token: grant.refresh_token.as_ref().unwrap() };
    provider.refresh(&application(&key), &held).unwrap();
    let headers: Vec<String> =
        imitation.seen().iter().map(|seen| seen.header("authorization").unwrap().to_owned()).collect();
    assert_eq!(signed(&headers[0], "oauth_callback"), CALLBACK);
    assert_eq!(
        (signed(&headers[1], "oauth_token").as_str(), signed(&headers[1], "oauth_verifier").as_str()),
        ("rt/1", "v e")
    );
    assert_eq!(
        (signed(&headers[2], "oauth_token").as_str(), signed(&headers[2], "oauth_session_handle").as_str()),
        ("at", "sh")
    );
}

#[test]
fn a_refused_user_is_not_asked_about_at_the_provider() {
    let outbound = outbound();
    let imitation = Imitation::saying(html(500));
    let provider = provider(&imitation, &outbound);
    let denied = Callback::OAuth1 { request_token: "rt", verifier: "denied" };
    let failure = provider.exchange(&application(&private_key()), &denied).unwrap_err();
    assert_eq!(failure, Failure::Refused(Refusal::AccessDenied));
    assert_eq!(provider.exchange(&application(&private_key()), &CODE).unwrap_err(), Failure::NotOffered("OAuth 2.0"));
    assert!(imitation.seen().is_empty());
}

#[test]
fn problems_have_their_words_wherever_they_stand() {
    let outbound = outbound();
    let key = private_key();
    for (problem, refusal) in [
        ("consumer_key_unknown", Refusal::Client),
        ("signature_invalid", Refusal::Signature),
        ("timestamp_refused", Refusal::Clock),
        ("nonce_used", Refusal::Clock),
        ("token_rejected", Refusal::Grant),
        ("permission_denied", Refusal::AccessDenied),
        ("needle", Refusal::Unknown),
    ] {
        let field = format!(r#"www-authenticate: OAuth realm="https%3A%2F%2Fgit.test", oauth_problem="{problem}""#);
        for answer in [
            reply(401, &[&field], ""),
            form(401, &format!("oauth_problem={problem}&oauth_acceptable_timestamps=1-2")),
            reply(401, &["content-type: text/plain"], &format!("error={problem}")),
        ] {
            let imitation = Imitation::saying(answer);
            let failure = provider(&imitation, &outbound).authorize(&application(&key), &FLOW).unwrap_err();
            assert_eq!(failure, Failure::Refused(refusal), "{problem}");
        }
    }
}

#[test]
fn request_tokens_have_to_be_confirmed_and_single() {
    let outbound = outbound();
    let key = private_key();
    for body in [
        "",
        "oauth_token=rt",
        "oauth_token=rt&oauth_callback_confirmed=false",
        "oauth_callback_confirmed=true",
        "oauth_token=&oauth_callback_confirmed=true",
        "oauth_token=a&oauth_token=b&oauth_callback_confirmed=true",
        "oauth_token=a%0d%0ab&oauth_callback_confirmed=true",
        "<html>",
    ] {
        let imitation = Imitation::saying(form(200, body));
        let failure = provider(&imitation, &outbound).authorize(&application(&key), &FLOW).unwrap_err();
        assert!(matches!(failure, Failure::Malformed(_)), "{body}: {failure}");
    }
    for text in ["", "no key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"] {
        let imitation = Imitation::saying(html(500));
        let failure = provider(&imitation, &outbound).authorize(&application(&secret(text)), &FLOW).unwrap_err();
        assert!(matches!(failure, Failure::Incomplete(_)));
        assert!(imitation.seen().is_empty());
    }
}

/// Checks the signature of what has come, and answers as Bitbucket does.
fn bitbucket(seen: &imitation::Seen) -> Vec<u8> {
    use rsa::pkcs1::DecodeRsaPrivateKey;
    let key = rsa::PrivateKey::from_pkcs1_pem(private_key().reveal().trim()).unwrap();
    let header = seen.header("authorization").unwrap();
    let signature =
        base64::Engine::decode(&base64::prelude::BASE64_STANDARD, signed(header, "oauth_signature")).unwrap();
    assert!(is_signed(&key.to_public_key(), seen, header, &signature), "{header}");
    match seen.path() {
        "/bitbucket_data_center/plugins/servlet/applinks/whoami" => {
            reply(200, &["content-type: text/plain"], "ada@acme")
        }
        "/bitbucket_data_center/rest/api/1.0/users/ada_acme" => {
            json(200, r#"{"name": "ada@acme", "slug": "ada_acme"}"#)
        }
        _ => json(404, "{}"),
    }
}

fn is_signed(key: &PublicKey, seen: &imitation::Seen, header: &str, signature: &[u8]) -> bool {
    let encode = |text: &str| percent_encoding::utf8_percent_encode(text, super::endpoints::RESERVED).to_string();
    let names = [
        "oauth_consumer_key",
        "oauth_nonce",
        "oauth_signature_method",
        "oauth_timestamp",
        "oauth_token",
        "oauth_version",
    ];
    let parameters: Vec<String> = names.map(|name| format!("{name}={}", encode(&signed(header, name)))).to_vec();
    let place = format!("http://{}{}", seen.header("host").unwrap(), seen.path());
    let text = format!("{}&{}&{}", seen.method, encode(&place), encode(&parameters.join("&")));
    key.pkcs1v15_verify_prehash::<Sha1>(&Sha1::digest(text.as_bytes()), signature).is_ok()
}

#[test]
fn calls_are_signed_and_a_user_name_becomes_a_slug() {
    let outbound = outbound();
    let imitation = Imitation::start(bitbucket);
    let (key, token) = (private_key(), secret("at"));
    let access = Access::OAuth1 { application: application(&key), token: &token };
    assert_eq!(provider(&imitation, &outbound).user(&access, None).unwrap().name, "ada@acme");
    assert_eq!(imitation.seen().len(), 2);
}

#[test]
fn a_context_path_is_kept() {
    let outbound = outbound();
    let imitation = Imitation::start(|seen| match seen.path() {
        "/context/plugins/servlet/applinks/whoami" => reply(200, &["content-type: text/plain"], "ada"),
        "/context/rest/api/1.0/users/ada" => json(200, r#"{"name": "ada"}"#),
        _ => html(404),
    });
    let http = format!("{}/context", imitation.origin());
    let endpoints = Endpoints::of(KIND, &http, &imitation.origin(), None).unwrap();
    let user = of_kind(KIND, endpoints, &outbound).user(&Access::Stored(&secret("BBDC-x")), None);
    assert_eq!(user.unwrap().name, "ada");
    assert_eq!(imitation.seen()[0].header("authorization"), Some("Bearer BBDC-x"));
}

#[test]
fn anonymous_and_signed_out_users_are_none() {
    let outbound = outbound();
    let kind = "content-type: application/json";
    for (answer, failure) in [
        (reply(200, &["content-type: text/plain"], ""), Failure::Unauthorized),
        (html(200), Failure::NotJson),
        (
            reply(401, &[kind], r#"{"errors": [{"message": "x", "exceptionName": "com.atlassian.bitbucket.auth.X"}]}"#),
            Failure::Unauthorized,
        ),
        (
            json(401, r#"{"errors": [{"exceptionName": "com.atlassian.bitbucket.AuthorisationException"}]}"#),
            Failure::Forbidden,
        ),
        (reply(401, &[r#"www-authenticate: OAuth oauth_problem="token_expired""#], ""), Failure::Unauthorized),
        (
            reply(401, &[r#"www-authenticate: OAuth oauth_problem="timestamp_refused""#], ""),
            Failure::Refused(Refusal::Clock),
        ),
    ] {
        let imitation = Imitation::saying(answer);
        let user = provider(&imitation, &outbound).user(&Access::Stored(&secret("t")), None);
        assert_eq!(user, Err(failure));
    }
}

#[test]
fn a_page_begins_where_the_one_before_says() {
    let outbound = outbound();
    let repository = |n: u32| format!(r#"{{"slug": "r{n}", "name": "R{n}", "project": {{"key": "~ADA"}}}}"#);
    let imitation = Imitation::start(move |seen| match seen.query("start").as_deref() {
        Some("0") => json(
            200,
            &format!(r#"{{"values": [{}], "isLastPage": false, "start": 0, "nextPageStart": 40}}"#, repository(1)),
        ),
        Some("40") => {
            json(200, &format!(r#"{{"values": [{}], "isLastPage": true, "nextPageStart": null}}"#, repository(2)))
        }
        _ => json(500, "{}"),
    });
    let provider = provider(&imitation, &outbound);
    let token = secret("t");
    let list = provider.repositories(&Access::Stored(&token), None, PAGE).unwrap();
    let identifiers: Vec<&str> = list.items.iter().map(|item| item.identifier.as_str()).collect();
    assert_eq!((identifiers, list.next), (vec!["~ADA/r1", "~ADA/r2"], None));
    assert_eq!(imitation.seen()[0].query("permission").as_deref(), Some("REPO_READ"));
    let second = provider.repositories(&Access::Stored(&token), None, Page { number: 2, size: 1 }).unwrap();
    assert_eq!(second.items[0].identifier, "~ADA/r2");
}

#[test]
fn a_list_that_does_not_move_on_ends() {
    let outbound = outbound();
    let imitation = Imitation::saying(json(200, r#"{"values": [], "isLastPage": false, "nextPageStart": 0}"#));
    let projects = provider(&imitation, &outbound).organizations(&Access::Stored(&secret("t")));
    assert_eq!(projects, Ok(vec![]));
    assert_eq!(imitation.seen().len(), 1);
}

#[test]
fn directories_are_those_of_the_files() {
    let outbound = outbound();
    let imitation =
        Imitation::saying(json(200, r#"{"values": ["main.tf", "a/b/x.tf", "a/y.tf"], "isLastPage": true}"#));
    let tree = provider(&imitation, &outbound).tree(&Access::Stored(&secret("t")), "NET/infra", Some("refs/heads/x"));
    assert_eq!(tree.unwrap().directories, ["a", "a/b"]);
    let seen = imitation.only();
    assert_eq!(seen.path(), "/bitbucket_data_center/rest/api/1.0/projects/NET/repos/infra/files");
    assert_eq!(seen.query("at").as_deref(), Some("refs/heads/x"));
}

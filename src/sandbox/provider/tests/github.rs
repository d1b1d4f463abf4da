use super::*;

const PAGE: &str = "/github/login/oauth/authorize";
const TOKEN: &str = "/github/login/oauth/access_token";
const JSON: (&str, &str) = ("Accept", "application/json");

fn exchange(demo: &Demo, code: &str, more: &[(&str, &str)]) -> Answer {
    let form = [("client_id", "an-app"), ("client_secret", "a-secret"), ("code", code)];
    demo.post(TOKEN, &[&form, more].concat(), &[JSON]).is(200)
}

fn token(demo: &Demo) -> String {
    exchange(demo, &demo.code(PAGE, &[]), &[]).text("/access_token")
}

#[test]
fn a_code_becomes_a_token_that_does_not_expire() {
    let demo = Demo::new();
    let token = token(&demo);
    assert!(token.starts_with("gho_") && token.len() == 40, "{token}");
    demo.passes(10 * 365 * 24 * 60 * 60);
    let answer = demo.get_as(&token, "/github/api/user").is(200);
    assert_eq!((answer.text("/login"), answer.header("X-OAuth-Scopes")), ("ada".to_owned(), Some("api")));
}

#[test]
fn the_answer_is_a_form_unless_json_is_asked_for() {
    let demo = Demo::new();
    let code = demo.code(PAGE, &[]);
    let form = [("client_id", "an-app"), ("client_secret", "a-secret"), ("code", &code)];
    let answer = demo.post(TOKEN, &form, &[]).is(200);
    assert_eq!(answer.header("Content-Type"), Some("application/x-www-form-urlencoded; charset=utf-8"));
    assert_eq!(answer.member("token_type").as_deref(), Some("bearer"));
    let answer = demo.post(TOKEN, &form, &[]).is(200);
    assert_eq!(answer.member("error").as_deref(), Some("bad_verification_code"));
}

#[test]
fn a_code_is_bound_to_its_client_redirect_uri_and_verifier_and_used_once() {
    let demo = Demo::new();
    let pkce = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let verifier = ("code_verifier", VERIFIER);
    let error = |code: &str, more: &[(&str, &str)]| exchange(&demo, code, more).text("/error");
    assert_eq!(
        error(&demo.code(PAGE, &[]), &[("redirect_uri", "https://other.example.com/")]),
        "redirect_uri_mismatch"
    );
    assert_eq!(error(&demo.code(PAGE, &pkce), &[]), "bad_verification_code");
    assert_eq!(error(&demo.code(PAGE, &pkce), &[("code_verifier", CHALLENGE)]), "bad_verification_code");
    assert_eq!(error(&demo.code(PAGE, &[]), &[verifier]), "bad_verification_code");
    assert_eq!(error("unknown", &[]), "bad_verification_code");

    let code = demo.code(PAGE, &pkce);
    let of_others = [("client_id", "another"), ("client_secret", "x"), ("code", &code), verifier];
    assert_eq!(demo.post(TOKEN, &of_others, &[JSON]).text("/error"), "bad_verification_code");
    for secret in ["", "wrong", "wrong-one"] {
        let form = [("client_id", "an-app"), ("client_secret", secret), ("code", &code), verifier];
        assert_eq!(demo.post(TOKEN, &form, &[JSON]).text("/error"), "incorrect_client_credentials", "{secret}");
    }
    // None of them has spent it.
    exchange(&demo, &code, &[verifier, ("redirect_uri", CALLBACK)]).text("/access_token");
    assert_eq!(error(&code, &[verifier]), "bad_verification_code");

    let late = demo.code(PAGE, &[]);
    demo.passes(600);
    assert_eq!(error(&late, &[]), "bad_verification_code");
    // What belongs to one kind is nothing to another.
    let code = demo.code("/github_enterprise/login/oauth/authorize", &[]);
    assert_eq!(error(&code, &[]), "bad_verification_code");
}

#[test]
fn repositories_come_in_pages() {
    let demo = Demo::new();
    let first = demo.get_as("personal", "/github/api/user/repos?per_page=100").is(200);
    assert_eq!(first.json().as_array().unwrap().len(), 10);
    let link = first.header("Link").unwrap();
    assert!(link.contains("<http://127.0.0.1:7000/github/api/user/repos?page=2&per_page=10>; rel=\"next\""), "{link}");
    let last = demo.get_as("personal", "/github/api/user/repos?per_page=10&page=3").is(200);
    assert_eq!(last.json().as_array().unwrap().len(), 5);
    assert!(!last.header("Link").unwrap().contains("rel=\"next\""));
    for odd in ["page=0", "page=-1", "page=x", "per_page=0", "page=99999999999999999999"] {
        assert!(demo.get_as("personal", &format!("/github/api/user/repos?{odd}")).is(200).header("Link").is_some());
    }
    assert_eq!(demo.get_as("personal", "/github/api/user/repos?page=18446744073709551615").is(200).body, "[]");
}

#[test]
fn a_repository_has_branches_and_directories() {
    let demo = Demo::new();
    let get = |path: &str| demo.get_as("personal", &format!("/github_enterprise/api/v3/repos/acme/infra{path}"));
    assert_eq!(get("").is(200).text("/clone_url"), "http://127.0.0.1:7000/github_enterprise/acme/infra.git");
    assert_eq!(texts(&get("/branches").is(200).json(), "/name"), ["main", "develop"]);
    let sha = get("/branches/develop").is(200).text("/commit/sha");
    let tree = get(&format!("/git/trees/{sha}?recursive=1")).is(200).json();
    assert!(texts(&tree["tree"], "/path").contains(&"experiments".to_owned()));
    assert_eq!(texts(&get("/contents/modules/").is(200).json(), "/path"), ["modules/compute", "modules/network"]);
    for missing in ["/branches/none", "/git/trees/none", "/contents/none", "/contents/main.tf", "/hooks"] {
        get(missing).is(404);
    }
    demo.get_as("personal", "/github/api/repos/acme/none").is(404);
    // The other kind's prefix is none of this one's.
    demo.get_as("personal", "/github/api/v3/user").is(404);
    demo.get_as("personal", "/github_enterprise/api/user").is(404);
}

#[test]
fn tokens_that_are_not_good_are_refused() {
    let demo = Demo::new();
    let unknown = format!("gho_{}", "0".repeat(36));
    for token in ["revoked", "revoked-since", "expired", &unknown] {
        assert_eq!(demo.get_as(token, "/github/api/user").is(401).text("/message"), "Bad credentials", "{token}");
    }
    for token in ["", " "] {
        assert_eq!(demo.get_as(token, "/github/api/user").is(401).text("/message"), "Requires authentication");
    }
    demo.get("/github/api/user").is(401);
    for header in [basic("anything", "personal"), "token personal".to_owned()] {
        demo.send(Method::Get, "/github/api/user", &[("Authorization", &header)], "").is(200);
    }
}

#[test]
fn the_application_revokes_its_own_tokens_only() {
    let demo = Demo::new();
    let token = token(&demo);
    let revoke = |id: &str, secret: &str, token: &str| {
        let headers = [("Authorization", &*basic(id, secret)), ("Content-Type", "application/json")];
        let body = serde_json::json!({"access_token": token}).to_string();
        demo.send(Method::Delete, "/github/api/applications/an-app/token", &headers, &body).status
    };
    assert_eq!(revoke("another", "a-secret", &token), 401);
    assert_eq!(revoke("an-app", "wrong", &token), 401);
    assert_eq!(revoke("an-app", "a-secret", "gho_unknown"), 422);
    demo.get_as(&token, "/github/api/user").is(200);
    assert_eq!(revoke("an-app", "a-secret", &token), 204);
    demo.get_as(&token, "/github/api/user").is(401);
    assert_eq!(revoke("an-app", "a-secret", &token), 422);
}

use super::*;

const TOKEN: &str = "/bitbucket_hosted/site/oauth2/access_token";

fn exchange(demo: &Demo, form: &[(&str, &str)]) -> Answer {
    demo.post(TOKEN, form, &[("Authorization", &basic("an-app", "a-secret"))])
}

fn connect(demo: &Demo) -> Answer {
    let code = demo.code("/bitbucket_hosted/site/oauth2/authorize", &[]);
    exchange(demo, &[("grant_type", "authorization_code"), ("code", &code)]).is(200)
}

#[test]
fn the_consumer_proves_itself_by_basic_authentication_only() {
    let demo = Demo::new();
    let form = [("grant_type", "authorization_code"), ("code", "x")];
    let in_body = [&form[..], &[("client_id", "an-app"), ("client_secret", "a-secret")]].concat();
    assert_eq!(demo.post(TOKEN, &in_body, &[]).is(401).text("/error"), "invalid_client");
    assert_eq!(exchange(&demo, &form).is(400).text("/error"), "invalid_grant");
}

#[test]
fn refresh_tokens_rotate_and_the_access_token_lives_on() {
    let demo = Demo::new();
    let first = connect(&demo);
    let refresh = |token: &str| exchange(&demo, &[("grant_type", "refresh_token"), ("refresh_token", token)]);
    let second = refresh(&first.text("/refresh_token")).is(200);
    refresh(&first.text("/refresh_token")).is(400);
    for pair in [&first, &second] {
        demo.get_as(&pair.text("/access_token"), "/bitbucket_hosted/2.0/user").is(200);
    }
    demo.passes(7200);
    let late = demo.get_as(&second.text("/access_token"), "/bitbucket_hosted/2.0/user").is(401);
    assert!(late.text("/error/message").starts_with("Access token expired."));
    demo.passes(90 * 24 * 60 * 60);
    refresh(&second.text("/refresh_token")).is(400);
}

#[test]
fn repositories_are_listed_by_workspace_and_the_next_page_is_a_url() {
    let demo = Demo::new();
    let get = |path: &str| demo.get_as("personal", &format!("/bitbucket_hosted/2.0{path}"));
    let workspaces = get("/user/workspaces").is(200).json();
    assert_eq!(texts(&workspaces["values"], "/workspace/slug"), ["acme", "acme-labs"]);
    let first = get("/repositories/acme?role=member&pagelen=100").is(200);
    assert_eq!(
        first.text("/next"),
        "http://127.0.0.1:7000/bitbucket_hosted/2.0/repositories/acme?role=member&pagelen=100&page=2"
    );
    let last = get("/repositories/acme?pagelen=100&page=2").is(200).json();
    assert!(last["values"].as_array().unwrap().len() == 8 && last.get("next").is_none());
    for gone in ["/repositories", "/workspaces", "/user/permissions/repositories"] {
        get(gone).is(410);
    }
    get("/repositories/nothing").is(404);
    let repository = get("/repositories/acme/infra").is(200);
    assert!(repository.header("X-OAuth-Scopes").unwrap().contains("repository:admin"));
    assert!(repository.text("/links/clone/0/href").starts_with("http://ada@127.0.0.1:7000/bitbucket_hosted/acme/"));
    assert_eq!(repository.text("/mainbranch/name"), "main");
}

#[test]
fn directories_are_listed_as_deep_as_is_asked_for() {
    let demo = Demo::new();
    let get = |path: &str| demo.get_as("personal", &format!("/bitbucket_hosted/2.0/repositories/acme/infra{path}"));
    assert_eq!(texts(&get("/refs/branches").is(200).json()["values"], "/name"), ["main", "develop"]);
    let to = get("/src").is(302);
    let to = to.header("Location").unwrap();
    assert!(to.starts_with("http://127.0.0.1:7000/bitbucket_hosted/2.0/repositories/acme/infra/src/"), "{to}");
    let directories = |query: &str| {
        let path = format!("/src/main/?q=type%3D%22commit_directory%22{query}");
        texts(&get(&path).is(200).json()["values"], "/path")
    };
    assert_eq!(directories(""), ["environments", "modules"]);
    assert_eq!(directories("&max_depth=9").len(), 6);
    assert_eq!(
        texts(&get("/src/main/modules").is(200).json()["values"], "/path"),
        ["modules/compute", "modules/network"]
    );
    get("/src/none/").is(404);
    get("/src/main/none").is(404);
    get("/src/main/?q=nonsense").is(400);
}

#[test]
fn tokens_that_are_not_good_are_refused() {
    let demo = Demo::new();
    for token in ["revoked", "expired", &format!("{}=", "a".repeat(83))] {
        assert_eq!(demo.get_as(token, "/bitbucket_hosted/2.0/user").is(401).text("/type"), "error", "{token}");
    }
    demo.get("/bitbucket_hosted/2.0/user").is(401);
    // Only in the header.
    let token = connect(&demo).text("/access_token");
    demo.get(&format!("/bitbucket_hosted/2.0/user?access_token={token}")).is(401);
}

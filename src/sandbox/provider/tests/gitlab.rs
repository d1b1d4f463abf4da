use super::*;

const KINDS: [&str; 3] = ["gitlab_hosted", "gitlab_community_edition", "gitlab_enterprise_edition"];
const CLIENT: [(&str, &str); 2] = [("client_id", "an-app"), ("client_secret", "a-secret")];

fn connect(demo: &Demo, kind: &str) -> Answer {
    let code = demo.code(&format!("/{kind}/oauth/authorize"), &[("response_type", "code")]);
    let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK)];
    demo.post(&format!("/{kind}/oauth/token"), &[&CLIENT[..], &form].concat(), &[]).is(200)
}

fn refresh(demo: &Demo, kind: &str, token: &str) -> Answer {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token), ("redirect_uri", CALLBACK)];
    demo.post(&format!("/{kind}/oauth/token"), &[&CLIENT[..], &form].concat(), &[])
}

#[test]
fn each_refresh_ends_the_pair_before_it() {
    let demo = Demo::new();
    for kind in KINDS {
        let user = format!("/{kind}/api/v4/user");
        let first = connect(&demo, kind);
        assert_eq!((first.json()["expires_in"].clone(), first.text("/token_type")), (7200.into(), "bearer".to_owned()));
        assert_eq!(first.text("/access_token").len(), 64);
        demo.get_as(&first.text("/access_token"), &user).is(200);
        let second = refresh(&demo, kind, &first.text("/refresh_token")).is(200);
        let old = demo.get_as(&first.text("/access_token"), &user).is(401);
        assert_eq!(old.text("/error"), "invalid_token");
        assert_eq!(refresh(&demo, kind, &first.text("/refresh_token")).is(400).text("/error"), "invalid_grant");
        demo.get_as(&second.text("/access_token"), &user).is(200);
        // An access token is no refresh token.
        assert_eq!(refresh(&demo, kind, &second.text("/access_token")).is(400).text("/error"), "invalid_grant");
        demo.passes(7200);
        let late = demo.get_as(&second.text("/access_token"), &user).is(401);
        assert!(late.text("/error_description").starts_with("Token is expired."));
        refresh(&demo, kind, &second.text("/refresh_token")).is(200);
    }
}

#[test]
fn what_the_token_endpoint_is_not_told_right_is_an_error_of_the_standard() {
    let demo = Demo::new();
    let post = |form: &[(&str, &str)]| demo.post("/gitlab_hosted/oauth/token", form, &[]);
    let code = demo.code("/gitlab_hosted/oauth/authorize", &[]);
    let grant = ("grant_type", "authorization_code");
    for (form, status, error) in [
        (vec![grant, ("code", &code), ("redirect_uri", CALLBACK)], 401, "invalid_client"),
        (vec![CLIENT[0], ("client_secret", "wrong")], 401, "invalid_client"),
        (vec![("client_id", "unknown-app"), CLIENT[1]], 401, "invalid_client"),
        (vec![CLIENT[0], CLIENT[1]], 400, "invalid_request"),
        (vec![CLIENT[0], CLIENT[1], ("grant_type", "password")], 400, "unsupported_grant_type"),
        (vec![CLIENT[0], CLIENT[1], grant], 400, "invalid_request"),
        (vec![CLIENT[0], CLIENT[1], grant, ("code", &code), ("code", "x")], 400, "invalid_request"),
        (vec![CLIENT[0], CLIENT[1], grant, ("code", &code)], 400, "invalid_request"),
        (vec![CLIENT[0], CLIENT[1], grant, ("code", &code), ("redirect_uri", CALLBACK)], 400, "invalid_grant"),
        (vec![CLIENT[0], CLIENT[1], ("grant_type", "refresh_token")], 400, "invalid_request"),
    ] {
        assert_eq!(post(&form).is(status).text("/error"), error, "{form:?}");
    }
}

#[test]
fn either_token_revokes_the_pair() {
    let demo = Demo::new();
    for which in ["/access_token", "/refresh_token"] {
        let pair = connect(&demo, KINDS[0]);
        let form = [CLIENT[0], CLIENT[1], ("token", &pair.text(which))].map(|(n, v)| (n, v.to_owned()));
        let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
        demo.post("/gitlab_hosted/oauth/revoke", &form, &[]).is(200);
        let answer = demo.get_as(&pair.text("/access_token"), "/gitlab_hosted/api/v4/user").is(401);
        assert!(answer.text("/error_description").starts_with("Token was revoked."));
        refresh(&demo, KINDS[0], &pair.text("/refresh_token")).is(400);
    }
    // As GitLab does it: the answer to an expired token is the same, and its refresh token is as good as before.
    let pair = connect(&demo, KINDS[0]);
    demo.passes(7200);
    let token = pair.text("/access_token");
    demo.post("/gitlab_hosted/oauth/revoke", &[CLIENT[0], CLIENT[1], ("token", &token)], &[]).is(200);
    refresh(&demo, KINDS[0], &pair.text("/refresh_token")).is(200);
    demo.post("/gitlab_hosted/oauth/revoke", &[CLIENT[0], CLIENT[1], ("token", "unknown")], &[]).is(200);
    demo.post("/gitlab_hosted/oauth/revoke", &[CLIENT[0], ("token", "x")], &[]).is(401);
}

#[test]
fn projects_are_found_by_path_and_listed_by_page() {
    let demo = Demo::new();
    let get = |path: &str| {
        demo.send(Method::Get, &format!("/gitlab_hosted/api/v4{path}"), &[("PRIVATE-TOKEN", "glpat-x")], "")
    };
    let project = get("/projects/acme%2Flabs%2Fedge").is(200);
    assert_eq!(project.text("/namespace/full_path"), "acme/labs");
    let id = project.json()["id"].to_string();
    assert_eq!(get(&format!("/projects/{id}")).is(200).text("/path_with_namespace"), "acme/labs/edge");
    get("/projects/acme/labs/edge").is(404);
    let page = get("/projects?membership=true&per_page=100&page=3").is(200);
    assert_eq!((page.header("X-Next-Page"), page.header("X-Total")), (Some(""), Some("25")));
    let link = get("/projects?membership=true").is(200);
    let link = link.header("Link").unwrap();
    assert!(
        link.contains("/gitlab_hosted/api/v4/projects?membership=true&per_page=10&page=2>; rel=\"next\""),
        "{link}"
    );
    assert_eq!(texts(&get("/groups").is(200).json(), "/full_path"), ["acme", "acme/labs"]);
    get("/groups/acme%2Flabs").is(200);
    let total = |path: &str| get(path).is(200).header("X-Total").map(str::to_owned);
    assert_eq!(total("/groups/acme/projects").as_deref(), Some("18"));
    assert_eq!(total("/groups/acme/projects?include_subgroups=true").as_deref(), Some("25"));
    get("/groups/none/projects").is(404);
    let inner = |path: &str| get(&format!("/projects/acme%2Finfra/repository/{path}"));
    let directories = inner("tree?ref=develop&recursive=true&per_page=10").is(200).json();
    assert!(texts(&directories, "/path").contains(&"environments/production".to_owned()));
    assert_eq!(texts(&inner("tree?path=modules/").is(200).json(), "/name"), ["compute", "network"]);
    assert_eq!(texts(&inner("branches").is(200).json(), "/name"), ["main", "develop"]);
    inner("branches/none").is(404);
    inner("tree?ref=none").is(404);
}

#[test]
fn personal_tokens_are_refused_in_other_words() {
    let demo = Demo::new();
    for token in ["", "revoked", "expired", &"0".repeat(64)] {
        let answer = demo.send(Method::Get, "/gitlab_hosted/api/v4/user", &[("Private-Token", token)], "").is(401);
        assert_eq!(answer.text("/message"), "401 Unauthorized", "{token}");
    }
    assert_eq!(demo.get("/gitlab_hosted/api/v4/user").is(401).text("/message"), "401 Unauthorized");
    // What one GitLab has issued is unknown to another.
    let token = connect(&demo, KINDS[0]).text("/access_token");
    demo.get_as(&token, "/gitlab_community_edition/api/v4/user").is(401);
}

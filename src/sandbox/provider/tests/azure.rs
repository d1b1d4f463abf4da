use super::*;

const IDENTITY: &str = "/ado_services/identity/a-tenant/oauth2/v2.0";
const CLIENT: [(&str, &str); 2] = [("client_id", "an-app"), ("client_secret", "a-secret")];

fn connect(demo: &Demo, scope: &str) -> Answer {
    let asked = [CLIENT[0], ("redirect_uri", CALLBACK), ("response_type", "code"), ("scope", scope)];
    let decided = [("user", "ada"), ("decision", "allow")];
    let answer = demo.post(&format!("{IDENTITY}/authorize"), &[&asked[..], &decided].concat(), &[]).is(302);
    let code = answer.parameter("code").unwrap();
    let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK)];
    demo.post(&format!("{IDENTITY}/token"), &[&CLIENT[..], &form].concat(), &[]).is(200)
}

fn refresh(demo: &Demo, token: &str) -> Answer {
    let form = [CLIENT[0], CLIENT[1], ("grant_type", "refresh_token"), ("refresh_token", token)];
    demo.post(&format!("{IDENTITY}/token"), &form, &[])
}

fn with_token(demo: &Demo, token: &str, path: &str) -> Answer {
    let headers = [("Authorization", &*basic("", token)), ("X-TFS-FedAuthRedirect", "Suppress")];
    demo.send(Method::Get, path, &headers, "")
}

#[test]
fn only_offline_access_brings_a_refresh_token_and_an_old_one_stays_good() {
    let demo = Demo::new();
    assert!(connect(&demo, "vso.code").json().get("refresh_token").is_none());
    let first = connect(&demo, "vso.code offline_access");
    assert!(first.text("/access_token").starts_with("eyJ") && first.text("/access_token").matches('.').count() == 2);
    for _ in 0..2 {
        refresh(&demo, &first.text("/refresh_token")).is(200);
    }
    demo.passes(3600);
    let headers = [("Authorization", &*format!("Bearer {}", first.text("/access_token")))];
    let late = demo.send(Method::Get, "/ado_services/acme/_apis/connectionData", &headers, "").is(203);
    assert_eq!(late.header("Content-Type"), Some("text/html; charset=utf-8"));
    demo.passes(90 * 24 * 60 * 60);
    let refused = refresh(&demo, &first.text("/refresh_token")).is(400);
    assert_eq!(refused.text("/error"), "invalid_grant");
    assert!(refused.text("/error_description").starts_with("AADSTS"));
}

#[test]
fn who_it_is_and_where_it_belongs() {
    let demo = Demo::new();
    let token = connect(&demo, "vso.code").text("/access_token");
    let get = |path: &str| demo.get_as(&token, &format!("/ado_services{path}"));
    let me = get("/profile/_apis/profile/profiles/me?api-version=7.1").is(200);
    assert_eq!(me.text("/emailAddress"), "ada@example.com");
    let accounts = get(&format!("/profile/_apis/accounts?memberId={}", me.text("/id"))).is(200);
    assert_eq!(texts(&accounts.json()["value"], "/accountName"), ["acme", "acme-labs"]);
    assert_eq!(get("/profile/_apis/accounts?memberId=another").is(200).json()["count"], 0);
    assert_eq!(
        get("/acme/_apis/connectionData").is(200).text("/authenticatedUser/providerDisplayName"),
        "Ada Lovelace"
    );
    get("/another/_apis/connectionData").is(404);
}

#[test]
fn repositories_lie_in_projects() {
    let demo = Demo::new();
    for (kind, organization) in [("ado_services", "acme"), ("ado_server", "defaultcollection")] {
        let get = |path: &str| with_token(&demo, "personal", &format!("/{kind}/{organization}{path}"));
        assert_eq!(get("/_apis/git/repositories?api-version=7.1").is(200).json()["count"], 18);
        assert_eq!(get("/platform/_apis/git/repositories").is(200).json()["count"], 9);
        assert_eq!(texts(&get("/_apis/projects").is(200).json()["value"], "/name"), ["platform", "services"]);
        let continued = get("/_apis/projects?$top=1").is(200);
        assert_eq!(continued.header("x-ms-continuationtoken"), Some("1"));
        let infra = get("/platform/_apis/git/repositories/infra").is(200);
        assert!(infra.text("/remoteUrl").ends_with("/platform/_git/infra"));
        get(&format!("/_apis/git/repositories/{}", infra.text("/id"))).is(200);
        let refs = get("/platform/_apis/git/repositories/infra/refs?filter=heads/dev").is(200);
        assert_eq!(texts(&refs.json()["value"], "/name"), ["refs/heads/develop"]);
        let items = "/platform/_apis/git/repositories/infra/items";
        let query = "recursionLevel=OneLevel&scopePath=/modules&versionDescriptor.version=develop";
        let listed = get(&format!("{items}?{query}")).is(200).json();
        assert_eq!(texts(&listed["value"], "/path"), ["/modules", "/modules/compute", "/modules/network"]);
        for missing in [
            "/none/_apis/git/repositories",
            "/services/_apis/git/repositories/infra",
            "/platform/_apis/git/repositories/infra/items?scopePath=/none",
            "/platform/_apis/git/repositories/infra/items?versionDescriptor.version=none",
        ] {
            get(missing).is(404).text("/typeKey");
        }
    }
}

#[test]
fn a_server_has_collections_and_no_oauth() {
    let demo = Demo::new();
    let collections = with_token(&demo, "personal", "/ado_server/_apis/projectCollections").is(200).json();
    assert_eq!(texts(&collections["value"], "/name"), ["DefaultCollection", "Labs"]);
    with_token(&demo, "personal", "/ado_server/_apis/connectionData").is(200);
    demo.get("/ado_server/identity/t/oauth2/v2.0/authorize?client_id=a").is(203);
    demo.post("/ado_server/identity/t/oauth2/v2.0/token", &CLIENT, &[]).is(404);
    // There is no such thing above the organizations.
    with_token(&demo, "personal", "/ado_services/_apis/connectionData").is(404);
}

#[test]
fn what_is_refused_is_a_page_unless_the_client_asks_for_an_error() {
    let demo = Demo::new();
    for token in ["", "revoked", "expired", "eyJa.b.c"] {
        let path = "/ado_server/DefaultCollection/_apis/git/repositories";
        let suppressed = with_token(&demo, token, path).is(401);
        assert_eq!(suppressed.text("/typeKey"), "UnauthorizedRequestException", "{token}");
        assert_eq!(suppressed.header("X-TFS-ServiceError").is_some(), token == "expired");
        let page = demo.send(Method::Get, path, &[("Authorization", &basic("", token))], "").is(203);
        assert!(page.body.starts_with("<!doctype html>"));
    }
    demo.send(Method::Options, "/ado_services/acme/_apis", &[], "").is(200);
}

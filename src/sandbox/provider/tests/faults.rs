use super::*;

/// For each kind: who am I, and its repositories. The header that carries a personal token is the same for all.
const CALLS: [(&str, &str, &str); 11] = [
    ("github", "/api/user", "/api/user/repos"),
    ("github_enterprise", "/api/v3/user", "/api/v3/user/repos"),
    ("gitlab_hosted", "/api/v4/user", "/api/v4/projects"),
    ("gitlab_community_edition", "/api/v4/user", "/api/v4/projects"),
    ("gitlab_enterprise_edition", "/api/v4/user", "/api/v4/projects"),
    ("bitbucket_hosted", "/2.0/user", "/2.0/repositories/acme"),
    ("bitbucket_server", "/plugins/servlet/applinks/whoami", "/rest/api/1.0/repos"),
    ("bitbucket_server_legacy", "/plugins/servlet/applinks/whoami", "/rest/api/1.0/repos"),
    ("bitbucket_data_center", "/plugins/servlet/applinks/whoami", "/rest/api/1.0/repos"),
    ("ado_server", "/_apis/connectionData", "/DefaultCollection/_apis/git/repositories"),
    ("ado_services", "/acme/_apis/connectionData", "/acme/_apis/git/repositories"),
];

fn statuses(demo: &Demo) -> Vec<(u16, u16)> {
    let ask = |kind: &str, path: &str| {
        let headers = [("Authorization", "Bearer personal"), ("X-TFS-FedAuthRedirect", "Suppress")];
        demo.send(Method::Get, &format!("/{kind}{path}"), &headers, "").status
    };
    CALLS.iter().map(|(kind, user, repositories)| (ask(kind, user), ask(kind, repositories))).collect()
}

fn control(demo: &Demo, method: Method, target: &str, body: &str) -> Answer {
    demo.send(method, target, &[("Content-Type", "application/json")], body)
}

#[test]
fn every_kind_has_every_fault_and_is_well_after_it() {
    let demo = Demo::new();
    assert_eq!(CALLS.map(|(kind, ..)| kind).to_vec(), ServiceProvider::ALL.map(ServiceProvider::identifier).to_vec());
    for fault in super::super::faults::NAMES {
        demo.fault("all", fault);
        for ((kind, ..), (user, repositories)) in CALLS.iter().zip(statuses(&demo)) {
            let expected = match fault {
                "revoked" | "expired" => (401, 401),
                "server-error" => (503, 503),
                "html" | "slow" => (200, 200),
                // The words of each kind for it.
                _ if kind.starts_with("bitbucket_server") || *kind == "bitbucket_data_center" => (200, 401),
                _ => (200, 403),
            };
            assert_eq!((user, repositories), expected, "{kind}: {fault}");
        }
        control(&demo, Method::Delete, "/_faults", "").is(200);
        assert!(statuses(&demo).iter().all(|both| *both == (200, 200)), "after {fault}");
    }
    assert_eq!(demo.pauses.lock().unwrap().len(), 22);
}

#[test]
fn a_fault_is_of_one_kind_and_spares_the_pages() {
    let demo = Demo::new();
    demo.fault("github", "html");
    let page = demo.get_as("personal", "/github/api/user").is(200);
    assert!(
        page.header("Content-Type") == Some("text/html; charset=utf-8") && page.body.starts_with("<!doctype html>")
    );
    assert_eq!(demo.get_as("personal", "/gitlab_hosted/api/v4/user").is(200).text("/username"), "ada");
    demo.code("/github/login/oauth/authorize", &[]);
    demo.fault("github", "none");
    assert_eq!(demo.get_as("personal", "/github/api/user").is(200).text("/login"), "ada");
}

#[test]
fn what_expires_now_can_be_refreshed_and_what_is_revoked_cannot() {
    let demo = Demo::new();
    let client = [("client_id", "an-app"), ("client_secret", "a-secret"), ("redirect_uri", CALLBACK)];
    let token = |form: &[(&str, &str)]| demo.post("/gitlab_hosted/oauth/token", &[&client, form].concat(), &[]);
    let user = |pair: &Answer| demo.get_as(&pair.text("/access_token"), "/gitlab_hosted/api/v4/user");
    let code = demo.code("/gitlab_hosted/oauth/authorize", &[]);
    let first = token(&[("grant_type", "authorization_code"), ("code", &code)]).is(200);
    demo.fault("gitlab_hosted", "expired");
    assert!(user(&first).is(401).text("/error_description").starts_with("Token is expired."));
    let refresh =
        |pair: &Answer| token(&[("grant_type", "refresh_token"), ("refresh_token", &pair.text("/refresh_token"))]);
    let second = refresh(&first).is(200);
    user(&second).is(200);
    demo.fault("gitlab_hosted", "revoked");
    assert!(user(&second).is(401).text("/error_description").starts_with("Token was revoked."));
    assert_eq!(refresh(&second).is(400).text("/error"), "invalid_grant");
}

#[test]
fn faults_are_listed_and_cleared_one_by_one() {
    let demo = Demo::new();
    let set = |body: &str| control(&demo, Method::Post, "/_faults", body).is(200).json()["faults"].clone();
    set(r#"{"kind": "github", "fault": "slow", "milliseconds": 30000}"#);
    set(r#"{"kind": "github", "fault": "slow", "milliseconds": 250}"#);
    let all = set(r#"{"kind": "ado_server", "fault": "revoked"}"#);
    assert_eq!(
        all,
        serde_json::json!([{"kind": "github", "fault": "slow", "milliseconds": 250},
                           {"kind": "ado_server", "fault": "revoked"}])
    );
    demo.get_as("personal", "/github/api/user").is(200);
    assert_eq!(*demo.pauses.lock().unwrap(), [Duration::from_millis(250)]);
    assert_eq!(demo.get("/_faults").is(200).json()["faults"], all);
    control(&demo, Method::Delete, "/_faults?kind=github&fault=revoked", "").is(200);
    assert_eq!(demo.get("/_faults").json()["faults"], all);
    let left = control(&demo, Method::Delete, "/_faults?kind=github", "").is(200).json();
    assert_eq!(texts(&left["faults"], "/kind"), ["ado_server"]);
    control(&demo, Method::Delete, "/_faults?fault=revoked", "").is(200);
    assert_eq!(demo.get("/_faults").body, r#"{"faults":[]}"#);
}

#[test]
fn what_is_no_fault_is_refused_and_changes_nothing() {
    let demo = Demo::new();
    for body in [
        "",
        "[]",
        "{",
        r#"{"fault": "slow"}"#,
        r#"{"kind": "gitea", "fault": "slow"}"#,
        r#"{"kind": "github"}"#,
        r#"{"kind": "github", "fault": "sleepy"}"#,
        r#"{"kind": "github", "fault": null}"#,
        r#"{"kind": "github", "fault": "slow", "milliseconds": 30001}"#,
        r#"{"kind": "github", "fault": "slow", "milliseconds": -1}"#,
        r#"{"kind": "github", "fault": "slow", "milliseconds": "soon"}"#,
    ] {
        control(&demo, Method::Post, "/_faults", body).is(422);
    }
    control(&demo, Method::Delete, "/_faults?kind=gitea", "").is(422);
    control(&demo, Method::Delete, "/_faults?fault=sleepy", "").is(422);
    control(&demo, Method::Put, "/_faults", "").is(405);
    let form = [("kind", "github"), ("fault", "slow")];
    for origin in ["https://elsewhere.example.com", "null"] {
        demo.post("/_faults", &form, &[("Origin", origin)]).is(403);
    }
    assert_eq!(demo.get("/_faults").body, r#"{"faults":[]}"#);
    let answer = demo.post("/_faults", &form, &[("Origin", ORIGIN)]).is(303);
    assert_eq!(answer.header("Location"), Some("/"));
    assert!(demo.get("/").is(200).body.contains("<li>github: slow"));
}

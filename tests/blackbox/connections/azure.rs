//! Azure DevOps, where one organization refuses what another one accepts.

use super::*;

const PAT: &str = "azure-token-1";

fn creates_azure_client(scene: &Scene, kind: &str, organization: Value) -> String {
    let origin = scene.imitation.origin();
    let document = sample_with(json!({
        "service-provider": kind, "name": "azure", "http-url": origin, "api-url": origin, "ado-org-name": organization,
        "oauth-token-string": PAT, "private-key": (kind == "ado_server").then_some("x"),
    }));
    let made = scene.owner.post("/organizations/my-organization/oauth-clients", &document).is(201);
    made.text("/data/relationships/oauth-tokens/data/0/id")
}

/// The organization or collection `acme` accepts the token until it is revoked; others have never heard of it.
fn answers(seen: &Seen, is_revoked: bool) -> Said {
    let repository = json!({"name": "r", "project": {"name": "p"}});
    match seen.path.as_str() {
        _ if is_revoked || seen.path.starts_with("/other/") => Said::Html(203, "Sign in".to_owned()),
        "/acme/p/_apis/git/repositories/r" => Said::json(repository),
        "/acme/_apis/git/repositories" => Said::json(json!({"value": [repository]})),
        _ => Said::json(json!({"authenticatedUser": {"id": "1", "providerDisplayName": "Ada"}})),
    }
}

#[test]
fn another_organization_says_nothing_about_the_token() {
    let is_revoked = Arc::new(AtomicBool::new(false));
    let revoked = Arc::clone(&is_revoked);
    let scene = Scene::new(move |seen| answers(seen, revoked.load(Ordering::SeqCst)));
    for (kind, organization) in
        [("ado_services", json!("acme")), ("ado_services", Value::Null), ("ado_server", Value::Null)]
    {
        // The profiles of Azure DevOps Services are elsewhere, and do not say whether a token is good.
        let can_be_told = kind == "ado_server" || !organization.is_null();
        let token = creates_azure_client(&scene, kind, organization);
        let lists = |organization: &str| {
            scene.owner.get(&format!("/oauth-tokens/{token}/authorized-repos?organization={organization}"))
        };
        let repository = |identifier: &str| {
            let query = format!("oauth_token_id={token}&identifier={identifier}");
            scene.owner.get(&format!("/organizations/my-organization/vcs/repo?{query}"))
        };
        let small = "The token's rights at the provider are too small.";
        assert_eq!(detail(&lists("other")), small, "{kind}");
        assert_eq!(detail(&repository("other/p/_git/r")), small, "{kind}");
        lists("acme").is(200);
        repository("acme/p/_git/r").is(200);
        is_revoked.store(true, Ordering::SeqCst);
        let told = detail(&lists("acme"));
        assert_eq!(told.starts_with("The connection is broken: "), can_be_told, "{kind}: {told}");
        is_revoked.store(false, Ordering::SeqCst);
        assert_eq!(lists("acme").status, if can_be_told { 422 } else { 200 }, "{kind}");
    }
}

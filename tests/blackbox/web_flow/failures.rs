//! Providers that refuse or fail while a person connects.

use super::*;

#[test]
fn each_failure_says_which_step_and_what_to_check() {
    let cases: [(&str, Said, &str, &str); 8] = [
        (
            "/oauth/token",
            Said::Json(401, json!({"error": "invalid_client"}).to_string()),
            "key and secret",
            "Secrets expire",
        ),
        (
            "/oauth/token",
            Said::Json(400, json!({"error": "redirect_uri_mismatch"}).to_string()),
            "The callback URL is not the one",
            "letter by letter",
        ),
        // GitHub's way, and a hostile one.
        (
            "/oauth/token",
            Said::json(json!({"error": "needle-x", "access_token": "x"})),
            "error code that is not known",
            "registered",
        ),
        (
            "/oauth/token",
            Said::Html(200, "<script>needle</script>".to_owned()),
            "gave no answer that can be used",
            "log",
        ),
        (
            "/oauth/token",
            Said::With("Location: http://127.0.0.1:1/needle", "{}".to_owned()),
            "no answer that can be used",
            "log",
        ),
        (
            "/oauth/token",
            Said::json(json!({"access_token": "a\r\nneedle: 1", "token_type": "bearer"})),
            "no answer",
            "log",
        ),
        ("/api/v4/user", Said::Json(500, "needle".to_owned()), "no answer that can be used", "log"),
        ("/api/v4/user", Said::Json(403, json!({"error": "insufficient_scope"}).to_string()), "rights", "rights"),
    ];
    for (path, said, what, check) in cases {
        let said = std::sync::Mutex::new(Some(said));
        let scene = Scene::new(move |seen| match seen.path == path {
            true => said.lock().unwrap().take().unwrap_or(Said::Nothing),
            false => good(seen),
        });
        let state = scene.begins();
        let page = scene.browser.get(&scene.callback(&format!("code=c&state={state}"))).is(422).has(what).has(check);
        let page = page.has_not("needle").has_not("<script").has("Nothing was stored.").has("Try again");
        let step = if path == "/oauth/token" { "The provider gave a token" } else { "The token works" };
        let page = page.has(&format!("{step} <span class=\"tag bad\">Failed</span>")).has("What to check");
        assert_eq!(scene.token(), None, "{what}");
        let (log, number) = (scene.server.log(), page.header("X-Request-Id").expect("a number").to_owned());
        assert!(
            !log.contains("needle") && log.contains(&format!("{number} {}: connecting failed", scene.client)),
            "{log}"
        );
        page.has(&number);
        assert_eq!(scene.exchanges().len(), 1, "nothing is tried again");
    }
}

/// A token that does not work replaces none that does.
#[test]
fn a_new_token_that_does_not_work_leaves_the_old_one() {
    let scene = Scene::new(|seen| match (seen.field("code").as_deref(), seen.token.as_str()) {
        (Some("another"), _) => Said::json(json!({"access_token": "second-token", "token_type": "bearer"})),
        (_, "second-token") => Said::Json(500, "{}".to_owned()),
        _ => good(seen),
    });
    scene.connects();
    let before = scene.token().expect("a token");
    let sealed = scene.server.ciphertexts();
    let state = scene.begins();
    let page = scene.browser.get(&scene.callback(&format!("code=another&state={state}"))).is(422);
    page.has("The connection that was there before is unchanged.");
    assert_eq!((scene.token().as_ref(), scene.server.ciphertexts()), (Some(&before), sealed));
    scene.owner.get(&format!("/oauth-tokens/{}/authorized-repos", before.0)).is(200);
    assert_eq!(scene.imitation.seen().last().expect("a call").token, FIRST);
}

#[test]
fn a_user_name_with_markup_is_text() {
    let scene = Scene::new(|seen| match seen.path.as_str() {
        "/api/v4/user" => Said::json(json!({"username": format!("<script>\u{202e}{}", "x".repeat(10_000))})),
        _ => good(seen),
    });
    let done = scene.connects().has("&#60;script&#62;xxx").has_not("<script").has_not("\u{202e}");
    assert!(done.body.len() < 10_000);
    scene.browser.get(LIST).is(200).has_not("<script");
    scene.browser.get("/organizations/my-organization/vcs-events").is(200).has("&#60;script").has_not("<script");
}

#[test]
fn a_client_that_cannot_be_connected_says_what_is_missing() {
    let scene = Scene::new(good);
    let client = |attributes: Value| {
        let made = scene.owner.tries_client(&sample_with(attributes)).is(201);
        (made.text("/data/id"), made.text("/data/attributes/connect-path"))
    };
    let (id, path) = client(json!({}));
    let page = scene.browser.get(&path).is(422).has("The client has no key.").has("needs no connection");
    page.has_not("Try again").has_not("Continue to");
    let csrf = scene.browser.get("/account").csrf();
    scene.browser.post(path.split('?').next().expect("a path"), &[("csrf", &csrf)]).is(422);
    let (_, path) = client(json!({"service-provider": "ado_server", "private-key": "x"}));
    scene.browser.get(&path).is(422).has("personal access token");
    let no_tenant = json!({
        "service-provider": "ado_services", "http-url": "https://dev.azure.com", "api-url": "https://dev.azure.com",
        "oauth-token-string": null, "key": "k", "secret": "s",
    });
    let (_, path) = client(no_tenant);
    scene.browser.get(&path).is(422).has("The client has no ado-entra-tenant-id.").has_not("Continue to");
    let list = scene.browser.get(LIST).is(200);
    let card = list.body.split("<article").find(|card| card.contains(&id)).expect("a card");
    assert!(!card.contains("/auth/") || card.matches("/auth/").count() == 1, "the callback URL alone: {card}");
    assert_eq!(count(&scene.server, "web_flows"), 0);
}

#[test]
fn where_no_provider_is_asked_nothing_is_begun() {
    let scene = Scene::with(&["--providers", "off"], good);
    let path = scene.connect_path();
    let page = scene.browser.get(&path).is(200);
    let failed = scene.browser.submit(&page, path.split('?').next().expect("a path"), &[]).is(422);
    failed.has("Providers are switched off on this server.");
    assert_eq!(count(&scene.server, "web_flows"), 0);
}

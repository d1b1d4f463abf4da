//! What the cards of VCS providers do with a connection: check it, revoke it, say what broke it; and the page of VCS events.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

const EVENTS: &str = "/organizations/my-organization/vcs-events";

#[test]
fn a_connection_is_checked_in_words() {
    let scene = Scene::new(|seen| match seen.path.as_str() {
        "/api/v4/projects" if seen.token == "refused" => Said::Json(401, "{}".to_owned()),
        "/api/v4/user" if seen.token == "refused" => Said::Json(401, "{}".to_owned()),
        _ => good(seen),
    });
    let check = format!("{LIST}/{}/check", scene.client);
    let csrf = scene.browser.get(LIST).is(200).has(">Connect<").has_not("Check connection").csrf();
    scene.browser.post(&check, &[("csrf", &csrf)]).is(404);
    scene.connects();
    let page = scene.browser.get(LIST).is(200).has("Check connection");
    let checked = scene.browser.submit(&page, &check, &[]).is(200).at(LIST);
    checked.has("imitated was checked: the connection works as ada. Scopes: api.");
    // It is told once.
    scene.browser.get(LIST).has_not("was checked");
    // Another token, which the provider refuses.
    let change = crate::harness::document("oauth-clients", json!({"oauth-token-string": "refused"}));
    scene.owner.patch(&format!("/oauth-clients/{}", scene.client), &change).is(200);
    let page = scene.browser.get(LIST).is(200).has("Token given");
    let checked = scene.browser.submit(&page, &check, &[]).is(200).at(LIST);
    checked
        .has("imitated was checked: The connection is broken: The provider does not accept the token. Connect the client again")
        .has("Broken")
        .has("Reauthorize to use it again");
    // The card says it in its own words alone.
    let card = scene.browser.get(LIST).is(200).has("The provider does not accept the token. This happened");
    assert_eq!(card.has_not("onnect the client again").body.matches("Reauthorize to use it again").count(), 1);
    // Connecting mends it.
    scene.connects();
    scene.browser.get(LIST).is(200).has("Connected as").has_not("Broken");
}

#[test]
fn a_broken_client_that_only_has_a_token_asks_for_another_one() {
    let scene = Scene::new(|_| Said::Json(401, "{}".to_owned()));
    let origin = scene.imitation.origin();
    let document = sample_with(json!({
        "service-provider": "gitlab_community_edition", "http-url": origin, "api-url": format!("{origin}/api/v4"),
        "oauth-token-string": "revoked",
    }));
    let token = scene.owner.tries_client(&document).is(201).text("/data/relationships/oauth-tokens/data/0/id");
    scene.owner.get(&format!("/oauth-tokens/{token}/authorized-repos")).is(422);
    let card = scene.browser.get(LIST).is(200).has("Edit it and enter another token to use it again");
    card.has_not("Reauthorize");
}

#[test]
fn revoking_asks_the_provider_and_does_not_depend_on_it() {
    for (said, words) in [
        (None, "has forgotten it too."),
        (Some(Said::Json(500, "{}".to_owned())), "did not confirm it"),
        (Some(Said::Nothing), "did not confirm it"),
    ] {
        let said = std::sync::Mutex::new(said);
        let scene = Scene::new(move |seen| match seen.path.as_str() {
            "/oauth/revoke" => said.lock().unwrap().take().unwrap_or_else(|| good(seen)),
            _ => good(seen),
        });
        scene.connects();
        let revoke = format!("{LIST}/{}/revoke", scene.client);
        let page = scene.browser.get(&revoke).is(200);
        scene.browser.submit(&page, &revoke, &[]).is(200).at(LIST).has("was revoked").has(words).has("Not connected");
        let asked = scene.imitation.seen().into_iter().rfind(|seen| seen.path == "/oauth/revoke").expect("asked");
        assert_eq!(asked.field("token").as_deref(), Some(FIRST));
        assert_eq!(scene.token(), None);
        scene.connects();
    }
}

/// GitLab says that an expired token is revoked, and takes its refresh token as before. So the token is renewed first.
#[test]
fn revoking_an_expired_token_leaves_no_good_one_at_the_provider() {
    let scene = Scene::new(|seen| match seen.field("grant_type").as_deref() {
        Some("refresh_token") => {
            Said::json(json!({"access_token": "renewed", "refresh_token": "r", "expires_in": 7200}))
        }
        _ => good(seen),
    });
    scene.connects();
    assert_eq!(scene.server.sqlite().execute("UPDATE oauth_tokens SET expires_at = 1", []), Ok(1));
    let revoke = format!("{LIST}/{}/revoke", scene.client);
    let page = scene.browser.get(&revoke).is(200);
    scene.browser.submit(&page, &revoke, &[]).is(200).at(LIST).has("has forgotten it too.");
    let revoked = scene.imitation.seen().into_iter().rfind(|seen| seen.path == "/oauth/revoke").expect("asked");
    assert_eq!(revoked.field("token").as_deref(), Some("renewed"));
    assert_eq!(scene.token(), None);
}

/// The pair that could not be stored is the good one.
#[test]
fn revoking_takes_the_pair_along_that_could_not_be_stored() {
    let is_renewed = AtomicBool::new(false);
    let scene = Scene::new(move |seen| match seen.field("grant_type").as_deref() {
        Some("refresh_token") if is_renewed.swap(true, Ordering::SeqCst) => {
            Said::Json(400, json!({"error": "invalid_grant"}).to_string())
        }
        Some("refresh_token") => {
            Said::json(json!({"access_token": "renewed", "refresh_token": "r", "expires_in": 7200}))
        }
        _ => good(seen),
    });
    scene.connects();
    let database = scene.server.sqlite();
    assert_eq!(database.execute("UPDATE oauth_tokens SET expires_at = 1", []), Ok(1));
    let refuse = "CREATE TRIGGER refuse BEFORE UPDATE ON oauth_tokens BEGIN SELECT RAISE(ABORT, 'as a test'); END";
    database.execute_batch(refuse).expect("a trigger");
    let (id, ..) = scene.token().expect("a token");
    scene.owner.get(&format!("/oauth-tokens/{id}/authorized-repos")).refused(503);
    let revoke = format!("{LIST}/{}/revoke", scene.client);
    let page = scene.browser.get(&revoke).is(200);
    scene.browser.submit(&page, &revoke, &[]).is(200).at(LIST).has("has forgotten it too.");
    let revoked = scene.imitation.seen().into_iter().rfind(|seen| seen.path == "/oauth/revoke").expect("asked");
    assert_eq!(revoked.field("token").as_deref(), Some("renewed"));
}

#[test]
fn a_check_renews_a_token_that_is_refused_before_its_time() {
    let is_void = Arc::new(AtomicBool::new(false));
    let of_imitation = Arc::clone(&is_void);
    let scene = Scene::new(move |seen| match seen.field("grant_type").as_deref() {
        Some("refresh_token") => Said::json(json!({"access_token": "renewed", "refresh_token": "r"})),
        None if seen.token == FIRST && of_imitation.load(Ordering::SeqCst) => Said::Json(401, "{}".to_owned()),
        _ => good(seen),
    });
    scene.connects();
    is_void.store(true, Ordering::SeqCst);
    let check = format!("{LIST}/{}/check", scene.client);
    let page = scene.browser.get(LIST).is(200);
    scene.browser.submit(&page, &check, &[]).is(200).at(LIST).has("the connection works as ada").has_not("Broken");
    assert_eq!(scene.token().expect("a token").3, 2);
}

#[test]
fn a_token_that_was_given_is_not_revoked_at_the_provider() {
    let scene = Scene::new(good);
    let change = crate::harness::document("oauth-clients", json!({"oauth-token-string": "given"}));
    scene.owner.patch(&format!("/oauth-clients/{}", scene.client), &change).is(200);
    let revoke = format!("{LIST}/{}/revoke", scene.client);
    let page = scene.browser.get(&revoke).is(200);
    scene.browser.submit(&page, &revoke, &[]).is(200).at(LIST).has("was revoked.").has_not("forgotten");
    assert!(scene.imitation.seen().is_empty());
}

#[test]
fn vcs_events_are_found_by_provider_and_level() {
    let scene = Scene::new(|seen| match seen.path.as_str() {
        "/api/v4/projects" => Said::Json(403, "{}".to_owned()),
        _ => good(seen),
    });
    scene
        .browser
        .get(EVENTS)
        .is(200)
        .has("No event matches.")
        .has("href=\"/organizations/my-organization/vcs-events\"");
    scene.connects();
    let (id, ..) = scene.token().expect("a token");
    scene.owner.get(&format!("/oauth-tokens/{id}/authorized-repos")).is(422);
    let all = scene.browser.get(EVENTS).is(200).has("demo connected GitLab Community Edition as ada.");
    all.has("refused a request").has("Give the token the rights").has("imitated");
    let errors = scene.browser.get(&format!("{EVENTS}?level=error")).is(200);
    errors.has("refused a request").has_not("demo connected");
    scene
        .browser
        .get(&format!("{EVENTS}?level=info&client="))
        .is(200)
        .has("demo connected")
        .has_not("refused a request");
    let (other, _) = scene.owner.creates_client("my-organization");
    scene.browser.get(&format!("{EVENTS}?client={}", scene.client)).is(200).has("demo connected");
    for none in [format!("client={other}"), "level=fatal".to_owned(), "client=%22%3E%3Cb%3E".to_owned()] {
        scene.browser.get(&format!("{EVENTS}?{none}")).is(200).has("No event matches.").has_not("\"><b>");
    }
    scene.browser.get(&format!("{EVENTS}?page=x")).is(404);
    // The name first, then the id; of a provider that is gone, the id alone.
    let named = format!("<bdi>imitated</bdi> <code>{}</code>", scene.client);
    scene.browser.get(EVENTS).is(200).has(&named);
    scene.owner.delete(&format!("/oauth-clients/{}", scene.client)).is_done();
    let gone = scene.browser.get(EVENTS).is(200).has(&format!("deleted</span> <code>{}</code>", scene.client));
    gone.has_not(&named);
}

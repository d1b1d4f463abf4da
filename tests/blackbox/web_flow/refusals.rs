//! Connections that are not made: what others in the organization see of it, and what becomes of a token that is not kept.

use super::*;
use crate::durability::{Disk, fill};

const EVENTS: &str = "/organizations/my-organization/vcs-events";

impl Scene {
    /// What the provider was asked to revoke.
    fn revoked(&self) -> Vec<String> {
        let seen = self.imitation.seen().into_iter().filter(|seen| seen.path == "/oauth/revoke");
        seen.filter_map(|seen| seen.field("token")).collect()
    }

    fn answers(&self, query: &str) -> Page {
        let state = self.begins();
        self.browser.get(&self.callback(&format!("{query}&state={state}")))
    }
}

#[test]
fn a_denied_connection_is_an_event_once() {
    let scene = Scene::new(good);
    for _ in 0..3 {
        scene.answers("error=access_denied&error_description=needle").is(422);
    }
    let events = scene.owner.get(EVENTS).is(200);
    assert_eq!(events.list().len(), 1, "{}", events.body);
    let message = "demo did not connect GitLab Community Edition. Access was denied at the provider.";
    assert_eq!(events.text("/data/0/attributes/message"), message);
    assert_eq!(events.text("/data/0/attributes/suggested-action"), "Connect again, and allow access.");
    assert_eq!(events.text("/data/0/attributes/level"), "error");
    assert_eq!(events.text("/data/0/relationships/oauth-client/data/id"), scene.client);
    assert_eq!(events.at("/data/0/relationships/oauth-token/data"), Value::Null);
    scene.browser.get(EVENTS).is(200).has(message).has("Connect again, and allow access.").has("imitated");
    // With a connection that stays, the event names its token.
    scene.connects();
    let (token, ..) = scene.token().expect("a token");
    scene.answers("error=access_denied").is(422).has("The connection that was there before is unchanged.");
    let events = scene.owner.get(EVENTS).is(200);
    assert_eq!(events.text("/data/0/relationships/oauth-token/data/id"), token);
    // What is no answer to a flow is no event.
    let count = events.list().len();
    scene.browser.get(&scene.callback("error=access_denied&state=x")).is(422);
    assert_eq!(scene.owner.get(EVENTS).is(200).list().len(), count);
}

#[test]
fn what_a_provider_refuses_is_an_event_and_what_it_does_not_answer_is_none() {
    for (status, body, advice) in [
        (401, json!({"error": "invalid_client"}), Some("Compare the client's key, secret and callback URL")),
        (400, json!({"error": "invalid_grant"}), Some("Connect again.")),
        (500, json!({}), None),
    ] {
        let scene = Scene::new(move |seen| match seen.path.as_str() {
            "/oauth/token" => Said::Json(status, body.to_string()),
            _ => good(seen),
        });
        scene.answers("code=c").is(422);
        let events = scene.owner.get(EVENTS).is(200);
        assert_eq!(events.list().len(), usize::from(advice.is_some()), "{}", events.body);
        assert!(advice.is_none_or(|advice| events.body.contains(advice)), "{}", events.body);
        assert!(scene.revoked().is_empty(), "no token was given");
    }
}

/// The provider gave a token that does not work, so that nothing here will ever use it.
#[test]
fn a_token_that_does_not_work_is_revoked_at_the_provider() {
    for said in [Said::Json(500, "{}".to_owned()), Said::Json(403, "{}".to_owned()), Said::Nothing] {
        let said = std::sync::Mutex::new(Some(said));
        let scene = Scene::new(move |seen| match seen.path.as_str() {
            "/api/v4/user" => said.lock().unwrap().take().unwrap_or(Said::Nothing),
            _ => good(seen),
        });
        let failed = scene.answers("code=c").is(422);
        failed.has("The token works <span class=\"tag bad\">Failed</span>");
        assert_eq!((scene.revoked(), scene.token()), (vec![FIRST.to_owned()], None));
    }
    // Whether that succeeds changes nothing for the person.
    let scene = Scene::new(|seen| match seen.path.as_str() {
        "/api/v4/user" | "/oauth/revoke" => Said::Json(500, "{}".to_owned()),
        _ => good(seen),
    });
    scene.answers("code=c").is(422).has("The token works <span class=\"tag bad\">Failed</span>");
    assert_eq!(scene.revoked().len(), 1, "asked once");
    assert!(scene.server.log().contains("did not revoke the token of a failed connection"));
}

#[test]
fn a_token_that_cannot_be_stored_is_revoked_at_the_provider() {
    let place = temporary();
    let data_dir = place.path().join("data");
    let demo = Server::demo_on(&data_dir, &WITHOUT_PROVIDERS);
    let token = demo.owner().token.expect("a token");
    demo.stop();
    let disk = Disk::under(&data_dir);
    let mut environment = disk.environment();
    environment.push(("BOWLINE_ALLOW_PROVIDER_ADDRESS", "127.0.0.1".into()));
    let server = Server::serve_in(&data_dir, &environment);
    let scene = Scene::on(server, &token, place, |seen| match seen.path.as_str() {
        "/oauth/token" => Said::Later(Box::new(good(seen))),
        _ => good(seen),
    });
    let state = scene.begins();
    let answer = scene.callback(&format!("code=c&state={state}"));
    std::thread::scope(|scope| {
        let (imitation, owner, disk) = (&scene.imitation, &scene.owner, &disk);
        scope.spawn(move || {
            imitation.waits_for(1);
            disk.is_full(true);
            fill(owner);
            imitation.let_go();
        });
        scene.browser.get(&answer).is(507);
    });
    assert_eq!((scene.revoked(), scene.token()), (vec![FIRST.to_owned()], None));
    disk.is_full(false);
    scene.connects();
}

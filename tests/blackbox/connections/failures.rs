//! Providers that refuse, fail or hang.

use std::thread;

use super::*;

const NEEDLE: &str = "needle-from-provider";

#[test]
fn what_a_provider_says_is_not_passed_on() {
    for (status, level) in [(400, None), (403, Some("error")), (429, Some("error")), (500, None), (200, None)] {
        let scene = Scene::new(move |_| Said::Json(status, json!({"message": NEEDLE, "error": NEEDLE}).to_string()));
        let answer = scene.repositories();
        detail(&answer);
        assert!(!answer.body.contains(NEEDLE) && !scene.server.log().contains(NEEDLE), "{status}: {}", answer.body);
        // A client that asks in a loop does not fill the list.
        detail(&scene.repositories());
        let levels: Vec<Value> = scene.events().iter().map(|event| event["attributes"]["level"].clone()).collect();
        assert_eq!(levels, level.map(|level| json!(level)).into_iter().collect::<Vec<_>>(), "{status}");
        assert_eq!(scene.state(), "usable", "{status}");
    }
}

#[test]
fn a_refused_token_is_broken_and_says_so() {
    let scene = Scene::new(|_| Said::Json(401, json!({"message": "401 Unauthorized"}).to_string()));
    assert_eq!(detail(&scene.repositories()), "The provider does not accept the token; connect the client again.");
    assert!(detail(&scene.repositories()).starts_with("The connection is broken: "));
    assert_eq!(scene.imitation.seen().len(), 1);
    assert_eq!(scene.events().len(), 1);
    // Nothing else waits for the provider, or minds.
    scene.owner.creates_workspace("my-organization", "linked", Some(&scene.token));
    scene.owner.get(&format!("/oauth-clients/{}", scene.client)).is(200);
    scene.owner.delete(&format!("/oauth-clients/{}", scene.client)).is_done();
    assert_eq!(scene.imitation.seen().len(), 1);
}

#[test]
fn a_provider_that_hangs_changes_nothing_for_others() {
    let scene = Scene::new(|_| Said::Later(Box::new(Said::json("[]"))));
    let healthy = Imitation::start(|_| Said::json("[]"));
    scene.owner.creates_organization("second");
    let (_, other) = creates_client(&scene.owner, "second", &healthy.origin());
    thread::scope(|scope| {
        let hanging: Vec<_> = (0..4).map(|_| scope.spawn(|| scene.repositories())).collect();
        scene.imitation.waits_for(4);
        let fifth = scene.repositories();
        fifth.refused(503);
        assert_eq!(fifth.header("Retry-After"), Some("1"));
        scene.owner.get(&format!("/oauth-tokens/{other}/authorized-repos")).is(200);
        scene.owner.creates_client("my-organization");
        for _ in 0..100 {
            scene.owner.get(&format!("/oauth-tokens/{}", scene.token)).is(200);
        }
        assert_eq!(scene.imitation.seen().len(), 4);
        scene.imitation.let_go();
        for thread in hanging {
            thread.join().expect("an answer").is(200);
        }
    });
    scene.repositories().is(200);
}

#[test]
fn a_token_that_is_deleted_while_the_provider_is_asked_is_gone() {
    let scene = Scene::new(|_| Said::Later(Box::new(Said::Json(401, "{}".to_owned()))));
    thread::scope(|scope| {
        let asking = scope.spawn(|| scene.repositories());
        scene.imitation.waits_for(1);
        scene.owner.delete(&format!("/oauth-tokens/{}", scene.token)).is_done();
        scene.imitation.let_go();
        detail(&asking.join().expect("an answer"));
    });
    let events = scene.events();
    assert_eq!(events.len(), 1, "of the deletion, and nothing of a token that is not there: {events:?}");
    assert_eq!(events[0]["attributes"]["level"], "info");
}

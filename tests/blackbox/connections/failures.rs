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
        let (log, number) = (scene.server.log(), answer.header("X-Request-Id").expect("a number"));
        assert!(!answer.body.contains(NEEDLE) && !log.contains(NEEDLE), "{status}: {}", answer.body);
        let cause = format!("{number} {}: gitlab_community_edition gave no answer", scene.client);
        assert!(log.contains(&cause), "{status}: {log}");
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
    let first = detail(&scene.repositories());
    assert_eq!(
        first,
        "The connection is broken: The provider does not accept the token. Connect the client again, or give it another \
         token."
    );
    assert_eq!(detail(&scene.repositories()), first, "one advice, the same each time");
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

/// A user may own any number of organizations, each with a provider that hangs.
#[test]
fn one_network_never_takes_more_than_half_of_the_calls() {
    let flags = ["--allow-provider-address", "127.0.0.1", "--trusted-proxy", "127.0.0.1"];
    let scene = Scene::with(&flags, |_| Said::Later(Box::new(Said::json("[]"))));
    let healthy = Imitation::start(|_| Said::json("[]"));
    let client_in = |organization: &str, imitation: &Imitation| {
        scene.owner.creates_organization(organization);
        creates_client(&scene.owner, organization, &imitation.origin()).1
    };
    let hanging = ["first", "second", "third"].map(|organization| client_in(organization, &scene.imitation));
    let other = client_in("of-another-user", &healthy);
    let lists = |token: &str, address: &str| {
        let path = format!("/oauth-tokens/{token}/authorized-repos");
        scene.owner.send("GET", &path, None, &[("X-Forwarded-For", address)])
    };
    let attacker = "198.51.100.1";
    thread::scope(|scope| {
        let asking: Vec<_> = hanging[..2]
            .iter()
            .flat_map(|token| [token; 4])
            .map(|token| scope.spawn(move || lists(token, attacker)))
            .collect();
        scene.imitation.waits_for(8);
        let refused = lists(&hanging[2], attacker);
        refused.refused(503);
        assert_eq!(refused.header("Retry-After"), Some("1"));
        assert_eq!(
            refused.text("/errors/0/detail"),
            "Too many calls to providers are under way; try again in a moment."
        );
        lists(&other, attacker).refused(503);
        lists(&other, "198.51.100.2").is(200);
        assert_eq!(scene.imitation.seen().len(), 8);
        scene.imitation.let_go();
        for thread in asking {
            thread.join().expect("an answer").is(200);
        }
    });
    lists(&other, attacker).is(200);
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

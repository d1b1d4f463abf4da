//! Many answers at once, and two browsers.

use std::thread;

use super::*;

#[test]
fn fifty_answers_at_once_make_one_exchange() {
    let scene = Scene::new(good);
    let state = scene.begins();
    let answer = scene.callback(&format!("code=c&state={state}"));
    let cookie = scene.browser.cookie.borrow().clone();
    let statuses: Vec<u16> = thread::scope(|scope| {
        let asking: Vec<_> = (0..50)
            .map(|_| {
                let (server, answer, cookie) = (&scene.server, &answer, cookie.clone());
                scope.spawn(move || {
                    let browser = Browser::new(server);
                    *browser.cookie.borrow_mut() = cookie;
                    browser.send("GET", answer, None, &[]).status
                })
            })
            .collect();
        asking.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    });
    let of = |status| statuses.iter().filter(|own| **own == status).count();
    // Four calls of an organization are under way at once; the others may try again, and find the answer used up.
    assert_eq!((of(303), of(422) + of(503)), (1, 49), "{statuses:?}");
    assert_eq!(scene.browser.get(&answer).status, 422);
    assert_eq!(scene.exchanges().len(), 1);
    assert_eq!(scene.token().expect("a token").3, 1);
}

#[test]
fn two_browsers_may_connect_one_client_and_the_last_one_counts() {
    let scene = Scene::new(|seen| match (seen.field("code").as_deref(), seen.token.as_str()) {
        (Some("second"), _) => Said::json(json!({"access_token": "second-token", "token_type": "bearer"})),
        (_, "second-token") if seen.path == "/api/v4/user" => Said::json(json!({"username": "grace"})),
        _ => good(seen),
    });
    let other = another_browser(&scene.server, "demo");
    let first = scene.begins();
    let second = parameter(&leaves(&other, &scene.connect_path()), "state");
    other.get(&scene.callback(&format!("code=second&state={second}"))).is(200).has("<bdi>grace</bdi>");
    let (id, ..) = scene.token().expect("a token");
    scene.browser.get(&scene.callback(&format!("code=first&state={first}"))).is(200).has("<bdi>ada</bdi>");
    let (same, user, _, revision) = scene.token().expect("a token");
    assert_eq!((same, user.as_str(), revision), (id, "ada", 2));
}

/// Both are at the provider at the same time. One token row is left, whole.
#[test]
fn two_browsers_at_once_leave_one_whole_token() {
    let scene = Scene::new(|seen| match seen.path.as_str() {
        "/oauth/token" => Said::Later(Box::new(good(seen))),
        _ => good(seen),
    });
    let other = another_browser(&scene.server, "demo");
    let answers = [scene.begins(), parameter(&leaves(&other, &scene.connect_path()), "state")]
        .map(|state| scene.callback(&format!("code=c&state={state}")));
    let cookies = [&scene.browser, &other].map(|browser| browser.cookie.borrow().clone());
    let statuses: Vec<u16> = thread::scope(|scope| {
        let asking: Vec<_> = answers
            .iter()
            .zip(cookies)
            .map(|(answer, cookie)| {
                let server = &scene.server;
                scope.spawn(move || {
                    let browser = Browser::new(server);
                    *browser.cookie.borrow_mut() = cookie;
                    browser.send("GET", answer, None, &[]).status
                })
            })
            .collect();
        scene.imitation.waits_for(2);
        scene.imitation.let_go();
        asking.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    });
    // The second one to be stored was sealed for a client without a token. It is stored all the same, as a moment later.
    assert_eq!(statuses, [303, 303]);
    assert_eq!(count(&scene.server, "oauth_tokens"), 1);
    let (id, _, _, revision) = scene.token().expect("a token");
    assert_eq!(revision, 2);
    scene.owner.get(&format!("/oauth-tokens/{id}/authorized-repos")).is(200);
}

/// The calls that may be under way are taken. The answer is not used up, and counts when the page is loaded again.
#[test]
fn an_answer_that_comes_while_all_calls_are_taken_can_be_sent_again() {
    let scene = Scene::new(|seen| match (seen.path.as_str(), seen.token.as_str()) {
        ("/api/v4/projects", "hanging") => Said::Later(Box::new(Said::json("[]"))),
        _ => good(seen),
    });
    let origin = scene.imitation.origin();
    let document = sample_with(json!({
        "service-provider": "gitlab_community_edition", "http-url": origin, "api-url": format!("{origin}/api/v4"),
        "oauth-token-string": "hanging",
    }));
    let made = |organization: &str| {
        let made = scene.owner.post(&format!("/organizations/{organization}/oauth-clients"), &document).is(201);
        made.text("/data/relationships/oauth-tokens/data/0/id")
    };
    let hanging = made("my-organization");
    scene.owner.creates_organization("second");
    let hanging_too = made("second");
    let answer = scene.callback(&format!("code=a-code&state={}", scene.begins()));
    let lists = |token: &str| scene.owner.get(&format!("/oauth-tokens/{token}/authorized-repos"));
    let is_told = |step: &str| {
        let page =
            scene.browser.get(&answer).is(503).has("The connection was not made").has("Too many calls to providers");
        page.has("was not used").has(step);
    };
    thread::scope(|scope| {
        // Those of the organization.
        let mut asking: Vec<_> = (0..4).map(|_| scope.spawn(|| lists(&hanging))).collect();
        scene.imitation.waits_for(4);
        is_told("The provider gave a token");
        // Those of the network, too.
        asking.extend((0..4).map(|_| scope.spawn(|| lists(&hanging_too))));
        scene.imitation.waits_for(8);
        is_told("The provider gave a token");
        let connect = scene.connect_path();
        let page = scene.browser.get(&connect).is(200);
        let action = connect.split('?').next().expect("a path");
        scene.browser.submit(&page, action, &[]).is(503).has("Connecting was begun").has("Too many calls to providers");
        scene.imitation.let_go();
        for thread in asking {
            thread.join().expect("an answer").is(200);
        }
    });
    assert!(scene.exchanges().is_empty());
    scene.browser.get(&answer).is(200).has("Connected");
}

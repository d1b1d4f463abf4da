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
    assert_eq!((of(303), of(422)), (1, 49), "{statuses:?}");
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
    // The second one to be stored was sealed for a client without a token, or for the token of the first one.
    assert!(statuses.iter().all(|status| [303, 409].contains(status)) && statuses.contains(&303), "{statuses:?}");
    assert_eq!(count(&scene.server, "oauth_tokens"), 1);
    let (id, ..) = scene.token().expect("a token");
    scene.owner.get(&format!("/oauth-tokens/{id}/authorized-repos")).is(200);
}

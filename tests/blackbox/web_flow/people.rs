//! Who may connect, and who may still when the answer comes.

use std::thread;

use super::*;
use crate::harness::Permission;

/// A person who may manage VCS settings by a team; gives the browser and the team's id.
fn mia(scene: &Scene) -> (Browser, String) {
    scene.server.cli(&["user", "create", "mia", "--email", "mia@example.com"]);
    let team = scene.owner.creates_team("my-organization", "of mia", &[Permission::ManageVcsSettings]);
    scene.owner.invites("my-organization", "mia", &[&team]);
    (Browser::of(&scene.server, "mia"), team)
}

#[test]
fn who_is_not_signed_in_comes_back_after_signing_in() {
    let scene = Scene::new(good);
    let path = scene.connect_path();
    let browser = Browser::new(&scene.server);
    let sign_in = browser.get(&path).is(200).has("Sign in to see this page.");
    let fields = [("username", "demo"), ("password", PASSWORD)];
    browser.submit(&sign_in, "/sign-in", &fields).is(200).at(&path).has("Continue to GitLab Community Edition");
    let refused = Browser::new(&scene.server).post(path.split('?').next().expect("a path"), &[]);
    assert!(matches!(refused.status, 401 | 403), "{}", refused.status);
    // What is behind the path is not taken along, unless it is a number.
    let hostile = path.replace("organization_id=", "organization_id=%2F%2Fevil.test%26next%3D");
    let answer = Browser::new(&scene.server).send("GET", &hostile, None, &[]).is(303);
    assert!(!answer.header("Location").expect("a path").contains("evil"));
}

#[test]
fn who_may_not_manage_connections_finds_nothing() {
    let scene = Scene::new(good);
    scene.server.cli(&["user", "create", "eve", "--email", "eve@example.com"]);
    let team = scene.owner.creates_team("my-organization", "of eve", &[Permission::ManageWorkspaces]);
    scene.owner.invites("my-organization", "eve", &[&team]);
    let state = scene.begins();
    let eve = Browser::of(&scene.server, "eve");
    let path = scene.connect_path();
    let csrf = eve.get("/account").csrf();
    for page in [
        eve.get(&path),
        eve.post(path.split('?').next().expect("a path"), &[("csrf", &csrf)]),
        eve.get(&scene.callback(&format!("code=c&state={state}"))),
        eve.get(&format!("{LIST}/{}/connected", scene.client)),
        eve.post(&format!("{LIST}/{}/check", scene.client), &[("csrf", &csrf)]),
    ] {
        page.is(404).has_not("GitLab");
    }
    eve.get(LIST).is(200).has_not(">Connect<").has_not("Check connection");
    scene.is_untouched();
}

#[test]
fn a_permission_that_is_taken_away_meanwhile_stops_the_flow() {
    let scene = Scene::new(good);
    let (browser, team) = mia(&scene);
    let state = parameter(&leaves(&browser, &scene.connect_path()), "state");
    scene.owner.delete(&format!("/teams/{team}")).is_done();
    browser.get(&scene.callback(&format!("code=c&state={state}"))).is(404);
    scene.is_untouched();
}

/// Also while the provider is asked: what it gives is not stored then.
#[test]
fn a_permission_that_is_taken_away_during_the_exchange_stores_nothing() {
    let scene = Scene::new(|seen| match seen.path.as_str() {
        "/oauth/token" => Said::Later(Box::new(good(seen))),
        _ => good(seen),
    });
    let (browser, team) = mia(&scene);
    let state = parameter(&leaves(&browser, &scene.connect_path()), "state");
    let answer = scene.callback(&format!("code=c&state={state}"));
    thread::scope(|scope| {
        let imitation = &scene.imitation;
        let owner = &scene.owner;
        scope.spawn(move || {
            imitation.waits_for(1);
            owner.delete(&format!("/teams/{team}")).is_done();
            imitation.let_go();
        });
        browser.get(&answer).is(404);
    });
    assert_eq!((scene.exchanges().len(), scene.token()), (1, None));
    // What was given in vain is given back.
    let last = scene.imitation.seen().pop().expect("a call");
    assert_eq!((last.path.as_str(), last.field("token").as_deref()), ("/oauth/revoke", Some(FIRST)));
}

#[test]
fn a_client_or_session_that_is_gone_meanwhile_ends_the_flow() {
    let scene = Scene::new(|seen| match seen.path.as_str() {
        "/oauth/token" => Said::Later(Box::new(good(seen))),
        _ => good(seen),
    });
    // The session first.
    let state = scene.begins();
    let answer = scene.callback(&format!("code=c&state={state}"));
    let page = scene.browser.get("/account");
    scene.browser.submit(&page, "/sign-out", &[]);
    let again = another_browser(&scene.server, "demo");
    again.get(&answer).is(422).has("before you signed in again");
    assert!(scene.exchanges().is_empty());
    // The client during the exchange, and before it.
    let url = leaves(&again, &scene.connect_path());
    let answer = scene.callback(&format!("code=c&state={}", parameter(&url, "state")));
    let (imitation, owner, client) = (&scene.imitation, &scene.owner, &scene.client);
    thread::scope(|scope| {
        scope.spawn(move || {
            imitation.waits_for(1);
            owner.delete(&format!("/oauth-clients/{client}")).is_done();
            imitation.let_go();
        });
        again.get(&answer).is(404);
    });
    again.get(&answer).is(404);
    assert_eq!((scene.exchanges().len(), scene.token()), (1, None));
    assert_eq!(count(&scene.server, "web_flows"), 0);
}

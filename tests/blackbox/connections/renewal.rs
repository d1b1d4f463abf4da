//! Renewal of expired tokens: one at a time, durable before use, and no refusal is tried again.

use std::sync::{Mutex, mpsc};
use std::thread;

use bowline::providers::MAX_CALLS_OF_AN_ORGANIZATION;

use super::*;
use crate::harness::{Signal, document, send_signal};

/// Takes the second token alone, and renews the first one.
fn rotating(seen: &Seen) -> Said {
    match (seen.is_renewal(), seen.token.as_str()) {
        (true, _) if seen.field("refresh_token").as_deref() == Some(REFRESH_TOKEN) => next_pair(),
        (true, _) => refused_grant(),
        (false, "glpat-token-2") => Said::json(format!("[{PROJECT}]")),
        (false, _) => Said::Json(401, json!({"error": "invalid_token"}).to_string()),
    }
}

const USES: usize = 50;

#[test]
fn fifty_uses_of_an_expired_token_make_one_renewal() {
    let scene = Scene::new(|seen| match seen.is_renewal() {
        true => Said::Later(Box::new(rotating(seen))),
        false => rotating(seen),
    });
    scene.expires();
    let (answered, answers) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..USES {
            let (scene, answered) = (&scene, answered.clone());
            scope.spawn(move || answered.send(scene.repositories()));
        }
        // No more than four questions of an organization are under way at once. Those have begun, and wait for the renewal.
        for refused in answers.iter().take(USES - MAX_CALLS_OF_AN_ORGANIZATION) {
            refused.refused(503);
            assert_eq!(refused.header("Retry-After"), Some("1"));
            let detail = refused.text("/errors/0/detail");
            assert_eq!(detail, "Too many calls to providers are under way; try again in a moment.");
        }
        scene.imitation.let_go();
        for shared in answers.iter().take(MAX_CALLS_OF_AN_ORGANIZATION) {
            shared.is(200);
        }
    });
    let renewals = scene.imitation.renewals();
    assert_eq!(renewals.len(), 1);
    assert_eq!(renewals[0].field("grant_type").as_deref(), Some("refresh_token"));
    assert_eq!(renewals[0].field("client_secret").as_deref(), Some("the secret"));
    let callback = scene.owner.get(&format!("/oauth-clients/{}", scene.client)).text("/data/attributes/callback-url");
    assert_eq!(renewals[0].field("redirect_uri"), Some(callback));
    assert!(scene.imitation.seen().iter().all(|seen| seen.is_renewal() || seen.token == "glpat-token-2"));
    scene.repositories().is(200);
    assert_eq!(scene.imitation.renewals().len(), 1, "the new token is kept");
    assert!(
        scene.server.trail(0).iter().any(|event| event.starts_with(&format!("update oauth_token {}", scene.token)))
    );
}

#[test]
fn the_new_pair_is_on_the_disk_before_it_is_used() {
    let revisions = Arc::new(Mutex::new(Vec::new()));
    let (noted, database) = (Arc::clone(&revisions), Arc::new(Mutex::new(None)));
    let path = Arc::clone(&database);
    let scene = Scene::new(move |seen| {
        if seen.token == "glpat-token-2" {
            let path: std::path::PathBuf = path.lock().unwrap().clone().expect("a path");
            let database = rusqlite::Connection::open(path).expect("the database");
            let sql = "SELECT revision FROM oauth_tokens";
            noted.lock().unwrap().push(database.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a token"));
        }
        rotating(seen)
    });
    *database.lock().unwrap() = Some(scene.server.database());
    scene.expires();
    scene.repositories().is(200);
    assert_eq!(*revisions.lock().unwrap(), [2]);
}

#[test]
fn a_refused_renewal_breaks_the_connection_and_is_not_tried_again() {
    let scene = Scene::new(|seen| if seen.is_renewal() { refused_grant() } else { Said::json("[]") });
    scene.expires();
    let first = detail(&scene.repositories());
    assert_eq!(
        first,
        "The connection is broken: The provider says that the code or token is expired, used up or revoked. Connect the \
         client again, or give it another token."
    );
    for _ in 0..3 {
        assert_eq!(detail(&scene.repositories()), first);
    }
    assert_eq!(scene.imitation.seen().len(), 1, "no call but the refused renewal");
    assert!(scene.state().starts_with("broken: "));
    let events = scene.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["attributes"]["level"], "error");
    assert!(events[0]["attributes"]["suggested-action"].as_str().is_some_and(|text| text.contains("Connect")));
    // Another token mends it.
    let change = document("oauth-clients", json!({"oauth-token-string": "glpat-another"}));
    scene.owner.patch(&format!("/oauth-clients/{}", scene.client), &change).is(200);
    scene.repositories().is(200);
    assert_eq!(scene.imitation.seen().last().expect("a call").token, "glpat-another");
}

#[test]
fn a_lost_answer_is_asked_for_once_more() {
    let calls = Arc::new(Mutex::new(0));
    let scene = Scene::new(move |seen| {
        let mut calls = calls.lock().unwrap();
        *calls += usize::from(seen.is_renewal());
        if seen.is_renewal() && *calls == 1 { Said::Nothing } else { rotating(seen) }
    });
    scene.expires();
    scene.repositories().is(200);
    assert_eq!(scene.imitation.renewals().len(), 2);
}

#[test]
fn a_provider_that_cannot_be_reached_breaks_nothing() {
    let scene = Scene::new(|seen| if seen.is_renewal() { Said::Html(502, String::new()) } else { Said::json("[]") });
    scene.expires();
    detail(&scene.repositories());
    assert_eq!(scene.imitation.renewals().len(), 2, "once, and once more");
    assert_eq!((scene.state().as_str(), scene.events().len()), ("usable", 0));
}

/// The provider has given out the new pair, and takes the old refresh token no more. What was lost with the process is
/// found out by one call, and no other follows.
#[test]
fn killed_between_the_answer_and_the_commit_the_connection_is_broken_once() {
    let process = Arc::new(Mutex::new(None));
    let of_imitation = Arc::clone(&process);
    let scene = Scene::new(move |seen| match (seen.is_renewal(), of_imitation.lock().unwrap().take()) {
        (true, Some(process)) => {
            send_signal(process, Signal::KILL);
            next_pair()
        }
        (true, None) => refused_grant(),
        _ => Said::json("[]"),
    });
    scene.expires();
    *process.lock().unwrap() = Some(scene.server.process_id());
    let path = format!("/oauth-tokens/{}/authorized-repos", scene.token);
    assert!(scene.owner.try_send("GET", &path, None, &[]).is_err(), "it was killed");
    let scene = scene.restarts();
    assert_eq!(scene.state(), "usable");
    detail(&scene.repositories());
    let calls = scene.imitation.seen().len();
    assert!(detail(&scene.repositories()).starts_with("The connection is broken"));
    assert_eq!((scene.imitation.seen().len(), scene.events().len()), (calls, 1));
}

#[test]
fn a_token_that_is_refused_before_its_time_is_renewed() {
    let scene = Scene::new(rotating);
    scene.server.puts_refresh_token(&scene.token);
    scene.repositories().is(200);
    let tokens: Vec<String> = scene.imitation.seen().into_iter().map(|seen| seen.token).collect();
    assert_eq!(tokens, [TOKEN, "", "glpat-token-2"]);
}

/// Two uses of one token. The second is refused only after the first one's renewal was: it does not ask for another.
#[test]
fn a_refused_renewal_is_the_last_one_also_for_those_under_way() {
    let is_first = AtomicBool::new(true);
    let scene = Scene::new(move |seen| {
        let refused = || Said::Json(401, "{}".to_owned());
        match seen.is_renewal() {
            true => refused_grant(),
            false if is_first.swap(false, Ordering::SeqCst) => Said::Later(Box::new(refused())),
            false => refused(),
        }
    });
    scene.server.puts_refresh_token(&scene.token);
    thread::scope(|scope| {
        let slow = scope.spawn(|| scene.repositories());
        scene.imitation.waits_for(1);
        let told = detail(&scene.repositories());
        assert!(told.starts_with("The connection is broken"), "{told}");
        scene.imitation.let_go();
        assert_eq!(detail(&slow.join().expect("an answer")), told);
    });
    assert_eq!((scene.imitation.renewals().len(), scene.events().len()), (1, 1));
}

/// The provider has given out the new pair and takes the old refresh token no more, while the database takes no change.
#[test]
fn a_pair_that_could_not_be_stored_is_kept_for_the_next_use() {
    let scene = Scene::new(rotating);
    scene.expires();
    let database = scene.server.sqlite();
    let refuse = "CREATE TRIGGER refuse BEFORE UPDATE ON oauth_tokens BEGIN SELECT RAISE(ABORT, 'as a test'); END";
    database.execute_batch(refuse).expect("a trigger");
    for _ in 0..2 {
        scene.repositories().refused(503);
    }
    database.execute_batch("DROP TRIGGER refuse").expect("no trigger");
    scene.repositories().is(200);
    assert_eq!(scene.imitation.renewals().len(), 1);
}

#[test]
fn what_stands_in_the_way_of_a_renewal_is_told_with_what_helps() {
    for (status, error, kind, advice) in [
        (429, "", Some("renewal_failed"), "Wait until the limit is over"),
        (503, "temporarily_unavailable", None, ""),
        (401, "invalid_client", Some("renewal_failed"), "Compare the client's key"),
    ] {
        let scene = Scene::new(move |seen| match seen.is_renewal() {
            true => Said::Json(status, json!({"error": error}).to_string()),
            false => Said::json("[]"),
        });
        scene.expires();
        for _ in 0..2 {
            detail(&scene.repositories());
        }
        let sql = "SELECT group_concat(kind) FROM vcs_events";
        let told: Option<String> = scene.server.sqlite().query_row(sql, [], |row| row.get(0)).expect("a row");
        assert_eq!((told.as_deref(), scene.state().as_str()), (kind, "usable"), "{status}");
        let action = scene.events().first().map(|event| event["attributes"]["suggested-action"].clone());
        assert!(action.is_none_or(|action| action.as_str().is_some_and(|text| text.contains(advice))), "{status}");
    }
}

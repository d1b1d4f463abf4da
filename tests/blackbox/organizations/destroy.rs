//! The end of an organization, and of everything in it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::json;

use super::{ORGANIZATION, at_once, makes_agent_pool};
use crate::harness::{Server, bowline_in, document, sample_of_2018};

#[test]
fn all_that_is_theirs_goes_and_nothing_else() {
    let server = Server::demo();
    let (owner, ada) = (server.owner(), server.outsider("ada"));
    // But for the trail, and the numbers that there were, all is to be as if it had never been.
    let contents = |server: &Server| {
        let mut contents = server.contents();
        assert!(contents.remove("sqlite_sequence").is_some());
        contents
    };
    let before = contents(&server);
    let events = server.number("SELECT count(*) FROM audit_events");
    owner.creates_organization("doomed");
    let (client, oauth_token) = owner.creates_client("doomed");
    let workspace = owner.creates_workspace("doomed", "w", Some(&oauth_token));
    let project = document("projects", json!({"name": "a project"}));
    let project = owner.post("/organizations/doomed/projects", &project).is(201).text("/data/id");
    let bindings = json!({"data": [{"type": "tag-bindings", "attributes": {"key": "team", "value": "one"}}]});
    owner.patch(&format!("/projects/{project}/tag-bindings"), &bindings).is(200);
    let attached = json!({"data": [{"type": "projects", "id": project}]});
    owner.post(&format!("/oauth-clients/{client}/relationships/projects"), &attached).is_done();
    makes_agent_pool(&server, "doomed", "apool-1111111111111111");
    let token = server.with_token(&server.cli(&["token", "create", "--organization", "doomed"]));
    let team = server.with_token(&server.cli(&["token", "create", "--team", "doomed/owners"]));
    let given = json!({"default-execution-mode": "agent", "default-agent-pool-id": "apool-1111111111111111"});
    owner.patch("/organizations/doomed", &document("organizations", given)).is(200);

    ada.delete("/organizations/doomed").is(404).golden("not_found");
    token.delete("/organizations/doomed").is(404).golden("not_found");
    owner.delete("/organizations/DOOMED").is_done();
    for path in [
        "/organizations/doomed".to_owned(),
        "/organizations/doomed/oauth-clients".to_owned(),
        format!("/oauth-clients/{client}"),
        format!("/oauth-tokens/{oauth_token}"),
        format!("/projects/{project}"),
        format!("/workspaces/{workspace}"),
    ] {
        owner.get(&path).is(404).golden("not_found");
    }
    owner.delete("/organizations/doomed").is(404).golden("not_found");
    for caller in [token, team] {
        caller.get("/account/details").is(401).golden("unauthorized");
    }
    super::remains::is_removed_at_last(&server);
    assert!(bowline_in(&server.data_dir, &["check"]).status.success());
    let forget = format!("DELETE FROM audit_events WHERE number > {events}");
    server.sqlite().execute_batch(&forget).expect("a trail");
    assert!(contents(&server) == before);
    owner.creates_organization("doomed");
}

#[test]
fn the_body_and_the_media_type_do_not_matter() {
    let server = Server::demo();
    let owner = server.owner();
    for (body, content_type) in [(&b"null"[..], "application/vnd.api+json"), (b"{", "text/plain"), (b"", "x")] {
        owner.creates_organization("doomed");
        owner.send("DELETE", "/organizations/doomed", Some(body), &[("Content-Type", content_type)]).is_done();
    }
}

#[test]
fn of_many_deletes_at_once_one_succeeds() {
    let server = Server::demo();
    let statuses = at_once(&server, 32, |caller, _| caller.delete(ORGANIZATION).status);
    let count = |status| statuses.iter().filter(|s| **s == status).count();
    assert_eq!((count(204), count(404)), (1, 31), "{statuses:?}");
    assert_eq!(server.number("SELECT count(*) FROM audit_events WHERE action = 'destroy'"), 1);
}

#[test]
fn what_is_being_made_in_it_is_made_before_or_not_at_all() {
    let server = Server::demo();
    server.owner().creates_organization("doomed");
    let is_gone = AtomicBool::new(false);
    thread::scope(|scope| {
        for n in 0..16 {
            let (caller, is_gone) = (server.owner(), &is_gone);
            scope.spawn(move || {
                for m in 0.. {
                    // Once it is gone, once more to see that.
                    let is_last = is_gone.load(Ordering::SeqCst);
                    let made = match n % 4 {
                        0 => caller.post("/organizations/doomed/oauth-clients", &sample_of_2018()),
                        1 => caller.patch("/organizations/doomed", &document("organizations", json!({"email": "x@y"}))),
                        _ => {
                            let new = document("workspaces", json!({"name": format!("w-{n}-{m}")}));
                            caller.post("/organizations/doomed/workspaces", &new)
                        }
                    };
                    assert!(matches!(made.status, 200 | 201 | 404), "{}: {}", made.status, made.body);
                    if is_last {
                        assert_eq!(made.status, 404);
                        break;
                    }
                }
            });
        }
        let owner = server.owner();
        // Something has been made when it goes.
        while owner.get("/organizations/doomed/workspaces").is(200).list().len() < 10 {}
        owner.delete("/organizations/doomed").is_done();
        is_gone.store(true, Ordering::SeqCst);
    });
    super::remains::is_removed_at_last(&server);
    for table in ["oauth_clients", "oauth_tokens", "workspaces"] {
        assert_eq!(server.number(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
    assert_eq!(server.number("SELECT count(*) FROM projects"), 1);
    assert!(bowline_in(&server.data_dir, &["check"]).status.success());
}

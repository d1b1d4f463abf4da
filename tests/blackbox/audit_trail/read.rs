//! `GET /organization/audit-trail`.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use super::{TRAIL, each};
use crate::harness::{Server, document, eventually};

#[test]
fn what_happened_in_the_words_of_the_original() {
    let server = Server::demo();
    let (owner, reader) = (server.owner(), server.organization_token());
    let (client, _) = owner.creates_client("my-organization");
    let change = json!({"name": "another", "key": null, "oauth-token-string": "a-new-secret"});
    owner.patch(&format!("/oauth-clients/{client}"), &document("oauth-clients", change)).is(200);
    owner.delete(&format!("/oauth-clients/{client}")).is_done();
    let answer = reader.get(TRAIL).is(200).golden("audit_trail");
    assert_eq!(answer.header("Content-Type"), Some("application/json"));
    assert!(!answer.body.contains("a-new-secret"));
    let made = owner.get("/organizations/my-organization/oauth-clients").is(200);
    assert!(made.list().is_empty());
}

#[test]
fn the_request_id_of_an_event_is_the_one_of_the_answer() {
    let server = Server::demo();
    let (owner, reader) = (server.owner(), server.organization_token());
    let made = owner.tries_client(&crate::harness::sample_of_2018()).is(201);
    let id = made.header("X-Request-Id").expect("an id");
    let newest = reader.get(&format!("{TRAIL}?page[size]=2")).is(200).json();
    assert_eq!(each(&newest, "/request/id"), [json!(id), json!(id)]);
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    let server = Server::demo();
    let reader = server.organization_token();
    for (query, parameter) in [
        ("since=yesterday", "since"),
        ("since=2030-01-02", "since"),
        ("page[size]=x", "page[size]"),
        ("page[number]=-1", "page[number]"),
        ("include=x", "include"),
        ("filter[x]=y", "filter[x]"),
    ] {
        assert_eq!(reader.get(&format!("{TRAIL}?{query}")).refused(400), [parameter], "{query}");
    }
    for size in ["1001", "0"] {
        assert_eq!(reader.get(&format!("{TRAIL}?page[size]={size}")).refused(422), ["page[size]"]);
    }
    let empty = reader.get(&format!("{TRAIL}?since=2999-01-01T00:00:00Z&page[number]=3")).is(200).json();
    assert_eq!(empty["data"], json!([]));
    let pagination = json!({"current_page": 3, "prev_page": 2, "next_page": null, "total_pages": 1, "total_count": 0});
    assert_eq!(empty["pagination"], pagination);
}

#[test]
fn an_organization_reads_its_own_and_nothing_else() {
    let server = Server::demo();
    let (owner, reader) = (server.owner(), server.organization_token());
    let eve = server.outsider("eve");
    eve.creates_organization("foreign");
    let (theirs, _) = eve.creates_client("foreign");
    let (ours, _) = owner.creates_client("my-organization");
    let trail = reader.get(TRAIL).is(200);
    assert!(trail.body.contains(&ours) && !trail.body.contains(&theirs));
    let organization = super::organization_id(&owner);
    assert!(each(&trail.json(), "/auth/organization_id").iter().all(|id| *id == json!(organization)));
}

/// All ids of a document.
fn ids(document: &Value) -> Vec<String> {
    each(document, "/id").iter().map(|id| id.as_str().expect("an id").to_owned()).collect()
}

#[test]
fn no_event_is_skipped_and_none_is_met_twice_while_others_are_added() {
    let server = Server::demo();
    let (owner, reader) = (server.owner(), server.organization_token());
    for _ in 0..20 {
        owner.creates_client("my-organization");
    }
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            let (owner, is_over) = (owner.clone(), &is_over);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    owner.creates_client("my-organization");
                }
            });
        }
        for _ in 0..3 {
            let (mut walked, mut page) = (Vec::new(), json!(1));
            while page != Value::Null {
                let before = server.number("SELECT max(number) FROM audit_events");
                let part = reader.get(&format!("{TRAIL}?page[size]=7&page[number]={page}")).is(200).json();
                walked.extend(ids(&part));
                page = part["pagination"]["next_page"].clone();
                eventually("others are added", || server.number("SELECT max(number) FROM audit_events") > before);
            }
            let different: BTreeSet<&String> = walked.iter().collect();
            assert_eq!(different.len(), walked.len(), "met twice");
            // All that was there when the walk began, which the first one met was the last of.
            let hex = walked[0].replace('-', "");
            let there_were = server.number(&format!(
                "SELECT count(*) FROM audit_events WHERE organization IS NOT NULL
                   AND number <= (SELECT number FROM audit_events WHERE lower(hex(id)) = '{hex}')"
            ));
            assert_eq!(walked.len() as i64, there_were);
        }
        // Whoever asks for what came since the last one they have misses nothing.
        let newest = |part: &Value| part["data"][0]["timestamp"].as_str().expect("a time").to_owned();
        let begin = newest(&reader.get(&format!("{TRAIL}?page[size]=1")).is(200).json());
        let (mut known, mut since) = (BTreeSet::new(), begin.clone());
        while !is_over.load(Ordering::Relaxed) {
            // Others add until the last look.
            is_over.store(known.len() > 20, Ordering::Relaxed);
            let part = reader.get(&format!("{TRAIL}?since={since}")).is(200).json();
            assert_eq!(part["pagination"]["total_pages"], 1, "one page is enough here");
            known.extend(ids(&part));
            since = newest(&part);
        }
        let mut events = server.trail_ids_between(&begin, &since);
        events.retain(|id| !known.contains(id));
        assert!(events.is_empty(), "{} were missed", events.len());
    });
}

#[test]
fn events_are_in_the_order_of_time_and_of_their_making() {
    let server = Server::demo();
    let (owner, reader) = (server.owner(), server.organization_token());
    for _ in 0..5 {
        owner.creates_client("my-organization");
    }
    let times = each(&reader.get(TRAIL).is(200).json(), "/timestamp");
    let times: Vec<&str> = times.iter().map(|time| time.as_str().expect("a time")).collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older), "{times:?}");
    // A clock that is put back a little does not make a later event an earlier one.
    let ahead = "SELECT max(at) + 1800000 FROM audit_events";
    let ahead = server.number(ahead);
    let last = server.number("SELECT max(number) FROM audit_events");
    server.sqlite().execute("UPDATE audit_events SET at = ?1 WHERE number = ?2", [ahead, last]).expect("put ahead");
    let (client, _) = owner.creates_client("my-organization");
    let newest = reader.get(&format!("{TRAIL}?page[size]=3")).is(200).json();
    assert!(each(&newest, "/resource/id")[..2].contains(&json!(client)));
    assert_eq!(server.number("SELECT count(*) FROM audit_events WHERE at >= (SELECT max(at) FROM audit_events)"), 3);
}

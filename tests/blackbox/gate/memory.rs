//! What many requests and answers may take together.

use serde_json::{Value, json};

use super::raw::{CLIENTS, MOST_MIB, PING, Raw, allow_connections, creation_head, get, peak_mib};
use crate::harness::{Server, eventually, sample_of_2018};

#[test]
fn answers_that_nobody_reads_take_no_more_memory_than_there_is_for_them() {
    let server = Server::demo_with(&["--write-timeout", "5s"]);
    let count = allow_connections(150);
    seed(&server);
    let list = get(&server, CLIENTS);
    let request = list.repeat(LISTS_BEYOND_BUFFERS);
    let unread: Vec<Raw> = (0..count)
        .map(|_| {
            let mut raw = Raw::with_a_small_window(&server);
            raw.send(&request);
            raw
        })
        .collect();
    // Lists that are given instead of refused take their time; whoever waits too long for it is told to come again.
    eventually("an honest request beside them is answered", || {
        let reply = Raw::sending(&server, PING).answer();
        if reply.status == 503 {
            reply.is_refusal(503);
        }
        reply.status == 204
    });
    drop(unread);
    // With the others gone there is room again.
    eventually("a list is given", || Raw::sending(&server, &list).answer().status == 200);
    assert!(peak_mib(&server) < MOST_MIB, "{} MiB", peak_mib(&server));
}

#[test]
fn with_all_room_for_answers_taken_reads_are_put_off_and_changes_are_told_of() {
    let server = Server::demo();
    seed(&server);
    let page = get(&server, &format!("{CLIENTS}?page[size]=20"));
    // With four bytes a character, more than such a page.
    let patterns = vec!["🔑".repeat(1024); 100];
    let owner = server.owner();
    let workspace = format!("/workspaces/{}", owner.creates_workspace("my-organization", "large", None));
    let change = |attributes: Value| json!({"data": {"type": "workspaces", "attributes": attributes}});
    owner.patch(&workspace, &change(json!({"trigger-patterns": patterns}))).is(200);
    let mut unread = Vec::new();
    let is_put_off = || {
        let reply = Raw::sending(&server, get(&server, &format!("/api/v2{workspace}"))).answer();
        if reply.status != 200 {
            reply.is_refusal(503);
            assert_eq!(reply.field("Retry-After"), Some("1"));
        }
        reply.status != 200
    };
    // Some of them hold their part but for a moment.
    let mut is_full = false;
    while !is_full {
        let mut raw = Raw::with_a_small_window(&server);
        // The first ones go into the buffers between the two.
        raw.send(page.repeat(5 * LISTS_BEYOND_BUFFERS));
        unread.push(raw);
        assert!(unread.len() < 100, "room for a hundred large answers");
        is_full = is_put_off();
        let changed = owner.patch(&workspace, &change(json!({"auto-apply": true}))).is(200);
        assert_eq!(changed.at("/data/attributes/trigger-patterns"), json!(patterns));
        is_full &= is_put_off();
    }
}

#[test]
fn with_all_room_for_requests_taken_small_requests_have_large_answers() {
    let server = Server::demo();
    seed(&server);
    let begun = |whole: usize, sent: usize| {
        let head = creation_head(&server);
        Raw::sending(&server, format!("{head}Content-Length: {whole}\r\n\r\n{}", "x".repeat(sent)))
    };
    let mut unfinished: Vec<Raw> = (0..5).map(|_| begun(1024 * 1024, 1024 * 1024 - 1)).collect();
    // Whatever those leave is taken bit by bit, each bit as large as what is asked for after it.
    let refusal = loop {
        unfinished.push(begun(30_001, 30_000));
        let reply = begun(30_000, 30_000).answer();
        if reply.status != 400 {
            break reply;
        }
        assert!(unfinished.len() < 300, "room for three hundred large requests");
    };
    refusal.is_refusal(503);
    assert_eq!(Raw::sending(&server, get(&server, CLIENTS)).answer().status, 200);
}

#[test]
fn large_answers_that_are_put_together_at_the_same_time_take_no_more_memory_than_there_is_for_them() {
    let server = Server::demo();
    seed(&server);
    read_by_many(&server, CLIENTS, 1_700_000);
}

#[test]
fn what_is_included_in_answers_takes_no_more_memory_than_there_is_for_them() {
    let server = Server::demo();
    server.owner().creates_agent_pool("my-organization", "pool");
    let workspaces = "
        WITH RECURSIVE n(i) AS (VALUES (1111) UNION ALL SELECT i + 1 FROM n WHERE i < 2110)
        INSERT INTO workspaces (id, organization, project, name, execution_mode, agent_pool, created_at, updated_at)
        SELECT 'ws-111111111111' || replace(i, '0', 'A'), 1, 1, i, 'agent', 1, 0, 0 FROM n";
    assert_eq!(server.sqlite().execute(workspaces, []).expect("workspaces"), 1000);
    read_by_many(&server, "/api/v2/organizations/my-organization/agent-pools?include=workspaces", 1_700_000);
}

/// `scripts/soak memory` has more of them, with the release build.
fn rounds() -> usize {
    std::env::var("BOWLINE_MEMORY_ROUNDS").map_or(1, |rounds| rounds.parse().expect("a number of rounds"))
}

/// Thirty-two at a time ask for it, each of them so many times; an answer has more than `least` bytes.
fn read_by_many(server: &Server, target: &str, least: usize) {
    let request = get(server, target);
    let ask = || {
        let reply = Raw::sending(server, &request).answer();
        // Of slow reads a caller has only some at once.
        let is_refused = matches!(reply.status, 429 | 503);
        assert!(is_refused || reply.body.len() > least, "{} {}", reply.body.len(), reply.head);
        reply.status
    };
    let rounds = rounds();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let readers: Vec<_> =
            (0..32).map(|_| scope.spawn(|| (0..rounds).map(|_| ask()).collect::<Vec<u16>>())).collect();
        readers.into_iter().flat_map(|reader| reader.join().expect("no panic")).collect()
    });
    let given = statuses.iter().filter(|status| **status == 200).count();
    let peak = peak_mib(server);
    assert!(given > 0 && peak < MOST_MIB, "{given} of {} were given, {peak} MiB", statuses.len());
    // Whoever has an answer gives its part back a moment later.
    eventually("an answer is given", || ask() == 200);
}

#[test]
fn a_document_of_very_many_values_is_refused_before_it_takes_their_memory() {
    let server = Server::demo();
    let body = format!("{{\"data\":{{\"type\":\"oauth-clients\",\"x\":[{}0]}}}}", "0,".repeat(500_000));
    let head = creation_head(&server);
    let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                // Not all of them have room at the same time.
                let mut answers = std::iter::repeat_with(|| Raw::sending(&server, &request).answer().status);
                assert_eq!(answers.find(|status| *status != 503), Some(400));
            });
        }
    });
    assert!(peak_mib(&server) < MOST_MIB, "{} MiB", peak_mib(&server));
}

/// More than the sockets on both sides take where nobody reads.
const LISTS_BEYOND_BUFFERS: usize = 4;

/// A list of 1.7 MB.
fn seed(server: &Server) {
    let mut document = sample_of_2018();
    document["data"]["attributes"]["rsa-public-key"] = json!(format!("a{}z", "\n".repeat(8 * 1024 - 2)));
    for _ in 0..100 {
        server.owner().post("/organizations/my-organization/oauth-clients", &document).is(201);
    }
}

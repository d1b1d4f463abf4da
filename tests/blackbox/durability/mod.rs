//! What was acknowledged is there, whatever happens.

use std::collections::HashSet;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;

use serde_json::{Value, json};

use crate::harness::{Caller, JSON_API, PATIENCE, Server, bowline_in, temporary};

/// What a caller was told had happened.
enum Acknowledged {
    Created { client: String },
    Linked { workspace: String },
    Deleting { client: String },
    Deleted { client: String, workspace: String },
}

/// Sends a document (or none) and gives the document that comes back; `None` once nobody answers any more.
fn ask(caller: &Caller, method: &str, path: &str, document: &Value) -> Option<Value> {
    let body = document.to_string();
    let body = Some(body.as_bytes()).filter(|_| !document.is_null());
    let answer = caller.try_send(method, path, body, &[("Content-Type", JSON_API)]).ok()?;
    assert!(matches!(answer.status, 201 | 204), "{method} {path}: {} {}", answer.status, answer.body);
    Some(serde_json::from_str(&answer.body).unwrap_or_default())
}

/// Creates, links and deletes until the server is gone, and tells what was acknowledged.
fn work(caller: &Caller, name: usize, told: &Sender<Acknowledged>) -> Option<()> {
    let id = |document: &Value, pointer: &str| document.pointer(pointer)?.as_str().map(str::to_owned);
    for round in 0.. {
        let created =
            ask(caller, "POST", "/organizations/my-organization/oauth-clients", &crate::harness::sample_of_2018())?;
        let (client, token) = (id(&created, "/data/id")?, id(&created, "/data/relationships/oauth-tokens/data/0/id")?);
        told.send(Acknowledged::Created { client: client.clone() }).ok()?;
        if round % 3 != 0 {
            continue;
        }
        let link = json!({"identifier": "acme/infra", "oauth-token-id": token});
        let attributes = json!({"name": format!("w{name}-{round}"), "vcs-repo": link});
        let document = json!({"data": {"type": "workspaces", "attributes": attributes}});
        let linked = ask(caller, "POST", "/organizations/my-organization/workspaces", &document)?;
        let workspace = id(&linked, "/data/id")?;
        told.send(Acknowledged::Linked { workspace: workspace.clone() }).ok()?;
        // From here on the client may be gone without our having been told.
        told.send(Acknowledged::Deleting { client: client.clone() }).ok()?;
        ask(caller, "DELETE", &format!("/oauth-clients/{client}"), &Value::Null)?;
        told.send(Acknowledged::Deleted { client, workspace }).ok()?;
    }
    Some(())
}

#[test]
fn kill_9_under_load_loses_nothing_acknowledged_and_leaves_no_half_of_anything() {
    let directory = temporary();
    let data = directory.path().join("data");
    let mut created = HashSet::new();
    let mut perhaps_deleted = HashSet::new();
    let mut linked = HashSet::new();
    let mut deleted = HashSet::new();
    let mut unlinked = HashSet::new();
    for round in 0..5 {
        let server = Server::demo_on(&data, &[]);
        let owner = server.owner();
        let (told, tell) = channel();
        std::thread::scope(|threads| {
            for n in 0..8 {
                let (owner, told) = (owner.clone(), told.clone());
                threads.spawn(move || work(&owner, round * 8 + n, &told));
            }
            drop(told);
            let mut server = Some(server);
            for (count, acknowledged) in tell.iter().enumerate() {
                match acknowledged {
                    Acknowledged::Created { client } => created.insert(client),
                    Acknowledged::Linked { workspace } => linked.insert(workspace),
                    Acknowledged::Deleting { client } => perhaps_deleted.insert(client),
                    Acknowledged::Deleted { client, workspace } => deleted.insert(client) && unlinked.insert(workspace),
                };
                if count == 150
                    && let Some(server) = server.take()
                {
                    server.kill();
                }
            }
        });
    }

    let server = Server::demo_on(&data, &[]);
    let sqlite = server.sqlite();
    let ids = |sql: &str| -> HashSet<String> {
        let mut statement = sqlite.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let clients = ids("SELECT id FROM oauth_clients");
    let lost: Vec<_> = created.difference(&clients).filter(|id| !perhaps_deleted.contains(*id)).collect();
    assert!(lost.is_empty(), "acknowledged and gone: {lost:?}");
    let back: Vec<_> = deleted.intersection(&clients).collect();
    assert!(!deleted.is_empty() && back.is_empty(), "deleted and back: {back:?}");
    let workspaces = ids("SELECT id FROM workspaces");
    let lost: Vec<_> = linked.difference(&workspaces).collect();
    assert!(lost.is_empty(), "acknowledged and gone: {lost:?}");
    let linked_now = ids("SELECT id FROM workspaces JOIN workspace_vcs_repos ON workspace = number");
    let back: Vec<_> = unlinked.intersection(&linked_now).collect();
    assert!(back.is_empty(), "unlinked and back: {back:?}");

    // One event for each change that is there, none for one that is not.
    let trail = |action: &str, kind: &str| {
        ids(&format!("SELECT resource_id FROM audit_events WHERE action = '{action}' AND resource_type = '{kind}'"))
    };
    let destroyed = trail("destroy", "oauth_client");
    let told: HashSet<String> = trail("create", "oauth_client").difference(&destroyed).cloned().collect();
    assert_eq!(told, clients);
    assert_eq!(trail("create", "workspace"), workspaces);
    assert!(bowline_in(&data, &["check"]).status.success());
}

#[test]
fn concurrent_writers_of_two_processes_do_not_get_in_each_others_way() {
    let server = Server::demo();
    let owner = server.owner();
    std::thread::scope(|threads| {
        for n in 0..4 {
            let (owner, server) = (owner.clone(), &server);
            threads.spawn(move || {
                for round in 0..5 {
                    owner.creates_client("my-organization");
                    server.cli(&["user", "create", &format!("user-{n}-{round}"), "--email", "x@example.com"]);
                }
            });
        }
    });
    let count = |table: &str| {
        server.sqlite().query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!((count("oauth_clients"), count("users")), (20, 21));
}

#[test]
fn the_log_is_folded_into_the_database_in_quiet_times() {
    let server = Server::demo();
    server.owner().creates_client("my-organization");
    let log = server.data_dir.join("bowline.db-wal");
    let deadline = Instant::now() + PATIENCE;
    while fs::metadata(&log).expect("the log").len() > 0 {
        assert!(Instant::now() < deadline, "the log is still there");
        std::thread::yield_now();
    }
    assert_eq!(
        server.owner().get("/organizations/my-organization/oauth-clients").is(200).json()["data"][0]["type"],
        "oauth-clients"
    );
}

#[test]
fn after_a_failed_write_nothing_is_acknowledged_and_the_server_ends() {
    let directory = temporary();
    let data = directory.path().join("data");
    // No file may grow beyond 512 KiB: the write-ahead log soon wants to.
    let mut server = Server::demo_with_small_files(&data, 1024);
    let owner = server.owner();
    let mut acknowledged = Vec::new();
    let refused = loop {
        match ask_for_status(&owner) {
            Some((201, client)) => acknowledged.push(client),
            other => break other.map(|(status, _)| status),
        }
        assert!(acknowledged.len() < 10_000, "the limit was never met");
    };
    assert_eq!(refused, Some(500), "{}", server.log());
    assert_eq!(server.wait().code(), Some(1));
    assert!(server.log().contains("the database can no longer be written"), "{}", server.log());

    let again = Server::demo_on(&data, &[]);
    for client in &acknowledged {
        again.owner().get(&format!("/oauth-clients/{client}")).is(200);
    }
    again.owner().creates_client("my-organization");
    assert!(bowline_in(&data, &["check"]).status.success());
}

/// The status of a creation, and the id of what was made.
fn ask_for_status(caller: &Caller) -> Option<(u16, String)> {
    let body = crate::harness::sample_of_2018().to_string();
    let path = "/organizations/my-organization/oauth-clients";
    let answer = caller.try_send("POST", path, Some(body.as_bytes()), &[("Content-Type", JSON_API)]).ok()?;
    let document: Value = serde_json::from_str(&answer.body).ok()?;
    Some((answer.status, document["data"]["id"].as_str().unwrap_or_default().to_owned()))
}

#[test]
fn a_command_gets_its_turn_beside_a_busy_server() {
    let server = Server::demo();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|threads| {
        for _ in 0..16 {
            let (owner, is_over) = (server.owner(), &is_over);
            threads.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    owner.creates_client("my-organization");
                }
            });
        }
        for n in 0..10 {
            server.cli(&["user", "create", &format!("user-{n}"), "--email", "x@example.com"]);
        }
        is_over.store(true, Ordering::Relaxed);
    });
}

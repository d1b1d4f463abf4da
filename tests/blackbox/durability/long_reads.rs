//! Beside readers that never leave a gap, the write-ahead log is folded all the same.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{Server, document};

const WORKSPACES: &str = "/organizations/my-organization/workspaces";
const MANY: &str = "WITH RECURSIVE n (x) AS (SELECT 100000 UNION ALL SELECT x + 1 FROM n LIMIT 30000)
    INSERT INTO workspaces (id, organization, project, name, created_at, updated_at)
    SELECT 'ws-aaaaaaaaaa' || replace(x, '0', 'a'), organizations.number, projects.number, 'many-' || x, 0, 0
    FROM n, organizations JOIN projects ON projects.organization = organizations.number
    WHERE organizations.name = 'my-organization'";
/// `docs/operations.md` names it.
const MOST_BYTES: u64 = 128 * 1024 * 1024;
const READERS: usize = 3;
const WRITERS: usize = 8;

/// For as many changes as are worth a moment, or for BOWLINE_LOG_SECONDS.
#[test]
fn the_log_stays_short_beside_slow_readers_and_writers() {
    let seconds = std::env::var("BOWLINE_LOG_SECONDS").ok().map(|seconds| seconds.parse().expect("seconds"));
    let server = Server::demo();
    server.sqlite().execute_batch(MANY).expect("inserted");
    let log = server.data_dir.join("bowline.db-wal");
    let (began, changes, most, is_over) =
        (Instant::now(), AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let goes_on = || match seconds {
        Some(seconds) => began.elapsed() < Duration::from_secs(seconds),
        None => changes.load(Ordering::Relaxed) < 200,
    };
    thread::scope(|scope| {
        for n in 0..READERS {
            let (reader, is_over) = (server.owner(), &is_over);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let query =
                        format!("search[exclude-tags]=a,b,c&search[name]={n}&sort=-latest-change-at&page[size]=1");
                    let status = reader.get(&format!("{WORKSPACES}?{query}")).status;
                    assert!([200, 429, 503].contains(&status), "{status}");
                }
            });
        }
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (owner, changes, most, log) = (server.owner(), &changes, &most, &log);
                scope.spawn(move || {
                    let path = format!("{WORKSPACES}/many-{}", 100_000 + writer);
                    for n in 0.. {
                        if !goes_on() {
                            return;
                        }
                        let text = format!("{n} {}", "x".repeat(1000));
                        owner.patch(&path, &document("workspaces", json!({"description": text}))).is(200);
                        changes.fetch_add(1, Ordering::Relaxed);
                        most.fetch_max(fs::metadata(log).map_or(0, |metadata| metadata.len()), Ordering::Relaxed);
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().expect("a writer");
        }
        is_over.store(true, Ordering::Relaxed);
    });
    let (most, changes) = (most.into_inner(), changes.into_inner());
    eprintln!("{changes} changes; the log had {} MiB at most", most / 1024 / 1024);
    assert!(changes >= 200 || seconds.is_some());
    assert!(most <= MOST_BYTES, "{most}");
}

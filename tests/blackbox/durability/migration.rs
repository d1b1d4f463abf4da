//! An older version's database is brought up to date, and the process killed meanwhile.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use rusqlite::Connection;

use super::disk::{Call, DATABASE, Disk, Failure, LOG, Order};
use super::is_sound;
use crate::harness::{Server, bowline_in, temporary};

/// What made the versions before this one, in order.
const MIGRATIONS: [&str; 2] =
    [include_str!("../../../schema.sql"), include_str!("../../../migrations/0002_todays_contract.sql")];

/// What somebody may have had in version 1, of late, so that all of it is kept; enough to be in the middle of for a while.
const FURNITURE: &str = "
    INSERT INTO users VALUES (1, 'user-1111111111111111', 'ada', 'ada@example.com', 0, 0);
    INSERT INTO organizations VALUES (1, 'org-1111111111111111', 'one', 'ada@example.com', 0);
    INSERT INTO teams VALUES (1, 'team-1111111111111111', 1, 'owners', 0);
    INSERT INTO team_members VALUES (1, 1);
    WITH RECURSIVE n(x) AS (SELECT 1000 UNION ALL SELECT x + 1 FROM n WHERE x < 1500)
    INSERT INTO oauth_clients (id, organization, callback, service_provider, name, http_url, api_url,
                               organization_scoped, created_at, updated_at)
      SELECT 'oc-' || replace(x, '0', 'a') || '222222222222', 1, randomblob(16), 'github', 'n' || x, 'https://a', 'https://a', 1, x, x FROM n;
    WITH RECURSIVE n(x) AS (SELECT 1000 UNION ALL SELECT x + 1 FROM n WHERE x < 1500)
    INSERT INTO workspaces (id, organization, name, created_at, updated_at)
      SELECT 'ws-' || replace(x, '0', 'a') || '222222222222', 1, 'w' || x, x, x FROM n;
    WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 5000)
    INSERT INTO audit_events (at, actor_type, actor_name, resource_type, resource_id, action)
      SELECT unixepoch() * 1000 - 5000 + x, 'System', 'command line', 'oauth_client', 'oc-' || x, 'update' FROM n;";

/// All that the furniture says, as every version has it.
const CONTENTS: [&str; 5] = [
    "SELECT id || username || email FROM users ORDER BY number",
    "SELECT external_id || name || email FROM organizations ORDER BY number",
    "SELECT id || hex(callback) || name || created_at FROM oauth_clients ORDER BY number",
    "SELECT id || name || created_at FROM workspaces ORDER BY number",
    "SELECT hex(id) || at || actor_name || resource_id || action FROM audit_events ORDER BY number",
];

fn contents(database: &Connection) -> Vec<Vec<String>> {
    let rows = |sql: &&str| {
        let mut rows = database.prepare(sql).unwrap();
        rows.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    CONTENTS.iter().map(rows).collect()
}

fn version(database: &Connection) -> usize {
    database.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)).unwrap() as usize
}

fn open(data: &Path) -> Connection {
    Connection::open(data.join("bowline.db")).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten().filter(|entry| entry.metadata().unwrap().is_file()) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// A data directory whose database is of `version`.
fn older(version: usize, like: &Path, at: &Path) {
    fs::create_dir(at).unwrap();
    fs::copy(like.join("master.key"), at.join("master.key")).unwrap();
    let database = open(at);
    database.pragma_update(None, "journal_mode", "WAL").unwrap();
    database.pragma_update(None, "application_id", 0x426f_776c).unwrap();
    database.execute_batch(MIGRATIONS[0]).unwrap();
    let attach = format!("ATTACH '{}' AS current", like.join("bowline.db").display());
    database.execute_batch(&attach).unwrap();
    // The same key opens it.
    let checks =
        "INSERT INTO main.installation SELECT only_row, created_at, seal_check, digest_check FROM current.installation";
    database.execute_batch(checks).unwrap();
    database.execute_batch("DETACH current").unwrap();
    database.execute_batch(FURNITURE).unwrap();
    for migration in &MIGRATIONS[1..version] {
        database.execute_batch(migration).unwrap();
    }
    database.pragma_update(None, "user_version", version as i64).unwrap();
}

/// The version that had the chain of the audit trail, and differs in triggers alone from the next one.
const WITH_CHAIN: usize = 3;
const KEY_ROTATION: &str = include_str!("../../../migrations/0004_key_rotation.sql");

/// Of [`WITH_CHAIN`]: SQL alone does not make the chain.
fn with_chain(like: &Path, at: &Path) {
    older(WITH_CHAIN - 1, like, at);
    assert!(Server::serve_on(at, &[]).stop().success());
    let database = open(at);
    for line in KEY_ROTATION.lines().filter_map(|line| line.strip_prefix("CREATE TRIGGER ")) {
        database.execute_batch(&format!("DROP TRIGGER {line}")).unwrap();
    }
    database.pragma_update(None, "user_version", WITH_CHAIN as i64).unwrap();
}

/// Starts a server that is killed at the order's call; `false` where it gets as far as to listen.
fn is_killed_starting(data: &Path, order: Order) -> bool {
    let disk = Disk::under(data);
    disk.fails(order);
    let mut server = Command::new(env!("CARGO_BIN_EXE_bowline"))
        .envs(disk.environment())
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let announced = BufReader::new(server.stdout.take().unwrap()).lines().next().is_some();
    server.kill().unwrap();
    server.wait().unwrap();
    !announced
}

#[test]
fn an_upgrade_that_is_killed_begins_again_and_ends_with_everything_there() {
    let directory = temporary();
    let fresh = directory.path().join("fresh");
    assert!(Server::demo_on(&fresh, &[]).stop().success());
    let current = version(&open(&fresh));
    let killed_at = |call, file, countdown| Order {
        call,
        file: Some(file),
        failure: Failure::Killed,
        countdown,
        is_for_good: false,
    };
    let orders = [
        killed_at(Call::Write, LOG, 0),
        killed_at(Call::Write, LOG, 1),
        killed_at(Call::Write, LOG, 100),
        killed_at(Call::Write, LOG, 301),
        killed_at(Call::Sync, LOG, 0),
        killed_at(Call::Sync, LOG, 1),
        killed_at(Call::Write, DATABASE, 0),
        killed_at(Call::Write, DATABASE, 50),
        killed_at(Call::Sync, DATABASE, 0),
    ];
    assert_eq!(current, WITH_CHAIN + 1, "one more version is to be upgraded from");
    for before in 1..current {
        let old = directory.path().join(format!("version-{before}"));
        if before == WITH_CHAIN {
            with_chain(&fresh, &old)
        } else {
            older(before, &fresh, &old)
        }
        let expected = contents(&open(&old));
        let (mut not_yet, mut already) = (0, 0);
        for (n, order) in orders.into_iter().enumerate() {
            // A few triggers are a few pages.
            if before == WITH_CHAIN && order.countdown > 1 {
                continue;
            }
            let data = directory.path().join(format!("version-{before}-{n}"));
            copy(&old, &data);
            assert!(is_killed_starting(&data, order), "{order:?} was never met");
            // Looked at from beside, so that the next start finds what the kill left.
            let beside = directory.path().join(format!("version-{before}-{n}-beside"));
            copy(&data, &beside);
            let found = version(&open(&beside));
            eprintln!("{order:?}: version {found}");
            assert!(found == before || found == current, "version {found} is neither");
            assert!(contents(&open(&beside)) == expected);
            let outcome = if found == before { &mut not_yet } else { &mut already };
            *outcome += 1;

            let refused = bowline_in(&data, &["check"]);
            assert_eq!(refused.status.success(), found == current, "only `serve` brings a database up to date");
            let server = Server::serve_on(&data, &[]);
            assert_eq!(version(&server.sqlite()), current);
            assert!(contents(&server.sqlite()) == expected, "not everything is there");
            let owner = server.with_token(&server.cli(&["token", "create", "--user", "ada"]));
            let clients = owner.get("/organizations/one/oauth-clients?page%5Bsize%5D=1").is(200);
            assert_eq!(clients.at("/meta/pagination/total-count"), 501);
            drop(server);
            is_sound(&data);
        }
        assert!(not_yet > 0 && already > 0, "killed too early {not_yet} times, too late {already} times");
    }
}

//! An older version's database is brought up to date, and the process killed meanwhile.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use super::disk::{Call, DATABASE, Disk, Failure, LOG, Order};
use super::is_sound;
use super::older::{
    CLIENTS, CURRENT, contents, copy, expected_of_first, of_each_version, open, projects_of_first, version,
};
use crate::harness::{Server, bowline_in, temporary};

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
        killed_at(Call::Write, LOG, 30),
        killed_at(Call::Write, LOG, 100),
        killed_at(Call::Sync, LOG, 0),
        killed_at(Call::Sync, LOG, 1),
        killed_at(Call::Write, DATABASE, 0),
        killed_at(Call::Write, DATABASE, 20),
        killed_at(Call::Sync, DATABASE, 0),
    ];
    for (before, old) in (1..).zip(of_each_version(directory.path())) {
        let expected = contents(&open(&old));
        let (mut not_yet, mut already) = (0, 0);
        for (n, order) in orders.into_iter().enumerate() {
            let data = directory.path().join(format!("version-{before}-{n}"));
            copy(&old, &data);
            assert!(is_killed_starting(&data, order), "{order:?} was never met");
            // Looked at from beside, so that the next start finds what the kill left.
            let beside = directory.path().join(format!("version-{before}-{n}-beside"));
            copy(&data, &beside);
            let found = version(&open(&beside));
            eprintln!("{order:?}: version {found}");
            assert!(found == before || found == CURRENT, "version {found} is neither");
            assert!(contents(&open(&beside)) == expected);
            let outcome = if found == before { &mut not_yet } else { &mut already };
            *outcome += 1;

            let refused = bowline_in(&data, &["check"]);
            assert_eq!(refused.status.success(), found == CURRENT, "only `serve` brings a database up to date");
            let server = Server::serve_on(&data, &[]);
            assert_eq!(version(&server.sqlite()), CURRENT);
            assert!(contents(&server.sqlite()) == expected, "not everything is there");
            let owner = server.with_token(&server.cli(&["token", "create", "--user", "ada"]));
            let clients = owner.get("/organizations/one/oauth-clients?page%5Bsize%5D=4").is(200);
            assert_eq!(clients.at("/meta/pagination/total-count"), CLIENTS);
            assert_eq!(projects_of_first(&clients.json()), expected_of_first(before));
            drop(server);
            is_sound(&data);
        }
        assert!(not_yet > 0 && already > 0, "killed too early {not_yet} times, too late {already} times");
    }
}

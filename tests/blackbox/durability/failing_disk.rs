//! Calls to the disk fail. What was acknowledged is there afterwards, and the failure is not kept quiet.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tempfile::TempDir;

use super::crew::{Crew, End};
use super::disk::{Call, DATABASE, Disk, Failure, LOG, Order, WITNESS};
use super::{is_sound, seed};
use crate::harness::{Server, eventually, temporary};

const CONNECTIONS: usize = 4;

struct Scene {
    data: PathBuf,
    crew: Crew,
    dice: StdRng,
    _directory: TempDir,
}

impl Scene {
    fn new() -> Scene {
        let seed = seed();
        let directory = temporary();
        let data = directory.path().join("data");
        let crew = Crew::muster(CONNECTIONS, &data, seed);
        Scene { data, crew, dice: StdRng::seed_from_u64(seed), _directory: directory }
    }

    /// A server on a disk of its own.
    fn start(&self) -> (Disk, Server) {
        let disk = Disk::under(&self.data);
        let server = Server::serve_in(&self.data, &disk.environment());
        (disk, server)
    }

    /// Started again on a disk that is well, everything is as it was acknowledged.
    fn is_as_acknowledged(&mut self) {
        let again = Server::serve_on(&self.data, &[]);
        self.crew.settle(&again.sqlite());
        is_sound(&self.data);
        // Folded into the database, the next case begins with an empty log.
        assert!(again.stop().success());
    }
}

/// Until the server has ended by itself: with an error, and with the reason in its log.
fn ends_loudly(mut server: Server) {
    eventually("the end of the server", || !server.is_running());
    assert_eq!(server.wait().code(), Some(1), "{}", server.log());
    assert!(server.log().contains("the database can no longer be written: "), "{}", server.log());
}

#[test]
fn after_a_write_or_sync_that_fails_the_server_ends_and_has_lost_nothing() {
    let mut scene = Scene::new();
    let mut told = 0;
    for (call, failure, most) in
        [(Call::Sync, Failure::Broken, 40), (Call::Sync, Failure::Full, 40), (Call::Write, Failure::Broken, 400)]
    {
        for is_for_good in [false, true] {
            for countdown in [0, scene.dice.random_range(1..most / 8), scene.dice.random_range(most / 8..most)] {
                let (disk, server) = scene.start();
                // The witness may be older than the database; it has a test of its own.
                let order = Order { call, file: Some(LOG), failure, countdown, is_for_good };
                disk.fails(order);
                let ends = scene.crew.work(&server, || 0, || true);
                eprintln!("{order:?}: {ends:?}");
                assert!(ends.iter().all(|end| matches!(end, End::Gone | End::Refused(500 | 503))), "{ends:?}");
                told += ends.iter().filter(|end| **end == End::Refused(500)).count();
                ends_loudly(server);
                scene.is_as_acknowledged();
            }
        }
    }
    assert!(told > 0, "nobody who was in a commit that failed was told");
}

#[test]
fn a_witness_that_cannot_be_written_holds_up_no_change_and_is_said_once() {
    let mut scene = Scene::new();
    let (disk, server) = scene.start();
    let failure = Failure::Broken;
    disk.fails(Order { call: Call::Write, file: Some(WITNESS), failure, countdown: 3, is_for_good: true });
    let ends = scene.crew.work(&server, || 0, || disk.failed() < 5);
    assert_eq!(ends, [End::Stopped; CONNECTIONS]);
    assert_eq!(server.log().matches("loss of the newest events would not be detected").count(), 1, "{}", server.log());
    assert!(server.stop().success());
    scene.is_as_acknowledged();
}

#[test]
fn a_write_without_room_is_refused_and_the_next_one_that_fits_is_taken() {
    let mut scene = Scene::new();
    let mut told = 0;
    for is_for_good in [false, true] {
        for countdown in [0, scene.dice.random_range(1..30), scene.dice.random_range(30..300)] {
            let (disk, server) = scene.start();
            let order = Order { call: Call::Write, file: None, failure: Failure::Full, countdown, is_for_good };
            disk.fails(order);
            let ends = scene.crew.work(&server, || 0, || disk.failed() == 0);
            eprintln!("{order:?}: {ends:?}");
            told += ends.iter().filter(|end| **end == End::Refused(507)).count();
            assert!(ends.iter().all(|end| matches!(end, End::Refused(507) | End::Stopped)), "{ends:?}");
            disk.is_well();
            let before = scene.crew.changes();
            let ends = scene.crew.work(&server, || 0, || false);
            assert_eq!(ends, [End::Stopped; CONNECTIONS]);
            assert_eq!(scene.crew.changes(), before + CONNECTIONS);
            server.kill();
            scene.is_as_acknowledged();
        }
    }
    assert!(told > 0, "nobody was told that the disk is full");
}

#[test]
fn a_log_whose_folding_fails_or_is_killed_is_kept() {
    let mut scene = Scene::new();
    // Nothing but folding writes to the database itself, and cuts the log.
    for (call, file, failure, countdown) in [
        (Call::Write, Some(DATABASE), Failure::Broken, 0),
        (Call::Sync, Some(DATABASE), Failure::Broken, 0),
        (Call::Truncate, None, Failure::Broken, 0),
        (Call::Write, Some(DATABASE), Failure::Full, 0),
        (Call::Write, Some(DATABASE), Failure::Killed, 0),
        (Call::Write, Some(DATABASE), Failure::Killed, 7),
        (Call::Sync, Some(DATABASE), Failure::Killed, 0),
        (Call::Truncate, None, Failure::Killed, 0),
        (Call::Truncate, None, Failure::Killed, 1),
    ] {
        let (disk, mut server) = scene.start();
        let order = Order { call, file, failure, countdown, is_for_good: true };
        disk.fails(order);
        let left = AtomicUsize::new(40);
        scene.crew.work(&server, || 0, || left.fetch_sub(1, Ordering::Relaxed) > CONNECTIONS);
        eventually("an attempt to fold the log", || disk.failed() > 0);
        eprintln!("{order:?}");
        match failure {
            Failure::Broken => ends_loudly(server),
            Failure::Full => {
                eventually("a line in the log", || server.log().contains("could not be folded"));
                assert!(server.is_running());
                server.kill();
            }
            Failure::Killed => eventually("the kill", || !server.is_running()),
        }
        scene.is_as_acknowledged();
    }
}

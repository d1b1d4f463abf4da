//! The power goes. What was synced is there; of what was written since, any part may be, in pieces and in any order.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::crew::{Crew, End};
use super::disk::{DATABASE, Disk, Event, FILES, LOG, Operation};
use super::{is_sound, seed};
use crate::harness::{Server, bowline_in, eventually, temporary};

const CONNECTIONS: usize = 6;
const CHANGES: usize = 150;
/// Moments at which the power goes, and what becomes of the files each time.
const MOMENTS: usize = 18;
const SECTOR: usize = 512;

/// What the disk made of the writes that nobody had waited for.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// All are there: the state that a killed process leaves.
    Written,
    /// None is.
    Lost,
    /// Some are, whichever was written first.
    Some,
    /// All up to one, which broke off at a sector.
    Torn,
    /// All, but the sector that was being written last holds anything.
    Garbled,
}

const FATES: [Fate; 5] = [Fate::Written, Fate::Lost, Fate::Some, Fate::Torn, Fate::Garbled];

/// The files as they would be found if the power went after the first `events`.
fn found(base: &[Vec<u8>; FILES.len()], events: &[Event], fate: Fate, dice: &mut StdRng) -> [Vec<u8>; FILES.len()] {
    let mut files = base.clone();
    for (number, file) in files.iter_mut().enumerate() {
        let operations: Vec<&Operation> =
            events.iter().filter(|event| event.file == number as u32).map(|event| &event.operation).collect();
        let synced =
            operations.iter().rposition(|operation| matches!(operation, Operation::Sync)).map_or(0, |at| at + 1);
        let (durable, pending) = operations.split_at(synced);
        durable.iter().for_each(|operation| operation.apply(file));
        match fate {
            Fate::Written => pending.iter().for_each(|operation| operation.apply(file)),
            Fate::Lost => {}
            Fate::Some => pending.iter().filter(|_| dice.random()).for_each(|operation| operation.apply(file)),
            Fate::Torn | Fate::Garbled => {
                let Some((last, before)) = pending.split_last() else { continue };
                before.iter().for_each(|operation| operation.apply(file));
                match last {
                    Operation::Write { at, data } => broken(*at, data, fate, dice).apply(file),
                    other => other.apply(file),
                }
            }
        }
    }
    files
}

/// A write that did not come to its end: what is beyond a sector's border is missing, or is noise.
fn broken(at: usize, data: &[u8], fate: Fate, dice: &mut StdRng) -> Operation {
    let whole = dice.random_range(0..data.len().div_ceil(SECTOR)) * SECTOR;
    let mut data = data.to_vec();
    match fate {
        Fate::Garbled => dice.fill(&mut data[whole..]),
        _ => data.truncate(whole),
    }
    Operation::Write { at, data }
}

fn lay_out(files: &[Vec<u8>; FILES.len()], key: &Path, at: &Path) {
    fs::create_dir(at).unwrap();
    fs::copy(key, at.join("master.key")).unwrap();
    for (name, bytes) in FILES.iter().zip(files).filter(|(_, bytes)| !bytes.is_empty()) {
        fs::write(at.join(name), bytes).unwrap();
    }
}

fn contents(data: &Path) -> [Vec<u8>; FILES.len()] {
    FILES.map(|name| fs::read(data.join(name)).unwrap_or_default())
}

#[test]
fn what_was_acknowledged_before_the_power_went_is_there_whatever_the_disk_did_with_the_rest() {
    let seed = seed();
    let mut dice = StdRng::seed_from_u64(seed);
    let directory = temporary();
    let data = directory.path().join("data");
    let mut crew = Crew::muster(CONNECTIONS, &data, seed);
    let base = contents(&data);
    let disk = Disk::under(&data);
    let server = Server::serve_in(&data, &disk.environment());
    // Twice, so that the log is folded, and begun again, in between.
    for _ in 0..2 {
        let left = AtomicUsize::new(CHANGES);
        let ends = crew.work(&server, || disk.clock(), || left.fetch_sub(1, Ordering::Relaxed) > CONNECTIONS);
        assert_eq!(ends, [End::Stopped; CONNECTIONS]);
        eventually("the log is folded", || fs::metadata(data.join(FILES[LOG as usize])).unwrap().len() == 0);
    }
    server.kill();
    let events = disk.events();
    let folding = |event: &Event| event.file == DATABASE && matches!(event.operation, Operation::Write { .. });
    assert!(events.iter().any(folding), "nothing was ever folded");

    let mut held = Vec::new();
    for n in 0..MOMENTS {
        // Every third time while the log is being folded, where mistakes would be.
        let moment = loop {
            let moment = dice.random_range(1..events.len());
            if n % 3 != 0 || folding(&events[moment - 1]) {
                break moment;
            }
        };
        let at = events[moment - 1].clock;
        for fate in FATES {
            let place = temporary();
            let copy = place.path().join("data");
            lay_out(&found(&base, &events[..moment], fate, &mut dice), &data.join("master.key"), &copy);
            eprintln!("the power goes after {moment} of {} calls: {fate:?}", events.len());
            is_sound(&copy);
            held.push(crew.verify(&rusqlite::Connection::open(copy.join(FILES[DATABASE as usize])).unwrap(), at));
        }
    }
    let (least, most) = (held.iter().min(), held.iter().max());
    assert!(least < most && most <= Some(&crew.changes()), "every moment was the same: {least:?} to {most:?}");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten().filter(|entry| entry.metadata().unwrap().is_file()) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// The one page whose place in the file is looked at before SQLite is.
#[test]
fn a_first_page_that_broke_while_it_was_folded_is_taken_from_the_log() {
    let directory = temporary();
    let data = directory.path().join("data");
    let server = Server::demo_on(&data, &[]);
    // As long as somebody reads, the log is not begun anew.
    let reader = server.sqlite();
    reader.execute_batch("BEGIN; SELECT count(*) FROM oauth_clients").unwrap();
    let owner = server.owner();
    // Enough for the file to grow, which its first page says.
    let clients: Vec<String> = (0..40).map(|_| owner.creates_client("my-organization").0).collect();
    server.kill();
    let broken = directory.path().join("broken");
    copy(&data, &broken);
    let file = fs::File::options().write(true).open(broken.join(FILES[DATABASE as usize])).unwrap();
    file.write_all_at(&[0xa5; SECTOR], 0).unwrap();

    let noise = fs::read(broken.join(FILES[DATABASE as usize])).unwrap();
    // Nothing of it may be lost by looking at it.
    for (name, found, has_log) in
        [("without-log", noise, false), ("empty", Vec::new(), true), ("short", vec![0xa5; 50], true)]
    {
        let other = directory.path().join(name);
        copy(&broken, &other);
        fs::write(other.join(FILES[DATABASE as usize]), found).unwrap();
        if !has_log {
            fs::remove_file(other.join(FILES[LOG as usize])).unwrap();
        }
        let before = contents(&other);
        let output = bowline_in(&other, &["check"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains("not a Bowline database"), "{name}: {said}");
        assert!(contents(&other) == before, "{name}");
    }

    is_sound(&broken);
    let again = Server::serve_on(&broken, &[]);
    let owner = again.with_token(&owner.token.unwrap());
    for id in clients {
        owner.get(&format!("/oauth-clients/{id}")).is(200);
    }
    owner.creates_client("my-organization");
    assert!(again.stop().success());
    is_sound(&broken);
}

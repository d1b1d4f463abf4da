//! What the writer acknowledges is there; what health says of it is so.

use std::fs;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Instant;

use rusqlite::Connection;

use super::{Place, database, key};
use crate::domain::error::{Error, Kind, Result};
use crate::domain::sources::Sources;
use crate::store::audit::Keeper;
use crate::store::engine::connection;
use crate::store::engine::health::Examiner;
use crate::store::engine::opened_files::OpenedFiles;
use crate::store::engine::reserve::Reserve;
use crate::store::engine::wal as log;
use crate::store::engine::wal::Log;
use crate::store::engine::writer::fair_queue::HEAVY;
use crate::store::engine::writer::queue::{Attempt, Probe, Room};
use crate::store::engine::writer::{Leftovers, Parts, Writer};
use crate::store::{Health, RESERVE, State};

/// A writer over a database that cannot grow by more than `pages`.
fn writer(place: &Place, pages: i64) -> (Writer, mpsc::Receiver<String>) {
    let connection = connection::writing(&place.path).unwrap();
    let there_are: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    connection.pragma_update(None, "max_page_count", there_are + pages).unwrap();
    let (told, tell) = mpsc::channel();
    let on_fatal = Box::new(move |why| drop(told.send(why)));
    (Writer::start(parts(place, connection), on_fatal).unwrap(), tell)
}

fn files(place: &Place) -> Arc<OpenedFiles> {
    Arc::new(OpenedFiles::of(&place.path).unwrap())
}

fn examiner(place: &Place) -> Examiner {
    Examiner::of(files(place), Arc::clone(&place.metrics))
}

fn parts(place: &Place, connection: Connection) -> Parts {
    let (files, keeper) = (files(place), Keeper::of(&place.path, key(), Sources::system()));
    let (log, reserve) = (Log::of(&place.path, Arc::default()), Reserve::beside(&place.path));
    let (hide, remove) = (Box::new(|_: &_| Ok(())), Box::new(|_: &_, _| Ok(false)));
    let leftovers = Leftovers { exist: Box::new(|_| Ok(false)), hide, remove };
    Parts { connection, leftovers, files, log, keeper, reserve, metrics: Arc::clone(&place.metrics) }
}

fn write<T: Send + 'static>(writer: &Writer, change: impl Fn(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
    let made = Arc::new(Mutex::new(None));
    let told = Arc::clone(&made);
    let adds = move |connection: &Connection, attempt: &Attempt| {
        *told.lock().unwrap() = Some(change(connection)?);
        if attempt.room == Room::Reserve { Err(Error::storage_full()) } else { Ok(()) }
    };
    writer.send(String::new(), Box::new(adds))?.answer()?;
    Ok(made.lock().unwrap().take().unwrap())
}

fn insert(connection: &Connection, name: &str, bytes: usize) -> Result<()> {
    let id = format!("user-{:1>16}", name);
    let padding = "x".repeat(bytes);
    connection.execute("CREATE TABLE IF NOT EXISTS padding (x TEXT) STRICT", [])?;
    connection.execute("INSERT INTO padding VALUES (?1)", [padding])?;
    connection.execute(
        "INSERT INTO users (id, username, email, is_site_admin, created_at) VALUES (?1, ?2, 'a@b', 0, 0)",
        (id, name),
    )?;
    Ok(())
}

fn users(place: &Place) -> Vec<String> {
    let connection = connection::reading(&place.path).unwrap();
    let mut statement = connection.prepare("SELECT username FROM users ORDER BY number").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

#[test]
fn a_full_disk_refuses_what_does_not_fit_and_takes_what_does() {
    let place = database();
    let (writer, fatal) = writer(&place, 20);
    write(&writer, |connection| insert(connection, "a", 10)).unwrap();
    let error = write(&writer, |connection| insert(connection, "b", 1024 * 1024)).unwrap_err();
    assert_eq!(error.kind, Kind::StorageFull);
    write(&writer, |connection| insert(connection, "c", 10)).unwrap();
    writer.close();
    assert_eq!(users(&place), ["a", "c"]);
    assert!(fatal.try_recv().is_err(), "a full disk is no reason to stop");
}

#[test]
fn a_change_that_writes_nothing_makes_no_commit() {
    let place = database();
    let (writer, _) = writer(&place, 20);
    let other = connection::reading(&place.path).unwrap();
    let version = || -> i64 { other.pragma_query_value(None, "data_version", |row| row.get(0)).unwrap() };
    write(&writer, |connection| insert(connection, "a", 10)).unwrap();
    let before = version();
    let update = "UPDATE users SET username = 'b' WHERE username = ?1";
    assert_eq!(write(&writer, move |connection| Ok(connection.execute(update, ["c"])?)).unwrap(), 0);
    assert_eq!(version(), before);
    assert_eq!(write(&writer, move |connection| Ok(connection.execute(update, ["a"])?)).unwrap(), 1);
    assert_ne!(version(), before);
    writer.close();
}

#[test]
fn a_removal_that_finds_no_room_is_made_once_more_with_the_reserve() {
    let place = database();
    let (writer, _) = writer(&place, 4);
    let path = place.path.with_file_name(RESERVE);
    let remove = || {
        let path = path.clone();
        let remove = move |connection: &Connection, _: &Attempt| {
            let has_room = fs::metadata(&path).is_ok_and(|metadata| metadata.len() == 0);
            insert(connection, "a", if has_room { 10 } else { 1024 * 1024 })
        };
        writer.send(String::new(), Box::new(remove))?.answer()
    };
    assert_eq!(remove().unwrap_err().kind, Kind::StorageFull);
    let mut reserve = Reserve::beside(&place.path);
    reserve.keep();
    assert_eq!(write(&writer, |connection| insert(connection, "b", 1024 * 1024)).unwrap_err().kind, Kind::StorageFull);
    assert!(fs::metadata(&path).unwrap().len() > 0, "it is for removals alone");
    remove().unwrap();
    assert_eq!(users(&place), ["a"]);
    assert!(fs::metadata(&path).unwrap().len() > 0, "it was taken back");
    writer.close();
}

#[test]
fn a_full_disk_is_down_until_it_takes_something_again() {
    let place = database();
    let (writer, _fatal) = writer(&place, 20);
    let examiner = examiner(&place);
    assert_eq!(examiner.examine(&writer), Health::GOOD);
    let too_large = write(&writer, |connection| insert(connection, "a", 1024 * 1024));
    assert_eq!(too_large.unwrap_err().kind, Kind::StorageFull);
    // The writer was examined a moment ago; what it met since then counts.
    assert_eq!(examiner.examine(&writer), Health { disk: State::Down, ..Health::GOOD });
    assert_eq!(place.metrics.refused.get(), 1);
    assert_eq!(place.metrics.shares.distribution().count, 0);
    // Not a single change is needed.
    assert_eq!(writer.probe(Probe::Write).unwrap().recv(), Ok(true));
    assert_eq!(examiner.examine(&writer), Health::GOOD);
    assert_eq!(place.metrics.shares.distribution().count, 1);
}

#[test]
fn being_asked_how_it_is_costs_the_disk_nothing() {
    let place = database();
    let (writer, _fatal) = writer(&place, 20);
    write(&writer, |connection| insert(connection, "a", 10)).unwrap();
    let log = log::path_of(&place.path);
    let bytes = || std::fs::metadata(&log).unwrap().len();
    let before = bytes();
    for _ in 0..20 {
        assert_eq!(writer.probe(Probe::Begin).unwrap().recv(), Ok(true));
    }
    // In a quiet second it may have been folded meanwhile, which makes it shorter.
    assert!(bytes() <= before);
    let distribution = place.metrics.commit_times.distribution();
    assert_eq!((distribution.count, place.metrics.shares.distribution().sum), (1, 1));
}

#[test]
fn a_file_that_is_gone_or_another_one_is_down() {
    let place = database();
    let (writer, _fatal) = writer(&place, 20);
    let examiner = examiner(&place);
    let gone = Health { file: State::Down, ..Health::GOOD };
    for path in [place.path.clone(), log::path_of(&place.path)] {
        let aside = place.path.with_extension("aside");
        std::fs::rename(&path, &aside).unwrap();
        assert_eq!(examiner.examine(&writer), gone, "{}", path.display());
        std::fs::copy(&aside, &path).unwrap();
        assert_eq!(examiner.examine(&writer), gone, "{}", path.display());
        std::fs::rename(&aside, &path).unwrap();
        assert_eq!(examiner.examine(&writer), Health::GOOD, "{}", path.display());
    }
}

#[test]
fn a_writer_that_is_dead_or_has_halted_is_down() {
    let place = database();
    let (halted, _fatal) = writer(&place, 20);
    let failing = |_: &Connection| {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR_FSYNC);
        Err::<(), Error>(rusqlite::Error::SqliteFailure(code, None).into())
    };
    assert!(write(&halted, failing).is_err());
    let down = Health { writer: State::Down, ..Health::GOOD };
    assert_eq!(examiner(&place).examine(&halted), down);
    halted.close();

    let (dead, fatal) = {
        let parts = parts(&place, connection::writing(&place.path).unwrap());
        (Writer::start(parts, Box::new(|_| panic!("as asked for"))).unwrap(), failing)
    };
    // A writer that dies closes the database, and the log goes with it.
    let examiner = examiner(&place);
    assert!(write(&dead, fatal).is_err());
    assert_eq!(examiner.examine(&dead).writer, State::Down);
}

#[test]
fn while_the_writer_is_held_up_only_so_many_wait_and_the_others_are_told_that_nothing_was_changed() {
    let place = database();
    let (writer, _fatal) = writer(&place, 20);
    writer.limit_waiting(2);
    let (hold, held) = mpsc::channel::<()>();
    let (begun, begins) = mpsc::channel();
    let writer = &writer;
    thread::scope(|scope| {
        scope.spawn(move || {
            write(writer, move |_| {
                begun.send(()).unwrap();
                // Until the sender is dropped.
                let _ = held.recv();
                Ok(())
            })
        });
        begins.recv().unwrap();
        let patient = scope.spawn(|| write(writer, |connection| insert(connection, "patient", 10)));
        while writer.how_many_wait() < 2 {
            thread::yield_now();
        }
        for _ in 0..3 {
            let error = write(writer, |connection| insert(connection, "late", 10)).unwrap_err();
            assert_eq!((error.kind, writer.how_many_wait()), (Kind::Unavailable, 2));
        }
        drop(hold);
        patient.join().unwrap().unwrap();
    });
    write(writer, |connection| insert(connection, "after", 10)).unwrap();
    assert_eq!(users(&place), ["patient", "after"]);
}

#[test]
fn a_change_that_fails_or_panics_leaves_the_others_of_its_batch_alone() {
    let place = database();
    let (writer, fatal) = writer(&place, 1_000_000);
    std::thread::scope(|scope| {
        for n in 0..30 {
            let writer = &writer;
            scope.spawn(move || {
                let result = write(writer, move |connection| {
                    insert(connection, &format!("u{n}"), 10)?;
                    match n % 3 {
                        0 => Ok(()),
                        1 => Err(Error::invalid("as asked for")),
                        _ => panic!("as asked for"),
                    }
                });
                let kind = result.map_err(|e| e.kind);
                assert_eq!(kind, [Ok(()), Err(Kind::Invalid), Err(Kind::Internal)][n % 3]);
            });
        }
    });
    writer.close();
    let mut expected: Vec<String> = (0..30).step_by(3).map(|n| format!("u{n}")).collect();
    let mut found = users(&place);
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    assert!(fatal.try_recv().is_err());
}

#[test]
fn after_a_failing_disk_nothing_is_written_any_more() {
    let place = database();
    let (writer, fatal) = writer(&place, 1_000_000);
    write(&writer, |connection| insert(connection, "a", 10)).unwrap();
    let failing = |connection: &Connection| {
        insert(connection, "b", 10)?;
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR_WRITE);
        Err::<(), Error>(rusqlite::Error::SqliteFailure(code, None).into())
    };
    assert_eq!(write(&writer, failing).unwrap_err().kind, Kind::Internal);
    assert!(fatal.recv().unwrap().contains("can no longer be written"));
    assert_eq!(write(&writer, |connection| insert(connection, "c", 10)).unwrap_err().kind, Kind::Unavailable);
    writer.close();
    assert_eq!(users(&place), ["a"]);
}

#[test]
fn the_changes_of_others_go_before_more_of_a_caller_whose_change_took_long() {
    let place = database();
    let (writer, _fatal) = writer(&place, 20);
    let order: Arc<Mutex<Vec<&str>>> = Arc::default();
    let (open, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let notes = Arc::clone(&order);
    let long = move |connection: &Connection, _: &Attempt| {
        let _ = gate.lock().unwrap().recv();
        let began = Instant::now();
        while began.elapsed() <= HEAVY {
            thread::yield_now();
        }
        notes.lock().unwrap().push("a, long");
        insert(connection, "long", 1)
    };
    let long = writer.send("a".to_owned(), Box::new(long));
    let short = [("a", "first"), ("a", "second"), ("b", "third")].map(|(caller, name)| {
        let notes = Arc::clone(&order);
        let short = move |connection: &Connection, _: &Attempt| {
            notes.lock().unwrap().push(caller);
            insert(connection, name, 1)
        };
        writer.send(caller.to_owned(), Box::new(short))
    });
    open.send(()).unwrap();
    long.unwrap().answer().unwrap();
    for sent in short {
        sent.unwrap().answer().unwrap();
    }
    assert_eq!(*order.lock().unwrap(), ["a, long", "b", "a", "a"]);
    // Those of `a` that waited are committed one by one: each could have been as long.
    assert_eq!(place.metrics.commit_times.distribution().count, 4);
    writer.close();
}

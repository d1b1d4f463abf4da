//! The trail on real files.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, mpsc};

use rusqlite::Connection;

use crate::domain::audit::trail_key::TrailKey;
use crate::domain::error::Error;
use crate::domain::secret::Sealed;
use crate::domain::sources::{Clock, Sources};
use crate::domain::timestamp::Timestamp;
use crate::store::audit::Trail;
use crate::store::engine::writer::queue::Attempt;
use crate::store::{Actor, Change, EventKind, Extract, Resource, Store, create};

/// A new database and its store.
fn store() -> (Store, std::path::PathBuf, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bowline.db");
    create(&path, &Sealed(vec![0; 64]), [0; 32], &key(), Sources::system().now()).unwrap();
    (open(&path, key()), path, directory)
}

fn open(path: &std::path::Path, key: TrailKey) -> Store {
    Store::open(path, key, Sources::system(), |why| panic!("{why}")).unwrap()
}

fn key() -> TrailKey {
    TrailKey::new([7; 32])
}

#[test]
fn what_is_done_to_the_installation_is_on_record_in_the_same_chain() {
    let (store, path, _directory) = store();
    let meta = serde_json::json!({"number": 2});
    store
        .change(Actor::System, move |change| change.note(EventKind::Rotate, Resource::MasterKey, "seal 2", Some(&meta)))
        .unwrap();
    // What is given up leaves nothing, and no number missing.
    let given_up = store.change(Actor::System, |change| {
        change.note(EventKind::Rotate, Resource::MasterKey, "seal 3", None)?;
        Err::<(), Error>(Error::invalid("as asked for"))
    });
    assert!(given_up.is_err());
    store.change(Actor::System, |change| change.note(EventKind::Rotate, Resource::MasterKey, "seal 3", None)).unwrap();
    let events = store.read(|view| view.latest_events(&Extract::default(), 10)).unwrap();
    let told: Vec<String> =
        events.iter().map(|e| format!("{} {} {} {}", e.number, e.action, e.resource_type, e.resource_id)).collect();
    assert_eq!(told, ["1 rotate master_key seal 2", "2 rotate master_key seal 3"]);
    assert_eq!(events[0].meta, Some(serde_json::json!({"number": 2})));
    let finding = store.check_trail();
    assert!(finding.wrong.is_empty() && finding.notes.is_empty(), "{finding:?}");
    store.close();
    // With another key, nothing of it fits.
    let store = open(&path, TrailKey::new([8; 32]));
    assert!(store.check_trail().wrong.len() >= 3, "the anchor and both events");
    store.close();
}

/// The end of the trail is known from one change of a batch to the next.
#[test]
fn what_is_given_up_within_a_batch_leaves_the_trail_as_the_change_before_it_made_it() {
    let (store, _, _directory) = store();
    let (go_on, gone_on) = mpsc::channel::<()>();
    // The writer waits here while the others queue up.
    let wait = move |_: &Connection, _: &Attempt| gone_on.recv().map_err(Error::internal);
    let first = store.writer.send(String::new(), Box::new(wait)).unwrap();
    let note = |id: &'static str, is_given_up: bool| {
        let (sources, removals) = (Sources::system(), Arc::clone(&store.removals));
        let run = move |connection: &Connection, attempt: &Attempt| {
            let trail = Trail { key: &key(), head: &attempt.head };
            let change = Change::new(connection, &Actor::System, &sources, trail, &removals);
            change.note(EventKind::Rotate, Resource::MasterKey, id, None)?;
            if is_given_up { Err(Error::invalid("as asked for")) } else { Ok(()) }
        };
        store.writer.send(String::new(), Box::new(run)).unwrap()
    };
    let waiting = [note("seal 2", false), note("seal 3", true), note("seal 4", false)];
    go_on.send(()).unwrap();
    first.answer().unwrap();
    assert_eq!(waiting.map(|change| change.answer().is_ok()), [true, false, true]);
    let events = store.read(|view| view.latest_events(&Extract::default(), 10)).unwrap();
    assert_eq!(events.iter().map(|event| event.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(store.figures().shares.count, 1, "they were one batch");
    assert!(store.check_trail().wrong.is_empty());
    store.close();
}

#[test]
fn events_expire_from_the_old_end_so_many_at_once() {
    let (store, _, _directory) = store();
    let write = |n: usize| {
        store.change(Actor::System, move |change| {
            (0..n).try_for_each(|_| change.note(EventKind::Rotate, Resource::MasterKey, "seal 2", None))
        })
    };
    write(7).unwrap();
    let expire = |instant: Timestamp| {
        store
            .change(Actor::System, move |change| change.expire_events(instant, 3))
            .unwrap()
            .map_or(0, |expired| expired.count)
    };
    let later = Timestamp::from_milliseconds(store.sources().now().milliseconds() + 60_000);
    assert_eq!(expire(Timestamp::from_milliseconds(0)), 0);
    assert_eq!([expire(later), expire(later), expire(later), expire(later)], [3, 3, 1, 0]);
    write(2).unwrap();
    let numbers = store.read(|view| view.latest_events(&Extract::default(), 10)).unwrap();
    assert_eq!(numbers.iter().map(|event| event.number).collect::<Vec<_>>(), [8, 9]);
    let newest = || store.read(|view| view.latest_events(&Extract::default(), 1)).unwrap()[0].at;
    let old = newest();
    while newest() == old {
        write(1).unwrap();
    }
    let young = newest();
    while expire(young) > 0 {}
    let left = store.read(|view| view.latest_events(&Extract::default(), 10)).unwrap();
    assert!(!left.is_empty() && left.iter().all(|event| event.at == young), "younger ones stay");
    let finding = store.check_trail();
    assert!(finding.wrong.is_empty() && finding.notes.is_empty(), "{finding:?}");
    store.close();
}

#[test]
fn events_of_a_wrong_clock_expire_with_what_was_made_after_them() {
    struct Set(Arc<AtomicI64>);
    impl Clock for Set {
        fn now(&self) -> Timestamp {
            Timestamp::from_milliseconds(self.0.load(Ordering::SeqCst))
        }
    }
    const DAY: i64 = 24 * 3600 * 1000;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bowline.db");
    let clock = Arc::new(AtomicI64::new(100 * DAY));
    let sources = Sources::with_clock(Set(Arc::clone(&clock)));
    create(&path, &Sealed(vec![0; 64]), [0; 32], &key(), sources.now()).unwrap();
    let store = Store::open(&path, key(), sources, |why| panic!("{why}")).unwrap();
    // By the clock: right, ten years ahead, right again, far back, right.
    for day in [100, 3750, 3751, 101, 1, 102, 103] {
        clock.store(day * DAY, Ordering::SeqCst);
        store.change(Actor::System, |change| change.note(EventKind::Rotate, Resource::MasterKey, "x", None)).unwrap();
    }
    clock.store(120 * DAY, Ordering::SeqCst);
    let left = |until_day: i64| {
        let instant = Timestamp::from_milliseconds(until_day * DAY);
        let expired = store.change(Actor::System, move |change| change.expire_events(instant, 100)).unwrap();
        let numbers = store.read(|view| view.latest_events(&Extract::default(), 10)).unwrap();
        (expired.map(|expired| expired.count), numbers.iter().map(|event| event.number).collect::<Vec<_>>())
    };
    assert_eq!(left(100), (None, vec![1, 2, 3, 4, 5, 6, 7]), "one from far back takes none of those before it along");
    assert_eq!(left(101), (Some(1), vec![2, 3, 4, 5, 6, 7]));
    assert_eq!(left(102), (Some(4), vec![6, 7]));
    assert_eq!(left(103), (Some(1), vec![7]));
    let finding = store.check_trail();
    assert!(finding.wrong.is_empty() && finding.notes.is_empty(), "{finding:?}");
    store.close();
}

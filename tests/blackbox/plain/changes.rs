//! Changes of plain resources: their events, races, and what goes with what.

use std::thread;

use super::{PLAIN, sample};
use crate::harness::{Answer, Server};

/// What 32 callers get for the same request at the same moment.
fn at_once(ask: impl Fn() -> Answer + Sync) -> Vec<u16> {
    thread::scope(|scope| {
        let callers: Vec<_> = (0..32).map(|_| scope.spawn(|| ask().status)).collect();
        callers.into_iter().map(|caller| caller.join().expect("an answer")).collect()
    })
}

fn counts(statuses: &[u16], status: u16) -> usize {
    statuses.iter().filter(|given| **given == status).count()
}

#[test]
fn each_change_leaves_its_event() {
    let server = Server::demo();
    let owner = server.owner();
    for (n, plain) in PLAIN.iter().enumerate() {
        let skip = server.trail(0).len();
        let (_, one, id) = plain.made(&server, "my-organization", &format!("one-{n}"));
        let mut expected = vec!["create"];
        if plain.can_change() {
            let change =
                sample("PATCH", plain.one, &server, "my-organization", &format!("another-{n}")).expect("a body");
            let changed = owner.patch(&one, &change).is(200);
            assert_eq!(owner.get(&one).is(200).json(), changed.json(), "{}", plain.kind);
            expected.push("update");
        }
        owner.delete(&one).is_done();
        owner.get(&one).is(404).golden("not_found");
        owner.delete(&one).is(404).golden("not_found");
        expected.push("destroy");
        let about = format!(" {} {id} in org-", plain.event);
        let events: Vec<String> = server.trail(skip).into_iter().filter(|event| event.contains(&about)).collect();
        let actions: Vec<&str> = events.iter().map(|event| event.split(' ').next().unwrap_or("")).collect();
        assert_eq!(actions, expected, "{}", plain.kind);
    }
}

/// Clients read a resource, set one thing in it, and send all of it.
#[test]
fn what_is_read_can_be_sent_back_and_changes_nothing() {
    let server = Server::demo();
    let owner = server.owner();
    for (n, plain) in PLAIN.iter().enumerate().filter(|(_, plain)| plain.can_change()) {
        let (_, one, _) = plain.made(&server, "my-organization", &format!("one-{n}"));
        let read = owner.get(&one).is(200).json();
        let mut answered = owner.patch(&one, &read).is(200).json();
        for changing in ["updated-at", "version-id"] {
            if let Some(before) = read["data"]["attributes"].get(changing) {
                answered["data"]["attributes"][changing] = before.clone();
            }
        }
        assert_eq!(answered["data"], read["data"], "{}", plain.kind);
    }
}

#[test]
fn of_32_creations_of_one_name_at_once_exactly_one_succeeds() {
    let server = Server::demo();
    for (n, plain) in PLAIN.iter().enumerate() {
        let Some(unique) = plain.unique else { continue };
        let list = plain.new_list(&server, "my-organization", &format!("list-{n}"));
        let document = plain.sample(&server, "my-organization", &format!("the-same-{n}"));
        let statuses = at_once(|| server.owner().post(&list, &document));
        assert_eq!((counts(&statuses, 201), counts(&statuses, 422)), (1, 31), "{}: {statuses:?}", plain.kind);
        let taken = server.owner().post(&list, &document).refused(422);
        assert_eq!(taken, [format!("/data/attributes/{unique}")], "{}", plain.kind);
    }
}

#[test]
fn of_32_deletions_at_once_exactly_one_succeeds() {
    let server = Server::demo();
    for (n, plain) in PLAIN.iter().enumerate() {
        let (_, one, _) = plain.made(&server, "my-organization", &format!("one-{n}"));
        let statuses = at_once(|| server.owner().delete(&one));
        assert_eq!((counts(&statuses, 204), counts(&statuses, 404)), (1, 31), "{}: {statuses:?}", plain.kind);
    }
}

#[test]
fn what_belongs_to_an_organization_goes_with_it() {
    let server = Server::demo();
    let owner = server.owner();
    for (n, plain) in PLAIN.iter().enumerate() {
        let organization = format!("doomed-{n}");
        owner.creates_organization(&organization);
        let (_, one, _) = plain.made(&server, &organization, &format!("one-{n}"));
        owner.get(&one).is(200);
        owner.delete(&format!("/organizations/{organization}")).is_done();
        owner.get(&one).is(404).golden("not_found");
    }
    assert!(server.cli(&["check"]).contains("foreign keys: ok"));
}

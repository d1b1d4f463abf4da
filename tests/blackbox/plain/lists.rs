//! Lists of plain resources: whole, by the page, and of one owner alone.

use serde_json::json;

use super::PLAIN;
use crate::harness::Server;

#[test]
fn what_is_created_is_shown_and_listed_as_the_same_document() {
    let server = Server::demo();
    let owner = server.owner();
    for (n, plain) in PLAIN.iter().enumerate() {
        let list = plain.new_list(&server, "my-organization", &format!("list-{n}"));
        let sample = plain.sample(&server, "my-organization", &format!("one-{n}"));
        let created = owner.post(&list, &sample).is(201);
        let location = created.header("Location").expect("a place").to_owned();
        assert_eq!(location, created.text("/data/links/self"), "{}", plain.kind);
        let mut expected = created.json();
        if plain.event == "agent_token" {
            // Shown this once.
            expected["data"]["attributes"]["token"] = json!(null);
        }
        assert_eq!(owner.get(&format!("!{location}")).is(200).json(), expected, "{}", plain.kind);
        let listed = owner.get(&format!("{list}?{}page[size]=100", plain.query)).is(200).list();
        assert!(listed.contains(&expected["data"]), "{}", plain.kind);
    }
}

#[test]
fn pages_are_in_the_order_of_creation_and_end() {
    let server = Server::demo();
    let owner = server.owner();
    for (n, plain) in PLAIN.iter().enumerate() {
        let list = plain.new_list(&server, "my-organization", &format!("list-{n}"));
        let count = |query: &str| {
            owner.get(&format!("{list}?{}{query}", plain.query)).is(200).at("/meta/pagination/total-count")
        };
        let before = count("page[size]=1").as_u64().expect("a count");
        let names = ["zebra", "ape", "cat"].map(|name| format!("{name}-{n}"));
        let made = names.map(|name| json!(plain.made_in(&server, &list, "my-organization", &name)));
        // A page for each, behind what was there.
        for (at, id) in made.iter().enumerate() {
            let page = owner
                .get(&format!("{list}?{}page[size]=1&page[number]={}", plain.query, before + at as u64 + 1))
                .is(200);
            assert_eq!(page.each("id"), std::slice::from_ref(id), "{}", plain.kind);
            assert_eq!(page.at("/meta/pagination/total-count"), json!(before + 3), "{}", plain.kind);
        }
        let past = owner.get(&format!("{list}?{}page[number]=999", plain.query)).is(200);
        assert_eq!((past.list(), past.at("/meta/pagination/current-page")), (vec![], json!(999)), "{}", plain.kind);
    }
}

#[test]
fn what_belongs_to_others_is_in_no_list_and_at_no_path() {
    let server = Server::demo();
    let owner = server.owner();
    let mallory = server.outsider("mallory");
    owner.creates_organization("other");
    for (n, plain) in PLAIN.iter().enumerate() {
        let (theirs, one, id) = plain.made(&server, "other", &format!("theirs-{n}"));
        let list = plain.new_list(&server, "my-organization", &format!("ours-{n}"));
        assert!(
            !owner.get(&format!("{list}?{}page[size]=100", plain.query)).is(200).each("id").contains(&json!(id)),
            "{}",
            plain.kind
        );
        for path in [&format!("{theirs}?{}", plain.query), &one] {
            mallory.get(path).is(404).golden("not_found");
        }
        owner.get(&one).is(200);
    }
}

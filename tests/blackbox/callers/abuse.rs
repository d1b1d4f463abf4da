//! Every route with nonsense: nothing breaks, and what is refused has changed nothing.

use serde_json::{Value, json};

use super::matrix::routes;
use crate::harness::{Answer, JSON_API, Server};

/// Counts the commits of others: cheaper than comparing contents.
struct Watch {
    database: rusqlite::Connection,
    /// In the middle of reading, so that the server does not fold its log in a quiet moment: that counts like a commit.
    _reader: rusqlite::Connection,
}

impl Watch {
    fn of(server: &Server) -> Watch {
        let reader = server.sqlite();
        reader.execute_batch("BEGIN; SELECT count(*) FROM users").expect("a reader");
        Watch { database: server.sqlite(), _reader: reader }
    }

    /// Commits that put refused requests on record are the server's own affair: until there are more of those, the count
    /// is of all others.
    fn commits(&self) -> (i64, i64) {
        let version = || self.database.pragma_query_value(None, "data_version", |row| row.get(0)).expect("a version");
        let refusals = "SELECT count(*) FROM audit_events WHERE action = 'refuse'";
        loop {
            let before = version();
            let refusals = self.database.query_row(refusals, [], |row| row.get(0)).expect("a count");
            if version() == before {
                return (before, refusals);
            }
        }
    }

    fn has_changed_since(&self, (commits, refusals): (i64, i64)) -> bool {
        let now = self.commits();
        now.0 != commits && now.1 == refusals
    }
}

/// A document with one of its values replaced, for each value and each replacement.
fn mutations(document: &Value, pointer: &str, found: &mut Vec<(String, Value)>) {
    let long = "x".repeat(20_000);
    let replacements =
        [json!(null), json!(true), json!(-1), json!(1.5), json!(""), json!(long), json!([]), json!([[]]), json!({})];
    for replacement in replacements {
        found.push((pointer.to_owned(), replacement));
    }
    match document {
        Value::Object(members) => {
            for (name, member) in members {
                mutations(member, &format!("{pointer}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                mutations(item, &format!("{pointer}/{n}"), found);
            }
        }
        _ => {}
    }
}

fn is_sound(answer: &Answer, what: &str) {
    assert!(answer.status < 500, "{what}: {}", answer.body);
    if answer.status >= 400 {
        answer.refused(answer.status);
    }
}

#[test]
fn a_document_with_anything_in_it_replaced_is_refused_whole_or_taken_whole() {
    let server = Server::demo();
    let watch = Watch::of(&server);
    // Of every value a third, other ones at the next route; `scripts/soak abuse` tries all.
    let step = if std::env::var_os("BOWLINE_ALL_ABUSE").is_some() { 1 } else { 3 };
    let mut refused = 0;
    for (r, route) in routes().iter().enumerate().filter(|(_, route)| !route.changes_its_organization()) {
        let Some(document) = route.body(&server, &format!("good-{r}")) else { continue };
        let mut changes = Vec::new();
        mutations(&document, "", &mut changes);
        let owner = server.owner();
        let mut path = route.to_new_things(&server, "my-organization", &format!("thing-{r}"));
        for (n, (pointer, value)) in changes.into_iter().enumerate().skip(r % step).step_by(step) {
            let mut body = route.body(&server, &format!("good-{r}-{n}")).expect("a body");
            *body.pointer_mut(&pointer).expect("a place in it") = value;
            let before = watch.commits();
            let answer = owner.send_json(route.method, &path, &body);
            let what = format!("{} {path} with another {pointer}", route.method);
            is_sound(&answer, &what);
            if answer.status >= 400 {
                assert!(!watch.has_changed_since(before), "{what}: {}", answer.body);
                refused += 1;
            } else {
                // It may have changed or gone.
                path = route.to_new_things(&server, "my-organization", &format!("thing-{r}-{n}"));
            }
        }
    }
    assert!(refused > 500, "only {refused} were refused");
    assert!(server.cli(&["check"]).contains("integrity: ok"));
}

#[test]
fn no_query_breaks_a_route() {
    let server = Server::demo();
    let owner = server.owner();
    let queries = [
        "page[number]=-1",
        "page[size]=0",
        "page[size]=-1",
        "page[size]=101",
        "page[size]=x&page[number]=y",
        "page[number]=4294967295&page[size]=100",
        "page=1",
        "page[size]=&page[number]=",
        "include=nonsense",
        "include=a,,b&include=%00",
        "sort=nonsense",
        "sort=-",
        "filter[nonsense]=x",
        "filter[]=x&filter=y",
        "search[nonsense]=x",
        "q=%27%22%25_%00",
        "q[name]=%F0%9F%98%80",
        "search[name]=%25",
        "=&&=&;",
        "show_affected_workspaces=2",
    ];
    for (r, route) in routes().iter().enumerate().filter(|(_, route)| route.method == "GET") {
        let path = route.to_new_things(&server, "my-organization", &format!("thing-{r}"));
        let joint = if path.contains('?') { '&' } else { '?' };
        let get = |query: &str| owner.send("GET", &format!("{path}{joint}{query}"), None, &[]);
        for query in queries {
            is_sound(&get(query), &format!("{path}?{query}"));
        }
        // A list takes a page past its end, and says which one it is.
        let past = get("page[number]=999&page[size]=100");
        if past.status == 200 && past.body.contains("\"pagination\":") && past.at("/meta") != json!(null) {
            assert!(past.list().is_empty(), "{path}");
            assert_eq!(past.at("/meta/pagination/current-page"), json!(999), "{path}");
            assert_eq!(past.at("/meta/pagination/next-page"), json!(null), "{path}");
            for (parameter, value, status) in
                [("page[number]", "-1", 400), ("page[size]", "101", 422), ("page[size]", "x", 400)]
            {
                let answer = get(&format!("{parameter}={value}"));
                assert_eq!(answer.refused(status), [parameter], "{path}");
            }
        }
    }
}

#[test]
fn texts_that_mean_something_to_sql_are_texts() {
    let server = Server::demo();
    let owner = server.owner();
    let nasty = ["'; DROP TABLE oauth_clients; --", "\" OR 1=1", "%", "_", "\\", "{}", "💣\u{200f}", "null"];
    for text in nasty {
        let attributes = json!({"data": {"type": "oauth-clients", "attributes": {"name": text}}});
        let (id, _) = owner.creates_client("my-organization");
        let headers = [("Content-Type", JSON_API)];
        let body = attributes.to_string();
        let changed = owner.send("PATCH", &format!("/oauth-clients/{id}"), Some(body.as_bytes()), &headers).is(200);
        assert_eq!(changed.text("/data/attributes/name"), text);
    }
    assert_eq!(owner.get("/organizations/my-organization/oauth-clients").is(200).list().len(), nasty.len());
}

//! The OpenAPI document: it describes every route, and what it shows as an example is true. That every answer is as it
//! says is checked wherever the tests ask something (`harness/contract.rs`).

use std::collections::{BTreeSet, HashSet};

use bowline::http::request::encode;
use serde_json::{Value, json};

use crate::callers::matrix::routes;
use crate::callers::sample_requests::Route;
use crate::harness::contract::{DOCUMENT, SCHEMAS, escape, resolve, shown, validator};
use crate::harness::{Server, WITHOUT_PROVIDERS};
use crate::plain::{braced, with_linked};

/// Method, path and operation.
fn operations() -> Vec<(&'static str, &'static str, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    let of_path = |(path, operations): (&'static String, &'static Value)| {
        let operations = operations.as_object().expect("operations");
        let operations = operations.iter().filter(|(name, _)| *name != "parameters");
        operations.map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
    };
    paths.iter().flat_map(of_path).collect()
}

#[test]
fn it_is_served_with_the_version_of_the_server() {
    let server = Server::demo();
    let answer = server.anonymous().get("!/openapi.json").is(200);
    assert_eq!(answer.header("Content-Type"), Some("application/json"));
    let document = answer.json();
    assert!(document == *DOCUMENT, "the server has another document than the tests");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(document["openapi"], "3.1.0");
}

#[test]
fn it_has_every_route_and_no_other() {
    let described: BTreeSet<String> =
        operations().iter().map(|(method, path, _)| format!("{} {path}", method.to_uppercase())).collect();
    let served: BTreeSet<String> =
        routes().iter().map(|route| format!("{} {}", route.method, braced(route.pattern))).collect();
    let missing: Vec<_> = served.difference(&described).collect();
    let unknown: Vec<_> = described.difference(&served).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "not described: {missing:#?}, not served: {unknown:#?}");
}

#[test]
fn every_operation_says_what_it_is_and_who_may_call_it() {
    let is_open = |method: &str, path: &str| {
        let route = routes().into_iter().find(|route| braced(route.pattern) == path && route.method == method);
        route.expect("a route").is_open
    };
    let tags: HashSet<&Value> = DOCUMENT["tags"].as_array().expect("tags").iter().map(|tag| &tag["name"]).collect();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations() {
        let place = format!("{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().expect(&place)), "{place}: its id is another's too");
        assert!(operation["summary"].as_str().is_some_and(|text| !text.ends_with('.')), "{place}");
        let tagged = operation["tags"].as_array().expect(&place);
        assert!(tagged.len() == 1 && tags.contains(&tagged[0]), "{place}: one tag, of those described");
        let responses = operation["responses"].as_object().expect(&place);
        assert!(responses.keys().any(|status| status.starts_with('2')), "{place}");
        let is_open = is_open(&method.to_uppercase(), path);
        assert_eq!(responses.contains_key("401"), !is_open, "{place}");
        assert_eq!(operation.get("security"), is_open.then_some(&json!([])), "{place}");
    }
}

#[test]
fn every_parameter_of_a_path_is_described() {
    for (method, path, operation) in operations() {
        let of_path = &DOCUMENT["paths"][path]["parameters"];
        let all = [of_path, &operation["parameters"]].into_iter().filter_map(Value::as_array).flatten();
        let described: BTreeSet<&str> = all
            .map(|parameter| resolve(String::new(), parameter).1)
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().expect("a name"))
            .collect();
        let named: BTreeSet<&str> =
            path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')).collect();
        assert_eq!(described, named, "{method} {path}");
    }
}

/// Names and values are accepted with hyphens and with underscores, and mean the same.
#[test]
fn every_query_parameter_has_one_meaning_in_both_spellings() {
    let server = Server::demo_with(&WITHOUT_PROVIDERS);
    let owner = server.owner();
    let mut asked = 0;
    for (n, route) in routes().iter().filter(|route| route.method == "GET").enumerate() {
        let of_route = &DOCUMENT["paths"][&braced(route.pattern)];
        let all = [&of_route["parameters"], &of_route["get"]["parameters"]].into_iter().filter_map(Value::as_array);
        let all = all.flatten().map(|parameter| resolve(String::new(), parameter).1);
        let mut queries: Vec<(&str, String)> = Vec::new();
        for parameter in all.filter(|parameter| parameter["in"] == "query") {
            let (name, schema) = (parameter["name"].as_str().expect("a name"), &parameter["schema"]);
            let values = schema["enum"].as_array().or(schema["items"]["enum"].as_array());
            let values = values.cloned().unwrap_or_else(|| vec![parameter["example"].clone()]);
            queries.extend(values.iter().map(|value| (name, shown_in_query(value))));
        }
        let spelled = |text: &str, joint: &str| {
            let (sign, rest) = text.split_at(usize::from(text.starts_with('-')));
            format!("{sign}{}", rest.replace(['-', '_'], joint))
        };
        let is_joined = |text: &str| spelled(text, "") != text;
        queries.retain(|(name, value)| is_joined(name) || (is_joined(value) && matches!(*name, "sort" | "include")));
        if queries.is_empty() {
            continue;
        }
        let path = route.to_new_things(&server, "my-organization", &format!("thing-{n}"));
        let join = if path.contains('?') { '&' } else { '?' };
        for (name, value) in queries {
            let ask = |joint| {
                let value = if matches!(name, "sort" | "include") { spelled(&value, joint) } else { value.clone() };
                let answer = owner.get(&format!("{path}{join}{}={}", spelled(name, joint), encode(&value)));
                (answer.status, answer.at("/data"), answer.at("/included"), answer.at("/errors/0/detail"))
            };
            assert_eq!(ask("-"), ask("_"), "{path} {name}={value}");
            asked += 1;
        }
    }
    assert!(asked > 30, "{asked}");
}

fn shown_in_query(example: &Value) -> String {
    match example {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown_in_query).collect::<Vec<_>>().join(","),
        Value::Null => "true".to_owned(),
        other => other.to_string(),
    }
}

#[test]
fn an_include_without_a_value_is_ignored_by_every_route_that_knows_it() {
    let server = Server::demo_with(&WITHOUT_PROVIDERS);
    let owner = server.owner();
    let knows_include = |operation: &'static Value| {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        parameters.map(|parameter| resolve(String::new(), parameter).1).any(|parameter| parameter["name"] == "include")
    };
    let mut walked = 0;
    for (method, path, _) in operations().into_iter().filter(|(.., operation)| knows_include(operation)) {
        let is_it = |route: &Route| route.method.eq_ignore_ascii_case(method) && braced(route.pattern) == path;
        let route = routes().into_iter().find(is_it).expect("a route");
        for value in ["", ","] {
            let target = route.to_new_things(&server, "my-organization", &format!("with-{walked}"));
            let body = route.body(&server, &format!("new-{walked}"));
            let joint = if target.contains('?') { '&' } else { '?' };
            let answer = route.send(&owner, &format!("{target}{joint}include={value}"), body);
            assert_eq!(answer.status, route.statuses[0], "{method} {target}: {}", answer.body);
            assert_eq!(answer.json().get("included"), None, "{method} {path} with `{value}`");
            walked += 1;
        }
    }
    assert!(walked > 40, "{walked}");
}

#[test]
fn every_reference_leads_somewhere() {
    let ids: HashSet<&Value> = operations().iter().map(|(_, _, operation)| &operation["operationId"]).collect();
    walk("#".to_owned(), &DOCUMENT, &mut |place, value| {
        if let Some(reference) = value["$ref"].as_str() {
            let found = reference.strip_prefix('#').and_then(|pointer| DOCUMENT.pointer(pointer));
            assert!(found.is_some(), "{place}: there is no {reference}");
        }
        if let Some(links) = value.get("links").filter(|_| value.get("content").is_some()) {
            for link in links.as_object().expect("links").values() {
                assert!(ids.contains(&link["operationId"]), "{place}: there is no operation {}", link["operationId"]);
            }
        }
    });
}

#[test]
fn nothing_is_described_that_nothing_refers_to() {
    let mut referred = BTreeSet::new();
    walk("#".to_owned(), &DOCUMENT, &mut |_, value| {
        referred.extend(value["$ref"].as_str());
    });
    for (kind, components) in DOCUMENT["components"].as_object().expect("components") {
        for name in components.as_object().expect("components").keys().filter(|_| kind != "securitySchemes") {
            assert!(referred.contains(format!("#/components/{kind}/{name}").as_str()), "{kind} {name}");
        }
    }
}

#[test]
fn every_example_is_as_its_schema_says() {
    let mut checked = 0;
    walk("#".to_owned(), &DOCUMENT, &mut |place, value| {
        if value.get("schema").is_none() {
            return;
        }
        let examples = value.get("examples").and_then(Value::as_object).into_iter().flatten();
        let examples = examples.map(|(_, example)| &resolve(String::new(), example).1["value"]);
        for example in examples.chain(value.get("example")) {
            let wrong: Vec<String> =
                validator(&SCHEMAS, &format!("{place}/schema")).iter_errors(example).map(|e| shown(&e)).collect();
            assert!(wrong.is_empty(), "{place}: {wrong:#?}");
            checked += 1;
        }
    });
    assert!(checked > 10, "{checked} examples");
}

/// What an answer points to can be asked for.
#[test]
fn every_link_in_an_example_leads_to_something_that_is_served() {
    let shown_paths: Vec<&str> =
        operations().into_iter().filter(|(method, ..)| *method == "get").map(|(_, path, _)| path).collect();
    let is_served = |link: &str| {
        let same = |path: &str| {
            let (path, link) = (path.split('/'), link.split('/'));
            path.clone().count() == link.clone().count()
                && path.zip(link).all(|(segment, given)| segment.starts_with('{') || segment == given)
        };
        shown_paths.iter().any(|path| same(path))
    };
    let mut links = BTreeSet::new();
    collect_links(&DOCUMENT, &mut links);
    assert!(links.len() > 20, "{links:?}");
    for link in links {
        assert!(is_served(link), "{link}");
    }
}

fn collect_links(value: &'static Value, links: &mut BTreeSet<&'static str>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(link) if (name == "related" || name == "self") && link.starts_with("/api/") => {
                        links.insert(link.split('?').next().unwrap_or_default());
                    }
                    _ => collect_links(member, links),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_links(item, links)),
        _ => {}
    }
}

/// Every request that has a body has an example, and those that need nothing but what their path names succeed.
#[test]
fn requests_succeed_as_they_are_shown() {
    for route in routes() {
        let path = braced(route.pattern);
        let operation = &DOCUMENT["paths"][&path][route.method.to_lowercase()];
        let Some(body) = operation.get("requestBody") else { continue };
        let content = &resolve(String::new(), body).1["content"]["application/vnd.api+json"];
        let examples = content["examples"].as_object().unwrap_or_else(|| panic!("{} {path}: no example", route.method));
        if path.contains("/relationships/")
            || route.publishes_a_module()
            || (route.method == "POST" && path.starts_with("/api/v2/team-"))
        {
            // These name other things, which have other ids each time.
            continue;
        }
        for (name, example) in examples {
            // A server for each: they may well give the same names.
            let server = Server::demo();
            let path = route.to_new_things(&server, "my-organization", "another");
            let mut document = resolve(String::new(), example).1["value"].clone();
            with_linked(&mut document, &server, "my-organization");
            let answer = server.owner().send_json(route.method, &path, &document);
            assert!(answer.status < 300, "{name} of {} {path}: {}", route.method, answer.body);
        }
    }
}

/// Calls `visit` with every object of the document and its place, examples left out.
fn walk(place: String, value: &'static Value, visit: &mut impl FnMut(&str, &'static Value)) {
    match value {
        Value::Object(members) => {
            visit(&place, value);
            for (name, member) in members.iter().filter(|(name, _)| *name != "value") {
                walk(format!("{place}/{}", escape(name)), member, visit);
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                walk(format!("{place}/{n}"), item, visit);
            }
        }
        _ => {}
    }
}

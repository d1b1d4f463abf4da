//! What holds for every plain resource: one row here, and all of it is tested.
//!
//! Requests are the examples of the OpenAPI document, with names and linked things of their own.

mod bad_input;
mod changes;
mod lists;

use serde_json::{Value, json};

use crate::harness::Server;
use crate::harness::contract::{DOCUMENT, resolve};

pub struct Plain {
    /// Its `type`.
    pub kind: &'static str,
    /// What stands for its id in patterns of routes.
    pub placeholder: &'static str,
    pub prefix: &'static str,
    /// Below `/api/v2`.
    pub list: &'static str,
    pub one: &'static str,
    /// What the audit trail calls it.
    pub event: &'static str,
    /// The attribute that no two of one list share.
    pub unique: Option<&'static str>,
}

/// Variables of variable sets and notification configurations of projects are in the same tables as those here.
#[rustfmt::skip]
pub const PLAIN: &[Plain] = &[
    Plain { kind: "ssh-keys", placeholder: ":ssh_key", prefix: "sshkey-", event: "ssh_key", unique: Some("name"),
            list: "/organizations/:organization/ssh-keys", one: "/ssh-keys/:ssh_key" },
    Plain { kind: "agent-pools", placeholder: ":agent_pool", prefix: "apool-", event: "agent_pool", unique: Some("name"),
            list: "/organizations/:organization/agent-pools", one: "/agent-pools/:agent_pool" },
];

/// The attribute of a request that tells one of a kind from another.
const NAMES: [&str; 3] = ["name", "key", "description"];

impl Plain {
    pub fn behind(placeholder: &str) -> Option<&'static Plain> {
        PLAIN.iter().find(|plain| plain.placeholder == placeholder)
    }

    /// The path of a new list in `organization`: everything that it is below is made.
    pub fn new_list(&self, server: &Server, organization: &str, name: &str) -> String {
        fill(self.list, |placeholder, _| thing(server, organization, name, placeholder))
    }

    pub fn sample(&self, server: &Server, organization: &str, name: &str) -> Value {
        sample("POST", self.list, server, organization, name).expect("an example")
    }

    /// Makes one; gives the path of its list, its own path and its id.
    pub fn made(&self, server: &Server, organization: &str, name: &str) -> (String, String, String) {
        let list = self.new_list(server, organization, name);
        let id = self.made_in(server, &list, organization, name);
        let one = fill(self.one, |_, _| id.clone());
        (list, one, id)
    }

    pub fn made_in(&self, server: &Server, list: &str, organization: &str, name: &str) -> String {
        server.owner().post(list, &self.sample(server, organization, name)).is(201).text("/data/id")
    }

    pub fn can_change(&self) -> bool {
        operation("PATCH", self.one).is_some()
    }
}

/// The id of a new thing that a placeholder can stand for.
pub fn thing(server: &Server, organization: &str, name: &str, placeholder: &str) -> String {
    let owner = server.owner();
    match placeholder {
        ":organization" => organization.to_owned(),
        ":workspace" => owner.creates_workspace(organization, name, None),
        ":project" => owner.creates_project(organization, name),
        ":team" => owner.creates_visible_team(organization, name),
        other => Plain::behind(other).unwrap_or_else(|| panic!("what is {other}?")).made(server, organization, name).2,
    }
}

/// A pattern with its placeholders filled in from left to right; `what` gets the path so far.
pub fn fill(pattern: &str, what: impl Fn(&str, &str) -> String) -> String {
    let mut path = String::new();
    for segment in pattern.split('/').skip(1) {
        let filled = if segment.starts_with(':') { what(segment, &path) } else { segment.to_owned() };
        path = format!("{path}/{filled}");
    }
    path
}

/// `/things/:thing` as the document writes it: `/things/{thing}`.
pub fn braced(pattern: &str) -> String {
    let segments = pattern.split('/').map(|segment| match segment.strip_prefix(':') {
        Some(name) => format!("{{{name}}}"),
        None => segment.to_owned(),
    });
    segments.collect::<Vec<_>>().join("/")
}

fn operation(method: &str, pattern: &str) -> Option<&'static Value> {
    let below = pattern.trim_start_matches("/api/v2");
    DOCUMENT["paths"][format!("/api/v2{}", braced(below))].get(method.to_lowercase())
}

/// The first example of an operation, with a name and linked things of its own. `None` where it has no body.
pub fn sample(method: &str, pattern: &str, server: &Server, organization: &str, name: &str) -> Option<Value> {
    let body = operation(method, pattern)?.get("requestBody")?;
    let content = &resolve(String::new(), body).1["content"]["application/vnd.api+json"];
    let (_, example) = content["examples"].as_object()?.iter().next()?;
    let mut document = resolve(String::new(), example).1["value"].clone();
    let attributes = &mut document["data"]["attributes"];
    if let Some(attribute) = NAMES.iter().find(|attribute| attributes.get(**attribute).is_some()) {
        attributes[*attribute] = json!(name);
    }
    with_linked(&mut document, server, organization, name);
    Some(document)
}

/// Puts ids of new things in the place of those that a document names.
pub fn with_linked(document: &mut Value, server: &Server, organization: &str, name: &str) {
    let Some(relationships) = document["data"]["relationships"].as_object_mut() else { return };
    for (n, relationship) in relationships.values_mut().enumerate() {
        let name = format!("{name}-{n}");
        match &mut relationship["data"] {
            Value::Array(items) => items.iter_mut().for_each(|item| link(item, server, organization, &name)),
            Value::Null => {}
            item => link(item, server, organization, &name),
        }
    }
}

fn link(item: &mut Value, server: &Server, organization: &str, name: &str) {
    if item.get("id").is_none() {
        return;
    }
    let placeholder = match item["type"].as_str().expect("a type") {
        "workspaces" => ":workspace",
        "projects" => ":project",
        "teams" => ":team",
        kind => PLAIN.iter().find(|plain| plain.kind == kind).expect(kind).placeholder,
    };
    item["id"] = json!(thing(server, organization, name, placeholder));
}

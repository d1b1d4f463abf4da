//! What holds for every plain resource: one row here, and all of it is tested.
//!
//! Requests are the examples of the OpenAPI document, with names and linked things of their own.

pub mod at_once;
mod bad_input;
mod changes;
mod lists;
mod ssh_keys;

use std::sync::atomic::{AtomicUsize, Ordering};

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
    /// What its list asks for beside a page.
    pub query: &'static str,
}

#[rustfmt::skip]
pub const PLAIN: &[Plain] = &[
    Plain { kind: "ssh-keys", placeholder: ":ssh_key", prefix: "sshkey-", event: "ssh_key", unique: Some("name"), query: "",
            list: "/organizations/:organization/ssh-keys", one: "/ssh-keys/:ssh_key" },
    Plain { kind: "agent-pools", placeholder: ":agent_pool", prefix: "apool-", event: "agent_pool", unique: Some("name"), query: "",
            list: "/organizations/:organization/agent-pools", one: "/agent-pools/:agent_pool" },
    Plain { kind: "vars", placeholder: ":variable", prefix: "var-", event: "variable", unique: Some("key"), query: "",
            list: "/workspaces/:workspace/vars", one: "/vars/:variable" },
    Plain { kind: "vars", placeholder: ":variable", prefix: "var-", event: "variable", unique: Some("key"), query: "",
            list: "/varsets/:varset/relationships/vars", one: "/vars/:variable" },
    Plain { kind: "vars", placeholder: ":parameter", prefix: "var-", event: "variable", unique: Some("key"), query: "",
            list: "/policy-sets/:policy_set/parameters", one: "/policy-sets/:policy_set/parameters/:parameter" },
    Plain { kind: "varsets", placeholder: ":varset", prefix: "varset-", event: "variable_set", unique: Some("name"), query: "",
            list: "/organizations/:organization/varsets", one: "/varsets/:varset" },
    Plain { kind: "notification-configurations", placeholder: ":notification_configuration", prefix: "nc-", event: "notification_configuration", unique: None, query: "",
            list: "/workspaces/:workspace/notification-configurations", one: "/notification-configurations/:notification_configuration" },
    Plain { kind: "notification-configurations", placeholder: ":notification_configuration", prefix: "nc-", event: "notification_configuration", unique: None, query: "",
            list: "/projects/:project/notification-configurations", one: "/notification-configurations/:notification_configuration" },
    Plain { kind: "run-triggers", placeholder: ":run_trigger", prefix: "rt-", event: "run_trigger", unique: None, query: "filter[run-trigger][type]=inbound&",
            list: "/workspaces/:workspace/run-triggers", one: "/run-triggers/:run_trigger" },
    Plain { kind: "policy-sets", placeholder: ":policy_set", prefix: "polset-", event: "policy_set", unique: Some("name"), query: "",
            list: "/organizations/:organization/policy-sets", one: "/policy-sets/:policy_set" },
    Plain { kind: "registry-modules", placeholder: ":registry_module", prefix: "mod-", event: "registry_module", unique: Some("name"), query: "",
            list: "/organizations/:organization/registry-modules",
            one: "/organizations/:organization/registry-modules/:registry_name/:namespace/:module_name/:module_provider" },
    Plain { kind: "no-code-modules", placeholder: ":no_code_module", prefix: "nocode-", event: "no_code_module", unique: None, query: "",
            list: "/organizations/:organization/no-code-modules", one: "/no-code-modules/:no_code_module" },
    Plain { kind: "tasks", placeholder: ":task", prefix: "task-", event: "run_task", unique: Some("name"), query: "",
            list: "/organizations/:organization/tasks", one: "/tasks/:task" },
    Plain { kind: "workspace-tasks", placeholder: ":workspace_task", prefix: "wstask-", event: "workspace_run_task", unique: None, query: "",
            list: "/workspaces/:workspace/tasks", one: "/workspaces/:workspace/tasks/:workspace_task" },
    Plain { kind: "authentication-tokens", placeholder: ":token", prefix: "at-", event: "agent_token", unique: None, query: "",
            list: "/agent-pools/:agent_pool/authentication-tokens", one: "/authentication-tokens/:token" },
];

/// The attribute of a request that tells one of a kind from another.
const NAMES: [&str; 3] = ["name", "key", "description"];

impl Plain {
    pub fn behind(placeholder: &str) -> Option<&'static Plain> {
        // Tokens are of several kinds.
        PLAIN.iter().find(|plain| plain.placeholder == placeholder && placeholder != ":token")
    }

    /// Whether a route with this pattern takes a document of this kind.
    pub fn takes(&self, pattern: &str) -> bool {
        pattern.ends_with(self.list_name()) || pattern.ends_with(&format!("/{}", self.placeholder))
    }

    /// How paths of its lists end.
    fn list_name(&self) -> &'static str {
        &self.list[self.list.rfind('/').unwrap_or_default()..]
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
        let made = server.owner().post(&list, &self.sample(server, organization, name)).is(201);
        (list, format!("!{}", made.text("/data/links/self")), made.text("/data/id"))
    }

    pub fn made_in(&self, server: &Server, list: &str, organization: &str, name: &str) -> String {
        server.owner().post(list, &self.sample(server, organization, name)).is(201).text("/data/id")
    }

    /// The attributes that it is created with and never shows.
    pub fn only_given(&self) -> Vec<&'static str> {
        let answer = &operation("POST", self.list).expect("an operation")["responses"]["201"]["content"];
        let shown = &answer["application/vnd.api+json"]["schema"]["properties"]["data"];
        let shown = &resolve(String::new(), shown).1["properties"]["attributes"]["properties"];
        let given = attributes("POST", self.list)["properties"].as_object().expect("attributes");
        given.keys().map(String::as_str).filter(|name| shown.get(name).is_none()).collect()
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

/// The schema of the attributes that a request gives.
fn attributes(method: &str, pattern: &str) -> &'static Value {
    let body = &operation(method, pattern).expect("an operation")["requestBody"];
    let content = &resolve(String::new(), body).1["content"]["application/vnd.api+json"];
    &content["schema"]["properties"]["data"]["properties"]["attributes"]
}

/// The first example of an operation, with a name and linked things of its own. `None` where it has no body.
pub fn sample(method: &str, pattern: &str, server: &Server, organization: &str, name: &str) -> Option<Value> {
    let body = operation(method, pattern)?.get("requestBody")?;
    let content = &resolve(String::new(), body).1["content"]["application/vnd.api+json"];
    let (_, example) = content["examples"].as_object()?.iter().next()?;
    let mut document = resolve(String::new(), example).1["value"].clone();
    if let Some(attributes) = document.pointer_mut("/data/attributes")
        && let Some(attribute) = NAMES.iter().find(|attribute| attributes.get(**attribute).is_some())
    {
        attributes[*attribute] = json!(name);
    }
    with_linked(&mut document, server, organization);
    Some(document)
}

/// Puts ids of new things in the place of those that a document names.
pub fn with_linked(document: &mut Value, server: &Server, organization: &str) {
    let relationships = document.pointer_mut("/data/relationships");
    let Some(relationships) = relationships.and_then(Value::as_object_mut) else { return };
    for relationship in relationships.values_mut() {
        match &mut relationship["data"] {
            Value::Array(items) => items.iter_mut().for_each(|item| link(item, server, organization)),
            Value::Null => {}
            item => link(item, server, organization),
        }
    }
}

fn link(item: &mut Value, server: &Server, organization: &str) {
    if item.get("id").is_none() {
        return;
    }
    let placeholder = match item["type"].as_str().expect("a type") {
        "workspaces" => ":workspace",
        "projects" => ":project",
        "teams" => ":team",
        kind => match PLAIN.iter().find(|plain| plain.kind == kind) {
            Some(plain) => plain.placeholder,
            // The same for everyone, such as feature sets.
            None => return,
        },
    };
    static LINKED: AtomicUsize = AtomicUsize::new(0);
    let name = format!("linked-{}", LINKED.fetch_add(1, Ordering::Relaxed));
    item["id"] = json!(thing(server, organization, &name, placeholder));
}

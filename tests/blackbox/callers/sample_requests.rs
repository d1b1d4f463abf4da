//! Routes as somebody would call them: with paths to things that exist, or do not, and a body that is good for them.

use std::cell::RefCell;

use serde_json::{Value, json};

use crate::harness::{Answer, Caller, Server, document, linkage, sample_of_2018, sample_with};
use crate::plain::{self, PLAIN, Plain};

const RSA: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/rsa.pem"));

pub struct Route {
    pub method: &'static str,
    pub pattern: &'static str,
    /// In the order of the matrix's columns.
    pub statuses: Vec<u16>,
    /// Whether it answers without a token.
    pub is_open: bool,
    /// The id of something that was made with the things of the path, for the body to name.
    pub named: RefCell<String>,
}

/// What a `:name` in a pattern stands for, as an id that nothing has.
const NOTHING: &[(&str, &str)] = &[
    (":organization", "nonexisting"),
    (":entitlement_set", "org-1111111111111111"),
    (":user", "user-1111111111111111"),
    (":oauth_client", "oc-1111111111111111"),
    (":oauth_token", "ot-1111111111111111"),
    (":github_app_installation", "ghain-1111111111111111"),
    (":workspace", "ws-1111111111111111"),
    (":workspace_name", "nonexisting"),
    (":project", "prj-1111111111111111"),
    (":membership", "ou-1111111111111111"),
    (":team", "team-1111111111111111"),
    (":token", "at-1111111111111111"),
    (":user", "user-1111111111111111"),
    (":tag", "tag-1111111111111111"),
    (":stack", "st-1111111111111111"),
    (":registry_name", "private"),
    (":namespace", "my-organization"),
    (":module_name", "nonexisting"),
    (":module_provider", "aws"),
    (":module_version", "0.1.0"),
    (":team_workspace", "tws-1111111111111111"),
    (":team_project", "tprj-1111111111111111"),
];

impl Route {
    /// Whether the path names something that can belong to somebody else.
    pub fn names_something(&self) -> bool {
        self.pattern.contains(':')
    }

    /// Whether the organization in the path is another one, or none, afterwards.
    pub fn changes_its_organization(&self) -> bool {
        self.method != "GET" && self.pattern == "/api/v2/organizations/:organization"
    }

    /// Whether it leaves something in the database when all is well. A subscription is only acknowledged, and nothing is sent to verify it.
    pub fn is_a_change(&self) -> bool {
        self.method != "GET" && !["/subscription", "/verify"].iter().any(|end| self.pattern.ends_with(end))
    }

    /// Whether the tokens of teams and organizations are nobody here.
    pub fn is_for_people(&self) -> bool {
        self.method == "POST" && self.pattern == "/api/v2/organizations"
    }

    /// Whether it is about the organization that the token is for, whichever that is.
    pub fn is_for_organizations(&self) -> bool {
        self.pattern == "/api/v2/organization/audit-trail"
    }

    /// A path to things of `organization` that were just made for it.
    pub fn to_new_things(&self, server: &Server, organization: &str, name: &str) -> String {
        let owner = server.owner();
        if self.pattern.ends_with("/relationships/workspaces") {
            self.named.replace(owner.creates_workspace(organization, name, None));
        }
        if self.pattern.ends_with("/relationships/organization-memberships") {
            self.named.replace(owner.invites(organization, name, &[]));
        }
        if self.pattern.ends_with("/:organization/authentication-token") {
            owner.post(&format!("/organizations/{organization}/authentication-token"), &json!({})).is(201);
        }
        if self.method == "DELETE" && self.pattern.ends_with("/:organization/team-tokens") {
            let team = owner.creates_visible_team(organization, name);
            let token = owner.post(&format!("/teams/{team}/authentication-token"), &json!({})).is(201);
            self.named.replace(token.text("/data/id"));
        }
        if self.publishes_a_module() {
            self.named.replace(owner.creates_client(organization).1);
        }
        if self.pattern == "/api/v2/stacks" {
            let project = owner.creates_project(organization, name);
            if organization == "my-organization" {
                server.gives_access_to(&project);
            }
            self.named.replace(project);
        }
        if let Some((_, target, _)) = self.team_access() {
            let team = owner.creates_visible_team(organization, &format!("{name}-team"));
            let target = match target {
                "workspace" => owner.creates_workspace(organization, name, None),
                _ => owner.creates_project(organization, name),
            };
            if target.starts_with("prj-") && organization == "my-organization" {
                server.gives_access_to(&target);
            }
            self.named.replace(format!("{team} {target}"));
        }
        let mut path = self.fill(|placeholder, so_far| match placeholder {
            ":organization" => organization.to_owned(),
            ":team_workspace" | ":team_project" => {
                let (kind, ..) = self.team_access().expect("its route");
                owner.post(&format!("/{kind}"), &self.new_team_access("read")).is(201).text("/data/id")
            }
            ":entitlement_set" => {
                owner.get(&format!("/organizations/{organization}")).text("/data/attributes/external-id")
            }
            ":oauth_client" => owner.creates_client(organization).0,
            ":oauth_token" => owner.creates_client(organization).1,
            ":github_app_installation" => server.records_installation(organization),
            ":workspace" => owner.creates_workspace(organization, name, None),
            ":workspace_name" => {
                owner.creates_workspace(organization, name, None);
                name.to_owned()
            }
            ":project" => {
                let project = owner.creates_project(organization, name);
                if organization == "my-organization" {
                    server.gives_access_to(&project);
                }
                project
            }
            ":stack" => {
                let project = owner.creates_project(organization, name);
                if organization == "my-organization" {
                    server.gives_access_to(&project);
                }
                owner.post("/stacks", &new_stack(&project, name)).is(201).text("/data/id")
            }
            ":registry_module" => plain::thing(server, organization, name, ":registry_module"),
            ":registry_name" => "private".to_owned(),
            ":namespace" => organization.to_owned(),
            ":module_name" => {
                let module = document("registry-modules", json!({"name": name, "provider": "aws"}));
                let module = owner.post(&format!("/organizations/{organization}/registry-modules"), &module).is(201);
                let version = document("registry-module-versions", json!({"version": "0.1.0"}));
                owner.post(&format!("!{}/versions", module.text("/data/links/self")), &version).is(201);
                name.to_owned()
            }
            ":module_provider" => "aws".to_owned(),
            ":module_version" => "0.1.0".to_owned(),
            ":membership" => owner.invites(organization, name, &[]),
            ":team" => {
                let team = owner.creates_visible_team(organization, name);
                owner.post(&format!("/teams/{team}/relationships/users"), &linkage("users", &["demo"])).is_done();
                owner.post(&format!("/teams/{team}/authentication-token"), &json!({})).is(201);
                team
            }
            ":token" => {
                let team = owner.creates_visible_team(organization, name);
                owner.post(&format!("/teams/{team}/authentication-tokens"), &json!({})).is(201).text("/data/id")
            }
            ":user" => owner.user_id(),
            ":tag" => owner.creates_tag(&self.named.borrow(), name),
            ":varset" if so_far.starts_with("/api/v2/workspaces/") => {
                let set = plain::thing(server, organization, name, ":varset");
                let workspace = so_far.split('/').nth(4).expect("a workspace");
                let attached = linkage("workspaces", &[workspace]);
                owner.post(&format!("/varsets/{set}/relationships/workspaces"), &attached).is_done();
                set
            }
            ":variable" if so_far.starts_with("/api/v2/workspaces/") && so_far.contains("/varsets/") => {
                let list = so_far.find("/varsets/").map(|at| &so_far[at..]).expect("a set");
                let secret = json!({"key": name, "category": "env", "sensitive": true});
                owner.post(list, &document("vars", secret)).is(201).text("/data/id")
            }
            other => self.plain(server, organization, name, other, so_far),
        });
        if self.method == "DELETE" && self.pattern.ends_with("/relationships/organization-memberships") {
            owner.post(&path, &linkage("organization-memberships", &[&self.named.borrow()])).is_done();
        }
        if self.method == "DELETE" && self.pattern.ends_with("/relationships/projects") {
            owner.post(&path, &projects(server)).is_done();
        }
        if self.pattern.ends_with("/:workspace/relationships/vars") {
            let variable = document("vars", json!({"key": name, "category": "env"}));
            let made = owner.post(&path.replace("/relationships", ""), &variable).is(201);
            self.named.replace(made.text("/data/id"));
        }
        if self.pattern.ends_with("/version") {
            path.push_str("?module_version=0.1.0");
        }
        if let Some((_, target, _)) = self.team_access()
            && self.method == "GET"
            && !self.names_something()
        {
            let named = self.named.borrow();
            let (_, id) = named.split_once(' ').expect("a team and what it has access to");
            path.push_str(&format!("?filter[{target}][id]={id}"));
        }
        path
    }

    /// Whether it makes a registry module out of a repository.
    pub fn publishes_a_module(&self) -> bool {
        self.pattern == "/api/v2/registry-modules" || self.pattern.ends_with("/registry-modules/vcs")
    }

    /// For routes of team access: its type, the relationship to what it is to, and the type of that.
    fn team_access(&self) -> Option<(&'static str, &'static str, &'static str)> {
        match self.pattern {
            pattern if pattern.starts_with("/api/v2/team-workspaces") => {
                Some(("team-workspaces", "workspace", "workspaces"))
            }
            pattern if pattern.starts_with("/api/v2/team-projects") => Some(("team-projects", "project", "projects")),
            _ => None,
        }
    }

    fn new_team_access(&self, access: &str) -> Value {
        let (kind, relationship, target) = self.team_access().expect("a route of team access");
        let named = self.named.borrow();
        let (team, id) = named.split_once(' ').unwrap_or(("team-1111111111111111", "nothing"));
        let mut given = document(kind, json!({"access": access}));
        given["data"]["relationships"] = json!({
            "team": {"data": {"type": "teams", "id": team}},
            relationship: {"data": {"type": target, "id": id}},
        });
        given
    }

    /// Paths to what does not exist: an id that nothing has, ids that are none, and an organization that is none.
    pub fn to_nothing(&self) -> Vec<String> {
        let unknown = |placeholder: &str| match Plain::behind(placeholder) {
            Some(plain) => format!("{}1111111111111111", plain.prefix),
            None => {
                let (_, id) = NOTHING.iter().find(|(name, _)| *name == placeholder).expect("a known placeholder");
                (*id).to_owned()
            }
        };
        let mut paths = vec![self.fill(|placeholder, _| unknown(placeholder))];
        let last = self.pattern.split('/').rfind(|segment| segment.starts_with(':'));
        if let Some(last) = last.filter(|last| *last != ":organization") {
            for id in [unknown(last).as_str(), "nonexisting", "%00", "..%2F.."] {
                paths.push(self.fill(|placeholder, _| match placeholder {
                    ":organization" => "my-organization".to_owned(),
                    _ if placeholder == last => id.to_owned(),
                    other => unknown(other),
                }));
            }
        }
        paths
    }

    fn fill(&self, what: impl Fn(&str, &str) -> String) -> String {
        format!("!{}", plain::fill(self.pattern, what))
    }

    /// A plain resource, in the list that the path so far leads to, or in a new one.
    fn plain(&self, server: &Server, organization: &str, name: &str, placeholder: &str, so_far: &str) -> String {
        let below = self.pattern.split_once(&format!("/{placeholder}")).map_or("", |(list, _)| list);
        match plain::sample("POST", below, server, organization, name) {
            Some(document) => server.owner().post(&format!("!{so_far}"), &document).is(201).text("/data/id"),
            None => plain::thing(server, organization, name, placeholder),
        }
    }

    /// With a body that is good for it.
    pub fn call(&self, server: &Server, caller: &Caller, path: &str, name: &str) -> Answer {
        self.send(caller, path, self.body(server, name))
    }

    pub fn send(&self, caller: &Caller, path: &str, body: Option<Value>) -> Answer {
        match body {
            Some(document) => caller.send_json(self.method, path, &document),
            None => caller.send(self.method, path, None, &[]),
        }
    }

    pub fn body(&self, server: &Server, name: &str) -> Option<Value> {
        let below = self.pattern.trim_start_matches("/api/v2");
        match (self.method, below) {
            ("POST" | "DELETE", path) if path.ends_with("/relationships/projects") => Some(projects(server)),
            ("POST", "/teams/:team/relationships/users") => Some(linkage("users", &["mia"])),
            ("DELETE", "/teams/:team/relationships/users") => Some(linkage("users", &["demo"])),
            ("POST", _) if self.publishes_a_module() => {
                let repository = format!("acme/terraform-aws-{name}");
                let link = json!({"identifier": repository, "oauth-token-id": *self.named.borrow()});
                Some(document("registry-modules", json!({"vcs-repo": link})))
            }
            ("POST", path) if path.ends_with("/versions") => {
                Some(document("registry-module-versions", json!({"version": "2.0.0"})))
            }
            ("PATCH", path) if path.ends_with("/:module_provider") => {
                Some(document("registry-modules", json!({"no-code": true})))
            }
            ("POST", "/stacks") => Some(new_stack(&self.named.borrow(), name)),
            ("PATCH", "/stacks/:stack") => Some(document("stacks", json!({"name": name}))),
            ("POST", "/team-workspaces" | "/team-projects") => Some(self.new_team_access("read")),
            ("PATCH", _) if self.team_access().is_some() => {
                let (kind, ..) = self.team_access().expect("its route");
                Some(document(kind, json!({"access": "write"})))
            }
            ("DELETE", path) if path.ends_with("/team-tokens") => {
                Some(linkage("authentication-tokens", &[&self.named.borrow()]))
            }
            ("POST" | "DELETE", path) if path.ends_with("/relationships/organization-memberships") => {
                Some(linkage("organization-memberships", &[&self.named.borrow()]))
            }
            ("DELETE", path) if path.contains("/relationships/") || path.ends_with("/tags") => {
                Some(json!({"data": []}))
            }
            ("GET" | "DELETE", _) => None,
            ("POST", "/organizations/:organization/organization-memberships") => {
                Some(document("organization-memberships", json!({"email": format!("{name}@example.com")})))
            }
            (_, path) if path.contains("/authentication-token") => {
                Some(document("authentication-tokens", json!({"description": name})))
            }
            ("PATCH", path) if path.ends_with("/relationships/vars") => {
                let variable = json!({"type": "vars", "id": *self.named.borrow(), "attributes": {"value": name}});
                Some(json!({"data": [variable]}))
            }
            (method, path) if PLAIN.iter().any(|plain| plain.takes(path)) => {
                plain::sample(method, path, server, "my-organization", name)
            }
            (_, path) if path.contains("/teams") => Some(document("teams", json!({"name": name}))),
            ("POST", "/oauth-clients") => Some(sample_with(json!({"organization-id": "my-organization"}))),
            ("PATCH", "/oauth-clients/:oauth_client") => Some(document("oauth-clients", json!({"name": name}))),
            ("PATCH", "/oauth-tokens/:oauth_token") => Some(document("oauth-tokens", json!({"ssh-key": RSA}))),
            ("POST", "/organizations") => {
                Some(document("organizations", json!({"name": name, "email": "ops@example.com"})))
            }
            ("PUT" | "PATCH", "/organizations/:organization") => Some(document("organizations", json!({"name": name}))),
            ("POST", "/admin/organizations/:organization/subscription") => {
                let feature_set = json!({"data": {"type": "feature-sets", "id": "fs-qGmNWBvWvPS9yH1b"}});
                let mut document = document("subscription", json!({}));
                document["data"]["relationships"] = json!({"feature-set": feature_set});
                Some(document)
            }
            ("POST", "/organizations/:organization/oauth-clients") => Some(sample_of_2018()),
            ("POST", path) if path.ends_with("/relationships/workspaces") => {
                Some(json!({"data": [{"type": "workspaces", "id": *self.named.borrow()}]}))
            }
            (_, path) if path.ends_with("/tag-bindings") => {
                let binding = json!({"type": "tag-bindings", "attributes": {"key": name, "value": "x"}});
                Some(json!({"data": [binding]}))
            }
            (_, path) if path.contains("/projects") => Some(document("projects", json!({"name": name}))),
            (_, path) if path.contains("/actions/") => Some(json!({})),
            (_, path) if path.ends_with("/relationships/ssh-key") => Some(document("workspaces", json!({"id": null}))),
            // None at all is good too, and needs none that exist.
            (_, path) if path.contains("/relationships/") => Some(json!({"data": []})),
            (_, path) if path.contains("/workspaces") => Some(document("workspaces", json!({"name": name}))),
            (method, path) => panic!("what does {method} {path} take?"),
        }
    }
}

fn new_stack(project: &str, name: &str) -> Value {
    let mut given = document("stacks", json!({"name": name}));
    given["data"]["relationships"] = json!({"project": {"data": {"type": "projects", "id": project}}});
    given
}

/// The linkage of the organization's default project.
fn projects(server: &Server) -> Value {
    json!({"data": [{"type": "projects", "id": server.default_project()}]})
}

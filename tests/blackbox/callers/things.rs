//! Routes as somebody would call them: with paths to things that exist, or do not, and a body that is good for them.

use serde_json::{Value, json};

use crate::harness::{Answer, Caller, document, linkage, sample_of_2018};

pub struct Route {
    pub method: &'static str,
    pub pattern: &'static str,
    /// In the order of the matrix's columns.
    pub statuses: Vec<u16>,
    /// Whether it answers without a token.
    pub is_open: bool,
}

/// What a `:name` in a pattern stands for, as an id that nothing has.
const NOTHING: &[(&str, &str)] = &[
    (":organization", "nonexisting"),
    (":oauth_client", "oc-1111111111111111"),
    (":oauth_token", "ot-1111111111111111"),
    (":membership", "ou-1111111111111111"),
    (":team", "team-1111111111111111"),
    (":token", "at-1111111111111111"),
    (":user", "user-1111111111111111"),
    (":workspace", "ws-1111111111111111"),
    (":workspace_name", "nonexisting"),
];

const MEMBERSHIP: &str = "membership=";

impl Route {
    /// Whether the path names something that can belong to somebody else.
    pub fn names_something(&self) -> bool {
        self.pattern.contains(':')
    }

    /// Whether the organization in the path is another one, or none, afterwards.
    pub fn changes_its_organization(&self) -> bool {
        self.method != "GET" && self.pattern == "/api/v2/organizations/:organization"
    }

    /// Whether the tokens of teams and organizations are nobody here.
    pub fn is_for_people(&self) -> bool {
        self.method == "POST" && self.pattern == "/api/v2/organizations"
    }

    /// A path to things of `organization` that were just made for it.
    pub fn to_new_things(&self, owner: &Caller, organization: &str, name: &str) -> String {
        let path = self.fill(|placeholder| match placeholder {
            ":organization" => {
                if self.pattern.ends_with("/:organization/authentication-token") {
                    owner.post(&format!("/organizations/{organization}/authentication-token"), &json!({})).is(201);
                }
                organization.to_owned()
            }
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
            ":oauth_client" => owner.creates_client(organization).0,
            ":oauth_token" => owner.creates_client(organization).1,
            ":workspace" => owner.creates_workspace(organization, name, None),
            ":workspace_name" => {
                owner.creates_workspace(organization, name, None);
                name.to_owned()
            }
            other => panic!("what is {other}?"),
        });
        if !self.pattern.ends_with("/relationships/organization-memberships") {
            return path;
        }
        // The body has to name something that exists; the query carries it there.
        let membership = owner.invites(organization, name, &[]);
        if self.method == "DELETE" {
            owner.post(&path, &linkage("organization-memberships", &[&membership])).is_done();
        }
        format!("{path}?{MEMBERSHIP}{membership}")
    }

    /// Paths to what does not exist: an id that nothing has, ids that are none, and an organization that is none.
    pub fn to_nothing(&self) -> Vec<String> {
        let unknown = |placeholder: &str| {
            let (_, id) = NOTHING.iter().find(|(name, _)| *name == placeholder).expect("a known placeholder");
            (*id).to_owned()
        };
        let mut paths = vec![self.fill(unknown)];
        let last = self.pattern.split('/').filter(|segment| segment.starts_with(':')).next_back();
        if let Some(last) = last.filter(|last| *last != ":organization") {
            for id in [unknown(last).as_str(), "nonexisting", "%00", "..%2F.."] {
                paths.push(self.fill(|placeholder| match placeholder {
                    ":organization" => "my-organization".to_owned(),
                    _ if placeholder == last => id.to_owned(),
                    other => unknown(other),
                }));
            }
        }
        paths
    }

    fn fill(&self, what: impl Fn(&str) -> String) -> String {
        let segments = self.pattern.split('/');
        let filled: Vec<String> = segments.map(|s| if s.starts_with(':') { what(s) } else { s.to_owned() }).collect();
        format!("!{}", filled.join("/"))
    }

    /// With a body that is good for it.
    pub fn call(&self, caller: &Caller, path: &str, name: &str) -> Answer {
        let in_the_team = path.split_once(MEMBERSHIP).map(|(_, id)| linkage("organization-memberships", &[id]));
        match in_the_team.or_else(|| self.body(name)) {
            Some(document) => caller.send_json(self.method, path, &document),
            None => caller.send(self.method, path, None, &[]),
        }
    }

    pub fn body(&self, name: &str) -> Option<Value> {
        let below = self.pattern.trim_start_matches("/api/v2");
        match (self.method, below) {
            ("POST", "/teams/:team/relationships/users") => Some(linkage("users", &["mia"])),
            ("DELETE", "/teams/:team/relationships/users") => Some(linkage("users", &["demo"])),
            (_, path) if path.ends_with("/relationships/organization-memberships") => {
                Some(linkage("organization-memberships", &["ou-1111111111111111"]))
            }
            ("GET" | "DELETE", _) => None,
            ("POST", "/organizations/:organization/organization-memberships") => {
                Some(document("organization-memberships", json!({"email": format!("{name}@example.com")})))
            }
            (_, path) if path.contains("/authentication-token") => {
                Some(document("authentication-tokens", json!({"description": name})))
            }
            (_, path) if path.contains("/teams") => Some(document("teams", json!({"name": name}))),
            ("POST", "/organizations") => {
                Some(document("organizations", json!({"name": name, "email": "ops@example.com"})))
            }
            ("POST", "/organizations/:organization/oauth-clients") => Some(sample_of_2018()),
            (_, path) if path.contains("/workspaces") => Some(document("workspaces", json!({"name": name}))),
            (method, path) => panic!("what does {method} {path} take?"),
        }
    }
}

//! Every route there is, as somebody would call it.

use regex_lite::Regex;
use serde_json::{Value, json};

use crate::harness::{Answer, Caller, Server, document, sample_of_2018};

/// What a kind of caller gets from each route.
pub struct Route {
    pub method: &'static str,
    pub pattern: &'static str,
    /// For the owner and the owners team's token.
    pub owner: u16,
    pub organization_token: u16,
    pub outsider: u16,
}

const fn route(method: &'static str, pattern: &'static str, statuses: (u16, u16, u16)) -> Route {
    let (owner, organization_token, outsider) = statuses;
    Route { method, pattern, owner, organization_token, outsider }
}

#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    // Method, pattern, and the statuses for: owners, the organization's token, outsiders.
    route("GET",    "/api/v2/oauth-clients/:id",                                  (200, 200, 404)),
    route("DELETE", "/api/v2/oauth-clients/:id",                                  (204, 204, 404)),
    route("GET",    "/api/v2/oauth-clients/:id/oauth-tokens",                     (200, 200, 404)),
    route("GET",    "/api/v2/organizations/:organization_name/oauth-clients",     (200, 200, 404)),
    route("POST",   "/api/v2/organizations/:organization_name/oauth-clients",     (201, 201, 404)),
    route("DELETE", "/api/v2/organizations/:organization_name/oauth-clients/:id", (204, 204, 404)),
    route("GET",    "/api/v2/oauth-tokens/:id",                                   (200, 200, 404)),
    route("GET",    "/api/v2/organizations/:organization_name/workspaces",        (200, 200, 404)),
    route("POST",   "/api/v2/organizations/:organization_name/workspaces",        (201, 201, 404)),
    route("GET",    "/api/v2/organizations/:organization_name/workspaces/:name",  (200, 200, 404)),
    route("PATCH",  "/api/v2/organizations/:organization_name/workspaces/:name",  (200, 200, 404)),
    route("DELETE", "/api/v2/organizations/:organization_name/workspaces/:name",  (204, 204, 404)),
    route("GET",    "/api/v2/workspaces/:id",                                     (200, 200, 404)),
    route("PATCH",  "/api/v2/workspaces/:id",                                     (200, 200, 404)),
    route("DELETE", "/api/v2/workspaces/:id",                                     (204, 204, 404)),
    route("GET",    "/api/v2/organizations",                                      (200, 200, 200)),
    route("POST",   "/api/v2/organizations",                                      (201, 404, 201)),
    route("GET",    "/api/v2/organizations/:organization_name",                   (200, 200, 404)),
    route("GET",    "/api/v2/account/details",                                    (200, 200, 200)),
    route("GET",    "/api/v2/ping",                                               (204, 204, 204)),
];

impl Route {
    pub fn is_open(&self) -> bool {
        self.pattern == "/api/v2/ping"
    }

    /// Whether the path names something that can belong to somebody else.
    pub fn names_something(&self) -> bool {
        self.pattern.contains(':')
    }

    /// What the last `:id` or `:name` of the pattern stands for.
    fn prefix(&self) -> &'static str {
        if self.pattern.contains("/oauth-clients/") {
            "oc"
        } else if self.pattern.contains("/oauth-tokens/") {
            "ot"
        } else {
            "ws"
        }
    }

    fn fill(&self, organization: &str, id: &str, name: &str) -> String {
        let path = self.pattern.replace(":organization_name", organization).replace(":id", id).replace(":name", name);
        format!("!{path}")
    }

    /// A path to things of `organization` that were just made for it.
    pub fn to_new_things(&self, owner: &Caller, organization: &str, name: &str) -> String {
        let (client, token) = owner.creates_client(organization);
        let workspace = owner.creates_workspace(organization, name, Some(&token));
        let id = match self.prefix() {
            "oc" => client,
            "ot" => token,
            _ => workspace,
        };
        self.fill(organization, &id, name)
    }

    /// Paths to what does not exist: an id that nothing has, ids that are none, and an organization that is none.
    pub fn to_nothing(&self) -> Vec<String> {
        let unknown = format!("{}-1111111111111111", self.prefix());
        let mut paths = vec![self.fill("nonexisting", &unknown, "nonexisting")];
        if self.pattern.contains(":id") || self.pattern.contains(":name") {
            for id in [unknown.as_str(), "nonexisting", "%00", "..%2F.."] {
                paths.push(self.fill("my-organization", id, id));
            }
        }
        paths
    }

    /// With a body that is good for it.
    pub fn call(&self, caller: &Caller, path: &str, name: &str) -> Answer {
        match self.body(name) {
            Some(document) => caller.send_json(self.method, path, &document),
            None => caller.send(self.method, path, None, &[]),
        }
    }

    pub fn body(&self, name: &str) -> Option<Value> {
        match (self.method, self.pattern) {
            ("POST", "/api/v2/organizations") => {
                Some(document("organizations", json!({"name": name, "email": "ops@example.com"})))
            }
            ("POST", pattern) if pattern.ends_with("/oauth-clients") => Some(sample_of_2018()),
            ("POST" | "PATCH", _) => Some(document("workspaces", json!({"name": name}))),
            _ => None,
        }
    }
}

/// The table of contents, read as text: a route that is missing here is a route that nobody has thought about.
#[test]
fn the_table_has_every_route_of_the_server() {
    let source = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/routes.rs"));
    let pattern = Regex::new(r#"(?m)^\s*(\w+)\s*\(\s*"(/[^"]*)""#).expect("a pattern");
    let mut served: Vec<(String, String)> =
        pattern.captures_iter(source).map(|route| (route[1].to_uppercase(), route[2].to_owned())).collect();
    let mut known: Vec<(String, String)> =
        ROUTES.iter().map(|route| (route.method.to_owned(), route.pattern.to_owned())).collect();
    // Whatever way a route is written, its path is a text that begins like this.
    assert_eq!(served.len(), source.matches("\"/api/").count());
    served.sort();
    known.sort();
    assert_eq!(served, known);
}

#[test]
fn each_route_serves_whom_it_is_for_and_nobody_else() {
    let server = Server::demo();
    let owner = server.owner();
    let foreign_owner = server.outsider("eve");
    foreign_owner.creates_organization("foreign");
    let foreign = |kind: &str, of: &str| server.with_token(&server.cli(&["token", "create", kind, of]));
    // Each caller with its column of the table, and whether it is a person.
    let callers = [
        ("owner", owner.clone(), 'o', true),
        ("owners team", server.owners_team(), 'o', false),
        ("organization token", server.organization_token(), 't', false),
        ("outsider", server.outsider("mallory"), 'x', true),
        ("another organization's owner", foreign_owner, 'x', true),
        ("another organization's owners team", foreign("--team", "foreign/owners"), 'x', false),
        ("another organization's token", foreign("--organization", "foreign"), 'x', false),
    ];
    for (r, route) in ROUTES.iter().enumerate() {
        for (c, (who, caller, column, is_person)) in callers.iter().enumerate() {
            let expected = match column {
                _ if route.method == "POST" && route.pattern == "/api/v2/organizations" && !is_person => 404,
                'o' => route.owner,
                't' => route.organization_token,
                _ => route.outsider,
            };
            let path = route.to_new_things(&owner, "my-organization", &format!("thing-{r}-{c}"));
            let before = server.contents();
            let answer = route.call(caller, &path, &format!("new-{r}-{c}"));
            assert_eq!(answer.status, expected, "{who}: {} {path}: {}", route.method, answer.body);
            let has_changed = server.contents() != before;
            assert_eq!(has_changed, route.method != "GET" && expected < 300, "{who}: {} {path}", route.method);
        }
    }
}

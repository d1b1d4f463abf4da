//! GitHub and GitHub Enterprise: OAuth apps whose tokens do not expire, and the REST API.

use serde_json::{Value, json};

use super::answers::{self, Page};
use super::asked::Asked;
use super::catalogue::{self, BRANCHES, DEFAULT_BRANCH, Entry, OWNERS, Repository, Role};
use super::oauth2::{self, Denied};
use super::tokens::{Presented, Refusal};
use super::{Caller, DemoProvider};
use crate::domain::oauth::service_provider::ServiceProvider::GitHub;
use crate::http::reply::Reply;
use crate::http::request::Method::{Delete, Get, Post};

const DOCUMENTATION: &str = "https://docs.github.com/rest";

pub fn answer(provider: &DemoProvider, asked: &Asked<'_>) -> Reply {
    match (asked.method(), &asked.path[..]) {
        (_, ["login", "oauth", "authorize"]) => oauth2::authorize(provider, asked),
        (Post, ["login", "oauth", "access_token"]) => token(provider, asked),
        (_, ["api", "v3", rest @ ..]) if asked.kind != GitHub => api(provider, asked, rest),
        (_, ["api", rest @ ..]) if asked.kind == GitHub => api(provider, asked, rest),
        _ => error(404, "Not Found"),
    }
}

fn api_base(provider: &DemoProvider, asked: &Asked<'_>) -> String {
    let path = if asked.kind == GitHub { "api" } else { "api/v3" };
    format!("{}/{path}", provider.base(asked.kind))
}

/// Errors have the status 200, and the answer is a form unless JSON is asked for.
fn token(provider: &DemoProvider, asked: &Asked<'_>) -> Reply {
    let members: Vec<(&str, String)> = match exchange(provider, asked) {
        Ok((access, scope)) => {
            vec![("access_token", access), ("token_type", "bearer".to_owned()), ("scope", scope)]
        }
        Err(denied) => {
            let (_, _, description) = denied.standard();
            let error = match denied {
                Denied::Client => "incorrect_client_credentials",
                Denied::RedirectUri => "redirect_uri_mismatch",
                Denied::Grant | Denied::GrantType | Denied::Verifier | Denied::Request(_) => "bad_verification_code",
            };
            vec![("error", error.to_owned()), ("error_description", description.to_owned())]
        }
    };
    if asked.accepts("application/json") {
        let members = members.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value)));
        return answers::json(200, &Value::Object(members.collect()));
    }
    let members: Vec<(&str, &str)> = members.iter().map(|(name, value)| (*name, value.as_str())).collect();
    answers::form(200, &members)
}

fn exchange(provider: &DemoProvider, asked: &Asked<'_>) -> Result<(String, String), Denied> {
    let client_id = oauth2::client(asked.field("client_id"), asked.field("client_secret"))?;
    // GitHub does not ask for a grant type here.
    let issued = oauth2::code(provider, asked, &client_id, false)?;
    Ok((issued.access, issued.grant.scope.replace([' ', ','], ",")))
}

fn api(provider: &DemoProvider, asked: &Asked<'_>, path: &[&str]) -> Reply {
    if let ["applications", client_id, "token" | "grant"] = path {
        return application_token(provider, asked, client_id);
    }
    let password = asked.basic().map(|(_, password)| password);
    let bearer = asked.authorization("Bearer").or_else(|| asked.authorization("token"));
    let presented = bearer.or(password.as_deref()).map_or(Presented::Nothing, Presented::Either);
    let caller = match provider.caller(asked.kind, presented) {
        Ok(caller) => caller,
        Err(Refusal::Missing) => return error(401, "Requires authentication"),
        Err(_) => return error(401, "Bad credentials"),
    };
    let scopes = match &caller.scope {
        _ if caller.lacks_rights => "read:user".to_owned(),
        Some(scope) => scope.replace(' ', ", "),
        None => "repo, read:org".to_owned(),
    };
    resource(provider, asked, path, &caller).with_header("X-OAuth-Scopes", scopes)
}

fn resource(provider: &DemoProvider, asked: &Asked<'_>, path: &[&str], caller: &Caller) -> Reply {
    let base = api_base(provider, asked);
    match (asked.method(), path) {
        (Get, ["user"]) => {
            let user = caller.user;
            let html_url = format!("{}/{}", provider.base(asked.kind), user.login);
            answers::json(
                200,
                &json!({"login": user.login, "id": user.number, "node_id": format!("U_{}", user.number), "type": "User",
                        "site_admin": false, "name": user.name, "email": user.email(), "html_url": html_url,
                        "url": format!("{base}/users/{}", user.login)}),
            )
        }
        _ if caller.lacks_rights => error(403, "Resource not accessible with the scopes of this token"),
        (Get, ["user", "orgs"]) => {
            let organizations: Vec<Value> = caller.user.owners().iter().map(|o| organization(&base, o)).collect();
            listed(asked, &base, path, &organizations)
        }
        (Get, ["orgs", name]) => match caller.user.owners().iter().find(|owner| owner.login == *name) {
            Some(owner) => answers::json(200, &organization(&base, owner)),
            None => error(404, "Not Found"),
        },
        (Get, ["user", "repos"]) => {
            let all: Vec<Value> =
                caller.user.repositories().iter().map(|r| repository(provider, asked, caller, r)).collect();
            listed(asked, &base, path, &all)
        }
        (Get, ["orgs", name, "repos"]) if OWNERS.iter().any(|owner| owner.login == *name) => {
            let all = caller.user.repositories();
            let of_owner = all.iter().filter(|repository| repository.owner.login == *name);
            let of_owner: Vec<Value> = of_owner.map(|r| repository(provider, asked, caller, r)).collect();
            listed(asked, &base, path, &of_owner)
        }
        (Get, ["repos", owner, name, rest @ ..]) => {
            // Names ignore case, as GitHub's do.
            let is_meant =
                |r: &Repository| r.owner.login.eq_ignore_ascii_case(owner) && r.name.eq_ignore_ascii_case(name);
            let Some(found) = caller.user.repository(is_meant) else { return error(404, "Not Found") };
            match rest {
                [] => answers::json(200, &repository(provider, asked, caller, &found)),
                rest => within(asked, &base, path, &found, rest),
            }
        }
        _ => error(404, "Not Found"),
    }
}

/// Branches, trees and contents of a repository.
fn within(asked: &Asked<'_>, base: &str, path: &[&str], found: &Repository, rest: &[&str]) -> Reply {
    let url = format!("{base}/repos/{}/{}", found.owner.login, found.name);
    let branch_of = |name: &&str| {
        let sha = found.commit(name);
        json!({"name": name, "commit": {"sha": sha, "url": format!("{url}/commits/{name}")}, "protected": false})
    };
    match rest {
        ["branches"] => listed(asked, base, path, &BRANCHES.iter().map(branch_of).collect::<Vec<_>>()),
        ["branches", name] if BRANCHES.contains(name) => answers::json(200, &branch_of(name)),
        ["git", "trees", reference @ ..] => {
            let Some(branch) = found.branch(&reference.join("/")) else { return error(404, "Not Found") };
            let is_recursive = asked.request.query("recursive").is_some();
            let all = catalogue::entries(branch);
            let shown = all.iter().filter(|entry| is_recursive || entry.parent().is_empty());
            let tree: Vec<Value> = shown.map(|entry| tree_entry(&url, entry)).collect();
            let sha = found.commit(branch);
            answers::json(
                200,
                &json!({"sha": sha, "url": format!("{url}/git/trees/{branch}"), "tree": tree,
                                       "truncated": false}),
            )
        }
        ["contents", directory @ ..] => {
            let reference = asked.request.query("ref").unwrap_or(DEFAULT_BRANCH);
            let entries = found.branch(reference).and_then(|b| catalogue::directory(b, &directory.join("/")));
            let Some(entries) = entries else { return error(404, "Not Found") };
            let content = |entry: &Entry| {
                let kind = if entry.is_directory { "dir" } else { "file" };
                json!({"name": entry.name(), "path": entry.path, "sha": entry.object_id(), "size": 0, "type": kind,
                       "url": format!("{url}/contents/{}", entry.path)})
            };
            answers::json(200, &entries.iter().map(content).collect())
        }
        _ => error(404, "Not Found"),
    }
}

fn tree_entry(url: &str, entry: &Entry) -> Value {
    let (mode, kind) = if entry.is_directory { ("040000", "tree") } else { ("100644", "blob") };
    let sha = entry.object_id();
    json!({"path": entry.path, "mode": mode, "type": kind, "sha": sha, "url": format!("{url}/git/{kind}s/{sha}")})
}

/// `DELETE` revokes a token of the application, which proves itself by Basic authentication.
fn application_token(provider: &DemoProvider, asked: &Asked<'_>, client_id: &str) -> Reply {
    let (id, secret) = asked.basic().unzip();
    match oauth2::client(id.as_deref(), secret.as_deref()) {
        Ok(id) if id == client_id => {}
        _ => return error(401, "Bad credentials"),
    }
    let Some(token) = asked.field("access_token") else { return error(422, "access_token is missing") };
    let now_ms = provider.now_ms();
    match asked.method() {
        Delete if provider.state().tokens.revoke(asked.kind, client_id, token, now_ms) => Reply::no_content(),
        Delete => error(422, "Validation Failed"),
        _ => error(404, "Not Found"),
    }
}

fn organization(base: &str, owner: &catalogue::Owner) -> Value {
    json!({"login": owner.login, "id": owner.number, "node_id": format!("O_{}", owner.number), "name": owner.name,
           "type": "Organization", "url": format!("{base}/orgs/{}", owner.login),
           "repos_url": format!("{base}/orgs/{}/repos", owner.login)})
}

fn repository(provider: &DemoProvider, asked: &Asked<'_>, caller: &Caller, found: &Repository) -> Value {
    let (base, web) = (api_base(provider, asked), provider.base(asked.kind));
    let full_name = format!("{}/{}", found.owner.login, found.name);
    let is_admin = caller.user.role == Role::Admin;
    json!({
        "id": found.number, "node_id": format!("R_{}", found.number), "name": found.name, "full_name": full_name,
        "private": found.is_private, "visibility": if found.is_private { "private" } else { "public" },
        "owner": {"login": found.owner.login, "id": found.owner.number, "type": "Organization"},
        "html_url": format!("{web}/{full_name}"), "clone_url": format!("{web}/{full_name}.git"),
        "url": format!("{base}/repos/{full_name}"), "description": null, "fork": false, "archived": false,
        "default_branch": DEFAULT_BRANCH,
        "permissions": {"admin": is_admin, "maintain": is_admin, "push": is_admin, "triage": is_admin, "pull": true},
    })
}

/// A page, and the links to the others.
fn listed(asked: &Asked<'_>, base: &str, path: &[&str], all: &[Value]) -> Reply {
    let number = asked.number("page", 1).max(1);
    let page = Page::numbered(number, asked.number("per_page", 30), all.len());
    let last = all.len().div_ceil(page.size).max(1);
    let link =
        |n: usize, rel: &str| format!("<{base}/{}?page={n}&per_page={}>; rel=\"{rel}\"", path.join("/"), page.size);
    let mut links = Vec::new();
    if number > 1 {
        links.extend([link((number - 1).min(last), "prev"), link(1, "first")]);
    }
    if number < last {
        links.extend([link(number + 1, "next"), link(last, "last")]);
    }
    let reply = answers::json(200, &Value::from(page.of(all)));
    if links.is_empty() { reply } else { reply.with_header("Link", links.join(", ")) }
}

fn error(status: u16, message: &str) -> Reply {
    answers::json(
        status,
        &json!({"message": message, "documentation_url": DOCUMENTATION, "status": status.to_string()}),
    )
}

//! GitLab in its three kinds: tokens that live two hours, refresh tokens that rotate, and the REST API of version 4.

use serde_json::{Value, json};

use super::answers::{self, Page};
use super::asked::Asked;
use super::catalogue::{self, BRANCHES, DEFAULT_BRANCH, Entry, Owner, Repository, Role};
use super::oauth2::{self, Denied};
use super::tokens::{Presented, Refusal};
use super::{Caller, DemoProvider};
use crate::http::reply::Reply;
use crate::http::request::Method::{Get, Post};

const MAINTAINER: u64 = 40;
const REPORTER: u64 = 20;

pub fn answer(provider: &DemoProvider, asked: &Asked<'_>) -> Reply {
    match (asked.method(), &asked.path[..]) {
        (_, ["oauth", "authorize"]) => oauth2::authorize(provider, asked),
        (Post, ["oauth", "token"]) => token(provider, asked),
        (Post, ["oauth", "revoke"]) => revoke(provider, asked),
        (_, ["api", "v4", rest @ ..]) => api(provider, asked, rest),
        _ => not_found("404 Not Found"),
    }
}

/// In the body, or by Basic authentication.
fn client(asked: &Asked<'_>) -> Result<String, Denied> {
    match asked.basic() {
        Some((id, secret)) => oauth2::client(Some(&id), Some(&secret)),
        None => oauth2::client(asked.field("client_id"), asked.field("client_secret")),
    }
}

fn token(provider: &DemoProvider, asked: &Asked<'_>) -> Reply {
    match client(asked).and_then(|client_id| oauth2::token(provider, asked, &client_id, true)) {
        Ok(issued) => answers::json(
            200,
            &json!({"access_token": issued.access, "token_type": "bearer", "expires_in": issued.lifetime_s,
                    "refresh_token": issued.refresh, "scope": issued.grant.scope,
                    "created_at": issued.issued_ms / 1000}),
        ),
        Err(denied) => refused(denied),
    }
}

fn refused(denied: Denied) -> Reply {
    let (status, error, description) = denied.standard();
    answers::json(status, &json!({"error": error, "error_description": description}))
}

/// RFC 7009: an unknown token is as good as revoked.
fn revoke(provider: &DemoProvider, asked: &Asked<'_>) -> Reply {
    match client(asked) {
        Ok(client_id) => {
            let (text, now_ms) = (asked.field("token").unwrap_or(""), provider.now_ms());
            provider.state().tokens.revoke(asked.kind, &client_id, text, now_ms);
            answers::json(200, &json!({}))
        }
        Err(denied) => refused(denied),
    }
}

fn api(provider: &DemoProvider, asked: &Asked<'_>, path: &[&str]) -> Reply {
    let private = asked.request.header("Private-Token").map(Presented::Personal);
    let presented = private.or_else(|| asked.authorization("Bearer").map(Presented::Either));
    let is_oauth = matches!(presented, Some(Presented::Either(_)));
    let caller = match provider.caller(asked.kind, presented.unwrap_or(Presented::Nothing)) {
        Ok(caller) => caller,
        Err(refusal) if is_oauth => return invalid_token(refusal),
        Err(_) => return answers::json(401, &json!({"message": "401 Unauthorized"})),
    };
    match (asked.method(), path) {
        (Get, ["user"]) => {
            let user = caller.user;
            answers::json(
                200,
                &json!({"id": user.number, "username": user.login, "name": user.name, "state": "active",
                        "email": user.email(), "web_url": format!("{}/{}", provider.base(asked.kind), user.login)}),
            )
        }
        _ if caller.lacks_rights => answers::json(
            403,
            &json!({"error": "insufficient_scope", "scope": "api read_api",
                    "error_description": "The request requires higher privileges than provided by the access token."}),
        ),
        (Get, ["projects"]) => {
            let all: Vec<Value> =
                caller.user.repositories().iter().map(|r| project(provider, asked, &caller, r)).collect();
            listed(provider, asked, path, &all)
        }
        (Get, ["projects", id, rest @ ..]) => {
            let is_meant = |r: &Repository| *id == r.number.to_string() || id.eq_ignore_ascii_case(&full_path(r));
            let Some(found) = caller.user.repository(is_meant) else { return not_found("404 Project Not Found") };
            match rest {
                [] => answers::json(200, &project(provider, asked, &caller, &found)),
                rest => within(provider, asked, path, &found, rest),
            }
        }
        (Get, ["groups"]) => {
            let all: Vec<Value> = caller.user.owners().iter().map(|o| group(provider, asked, o)).collect();
            listed(provider, asked, path, &all)
        }
        (Get, ["groups", id, rest @ ..]) => {
            let is_meant = |owner: &&Owner| *id == owner.group || *id == owner.number.to_string();
            let Some(owner) = caller.user.owners().iter().find(is_meant) else {
                return not_found("404 Group Not Found");
            };
            match rest {
                [] => answers::json(200, &group(provider, asked, owner)),
                ["projects"] => {
                    let with_subgroups = asked.request.query("include_subgroups").is_some_and(is_true);
                    let below = format!("{}/", owner.group);
                    let mut found = caller.user.repositories();
                    found.retain(|r| {
                        r.owner.group == owner.group || (with_subgroups && r.owner.group.starts_with(&below))
                    });
                    let all: Vec<Value> = found.iter().map(|r| project(provider, asked, &caller, r)).collect();
                    listed(provider, asked, path, &all)
                }
                _ => not_found("404 Not Found"),
            }
        }
        _ => not_found("404 Not Found"),
    }
}

/// Branches and trees of a project.
fn within(provider: &DemoProvider, asked: &Asked<'_>, path: &[&str], found: &Repository, rest: &[&str]) -> Reply {
    let branch_of = |name: &&str| {
        json!({"name": name, "default": *name == DEFAULT_BRANCH, "protected": false, "merged": false,
               "commit": {"id": found.commit(name)}})
    };
    match rest {
        ["repository", "branches"] => {
            listed(provider, asked, path, &BRANCHES.iter().map(branch_of).collect::<Vec<_>>())
        }
        ["repository", "branches", name] if BRANCHES.contains(name) => answers::json(200, &branch_of(name)),
        ["repository", "branches", _] => not_found("404 Branch Not Found"),
        ["repository", "tree"] => {
            let (reference, directory) = (asked.request.query("ref"), asked.request.query("path").unwrap_or(""));
            let directory = directory.trim_matches('/');
            let Some(branch) = found.branch(reference.unwrap_or(DEFAULT_BRANCH)) else {
                return not_found("404 Tree Not Found");
            };
            let is_recursive = asked.request.query("recursive").is_some_and(is_true);
            let mut entries = catalogue::entries(branch);
            entries.retain(|entry| entry.is_below(directory) && (is_recursive || entry.parent() == directory));
            let shown = |entry: &Entry| {
                let (mode, kind) = if entry.is_directory { ("040000", "tree") } else { ("100644", "blob") };
                json!({"id": entry.object_id(), "name": entry.name(), "type": kind, "path": entry.path, "mode": mode})
            };
            listed(provider, asked, path, &entries.iter().map(shown).collect::<Vec<_>>())
        }
        _ => not_found("404 Not Found"),
    }
}

fn is_true(value: &str) -> bool {
    matches!(value, "true" | "1")
}

fn full_path(repository: &Repository) -> String {
    format!("{}/{}", repository.owner.group, repository.name)
}

fn project(provider: &DemoProvider, asked: &Asked<'_>, caller: &Caller, found: &Repository) -> Value {
    let full_path = full_path(found);
    let web_url = format!("{}/{full_path}", provider.base(asked.kind));
    let level = if caller.user.role == Role::Admin { MAINTAINER } else { REPORTER };
    let namespace = found.owner.group;
    json!({
        "id": found.number, "name": found.name, "path": found.name, "path_with_namespace": full_path,
        "namespace": {"id": found.owner.number, "name": found.owner.name, "kind": "group", "full_path": namespace,
                      "path": namespace.rsplit('/').next()},
        "visibility": if found.is_private { "private" } else { "public" }, "archived": false,
        "default_branch": DEFAULT_BRANCH, "web_url": web_url, "http_url_to_repo": format!("{web_url}.git"),
        "permissions": {"project_access": null, "group_access": {"access_level": level, "notification_level": 3}},
    })
}

fn group(provider: &DemoProvider, asked: &Asked<'_>, owner: &Owner) -> Value {
    json!({"id": owner.number, "name": owner.name, "path": owner.group.rsplit('/').next(), "full_path": owner.group,
           "visibility": "private", "web_url": format!("{}/groups/{}", provider.base(asked.kind), owner.group)})
}

/// A page, and the headers that lead to the others.
fn listed(provider: &DemoProvider, asked: &Asked<'_>, path: &[&str], all: &[Value]) -> Reply {
    let number = asked.number("page", 1).max(1);
    let page = Page::numbered(number, asked.number("per_page", 20), all.len());
    let last = all.len().div_ceil(page.size).max(1);
    let segments: Vec<_> = path.iter().map(|segment| crate::http::request::encode(segment)).collect();
    let base = format!("{}/api/v4/{}", provider.base(asked.kind), segments.join("/"));
    let kept = asked.request.query.iter().filter(|(name, _)| !matches!(name.as_str(), "page" | "per_page"));
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let query = query.extend_pairs(kept).append_pair("per_page", &page.size.to_string()).finish();
    let link = |n: usize, rel: &str| format!("<{base}?{query}&page={n}>; rel=\"{rel}\"");
    let mut links = vec![link(1, "first"), link(last, "last")];
    let next = if number < last { Some(number + 1) } else { None };
    links.extend(next.map(|next| link(next, "next")));
    answers::json(200, &Value::from(page.of(all)))
        .with_header("Link", links.join(", "))
        .with_header("X-Next-Page", next.map_or(String::new(), |next| next.to_string()))
        .with_header("X-Page", number.to_string())
        .with_header("X-Per-Page", page.size.to_string())
        .with_header("X-Total", all.len().to_string())
        .with_header("X-Total-Pages", last.to_string())
}

fn invalid_token(refusal: Refusal) -> Reply {
    let description = match refusal {
        Refusal::Missing => return answers::json(401, &json!({"message": "401 Unauthorized"})),
        Refusal::Unknown => "The access token is unknown.",
        Refusal::Revoked => "Token was revoked. You have to re-authorize from the user.",
        Refusal::Expired => "Token is expired. You can either do re-authorization or token refresh.",
    };
    answers::json(401, &json!({"error": "invalid_token", "error_description": description}))
}

fn not_found(message: &str) -> Reply {
    answers::json(404, &json!({"message": message}))
}

//! The REST API: users, projects, repositories, branches, directories.

use serde_json::{Value, json};

use super::super::answers::{self, Page};
use super::super::asked::Asked;
use super::super::catalogue::{self, BRANCHES, DEFAULT_BRANCH, Entry, Owner, Repository, User};
use super::super::{Caller, DemoProvider};
use crate::http::reply::Reply;

pub fn answer(provider: &DemoProvider, asked: &Asked<'_>, path: &[&str], caller: &Caller) -> Reply {
    let base = provider.base(asked.kind);
    match path {
        ["users", slug] => match User::named(slug) {
            Some(user) => answers::json(
                200,
                &json!({
                "id": user.number, "name": user.login, "slug": user.login, "displayName": user.name, "active": true,
                "emailAddress": user.email(), "type": "NORMAL"}),
            ),
            None => error(404, "No such user.", "user.NoSuchUserException"),
        },
        _ if caller.lacks_rights => {
            error(401, "You are not permitted to access this resource", "AuthorisationException")
        }
        ["projects"] => listed(asked, &caller.user.owners().iter().map(|o| project(&base, o)).collect::<Vec<_>>()),
        ["projects", key] => match caller.user.owners().iter().find(|owner| owner.key.eq_ignore_ascii_case(key)) {
            Some(owner) => answers::json(200, &project(&base, owner)),
            None => error(404, &format!("Project {key} does not exist."), "project.NoSuchProjectException"),
        },
        ["repos"] => {
            listed(asked, &caller.user.repositories().iter().map(|r| repository(&base, r)).collect::<Vec<_>>())
        }
        ["projects", key, "repos"] => {
            let all = caller.user.repositories();
            let of_owner = all.iter().filter(|repository| repository.owner.key.eq_ignore_ascii_case(key));
            listed(asked, &of_owner.map(|r| repository(&base, r)).collect::<Vec<_>>())
        }
        ["projects", key, "repos", slug, rest @ ..] => {
            let is_meant = |r: &Repository| r.owner.key.eq_ignore_ascii_case(key) && r.name.eq_ignore_ascii_case(slug);
            let Some(found) = caller.user.repository(is_meant) else {
                let text = format!("Repository {key}/{slug} does not exist.");
                return error(404, &text, "repository.NoSuchRepositoryException");
            };
            match rest {
                [] => answers::json(200, &repository(&base, &found)),
                rest => within(asked, &found, rest),
            }
        }
        _ => error(404, "The requested resource does not exist.", "NoSuchResourceException"),
    }
}

/// Branches, directories and files of a repository.
fn within(asked: &Asked<'_>, found: &Repository, rest: &[&str]) -> Reply {
    let branch_of = |name: &&str| {
        json!({"id": format!("refs/heads/{name}"), "displayId": name, "type": "BRANCH",
               "latestCommit": found.commit(name), "isDefault": *name == DEFAULT_BRANCH})
    };
    let reference = asked.request.query("at").unwrap_or(DEFAULT_BRANCH);
    match rest {
        ["branches"] => listed(asked, &BRANCHES.iter().map(branch_of).collect::<Vec<_>>()),
        ["branches", "default"] | ["default-branch"] => answers::json(200, &branch_of(&DEFAULT_BRANCH)),
        ["browse" | "files", directory @ ..] => {
            let directory = directory.join("/");
            let Some(branch) = found.branch(reference) else {
                return error(404, "No such commit.", "commit.NoSuchCommitException");
            };
            let Some(children) = catalogue::directory(branch, &directory) else {
                return error(404, "No such path.", "content.NoSuchPathException");
            };
            if rest[0] == "browse" {
                let shown = children.iter().map(child).collect::<Vec<_>>();
                let children = envelope(asked, &shown);
                let path = components(&directory);
                return answers::json(200, &json!({"path": path, "revision": reference, "children": children}));
            }
            // The files below it, named from there.
            let files = catalogue::entries(branch);
            let files = files.iter().filter(|entry| !entry.is_directory && entry.is_below(&directory));
            let named = files.map(|entry| Value::from(entry.path[directory.len()..].trim_start_matches('/')));
            listed(asked, &named.collect::<Vec<_>>())
        }
        _ => error(404, "The requested resource does not exist.", "NoSuchResourceException"),
    }
}

fn child(entry: &Entry) -> Value {
    let kind = if entry.is_directory { "DIRECTORY" } else { "FILE" };
    json!({"path": components(entry.name()), "type": kind, "node": entry.object_id()})
}

fn components(path: &str) -> Value {
    let components: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    json!({"components": components, "name": components.last().unwrap_or(&""), "toString": path})
}

fn project(base: &str, owner: &Owner) -> Value {
    json!({"key": owner.key, "id": owner.number, "name": owner.name, "public": false, "type": "NORMAL",
           "links": {"self": [{"href": format!("{base}/projects/{}", owner.key)}]}})
}

fn repository(base: &str, found: &Repository) -> Value {
    let (key, slug) = (found.owner.key, found.name);
    let clone = format!("{base}/scm/{}/{slug}.git", key.to_ascii_lowercase());
    json!({"slug": slug, "id": found.number, "name": slug, "scmId": "git", "state": "AVAILABLE", "forkable": true,
           "public": !found.is_private, "project": project(base, found.owner),
           "links": {"clone": [{"href": clone, "name": "http"}],
                     "self": [{"href": format!("{base}/projects/{key}/repos/{slug}/browse")}]}})
}

fn listed(asked: &Asked<'_>, all: &[Value]) -> Reply {
    answers::json(200, &envelope(asked, all))
}

fn envelope(asked: &Asked<'_>, all: &[Value]) -> Value {
    let page = Page::at(asked.number("start", 0), asked.number("limit", 25), all.len());
    let is_last = page.to == all.len();
    let next = if is_last { Value::Null } else { Value::from(page.to) };
    json!({"values": page.of(all), "size": page.to - page.from, "limit": page.size, "start": page.from,
           "isLastPage": is_last, "nextPageStart": next})
}

pub fn error(status: u16, message: &str, exception: &str) -> Reply {
    let exception = format!("com.atlassian.bitbucket.{exception}");
    answers::json(status, &json!({"errors": [{"context": null, "message": message, "exceptionName": exception}]}))
}

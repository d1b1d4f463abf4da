//! Projects, repositories, branches and directories of an organization or collection.

use serde_json::{Value, json};

use super::super::answers::{self, Page};
use super::super::asked::Asked;
use super::super::catalogue::{self, BRANCHES, DEFAULT_BRANCH, Entry, Owner, Repository};
use super::super::{Caller, DemoProvider};
use super::{error, list, not_found, organization_name};
use crate::http::reply::Reply;

const PROJECTS: [&str; 2] = ["platform", "services"];
const CONTINUATION: &str = "x-ms-continuationtoken";

/// `rest` is behind `_apis`; `project` is a name or an id.
pub fn answer(
    provider: &DemoProvider,
    asked: &Asked<'_>,
    caller: &Caller,
    owner: &'static Owner,
    project: Option<&str>,
    rest: &[&str],
) -> Reply {
    let project = match project {
        None => None,
        Some(given) => match PROJECTS.into_iter().find(|name| same(name, &project_id(owner, name), given)) {
            Some(name) => Some(name),
            None => return error(404, "TF200016: There is no such project.", "ProjectDoesNotExistWithNameException"),
        },
    };
    let base = format!("{}/{}", provider.base(asked.kind), organization_name(asked, owner));
    let is_here = |r: &Repository| r.owner.number == owner.number && project.is_none_or(|name| name == r.project);
    match rest {
        ["projects"] => {
            let all: Vec<Value> = PROJECTS.iter().map(|name| project_document(&base, owner, name)).collect();
            continued(asked, "continuationToken", "$top", &all)
        }
        ["git", "repositories"] => {
            let all = caller.user.repositories();
            let here = all.iter().filter(|r| is_here(r)).map(|r| repository(&base, r));
            answers::json(200, &list(&here.collect::<Vec<_>>()))
        }
        ["git", "repositories", given, rest @ ..] => {
            let is_meant = |r: &Repository| is_here(r) && same(r.name, &repository_id(r), given);
            let Some(found) = caller.user.repository(is_meant) else {
                let text = "TF401019: The Git repository does not exist or you have no permission for it.";
                return error(404, text, "GitRepositoryNotFoundException");
            };
            match rest {
                [] => answers::json(200, &repository(&base, &found)),
                ["refs"] => {
                    let filter = asked.request.query("filter").unwrap_or("");
                    let named = |name: &&&str| format!("heads/{name}").starts_with(filter);
                    let shown =
                        |name: &&str| json!({"name": format!("refs/heads/{name}"), "objectId": found.commit(name)});
                    let all: Vec<Value> = BRANCHES.iter().filter(named).map(shown).collect();
                    continued(asked, "continuationToken", "$top", &all)
                }
                ["items"] => items(asked, &found),
                _ => not_found(),
            }
        }
        _ => not_found(),
    }
}

/// A directory and what is in it, as deep as is asked for.
fn items(asked: &Asked<'_>, found: &Repository) -> Reply {
    let query = |name: &str| asked.request.query(name);
    let version = query("versionDescriptor.version").unwrap_or(DEFAULT_BRANCH);
    let Some(branch) = found.branch(version) else {
        return error(404, "TF401175: The version cannot be found.", "GitUnresolvableToCommitException");
    };
    let scope = query("scopePath").unwrap_or("/").trim_matches('/');
    if catalogue::directory(branch, scope).is_none() {
        return error(404, "TF401174: The item could not be found.", "GitItemNotFoundException");
    }
    let level = query("recursionLevel").unwrap_or("None").to_ascii_lowercase();
    let mut entries = catalogue::entries(branch);
    match level.as_str() {
        "full" => entries.retain(|entry| entry.is_below(scope)),
        "none" => entries.clear(),
        _ => entries.retain(|entry| entry.parent() == scope),
    }
    let item = |path: &str, id: String, is_folder: bool| {
        let mut item = json!({"objectId": id, "gitObjectType": if is_folder { "tree" } else { "blob" },
                              "commitId": found.commit(branch), "path": format!("/{path}")});
        if is_folder {
            item["isFolder"] = true.into();
        }
        item
    };
    let itself = item(scope, catalogue::object_id(scope), true);
    let within = entries.iter().map(|entry: &Entry| item(&entry.path, entry.object_id(), entry.is_directory));
    answers::json(200, &list(&[itself].into_iter().chain(within).collect::<Vec<_>>()))
}

fn same(name: &str, id: &str, given: &str) -> bool {
    name.eq_ignore_ascii_case(given) || id == given
}

fn project_id(owner: &Owner, name: &str) -> String {
    catalogue::uuid(&format!("{}/{name}", owner.login))
}

fn repository_id(repository: &Repository) -> String {
    catalogue::uuid(&repository.number.to_string())
}

fn project_document(base: &str, owner: &Owner, name: &str) -> Value {
    let id = project_id(owner, name);
    json!({"id": id, "name": name, "state": "wellFormed", "visibility": "private", "revision": 1,
           "url": format!("{base}/_apis/projects/{id}")})
}

fn repository(base: &str, found: &Repository) -> Value {
    let id = repository_id(found);
    let web = format!("{base}/{}/_git/{}", found.project, found.name);
    json!({"id": id, "name": found.name, "project": project_document(base, found.owner, found.project), "size": 0,
           "defaultBranch": format!("refs/heads/{DEFAULT_BRANCH}"), "remoteUrl": web, "webUrl": web,
           "isDisabled": false, "url": format!("{base}/_apis/git/repositories/{id}")})
}

/// A page; where it goes on stands in a header.
fn continued(asked: &Asked<'_>, token: &str, size: &str, all: &[Value]) -> Reply {
    let page = Page::at(asked.number(token, 0), asked.number(size, 100), all.len());
    let reply = answers::json(200, &list(page.of(all)));
    if page.to < all.len() { reply.with_header(CONTINUATION, page.to.to_string()) } else { reply }
}

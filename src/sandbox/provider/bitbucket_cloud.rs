//! Bitbucket Cloud: a consumer that proves itself by Basic authentication, and the REST API of version 2.0. The lists
//! across workspaces are gone, as they are there.

use serde_json::{Value, json};
use url::form_urlencoded;

use super::answers::{self, Page};
use super::asked::Asked;
use super::catalogue::{self, BRANCHES, DEFAULT_BRANCH, Entry, Owner, Repository};
use super::oauth2;
use super::tokens::{Presented, Refusal};
use super::{Caller, DemoProvider};
use crate::http::reply::Reply;
use crate::http::request::Method::{Get, Post};

/// Of the consumer: they are not asked for.
const SCOPES: &str = "account account:write pullrequest:write repository repository:admin webhook";

pub fn answer(provider: &DemoProvider, asked: &Asked<'_>) -> Reply {
    match (asked.method(), &asked.path[..]) {
        (_, ["site", "oauth2", "authorize"]) => oauth2::authorize(provider, asked),
        (Post, ["site", "oauth2", "access_token"]) => token(provider, asked),
        (Get, ["2.0", rest @ ..]) => api(provider, asked, rest),
        _ => error(404, "Resource not found"),
    }
}

fn token(provider: &DemoProvider, asked: &Asked<'_>) -> Reply {
    let (id, secret) = asked.basic().unzip();
    let client_id = oauth2::client(id.as_deref(), secret.as_deref());
    match client_id.and_then(|client_id| oauth2::token(provider, asked, &client_id, false)) {
        Ok(issued) => answers::json(
            200,
            &json!({"access_token": issued.access, "token_type": "bearer", "expires_in": issued.lifetime_s,
                    "refresh_token": issued.refresh, "scope": SCOPES, "state": asked.field("grant_type")}),
        ),
        Err(denied) => {
            let (status, error, description) = denied.standard();
            answers::json(status, &json!({"error": error, "error_description": description}))
        }
    }
}

fn api(provider: &DemoProvider, asked: &Asked<'_>, path: &[&str]) -> Reply {
    let password = asked.basic().map(|(_, password)| password);
    let presented = match (asked.authorization("Bearer"), password.as_deref()) {
        (Some(token), _) => Presented::Either(token),
        (None, Some(password)) => Presented::Personal(password),
        (None, None) => Presented::Nothing,
    };
    let caller = match provider.caller(asked.kind, presented) {
        Ok(caller) => caller,
        Err(Refusal::Expired) => {
            let text = "Access token expired. Use your refresh token to obtain a new access token.";
            return error(401, text);
        }
        Err(Refusal::Missing) => return error(401, "Authentication is required."),
        Err(Refusal::Unknown | Refusal::Revoked) => return error(401, "Access token is invalid or was revoked."),
    };
    let scopes = if caller.lacks_rights { "account".to_owned() } else { SCOPES.replace(' ', ", ") };
    resource(provider, asked, path, &caller).with_header("X-OAuth-Scopes", scopes)
}

fn resource(provider: &DemoProvider, asked: &Asked<'_>, path: &[&str], caller: &Caller) -> Reply {
    let resources = Resources { provider, asked, base: format!("{}/2.0", provider.base(asked.kind)) };
    match path {
        ["user"] => answers::json(200, &resources.user(caller)),
        _ if caller.lacks_rights => answers::json(
            403,
            &json!({"type": "error", "error": {
                "message": "Your credentials lack one or more required privilege scopes.",
                "detail": {"granted": ["account"], "required": ["repository"]}}}),
        ),
        ["user", "workspaces"] => {
            let access = |owner| json!({"type": "workspace_access", "workspace": resources.workspace(owner)});
            resources.listed(path, &caller.user.owners().iter().map(access).collect::<Vec<_>>())
        }
        ["repositories"] | ["workspaces"] | ["user", "permissions", "repositories"] => {
            error(410, "This list across workspaces was removed.")
        }
        ["workspaces", name] => match owner(caller, name) {
            Some(owner) => answers::json(200, &resources.workspace(owner)),
            None => error(404, "No such workspace"),
        },
        ["repositories", name] => match owner(caller, name) {
            Some(owner) => {
                let all = caller.user.repositories();
                let of_owner = all.iter().filter(|repository| repository.owner.login == owner.login);
                resources.listed(path, &of_owner.map(|r| resources.repository(r)).collect::<Vec<_>>())
            }
            None => error(404, "No such workspace"),
        },
        ["repositories", workspace, name, rest @ ..] => {
            let is_meant = |r: &Repository| r.owner.login == *workspace && r.name == *name;
            let Some(found) = caller.user.repository(is_meant) else { return error(404, "Repository not found") };
            match rest {
                [] => answers::json(200, &resources.repository(&found)),
                rest => resources.within(path, &found, rest),
            }
        }
        _ => error(404, "Resource not found"),
    }
}

fn owner(caller: &Caller, name: &str) -> Option<&'static Owner> {
    let uuid = |owner: &Owner| format!("{{{}}}", catalogue::uuid(owner.login));
    caller.user.owners().iter().find(|owner| owner.login == name || uuid(owner) == name)
}

struct Resources<'a> {
    provider: &'a DemoProvider,
    asked: &'a Asked<'a>,
    base: String,
}

impl Resources<'_> {
    fn user(&self, caller: &Caller) -> Value {
        let user = caller.user;
        json!({"type": "user", "username": user.login, "nickname": user.login, "display_name": user.name,
               "account_id": user.number.to_string(), "uuid": format!("{{{}}}", catalogue::uuid(user.login)),
               "links": {"self": {"href": format!("{}/users/{}", self.base, user.login)}}})
    }

    fn workspace(&self, owner: &Owner) -> Value {
        let link = |path: &str| json!({"href": format!("{}/{path}/{}", self.base, owner.login)});
        json!({"type": "workspace", "slug": owner.login, "name": owner.name, "is_private": true,
               "uuid": format!("{{{}}}", catalogue::uuid(owner.login)),
               "links": {"self": link("workspaces"), "repositories": link("repositories")}})
    }

    fn repository(&self, found: &Repository) -> Value {
        let full_name = format!("{}/{}", found.owner.login, found.name);
        let web = self.provider.base(self.asked.kind);
        // As Bitbucket does it: with the name of a user in it.
        let clone = format!("{web}/{full_name}.git").replacen("://", "://ada@", 1);
        json!({"type": "repository", "full_name": full_name, "name": found.name, "slug": found.name, "scm": "git",
               "uuid": format!("{{{}}}", catalogue::uuid(&full_name)), "is_private": found.is_private,
               "mainbranch": {"type": "branch", "name": DEFAULT_BRANCH}, "workspace": self.workspace(found.owner),
               "links": {"self": {"href": format!("{}/repositories/{full_name}", self.base)},
                         "html": {"href": format!("{web}/{full_name}")},
                         "branches": {"href": format!("{}/repositories/{full_name}/refs/branches", self.base)},
                         "clone": [{"name": "https", "href": clone}]}})
    }

    /// Branches and directories of a repository.
    fn within(&self, path: &[&str], found: &Repository, rest: &[&str]) -> Reply {
        let branch_of = |name: &&str| json!({"type": "branch", "name": name, "target": {"type": "commit", "hash": found.commit(name)}});
        match rest {
            ["refs", "branches"] => self.listed(path, &BRANCHES.iter().map(branch_of).collect::<Vec<_>>()),
            ["refs", "branches", name] if BRANCHES.contains(name) => answers::json(200, &branch_of(name)),
            ["src"] => {
                let commit = found.commit(DEFAULT_BRANCH).unwrap_or_default();
                answers::redirect(302, format!("{}/{}/{commit}/", self.base, path.join("/")))
            }
            ["src", commit, directory @ ..] => {
                let directory = directory.join("/");
                let depth = self.asked.number("max_depth", 1);
                let Some(branch) = found.branch(commit) else { return error(404, "Commit not found") };
                if catalogue::directory(branch, &directory).is_none() {
                    return error(404, "No such file or directory");
                }
                let depth_of = |path: &str| if path.is_empty() { 0 } else { path.split('/').count() };
                let mut entries = catalogue::entries(branch);
                let within_depth = |entry: &Entry| depth_of(&entry.path) <= depth_of(&directory).saturating_add(depth);
                entries.retain(|entry| entry.is_below(&directory) && within_depth(entry));
                match self.asked.request.query("q") {
                    None => {}
                    Some(r#"type="commit_directory""#) => entries.retain(|entry| entry.is_directory),
                    Some(r#"type="commit_file""#) => entries.retain(|entry| !entry.is_directory),
                    Some(_) => return error(400, "Invalid query"),
                }
                let shown = |entry: &Entry| {
                    let kind = if entry.is_directory { "commit_directory" } else { "commit_file" };
                    json!({"type": kind, "path": entry.path, "commit": {"type": "commit", "hash": commit}})
                };
                self.listed(path, &entries.iter().map(shown).collect::<Vec<_>>())
            }
            _ => error(404, "Resource not found"),
        }
    }

    /// The envelope of a page; `next` is a whole URL.
    fn listed(&self, path: &[&str], all: &[Value]) -> Reply {
        let number = self.asked.number("page", 1).max(1);
        let page = Page::numbered(number, self.asked.number("pagelen", 10), all.len());
        let mut envelope = json!({"values": page.of(all), "page": number, "pagelen": page.size, "size": all.len()});
        if page.to < all.len() {
            let kept = self.asked.request.query.iter().filter(|(name, _)| name != "page");
            let mut query = form_urlencoded::Serializer::new(String::new());
            let query = query.extend_pairs(kept).append_pair("page", &(number + 1).to_string()).finish();
            envelope["next"] = Value::from(format!("{}/{}?{query}", self.base, path.join("/")));
        }
        answers::json(200, &envelope)
    }
}

fn error(status: u16, message: &str) -> Reply {
    answers::json(status, &json!({"type": "error", "error": {"message": message}}))
}

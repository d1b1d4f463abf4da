//! Bitbucket Cloud.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::endpoints::{below, parts, with_query};
use super::failure::{Failure, Result};
use super::oauth2::{ClientAuthentication, OAuth2, bearer};
use super::outbound::{Answer, Session, same_origin};
use super::provider::{
    Access, Application, Authorization, Callback, Flow, Grant, Held, List, Page, Provider, Repository, Revocation,
    Tree, User, scope_list,
};
use super::{Endpoints, Secret, text};

/// Directories deeper than this are not listed.
const MAX_DEPTH: &str = "10";

pub(super) struct BitbucketCloud<'a> {
    session: Session<'a>,
    endpoints: Endpoints,
}

#[derive(Deserialize)]
struct Account {
    /// There for one's own account only.
    username: Option<String>,
    nickname: Option<String>,
    display_name: Option<String>,
}

#[derive(Deserialize)]
struct Values<T> {
    values: Vec<T>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Membership {
    workspace: Workspace,
}

#[derive(Deserialize)]
struct Workspace {
    slug: String,
}

#[derive(Deserialize)]
struct Found {
    full_name: String,
    name: String,
    mainbranch: Option<Branch>,
}

#[derive(Deserialize)]
struct Branch {
    name: String,
}

#[derive(Deserialize)]
struct Reference {
    target: Commit,
}

#[derive(Deserialize)]
struct Commit {
    hash: String,
}

#[derive(Deserialize)]
struct Entry {
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

impl<'a> BitbucketCloud<'a> {
    pub fn new(session: Session<'a>, endpoints: Endpoints) -> BitbucketCloud<'a> {
        BitbucketCloud { session, endpoints }
    }

    fn oauth2(&self) -> Result<OAuth2> {
        Ok(OAuth2 {
            authorize: below(&self.endpoints.http, &["site", "oauth2", "authorize"])?,
            token: below(&self.endpoints.http, &["site", "oauth2", "access_token"])?,
            // The registration of the consumer has them.
            scope: None,
            has_pkce: false,
            authentication: ClientAuthentication::Basic,
            usual_lifetime_s: None,
        })
    }

    fn get(&self, session: &Session, access: &Access, url: &Url) -> Result<Answer> {
        let authorization = match access {
            Access::Stored(token) | Access::OAuth2(token) => bearer(token),
            Access::OAuth1 { .. } => return Err(Failure::NotOffered("OAuth 1.0a")),
        };
        session.get(url, &|_| {
            Ok(vec![("authorization", authorization.clone()), ("accept", "application/json".to_owned())])
        })
    }

    /// Reads a list from its start until `enough` items are there or it ends. True where it has ended.
    fn list<T: DeserializeOwned>(
        &self,
        session: &Session,
        access: &Access,
        first: Url,
        enough: usize,
        items: &mut Vec<T>,
    ) -> Result<bool> {
        let mut url = first;
        while items.len() < enough {
            let page: Values<T> = self.get(session, access, &url)?.json()?;
            items.extend(page.values);
            match page.next {
                Some(next) => url = same_origin(&url, &next)?,
                None => return Ok(true),
            }
        }
        Ok(false)
    }

    fn workspaces(&self, session: &Session, access: &Access) -> Result<Vec<String>> {
        let first = with_query(below(&self.endpoints.api, &["user", "workspaces"])?, &[("pagelen", "100")]);
        let mut memberships: Vec<Membership> = Vec::new();
        self.list(session, access, first, usize::MAX, &mut memberships)?;
        Ok(memberships.into_iter().filter_map(|membership| text::identifier(membership.workspace.slug)).collect())
    }

    fn repository_path(&self, identifier: &str, more: &[&str]) -> Result<Url> {
        match parts(identifier)?[..] {
            [workspace, slug] => below(&self.endpoints.api, &[&["repositories", workspace, slug], more].concat()),
            _ => Err(Failure::NotFound),
        }
    }

    fn find(&self, session: &Session, access: &Access, identifier: &str) -> Result<Repository> {
        let found: Found = self.get(session, access, &self.repository_path(identifier, &[])?)?.json()?;
        repository(found).ok_or(Failure::Malformed("the repository has no usable name"))
    }
}

impl Provider for BitbucketCloud<'_> {
    fn authorize(&self, application: &Application, flow: &Flow) -> Result<Authorization> {
        Ok(self.oauth2()?.authorization(application, flow))
    }

    fn exchange(&self, application: &Application, callback: &Callback) -> Result<Grant> {
        self.oauth2()?.exchange(&self.session, application, callback)
    }

    fn refresh(&self, application: &Application, held: &Held) -> Result<Grant> {
        self.oauth2()?.refresh(&self.session, application, held)
    }

    fn revoke(&self, _: &Application, _: &Secret) -> Result<Revocation> {
        Ok(Revocation::NotOffered)
    }

    fn user(&self, access: &Access, _: Option<&str>) -> Result<User> {
        let url = below(&self.endpoints.api, &["user"])?;
        let answer = self.get(&self.session, access, &url)?;
        let Account { username, nickname, display_name } = answer.json()?;
        let mut names = [username, nickname, display_name].into_iter().flatten();
        let name = names.find_map(|name| text::name(&name)).ok_or(Failure::Malformed("the user has no name"))?;
        Ok(User { name, scopes: answer.header("x-oauth-scopes").map(scope_list) })
    }

    /// There is no call any more that lists the repositories of all workspaces.
    fn repositories(&self, access: &Access, organization: Option<&str>, page: Page) -> Result<List<Repository>> {
        let session = &self.session;
        let workspaces = match organization {
            Some(workspace) => vec![workspace.to_owned()],
            None => self.workspaces(session, access)?,
        };
        let mut found: Vec<Found> = Vec::new();
        for workspace in &workspaces {
            let path = below(&self.endpoints.api, &["repositories", workspace])?;
            let first = with_query(path, &[("role", "member"), ("pagelen", "100")]);
            let has_ended = self.list(session, access, first, page.enough(), &mut found)?;
            if !has_ended {
                break;
            }
        }
        Ok(page.of(found.into_iter().filter_map(repository)))
    }

    fn repository(&self, access: &Access, identifier: &str) -> Result<Repository> {
        self.find(&self.session, access, identifier)
    }

    fn tree(&self, access: &Access, identifier: &str, reference: Option<&str>) -> Result<Tree> {
        let session = &self.session;
        let default = match reference {
            Some(_) => None,
            None => self.find(session, access, identifier)?.default_branch,
        };
        let Some(reference) = reference.or(default.as_deref()) else { return Ok(Tree::new([], true)) };
        // A branch or tag whose name has a slash cannot stand in the path of `src`; its commit can.
        let commit = if reference.contains('/') {
            let of = |kind| -> Result<Reference> {
                let url = self.repository_path(identifier, &["refs", kind, reference])?;
                self.get(session, access, &url)?.json()
            };
            let found = match of("branches") {
                Err(Failure::NotFound) => of("tags"),
                found => found,
            };
            found?.target.hash
        } else {
            reference.to_owned()
        };
        let mut url = self.repository_path(identifier, &["src", &commit])?;
        url.set_path(&format!("{}/", url.path()));
        let mut next = Some(with_query(url, &[("max_depth", MAX_DEPTH), ("pagelen", "100")]));
        let mut directories = Vec::new();
        while let Some(url) = next.take_if(|_| session.has_calls_left()) {
            let page: Values<Entry> = self.get(session, access, &url)?.json()?;
            let entries = page.values.into_iter().filter(|entry| entry.kind == "commit_directory");
            directories.extend(entries.map(|entry| entry.path));
            next = page.next.map(|link| same_origin(&url, &link)).transpose()?;
        }
        Ok(Tree::new(directories, next.is_none()))
    }

    fn organizations(&self, access: &Access) -> Result<Vec<String>> {
        self.workspaces(&self.session, access)
    }

    fn needed_scopes(&self) -> &'static [&'static str] {
        &["account", "repository"]
    }
}

fn repository(found: Found) -> Option<Repository> {
    Some(Repository {
        identifier: text::identifier(found.full_name)?,
        name: text::name(&found.name)?,
        default_branch: found.mainbranch.and_then(|branch| text::identifier(branch.name)),
    })
}

//! GitHub and GitHub Enterprise, and what speaks their language (Gitea, Forgejo).

use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::endpoints::{below, parts, with_query};
use super::failure::{Failure, Result};
use super::oauth2::{ClientAuthentication, OAuth2, basic, bearer};
use super::outbound::{Answer, Headers, Session};
use super::provider::{
    Access, Application, Authorization, Callback, Flow, Grant, Held, List, Page, Provider, Repository, Revocation,
    Tree, User, or_empty, scope_list,
};
use super::{Endpoints, Secret, text};

pub(super) struct GitHub<'a> {
    session: Session<'a>,
    endpoints: Endpoints,
}

#[derive(Deserialize)]
struct Account {
    login: String,
}

#[derive(Deserialize)]
struct Found {
    full_name: String,
    name: String,
    default_branch: Option<String>,
}

#[derive(Deserialize)]
struct Entries {
    tree: Vec<Entry>,
    #[serde(default)]
    truncated: bool,
}

#[derive(Deserialize)]
struct Entry {
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

impl<'a> GitHub<'a> {
    pub fn new(session: Session<'a>, endpoints: Endpoints) -> GitHub<'a> {
        GitHub { session, endpoints }
    }

    fn oauth2(&self) -> Result<OAuth2> {
        Ok(OAuth2 {
            authorize: below(&self.endpoints.http, &["login", "oauth", "authorize"])?,
            token: below(&self.endpoints.http, &["login", "oauth", "access_token"])?,
            // Private code, statuses and the webhooks of repositories.
            scope: Some("repo"),
            has_pkce: true,
            authentication: ClientAuthentication::InBody,
            usual_lifetime_s: None,
        })
    }

    fn get(&self, session: &Session, access: &Access, url: &Url) -> Result<Answer> {
        let authorization = match access {
            Access::Stored(token) | Access::OAuth2(token) => bearer(token),
            Access::OAuth1 { .. } => return Err(Failure::NotOffered("OAuth 1.0a")),
        };
        session.get(url, &|_| Ok(headers(authorization.clone())))
    }

    fn repository_path(&self, identifier: &str, more: &[&str]) -> Result<Url> {
        match parts(identifier)?[..] {
            [owner, name] => below(&self.endpoints.api, &[&["repos", owner, name], more].concat()),
            _ => Err(Failure::NotFound),
        }
    }

    fn find(&self, session: &Session, access: &Access, identifier: &str) -> Result<Repository> {
        let found: Found = self.get(session, access, &self.repository_path(identifier, &[])?)?.json()?;
        repository(found).ok_or(Failure::Malformed("the repository has no usable name"))
    }

    fn directories(&self, access: &Access, identifier: &str, reference: Option<&str>) -> Result<Tree> {
        let session = &self.session;
        let default = match reference {
            Some(_) => None,
            None => self.find(session, access, identifier)?.default_branch,
        };
        let Some(reference) = reference.or(default.as_deref()) else { return Ok(Tree::new([], true)) };
        let url = self.repository_path(identifier, &["git", "trees", reference])?;
        let whole = self.get(session, access, &with_query(url.clone(), &[("recursive", "1")]));
        let (answer, is_whole) = match whole {
            Err(Failure::TooLarge(_)) => (self.get(session, access, &url)?, false),
            whole => (whole?, true),
        };
        let Entries { tree, truncated } = answer.json()?;
        let directories = tree.into_iter().filter(|entry| entry.kind == "tree").map(|entry| entry.path);
        Ok(Tree::new(directories, is_whole && !truncated))
    }
}

impl Provider for GitHub<'_> {
    fn authorize(&self, application: &Application, flow: &Flow) -> Result<Authorization> {
        Ok(self.oauth2()?.authorization(application, flow))
    }

    fn exchange(&self, application: &Application, callback: &Callback) -> Result<Grant> {
        self.oauth2()?.exchange(&self.session, application, callback)
    }

    fn refresh(&self, application: &Application, held: &Held) -> Result<Grant> {
        self.oauth2()?.refresh(&self.session, application, held)
    }

    fn revoke(&self, application: &Application, token: &Secret) -> Result<Revocation> {
        // The token alone: revoking the grant would end other connections of the same application, too.
        let url = below(&self.endpoints.api, &["applications", application.key, "token"])?;
        let body = json!({ "access_token": token.reveal() });
        let answer = self.session.delete_json(&url, headers(basic(application)), &body)?;
        match answer.status() {
            // Gitea has no such call; GitHub says it of an application that it does not know.
            404 => Ok(Revocation::NotOffered),
            // GitHub does not know the token.
            422 => Ok(Revocation::Revoked),
            _ => answer.check().map(|()| Revocation::Revoked),
        }
    }

    fn user(&self, access: &Access, _: Option<&str>) -> Result<User> {
        let answer = self.get(&self.session, access, &below(&self.endpoints.api, &["user"])?)?;
        let account: Account = answer.json()?;
        let name = text::name(&account.login).ok_or(Failure::Malformed("the user has no name"))?;
        // Absent for fine-grained tokens.
        Ok(User { name, scopes: answer.header("x-oauth-scopes").map(scope_list) })
    }

    fn repositories(&self, access: &Access, organization: Option<&str>, page: Page) -> Result<List<Repository>> {
        let path = match organization {
            Some(organization) => below(&self.endpoints.api, &["orgs", organization, "repos"])?,
            None => below(&self.endpoints.api, &["user", "repos"])?,
        };
        // Gitea ignores `per_page`: its pages may be smaller, and end where its `Link` says so.
        let url = with_query(path, &[("per_page", &page.size.to_string()), ("page", &page.number.to_string())]);
        let answer = self.get(&self.session, access, &url)?;
        let found: Vec<Found> = answer.json()?;
        let next = answer.has_next_link().then(|| page.number.saturating_add(1));
        Ok(List { items: found.into_iter().filter_map(repository).collect(), next })
    }

    fn repository(&self, access: &Access, identifier: &str) -> Result<Repository> {
        self.find(&self.session, access, identifier)
    }

    fn tree(&self, access: &Access, identifier: &str, reference: Option<&str>) -> Result<Tree> {
        or_empty(self.directories(access, identifier, reference), reference, || self.repository(access, identifier))
    }

    fn organizations(&self, access: &Access) -> Result<Vec<String>> {
        let session = &self.session;
        let path = below(&self.endpoints.api, &["user", "orgs"])?;
        let (mut names, mut number) = (Vec::new(), 1);
        loop {
            let url = with_query(path.clone(), &[("per_page", "100"), ("page", &number.to_string())]);
            let answer = self.get(session, access, &url)?;
            let accounts: Vec<Account> = answer.json()?;
            names.extend(accounts.into_iter().filter_map(|account| text::identifier(account.login)));
            if !answer.has_next_link() {
                return Ok(names);
            }
            number += 1;
        }
    }

    fn needed_scopes(&self) -> &'static [&'static str] {
        &["repo"]
    }
}

fn headers(authorization: String) -> Headers {
    vec![
        ("authorization", authorization),
        ("accept", "application/vnd.github+json".to_owned()),
        ("x-github-api-version", "2022-11-28".to_owned()),
    ]
}

fn repository(found: Found) -> Option<Repository> {
    Some(Repository {
        identifier: text::identifier(found.full_name)?,
        name: text::name(&found.name)?,
        default_branch: found.default_branch.and_then(text::identifier),
    })
}

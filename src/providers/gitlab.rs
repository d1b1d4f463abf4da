//! GitLab.com and GitLab's own installations.

use serde::Deserialize;
use url::Url;

use super::endpoints::{below, parts, with_query};
use super::failure::{Failure, Result};
use super::oauth2::{ClientAuthentication, OAuth2, bearer};
use super::outbound::{Answer, Session};
use super::provider::{
    Access, Application, Authorization, Callback, Flow, Grant, Held, List, Page, Provider, Repository, Revocation,
    Tree, User, or_empty,
};
use super::{Endpoints, Secret, text};

/// Tokens live for two hours since GitLab 15, whose first release forgot to say so.
const USUAL_LIFETIME_S: i64 = 7200;

pub(super) struct GitLab<'a> {
    session: Session<'a>,
    endpoints: Endpoints,
}

#[derive(Deserialize)]
struct Account {
    username: String,
}

#[derive(Deserialize)]
struct Project {
    path_with_namespace: String,
    name: String,
    default_branch: Option<String>,
}

#[derive(Deserialize)]
struct Group {
    full_path: String,
}

#[derive(Deserialize)]
struct Entry {
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

impl<'a> GitLab<'a> {
    pub fn new(session: Session<'a>, endpoints: Endpoints) -> GitLab<'a> {
        GitLab { session, endpoints }
    }

    fn oauth2(&self) -> Result<OAuth2> {
        Ok(OAuth2 {
            authorize: below(&self.endpoints.http, &["oauth", "authorize"])?,
            token: below(&self.endpoints.http, &["oauth", "token"])?,
            scope: Some("api"),
            has_pkce: true,
            authentication: ClientAuthentication::InBody,
            usual_lifetime_s: Some(USUAL_LIFETIME_S),
        })
    }

    fn get(&self, session: &Session, access: &Access, url: &Url) -> Result<Answer> {
        // Personal tokens are taken as bearer tokens, too, and what was stored may be of either kind.
        let authorization = match access {
            Access::Stored(token) | Access::OAuth2(token) => bearer(token),
            Access::OAuth1 { .. } => return Err(Failure::NotOffered("OAuth 1.0a")),
        };
        session.get(url, &|_| {
            Ok(vec![("authorization", authorization.clone()), ("accept", "application/json".to_owned())])
        })
    }

    /// An identifier of any depth is one segment of the path.
    fn project_path(&self, identifier: &str, more: &[&str]) -> Result<Url> {
        parts(identifier)?;
        below(&self.endpoints.api, &[&["projects", identifier], more].concat())
    }

    fn directories(&self, access: &Access, identifier: &str, reference: Option<&str>) -> Result<Tree> {
        let session = &self.session;
        let path = self.project_path(identifier, &["repository", "tree"])?;
        let (mut directories, mut number) = (Vec::new(), 1);
        loop {
            let page = number.to_string();
            let url = with_query(path.clone(), &[("recursive", "true"), ("per_page", "100"), ("page", page.as_str())]);
            let url = match reference {
                Some(reference) => with_query(url, &[("ref", reference)]),
                None => url,
            };
            let answer = self.get(session, access, &url)?;
            let entries: Vec<Entry> = answer.json()?;
            directories.extend(entries.into_iter().filter(|entry| entry.kind == "tree").map(|entry| entry.path));
            let has_next = has_next(&answer);
            if !has_next || !session.has_calls_left() {
                return Ok(Tree::new(directories, !has_next));
            }
            number += 1;
        }
    }
}

impl Provider for GitLab<'_> {
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
        let url = below(&self.endpoints.http, &["oauth", "revoke"])?;
        let fields =
            [("client_id", application.key), ("client_secret", application.secret.reveal()), ("token", token.reveal())];
        let headers = vec![("accept", "application/json".to_owned())];
        self.session.post_form(&url, headers, &fields)?.check().map(|()| Revocation::Revoked)
    }

    fn user(&self, access: &Access, _: Option<&str>) -> Result<User> {
        let url = below(&self.endpoints.api, &["user"])?;
        let account: Account = self.get(&self.session, access, &url)?.json()?;
        let name = text::name(&account.username).ok_or(Failure::Malformed("the user has no name"))?;
        Ok(User { name, scopes: None })
    }

    fn repositories(&self, access: &Access, organization: Option<&str>, page: Page) -> Result<List<Repository>> {
        let (path, which) = match organization {
            Some(group) => (below(&self.endpoints.api, &["groups", group, "projects"])?, ("include_subgroups", "true")),
            // Without it, every public project is listed.
            None => (below(&self.endpoints.api, &["projects"])?, ("membership", "true")),
        };
        let (size, number) = (page.size.to_string(), page.number.to_string());
        let order = [("simple", "true"), ("order_by", "id"), ("sort", "asc")];
        let url = with_query(path, &[&[which], &order[..], &[("per_page", &size), ("page", &number)]].concat());
        let answer = self.get(&self.session, access, &url)?;
        let projects: Vec<Project> = answer.json()?;
        let next = has_next(&answer).then(|| page.number.saturating_add(1));
        Ok(List { items: projects.into_iter().filter_map(repository).collect(), next })
    }

    fn repository(&self, access: &Access, identifier: &str) -> Result<Repository> {
        let url = self.project_path(identifier, &[])?;
        let project: Project = self.get(&self.session, access, &url)?.json()?;
        repository(project).ok_or(Failure::Malformed("the project has no usable name"))
    }

    fn tree(&self, access: &Access, identifier: &str, reference: Option<&str>) -> Result<Tree> {
        or_empty(self.directories(access, identifier, reference), reference, || self.repository(access, identifier))
    }

    fn organizations(&self, access: &Access) -> Result<Vec<String>> {
        let session = &self.session;
        let path = below(&self.endpoints.api, &["groups"])?;
        let (mut names, mut number) = (Vec::new(), 1);
        loop {
            let page = number.to_string();
            // Guests and more: not every public group.
            let url =
                with_query(path.clone(), &[("min_access_level", "10"), ("per_page", "100"), ("page", page.as_str())]);
            let answer = self.get(session, access, &url)?;
            let groups: Vec<Group> = answer.json()?;
            names.extend(groups.into_iter().filter_map(|group| text::identifier(group.full_path)));
            if !has_next(&answer) {
                return Ok(names);
            }
            number += 1;
        }
    }

    fn needed_scopes(&self) -> &'static [&'static str] {
        &["api"]
    }
}

/// Pages are counted. A link to the next page only tells that there is one.
fn has_next(answer: &Answer) -> bool {
    answer.has_next_link() || answer.header("x-next-page").is_some_and(|page| !page.is_empty())
}

fn repository(project: Project) -> Option<Repository> {
    Some(Repository {
        identifier: text::identifier(project.path_with_namespace)?,
        name: text::name(&project.name)?,
        default_branch: project.default_branch.and_then(text::identifier),
    })
}

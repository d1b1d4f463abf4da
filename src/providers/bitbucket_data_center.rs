//! Bitbucket Data Center, and Bitbucket Server before it.

use serde::Deserialize;
use url::Url;

use super::endpoints::{below, parts, with_query};
use super::failure::{Failure, Refusal, Result};
use super::oauth1::{self, OAuth1, Signer};
use super::oauth2::bearer;
use super::outbound::{Answer, Session};
use super::provider::{
    Access, Application, Authorization, Callback, Flow, Grant, Held, List, Page, Provider, Repository, Revocation,
    Tree, User, or_empty,
};
use super::{Endpoints, Secret, text};

pub(super) struct BitbucketDataCenter<'a> {
    session: Session<'a>,
    endpoints: Endpoints,
}

#[derive(Deserialize)]
struct Account {
    name: String,
}

/// A page of a list. The next one does not always begin where this one ends.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Values<T> {
    values: Vec<T>,
    #[serde(default)]
    is_last_page: bool,
    next_page_start: Option<u64>,
}

#[derive(Deserialize)]
struct Refused {
    errors: Vec<RefusedFor>,
}

#[derive(Deserialize)]
struct RefusedFor {
    #[serde(rename = "exceptionName")]
    exception: String,
}

#[derive(Deserialize)]
struct Project {
    key: String,
}

#[derive(Deserialize)]
struct Found {
    slug: String,
    name: String,
    project: Project,
}

impl<'a> BitbucketDataCenter<'a> {
    pub fn new(session: Session<'a>, endpoints: Endpoints) -> BitbucketDataCenter<'a> {
        BitbucketDataCenter { session, endpoints }
    }

    fn oauth1(&self) -> OAuth1<'_> {
        OAuth1 { session: &self.session, base: &self.endpoints.http }
    }

    fn rest(&self, segments: &[&str]) -> Result<Url> {
        below(&self.endpoints.api, &[&["rest", "api", "1.0"], segments].concat())
    }

    fn get(&self, session: &Session, access: &Access, url: &Url) -> Result<Answer> {
        let accept = || ("accept", "application/json".to_owned());
        let answer = match access {
            // An HTTP access token.
            Access::Stored(token) | Access::OAuth2(token) => {
                session.get(url, &|_| Ok(vec![("authorization", bearer(token)), accept()]))?
            }
            Access::OAuth1 { application, token } => {
                let signer = Signer::new(session.outbound(), application, Some(token.reveal()))?;
                session.get(url, &|url| Ok(vec![("authorization", signer.header("GET", url, &[])?), accept()]))?
            }
        };
        match oauth1::problem(&answer) {
            // Of a token that is in use, the same words mean that it is no longer good.
            Some(Refusal::Grant) => Err(Failure::Unauthorized),
            Some(refusal) if refusal != Refusal::Unknown => Err(Failure::Refused(refusal)),
            _ if answer.status() == 401 && lacks_rights(&answer) => Err(Failure::Forbidden),
            _ => Ok(answer),
        }
    }

    /// Reads a list from its start until `enough` items are there, it ends, or no more calls may be made. True where it
    /// has ended.
    fn list<T: serde::de::DeserializeOwned>(
        &self,
        session: &Session,
        access: &Access,
        first: &Url,
        limit: &str,
        enough: usize,
    ) -> Result<(Vec<T>, bool)> {
        let (mut items, mut start) = (Vec::new(), 0);
        while session.has_calls_left() {
            let url = with_query(first.clone(), &[("start", &start.to_string()), ("limit", limit)]);
            let page: Values<T> = self.get(session, access, &url)?.json()?;
            items.extend(page.values);
            match page.next_page_start.filter(|_| !page.is_last_page) {
                Some(next) if next > start => start = next,
                _ => return Ok((items, true)),
            }
            if items.len() >= enough {
                break;
            }
        }
        Ok((items, false))
    }

    fn repository_path(&self, identifier: &str, more: &[&str]) -> Result<Url> {
        match parts(identifier)?[..] {
            [project, slug] => self.rest(&[&["projects", project, "repos", slug], more].concat()),
            _ => Err(Failure::NotFound),
        }
    }

    /// There is a list of files only: their directories are told from it.
    fn directories(&self, access: &Access, identifier: &str, reference: Option<&str>) -> Result<Tree> {
        let mut first = self.repository_path(identifier, &["files"])?;
        if let Some(reference) = reference {
            first = with_query(first, &[("at", reference)]);
        }
        let (files, has_ended) = self.list::<String>(&self.session, access, &first, "1000", usize::MAX)?;
        let directories = files.iter().flat_map(|file| file.match_indices('/').map(|(at, _)| file[..at].to_owned()));
        Ok(Tree::new(directories, has_ended))
    }
}

impl Provider for BitbucketDataCenter<'_> {
    fn authorize(&self, application: &Application, _: &Flow) -> Result<Authorization> {
        self.oauth1().authorize(application)
    }

    fn exchange(&self, application: &Application, callback: &Callback) -> Result<Grant> {
        self.oauth1().exchange(application, callback)
    }

    fn refresh(&self, application: &Application, held: &Held) -> Result<Grant> {
        self.oauth1().refresh(application, held)
    }

    fn revoke(&self, _: &Application, _: &Secret) -> Result<Revocation> {
        Ok(Revocation::NotOffered)
    }

    /// Two calls, below each of the two URLs: a wrong context path shows here, and not later.
    fn user(&self, access: &Access, _: Option<&str>) -> Result<User> {
        let session = &self.session;
        let who = below(&self.endpoints.http, &["plugins", "servlet", "applinks", "whoami"])?;
        let answer = self.get(session, access, &who)?;
        answer.check()?;
        let is_page = answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        let said = std::str::from_utf8(answer.body()).ok().filter(|_| !is_page).ok_or(Failure::NotJson)?;
        // Anonymous callers have no name.
        let name = text::name(said).or_else(|| answer.header("x-ausername").and_then(text::name));
        let name = name.ok_or(Failure::Unauthorized)?;
        // The slug of a name.
        let slug = name.replace('@', "_");
        let account: Account = self.get(session, access, &self.rest(&["users", &slug])?)?.json()?;
        let name = text::name(&account.name).ok_or(Failure::Malformed("the user has no name"))?;
        Ok(User { name, scopes: None })
    }

    fn repositories(&self, access: &Access, organization: Option<&str>, page: Page) -> Result<List<Repository>> {
        let session = &self.session;
        let first = match organization {
            Some(project) => self.rest(&["projects", project, "repos"])?,
            None => with_query(self.rest(&["repos"])?, &[("permission", "REPO_READ")]),
        };
        let (found, has_ended) = self.list(session, access, &first, "100", page.enough())?;
        if !has_ended && found.len() < page.enough() {
            return Err(Failure::TooLarge("list"));
        }
        Ok(page.of(found.into_iter().filter_map(repository)))
    }

    fn repository(&self, access: &Access, identifier: &str) -> Result<Repository> {
        let url = self.repository_path(identifier, &[])?;
        let found: Found = self.get(&self.session, access, &url)?.json()?;
        repository(found).ok_or(Failure::Malformed("the repository has no usable name"))
    }

    fn tree(&self, access: &Access, identifier: &str, reference: Option<&str>) -> Result<Tree> {
        or_empty(self.directories(access, identifier, reference), reference, || self.repository(access, identifier))
    }

    fn organizations(&self, access: &Access) -> Result<Vec<String>> {
        let first = self.rest(&["projects"])?;
        let (projects, _) = self.list::<Project>(&self.session, access, &first, "100", usize::MAX)?;
        Ok(projects.into_iter().filter_map(|project| text::identifier(project.key)).collect())
    }

    fn needed_scopes(&self) -> &'static [&'static str] {
        &[]
    }
}

/// Bitbucket says 401 also to a known user who may not do something.
fn lacks_rights(answer: &Answer) -> bool {
    let refusal = answer.document::<Refused>();
    refusal.is_ok_and(|refusal| refusal.errors.iter().any(|error| error.exception.ends_with("AuthorisationException")))
}

/// The default branch would take a call for each.
fn repository(found: Found) -> Option<Repository> {
    let identifier = text::identifier(format!("{}/{}", found.project.key, found.slug))?;
    Some(Repository { identifier, name: text::name(&found.name)?, default_branch: None })
}

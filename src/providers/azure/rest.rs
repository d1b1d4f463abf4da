//! Calls that both Azure DevOps products have.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::providers::endpoints::{below, parts, with_query};
use crate::providers::failure::{Failure, Result};
use crate::providers::oauth2::{basic_of, bearer};
use crate::providers::outbound::{Answer, Session};
use crate::providers::provider::{Access, Repository, Tree, or_empty};
use crate::providers::text;

/// The user of calls without a usable credential.
const ANONYMOUS: &str = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa";

pub(super) struct Rest<'a> {
    pub api: &'a Url,
    /// Of the calls that are not in preview.
    pub version: &'static str,
}

#[derive(Deserialize)]
pub(super) struct Values<T> {
    pub value: Vec<T>,
}

#[derive(Deserialize)]
struct Found {
    name: String,
    project: Project,
    #[serde(rename = "defaultBranch")]
    default_branch: Option<String>,
}

#[derive(Deserialize)]
struct Project {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    path: String,
    #[serde(default)]
    is_folder: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConnectionData {
    authenticated_user: Identity,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    id: Option<String>,
    provider_display_name: Option<String>,
    properties: Option<Properties>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    account: Option<Property>,
}

#[derive(Deserialize)]
struct Property {
    #[serde(rename = "$value")]
    value: Option<String>,
}

impl Rest<'_> {
    /// The name of the token's user, as an organization, a collection or the whole server knows it.
    pub fn user(&self, session: &Session, access: &Access, organization: Option<&str>) -> Result<String> {
        let segments: Vec<&str> = organization.into_iter().chain(["_apis", "connectionData"]).collect();
        let version = format!("{}-preview", self.version);
        let url = with_query(below(self.api, &segments)?, &[("api-version", &version)]);
        let data: ConnectionData = get(session, access, &url)?;
        let Identity { id, provider_display_name, properties } = data.authenticated_user;
        if id.as_deref() == Some(ANONYMOUS) {
            return Err(Failure::Unauthorized);
        }
        let account = properties.and_then(|properties| properties.account).and_then(|account| account.value);
        let mut names = [account, provider_display_name].into_iter().flatten();
        // Either may be empty.
        names.find_map(|name| text::name(&name)).ok_or(Failure::Malformed("the user has no name"))
    }

    /// The list comes whole.
    pub fn repositories(&self, session: &Session, access: &Access, organization: &str) -> Result<Vec<Repository>> {
        let url = self.versioned(&[organization, "_apis", "git", "repositories"])?;
        let found: Values<Found> = get(session, access, &url)?;
        Ok(found.value.into_iter().filter_map(|found| repository(organization, found)).collect())
    }

    pub fn repository(&self, session: &Session, access: &Access, identifier: &str) -> Result<Repository> {
        let (organization, path) = self.repository_path(identifier, &[])?;
        let found: Found = get(session, access, &path)?;
        repository(organization, found).ok_or(Failure::Malformed("the repository has no usable name"))
    }

    pub fn tree(&self, session: &Session, access: &Access, identifier: &str, reference: Option<&str>) -> Result<Tree> {
        let tree = self.directories(session, access, identifier, reference);
        or_empty(tree, reference, || self.repository(session, access, identifier))
    }

    fn directories(
        &self,
        session: &Session,
        access: &Access,
        identifier: &str,
        reference: Option<&str>,
    ) -> Result<Tree> {
        let (_, path) = self.repository_path(identifier, &["items"])?;
        let url = with_query(path, &[("recursionLevel", "Full")]);
        let at = |kind, reference| {
            let version = [("versionDescriptor.versionType", kind), ("versionDescriptor.version", reference)];
            get(session, access, &with_query(url.clone(), &version))
        };
        let items: Values<Item> = match reference {
            None => get(session, access, &url)?,
            Some(commit) if commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()) => {
                at("commit", commit)?
            }
            Some(name) => match at("branch", name) {
                Err(Failure::NotFound) => at("tag", name)?,
                found => found?,
            },
        };
        let folders = items.value.into_iter().filter(|item| item.is_folder).map(|item| item.path);
        Ok(Tree::new(folders, true))
    }

    pub fn versioned(&self, segments: &[&str]) -> Result<Url> {
        Ok(with_query(below(self.api, segments)?, &[("api-version", self.version)]))
    }

    /// `organization/project/_git/repository`.
    fn repository_path<'i>(&self, identifier: &'i str, more: &[&str]) -> Result<(&'i str, Url)> {
        match parts(identifier)?[..] {
            [organization, project, "_git", name] => {
                let fixed = [organization, project, "_apis", "git", "repositories", name];
                Ok((organization, self.versioned(&[&fixed, more].concat())?))
            }
            _ => Err(Failure::NotFound),
        }
    }
}

/// Without a good credential, Azure DevOps answers 203 or a redirect, with a page to sign in on. So a redirect is never
/// followed, and whatever is neither a document nor a refusal means that the token is no longer good.
pub(super) fn get<T: DeserializeOwned>(session: &Session, access: &Access, url: &Url) -> Result<T> {
    let authorization = match access {
        // A personal token is a password without a user.
        Access::Stored(token) => basic_of("", token),
        Access::OAuth2(token) => bearer(token),
        Access::OAuth1 { .. } => return Err(Failure::NotOffered("OAuth 1.0a")),
    };
    let headers = vec![
        ("authorization", authorization),
        ("accept", "application/json".to_owned()),
        ("x-tfs-fedauthredirect", "Suppress".to_owned()),
    ];
    let answer = session.get_directly(url, headers)?;
    if is_sign_in(&answer) {
        return Err(Failure::Unauthorized);
    }
    answer.json()
}

fn is_sign_in(answer: &Answer) -> bool {
    match answer.status() {
        203 => true,
        200..=299 => !answer.is_json(),
        300..=399 => true,
        _ => false,
    }
}

fn repository(organization: &str, found: Found) -> Option<Repository> {
    let identifier = format!("{organization}/{}/_git/{}", found.project.name, found.name);
    let branch = found.default_branch.map(|branch| branch.trim_start_matches("refs/heads/").to_owned());
    Some(Repository {
        identifier: text::identifier(identifier)?,
        name: text::name(&found.name)?,
        default_branch: branch.and_then(text::identifier),
    })
}

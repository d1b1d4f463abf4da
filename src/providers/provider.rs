//! What every provider can be asked, and the values that go in and out.

use url::Url;

use super::failure::{Failure, Result};
use super::{Secret, Timestamp};

/// One VCS provider, for one question: all calls that it takes have one deadline.
pub trait Provider {
    /// Where the browser goes to ask its user. With OAuth 1.0a, the provider is asked for a request token first.
    fn authorize(&self, application: &Application, flow: &Flow) -> Result<Authorization>;

    /// Trades what the callback brought for a token. To be called once: a code is used up also where it fails.
    fn exchange(&self, application: &Application, callback: &Callback) -> Result<Grant>;

    /// A new token for an old one. The refresh token of the grant is the one to keep, whether it is new or not.
    fn refresh(&self, application: &Application, held: &Held) -> Result<Grant>;

    /// Has the provider forget a token that came from a flow. A token that it does not know counts as revoked.
    fn revoke(&self, application: &Application, token: &Secret) -> Result<Revocation>;

    /// The user that the token belongs to. Azure DevOps may need `organization` to tell.
    fn user(&self, access: &Access, organization: Option<&str>) -> Result<User>;

    /// The repositories that the token may see, of one organization of the provider's or of all.
    fn repositories(&self, access: &Access, organization: Option<&str>, page: Page) -> Result<List<Repository>>;

    /// `NotFound` also where it may not be seen.
    fn repository(&self, access: &Access, identifier: &str) -> Result<Repository>;

    /// The directories of a branch, or of the default branch.
    fn tree(&self, access: &Access, identifier: &str, reference: Option<&str>) -> Result<Tree>;

    /// The organizations, groups, workspaces, projects or collections that hold repositories.
    fn organizations(&self, access: &Access) -> Result<Vec<String>>;

    /// The scopes without which Bowline's calls are refused, where the provider tells a token's scopes.
    fn needed_scopes(&self) -> &'static [&'static str];

    /// Whether a token works, for which user, and what it lacks. `granted` is the scope that came with the token.
    fn check(&self, access: &Access, organization: Option<&str>, granted: Option<&str>) -> Result<Check> {
        let User { name, scopes } = self.user(access, organization)?;
        let scopes = scopes.or_else(|| granted.map(scope_list));
        let missing = scopes.as_deref().map_or_else(Vec::new, |scopes| {
            self.needed_scopes().iter().copied().filter(|needed| !is_granted(scopes, needed)).collect()
        });
        let listing = self.repositories(access, organization, Page { number: 1, size: 1 }).err();
        Ok(Check { user: name, scopes, missing, listing })
    }
}

/// The application that is registered with the provider.
#[derive(Clone, Copy, Debug)]
pub struct Application<'a> {
    /// Client id, application id or consumer key.
    pub key: &'a str,
    /// The client's secret; with OAuth 1.0a its RSA private key as PEM.
    pub secret: &'a Secret,
    /// The client's callback URL.
    pub redirect_uri: &'a str,
}

/// One web flow, as its start made it.
#[derive(Clone, Copy)]
pub struct Flow<'a> {
    pub state: &'a str,
    /// PKCE; see [`super::code_challenge`].
    pub verifier: &'a str,
}

#[derive(Debug)]
pub struct Authorization {
    pub url: Url,
    /// OAuth 1.0a: what takes the place of `state`.
    pub request_token: Option<Secret>,
}

/// What the callback brought, and what the flow kept for it.
#[derive(Clone, Copy)]
pub enum Callback<'a> {
    Code { code: &'a str, verifier: &'a str },
    OAuth1 { request_token: &'a str, verifier: &'a str },
}

/// A token that is to be refreshed.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    pub access_token: &'a Secret,
    pub refresh_token: &'a Secret,
}

#[derive(Debug)]
pub struct Grant {
    pub access_token: Secret,
    /// With OAuth 1.0a the session handle.
    pub refresh_token: Option<Secret>,
    pub expires_at: Option<Timestamp>,
    pub scope: Option<String>,
}

/// A credential, and how it is shown to the provider.
#[derive(Clone, Copy, Debug)]
pub enum Access<'a> {
    /// A token that was stored through the API.
    Stored(&'a Secret),
    /// A token from the web flow.
    OAuth2(&'a Secret),
    OAuth1 {
        application: Application<'a>,
        token: &'a Secret,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    Revoked,
    /// The provider has no call for it; its users can do it on its pages.
    NotOffered,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Cleaned and bounded, but markup is left to the page that shows it.
    pub name: String,
    /// The token's scopes, where the answer tells them.
    pub scopes: Option<Vec<String>>,
}

/// `number` counts from 1; `size` is at most 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub number: u32,
    pub size: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T> {
    pub items: Vec<T>,
    pub next: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// As in `vcs-repo.identifier`.
    pub identifier: String,
    pub name: String,
    pub default_branch: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// Paths without a slash at either end, sorted.
    pub directories: Vec<String>,
    /// False where there are more than a provider, or this server, lists at once.
    pub is_complete: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub user: String,
    pub scopes: Option<Vec<String>>,
    pub missing: Vec<&'static str>,
    /// Why repositories cannot be listed, if they cannot.
    pub listing: Option<Failure>,
}

impl Tree {
    pub(super) fn new(directories: impl IntoIterator<Item = String>, is_complete: bool) -> Tree {
        let trimmed = directories.into_iter().map(|path| path.trim_matches('/').to_owned());
        let mut directories: Vec<String> = trimmed.filter(|path| is_usable_path(path)).collect();
        directories.sort_unstable();
        directories.dedup();
        Tree { directories, is_complete }
    }
}

/// A repository without a commit has no branch either, which providers say as they say that there is no repository.
pub(super) fn or_empty(
    tree: Result<Tree>,
    reference: Option<&str>,
    repository: impl FnOnce() -> Result<Repository>,
) -> Result<Tree> {
    match tree {
        Err(Failure::NotFound | Failure::Status(409)) if reference.is_none() => {
            repository().map(|_| Tree::new([], true))
        }
        tree => tree,
    }
}

impl Page {
    /// How many items come before this page.
    pub(super) fn offset(self) -> usize {
        (self.number.max(1) as usize - 1).saturating_mul(self.size as usize)
    }

    /// Takes this page out of a list that is read from its start.
    pub(super) fn of<T>(self, items: impl IntoIterator<Item = T>) -> List<T> {
        let mut items = items.into_iter().skip(self.offset());
        let own = items.by_ref().take(self.size as usize).collect();
        List { items: own, next: items.next().map(|_| self.number.saturating_add(1)) }
    }

    /// So many items have to be read to answer: one more than the page ends with tells whether there is a next one.
    pub(super) fn enough(self) -> usize {
        self.offset().saturating_add(self.size as usize).saturating_add(1)
    }
}

/// The scopes of a space or comma separated list.
pub(super) fn scope_list(text: &str) -> Vec<String> {
    text.split([' ', ',']).filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
}

/// `repository` is also granted by `repository:admin`.
fn is_granted(scopes: &[String], needed: &str) -> bool {
    scopes.iter().any(|scope| scope == needed || scope.strip_prefix(needed).is_some_and(|rest| rest.starts_with(':')))
}

fn is_usable_path(path: &str) -> bool {
    const MAX_PATH_BYTES: usize = 4096;
    !path.is_empty() && path.len() <= MAX_PATH_BYTES && !path.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_a_whole_list() {
        let page = |number| Page { number, size: 2 }.of(1..=5);
        assert_eq!(page(1), List { items: vec![1, 2], next: Some(2) });
        assert_eq!(page(3), List { items: vec![5], next: None });
        assert_eq!(page(4), List { items: vec![], next: None });
        assert_eq!(Page { number: 3, size: 2 }.enough(), 7);
    }

    #[test]
    fn a_wider_scope_grants_a_narrow_one() {
        let scopes = scope_list("account:write,repository:admin repo");
        assert!(is_granted(&scopes, "account") && is_granted(&scopes, "repository") && is_granted(&scopes, "repo"));
        assert!(!is_granted(&scopes, "webhook") && !is_granted(&scopes, "re"));
    }

    #[test]
    fn trees_are_sorted_and_clean() {
        let paths = ["/b/", "a", "", "/", "a", "x\ny"].map(str::to_owned);
        assert_eq!(Tree::new(paths, true).directories, ["a", "b"]);
    }
}

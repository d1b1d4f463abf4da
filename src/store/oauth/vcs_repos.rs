//! Checking and writing links to repositories, whatever holds them.

use crate::domain::error::{Error, Problems, Result};
use crate::domain::id::{GithubAppInstallationId, OAuthTokenId};
use crate::domain::oauth::github_app_installation::GithubAppInstallation;
use crate::domain::oauth::vcs_repo::{VcsRepo, VcsRepoChange};
use crate::store::oauth::repository_links::{Holder, RepositoryLink, Source};
use crate::store::{Change, View};

/// A link that may be written: as it was given, over what it was.
pub(in crate::store) struct CheckedLink<'a> {
    change: &'a VcsRepoChange,
    current: Option<&'a VcsRepo>,
    source: Source,
}

/// A token of the organization, and whether the workspace's project may use it.
struct Token {
    number: i64,
    is_usable: bool,
}

impl View<'_> {
    /// A client that is not organization-scoped is for the projects that it is attached to.
    fn token_for(&self, id: &str, organization: i64, project: Option<i64>) -> Result<Option<Token>> {
        let Ok(id) = OAuthTokenId::parse(id) else { return Ok(None) };
        self.optional(
            "SELECT oauth_tokens.number, ?3 IS NULL OR oauth_clients.organization_scoped OR EXISTS
               (SELECT 1 FROM oauth_client_projects WHERE oauth_client = oauth_clients.number AND project = ?3)
             FROM oauth_tokens
             JOIN oauth_clients ON oauth_clients.number = oauth_tokens.client
             WHERE oauth_tokens.id = ?1 AND oauth_clients.organization = ?2",
            (id.as_str(), organization, project),
            |row| Ok(Token { number: row.get(0)?, is_usable: row.get(1)? }),
        )
    }

    /// Checks a new link, or a change of the `current` one, of a holder in the rows `organization` and `project`; the
    /// project is `None` for holders that belong to none, where it is unknown because of another problem, or where the token
    /// is allowed already. `None` only where something was added to `problems`: something that a new link needs is missing,
    /// or what it goes through is not the organization's, or not for the project.
    pub(in crate::store) fn check_link<'a>(
        &self,
        organization: i64,
        project: Option<i64>,
        current: Option<&'a VcsRepo>,
        change: &'a VcsRepoChange,
        problems: &mut Problems,
    ) -> Result<Option<CheckedLink<'a>>> {
        if current.is_none() {
            change.check_complete(problems);
        }
        let through = current.map(|current| &current.through);
        let (given_token, given_installation) = (change.oauth_token.as_deref(), change.installation.as_deref());
        let is_kept = given_token.is_none() && given_installation.is_none();
        let kept = through.filter(|_| is_kept);
        let token = given_token.or(kept.and_then(|kept| kept.oauth_token()).map(OAuthTokenId::as_str));
        let installation = kept.and_then(|kept| kept.installation()).map(GithubAppInstallationId::as_str);
        let source = match (token, given_installation.or(installation)) {
            (Some(_), Some(_)) | (None, None) => return Ok(None),
            (None, Some(id)) => {
                let row = self.row_in::<GithubAppInstallation>(id, organization)?;
                if row.is_none() {
                    VcsRepoChange::unknown_installation(problems);
                }
                row.map(Source::Installation)
            }
            (Some(id), None) => match self.token_for(id, organization, project)? {
                Some(token) if token.is_usable => Some(Source::Token(token.number)),
                Some(_) => {
                    VcsRepoChange::token_of_other_projects(problems);
                    None
                }
                None => {
                    VcsRepoChange::unknown_token(problems);
                    None
                }
            },
        };
        Ok(source.map(|source| CheckedLink { change, current, source }))
    }
}

impl Change<'_> {
    /// Links a holder, or changes its link: what is not given stays.
    pub(in crate::store) fn link(&self, holder: Holder, row: i64, link: &CheckedLink<'_>) -> Result<()> {
        let CheckedLink { change, current, source } = link;
        let identifier = change.identifier.as_deref().or(current.map(|c| c.identifier.as_str()));
        let identifier = identifier.ok_or_else(|| Error::internal("a link without an identifier was checked"))?;
        let branch = change.branch.as_deref().or(current.map(|c| c.branch.as_str())).unwrap_or("");
        let tags_regex = change.tags_regex.as_deref().or(current.map(|c| c.tags_regex.as_str())).unwrap_or("");
        let ingress_submodules = change.ingress_submodules.or(current.map(|c| c.ingress_submodules)).unwrap_or(false);
        let link = RepositoryLink { source: *source, identifier, branch, ingress_submodules, tags_regex };
        self.put_link(holder, row, &link)
    }
}

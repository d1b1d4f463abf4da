//! The links between workspaces and repositories.

use rusqlite::OptionalExtension;

use crate::domain::error::{Error, Problems, Result};
use crate::domain::id::OAuthTokenId;
use crate::domain::workspaces::vcs_repo::{VcsRepo, VcsRepoChange};
use crate::store::oauth::repository_links::RepositoryLink;
use crate::store::{Change, View};

/// A link that may be written: as it was given, over what it was.
pub(in crate::store) struct CheckedLink<'a> {
    change: &'a VcsRepoChange,
    current: Option<&'a VcsRepo>,
    oauth_token: i64,
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
        let token = self
            .connection
            .prepare_cached(
                "SELECT oauth_tokens.number, ?3 IS NULL OR oauth_clients.organization_scoped OR EXISTS
                   (SELECT 1 FROM oauth_client_projects WHERE oauth_client = oauth_clients.number AND project = ?3)
                 FROM oauth_tokens
                 JOIN oauth_clients ON oauth_clients.number = oauth_tokens.client
                 WHERE oauth_tokens.id = ?1 AND oauth_clients.organization = ?2",
            )?
            .query_row((id.as_str(), organization, project), |row| {
                Ok(Token { number: row.get(0)?, is_usable: row.get(1)? })
            })
            .optional()?;
        Ok(token)
    }

    /// Checks a new link, or a change of the `current` one, of a workspace in the rows `organization` and `project`; the
    /// project is `None` where it is unknown because of another problem, or where the token is allowed already. `None`
    /// only where something was added to `problems`: something that a new link needs is missing, or the token is not one
    /// of the organization, or not for the project.
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
        let token = match (&change.oauth_token, current) {
            (Some(id), _) => id.as_str(),
            (None, Some(current)) => current.oauth_token.as_str(),
            (None, None) => return Ok(None),
        };
        match self.token_for(token, organization, project)? {
            Some(token) if token.is_usable => {
                return Ok(Some(CheckedLink { change, current, oauth_token: token.number }));
            }
            Some(_) => VcsRepoChange::token_of_other_projects(problems),
            None => VcsRepoChange::unknown_token(problems),
        }
        Ok(None)
    }
}

impl Change<'_> {
    /// Links a workspace, or changes its link: what is not given stays.
    pub(in crate::store) fn link(&self, workspace: i64, link: &CheckedLink<'_>) -> Result<()> {
        let CheckedLink { change, current, oauth_token } = link;
        let identifier = change.identifier.as_deref().or(current.map(|c| c.identifier.as_str()));
        let identifier = identifier.ok_or_else(|| Error::internal("a link without an identifier was checked"))?;
        let branch = change.branch.as_deref().or(current.map(|c| c.branch.as_str())).unwrap_or("");
        let tags_regex = change.tags_regex.as_deref().or(current.map(|c| c.tags_regex.as_str())).unwrap_or("");
        let ingress_submodules = change.ingress_submodules.or(current.map(|c| c.ingress_submodules)).unwrap_or(false);
        let oauth_token = *oauth_token;
        let link = RepositoryLink { oauth_token, identifier, branch, ingress_submodules, tags_regex };
        self.put_workspace_link(workspace, &link)
    }
}

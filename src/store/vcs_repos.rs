//! The links between workspaces and repositories.

use rusqlite::params;

use super::Change;
use crate::domain::error::{Problems, Result};
use crate::domain::id::OAuthTokenId;
use crate::domain::vcs_repo::{VcsRepo, VcsRepoChange};
use crate::domain::workspace::Workspace;

/// A link that may be written: as it was given, over what it was.
pub(super) struct CheckedLink<'a> {
    change: &'a VcsRepoChange,
    current: Option<&'a VcsRepo>,
    oauth_token: i64,
}

impl Change<'_> {
    /// Checks a new link, or a change of the `current` one, in the organization in row `organization`. `None` only
    /// where something was added to `problems`: something that a new link needs is missing, or the token is not one of
    /// the organization.
    pub(super) fn check_link<'a>(
        &self,
        organization: i64,
        current: Option<&'a VcsRepo>,
        change: &'a VcsRepoChange,
        problems: &mut Problems,
    ) -> Result<Option<CheckedLink<'a>>> {
        if current.is_none() {
            change.check_complete(problems);
        }
        let token = match (&change.oauth_token, current) {
            (Some(id), _) => OAuthTokenId::parse(id).ok(),
            (None, Some(current)) => Some(current.oauth_token.clone()),
            (None, None) => return Ok(None),
        };
        let number = match &token {
            Some(token) => self.oauth_token_number(token, organization)?,
            None => None,
        };
        if number.is_none() {
            VcsRepoChange::unknown_token(problems);
        }
        Ok(number.map(|oauth_token| CheckedLink { change, current, oauth_token }))
    }

    /// Links a workspace, or changes its link: what is not given stays.
    pub(super) fn link(&self, workspace: i64, link: &CheckedLink<'_>) -> Result<()> {
        let CheckedLink { change, current, oauth_token } = link;
        let identifier = change.identifier.as_deref().or(current.map(|c| c.identifier.as_str()));
        let branch = change.branch.as_deref().or(current.map(|c| c.branch.as_str())).unwrap_or("");
        let tags_regex = change.tags_regex.as_deref().or(current.map(|c| c.tags_regex.as_str())).unwrap_or("");
        let submodules = change.ingress_submodules.or(current.map(|c| c.ingress_submodules)).unwrap_or(false);
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO workspace_vcs_repos
                   (workspace, oauth_token, identifier, branch, ingress_submodules, tags_regex)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![workspace, oauth_token, identifier, branch, submodules, tags_regex])?;
        Ok(())
    }

    pub(super) fn unlink(&self, workspace: &Workspace) -> Result<()> {
        self.connection
            .prepare_cached("DELETE FROM workspace_vcs_repos WHERE workspace = ?1")?
            .execute([workspace.number])?;
        Ok(())
    }

    /// Every workspace that used the OAuth token in row `oauth_token`.
    pub(super) fn unlink_workspaces(&self, oauth_token: i64) -> Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE workspaces SET updated_at = ?1
                 WHERE number IN (SELECT workspace FROM workspace_vcs_repos WHERE oauth_token = ?2)",
            )?
            .execute((self.now.milliseconds(), oauth_token))?;
        self.connection
            .prepare_cached("DELETE FROM workspace_vcs_repos WHERE oauth_token = ?1")?
            .execute([oauth_token])?;
        Ok(())
    }
}

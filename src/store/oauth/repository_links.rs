//! Links to repositories: what holds one, and through which OAuth token.

use rusqlite::params;

use crate::domain::error::{Error, Result};
use crate::domain::oauth::token::OAuthToken;
use crate::store::Change;
use crate::store::audit::{EventKind, Resource};

/// A link as it is to be.
pub(in crate::store) struct RepositoryLink<'a> {
    /// The row of the token.
    pub oauth_token: i64,
    pub identifier: &'a str,
    pub branch: &'a str,
    pub ingress_submodules: bool,
    pub tags_regex: &'a str,
}

impl Change<'_> {
    /// Links the workspace in row `workspace`, in place of the link that it has.
    pub(in crate::store) fn put_workspace_link(&self, workspace: i64, link: &RepositoryLink<'_>) -> Result<()> {
        let RepositoryLink { oauth_token, identifier, branch, ingress_submodules, tags_regex } = link;
        self.connection
            .prepare_cached(
                "INSERT INTO repository_links
                   (holder, workspace, oauth_token, identifier, branch, ingress_submodules, tags_regex)
                 VALUES ('workspace', ?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (workspace) DO UPDATE SET
                   oauth_token = excluded.oauth_token, identifier = excluded.identifier, branch = excluded.branch,
                   ingress_submodules = excluded.ingress_submodules, tags_regex = excluded.tags_regex",
            )?
            .execute(params![workspace, oauth_token, identifier, branch, ingress_submodules, tags_regex])?;
        Ok(())
    }

    pub(in crate::store) fn remove_workspace_link(&self, workspace: i64) -> Result<()> {
        self.connection.prepare_cached("DELETE FROM repository_links WHERE workspace = ?1")?.execute([workspace])?;
        Ok(())
    }

    /// The one rule for links whose token is destroyed, alone or with its client: every link goes and its holder stays. For
    /// each holder the trail gets an event, and its time of change is now.
    pub(in crate::store) fn remove_repository_links(&self, token: &OAuthToken) -> Result<()> {
        let mut workspaces = self.connection.prepare_cached(
            "SELECT workspaces.id FROM repository_links
             JOIN workspaces ON workspaces.number = repository_links.workspace
             WHERE repository_links.oauth_token = ?1
             ORDER BY repository_links.workspace",
        )?;
        let mut rows = workspaces.query([token.number])?;
        while let Some(row) = rows.next()? {
            let id = row.get_ref(0)?.as_str().map_err(Error::internal)?;
            self.record(EventKind::Unlink, Resource::Workspace, id, Some(&token.organization_id))?;
        }
        self.connection
            .prepare_cached(
                "UPDATE workspaces SET updated_at = ?1
                 WHERE number IN (SELECT workspace FROM repository_links WHERE oauth_token = ?2)",
            )?
            .execute((self.now.milliseconds(), token.number))?;
        self.connection
            .prepare_cached("DELETE FROM repository_links WHERE oauth_token = ?1")?
            .execute([token.number])?;
        Ok(())
    }
}

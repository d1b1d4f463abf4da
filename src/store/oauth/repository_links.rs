//! Links to repositories: what holds one, and through which OAuth token.

use rusqlite::params;
use serde_json::Value;

use crate::domain::error::{Error, Result};
use crate::domain::oauth::client::OAuthClient;
use crate::domain::oauth::token::OAuthToken;
use crate::store::Change;
use crate::store::audit::{EventKind, Resource};

/// Workspaces that a refusal names.
const MOST_NAMED: usize = 25;

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
        self.change_holders(token, EventKind::Unlink, None)?;
        self.connection
            .prepare_cached("DELETE FROM repository_links WHERE oauth_token = ?1")?
            .execute([token.number])?;
        Ok(())
    }

    /// Moves all links of one client's token to another client's token: all or none. Returns how many. For each holder the
    /// trail gets an event, and its time of change is now. Both clients were found in this very transaction. `Invalid`
    /// where they are the same or of two organizations, where `to` has no token, and where `to` is not for the project of a
    /// linked workspace.
    pub fn move_repository_links(&self, from: &OAuthClient, to: &OAuthClient) -> Result<u64> {
        if from.number == to.number {
            return Err(Error::invalid(format!("Both are the OAuth client {}; nothing was moved.", to.id)));
        }
        if from.organization != to.organization {
            let detail = "belong to different organizations; nothing was moved.";
            return Err(Error::invalid(format!("The OAuth clients {} and {} {detail}", from.id, to.id)));
        }
        let Some(target) = &to.oauth_token else {
            let detail = "has no token; connect it or give it an `oauth-token-string` first. Nothing was moved.";
            return Err(Error::invalid(format!("The OAuth client {} {detail}", to.id)));
        };
        let Some(source) = &from.oauth_token else { return Ok(0) };
        let (source, target) = (self.oauth_token(source)?, self.oauth_token(target)?);
        self.check_projects(&source, to)?;
        let meta = serde_json::json!({"from": from.id.as_str(), "to": to.id.as_str()});
        self.change_holders(&source, EventKind::Update, Some(&meta))?;
        let moved = self
            .connection
            .prepare_cached("UPDATE repository_links SET oauth_token = ?2 WHERE oauth_token = ?1")?
            .execute((source.number, target.number))?;
        Ok(moved as u64)
    }

    /// `Invalid` with the workspaces that are linked through `token` and in whose projects `client` may not be used.
    fn check_projects(&self, token: &OAuthToken, client: &OAuthClient) -> Result<()> {
        if client.organization_scoped {
            return Ok(());
        }
        let names = self.rows(
            "SELECT workspaces.name FROM repository_links
             JOIN workspaces ON workspaces.number = repository_links.workspace
             WHERE repository_links.oauth_token = ?1
               AND NOT EXISTS (SELECT 1 FROM oauth_client_projects
                               WHERE oauth_client = ?2 AND project = workspaces.project)
             ORDER BY repository_links.workspace",
            (token.number, client.number),
            |row| row.get::<_, String>(0),
        )?;
        if names.is_empty() {
            return Ok(());
        }
        let mut named = names[..names.len().min(MOST_NAMED)].join(", ");
        if names.len() > MOST_NAMED {
            named.push_str(&format!(" and {} more", names.len() - MOST_NAMED));
        }
        Err(Error::invalid(format!(
            "The OAuth client {} is not available in the projects of these workspaces: {named}. Attach it to their \
             projects first. Nothing was moved.",
            client.id
        )))
    }

    /// Records an event for each holder of a link that uses the token, and sets its time of change.
    fn change_holders(&self, token: &OAuthToken, event_kind: EventKind, meta: Option<&Value>) -> Result<()> {
        let mut workspaces = self.connection.prepare_cached(
            "SELECT workspaces.id FROM repository_links
             JOIN workspaces ON workspaces.number = repository_links.workspace
             WHERE repository_links.oauth_token = ?1
             ORDER BY repository_links.workspace",
        )?;
        let mut rows = workspaces.query([token.number])?;
        while let Some(row) = rows.next()? {
            let id = row.get_ref(0)?.as_str().map_err(Error::internal)?;
            self.record_with(event_kind, Resource::Workspace, id, Some(&token.organization_id), meta)?;
        }
        self.connection
            .prepare_cached(
                "UPDATE workspaces SET updated_at = ?1
                 WHERE number IN (SELECT workspace FROM repository_links WHERE oauth_token = ?2)",
            )?
            .execute((self.now.milliseconds(), token.number))?;
        Ok(())
    }
}

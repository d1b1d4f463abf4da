//! Moving the links of all workspaces from one OAuth token to another.

use crate::domain::error::{Kind, Problems, Result};
use crate::domain::field::Field;
use crate::domain::id::{OAuthTokenId, WorkspaceId};
use crate::domain::workspaces::vcs_repo::VcsRepoChange;
use crate::domain::workspaces::workspace::WorkspaceChange;
use crate::store::Change;

impl Change<'_> {
    /// Every workspace that uses the token `from` uses `to` afterwards, with the repository that it had. Returns how many
    /// these are. `Invalid` at `to` where a workspace may not use that token; nothing is moved then.
    pub fn move_links(&self, from: &OAuthTokenId, to: &OAuthTokenId) -> Result<usize> {
        let ids: Vec<WorkspaceId> = self.rows(
            "SELECT workspaces.id FROM repository_links
             JOIN workspaces ON workspaces.number = repository_links.workspace
             WHERE repository_links.oauth_token = ?1
             ORDER BY repository_links.workspace",
            [self.oauth_token(from)?.number],
            |row| Ok(WorkspaceId::from(row.get::<_, String>(0)?)),
        )?;
        let link = VcsRepoChange { oauth_token: Some(to.to_string()), ..VcsRepoChange::default() };
        let change = WorkspaceChange::of_link(Field::Value(link));
        for id in &ids {
            let workspace = self.workspace(id)?;
            match self.update_workspace(&workspace, &change) {
                Err(e) if e.kind == Kind::Invalid => {
                    let mut problems = Problems::default();
                    problems.attribute("to", format!("The workspace {} may not use it.", workspace.name));
                    problems.finish()?;
                }
                other => drop(other?),
            }
        }
        Ok(ids.len())
    }
}

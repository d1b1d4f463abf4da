//! Workspaces on their way from one project to another.

use std::collections::HashSet;

use crate::domain::error::{Error, Problems, Result};
use crate::domain::id::WorkspaceId;
use crate::domain::projects::project::Project;
use crate::store::Change;
use crate::store::audit::{EventKind, Resource};

struct Moving {
    number: i64,
    project: i64,
    name: String,
    /// Of its own.
    agent_pool: Option<i64>,
}

impl Change<'_> {
    /// Moves workspaces of the project's organization into it; those that are there already stay as they are.
    /// `NotFound` where one does not exist there. `Invalid` where one is linked through an OAuth client, or uses an agent
    /// pool, that may not be used in the project: it would go on working where it must not.
    pub fn move_workspaces(&self, project: &Project, ids: &[String]) -> Result<()> {
        let mut problems = Problems::default();
        let mut moving: Vec<(WorkspaceId, Moving)> = Vec::new();
        let mut seen = HashSet::new();
        for (n, id) in ids.iter().enumerate().filter(|(_, id)| seen.insert(id.as_str())) {
            let id = WorkspaceId::parse(id)?;
            let workspace = self.moving_workspace(&id, project.organization)?.ok_or_else(Error::not_found)?;
            if workspace.project == project.number {
                continue;
            }
            if let Some(client) = self.client_missing_in_project(workspace.number, project.number)? {
                let name = &workspace.name;
                problems.at(
                    format!("/data/{n}"),
                    format!(
                        "The workspace {name} is linked through the OAuth client {client}, which is not available \
                             in the project."
                    ),
                );
            }
            if let Some(pool) = workspace.agent_pool
                && !self.may_use_agent_pool(pool, project.number, Some(workspace.number))?
            {
                let name = &workspace.name;
                problems.at(
                    format!("/data/{n}"),
                    format!("The workspace {name} uses an agent pool that is not available in the project."),
                );
            }
            moving.push((id, workspace));
        }
        problems.finish()?;
        for (id, workspace) in &moving {
            self.execute(
                "UPDATE main.workspaces SET project = ?1, updated_at = ?2 WHERE number = ?3",
                (project.number, self.now.milliseconds(), workspace.number),
            )?;
            self.detach_sets_of_other_projects(workspace.number, project.number)?;
            self.record(EventKind::Update, Resource::Workspace, id.as_str(), Some(&project.organization_id))?;
        }
        Ok(())
    }

    fn moving_workspace(&self, id: &WorkspaceId, organization: i64) -> Result<Option<Moving>> {
        self.optional(
            "SELECT number, project, name, agent_pool FROM workspaces WHERE id = ?1 AND organization = ?2",
            (id.as_str(), organization),
            |row| Ok(Moving { number: row.get(0)?, project: row.get(1)?, name: row.get(2)?, agent_pool: row.get(3)? }),
        )
    }

    /// The id of the OAuth client that a workspace is linked through, if workspaces of the project may not be.
    fn client_missing_in_project(&self, workspace: i64, project: i64) -> Result<Option<String>> {
        self.optional_value(
            "SELECT oauth_clients.id FROM repository_links
                 JOIN oauth_tokens ON oauth_tokens.number = repository_links.oauth_token
                 JOIN oauth_clients ON oauth_clients.number = oauth_tokens.client
                 WHERE repository_links.workspace = ?1 AND NOT oauth_clients.organization_scoped
                   AND NOT EXISTS (SELECT 1 FROM oauth_client_projects
                                   WHERE oauth_client = oauth_clients.number AND project = ?2)",
            (workspace, project),
        )
    }
}

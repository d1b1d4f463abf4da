//! Workspaces.

use rusqlite::{OptionalExtension, Row};

use super::audit::{Deed, Resource};
use super::oauth_clients::service_provider;
use super::pages::{limit_offset, total};
use super::{Change, View};
use crate::domain::error::{Error, Problems, Result};
use crate::domain::field::Field;
use crate::domain::id::{OAuthTokenId, OrganizationId, WorkspaceId};
use crate::domain::organization::Organization;
use crate::domain::page::{Listed, Page};
use crate::domain::timestamp::Timestamp;
use crate::domain::vcs_repo::VcsRepo;
use crate::domain::workspace::{NewWorkspace, Workspace, WorkspaceChange};

/// In the order that [`workspace`] reads.
pub(super) const SELECT: &str = "SELECT workspaces.number, workspaces.id, workspaces.organization, organizations.name,
     workspaces.name, workspaces.description, workspaces.created_at, workspaces.updated_at,
     workspace_vcs_repos.identifier, oauth_tokens.id, workspace_vcs_repos.branch,
     workspace_vcs_repos.ingress_submodules, workspace_vcs_repos.tags_regex, oauth_clients.service_provider,
     oauth_clients.http_url
     FROM workspaces
     JOIN organizations ON organizations.number = workspaces.organization
     LEFT JOIN workspace_vcs_repos ON workspace_vcs_repos.workspace = workspaces.number
     LEFT JOIN oauth_tokens ON oauth_tokens.number = workspace_vcs_repos.oauth_token
     LEFT JOIN oauth_clients ON oauth_clients.number = oauth_tokens.oauth_client";

fn workspace(row: &Row<'_>) -> rusqlite::Result<Workspace> {
    let vcs_repo = match row.get::<_, Option<String>>(8)? {
        Some(identifier) => Some(VcsRepo {
            identifier,
            oauth_token: OAuthTokenId::from(row.get::<_, String>(9)?),
            branch: row.get(10)?,
            ingress_submodules: row.get(11)?,
            tags_regex: row.get(12)?,
            service_provider: service_provider(row, 13)?,
            http_url: row.get(14)?,
        }),
        None => None,
    };
    Ok(Workspace {
        number: row.get(0)?,
        id: WorkspaceId::from(row.get::<_, String>(1)?),
        organization: row.get(2)?,
        organization_name: row.get(3)?,
        name: row.get(4)?,
        description: row.get(5)?,
        vcs_repo,
        created_at: Timestamp::from_milliseconds(row.get(6)?),
        updated_at: Timestamp::from_milliseconds(row.get(7)?),
    })
}

impl View<'_> {
    pub fn workspace(&self, id: &WorkspaceId) -> Result<Workspace> {
        self.connection
            .prepare_cached(&format!("{SELECT} WHERE workspaces.id = ?1"))?
            .query_row([id.as_str()], workspace)
            .optional()?
            .ok_or_else(Error::not_found)
    }

    pub fn workspace_named(&self, organization: i64, name: &str) -> Result<Workspace> {
        self.connection
            .prepare_cached(&format!("{SELECT} WHERE workspaces.organization = ?1 AND workspaces.name = ?2"))?
            .query_row((organization, name), workspace)
            .optional()?
            .ok_or_else(Error::not_found)
    }

    fn workspace_number(&self, organization: i64, name: &str) -> Result<Option<i64>> {
        let number = self
            .connection
            .prepare_cached("SELECT number FROM workspaces WHERE organization = ?1 AND name = ?2")?
            .query_row((organization, name), |row| row.get(0))
            .optional()?;
        Ok(number)
    }

    /// A page of the organization's workspaces whose name contains `search`, in the order of their creation.
    pub fn workspaces(&self, organization: i64, search: &str, page: Page) -> Result<Listed<Workspace>> {
        let (limit, offset) = limit_offset(page);
        // Without a search, counting needs the index alone.
        let total = if search.is_empty() {
            self.connection
                .prepare_cached("SELECT count(*) FROM workspaces WHERE organization = ?1")?
                .query_row([organization], total)?
        } else {
            self.connection
                .prepare_cached("SELECT count(*) FROM workspaces WHERE organization = ?1 AND instr(name, ?2)")?
                .query_row((organization, search), total)?
        };
        let items = self
            .connection
            .prepare_cached(&format!(
                "{SELECT} WHERE workspaces.organization = ?1 AND instr(workspaces.name, ?2)
                 ORDER BY workspaces.number LIMIT ?3 OFFSET ?4"
            ))?
            .query_map((organization, search, limit, offset), workspace)?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Listed { items, total })
    }

    fn organization_id(&self, workspace: &Workspace) -> Result<OrganizationId> {
        let id: String = self
            .connection
            .prepare_cached("SELECT external_id FROM organizations WHERE number = ?1")?
            .query_row([workspace.organization], |row| row.get(0))?;
        Ok(OrganizationId::from(id))
    }
}

impl Change<'_> {
    /// `Invalid` where the name is taken or the link's token is not the organization's.
    pub fn create_workspace(&self, organization: &Organization, new: &NewWorkspace) -> Result<Workspace> {
        let mut problems = Problems::default();
        if self.workspace_number(organization.number, &new.name)?.is_some() {
            problems.name_is_taken();
        }
        let link = match &new.vcs_repo {
            Some(change) => self.check_link(organization.number, None, change, &mut problems)?,
            None => None,
        };
        problems.finish()?;

        let id = WorkspaceId::generate();
        self.connection
            .prepare_cached(
                "INSERT INTO workspaces (id, organization, project, name, description, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
            )?
            .execute((
                id.as_str(),
                organization.number,
                self.default_project_number(organization.number)?,
                &new.name,
                &new.description,
                self.now.milliseconds(),
            ))?;
        if let Some(link) = &link {
            self.link(self.connection.last_insert_rowid(), link)?;
        }
        self.record(Deed::Create, Resource::Workspace, id.as_str(), Some(&organization.external_id))?;
        self.workspace(&id)
    }

    /// What is not given stays. `Invalid` as for creation.
    pub fn update_workspace(&self, current: &Workspace, change: &WorkspaceChange) -> Result<Workspace> {
        let mut problems = Problems::default();
        let name = change.name.as_deref().unwrap_or(&current.name);
        if self.workspace_number(current.organization, name)?.is_some_and(|number| number != current.number) {
            problems.name_is_taken();
        }
        let link = match &change.vcs_repo {
            Field::Value(link) => {
                self.check_link(current.organization, current.vcs_repo.as_ref(), link, &mut problems)?
            }
            Field::Absent | Field::Null => None,
        };
        problems.finish()?;

        let description = match &change.description {
            Field::Absent => current.description.as_deref(),
            Field::Null => None,
            Field::Value(text) => Some(text.as_str()),
        };
        self.connection
            .prepare_cached("UPDATE workspaces SET name = ?1, description = ?2, updated_at = ?3 WHERE number = ?4")?
            .execute((name, description, self.now.milliseconds(), current.number))?;
        if let Some(link) = &link {
            self.link(current.number, link)?;
        }
        if matches!(change.vcs_repo, Field::Null) {
            self.unlink(current)?;
        }
        let organization = self.organization_id(current)?;
        self.record(Deed::Update, Resource::Workspace, current.id.as_str(), Some(&organization))?;
        self.workspace(&current.id)
    }

    pub fn delete_workspace(&self, workspace: &Workspace) -> Result<()> {
        let organization = self.organization_id(workspace)?;
        self.connection.prepare_cached("DELETE FROM workspaces WHERE number = ?1")?.execute([workspace.number])?;
        self.record(Deed::Destroy, Resource::Workspace, workspace.id.as_str(), Some(&organization))
    }
}

//! Workspaces.

mod change;
mod consumers;
mod execution;
mod list;
mod lock;
mod tag_bindings;
mod tags;

use rusqlite::Row;
use rusqlite::types::Type;

use super::View;
use super::oauth::clients::service_provider;
use super::settings;
use crate::domain::error::Result;
use crate::domain::id::{
    AgentPoolId, GithubAppInstallationId, OAuthTokenId, OrganizationId, ProjectId, SshKeyId, TagId, VariableId,
    WorkspaceId,
};
use crate::domain::oauth::vcs_repo::{Through, VcsRepo};
use crate::domain::organizations::execution_mode::ExecutionMode;
use crate::domain::tags::tag::Tag;
use crate::domain::timestamp::Timestamp;
use crate::domain::workspaces::execution::Execution;
use crate::domain::workspaces::lock::{Holder, Lock};
use crate::domain::workspaces::workspace::Workspace;
use crate::store::pages::json_array;
use crate::store::{Owned, Place};

#[cfg(test)]
pub(super) use list::{FILTERED, OF_ORGANIZATION, OF_PROJECT, order_by};
#[cfg(test)]
pub(super) use {list::OF_POOLS, tag_bindings::EFFECTIVE, tags::SELECT_TAGS};

/// In the order that [`workspace`] reads.
pub(super) const SELECT: &str = "SELECT workspaces.number, workspaces.id, workspaces.organization, organizations.name,
     workspaces.name, workspaces.description, workspaces.created_at, workspaces.updated_at,
     repository_links.identifier, oauth_tokens.id, repository_links.branch, repository_links.ingress_submodules,
     repository_links.tags_regex, oauth_clients.service_provider,
     oauth_clients.http_url, oauth_clients.name, organizations.allow_force_delete_workspaces, projects.number,
     projects.id, workspaces.settings, workspaces.execution_mode IS NOT NULL,
     coalesce(workspaces.execution_mode, projects.default_execution_mode, organizations.default_execution_mode),
     (SELECT agent_pools.id FROM agent_pools WHERE agent_pools.number =
        CASE WHEN workspaces.execution_mode IS NOT NULL THEN workspaces.agent_pool
             WHEN projects.default_execution_mode IS NOT NULL THEN projects.default_agent_pool
             ELSE organizations.default_agent_pool END),
     (SELECT ssh_keys.id FROM ssh_keys WHERE ssh_keys.number = workspaces.ssh_key),
     (SELECT json_group_array(json_array(tags.id, tags.name)) FROM workspace_tags
      JOIN tags ON tags.number = workspace_tags.tag WHERE workspace_tags.workspace = workspaces.number),
     workspaces.locked_by_type, workspaces.locked_by_id, workspaces.locked_by_name, workspaces.lock_reason,
     projects.auto_destroy_activity_duration, organizations.external_id,
     (SELECT json_group_array(variables.id) FROM variables WHERE variables.workspace = workspaces.number),
     (SELECT id FROM github_app_installations WHERE number = repository_links.github_app_installation)
     FROM workspaces
     JOIN organizations ON organizations.number = workspaces.organization
     JOIN projects ON projects.number = workspaces.project
     LEFT JOIN repository_links ON repository_links.workspace = workspaces.number
     LEFT JOIN oauth_tokens ON oauth_tokens.number = repository_links.oauth_token
     LEFT JOIN oauth_clients ON oauth_clients.number = oauth_tokens.client";

fn workspace(row: &Row<'_>) -> rusqlite::Result<Workspace> {
    let vcs_repo = match row.get::<_, Option<String>>(8)? {
        Some(identifier) => Some(VcsRepo {
            identifier,
            through: match row.get::<_, Option<String>>(32)? {
                Some(installation) => Through::Installation(GithubAppInstallationId::from(installation)),
                None => Through::Token {
                    id: OAuthTokenId::from(row.get::<_, String>(9)?),
                    service_provider: service_provider(row, 13)?,
                    http_url: row.get(14)?,
                    client_name: row.get(15)?,
                },
            },
            branch: row.get(10)?,
            ingress_submodules: row.get(11)?,
            tags_regex: row.get(12)?,
        }),
        None => None,
    };
    let execution = Execution { mode: execution_mode(row, 21)?, is_own: row.get(20)? };
    let has_agents = execution.mode == ExecutionMode::Agent;
    let agent_pool = row.get::<_, Option<String>>(22)?.filter(|_| has_agents).map(AgentPoolId::from);
    let tags: Vec<(String, String)> = settings::read(row, 24)?;
    let organization_name: String = row.get(3)?;
    Ok(Workspace {
        number: row.get(0)?,
        id: WorkspaceId::from(row.get::<_, String>(1)?),
        organization: row.get(2)?,
        allows_force_delete: row.get(16)?,
        project: row.get(17)?,
        project_id: ProjectId::from(row.get::<_, String>(18)?),
        project_auto_destroy_activity_duration: row.get(29)?,
        name: row.get(4)?,
        description: row.get(5)?,
        settings: settings::read(row, 19)?,
        execution,
        agent_pool,
        ssh_key: row.get::<_, Option<String>>(23)?.map(SshKeyId::from),
        tags: tags.into_iter().map(|(id, name)| Tag { id: TagId::from(id), name }).collect(),
        lock: lock(row, 25, &organization_name)?,
        organization_id: OrganizationId::from(row.get::<_, String>(30)?),
        variables: settings::read::<Vec<String>>(row, 31)?.into_iter().map(VariableId::from).collect(),
        organization_name,
        vcs_repo,
        created_at: Timestamp::from_milliseconds(row.get(6)?),
        updated_at: Timestamp::from_milliseconds(row.get(7)?),
    })
}

fn execution_mode(row: &Row<'_>, column: usize) -> rusqlite::Result<ExecutionMode> {
    let name = row.get_ref(column)?.as_str()?;
    ExecutionMode::from_name(name).ok_or_else(|| unreadable(column, format!("unknown execution mode {name}")))
}

/// From three columns that are null together, and a reason. An organization that holds it is the workspace's own,
/// by the name that it has now.
fn lock(row: &Row<'_>, column: usize, organization_name: &str) -> rusqlite::Result<Option<Lock>> {
    let Some(kind) = row.get::<_, Option<String>>(column)? else { return Ok(None) };
    let holder = Holder::ALL.into_iter().find(|holder| holder.kind() == kind);
    let holder = holder.ok_or_else(|| unreadable(column, format!("unknown holder {kind}")))?;
    let (holder_id, holder_name) = match holder {
        Holder::Organization => (organization_name.to_owned(), organization_name.to_owned()),
        Holder::User | Holder::Team => (row.get(column + 1)?, row.get(column + 2)?),
    };
    Ok(Some(Lock { holder, holder_id, holder_name, reason: row.get(column + 3)? }))
}

fn unreadable(column: usize, why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, why.into())
}

impl Owned for Workspace {
    fn load(view: &View, id: &str) -> Result<Workspace> {
        view.workspace(&WorkspaceId::parse(id)?)
    }

    fn organization(&self) -> i64 {
        self.organization
    }

    fn place(&self) -> Place {
        Place::Workspace { workspace: self.number, project: self.project }
    }
}

impl View<'_> {
    pub fn workspace(&self, id: &WorkspaceId) -> Result<Workspace> {
        self.found(&format!("{SELECT} WHERE workspaces.id = ?1"), [id.as_str()], workspace)
    }

    /// Those of the ids that there are, for documents that include them.
    pub fn workspaces_with_ids<'a>(&self, ids: impl Iterator<Item = &'a WorkspaceId>) -> Result<Vec<Workspace>> {
        let ids: Vec<&str> = ids.map(WorkspaceId::as_str).collect();
        let sql = format!("{SELECT} WHERE workspaces.id IN (SELECT value FROM json_each(?1))");
        self.rows(&sql, [json_array(&ids)?], workspace)
    }

    pub fn workspace_named(&self, organization: i64, name: &str) -> Result<Workspace> {
        self.found(
            &format!("{SELECT} WHERE workspaces.organization = ?1 AND workspaces.name = ?2"),
            (organization, name),
            workspace,
        )
    }

    /// The row of the organization's workspace of that name.
    fn workspace_number_named(&self, organization: i64, name: &str) -> Result<Option<i64>> {
        self.optional_value("SELECT number FROM workspaces WHERE organization = ?1 AND name = ?2", (organization, name))
    }

    /// The row of a workspace of the organization in row `organization`.
    pub(super) fn workspace_number(&self, id: &WorkspaceId, organization: i64) -> Result<Option<i64>> {
        self.optional_value(
            "SELECT number FROM workspaces WHERE id = ?1 AND organization = ?2",
            (id.as_str(), organization),
        )
    }

    /// The external id of the organization in row `organization`.
    fn organization_id(&self, organization: i64) -> Result<OrganizationId> {
        let id: String = self.value("SELECT external_id FROM organizations WHERE number = ?1", [organization])?;
        Ok(OrganizationId::from(id))
    }
}

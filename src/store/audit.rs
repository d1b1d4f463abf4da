//! The audit trail: every change adds its event in its own transaction.

use rusqlite::params;

use super::Change;
use crate::domain::access::Caller;
use crate::domain::error::Result;
use crate::domain::id::OrganizationId;

/// Who changes something.
#[derive(Clone, Debug)]
pub enum Actor {
    /// Whoever's token came with the request.
    Client { id: String, name: String },
    /// The operator at the server's own command line.
    System,
}

impl From<&Caller> for Actor {
    fn from(caller: &Caller) -> Actor {
        let (id, name) = match caller {
            Caller::User(user) => (user.id.to_string(), user.username.clone()),
            Caller::Team(team) => (team.id.to_string(), format!("{}/{}", team.organization_name, team.name)),
            Caller::Organization { id, name, .. } => (id.to_string(), name.clone()),
        };
        Actor::Client { id, name }
    }
}

/// What kind of thing was changed, in the words of the original's audit trail.
#[derive(Clone, Copy, Debug)]
pub enum Resource {
    AgentPool,
    AuthenticationToken,
    OAuthClient,
    OAuthToken,
    Organization,
    OrganizationMembership,
    Project,
    SshKey,
    Team,
    User,
    Workspace,
}

impl Resource {
    fn name(self) -> &'static str {
        match self {
            Resource::AgentPool => "agent_pool",
            Resource::AuthenticationToken => "authentication_token",
            Resource::OAuthClient => "oauth_client",
            Resource::OAuthToken => "oauth_token",
            Resource::Organization => "organization",
            Resource::OrganizationMembership => "organization_membership",
            Resource::Project => "project",
            Resource::SshKey => "ssh_key",
            Resource::Team => "team",
            Resource::User => "user",
            Resource::Workspace => "workspace",
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub enum Deed {
    Create,
    Update,
    Destroy,
    /// A workspace lost its repository because the connection went.
    Unlink,
}

impl Deed {
    fn name(self) -> &'static str {
        match self {
            Deed::Create => "create",
            Deed::Update => "update",
            Deed::Destroy => "destroy",
            Deed::Unlink => "unlink",
        }
    }
}

impl Change<'_> {
    /// Adds an event to the trail.
    pub(super) fn record(
        &self,
        deed: Deed,
        resource: Resource,
        id: &str,
        organization: Option<&OrganizationId>,
    ) -> Result<()> {
        let (actor_type, actor_id, actor_name) = self.actor_columns();
        self.connection
            .prepare_cached(
                "INSERT INTO audit_events
                   (at, organization, actor_type, actor_id, actor_name, resource_type, resource_id, action)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                self.now.milliseconds(),
                organization.map(OrganizationId::as_str),
                actor_type,
                actor_id,
                actor_name,
                resource.name(),
                id,
                deed.name(),
            ])?;
        Ok(())
    }

    /// One event for each workspace that is about to lose its repository with the OAuth token in row `oauth_token`,
    /// however many there are.
    pub(super) fn record_unlinks(&self, oauth_token: i64, organization: &OrganizationId) -> Result<()> {
        let (actor_type, actor_id, actor_name) = self.actor_columns();
        self.connection
            .prepare_cached(
                "INSERT INTO audit_events
                   (at, organization, actor_type, actor_id, actor_name, resource_type, resource_id, action)
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6, workspaces.id, ?7
                 FROM workspace_vcs_repos
                 JOIN workspaces ON workspaces.number = workspace_vcs_repos.workspace
                 WHERE workspace_vcs_repos.oauth_token = ?8
                 ORDER BY workspaces.number",
            )?
            .execute(params![
                self.now.milliseconds(),
                organization.as_str(),
                actor_type,
                actor_id,
                actor_name,
                Resource::Workspace.name(),
                Deed::Unlink.name(),
                oauth_token,
            ])?;
        Ok(())
    }

    fn actor_columns(&self) -> (&'static str, Option<&str>, &str) {
        match self.actor {
            Actor::Client { id, name } => ("Client", Some(id), name),
            Actor::System => ("System", None, "command line"),
        }
    }
}

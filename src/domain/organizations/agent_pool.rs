//! Agent pools: what may stand between the service and a VCS provider. No agent ever connects to Bowline.

use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::id::{AgentPoolId, ProjectId, WorkspaceId};
use crate::domain::identity::Identity;
use crate::domain::names;
use crate::domain::timestamp::Timestamp;

pub const MAX_NAME_CHARACTERS: usize = 255;

#[derive(Clone, Debug, PartialEq)]
pub struct AgentPool {
    pub identity: Identity<AgentPoolId>,
    pub name: String,
    /// Whether it may be used everywhere in the organization but where it is excluded, or only where it is allowed.
    pub organization_scoped: bool,
    pub created_at: Timestamp,
    /// Which use it.
    pub workspaces: Vec<WorkspaceId>,
    pub allowed_workspaces: Vec<WorkspaceId>,
    pub allowed_projects: Vec<ProjectId>,
    pub excluded_workspaces: Vec<WorkspaceId>,
}

/// What a request lists, each in the place of what there is: ids as they were given.
#[derive(Debug, Default)]
pub struct AgentPoolScope {
    pub allowed_workspaces: Option<Vec<String>>,
    pub allowed_projects: Option<Vec<String>>,
    pub excluded_workspaces: Option<Vec<String>>,
}

#[derive(Debug)]
pub struct NewAgentPool {
    /// One line of 1 to 255 characters, unique in the organization.
    pub name: String,
    pub organization_scoped: bool,
    pub scope: AgentPoolScope,
}

#[derive(Debug)]
pub struct AgentPoolChange {
    pub name: Option<String>,
    pub organization_scoped: Option<bool>,
    pub scope: AgentPoolScope,
}

impl NewAgentPool {
    pub fn check(
        name: Field<String>,
        organization_scoped: Field<bool>,
        scope: AgentPoolScope,
        problems: &mut Problems,
    ) -> NewAgentPool {
        let name = name.value().unwrap_or_default();
        names::check(Some(&name), MAX_NAME_CHARACTERS, problems);
        NewAgentPool { name, organization_scoped: organization_scoped.value().unwrap_or(true), scope }
    }
}

impl AgentPoolChange {
    pub fn check(
        name: Field<String>,
        organization_scoped: Field<bool>,
        scope: AgentPoolScope,
        problems: &mut Problems,
    ) -> AgentPoolChange {
        let name = name.given(String::new());
        names::check(name.as_deref(), MAX_NAME_CHARACTERS, problems);
        AgentPoolChange { name, organization_scoped: organization_scoped.value(), scope }
    }
}

/// Which pools of an organization are listed, and how.
#[derive(Debug, Default)]
pub struct AgentPoolFilter {
    /// A part of the name, ignoring case.
    pub part: String,
    /// The name of a workspace that may use them.
    pub workspace: Option<String>,
    /// The name of a project that may use them.
    pub project: Option<String>,
    pub order: AgentPoolOrder,
}

#[derive(Clone, Copy, Debug, Default)]
pub enum AgentPoolOrder {
    #[default]
    Created,
    CreatedDescending,
    Name,
    NameDescending,
}

/// In the service's own words, one answer for an unknown pool and for one that may not be used here.
pub fn unusable(pointer: &str, problems: &mut Problems) {
    problems.at(pointer, "the provided agent pool does not exist or you are not authorized to use it");
}

//! Workspaces: what a connection is for.

use super::execution::{Execution, ExecutionChange};
use super::lock::Lock;
use super::settings::{SettingsFields, WorkspaceSettings};
use crate::domain::accounts::user::check_name;
use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::id::{AgentPoolId, OrganizationId, ProjectId, SshKeyId, VariableId, WorkspaceId};
use crate::domain::names;
use crate::domain::oauth::vcs_repo::{VcsRepo, VcsRepoChange};
use crate::domain::tags::binding::TagBinding;
use crate::domain::tags::tag::{Tag, TagGiven};
use crate::domain::timestamp::Timestamp;

pub const MAX_DESCRIPTION_CHARACTERS: usize = 1024;
pub const PROJECT_POINTER: &str = "/data/relationships/project/data";

#[derive(Clone, Debug)]
pub struct Workspace {
    /// The row; never on the wire.
    pub number: i64,
    pub id: WorkspaceId,
    /// The row of the workspace's organization.
    pub organization: i64,
    pub organization_id: OrganizationId,
    pub organization_name: String,
    /// Whether it lets every caller who manages workspaces delete them by force.
    pub allows_force_delete: bool,
    /// The row of the workspace's project, and its id.
    pub project: i64,
    pub project_id: ProjectId,
    /// What the workspace inherits unless it has its own.
    pub project_auto_destroy_activity_duration: Option<String>,
    pub name: String,
    pub description: Option<String>,
    pub settings: WorkspaceSettings,
    pub execution: Execution,
    /// Only where the mode is `agent`.
    pub agent_pool: Option<AgentPoolId>,
    pub ssh_key: Option<SshKeyId>,
    /// In the order in which the organization got them.
    pub tags: Vec<Tag>,
    pub lock: Option<Lock>,
    pub vcs_repo: Option<VcsRepo>,
    /// Its own, in the order of their creation.
    pub variables: Vec<VariableId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// An SSH key that a workspace is to have, and where the request names it.
#[derive(Debug)]
pub struct SshKeyGiven {
    pub id: String,
    pub pointer: &'static str,
}

/// A tag binding that counts for a workspace.
#[derive(Clone, Debug)]
pub struct EffectiveTagBinding {
    /// The row of the workspace.
    pub workspace: i64,
    pub binding: TagBinding,
    /// Whether it is the project's.
    pub is_inherited: bool,
}

/// The attributes and relationships of a request, as they came.
#[derive(Default)]
pub struct WorkspaceFields {
    pub name: Field<String>,
    pub description: Field<String>,
    pub settings: SettingsFields,
    pub execution: ExecutionChange,
    pub vcs_repo: Field<VcsRepoChange>,
    pub project: Field<String>,
    pub tag_bindings: Option<Vec<TagBinding>>,
    pub tags: Option<Vec<TagGiven>>,
}

#[derive(Debug)]
pub struct NewWorkspace {
    /// 1 to 255 of `[A-Za-z0-9_-]`, unique in the organization.
    pub name: String,
    pub rest: WorkspaceChange,
}

/// What is not given stays.
#[derive(Debug)]
pub struct WorkspaceChange {
    pub name: Option<String>,
    pub description: Field<String>,
    pub settings: SettingsFields,
    pub execution: ExecutionChange,
    /// Null unlinks.
    pub vcs_repo: Field<VcsRepoChange>,
    pub project: Option<String>,
    /// All that there are to be.
    pub tag_bindings: Option<Vec<TagBinding>>,
    pub tags: Option<Vec<TagGiven>>,
}

impl NewWorkspace {
    pub fn check(mut fields: WorkspaceFields, problems: &mut Problems) -> NewWorkspace {
        let name = std::mem::take(&mut fields.name).value().unwrap_or_default();
        if let Err(wrong) = check_name(&name) {
            problems.attribute("name", format!("`name` {wrong}."));
        }
        if let Field::Null = fields.project {
            fields.project = Field::Absent;
        }
        let rest = WorkspaceChange::checked(fields, true, problems);
        if let Field::Value(link) = &rest.vcs_repo {
            link.check_complete(problems);
        }
        NewWorkspace { name, rest }
    }
}

impl WorkspaceChange {
    /// Changes the link to a repository alone.
    pub fn of_link(vcs_repo: Field<VcsRepoChange>) -> WorkspaceChange {
        WorkspaceChange {
            name: None,
            description: Field::Absent,
            settings: SettingsFields::default(),
            execution: ExecutionChange::default(),
            vcs_repo,
            project: None,
            tag_bindings: None,
            tags: None,
        }
    }

    pub fn check(fields: WorkspaceFields, problems: &mut Problems) -> WorkspaceChange {
        WorkspaceChange::checked(fields, false, problems)
    }

    fn checked(fields: WorkspaceFields, is_new: bool, problems: &mut Problems) -> WorkspaceChange {
        let WorkspaceFields { name, description, settings, execution, vcs_repo, project, tag_bindings, tags } = fields;
        let name = name.given(String::new());
        if let Some(Err(wrong)) = name.as_deref().map(check_name) {
            problems.attribute("name", format!("`name` {wrong}."));
        }
        let project = match project {
            Field::Absent => None,
            Field::Value(id) => Some(id),
            Field::Null => {
                problems.at(PROJECT_POINTER, "A workspace is always in a project.");
                None
            }
        };
        let settings = settings.check(is_new, problems);
        let sets_tags_regex = matches!(&vcs_repo, Field::Value(link) if link.sets_tags_regex());
        if sets_tags_regex {
            settings.check_beside_tags_regex(problems);
        }
        WorkspaceChange {
            name,
            description: check_description(description, problems),
            settings: settings.displacing_triggers(sets_tags_regex),
            execution,
            vcs_repo,
            project,
            tag_bindings,
            tags,
        }
    }

    /// One answer for an unknown project and another organization's.
    pub fn unknown_project(problems: &mut Problems) {
        problems.at(PROJECT_POINTER, "`project` does not name a project of this organization.");
    }
}

fn check_description(description: Field<String>, problems: &mut Problems) -> Field<String> {
    if let Field::Value(text) = &description
        && let Some(wrong) = names::wrong_description(text, MAX_DESCRIPTION_CHARACTERS)
    {
        problems.attribute("description", wrong);
    }
    description
}

//! Policy sets: which policies count where. No policy is ever evaluated.

use serde::{Deserialize, Serialize};

use super::stack::check_patterns;
use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::id::{PolicySetId, ProjectId, WorkspaceId};
use crate::domain::identity::Identity;
use crate::domain::names::{self, is_plain_name};
use crate::domain::oauth::vcs_repo::{VcsRepo, VcsRepoChange};
use crate::domain::timestamp::Timestamp;

const MAX_NAME_CHARACTERS: usize = 90;
const MAX_DESCRIPTION_CHARACTERS: usize = 1024;
const MAX_PATH_CHARACTERS: usize = 255;
const KINDS: [&str; 2] = ["sentinel", "opa"];

#[derive(Clone, Debug, PartialEq)]
pub struct PolicySet {
    pub identity: Identity<PolicySetId>,
    /// Unique in the organization.
    pub name: String,
    /// Whether it counts for every workspace of the organization.
    pub is_global: bool,
    pub settings: PolicySetSettings,
    pub vcs_repo: Option<VcsRepo>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub workspaces: Vec<WorkspaceId>,
    pub projects: Vec<ProjectId>,
    pub workspace_exclusions: Vec<WorkspaceId>,
    pub project_exclusions: Vec<ProjectId>,
}

/// What clients set and read back, and nothing acts upon.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(default, rename_all = "kebab-case")]
pub struct PolicySetSettings {
    pub description: String,
    pub kind: String,
    pub agent_enabled: bool,
    /// Null for Sentinel without an agent, unless a request says otherwise.
    pub overridable: Option<bool>,
    pub policy_tool_version: String,
    pub policies_path: String,
    pub policy_update_patterns: Vec<String>,
}

impl Default for PolicySetSettings {
    fn default() -> PolicySetSettings {
        PolicySetSettings {
            description: String::new(),
            kind: KINDS[0].to_owned(),
            agent_enabled: false,
            overridable: None,
            policy_tool_version: String::new(),
            policies_path: String::new(),
            policy_update_patterns: vec![],
        }
    }
}

/// The attributes of a request, as they came.
pub struct PolicySetFields {
    pub name: Field<String>,
    pub description: Field<String>,
    pub is_global: Field<bool>,
    pub kind: Field<String>,
    pub agent_enabled: Field<bool>,
    pub overridable: Field<bool>,
    pub policy_tool_version: Field<String>,
    pub policies_path: Field<String>,
    pub policy_update_patterns: Field<Vec<String>>,
}

/// What is not given stays; for a new set, it has its default.
pub struct PolicySetChange {
    pub name: Option<String>,
    pub is_global: Option<bool>,
    pub settings: PolicySetSettings,
    pub vcs_repo: Field<VcsRepoChange>,
    /// Ids, as they were given. They take the place of the present ones.
    pub attached: Vec<(Scope, Vec<String>)>,
}

/// Where a policy set counts, or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Workspaces,
    Projects,
    WorkspaceExclusions,
    ProjectExclusions,
}

impl Scope {
    pub const ALL: [Scope; 4] =
        [Scope::Workspaces, Scope::Projects, Scope::WorkspaceExclusions, Scope::ProjectExclusions];

    /// The relationship.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Workspaces => "workspaces",
            Scope::Projects => "projects",
            Scope::WorkspaceExclusions => "workspace-exclusions",
            Scope::ProjectExclusions => "project-exclusions",
        }
    }

    /// The type of what it links.
    pub fn kind(self) -> &'static str {
        match self {
            Scope::Workspaces | Scope::WorkspaceExclusions => "workspaces",
            Scope::Projects | Scope::ProjectExclusions => "projects",
        }
    }

    pub fn is_exclusion(self) -> bool {
        matches!(self, Scope::WorkspaceExclusions | Scope::ProjectExclusions)
    }
}

impl PolicySetChange {
    /// `current` is `None` for a new set, which needs a name.
    pub fn check(fields: PolicySetFields, current: Option<&PolicySet>, problems: &mut Problems) -> PolicySetChange {
        let name = fields.name.required(current.is_none());
        if name.as_deref().is_some_and(|name| !is_plain_name(name, MAX_NAME_CHARACTERS)) {
            problems.attribute("name", "`name` must be 1 to 90 letters, digits, `-` and `_`.");
        }
        let mut was = current.map(|set| set.settings.clone()).unwrap_or_default();
        let first = PolicySetSettings::default();
        let kind = fields.kind.or(&was.kind, &first.kind);
        if !KINDS.contains(&kind.as_str()) {
            problems.attribute("kind", "`kind` must be sentinel or opa.");
        } else if current.is_some() && kind != was.kind {
            problems.attribute("kind", "`kind` cannot be changed.");
        }
        let is_opa = kind == "opa";
        let agent_enabled = is_opa || fields.agent_enabled.or(&was.agent_enabled, &first.agent_enabled);
        if was.agent_enabled && !agent_enabled {
            // These two were the agent's.
            (was.overridable, was.policy_tool_version) = (first.overridable, first.policy_tool_version.clone());
        }
        let overridable = fields.overridable.or_none(&was.overridable).or(agent_enabled.then_some(false));
        let settings = PolicySetSettings {
            description: fields.description.or(&was.description, &first.description),
            kind,
            agent_enabled,
            overridable,
            policy_tool_version: fields.policy_tool_version.or(&was.policy_tool_version, &first.policy_tool_version),
            policies_path: fields.policies_path.or(&was.policies_path, &first.policies_path),
            policy_update_patterns: fields
                .policy_update_patterns
                .or(&was.policy_update_patterns, &first.policy_update_patterns),
        };
        if settings.description != was.description
            && let Some(wrong) = names::wrong_description(&settings.description, MAX_DESCRIPTION_CHARACTERS)
        {
            problems.attribute("description", wrong);
        }
        for (name, text) in
            [("policies-path", &settings.policies_path), ("policy-tool-version", &settings.policy_tool_version)]
        {
            if !names::is_line(text, MAX_PATH_CHARACTERS) {
                problems.attribute(name, format!("`{name}` must be one line of at most 255 characters."));
            }
        }
        check_patterns(&settings.policy_update_patterns, "policy-update-patterns", problems);
        PolicySetChange {
            name,
            is_global: fields.is_global.given(false),
            settings,
            vcs_repo: Field::Absent,
            attached: vec![],
        }
    }
}

/// A global set counts everywhere; it can only be kept away from workspaces and projects.
pub fn refuse_for_global(pointer: &str, problems: &mut Problems) {
    problems.at(pointer, "A global policy set applies to all workspaces; it is not attached to some.");
}

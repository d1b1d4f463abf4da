//! Stacks of projects. Their configurations are never fetched, planned or applied.

use serde::{Deserialize, Serialize};

use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::id::{AgentPoolId, ProjectId, StackId};
use crate::domain::identity::Identity;
use crate::domain::names::{self, is_plain_name};
use crate::domain::oauth::vcs_repo::{VcsRepo, VcsRepoChange};
use crate::domain::timestamp::Timestamp;

const MAX_NAME_CHARACTERS: usize = 90;
const MAX_DESCRIPTION_CHARACTERS: usize = 1024;
const MAX_DIRECTORY_CHARACTERS: usize = 100;
const MAX_PATTERNS: usize = 100;
const MAX_PATTERN_CHARACTERS: usize = 255;

#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    pub identity: Identity<StackId>,
    pub project: ProjectId,
    /// The row of the project.
    pub project_number: i64,
    /// Unique in the project.
    pub name: String,
    pub settings: StackSettings,
    pub agent_pool: Option<AgentPoolId>,
    pub vcs_repo: Option<VcsRepo>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What clients set and read back, and nothing acts upon.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, rename_all = "kebab-case")]
pub struct StackSettings {
    pub description: String,
    pub speculative_enabled: bool,
    pub trigger_patterns: Vec<String>,
    pub working_directory: String,
    pub migration: bool,
}

/// The attributes of a request, as they came.
pub struct StackFields {
    pub name: Field<String>,
    pub description: Field<String>,
    pub speculative_enabled: Field<bool>,
    pub trigger_patterns: Field<Vec<String>>,
    pub working_directory: Field<String>,
    pub migration: Field<bool>,
}

/// What is not given stays; for a new stack, it has its default.
pub struct StackChange {
    pub name: Option<String>,
    pub settings: StackSettings,
    pub vcs_repo: Field<VcsRepoChange>,
    /// The id, as it was given.
    pub agent_pool: Field<String>,
}

impl StackChange {
    /// `current` is `None` for a new stack, which needs a name.
    pub fn check(fields: StackFields, current: Option<&Stack>, problems: &mut Problems) -> StackChange {
        let StackFields { name, description, speculative_enabled, trigger_patterns, working_directory, migration } =
            fields;
        let name = name.required(current.is_none());
        if name.as_deref().is_some_and(|name| !is_plain_name(name, MAX_NAME_CHARACTERS)) {
            problems.attribute("name", "`name` must be 1 to 90 letters, digits, `-` and `_`.");
        }
        let was = current.map(|stack| stack.settings.clone()).unwrap_or_default();
        let first = StackSettings::default();
        let settings = StackSettings {
            description: description.or(&was.description, &first.description),
            speculative_enabled: speculative_enabled.or(&was.speculative_enabled, &false),
            trigger_patterns: trigger_patterns.or(&was.trigger_patterns, &first.trigger_patterns),
            working_directory: working_directory.or(&was.working_directory, &first.working_directory),
            migration: if current.is_some() { was.migration } else { migration.or(&false, &false) },
        };
        if settings.description != was.description
            && let Some(wrong) = names::wrong_description(&settings.description, MAX_DESCRIPTION_CHARACTERS)
        {
            problems.attribute("description", wrong);
        }
        if settings.working_directory.chars().count() > MAX_DIRECTORY_CHARACTERS {
            problems.attribute("working-directory", "`working-directory` must not be longer than 100 characters.");
        }
        check_patterns(&settings.trigger_patterns, "trigger-patterns", problems);
        StackChange { name, settings, vcs_repo: Field::Absent, agent_pool: Field::Absent }
    }
}

/// Patterns of paths in a repository.
pub(super) fn check_patterns(patterns: &[String], name: &str, problems: &mut Problems) {
    let is_long = |pattern: &String| pattern.chars().count() > MAX_PATTERN_CHARACTERS;
    if patterns.len() > MAX_PATTERNS || patterns.iter().any(is_long) {
        problems.attribute(name, format!("`{name}` must be at most 100 texts of at most 255 characters."));
    }
}

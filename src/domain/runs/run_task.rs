//! Run tasks: what an organization would call during runs, and which of them a workspace has. Nothing is ever called.

use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::id::{AgentPoolId, RunTaskId, WorkspaceId, WorkspaceTaskId};
use crate::domain::identity::Identity;
use crate::domain::names::{self, is_plain_name};
use crate::domain::secret::Secret;
use crate::domain::timestamp::Timestamp;
use crate::domain::url;

pub const STAGES: [&str; 4] = ["pre_plan", "post_plan", "pre_apply", "post_apply"];
pub const DEFAULT_STAGE: &str = "post_plan";
pub const LEVELS: [&str; 2] = ["advisory", "mandatory"];

const MAX_NAME_CHARACTERS: usize = 255;
const MAX_DESCRIPTION_CHARACTERS: usize = 300;
const MAX_KEY_BYTES: usize = 4096;

#[derive(Clone, Debug, PartialEq)]
pub struct RunTask {
    pub identity: Identity<RunTaskId>,
    pub name: String,
    pub url: String,
    pub description: String,
    pub enabled: bool,
    pub agent_pool: Option<AgentPoolId>,
    pub global: Global,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub workspace_tasks: Vec<WorkspaceTaskId>,
}

/// Whether every workspace has a task, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Global {
    pub enabled: bool,
    pub stages: Vec<String>,
    pub enforcement_level: String,
}

/// A task of a workspace.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkspaceTask {
    pub identity: Identity<WorkspaceTaskId>,
    pub workspace: WorkspaceId,
    pub task: RunTaskId,
    pub enforcement_level: String,
    /// Never empty.
    pub stages: Vec<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// The attributes of a request, as they came.
pub struct RunTaskFields {
    pub name: Field<String>,
    pub url: Field<String>,
    pub description: Field<String>,
    pub category: Field<String>,
    pub enabled: Field<bool>,
    pub hmac_key: Field<String>,
    pub global: Field<GlobalFields>,
}

pub struct GlobalFields {
    pub enabled: Field<bool>,
    pub stages: Field<Vec<String>>,
    pub enforcement_level: Field<String>,
}

/// What is not given stays; for a new task, what has a default has it.
pub struct RunTaskChange {
    pub name: Option<String>,
    pub url: Option<String>,
    pub description: Option<String>,
    pub enabled: Option<bool>,
    /// A blank one takes away what there is.
    pub hmac_key: Field<Secret>,
    pub global: Option<GlobalChange>,
}

pub struct GlobalChange {
    pub enabled: Option<bool>,
    pub stages: Option<Vec<String>>,
    pub enforcement_level: Option<String>,
}

impl RunTaskChange {
    pub fn check(fields: RunTaskFields, is_new: bool, problems: &mut Problems) -> RunTaskChange {
        let RunTaskFields { name, url, description, category, enabled, hmac_key, global } = fields;
        let (name, url) = (name.required(is_new), url.required(is_new));
        if name.as_deref().is_some_and(|name| !is_plain_name(name, MAX_NAME_CHARACTERS)) {
            problems.attribute("name", "`name` must be 1 to 255 letters, digits, `-` and `_`.");
        }
        if let Some(Err(wrong)) = url.as_deref().map(url::link) {
            problems.attribute("url", format!("`url` {wrong}."));
        }
        if category.value().is_some_and(|category| category != "task") {
            problems.attribute("category", "`category` must be task.");
        }
        let description = description.given(String::new());
        if let Some(wrong) =
            description.as_ref().and_then(|text| names::wrong_description(text, MAX_DESCRIPTION_CHARACTERS))
        {
            problems.attribute("description", wrong);
        }
        if hmac_key.as_value().is_some_and(|key| key.len() > MAX_KEY_BYTES) {
            problems.attribute("hmac-key", "`hmac-key` must not be longer than 4096 bytes.");
        }
        let hmac_key = hmac_key.of_secret().map(Secret::new);
        let all_first = GlobalFields { enabled: Field::Null, stages: Field::Null, enforcement_level: Field::Null };
        let global = global.given(all_first).map(|fields| {
            let GlobalFields { enabled, stages, enforcement_level } = fields;
            let at = "/data/attributes/global-configuration";
            GlobalChange {
                enabled: enabled.given(false),
                stages: stages
                    .given(vec![DEFAULT_STAGE.to_owned()])
                    .inspect(|stages| check_stages(stages, &format!("{at}/stages"), problems)),
                enforcement_level: enforcement_level
                    .given(LEVELS[0].to_owned())
                    .inspect(|level| check_level(level, &format!("{at}/enforcement-level"), problems)),
            }
        });
        RunTaskChange { name, url, description, enabled: enabled.given(true), hmac_key, global }
    }
}

/// What is not given stays; for a new one, what has a default has it.
pub struct WorkspaceTaskChange {
    pub enforcement_level: Option<String>,
    pub stages: Option<Vec<String>>,
}

impl WorkspaceTaskChange {
    /// `stage` is the older form of `stages`.
    pub fn check(
        enforcement_level: Field<String>,
        stages: Field<Vec<String>>,
        stage: Field<String>,
        problems: &mut Problems,
    ) -> WorkspaceTaskChange {
        let enforcement_level = enforcement_level.given(LEVELS[0].to_owned());
        if let Some(level) = &enforcement_level {
            check_level(level, "/data/attributes/enforcement-level", problems);
        }
        let (stages, name) = match (stages, stage) {
            (Field::Value(stages), _) if !stages.is_empty() => (Some(stages), "stages"),
            (_, Field::Value(stage)) => (Some(vec![stage]), "stage"),
            (Field::Null, _) | (_, Field::Null) => (Some(vec![DEFAULT_STAGE.to_owned()]), "stages"),
            _ => (None, "stages"),
        };
        if let Some(stages) = &stages {
            check_stages(stages, &format!("/data/attributes/{name}"), problems);
        }
        WorkspaceTaskChange { enforcement_level, stages }
    }
}

fn check_stages(stages: &[String], pointer: &str, problems: &mut Problems) {
    if !stages.iter().all(|stage| STAGES.contains(&stage.as_str())) {
        problems.at(pointer, "Stages are pre_plan, post_plan, pre_apply and post_apply.");
    }
}

fn check_level(level: &str, pointer: &str, problems: &mut Problems) {
    if !LEVELS.contains(&level) {
        problems.at(pointer, "The enforcement level must be advisory or mandatory.");
    }
}

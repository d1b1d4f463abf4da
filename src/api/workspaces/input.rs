//! What a request says of a workspace.

use crate::api::bindings;
use crate::api::jsonapi::input::{Input, Item};
use crate::api::oauth::vcs_repo;
use crate::app::Cx;
use crate::domain::error::{Problems, Result};
use crate::domain::field::Field;
use crate::domain::tags::tag::TagGiven;
use crate::domain::workspaces::execution::{ExecutionChange, ExecutionFields};
use crate::domain::workspaces::settings::SettingsFields;
use crate::domain::workspaces::workspace::WorkspaceFields;

pub fn fields(cx: &Cx, input: &mut Input) -> Result<WorkspaceFields> {
    Ok(WorkspaceFields {
        name: input.text("name"),
        description: input.text("description"),
        settings: settings(input),
        execution: execution(input),
        vcs_repo: vcs_repo::read(cx, input)?,
        project: input.linked("project", "projects"),
        tag_bindings: input
            .items("tag-bindings", bindings::KIND)
            .value()
            .map(|items| bindings::check(items, bindings::POINTER, &mut input.problems)),
        tags: input.items("tags", "tags").value().map(|items| tags(items, &mut input.problems)),
    })
}

pub fn tags(items: Vec<Item>, problems: &mut Problems) -> Vec<TagGiven> {
    items
        .into_iter()
        .map(|mut item| {
            let name = item.attributes.text("name", problems).value();
            TagGiven::check(item.id, name, item.pointer, problems)
        })
        .collect()
}

fn settings(input: &mut Input) -> SettingsFields {
    SettingsFields {
        allow_destroy_plan: input.flag("allow-destroy-plan"),
        assessments_enabled: input.flag("assessments-enabled"),
        auto_apply: input.flag("auto-apply"),
        auto_apply_run_trigger: input.flag("auto-apply-run-trigger"),
        auto_destroy_activity_duration: input.text("auto-destroy-activity-duration"),
        auto_destroy_at: input.text("auto-destroy-at"),
        file_triggers_enabled: input.flag("file-triggers-enabled"),
        global_remote_state: input.flag("global-remote-state"),
        hyok_enabled: input.flag("hyok-enabled"),
        inherits_project_auto_destroy: input.flag("inherits-project-auto-destroy"),
        project_remote_state: input.flag("project-remote-state"),
        queue_all_runs: input.flag("queue-all-runs"),
        source_name: input.text("source-name"),
        source_url: input.text("source-url"),
        speculative_enabled: input.flag("speculative-enabled"),
        structured_run_output_enabled: input.flag("structured-run-output-enabled"),
        terraform_version: input.text("terraform-version"),
        trigger_patterns: input.texts("trigger-patterns"),
        trigger_prefixes: input.texts("trigger-prefixes"),
        working_directory: input.text("working-directory"),
    }
}

const POOL_POINTER: &str = "/data/relationships/agent-pool/data";

fn execution(input: &mut Input) -> ExecutionChange {
    let (mut overwrites_mode, mut overwrites_agent_pool) = (Field::Absent, Field::Absent);
    input.group("setting-overwrites", |overwrites, problems| {
        overwrites_mode = overwrites.flag("execution-mode", problems);
        overwrites_agent_pool = overwrites.flag("agent-pool", problems);
    });
    let (attribute, relationship) = (input.text("agent-pool-id"), input.linked("agent-pool", "agent-pools"));
    let (agent_pool, agent_pool_pointer) = match (attribute, relationship) {
        (Field::Absent, given) if given.is_given() || input.problems.is_at(POOL_POINTER) => (given, POOL_POINTER),
        (attribute, _) => (attribute, "/data/attributes/agent-pool-id"),
    };
    let fields = ExecutionFields {
        execution_mode: input.text("execution-mode"),
        operations: input.flag("operations"),
        agent_pool,
        agent_pool_pointer,
        overwrites_mode,
        overwrites_agent_pool,
    };
    ExecutionChange::check(fields, &mut input.problems)
}

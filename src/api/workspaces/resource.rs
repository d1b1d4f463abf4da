//! A workspace as clients see it.

use serde::Serialize;

use super::permissions::Permissions;
use crate::api::jsonapi::document::{Elsewhere, Identifier, Included, Resource, ToMany, ToOne, related};
use crate::api::jsonapi::page;
use crate::api::oauth::vcs_repo;
use crate::api::{bindings, organizations, projects};
use crate::domain::access::{Action, OrganizationAccess};
use crate::domain::error::Result;
use crate::domain::id::WorkspaceId;
use crate::domain::organizations::execution_mode::ExecutionMode;
use crate::domain::timestamp::Timestamp;
use crate::domain::workspaces::lock::Holder;
use crate::domain::workspaces::settings::WorkspaceSettings;
use crate::domain::workspaces::workspace::{EffectiveTagBinding, Workspace};
use crate::http::request::encode;
use crate::store::View;

pub const KIND: &str = "workspaces";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Attributes {
    name: String,
    description: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
    latest_change_at: Timestamp,
    #[serde(flatten)]
    settings: WorkspaceSettings,
    execution_mode: &'static str,
    /// The older form of the execution mode.
    operations: bool,
    setting_overwrites: SettingOverwrites,
    vcs_repo: Option<vcs_repo::Attributes>,
    vcs_repo_identifier: Option<String>,
    oauth_client_name: Option<String>,
    tag_names: Vec<String>,
    locked: bool,
    locked_reason: String,
    permissions: Permissions,
    actions: Actions,
    environment: &'static str,
    source: &'static str,
    source_module_id: Option<()>,
    /// Nothing runs here, and nothing is managed.
    resource_count: u64,
    apply_duration_average: Option<()>,
    plan_duration_average: Option<()>,
    policy_check_failures: Option<()>,
    run_failures: Option<()>,
    workspace_kpis_runs_count: Option<()>,
    auto_destroy_status: Option<()>,
    last_assessment_result_at: Option<()>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct SettingOverwrites {
    execution_mode: bool,
    agent_pool: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Actions {
    is_destroyable: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Relationships {
    organization: ToOne,
    project: ToOne,
    agent_pool: ToOne,
    ssh_key: ToOne,
    locked_by: ToOne,
    tags: ToMany,
    tag_bindings: Elsewhere,
    effective_tag_bindings: Effective,
    remote_state_consumers: Elsewhere,
    current_run: ToOne,
    latest_run: ToOne,
    current_state_version: ToOne,
    current_configuration_version: ToOne,
    current_assessment_result: ToOne,
    readme: ToOne,
    outputs: ToMany,
    vars: ToMany,
}

/// Spelled out where the request asked to include them.
#[derive(Serialize)]
#[serde(untagged)]
enum Effective {
    Elsewhere(Elsewhere),
    Here(ToMany),
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Links {
    #[serde(rename = "self")]
    itself: String,
    /// The path of the page for people at the original.
    self_html: String,
}

pub type WorkspaceResource = Resource<Attributes, Relationships, Links>;

/// `bindings` are the workspace's effective ones, `None` where the request does not ask for them.
pub fn resource(
    workspace: &Workspace,
    access: OrganizationAccess,
    bindings: Option<&[EffectiveTagBinding]>,
) -> WorkspaceResource {
    let Workspace {
        number: _,
        id,
        organization: _,
        organization_id: _,
        organization_name,
        allows_force_delete,
        project: _,
        project_id,
        project_auto_destroy_activity_duration,
        name,
        description,
        settings,
        execution,
        agent_pool,
        ssh_key,
        tags,
        lock,
        vcs_repo,
        variables,
        created_at,
        updated_at,
    } = workspace;
    let path = path(workspace);
    Resource {
        id: id.to_string(),
        kind: KIND,
        attributes: Attributes {
            name: name.clone(),
            description: description.clone(),
            created_at: *created_at,
            updated_at: *updated_at,
            latest_change_at: *updated_at,
            settings: settings.inheriting(project_auto_destroy_activity_duration),
            execution_mode: execution.mode.name(),
            operations: execution.mode != ExecutionMode::Local,
            setting_overwrites: SettingOverwrites { execution_mode: execution.is_own, agent_pool: execution.is_own },
            vcs_repo: vcs_repo.as_ref().map(vcs_repo::attributes),
            vcs_repo_identifier: vcs_repo.as_ref().map(|repo| repo.identifier.clone()),
            oauth_client_name: vcs_repo.as_ref().map(|repo| repo.through.name().to_owned()),
            tag_names: tags.iter().map(|tag| tag.name.clone()).collect(),
            locked: lock.is_some(),
            locked_reason: lock.as_ref().map(|lock| lock.reason.clone()).unwrap_or_default(),
            permissions: Permissions { access, allows_force_delete: *allows_force_delete },
            actions: Actions { is_destroyable: lock.is_none() },
            environment: "default",
            source: "tfe-api",
            source_module_id: None,
            resource_count: 0,
            apply_duration_average: None,
            plan_duration_average: None,
            policy_check_failures: None,
            run_failures: None,
            workspace_kpis_runs_count: None,
            auto_destroy_status: None,
            last_assessment_result_at: None,
        },
        relationships: Relationships {
            organization: ToOne {
                data: Some(Identifier { id: organization_name.clone(), kind: "organizations" }),
                links: Some(related(organizations::path(organization_name))),
            },
            project: ToOne {
                data: Some(Identifier { id: project_id.to_string(), kind: "projects" }),
                links: Some(related(format!("/api/v2/projects/{project_id}"))),
            },
            agent_pool: agent_pool.as_ref().map_or_else(ToOne::none, |pool| ToOne::to("agent-pools", pool)),
            ssh_key: ssh_key.as_ref().map_or_else(ToOne::none, |key| ToOne::to("ssh-keys", key)),
            locked_by: match lock {
                // There is no user who would be the organization.
                Some(lock) if lock.holder != Holder::Organization => ToOne::to(lock.holder.kind(), &lock.holder_id),
                _ => ToOne::none(),
            },
            tags: ToMany::to("tags", tags.iter().map(|tag| &tag.id)),
            tag_bindings: Elsewhere { links: related(format!("{path}/tag-bindings")) },
            effective_tag_bindings: match bindings {
                None => Effective::Elsewhere(Elsewhere { links: effective_link(&path) }),
                Some(bindings) => Effective::Here(ToMany {
                    data: bindings
                        .iter()
                        .map(|effective| Identifier {
                            id: bindings::id(id.as_str(), &effective.binding),
                            kind: bindings::EFFECTIVE,
                        })
                        .collect(),
                    links: Some(effective_link(&path)),
                }),
            },
            remote_state_consumers: Elsewhere {
                links: related(format!("{path}/relationships/remote-state-consumers")),
            },
            current_run: ToOne::none(),
            latest_run: ToOne::none(),
            current_state_version: ToOne::none(),
            current_configuration_version: ToOne::none(),
            current_assessment_result: ToOne::none(),
            readme: ToOne::none(),
            outputs: ToMany { data: vec![], links: None },
            vars: ToMany::to("vars", variables.iter().filter(|_| access.allows(Action::SeeVariables))),
        },
        links: Some(Links {
            // By name, as go-tfe's tests want it.
            itself: format!("{}/workspaces/{}", organizations::path(organization_name), encode(name)),
            self_html: format!("/app/{}/workspaces/{}", encode(organization_name), encode(name)),
        }),
    }
}

/// A binding that is the project's says so, as a link and as a relationship: there are clients for either.
pub fn effective_binding(
    workspace: &Workspace,
    effective: &EffectiveTagBinding,
) -> Resource<bindings::Attributes, Origin, InheritedFrom> {
    let EffectiveTagBinding { workspace: _, binding, is_inherited } = effective;
    let Resource { id, kind, attributes, relationships: _, links: _ } =
        bindings::resource(workspace.id.as_str(), bindings::EFFECTIVE, binding);
    let (project, path) = (&workspace.project_id, format!("/api/v2/projects/{}", workspace.project_id));
    let inherited_from =
        is_inherited.then(|| ToOne { links: Some(related(path.clone())), ..ToOne::to(projects::KIND, project) });
    let links = is_inherited.then_some(InheritedFrom { inherited_from: path });
    Resource { id, kind, attributes, relationships: Origin { inherited_from }, links }
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Origin {
    #[serde(skip_serializing_if = "Option::is_none")]
    inherited_from: Option<ToOne>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct InheritedFrom {
    inherited_from: String,
}

pub fn path(workspace: &Workspace) -> String {
    format!("/api/v2/workspaces/{}", workspace.id)
}

fn effective_link(path: &str) -> crate::api::jsonapi::document::Related {
    related(format!("{path}/effective-tag-bindings"))
}

/// Beside other resources: those of the ids that there are, and no more than a whole list may have.
pub fn include<'a>(
    view: &View,
    resources: &mut Included,
    ids: impl Iterator<Item = &'a WorkspaceId>,
    access: OrganizationAccess,
) -> Result<()> {
    for workspace in view.workspaces_with_ids(ids.take(page::WHOLE_LIST as usize))? {
        resources.push(resource(&workspace, access, None));
    }
    Ok(())
}

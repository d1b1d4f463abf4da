//! An organization as clients see it.

use serde::Serialize;

use super::entitlement_sets;
use crate::api::jsonapi::document::{Elsewhere, Identifier, Resource, SelfLink, ToOne, related};
use crate::domain::access::{Action, OrganizationAccess};
use crate::domain::id::OrganizationId;
use crate::domain::organizations::options::{AuthPolicy, OrganizationOptions, OrganizationSettings};
use crate::domain::organizations::organization::Organization;
use crate::domain::timestamp::Timestamp;

pub const KIND: &str = "organizations";
pub const SUBSCRIPTIONS: &str = "subscriptions";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Attributes {
    name: String,
    external_id: String,
    created_at: Timestamp,
    email: String,
    user_tokens_enabled: bool,
    allow_force_delete_workspaces: bool,
    default_execution_mode: &'static str,
    #[serde(flatten)]
    settings: OrganizationSettings,
    #[serde(flatten)]
    fixed: Fixed,
    permissions: Permissions,
}

/// What is the same for every organization, because nothing is billed, limited or queued here.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Fixed {
    plan_identifier: &'static str,
    plan_expired: bool,
    plan_expires_at: Option<Timestamp>,
    plan_is_trial: bool,
    plan_is_enterprise: bool,
    trial_expires_at: Option<Timestamp>,
    is_unified: bool,
    fair_run_queuing_enabled: bool,
    saml_enabled: bool,
    /// There is no second factor here.
    two_factor_conformant: bool,
    remaining_testable_count: u32,
    is_in_degraded_mode: bool,
}

/// What the caller may do. False for what Bowline does not have, such as policies and public modules.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Permissions {
    can_traverse: bool,
    can_update: bool,
    can_destroy: bool,
    can_access_via_teams: bool,
    can_create_project: bool,
    can_create_team: bool,
    can_create_workspace: bool,
    can_manage_tags: bool,
    can_manage_users: bool,
    can_update_agent_pools: bool,
    can_update_api_token: bool,
    can_update_oauth: bool,
    can_update_ssh_keys: bool,
    can_create_module: bool,
    can_manage_run_tasks: bool,
    can_manage_sso: bool,
    can_manage_subscription: bool,
    can_manage_varsets: bool,
    can_read_varsets: bool,
    can_update_sentinel: bool,
    /// The same as `can-update-api-token`, as newer clients call it.
    can_update_authentication_token: bool,
    can_view_authentication: bool,
    can_view_users: bool,
    can_view_usage: bool,
    can_enable_stacks: bool,
    can_create_provider: bool,
    can_deploy_no_code_modules: bool,
    can_manage_assessments: bool,
    can_manage_custom_providers: bool,
    can_manage_no_code_modules: bool,
    can_manage_org_public_modules: bool,
    can_manage_org_public_providers: bool,
    can_manage_public_modules: bool,
    can_manage_public_providers: bool,
    can_read_assessments: bool,
    can_read_run_tasks: bool,
    can_view_explorer: bool,
}

impl Permissions {
    fn of(access: OrganizationAccess) -> Permissions {
        let may = |action| access.allows(action);
        Permissions {
            can_traverse: may(Action::SeeOrganization),
            can_update: may(Action::ManageOrganization),
            can_destroy: may(Action::ManageOrganization),
            can_access_via_teams: matches!(access, OrganizationAccess::Owner | OrganizationAccess::Member(_)),
            can_create_project: may(Action::ManageProjects),
            can_create_team: may(Action::ManageTeams),
            can_create_workspace: may(Action::ManageWorkspaces),
            can_manage_tags: may(Action::ManageWorkspaces),
            can_manage_users: may(Action::ManageMemberships),
            can_update_agent_pools: may(Action::ManageAgentPools),
            can_update_api_token: may(Action::ManageOrganizationToken),
            can_update_oauth: may(Action::ManageVcsConnections),
            can_update_ssh_keys: may(Action::ManageSshKeys),
            can_create_module: may(Action::ManageRegistryModules),
            can_manage_run_tasks: may(Action::ManageRunTasks),
            can_manage_sso: false,
            can_manage_subscription: false,
            can_manage_varsets: may(Action::ManageVariableSets),
            can_read_varsets: may(Action::SeeVariableSets),
            can_update_sentinel: may(Action::ManagePolicySets),
            can_update_authentication_token: may(Action::ManageOrganizationToken),
            can_view_authentication: may(Action::ManageOrganization),
            can_view_users: may(Action::SeeMemberships),
            can_view_usage: may(Action::ManageOrganization),
            can_enable_stacks: may(Action::ManageOrganization),
            can_create_provider: false,
            can_deploy_no_code_modules: false,
            can_manage_assessments: may(Action::ManageOrganization),
            can_manage_custom_providers: false,
            can_manage_no_code_modules: may(Action::ManageRegistryModules),
            can_manage_org_public_modules: false,
            can_manage_org_public_providers: false,
            can_manage_public_modules: false,
            can_manage_public_providers: false,
            can_read_assessments: false,
            can_read_run_tasks: may(Action::SeeRunTasks),
            can_view_explorer: false,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Relationships {
    authentication_token: Elsewhere,
    default_agent_pool: ToOne,
    default_project: ToOne,
    entitlement_set: ToOne,
    oauth_clients: Elsewhere,
    oauth_tokens: Elsewhere,
    stacks_default_agent_pool: ToOne,
    subscription: ToOne,
    workspaces: Elsewhere,
}

/// The relationship of what belongs to an organization.
pub fn linked(name: &str) -> ToOne {
    ToOne { links: Some(related(path(name))), ..ToOne::to(KIND, name) }
}

pub fn path(name: &str) -> String {
    format!("/api/v2/organizations/{name}")
}

/// The id of an organization's subscription, made of its own.
pub fn subscription_id(organization: &OrganizationId) -> String {
    let id = organization.as_str();
    format!("sub-{}", id.rsplit('-').next().unwrap_or(id))
}

pub fn resource(organization: &Organization, access: OrganizationAccess) -> Resource<Attributes, Relationships> {
    let Organization { number: _, external_id, name, email, created_at, options, default_project, default_agent_pool } =
        organization;
    let OrganizationOptions { user_tokens_enabled, allow_force_delete_workspaces, default_execution_mode, settings } =
        options;
    let path = path(name);
    let elsewhere = |what: &str| Elsewhere { links: related(format!("{path}/{what}")) };
    Resource {
        id: name.clone(),
        kind: KIND,
        attributes: Attributes {
            name: name.clone(),
            external_id: external_id.to_string(),
            created_at: *created_at,
            email: email.clone(),
            user_tokens_enabled: *user_tokens_enabled,
            allow_force_delete_workspaces: *allow_force_delete_workspaces,
            default_execution_mode: default_execution_mode.name(),
            settings: settings.clone(),
            fixed: Fixed {
                plan_identifier: "business",
                plan_expired: false,
                plan_expires_at: None,
                plan_is_trial: false,
                plan_is_enterprise: false,
                trial_expires_at: None,
                is_unified: false,
                fair_run_queuing_enabled: false,
                saml_enabled: false,
                two_factor_conformant: settings.collaborator_auth_policy == AuthPolicy::Password,
                remaining_testable_count: 5,
                is_in_degraded_mode: false,
            },
            permissions: Permissions::of(access),
        },
        relationships: Relationships {
            authentication_token: elsewhere("authentication-token"),
            default_agent_pool: default_agent_pool.as_ref().map_or_else(ToOne::none, |id| ToOne {
                data: Some(Identifier { id: id.to_string(), kind: "agent-pools" }),
                links: Some(related(format!("/api/v2/agent-pools/{id}"))),
            }),
            default_project: ToOne {
                data: Some(Identifier { id: default_project.to_string(), kind: "projects" }),
                links: Some(related(format!("/api/v2/projects/{default_project}"))),
            },
            entitlement_set: ToOne {
                data: Some(Identifier { id: external_id.to_string(), kind: entitlement_sets::KIND }),
                links: Some(related(format!("{path}/entitlement-set"))),
            },
            oauth_clients: elsewhere("oauth-clients"),
            oauth_tokens: elsewhere("oauth-tokens"),
            stacks_default_agent_pool: ToOne::none(),
            subscription: ToOne {
                links: Some(related(format!("{path}/subscription"))),
                ..ToOne::to(SUBSCRIPTIONS, subscription_id(external_id))
            },
            workspaces: elsewhere("workspaces"),
        },
        links: Some(SelfLink { itself: path.clone() }),
    }
}

//! Organizations on the wire. Their id is their name.

pub mod agent_pools;
pub mod agent_tokens;
pub mod empty_lists;
pub mod entitlement_sets;
pub mod feature_sets;
pub mod memberships;
pub mod ssh_keys;
pub mod subscriptions;
pub mod tokens;

use serde::Serialize;

use super::jsonapi::document;
use super::jsonapi::document::{Elsewhere, Identifier, Included, Resource, SelfLink, ToOne, related};
use super::jsonapi::input::Input;
use super::jsonapi::page;
use super::projects;
use crate::app::{Cx, no_input};
use crate::domain::access::{Action, OrganizationAccess};
use crate::domain::error::{Problems, Result};
use crate::domain::field::Field;
use crate::domain::organizations::execution_mode::ExecutionMode;
use crate::domain::organizations::options::{
    AuthPolicy, OrganizationOptions, OrganizationOptionsChange, OrganizationSettings, StacksExecutionMode,
};
use crate::domain::organizations::organization::{
    GivenPool, NewOrganization, Organization, OrganizationChange, OrganizationSearch,
};
use crate::domain::page::Listed;
use crate::domain::timestamp::Timestamp;
use crate::http::query;
use crate::http::reply::Reply;

pub const KIND: &str = "organizations";

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

/// What the caller may do. False for what Bowline does not have, such as policies and modules.
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
            can_create_module: false,
            can_manage_run_tasks: may(Action::ManageRunTasks),
            can_manage_sso: false,
            can_manage_subscription: false,
            can_manage_varsets: may(Action::ManageVariableSets),
            can_read_varsets: may(Action::SeeVariableSets),
            can_update_sentinel: false,
            can_update_authentication_token: may(Action::ManageOrganizationToken),
            can_view_authentication: may(Action::ManageOrganization),
            can_view_users: may(Action::SeeMemberships),
            can_view_usage: may(Action::ManageOrganization),
            can_enable_stacks: may(Action::ManageOrganization),
            can_create_provider: false,
            can_deploy_no_code_modules: false,
            can_manage_assessments: may(Action::ManageOrganization),
            can_manage_custom_providers: false,
            can_manage_no_code_modules: false,
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

/// `GET /organizations`: the caller's own, but for those that do not take the caller's kind of token. `q`, `q[name]`
/// and `q[email]` keep those that have it in their name or address.
pub fn index(cx: &Cx) -> Result<Reply> {
    let text = |name| cx.request.query(name).unwrap_or_default().to_owned();
    let search = OrganizationSearch { either: text("q"), name: text("q[name]"), email: text("q[email]") };
    let (requested, list) = cx.read(|view, caller| {
        let requested = page::requested(cx.request)?;
        Ok((requested, page::fetch(requested, |page| view.organizations_of(caller, &search, page))?))
    })?;
    let mut included = cx.request.query("include").map(|_| Included::default());
    if let Some(included) = &mut included
        && query::lists(cx.request, "include", "subscription")
    {
        list.items.iter().for_each(|(organization, _)| included.push(subscriptions::resource(organization)));
    }
    let items = list.items.iter().map(|(organization, access)| resource(organization, *access)).collect();
    Ok(page::whole_including(cx, requested, Listed { items, total: list.total }, included))
}

/// `GET /organizations/:organization`. `NotFound` for who is not in it. Who may not see projects gets none included.
pub fn show(cx: &Cx) -> Result<Reply> {
    let name = cx.parameter("organization");
    let includes = |what| query::lists(cx.request, "include", what);
    let (organization, access, project) = cx.read(|view, caller| {
        let (organization, access) = view.organization_and_access(caller, name, Action::SeeOrganization)?;
        let is_seen = includes("default_project") && access.allows(Action::SeeProjects);
        let project = is_seen.then(|| view.project(&organization.default_project)).transpose()?;
        Ok((organization, access, project))
    })?;
    let mut included = cx.request.query("include").map(|_| Included::default());
    if let Some(included) = &mut included {
        if let Some(project) = &project {
            included.push(projects::resource(project, access, None));
        }
        if includes("entitlement_set") {
            included.push(entitlement_sets::resource(&organization.external_id));
        }
        if includes("subscription") {
            included.push(subscriptions::resource(&organization));
        }
    }
    Ok(document::one_including(resource(&organization, access), included))
}

/// `POST /organizations`. The caller becomes its first owner; `NotFound` for tokens that are not a person's, `Invalid`
/// on what is wrong.
pub fn create(cx: &Cx) -> Result<Reply> {
    let organization = cx.change(
        |_, caller| caller.may_create_organizations().cloned(),
        |_| {
            let mut input = Input::read(cx, KIND)?;
            let (name, email) = (input.text("name"), input.text("email"));
            let (options, pool) = (options(&mut input), default_agent_pool(&mut input));
            let new = NewOrganization::check(name, email, options, pool, &mut input.problems);
            input.finish().map(|()| new)
        },
        |change, owner, new| change.create_organization(new, &owner),
    )?;
    let path = path(&organization.name);
    Ok(document::created(resource(&organization, OrganizationAccess::Owner), path))
}

/// `PATCH /organizations/:organization`. What is absent stays, options that are null become what they are in a new
/// organization. Another name is another id, at once and everywhere. `Invalid` as for creation.
pub fn update(cx: &Cx) -> Result<Reply> {
    let organization = cx.change(
        cx.organization(Action::ManageOrganization),
        |current| {
            let mut input = Input::read(cx, KIND)?;
            input.must_be(&current.name);
            let (name, email) = (input.text("name"), input.text("email"));
            let (options, pool) = (options(&mut input), default_agent_pool(&mut input));
            let update = OrganizationChange::check(name, email, options, pool, &mut input.problems);
            input.finish().map(|()| update)
        },
        |change, organization, update| change.update_organization(&organization, update),
    )?;
    // Only owners may do this.
    Ok(document::one(resource(&organization, OrganizationAccess::Owner)))
}

/// `DELETE /organizations/:organization`, with everything in it: 204.
pub fn delete(cx: &Cx) -> Result<Reply> {
    let find = cx.organization(Action::ManageOrganization);
    cx.change(find, no_input, |change, organization, ()| change.delete_organization(&organization))?;
    Ok(Reply::no_content())
}

fn options(input: &mut Input) -> OrganizationOptionsChange {
    let (mode, policy) = (input.text("default-execution-mode"), input.text("collaborator-auth-policy"));
    let stacks_mode = input.text("stacks-default-execution-mode");
    OrganizationOptionsChange {
        user_tokens_enabled: input.flag("user-tokens-enabled"),
        allow_force_delete_workspaces: input.flag("allow-force-delete-workspaces"),
        default_execution_mode: one_of(
            mode,
            ExecutionMode::from_name,
            ("default-execution-mode", "remote, local or agent"),
            &mut input.problems,
        ),
        collaborator_auth_policy: one_of(
            policy,
            AuthPolicy::from_name,
            ("collaborator-auth-policy", "password or two_factor_mandatory"),
            &mut input.problems,
        ),
        session_timeout: input.whole_number("session-timeout"),
        session_remember: input.whole_number("session-remember"),
        owners_team_saml_role_id: input.text("owners-team-saml-role-id"),
        cost_estimation_enabled: input.flag("cost-estimation-enabled"),
        send_passing_statuses_for_untriggered_speculative_plans: input
            .flag("send-passing-statuses-for-untriggered-speculative-plans"),
        aggregated_commit_status_enabled: input.flag("aggregated-commit-status-enabled"),
        speculative_plan_management_enabled: input.flag("speculative-plan-management-enabled"),
        assessments_enforced: input.flag("assessments-enforced"),
        enforce_hyok: input.flag("enforce-hyok"),
        stacks_enabled: input.flag("stacks-enabled"),
        max_ttl_enabled: input.flag("max-ttl-enabled"),
        stacks_default_execution_mode: one_of(
            stacks_mode,
            StacksExecutionMode::from_name,
            ("stacks-default-execution-mode", "remote or agent"),
            &mut input.problems,
        ),
    }
}

/// A text that stands for one of a few things; `told` is its name and what it may be.
fn one_of<T>(
    text: Field<String>,
    find: fn(&str) -> Option<T>,
    told: (&str, &str),
    problems: &mut Problems,
) -> Field<T> {
    match text {
        Field::Absent => Field::Absent,
        Field::Null => Field::Null,
        Field::Value(text) => match find(&text) {
            Some(value) => Field::Value(value),
            None => {
                problems.attribute(told.0, format!("`{}` must be {}.", told.0, told.1));
                Field::Absent
            }
        },
    }
}

/// As a relationship or, as the documentation has it, as an attribute.
fn default_agent_pool(input: &mut Input) -> GivenPool {
    let related = input.linked("default-agent-pool", "agent-pools");
    let id = match input.text("default-agent-pool-id") {
        Field::Value(id) if id.is_empty() => Field::Null,
        given => given,
    };
    match (related, id) {
        (Field::Absent, id @ (Field::Null | Field::Value(_))) => {
            GivenPool { id, pointer: "/data/attributes/default-agent-pool-id" }
        }
        (id, _) => GivenPool { id, pointer: "/data/relationships/default-agent-pool/data" },
    }
}

/// The relationship of what belongs to an organization.
pub fn linked(name: &str) -> ToOne {
    ToOne { links: Some(related(path(name))), ..ToOne::to(KIND, name) }
}

pub fn path(name: &str) -> String {
    format!("/api/v2/organizations/{name}")
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
                ..ToOne::to(subscriptions::KIND, subscriptions::id(external_id))
            },
            workspaces: elsewhere("workspaces"),
        },
        links: Some(SelfLink { itself: path.clone() }),
    }
}

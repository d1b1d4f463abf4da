//! What an organization is entitled to: nothing is licensed here, so that is what Bowline has.

use serde::Serialize;

use crate::api::jsonapi::document;
use crate::api::jsonapi::document::{NoRelationships, Resource, SelfLink};
use crate::app::Cx;
use crate::domain::access::Action;
use crate::domain::error::{Error, Result};
use crate::domain::id::OrganizationId;
use crate::http::reply::Reply;

pub const KIND: &str = "entitlement-sets";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Attributes {
    agents: bool,
    audit_logging: bool,
    configuration_designer: bool,
    cost_estimation: bool,
    global_run_tasks: bool,
    module_tests_generation: bool,
    operations: bool,
    policy_enforcement: bool,
    private_module_registry: bool,
    private_policy_agents: bool,
    private_run_tasks: bool,
    private_vcs: bool,
    run_tasks: bool,
    self_serve_billing: bool,
    sentinel: bool,
    sso: bool,
    state_storage: bool,
    teams: bool,
    usage_reporting: bool,
    vcs_integrations: bool,
    waypoint_actions: bool,
    waypoint_templates_and_addons: bool,
    // Null: no limit.
    policy_limit: Option<u32>,
    policy_mandatory_enforcement_limit: Option<u32>,
    policy_set_limit: Option<u32>,
    run_task_limit: Option<u32>,
    run_task_mandatory_enforcement_limit: Option<u32>,
    run_task_workspace_limit: Option<u32>,
    user_limit: Option<u32>,
    versioned_policy_set_limit: Option<u32>,
}

/// `GET /organizations/:organization/entitlement-set`, for everybody who sees the organization.
pub fn show_of_organization(cx: &Cx) -> Result<Reply> {
    let organization = cx.read(cx.organization(Action::SeeOrganization))?;
    Ok(document::one(resource(&organization.external_id)))
}

/// `GET /entitlement-sets/:entitlement_set`, where the links of the former lead.
pub fn show(cx: &Cx) -> Result<Reply> {
    let id = cx.parameter("entitlement_set");
    let organization = cx.read(|view, caller| {
        let organization = view.organization_with_id(&OrganizationId::parse(id)?)?.ok_or_else(Error::not_found)?;
        view.organization_access(caller, organization.number)?.may(Action::SeeOrganization)?;
        Ok(organization)
    })?;
    Ok(document::one(resource(&organization.external_id)))
}

/// An entitlement set has its organization's external id.
pub fn resource(organization: &OrganizationId) -> Resource<Attributes, NoRelationships> {
    Resource {
        id: organization.to_string(),
        kind: KIND,
        attributes: Attributes {
            agents: true,
            // The command line's `cloud` block looks for this one.
            operations: true,
            private_vcs: true,
            teams: true,
            vcs_integrations: true,
            audit_logging: true,
            configuration_designer: false,
            cost_estimation: false,
            global_run_tasks: true,
            module_tests_generation: false,
            policy_enforcement: false,
            private_module_registry: true,
            private_policy_agents: false,
            private_run_tasks: false,
            run_tasks: true,
            self_serve_billing: false,
            sentinel: false,
            sso: false,
            state_storage: false,
            usage_reporting: false,
            waypoint_actions: false,
            waypoint_templates_and_addons: false,
            policy_limit: None,
            policy_mandatory_enforcement_limit: None,
            policy_set_limit: None,
            run_task_limit: None,
            run_task_mandatory_enforcement_limit: None,
            run_task_workspace_limit: None,
            user_limit: None,
            versioned_policy_set_limit: None,
        },
        relationships: NoRelationships {},
        links: Some(SelfLink { itself: format!("/api/v2/entitlement-sets/{organization}") }),
    }
}

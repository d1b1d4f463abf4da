//! What an organization is entitled to: nothing is licensed here, so that is what Bowline has.

use serde::{Serialize, Serializer};

use crate::api::jsonapi::document;
use crate::api::jsonapi::document::{NoRelationships, Resource, SelfLink};
use crate::app::Cx;
use crate::domain::access::Action;
use crate::domain::error::{Error, Result};
use crate::domain::id::OrganizationId;
use crate::http::reply::Reply;

pub const KIND: &str = "entitlement-sets";

pub struct Attributes;

const HAS: [(&str, bool); 22] = [
    ("agents", true),
    ("audit-logging", true),
    ("configuration-designer", false),
    ("cost-estimation", false),
    ("global-run-tasks", true),
    ("module-tests-generation", false),
    // The command line's `cloud` block looks for this one.
    ("operations", true),
    ("policy-enforcement", false),
    ("private-module-registry", true),
    ("private-policy-agents", false),
    ("private-run-tasks", false),
    ("private-vcs", true),
    ("run-tasks", true),
    ("self-serve-billing", false),
    ("sentinel", false),
    ("sso", false),
    ("state-storage", false),
    ("teams", true),
    ("usage-reporting", false),
    ("vcs-integrations", true),
    ("waypoint-actions", false),
    ("waypoint-templates-and-addons", false),
];
/// Null: there is no limit.
const LIMITS: [&str; 8] = [
    "policy-limit",
    "policy-mandatory-enforcement-limit",
    "policy-set-limit",
    "run-task-limit",
    "run-task-mandatory-enforcement-limit",
    "run-task-workspace-limit",
    "user-limit",
    "versioned-policy-set-limit",
];

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let limits = LIMITS.map(|name| (name, None));
        serializer.collect_map(HAS.map(|(name, has)| (name, Some(has))).into_iter().chain(limits))
    }
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
        attributes: Attributes,
        relationships: NoRelationships {},
        links: Some(SelfLink { itself: format!("/api/v2/entitlement-sets/{organization}") }),
    }
}

//! The subscription of an organization. Nothing is licensed here: there is one for everybody, without limit and end.

use serde::Serialize;

use super::feature_sets;
use super::resource::{SUBSCRIPTIONS, linked, subscription_id};
use crate::api::jsonapi::document;
use crate::api::jsonapi::document::{Resource, ToOne};
use crate::api::jsonapi::input::Input;
use crate::app::Cx;
use crate::domain::access::Action;
use crate::domain::error::{Error, Result};
use crate::domain::field::Field;
use crate::domain::organizations::feature_set;
use crate::domain::organizations::organization::Organization;
use crate::domain::timestamp::Timestamp;
use crate::http::reply::Reply;

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Attributes {
    is_active: bool,
    is_public_free_tier: bool,
    is_self_serve_trial: bool,
    start_at: Timestamp,
    // Null: never, and no limit.
    end_at: Option<Timestamp>,
    contract_start_at: Option<Timestamp>,
    agents_ceiling: Option<u32>,
    runs_ceiling: Option<u32>,
    contract_apply_limit: Option<u32>,
    contract_managed_resources_limit: Option<u32>,
    contract_user_limit: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Relationships {
    feature_set: ToOne,
    organization: ToOne,
}

/// `GET /organizations/:organization/subscription`, for everybody who sees the organization.
pub fn show(cx: &Cx) -> Result<Reply> {
    let organization = cx.read(cx.organization(Action::SeeOrganization))?;
    Ok(document::one(resource(&organization)))
}

/// `POST /admin/organizations/:organization/subscription`. It changes nothing: whatever a client would have an
/// organization subscribe to, it has already. The document is read as strictly as if it mattered, and answered by the
/// subscription that there is. `NotFound` for who does not administer the site.
pub fn update(cx: &Cx) -> Result<Reply> {
    let name = cx.parameter("organization");
    let organization = cx.read(|view, caller| {
        caller.may_administer_the_site()?;
        view.organization_named(name)?.ok_or_else(Error::not_found)
    })?;
    let mut input = Input::read(cx, "subscription")?;
    for limit in [
        "agents-ceiling",
        "runs-ceiling",
        "contract-apply-limit",
        "contract-managed-resources-limit",
        "contract-user-limit",
    ] {
        if matches!(input.whole_number(limit), Field::Value(number) if number < 0) {
            input.problems.attribute(limit, format!("`{limit}` must not be negative."));
        }
    }
    for instant in ["contract-start-at", "end-at"] {
        if matches!(input.text(instant), Field::Value(text) if text.parse::<jiff::Timestamp>().is_err()) {
            input.problems.attribute(instant, format!("`{instant}` must be an instant as in RFC 3339."));
        }
    }
    let is_known = |id: &str| feature_set::ALL.iter().any(|set| set.id == id);
    if !matches!(input.linked("feature-set", feature_sets::KIND), Field::Value(id) if is_known(&id)) {
        input.problems.at("/data/relationships/feature-set/data", "Unknown feature set.");
    }
    input.finish()?;
    Ok(document::one(resource(&organization)))
}

pub fn resource(organization: &Organization) -> Resource<Attributes, Relationships> {
    Resource {
        id: subscription_id(&organization.external_id),
        kind: SUBSCRIPTIONS,
        attributes: Attributes {
            is_active: true,
            is_public_free_tier: false,
            is_self_serve_trial: false,
            start_at: organization.created_at,
            end_at: None,
            contract_start_at: None,
            agents_ceiling: None,
            runs_ceiling: None,
            contract_apply_limit: None,
            contract_managed_resources_limit: None,
            contract_user_limit: None,
        },
        relationships: Relationships {
            feature_set: ToOne::to(feature_sets::KIND, feature_set::ALL[0].id),
            organization: linked(&organization.name),
        },
        links: None,
    }
}

//! Organizations on the wire. Their id is their name.

pub mod empty_lists;
pub mod entitlement_sets;
pub mod feature_sets;
mod resource;
pub mod ssh_keys;
pub mod subscriptions;
pub mod tokens;

pub use resource::{KIND, linked, path, resource};

use super::jsonapi::document;
use super::jsonapi::document::Included;
use super::jsonapi::input::Input;
use super::jsonapi::page;
use super::projects;
use crate::app::{Cx, no_input};
use crate::domain::access::{Action, OrganizationAccess};
use crate::domain::error::Result;
use crate::domain::field::Field;
use crate::domain::organizations::execution_mode::ExecutionMode;
use crate::domain::organizations::options::{AuthPolicy, OrganizationOptionsChange, StacksExecutionMode};
use crate::domain::organizations::organization::{GivenPool, NewOrganization, OrganizationChange, OrganizationSearch};
use crate::http::query;
use crate::http::reply::Reply;

/// `GET /organizations`: the caller's own, but for those that do not take the caller's kind of token. `q`, `q[name]`
/// and `q[email]` keep those that have it in their name or address.
pub fn index(cx: &Cx) -> Result<Reply> {
    let text = |name| cx.request.query(name).unwrap_or_default().to_owned();
    let search = OrganizationSearch { either: text("q"), name: text("q[name]"), email: text("q[email]") };
    let (requested, list) = cx.read(|view, caller| {
        let requested = page::requested(cx.request)?;
        Ok((requested, page::fetch(requested, |page| view.organizations_of(caller, &search, page))?))
    })?;
    let mut included = Included::asked_for(cx.request);
    if let Some(included) = &mut included
        && query::lists(cx.request, "include", "subscription")
    {
        list.items.iter().for_each(|(organization, _)| included.push(subscriptions::resource(organization)));
    }
    let list = list.map(|(organization, access)| resource(organization, *access));
    Ok(page::whole_including(cx, requested, list, included))
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
    let mut included = Included::asked_for(cx.request);
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
        default_execution_mode: mode.one_of(
            ExecutionMode::from_name,
            ("default-execution-mode", "remote, local or agent"),
            &mut input.problems,
        ),
        collaborator_auth_policy: policy.one_of(
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
        stacks_default_execution_mode: stacks_mode.one_of(
            StacksExecutionMode::from_name,
            ("stacks-default-execution-mode", "remote or agent"),
            &mut input.problems,
        ),
    }
}

/// As a relationship or, as the documentation has it, as an attribute.
fn default_agent_pool(input: &mut Input) -> GivenPool {
    let related = input.linked("default-agent-pool", "agent-pools");
    let id = match input.text("default-agent-pool-id") {
        Field::Value(id) if id.is_empty() => Field::Null,
        given => given,
    };
    let attribute = "/data/attributes/default-agent-pool-id";
    match (related, id) {
        (Field::Absent, id) if id.is_given() || input.problems.is_at(attribute) => GivenPool { id, pointer: attribute },
        (id, _) => GivenPool { id, pointer: "/data/relationships/default-agent-pool/data" },
    }
}

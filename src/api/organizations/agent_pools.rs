//! Agent pools on the wire.

use serde::Serialize;

use crate::api::jsonapi::document;
use crate::api::jsonapi::document::{Elsewhere, Identifier, Included, Resource, SelfLink, ToMany, ToOne, related};
use crate::api::jsonapi::input::Input;
use crate::api::jsonapi::page;
use crate::api::{organizations, projects, workspaces};
use crate::app::Cx;
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::error::Result;
use crate::domain::id::AgentPoolId;
use crate::domain::organizations::agent_pool::{
    AgentPool, AgentPoolChange, AgentPoolFilter, AgentPoolOrder, AgentPoolScope, NewAgentPool,
};
use crate::domain::page::Listed;
use crate::domain::timestamp::Timestamp;
use crate::http::query;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::store::View;

const KIND: &str = "agent-pools";
const OF_WORKSPACES: &str = "filter[allowed_workspaces][name]";
const OF_PROJECTS: &str = "filter[allowed_projects][name]";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Attributes {
    name: String,
    created_at: Timestamp,
    organization_scoped: bool,
    /// No agent ever connects.
    agent_count: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Relationships {
    organization: ToOne,
    agents: Elsewhere,
    authentication_tokens: Elsewhere,
    workspaces: ToMany,
    allowed_workspaces: ToMany,
    allowed_projects: ToMany,
    excluded_workspaces: ToMany,
}

fn find(view: &View, caller: &Caller, id: &str, action: Action) -> Result<(AgentPool, OrganizationAccess)> {
    let pool = view.agent_pool(&AgentPoolId::parse(id)?)?;
    let access = view.organization_access(caller, pool.organization)?;
    access.may(action)?;
    Ok((pool, access))
}

/// `GET /organizations/:organization/agent-pools`, by the page. The filters ask for pools that a workspace or project of
/// that name may use, and find nothing for who may not see those.
pub fn index(cx: &Cx, request: &Request) -> Result<Reply> {
    let name = request.parameter("organization");
    let (page, access, list, included) = cx.read(request, |view, caller| {
        let (organization, access) = view.organization_and_access(caller, name, Action::SeeAgentPools)?;
        let page = page::requested(request)?.unwrap_or_default();
        let filter = filter(request);
        let asks_too_much = (filter.workspace.is_some() && !access.allows(Action::SeeWorkspaces))
            || (filter.project.is_some() && !access.allows(Action::SeeProjects));
        let list = if asks_too_much {
            Listed { items: vec![], total: 0 }
        } else {
            view.agent_pools(organization.number, &filter, page)?
        };
        let included = included(view, request, &list.items, access)?;
        Ok((page, access, list, included))
    })?;
    let items = list.items.iter().map(|pool| resource(pool, access)).collect();
    let list = Listed { items, total: list.total };
    Ok(page::paged_including(request, &cx.app.public_url, page, list, included))
}

/// `GET /agent-pools/:agent_pool`.
pub fn show(cx: &Cx, request: &Request) -> Result<Reply> {
    let id = request.parameter("agent_pool");
    let (pool, access, included) = cx.read(request, |view, caller| {
        let (pool, access) = find(view, caller, id, Action::SeeAgentPools)?;
        let included = included(view, request, std::slice::from_ref(&pool), access)?;
        Ok((pool, access, included))
    })?;
    Ok(document::one_including(resource(&pool, access), included))
}

/// The workspaces that use the pools, for who may see workspaces: the first thousand, so that no document grows without
/// bound. Clients know `hyok-configurations` too, of which there are none.
fn included(
    view: &View,
    request: &Request,
    pools: &[AgentPool],
    access: OrganizationAccess,
) -> Result<Option<Included>> {
    let mut included = request.query("include").map(|_| Included::default());
    if let Some(included) = &mut included
        && query::lists(request, "include", "workspaces")
        && access.allows(Action::SeeWorkspaces)
    {
        for workspace in view.workspaces_of_pools(pools, page::WHOLE_LIST)? {
            included.push(workspaces::resource(&workspace, access, None));
        }
    }
    Ok(included)
}

/// `POST /organizations/:organization/agent-pools`. `Invalid` with everything that is wrong.
pub fn create(cx: &Cx, request: &Request) -> Result<Reply> {
    let name = request.parameter("organization").to_owned();
    let caller = cx.read(request, |view, caller| {
        view.organization_for(caller, &name, Action::ManageAgentPools)?;
        Ok(caller.clone())
    })?;
    let mut input = Input::read(request, KIND)?;
    let (name_field, is_scoped) = (input.text("name"), input.flag("organization-scoped"));
    let scope = scope(&mut input);
    let new = NewAgentPool::check(name_field, is_scoped, scope, &mut input.problems);
    input.finish()?;
    let (pool, access) = cx.write(caller, move |change, caller| {
        let (organization, access) = change.organization_and_access(caller, &name, Action::ManageAgentPools)?;
        Ok((change.create_agent_pool(&organization, &new)?, access))
    })?;
    let path = format!("/api/v2/agent-pools/{}", pool.id);
    Ok(document::created(resource(&pool, access), path))
}

/// `PATCH /agent-pools/:agent_pool`. A relationship that is given replaces what there is. `Invalid` as for creation.
pub fn update(cx: &Cx, request: &Request) -> Result<Reply> {
    let id = request.parameter("agent_pool").to_owned();
    let caller = cx.read(request, |view, caller| {
        find(view, caller, &id, Action::ManageAgentPools)?;
        Ok(caller.clone())
    })?;
    let mut input = Input::read(request, KIND)?;
    input.must_be(&id);
    let (name, is_scoped) = (input.text("name"), input.flag("organization-scoped"));
    let scope = scope(&mut input);
    let update = AgentPoolChange::check(name, is_scoped, scope, &mut input.problems);
    input.finish()?;
    let (pool, access) = cx.write(caller, move |change, caller| {
        let (pool, access) = find(change, caller, &id, Action::ManageAgentPools)?;
        Ok((change.update_agent_pool(&pool, &update)?, access))
    })?;
    Ok(document::one(resource(&pool, access)))
}

/// `DELETE /agent-pools/:agent_pool`: 204. `Conflict` while something uses it.
pub fn delete(cx: &Cx, request: &Request) -> Result<Reply> {
    let id = request.parameter("agent_pool").to_owned();
    let caller = cx.read(request, |_, caller| Ok(caller.clone()))?;
    cx.remove(caller, move |change, caller| {
        let (pool, _) = find(change, caller, &id, Action::ManageAgentPools)?;
        change.delete_agent_pool(&pool)
    })?;
    Ok(Reply::no_content())
}

fn filter(request: &Request) -> AgentPoolFilter {
    let given = |name| request.query(name).filter(|value| !value.is_empty()).map(str::to_owned);
    let sorts = |by| query::lists(request, "sort", by);
    AgentPoolFilter {
        part: request.query("q").unwrap_or_default().to_owned(),
        workspace: given(OF_WORKSPACES),
        project: given(OF_PROJECTS),
        order: if sorts("-created-at") {
            AgentPoolOrder::CreatedDescending
        } else if sorts("name") {
            AgentPoolOrder::Name
        } else if sorts("-name") {
            AgentPoolOrder::NameDescending
        } else {
            AgentPoolOrder::Created
        },
    }
}

fn scope(input: &mut Input) -> AgentPoolScope {
    AgentPoolScope {
        allowed_workspaces: input.all_linked("allowed-workspaces", "workspaces").value(),
        allowed_projects: input.all_linked("allowed-projects", projects::KIND).value(),
        excluded_workspaces: input.all_linked("excluded-workspaces", "workspaces").value(),
    }
}

/// Names no workspaces and projects to who may not see them.
fn resource(pool: &AgentPool, access: OrganizationAccess) -> Resource<Attributes, Relationships> {
    let AgentPool {
        number: _,
        id,
        organization: _,
        organization_id: _,
        organization_name,
        name,
        organization_scoped,
        created_at,
        workspaces,
        allowed_workspaces,
        allowed_projects,
        excluded_workspaces,
    } = pool;
    let sees_workspaces = access.allows(Action::SeeWorkspaces);
    let sees_projects = access.allows(Action::SeeProjects);
    let itself = format!("/api/v2/agent-pools/{id}");
    Resource {
        id: id.to_string(),
        kind: KIND,
        attributes: Attributes {
            name: name.clone(),
            created_at: *created_at,
            organization_scoped: *organization_scoped,
            agent_count: 0,
        },
        relationships: Relationships {
            organization: ToOne {
                data: Some(Identifier { id: organization_name.clone(), kind: "organizations" }),
                links: Some(related(organizations::path(organization_name))),
            },
            agents: Elsewhere { links: related(format!("{itself}/agents")) },
            authentication_tokens: Elsewhere { links: related(format!("{itself}/authentication-tokens")) },
            workspaces: ToMany::to("workspaces", workspaces.iter().filter(|_| sees_workspaces)),
            allowed_workspaces: ToMany::to("workspaces", allowed_workspaces.iter().filter(|_| sees_workspaces)),
            allowed_projects: ToMany::to(projects::KIND, allowed_projects.iter().filter(|_| sees_projects)),
            excluded_workspaces: ToMany::to("workspaces", excluded_workspaces.iter().filter(|_| sees_workspaces)),
        },
        links: Some(SelfLink { itself }),
    }
}

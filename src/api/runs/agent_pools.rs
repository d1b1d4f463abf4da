//! Agent pools on the wire.

use serde::Serialize;

use crate::api::jsonapi::crud::{Changeable, Plain};
use crate::api::jsonapi::document::{Elsewhere, Included, ToMany, ToOne, related};
use crate::api::jsonapi::input::Input;
use crate::api::jsonapi::page;
use crate::api::{organizations, projects, workspaces};
use crate::app::Cx;
use crate::domain::access::{Action, OrganizationAccess};
use crate::domain::error::Result;
use crate::domain::id::AgentPoolId;
use crate::domain::identity::Identity;
use crate::domain::organizations::agent_pool::{
    AgentPool, AgentPoolChange, AgentPoolFilter, AgentPoolOrder, AgentPoolScope, NewAgentPool,
};
use crate::domain::organizations::organization::Organization;
use crate::domain::page::{Listed, Page};
use crate::domain::timestamp::Timestamp;
use crate::http::query;
use crate::http::request::Request;
use crate::store::{Change, View};

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

impl Plain for AgentPool {
    const KIND: &'static str = "agent-pools";
    const PARAMETER: &'static str = "agent_pool";
    const SEE: Action = Action::SeeAgentPools;
    const MANAGE: Action = Action::ManageAgentPools;
    const IS_SHORT: bool = false;

    type Parent = Organization;
    type New = NewAgentPool;

    /// Filters by workspaces and projects find nothing for a caller who may not see those.
    fn list(
        view: &View,
        cx: &Cx,
        organization: &Organization,
        access: OrganizationAccess,
        page: Page,
    ) -> Result<Listed<AgentPool>> {
        let filter = filter(cx.request);
        let asks_too_much = (filter.workspace.is_some() && !access.allows(Action::SeeWorkspaces))
            || (filter.project.is_some() && !access.allows(Action::SeeProjects));
        if asks_too_much {
            return Ok(Listed { items: vec![], total: 0 });
        }
        view.agent_pools(organization.number, &filter, page)
    }

    /// The workspaces that use the pools, for callers who may see workspaces: the first thousand, so that no document
    /// grows without bound. Clients know `hyok-configurations` too, of which there are none.
    fn included(view: &View, cx: &Cx, pools: &[AgentPool], access: OrganizationAccess) -> Result<Option<Included>> {
        let mut included = Included::asked_for(cx.request);
        if let Some(included) = &mut included
            && query::lists(cx.request, "include", "workspaces")
            && access.allows(Action::SeeWorkspaces)
        {
            for workspace in view.workspaces_of_pools(pools, page::WHOLE_LIST)? {
                included.push(workspaces::resource(&workspace, access, None));
            }
        }
        Ok(included)
    }

    fn read_new(_: &Cx, mut input: Input, _: &Organization, _: &AgentPoolId) -> Result<NewAgentPool> {
        let (name, is_scoped) = (input.text("name"), input.flag("organization-scoped"));
        let scope = scope(&mut input);
        let new = NewAgentPool::check(name, is_scoped, scope, &mut input.problems);
        input.finish().map(|()| new)
    }

    fn create(change: &Change, of: &Organization, id: &AgentPoolId, new: &NewAgentPool) -> Result<AgentPool> {
        change.create_agent_pool(of, id, new)
    }

    /// `Conflict` while something uses it.
    fn delete(change: &Change, current: &AgentPool) -> Result<()> {
        change.delete_agent_pool(current)
    }

    fn attributes(&self, _: OrganizationAccess) -> impl Serialize {
        Attributes {
            name: self.name.clone(),
            created_at: self.created_at,
            organization_scoped: self.organization_scoped,
            agent_count: 0,
        }
    }

    /// Names no workspaces and projects to callers who may not see them.
    fn relationships(&self, access: OrganizationAccess) -> impl Serialize {
        relationships(self, access)
    }
}

impl Changeable for AgentPool {
    type Change = AgentPoolChange;

    /// A relationship that is given replaces the present one.
    fn read_change(_: &Cx, mut input: Input, _: &AgentPool) -> Result<AgentPoolChange> {
        let (name, is_scoped) = (input.text("name"), input.flag("organization-scoped"));
        let scope = scope(&mut input);
        let change = AgentPoolChange::check(name, is_scoped, scope, &mut input.problems);
        input.finish().map(|()| change)
    }

    fn update(change: &Change, current: &AgentPool, update: &AgentPoolChange) -> Result<AgentPool> {
        change.update_agent_pool(current, update)
    }
}

fn filter(request: &Request) -> AgentPoolFilter {
    let given = |name| query::filter(request, name).map(str::to_owned);
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

fn relationships(pool: &AgentPool, access: OrganizationAccess) -> Relationships {
    let AgentPool {
        identity: Identity { id, organization_name, .. },
        name: _,
        organization_scoped: _,
        created_at: _,
        workspaces,
        allowed_workspaces,
        allowed_projects,
        excluded_workspaces,
    } = pool;
    let sees_workspaces = access.allows(Action::SeeWorkspaces);
    let sees_projects = access.allows(Action::SeeProjects);
    let itself = format!("/api/v2/agent-pools/{id}");
    Relationships {
        organization: organizations::linked(organization_name),
        agents: Elsewhere { links: related(format!("{itself}/agents")) },
        authentication_tokens: Elsewhere { links: related(format!("{itself}/authentication-tokens")) },
        workspaces: ToMany::to("workspaces", workspaces.iter().filter(|_| sees_workspaces)),
        allowed_workspaces: ToMany::to("workspaces", allowed_workspaces.iter().filter(|_| sees_workspaces)),
        allowed_projects: ToMany::to(projects::KIND, allowed_projects.iter().filter(|_| sees_projects)),
        excluded_workspaces: ToMany::to("workspaces", excluded_workspaces.iter().filter(|_| sees_workspaces)),
    }
}

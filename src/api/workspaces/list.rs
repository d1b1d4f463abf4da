//! Lists of workspaces, and what narrows them down.

use std::collections::BTreeMap;

use super::resource::{WorkspaceResource, effective_binding, resource};
use crate::api::accounts::users;
use crate::api::jsonapi::crud;
use crate::api::jsonapi::document::Included;
use crate::api::jsonapi::{document, page};
use crate::api::{bindings, organizations, projects};
use crate::app::Cx;
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::error::{Error, Result};
use crate::domain::id::UserId;
use crate::domain::organizations::agent_pool::AgentPool;
use crate::domain::page::{Listed, Page};
use crate::domain::variables::variable::Variable;
use crate::domain::workspaces::filter::{WorkspaceFilter, WorkspaceOrder};
use crate::domain::workspaces::lock::Holder;
use crate::domain::workspaces::workspace::{EffectiveTagBinding, Workspace};
use crate::http::query;
use crate::http::query::Known;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::store::{Accesses, View};

pub const KNOWN: Known = &[
    super::INCLUDE,
    "search[name]",
    "search[wildcard-name]",
    "search[tags]",
    "search[exclude-tags]",
    "filter[project][id]",
    "filter[current-run][status]",
    "filter[tagged]*",
    "filter[tag-union]",
    "filter[tag-value-default-null]",
    "sort=name,-name,created-at,-created-at,latest-change-at,-latest-change-at,current-run.created-at,\
     -current-run.created-at",
];

/// `GET /organizations/:organization/workspaces`, by the page. Who is in the organization and may not see its
/// workspaces gets none.
pub fn index(cx: &Cx) -> Result<Reply> {
    let name = cx.parameter("organization");
    let (page, list) = cx.read(|view, caller| {
        let organization = view.organization_for(caller, name, Action::SeeOrganization)?;
        let page = page::requested(cx.request)?.unwrap_or_default();
        let (mut filter, order) = (filter(cx.request)?, order(cx.request));
        filter.seen_by = view.teams_that_see_workspaces(caller, organization.number)?;
        let list = view.workspaces(organization.number, &filter, order, page)?;
        Ok((page, Listing::of(view, caller, cx.request, list)?))
    })?;
    Ok(list.reply(cx, page))
}

/// Workspaces with what was asked for beside them.
pub struct Listing {
    resources: Vec<WorkspaceResource>,
    total: u64,
    included: Option<Included>,
}

impl Listing {
    /// `list` are workspaces of one organization, which the caller sees.
    pub fn of(view: &View, caller: &Caller, request: &Request, list: Listed<Workspace>) -> Result<Listing> {
        let access = match list.items.first() {
            Some(first) => view.organization_access(caller, first.organization)?,
            None => OrganizationAccess::Outsider,
        };
        let accesses = view.access_to_workspaces(caller, access, &list.items)?;
        let mut bindings: Option<BTreeMap<i64, Vec<EffectiveTagBinding>>> = None;
        if query::lists(request, "include", "effective_tag_bindings") {
            let numbers: Vec<i64> = list.items.iter().map(|workspace| workspace.number).collect();
            let mut of_each: BTreeMap<i64, Vec<EffectiveTagBinding>> = BTreeMap::new();
            for effective in view.effective_tag_bindings(&numbers)? {
                of_each.entry(effective.workspace).or_default().push(effective);
            }
            bindings = Some(of_each);
        }
        let of = |workspace: &Workspace| {
            let bindings = bindings.as_ref()?;
            Some(bindings.get(&workspace.number).map_or(&[][..], Vec::as_slice))
        };
        let mut included = Included::asked_for(request);
        if let Some(included) = &mut included {
            for workspace in &list.items {
                for effective in of(workspace).unwrap_or_default() {
                    included.push(effective_binding(workspace, effective));
                }
            }
            include_others(view, caller, request, &list.items, &accesses, included)?;
        }
        let resource = |workspace: &Workspace| resource(workspace, accesses.to(workspace.number), of(workspace));
        let resources = list.items.iter().map(resource).collect();
        Ok(Listing { resources, total: list.total, included })
    }

    /// The document of the only one.
    pub fn one(mut self) -> Result<Reply> {
        let resource = self.resources.pop().ok_or_else(Error::not_found)?;
        Ok(document::one_including(resource, self.included))
    }

    pub fn reply(self, cx: &Cx, page: Page) -> Reply {
        let Listing { resources, total, included } = self;
        page::paged_including(cx, page, Listed { items: resources, total }, included)
    }
}

/// What workspaces are linked to, as far as it was asked for and the caller may see it.
fn include_others(
    view: &View,
    caller: &Caller,
    request: &Request,
    workspaces: &[Workspace],
    accesses: &Accesses,
    included: &mut Included,
) -> Result<()> {
    let Some(first) = workspaces.first() else { return Ok(()) };
    let access = accesses.organization;
    let asks_for = |what: &str| query::lists(request, "include", what);
    let includes_projects = asks_for("project");
    if includes_projects {
        let projects = view.projects_with_ids(workspaces.iter().map(|workspace| &workspace.project_id))?;
        let accesses = view.access_to_projects(caller, access, &projects)?;
        for project in projects {
            let access = accesses.to(project.number);
            if access.allows(Action::SeeProjects) {
                included.push(projects::resource(&project, access, None));
            }
        }
    }
    // The same for all of them.
    if asks_for("organization")
        && let Some(organization) = view.organization_named(&first.organization_name)?
    {
        let resource = organizations::resource(&organization, access);
        if includes_projects {
            // The default project links back to its organization.
            included.push_without(resource, &["default-project"]);
        } else {
            included.push(resource);
        }
    }
    if asks_for("agent_pool") && access.allows(Action::SeeAgentPools) {
        let pools = workspaces.iter().filter_map(|workspace| workspace.agent_pool.as_ref());
        for pool in view.stored_with_ids::<AgentPool>(pools)? {
            // Organizations and projects link to their default pool.
            included.push_without(crud::resource(&pool, access), &["organization", "allowed-projects"]);
        }
    }
    if asks_for("vars") {
        let sees = |workspace: &&Workspace| accesses.to(workspace.number).allows(Action::SeeVariables);
        let ids = workspaces.iter().filter(sees).flat_map(|workspace| &workspace.variables);
        for variable in view.stored_with_ids::<Variable>(ids.take(page::WHOLE_LIST as usize))? {
            included.push(crud::resource(&variable, access));
        }
    }
    if asks_for("locked_by") {
        let locks = workspaces.iter().filter_map(|workspace| workspace.lock.as_ref());
        let holders = locks.filter(|lock| lock.holder == Holder::User).map(|lock| UserId::from(lock.holder_id.clone()));
        for user in view.users_with_ids(&holders.collect::<Vec<_>>())? {
            let shows_email = access.allows(Action::SeeMemberships);
            included.push(users::included(&user, shows_email));
        }
    }
    Ok(())
}

fn filter(request: &Request) -> Result<WorkspaceFilter> {
    let text = |name: &str| query::filter(request, name).map(str::to_owned);
    let names = |name: &str| -> Result<Vec<String>> {
        let names = query::filter_list(request, name).unwrap_or_default();
        no_more_than_bearable(name, names.len()).map(|()| names)
    };
    Ok(WorkspaceFilter {
        name: text("search[name]"),
        wildcard_name: text("search[wildcard-name]"),
        tags: names("search[tags]")?,
        exclude_tags: names("search[exclude-tags]")?,
        project: text("filter[project][id]"),
        oauth_client: None,
        bindings: bindings::asked_for(request)?,
        any_binding: query::filter_flag(request, "filter[tag-union]")?.unwrap_or_default(),
        no_value_is_none: query::filter_flag(request, "filter[tag-value-default-null]")?.unwrap_or_default(),
        has_run: text("filter[current-run][status]").is_some(),
        seen_by: None,
    })
}

/// Each tag is a condition of its own in the query, which has its limits.
const MAX_TAGS: usize = 20;

fn no_more_than_bearable(parameter: &str, tags: usize) -> Result<()> {
    if tags <= MAX_TAGS {
        return Ok(());
    }
    Err(Error::bad_parameter(parameter, format!("At most {MAX_TAGS} tags can be asked for.")))
}

fn order(request: &Request) -> WorkspaceOrder {
    WorkspaceOrder::from_name(&query::sort(request))
}

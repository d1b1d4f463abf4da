//! Lists of workspaces, and what narrows them down.

use std::collections::BTreeMap;

use super::resource::{WorkspaceResource, effective_binding, resource};
use crate::api::accounts::users;
use crate::api::jsonapi::crud::Plain;
use crate::api::jsonapi::document::Included;
use crate::api::jsonapi::{document, page};
use crate::api::{bindings, organizations, projects};
use crate::app::Cx;
use crate::domain::access::{Action, OrganizationAccess};
use crate::domain::error::{Error, Result};
use crate::domain::id::UserId;
use crate::domain::page::{Listed, Page};
use crate::domain::workspaces::filter::{WorkspaceFilter, WorkspaceOrder};
use crate::domain::workspaces::lock::Holder;
use crate::domain::workspaces::workspace::{EffectiveTagBinding, Workspace};
use crate::http::query;
use crate::http::query::Known;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::store::View;

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
        let (organization, access) = view.organization_and_access(caller, name, Action::SeeOrganization)?;
        let page = page::requested(cx.request)?.unwrap_or_default();
        let (filter, order) = (filter(cx.request)?, order(cx.request));
        let list = if access.allows(Action::SeeWorkspaces) {
            view.workspaces(organization.number, filter, order, page)?
        } else {
            Listed { items: vec![], total: 0 }
        };
        Ok((page, Listing::of(view, cx.request, list, access)?))
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
    /// `list` are workspaces of one organization, to which the caller has this `access`.
    pub fn of(view: &View, request: &Request, list: Listed<Workspace>, access: OrganizationAccess) -> Result<Listing> {
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
        let mut included = request.query("include").map(|_| Included::default());
        if let Some(included) = &mut included {
            for workspace in &list.items {
                for effective in of(workspace).unwrap_or_default() {
                    included.push(effective_binding(workspace, effective));
                }
            }
            include_others(view, request, &list.items, access, included)?;
        }
        let resources = list.items.iter().map(|workspace| resource(workspace, access, of(workspace))).collect();
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
    request: &Request,
    workspaces: &[Workspace],
    access: OrganizationAccess,
    included: &mut Included,
) -> Result<()> {
    let Some(first) = workspaces.first() else { return Ok(()) };
    let asks_for = |what: &str| query::lists(request, "include", what);
    let includes_projects = asks_for("project") && access.allows(Action::SeeProjects);
    if includes_projects {
        for project in view.projects_with_ids(workspaces.iter().map(|workspace| &workspace.project_id))? {
            included.push(projects::resource(&project, access, None));
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
        for pool in view.agent_pools_with_ids(workspaces.iter().filter_map(|workspace| workspace.agent_pool.as_ref()))? {
            // Organizations and projects link to their default pool.
            included.push_without(pool.resource(access), &["organization", "allowed-projects"]);
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
    let text = |name: &str| request.query(name).filter(|text| !text.is_empty()).map(str::to_owned);
    let names = |name: &str| -> Result<Vec<String>> {
        let names = request.query(name).unwrap_or("").split(',').map(str::trim);
        let names: Vec<String> = names.filter(|name| !name.is_empty()).map(str::to_owned).collect();
        no_more_than_bearable(name, names.len()).map(|()| names)
    };
    Ok(WorkspaceFilter {
        name: text("search[name]"),
        wildcard_name: text("search[wildcard-name]"),
        tags: names("search[tags]")?,
        exclude_tags: names("search[exclude-tags]")?,
        project: text("filter[project][id]"),
        bindings: bindings::asked_for(request)?,
        any_binding: query::filter_flag(request, "filter[tag-union]")?.unwrap_or_default(),
        no_value_is_none: query::filter_flag(request, "filter[tag-value-default-null]")?.unwrap_or_default(),
        has_run: text("filter[current-run][status]").is_some(),
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
    let first = request.query("sort").and_then(|sort| sort.split(',').map(str::trim).find(|item| !item.is_empty()));
    first.map_or_else(WorkspaceOrder::default, |name| WorkspaceOrder::from_name(&name.replace('_', "-")))
}

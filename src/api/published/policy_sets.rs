//! Policy sets on the wire. No policy is ever evaluated.

use serde::Serialize;

use crate::api::jsonapi::crud::{Changeable, Plain};
use crate::api::jsonapi::document::{Included, ToMany, ToOne};
use crate::api::jsonapi::input::{self as documents, Input};
use crate::api::oauth::vcs_repo;
use crate::api::{organizations, projects, workspaces};
use crate::app::Cx;
use crate::domain::access::{Action, OrganizationAccess};
use crate::domain::error::Result;
use crate::domain::id::{PolicySetId, ProjectId, WorkspaceId};
use crate::domain::organizations::organization::Organization;
use crate::domain::page::{Listed, Page};
use crate::domain::published::policy_set::{PolicySet, PolicySetChange, PolicySetFields, PolicySetSettings, Scope};
use crate::domain::timestamp::Timestamp;
use crate::http::query;
use crate::http::reply::Reply;
use crate::store::{Change, View};

/// Policies and versions are known to clients and do not exist here.
pub const INCLUDE: &str = "include=policies,workspaces,projects,workspace_exclusions,project_exclusions,current_version,\
                           newest_version,newest_version.ingress_attributes";
pub const LISTED: &[&str] = &["search[name]", "filter[versioned]", "filter[kind]=sentinel,opa,tfpolicy", INCLUDE];

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Attributes<'a> {
    name: &'a str,
    description: &'a str,
    global: bool,
    kind: &'a str,
    agent_enabled: bool,
    overridable: Option<bool>,
    policy_tool_version: &'a str,
    policies_path: &'a str,
    policy_update_patterns: &'a [String],
    vcs_repo: Option<vcs_repo::Attributes>,
    versioned: bool,
    policy_count: u64,
    workspace_count: usize,
    project_count: usize,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Relationships {
    organization: ToOne,
    policies: ToMany,
    workspaces: ToMany,
    projects: ToMany,
    workspace_exclusions: ToMany,
    project_exclusions: ToMany,
    newest_version: ToOne,
    current_version: ToOne,
}

impl Plain for PolicySet {
    const KIND: &'static str = "policy-sets";
    const PARAMETER: &'static str = "policy_set";
    const SEE: Action = Action::SeePolicySets;
    const MANAGE: Action = Action::ManagePolicySets;
    const IS_SHORT: bool = false;

    type Parent = Organization;
    type New = PolicySetChange;

    fn list(view: &View, cx: &Cx, of: &Organization, _: OrganizationAccess, page: Page) -> Result<Listed<PolicySet>> {
        let part = cx.request.query("search[name]").unwrap_or_default();
        let (kind, versioned) =
            (query::filter(cx.request, "filter[kind]"), query::filter_flag(cx.request, "filter[versioned]")?);
        view.policy_sets(of, part, kind, versioned, page)
    }

    fn included(view: &View, cx: &Cx, sets: &[PolicySet], access: OrganizationAccess) -> Result<Option<Included>> {
        let mut included = Included::asked_for(cx.request);
        let Some(resources) = &mut included else { return Ok(None) };
        let asks_for = |what| query::lists(cx.request, "include", what);
        let (sees_workspaces, sees_projects) =
            (access.allows(Action::SeeWorkspaces), access.allows(Action::SeeProjects));
        for set in sets {
            for (what, ids) in [("workspaces", &set.workspaces), ("workspace_exclusions", &set.workspace_exclusions)] {
                if asks_for(what) && sees_workspaces {
                    workspaces::include(view, resources, ids.iter(), access)?;
                }
            }
            for (what, ids) in [("projects", &set.projects), ("project_exclusions", &set.project_exclusions)] {
                if asks_for(what) && sees_projects {
                    for project in view.projects_with_ids(ids.iter())? {
                        resources.push(projects::resource(&project, access, None));
                    }
                }
            }
        }
        Ok(included)
    }

    fn read_new(cx: &Cx, mut input: Input, _: &Organization, _: &PolicySetId) -> Result<PolicySetChange> {
        let new = read(cx, &mut input, None)?;
        input.finish().map(|()| new)
    }

    fn create(change: &Change, of: &Organization, id: &PolicySetId, new: &PolicySetChange) -> Result<PolicySet> {
        change.create_policy_set(of, id, new)
    }

    fn attributes(&self, _: OrganizationAccess) -> impl Serialize {
        let PolicySetSettings {
            description,
            kind,
            agent_enabled,
            overridable,
            policy_tool_version,
            policies_path,
            policy_update_patterns,
        } = &self.settings;
        Attributes {
            name: &self.name,
            description,
            global: self.is_global,
            kind,
            agent_enabled: *agent_enabled,
            overridable: *overridable,
            policy_tool_version,
            policies_path,
            policy_update_patterns,
            vcs_repo: self.vcs_repo.as_ref().map(vcs_repo::attributes),
            versioned: self.vcs_repo.is_some(),
            policy_count: 0,
            workspace_count: self.workspaces.len(),
            project_count: self.projects.len(),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    /// Names no workspaces and projects to callers who may not see them.
    fn relationships(&self, access: OrganizationAccess) -> impl Serialize {
        let (sees_workspaces, sees_projects) =
            (access.allows(Action::SeeWorkspaces), access.allows(Action::SeeProjects));
        let workspaces = |ids: &[WorkspaceId]| ToMany::to("workspaces", ids.iter().filter(|_| sees_workspaces));
        let projects = |ids: &[ProjectId]| ToMany::to(projects::KIND, ids.iter().filter(|_| sees_projects));
        Relationships {
            organization: organizations::linked(&self.identity.organization_name),
            policies: ToMany::to("policies", [] as [&str; 0]),
            workspaces: workspaces(&self.workspaces),
            projects: projects(&self.projects),
            workspace_exclusions: workspaces(&self.workspace_exclusions),
            project_exclusions: projects(&self.project_exclusions),
            newest_version: ToOne::none(),
            current_version: ToOne::none(),
        }
    }
}

impl Changeable for PolicySet {
    type Change = PolicySetChange;

    fn read_change(cx: &Cx, mut input: Input, current: &PolicySet) -> Result<PolicySetChange> {
        let change = read(cx, &mut input, Some(current))?;
        input.finish().map(|()| change)
    }

    fn update(change: &Change, current: &PolicySet, update: &PolicySetChange) -> Result<PolicySet> {
        change.update_policy_set(current, update)
    }
}

fn read(cx: &Cx, input: &mut Input, current: Option<&PolicySet>) -> Result<PolicySetChange> {
    let fields = PolicySetFields {
        name: input.text("name"),
        description: input.text("description"),
        is_global: input.flag("global"),
        kind: input.text("kind"),
        agent_enabled: input.flag("agent-enabled"),
        overridable: input.flag("overridable"),
        policy_tool_version: input.text("policy-tool-version"),
        policies_path: input.text("policies-path"),
        policy_update_patterns: input.texts("policy-update-patterns"),
    };
    let vcs_repo = vcs_repo::read(cx, input)?;
    let mut change = PolicySetChange { vcs_repo, ..PolicySetChange::check(fields, current, &mut input.problems) };
    for scope in Scope::ALL {
        if let Some(ids) = input.all_linked(scope.name(), scope.kind()).value() {
            change.attached.push((scope, ids));
        }
    }
    if input.items("policies", "policies").value().is_some_and(|policies| !policies.is_empty()) {
        input.problems.at("/data/relationships/policies/data", "This server has no policies.");
    }
    Ok(change)
}

/// `POST /policy-sets/:policy_set/relationships/workspaces`: 204. `Invalid` for a global set, and for an id that is not one
/// of the organization's workspaces.
pub fn attach_workspaces(cx: &Cx) -> Result<Reply> {
    attach(cx, Scope::Workspaces)
}

pub fn detach_workspaces(cx: &Cx) -> Result<Reply> {
    detach(cx, Scope::Workspaces)
}

/// As for workspaces.
pub fn attach_projects(cx: &Cx) -> Result<Reply> {
    attach(cx, Scope::Projects)
}

pub fn detach_projects(cx: &Cx) -> Result<Reply> {
    detach(cx, Scope::Projects)
}

/// As for workspaces, and for a global set too.
pub fn exclude_workspaces(cx: &Cx) -> Result<Reply> {
    attach(cx, Scope::WorkspaceExclusions)
}

pub fn include_workspaces(cx: &Cx) -> Result<Reply> {
    detach(cx, Scope::WorkspaceExclusions)
}

pub fn exclude_projects(cx: &Cx) -> Result<Reply> {
    attach(cx, Scope::ProjectExclusions)
}

pub fn include_projects(cx: &Cx) -> Result<Reply> {
    detach(cx, Scope::ProjectExclusions)
}

fn attach(cx: &Cx, scope: Scope) -> Result<Reply> {
    change(cx, scope, |change, set, scope, ids| change.attach_policy_set(set, scope, ids))
}

fn detach(cx: &Cx, scope: Scope) -> Result<Reply> {
    change(cx, scope, |change, set, scope, ids| change.detach_policy_set(set, scope, ids))
}

fn change(cx: &Cx, scope: Scope, act: fn(&Change, &PolicySet, Scope, &[String]) -> Result<()>) -> Result<Reply> {
    let ids = |_: &_| documents::ids(cx.request, scope.kind());
    let find = PolicySet::find(cx, PolicySet::MANAGE);
    cx.change(find, ids, move |change, (set, _), ids| act(change, &set, scope, ids))?;
    Ok(Reply::no_content())
}

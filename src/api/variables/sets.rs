//! Variable sets on the wire: with their variables, and what they are attached to.

use serde::Serialize;

use super::{fields_within, sealed};
use crate::api::jsonapi::crud::{self, Changeable, Find, Parent, Plain, resource};
use crate::api::jsonapi::document::{Included, ToMany, ToOne};
use crate::api::jsonapi::input::{self as documents, Input};
use crate::api::jsonapi::page;
use crate::api::{organizations, projects, workspaces};
use crate::app::Cx;
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::error::{Error, Result};
use crate::domain::field::Field;
use crate::domain::id::{OrganizationId, ProjectId, VariableId, VariableSetId};
use crate::domain::organizations::organization::Organization;
use crate::domain::page::{Listed, Page};
use crate::domain::projects::project::Project;
use crate::domain::timestamp::Timestamp;
use crate::domain::variables::variable::{Kept, NewVariable, Variable};
use crate::domain::variables::variable_set::{VariableSet, VariableSetChange, VariableSetFields};
use crate::domain::workspaces::workspace::Workspace;
use crate::http::query;
use crate::http::reply::Reply;
use crate::store::{Attached, Change, NewVariableSet, Place, ProjectScope, VariableSetFilter, View};

/// Stacks are accepted and add nothing: no set is attached to one here.
pub const INCLUDE: &str = "include=workspaces,projects,vars,stacks";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Attributes<'a> {
    name: &'a str,
    description: &'a str,
    global: bool,
    priority: bool,
    updated_at: Timestamp,
    var_count: usize,
    workspace_count: usize,
    project_count: usize,
    stack_count: usize,
    permissions: Permissions,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Permissions {
    can_update: bool,
}

#[derive(Serialize)]
struct Relationships {
    organization: ToOne,
    parent: ToOne,
    vars: ToMany,
    workspaces: ToMany,
    projects: ToMany,
    stacks: ToMany,
}

impl Plain for VariableSet {
    const KIND: &'static str = "varsets";
    const PARAMETER: &'static str = "varset";
    const SEE: Action = Action::SeeVariableSets;
    const MANAGE: Action = Action::ManageVariableSets;
    const IS_SHORT: bool = false;

    type Parent = Organization;
    type New = NewVariableSet;

    fn find(cx: &Cx, action: Action) -> Find<VariableSet> {
        let id = cx.parameter(Self::PARAMETER).to_owned();
        Box::new(move |view, caller| found(view, caller, &id, action))
    }

    fn list(view: &View, cx: &Cx, of: &Organization, _: OrganizationAccess, page: Page) -> Result<Listed<VariableSet>> {
        let filter = VariableSetFilter {
            part: part(cx).to_owned(),
            is_global: query::filter(cx.request, "filter[global]").map(|value| value == "true"),
            is_owned: match query::filter(cx.request, "scope") {
                None => false,
                Some("owned") => true,
                Some(_) => return Err(Error::bad_parameter("scope", "`scope` must be owned.")),
            },
        };
        view.variable_sets(of, &filter, page)
    }

    fn included(view: &View, cx: &Cx, sets: &[VariableSet], access: OrganizationAccess) -> Result<Option<Included>> {
        included(view, cx, sets, &Reach::everywhere(access))
    }

    fn read_new(cx: &Cx, mut input: Input, of: &Organization, _: &VariableSetId) -> Result<NewVariableSet> {
        // Clients name the organization, too, where it is the owner.
        let project = match input.parent() {
            None => None,
            Some((kind, id)) if kind == projects::KIND => Some(id),
            Some(given) if is_organization(&given, &of.name, &of.external_id) => None,
            Some(_) => {
                let detail = "`parent` must be the organization or one of its projects.";
                input.problems.at("/data/relationships/parent/data", detail);
                None
            }
        };
        let fields = fields(&mut input);
        let rest = VariableSetChange::check(fields, None, project.is_some(), &mut input.problems);
        let variables = variables(cx, &mut input, &of.external_id)?;
        input.finish()?;
        Ok(NewVariableSet { rest, project, variables })
    }

    fn create(change: &Change, of: &Organization, id: &VariableSetId, new: &NewVariableSet) -> Result<VariableSet> {
        change.create_variable_set(of, id, new)
    }

    fn attributes(&self, access: OrganizationAccess) -> impl Serialize {
        Attributes {
            name: &self.name,
            description: &self.description,
            global: self.is_global,
            priority: self.is_priority,
            updated_at: self.updated_at,
            var_count: self.variables.len(),
            workspace_count: self.workspaces.len(),
            project_count: self.projects.len(),
            stack_count: 0,
            permissions: Permissions { can_update: access.allows(VariableSet::MANAGE) },
        }
    }

    /// Names no workspaces and projects to callers who may not see them.
    fn relationships(&self, access: OrganizationAccess) -> impl Serialize {
        let organization = &self.identity.organization_name;
        let (sees_workspaces, sees_projects) =
            (access.allows(Action::SeeWorkspaces), access.allows(Action::SeeProjects));
        Relationships {
            organization: organizations::linked(organization),
            parent: match &self.project {
                Some(project) => ToOne::to(projects::KIND, project),
                None => ToOne::to("organizations", organization),
            },
            vars: ToMany::to(Variable::KIND, &self.variables),
            workspaces: ToMany::to("workspaces", self.workspaces.iter().filter(|_| sees_workspaces)),
            projects: ToMany::to(projects::KIND, self.projects.iter().filter(|_| sees_projects)),
            stacks: ToMany::to("stacks", [] as [&str; 0]),
        }
    }
}

impl Changeable for VariableSet {
    type Change = VariableSetChange;

    /// The owner never changes; a document may repeat it.
    fn read_change(_: &Cx, mut input: Input, current: &VariableSet) -> Result<VariableSetChange> {
        let identity = &current.identity;
        let is_present = |given: (String, String)| match &current.project {
            Some(project) => given.0 == projects::KIND && given.1 == project.as_str(),
            None => is_organization(&given, &identity.organization_name, &identity.organization_id),
        };
        if input.parent().is_some_and(|given| !is_present(given)) {
            input.problems.at("/data/relationships/parent/data", "The parent of a variable set cannot be changed.");
        }
        let fields = fields(&mut input);
        let change = VariableSetChange::check(fields, Some(current), current.project.is_some(), &mut input.problems);
        input.finish().map(|()| change)
    }

    fn update(change: &Change, current: &VariableSet, update: &VariableSetChange) -> Result<VariableSet> {
        change.update_variable_set(current, update)
    }
}

/// Whether a parent, by its type and id, is the organization with this name and external id.
fn is_organization(parent: &(String, String), name: &str, external_id: &OrganizationId) -> bool {
    let (kind, id) = parent;
    kind == "organizations" && (id.eq_ignore_ascii_case(name) || id == external_id.as_str())
}

fn fields(input: &mut Input) -> VariableSetFields {
    if input.items("stacks", "stacks").value().is_some_and(|stacks| !stacks.is_empty()) {
        input.problems.at("/data/relationships/stacks/data", "Variable sets cannot be attached to stacks here.");
    }
    VariableSetFields {
        name: input.text("name"),
        description: input.text("description"),
        is_global: input.flag("global"),
        is_priority: input.flag("priority"),
        workspaces: input.all_linked("workspaces", "workspaces").value(),
        projects: input.all_linked("projects", projects::KIND).value(),
    }
}

/// The variables that a new set brings along, whole.
fn variables(cx: &Cx, input: &mut Input, of: &OrganizationId) -> Result<Vec<(VariableId, NewVariable<Kept>)>> {
    let Field::Value(items) = input.items("vars", Variable::KIND) else { return Ok(vec![]) };
    let mut variables = Vec::with_capacity(items.len());
    for mut item in items {
        let id = VariableId::generate(&cx.app.sources);
        let fields = fields_within(&mut item.attributes, &mut input.problems);
        let new = NewVariable::check(fields, &format!("{}/attributes", item.pointer), &mut input.problems);
        variables.push((id.clone(), sealed(cx, new, &id, of)?));
    }
    Ok(variables)
}

/// Access to the project that owns a set is access to the set.
pub(super) fn found(
    view: &View,
    caller: &Caller,
    id: &str,
    action: Action,
) -> Result<(VariableSet, OrganizationAccess)> {
    let set: VariableSet = view.stored(&VariableSetId::parse(id)?)?;
    let Some(project) = &set.project else { return view.owned_and_access(caller, id, action) };
    let (_, access) = view.owned_and_access::<Project>(caller, project.as_str(), action)?;
    Ok((set, access))
}

/// `POST /organizations/:organization/varsets`: the set of a project is made by callers who manage the project's.
pub fn create(cx: &Cx) -> Result<Reply> {
    cx.read(|_, _| Ok(()))?;
    let parent = Input::read_any(cx, VariableSet::KINDS).ok().and_then(|mut input| input.parent());
    let project = parent.filter(|(kind, _)| kind == projects::KIND).map(|(_, id)| id);
    let member = Organization::find(cx, Action::SeeOrganization);
    let manager = Organization::find(cx, VariableSet::MANAGE);
    crud::create_in::<VariableSet>(
        cx,
        Box::new(move |view, caller| {
            let (organization, _) = member(view, caller)?;
            if let Some(id) = &project
                && let Ok((project, access)) = view.owned_and_access::<Project>(caller, id, VariableSet::MANAGE)
                && project.organization == organization.number
            {
                return Ok((organization, access));
            }
            manager(view, caller)
        }),
    )
}

/// A caller's access to the sets of a list: to those that its project owns, and to the others.
struct Reach {
    project: Option<ProjectId>,
    there: OrganizationAccess,
    elsewhere: OrganizationAccess,
    /// Whether the caller sees the variables of the others too.
    sees_variables: bool,
}

impl Reach {
    fn everywhere(access: OrganizationAccess) -> Reach {
        Reach { project: None, there: access, elsewhere: access, sees_variables: true }
    }

    fn is_own(&self, set: &VariableSet) -> bool {
        self.project.is_some() && set.project == self.project
    }

    fn to(&self, set: &VariableSet) -> OrganizationAccess {
        if self.is_own(set) { self.there } else { self.elsewhere }
    }
}

fn included(view: &View, cx: &Cx, sets: &[VariableSet], reach: &Reach) -> Result<Option<Included>> {
    let mut included = Included::asked_for(cx.request);
    let Some(resources) = &mut included else { return Ok(None) };
    let asks_for = |what| query::lists(cx.request, "include", what);
    let (own, others): (Vec<_>, Vec<_>) = sets.iter().partition(|set| reach.is_own(set));
    for (sets, access, sees_variables) in [(own, reach.there, true), (others, reach.elsewhere, reach.sees_variables)] {
        let sets = || sets.iter().copied();
        if asks_for("workspaces") && access.allows(Action::SeeWorkspaces) {
            workspaces::include(view, resources, sets().flat_map(|set| &set.workspaces), access)?;
        }
        if asks_for("projects") && access.allows(Action::SeeProjects) {
            for project in view.projects_with_ids(sets().flat_map(|set| &set.projects))? {
                resources.push(projects::resource(&project, access, None));
            }
        }
        if asks_for("vars") && sees_variables {
            let ids = sets().flat_map(|set| &set.variables).take(page::WHOLE_LIST as usize);
            for variable in view.stored_with_ids::<Variable>(ids)? {
                resources.push(resource(&variable, access));
            }
        }
    }
    Ok(included)
}

/// `GET /workspaces/:workspace/varsets`: those that count for it.
pub fn of_workspace(cx: &Cx) -> Result<Reply> {
    let find = cx.owned_and_access::<Workspace>("workspace", Action::SeeVariables);
    listed(cx, |view, caller, page| {
        let (workspace, access) = find(view, caller)?;
        let there = view.access_at(caller, workspace.organization, Place::Project(workspace.project))?;
        let project = Some(workspace.project_id.clone());
        let reach = Reach { project, there, elsewhere: access.in_organization(), sees_variables: true };
        Ok((reach, view.variable_sets_of_workspace(&workspace, part(cx), page()?)?))
    })
}

/// `GET /workspaces/:workspace/applicable-varsets`: those that do not count for it and could be attached to it. For callers
/// who see the organization's.
pub fn applicable(cx: &Cx) -> Result<Reply> {
    let find = cx.owned_and_access::<Workspace>("workspace", Action::SeeVariables);
    listed(cx, |view, caller, page| {
        let (workspace, access) = find(view, caller)?;
        let (access, page) = (access.in_organization(), page()?);
        let reach = Reach::everywhere(access);
        if !access.allows(VariableSet::SEE) {
            return Ok((reach, Listed { items: vec![], total: 0 }));
        }
        Ok((reach, view.variable_sets_applicable_to(&workspace, part(cx), page)?))
    })
}

/// A part of the names that a list is narrowed down to.
fn part<'a>(cx: &Cx<'a>) -> &'a str {
    cx.request.query("q").unwrap_or_default()
}

/// `GET /projects/:project/varsets`: those that count for it, and those that it owns.
pub fn of_project(cx: &Cx) -> Result<Reply> {
    let scope = match query::filter(cx.request, "scope") {
        None | Some("all") => ProjectScope::All,
        Some("owned") => ProjectScope::Owned,
        Some("shared") => ProjectScope::Shared,
        Some("applied") => ProjectScope::Applied,
        Some(_) => return Err(Error::bad_parameter("scope", "`scope` must be owned, shared, applied or all.")),
    };
    let find = cx.owned_and_access::<Project>("project", Action::SeeVariableSets);
    listed(cx, |view, caller, page| {
        let (project, there) = find(view, caller)?;
        let elsewhere = there.in_organization();
        let sees_variables = there.allows(Action::SeeVariables) || elsewhere.allows(VariableSet::SEE);
        let reach = Reach { project: Some(project.id.clone()), there, elsewhere, sees_variables };
        Ok((reach, view.variable_sets_of_project(&project, scope, part(cx), page()?)?))
    })
}

type Found = (Reach, Listed<VariableSet>);

fn listed(cx: &Cx, find: impl Fn(&View, &Caller, &dyn Fn() -> Result<Page>) -> Result<Found>) -> Result<Reply> {
    let page = || Ok(page::requested(cx.request)?.unwrap_or_default());
    let (page, reach, list, included) = cx.read(|view, caller| {
        let (reach, list) = find(view, caller, &page)?;
        let included = included(view, cx, &list.items, &reach)?;
        Ok((page()?, reach, list, included))
    })?;
    Ok(page::paged_including(cx, page, list.map(|set| resource(set, reach.to(set))), included))
}

/// `POST /varsets/:varset/relationships/workspaces`: 204. `Invalid` for a global set, and for an id that is not one of
/// the organization's workspaces.
pub fn attach_workspaces(cx: &Cx) -> Result<Reply> {
    change(cx, "workspaces", |change, set, ids| change.attach_variable_set(set, Attached::Workspaces, ids))
}

pub fn detach_workspaces(cx: &Cx) -> Result<Reply> {
    change(cx, "workspaces", |change, set, ids| change.detach_variable_set(set, Attached::Workspaces, ids))
}

/// As for workspaces.
pub fn attach_projects(cx: &Cx) -> Result<Reply> {
    change(cx, projects::KIND, |change, set, ids| change.attach_variable_set(set, Attached::Projects, ids))
}

pub fn detach_projects(cx: &Cx) -> Result<Reply> {
    change(cx, projects::KIND, |change, set, ids| change.detach_variable_set(set, Attached::Projects, ids))
}

fn change(cx: &Cx, kind: &str, act: fn(&Change, &VariableSet, &[String]) -> Result<()>) -> Result<Reply> {
    let ids = |_: &_| documents::ids(cx.request, kind);
    cx.change(VariableSet::find(cx, VariableSet::MANAGE), ids, move |change, (set, _), ids| act(change, &set, ids))?;
    Ok(Reply::no_content())
}

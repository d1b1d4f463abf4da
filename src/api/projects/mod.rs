//! Projects on the wire.

pub mod tag_bindings;

use serde::{Serialize, Serializer};

use super::bindings;
use super::jsonapi::document;
use super::jsonapi::document::{Elsewhere, Identifier, Included, Resource, SelfLink, ToMany, ToOne, related};
use super::jsonapi::input::Input;
use super::jsonapi::page;
use crate::app::{Cx, no_input};
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::error::Result;
use crate::domain::field::Field;
use crate::domain::organizations::default_execution::{DefaultExecutionChange, DefaultExecutionFields};
use crate::domain::organizations::organization::Organization;
use crate::domain::page::Listed;
use crate::domain::projects::project::{
    NewProject, Project, ProjectChange, ProjectFields, ProjectFilter, ProjectOrder,
};
use crate::domain::tags::binding::TagBinding;
use crate::domain::timestamp::Timestamp;
use crate::http::query;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::store::View;

pub const KIND: &str = "projects";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Attributes {
    name: String,
    description: String,
    created_at: Timestamp,
    is_unified: bool,
    workspace_count: u64,
    team_count: u64,
    default_execution_mode: &'static str,
    stacks_default_execution_mode: &'static str,
    setting_overwrites: SettingOverwrites,
    auto_destroy_activity_duration: Option<String>,
    permissions: Permissions,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct SettingOverwrites {
    default_execution_mode: bool,
    default_agent_pool: bool,
    stacks_default_execution_mode: bool,
    stacks_default_agent_pool: bool,
}

struct Permissions {
    access: OrganizationAccess,
    is_default: bool,
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let may = |action| self.access.allows(action);
        serializer.collect_map([
            ("can-read", may(Action::SeeProjects)),
            ("can-update", may(Action::ManageProjects)),
            ("can-destroy", may(Action::DeleteProjects) && !self.is_default),
            ("can-create-workspace", may(Action::CreateWorkspaces)),
            ("can-move-workspace", may(Action::MoveWorkspaces)),
            ("can-manage-tags", may(Action::ManageProjects)),
            ("can-read-teams", may(Action::SeeProjectTeams)),
            ("can-manage-teams", may(Action::ManageProjectTeams)),
            ("can-manage-varsets", may(Action::ManageVariableSets)),
            ("can-manage-ephemeral-workspace-for-projects", false),
            ("can-deploy-no-code-modules", false),
            ("can-view-stacks", may(Action::SeeProjects)),
            ("can-manage-stacks", may(Action::ManageStacks)),
            ("can-update-stacks", may(Action::ManageStacks)),
            ("can-move-stack", false),
        ])
    }
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Relationships {
    organization: ToOne,
    default_agent_pool: ToOne,
    stacks_default_agent_pool: ToOne,
    tag_bindings: Elsewhere,
    effective_tag_bindings: EffectiveTagBindings,
}

/// Spelled out where they are included.
#[derive(Serialize)]
#[serde(untagged)]
enum EffectiveTagBindings {
    Here(ToMany),
    Elsewhere(Elsewhere),
}

/// `GET /organizations/:organization/projects`, by the page: those that the caller sees.
pub fn index(cx: &Cx) -> Result<Reply> {
    let name = cx.parameter("organization");
    let with_bindings = includes_bindings(cx.request);
    let (page, list, included) = cx.read(|view, caller| {
        let mut included = with_bindings.then(Included::default);
        let (organization, access) = view.organization_and_access(caller, name, Action::SeeOrganization)?;
        let page = page::requested(cx.request)?.unwrap_or_default();
        let mut filter = filter(cx.request)?;
        filter.among = among(cx.request, view, caller, &organization, access)?;
        let found = view.projects(organization.number, &filter, page)?;
        let accesses = view.access_to_projects(caller, access, &found.items)?;
        let mut bindings =
            if with_bindings { view.tag_bindings_of_projects(&found.items)? } else { Default::default() };
        let items = found.items.iter().map(|project| {
            let bindings = with_bindings.then(|| bindings.remove(&project.number).unwrap_or_default());
            include(project, bindings.as_deref(), included.as_mut());
            resource(project, accesses.to(project.number), bindings.as_deref())
        });
        let list = Listed { items: items.collect(), total: found.total };
        Ok((page, list, included))
    })?;
    Ok(page::paged_in_both_shapes(cx, page, list, included))
}

/// `GET /projects/:project`.
pub fn show(cx: &Cx) -> Result<Reply> {
    let (project, access, bindings) = cx.read(|view, caller| {
        let (project, access) =
            view.owned_and_access::<Project>(caller, cx.parameter("project"), Action::SeeProjects)?;
        let bindings = if includes_bindings(cx.request) {
            let mut all = view.tag_bindings_of_projects(std::slice::from_ref(&project))?;
            Some(all.remove(&project.number).unwrap_or_default())
        } else {
            None
        };
        Ok((project, access, bindings))
    })?;
    let mut included = bindings.as_ref().map(|_| Included::default());
    include(&project, bindings.as_deref(), included.as_mut());
    Ok(document::one_including(resource(&project, access, bindings.as_deref()), included))
}

/// `POST /organizations/:organization/projects`, with its tag bindings. `Invalid` with everything that is wrong.
pub fn create(cx: &Cx) -> Result<Reply> {
    let (project, access) = cx.change(
        cx.organization_and_access(Action::ManageProjects),
        |_| {
            let mut input = Input::read(cx, KIND)?;
            let bindings = bindings(&mut input).unwrap_or_default();
            let (execution, fields) = settings(&mut input);
            let new = NewProject::check(fields, execution, bindings, &mut input.problems);
            input.finish().map(|()| new)
        },
        |change, (organization, access), new| Ok((change.create_project(&organization, new)?, access)),
    )?;
    let path = format!("/api/v2/projects/{}", project.id);
    Ok(document::created(resource(&project, access, None), path))
}

/// `PATCH /projects/:project`. Tag bindings that are given replace those that there are. `Invalid` as for creation.
pub fn update(cx: &Cx) -> Result<Reply> {
    let (project, access) = cx.change(
        cx.owned_and_access::<Project>("project", Action::ManageProjects),
        |(project, _)| {
            let mut input = Input::read(cx, KIND)?;
            input.must_be(project.id.as_str());
            let bindings = bindings(&mut input);
            let (execution, fields) = settings(&mut input);
            let update = ProjectChange::check(fields, execution, bindings, &mut input.problems);
            input.finish().map(|()| update)
        },
        |change, (project, access), update| Ok((change.update_project(&project, update)?, access)),
    )?;
    Ok(document::one(resource(&project, access, None)))
}

/// `DELETE /projects/:project`: 204. `Conflict` for the default project, and for one that has workspaces.
pub fn delete(cx: &Cx) -> Result<Reply> {
    let find = cx.owned("project", Action::DeleteProjects);
    cx.change(find, no_input, |change, project, ()| change.delete_project(&project))?;
    Ok(Reply::no_content())
}

fn includes_bindings(request: &Request) -> bool {
    query::lists(request, "include", "effective_tag_bindings")
}

/// The rows of the projects that the caller sees, and in which it may do what `filter[permissions][…]` asks for. `None`
/// where that is all of them.
fn among(
    request: &Request,
    view: &View,
    caller: &Caller,
    organization: &Organization,
    access: OrganizationAccess,
) -> Result<Option<Vec<i64>>> {
    let mut actions = vec![Action::SeeProjects];
    for (parameter, action) in PERMISSIONS {
        if query::filter_flag(request, parameter)? == Some(true) {
            actions.push(action);
        }
    }
    if actions.iter().all(|action| access.allows(*action)) {
        return Ok(None);
    }
    let allows_all = |grants| actions.iter().all(|action| access.with_grants(grants).allows(*action));
    view.projects_where(caller, organization.number, allows_all).map(Some)
}

const PERMISSIONS: [(&str, Action); 2] = [
    ("filter[permissions][create-workspace]", Action::CreateWorkspaces),
    ("filter[permissions][update]", Action::ManageProjects),
];

fn filter(request: &Request) -> Result<ProjectFilter> {
    Ok(ProjectFilter {
        names: query::filter_list(request, "filter[names]"),
        part: request.query("q").unwrap_or_default().to_owned(),
        bindings: bindings::asked_for(request)?,
        among: None,
        order: if query::lists(request, "sort", "-name") {
            ProjectOrder::NameDescending
        } else if query::lists(request, "sort", "name") {
            ProjectOrder::Name
        } else {
            ProjectOrder::Created
        },
    })
}

fn settings(input: &mut Input) -> (DefaultExecutionChange, ProjectFields) {
    let (execution, overwrites_stacks_mode) = execution(input);
    let fields = ProjectFields {
        name: input.text("name"),
        description: input.text("description"),
        auto_destroy_activity_duration: input.text("auto-destroy-activity-duration"),
        stacks_mode: input.text("stacks-default-execution-mode"),
        overwrites_stacks_mode,
    };
    (execution, fields)
}

/// `None` where the request does not name them.
fn bindings(input: &mut Input) -> Option<Vec<TagBinding>> {
    let Field::Value(items) = input.items("tag-bindings", bindings::KIND) else { return None };
    Some(bindings::check(items, bindings::POINTER, &mut input.problems))
}

const POOL_POINTER: &str = "/data/relationships/default-agent-pool";

/// With what `setting-overwrites` says of stacks.
fn execution(input: &mut Input) -> (DefaultExecutionChange, Field<bool>) {
    let (attribute, relationship) =
        (input.text("default-agent-pool-id"), input.linked("default-agent-pool", "agent-pools"));
    let (agent_pool, agent_pool_pointer) = match (attribute, relationship) {
        (Field::Absent, relationship) if relationship.is_given() || input.problems.is_at(POOL_POINTER) => {
            (relationship, POOL_POINTER)
        }
        (attribute, _) => (attribute, "/data/attributes/default-agent-pool-id"),
    };
    let (mut overwrites_mode, mut overwrites_agent_pool, mut of_stacks) = Default::default();
    input.group("setting-overwrites", |overwrites, problems| {
        overwrites_mode = overwrites.flag("default-execution-mode", problems);
        overwrites_agent_pool = overwrites.flag("default-agent-pool", problems);
        of_stacks = overwrites.flag("stacks-default-execution-mode", problems);
        overwrites.allow("stacks-default-agent-pool");
    });
    let fields = DefaultExecutionFields {
        mode: input.text("default-execution-mode"),
        agent_pool,
        agent_pool_pointer,
        overwrites_mode,
        overwrites_agent_pool,
    };
    (DefaultExecutionChange::check(fields, &mut input.problems), of_stacks)
}

fn include(project: &Project, bindings: Option<&[TagBinding]>, included: Option<&mut Included>) {
    let Some(included) = included else { return };
    for binding in bindings.unwrap_or_default() {
        included.push(bindings::resource(project.id.as_str(), bindings::EFFECTIVE, binding));
    }
}

/// `bindings` are those that the document includes.
pub fn resource(
    project: &Project,
    access: OrganizationAccess,
    bindings: Option<&[TagBinding]>,
) -> Resource<Attributes, Relationships> {
    let execution = project.execution();
    let Project {
        number: _,
        id,
        organization: _,
        organization_id: _,
        organization_name,
        name,
        is_default,
        description,
        auto_destroy_activity_duration,
        own_execution,
        organization_execution: _,
        own_stacks_mode,
        organization_stacks_mode,
        workspace_count,
        team_count,
        created_at,
    } = project;
    let itself = format!("/api/v2/projects/{id}");
    let effective = related(format!("{itself}/effective-tag-bindings"));
    Resource {
        id: id.to_string(),
        kind: KIND,
        attributes: Attributes {
            name: name.clone(),
            description: description.clone(),
            created_at: *created_at,
            is_unified: false,
            workspace_count: *workspace_count,
            team_count: *team_count,
            default_execution_mode: execution.mode.name(),
            stacks_default_execution_mode: own_stacks_mode.unwrap_or(*organization_stacks_mode).name(),
            setting_overwrites: SettingOverwrites {
                default_execution_mode: own_execution.is_some(),
                default_agent_pool: own_execution.is_some(),
                stacks_default_execution_mode: own_stacks_mode.is_some(),
                stacks_default_agent_pool: own_stacks_mode.is_some(),
            },
            auto_destroy_activity_duration: auto_destroy_activity_duration.clone(),
            permissions: Permissions { access, is_default: *is_default },
        },
        relationships: Relationships {
            organization: ToOne {
                data: Some(Identifier { id: organization_name.clone(), kind: "organizations" }),
                links: Some(related(format!("/api/v2/organizations/{organization_name}"))),
            },
            default_agent_pool: match &execution.agent_pool {
                Some(pool) => ToOne::to("agent-pools", pool),
                None => ToOne::none(),
            },
            stacks_default_agent_pool: ToOne::none(),
            tag_bindings: Elsewhere { links: related(format!("{itself}/tag-bindings")) },
            effective_tag_bindings: match bindings {
                Some(bindings) => {
                    let ids = bindings.iter().map(|binding| bindings::id(id.as_str(), binding));
                    EffectiveTagBindings::Here(ToMany {
                        links: Some(effective),
                        ..ToMany::to(bindings::EFFECTIVE, ids)
                    })
                }
                None => EffectiveTagBindings::Elsewhere(Elsewhere { links: effective }),
            },
        },
        links: Some(SelfLink { itself }),
    }
}

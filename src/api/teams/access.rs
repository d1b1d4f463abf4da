//! Team access to workspaces and to projects: `/team-workspaces` and `/team-projects`.
//!
//! The paths name no parent: lists have it in a filter, new access has it in its relationships.

use serde::Serialize;

use super::KIND as TEAMS;
use crate::api::jsonapi::document::{Identifier, Resource, SelfLink, ToOne, related};
use crate::api::jsonapi::input::Input;
use crate::api::jsonapi::{document, page};
use crate::api::{projects, workspaces};
use crate::app::{Cx, no_input};
use crate::domain::access::visibility::TeamSight;
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::error::{Error, Result};
use crate::domain::field::Field;
use crate::domain::id::TeamId;
use crate::domain::projects::project::Project;
use crate::domain::teams::levels::{ProjectPermissions, Word, WorkspacePermissions};
use crate::domain::teams::team_access::{AccessTo, Given, ProjectFields, TeamAccess, WorkspaceFields};
use crate::domain::workspaces::workspace::Workspace;
use crate::http::query;
use crate::http::reply::Reply;
use crate::store::{Place, View};

pub const OF_WORKSPACES: &[&str] = &["filter[workspace][id]", "filter[team][id]"];
pub const OF_PROJECTS: &[&str] = &["filter[project][id]", "filter[team][id]"];

/// Which of the two a route is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum To {
    Workspaces,
    Projects,
}

impl To {
    fn kind(self) -> &'static str {
        match self {
            To::Workspaces => "team-workspaces",
            To::Projects => "team-projects",
        }
    }

    /// The relationship, and the type of what it names.
    fn target(self) -> (&'static str, &'static str) {
        match self {
            To::Workspaces => ("workspace", workspaces::KIND),
            To::Projects => ("project", projects::KIND),
        }
    }

    /// Finds what the access is to, for a caller who sees it.
    fn find(self, view: &View, caller: &Caller, id: &str) -> Result<Target> {
        let (to, organization, access) = match self {
            To::Workspaces => {
                let (found, access) = view.owned_and_access::<Workspace>(caller, id, Action::SeeWorkspaces)?;
                let to = AccessTo::Workspace { number: found.number, id: found.id, project: found.project };
                (to, found.organization, access)
            }
            To::Projects => {
                let (found, access) = view.owned_and_access::<Project>(caller, id, Action::SeeProjects)?;
                (AccessTo::Project { number: found.number, id: found.id }, found.organization, access)
            }
        };
        Ok(Target { to, organization, access, sight: view.team_sight(caller, organization)? })
    }

    fn manages(self, access: OrganizationAccess) -> bool {
        access.allows(match self {
            To::Workspaces => Action::ManageWorkspaces,
            To::Projects => Action::ManageProjectTeams,
        })
    }

    /// Whether it is the access of all teams that the caller sees, and not of its own alone.
    fn sees_all(self, access: OrganizationAccess) -> bool {
        self.manages(access) || (self == To::Projects && access.allows(Action::SeeProjectTeams))
    }
}

/// What access is to, and how the caller stands to it.
struct Target {
    to: AccessTo,
    organization: i64,
    access: OrganizationAccess,
    sight: TeamSight,
}

/// `GET /team-workspaces`: whole, unless a page is asked for. Members see the access of their own teams.
pub fn of_workspace(cx: &Cx) -> Result<Reply> {
    index(cx, To::Workspaces, OF_WORKSPACES[0])
}

/// `GET /team-projects`.
pub fn of_project(cx: &Cx) -> Result<Reply> {
    index(cx, To::Projects, OF_PROJECTS[0])
}

fn index(cx: &Cx, to: To, parameter: &str) -> Result<Reply> {
    let (requested, list) = cx.read(|view, caller| {
        let id = query::filter(cx.request, parameter)
            .ok_or_else(|| Error::bad_parameter(parameter, format!("`{parameter}` is required.")))?;
        let target = to.find(view, caller, id)?;
        let sees_all = to.sees_all(target.access);
        let requested = page::requested(cx.request)?;
        let team = query::filter(cx.request, "filter[team][id]");
        let fetch = |page| view.team_access_to(&target.to, &target.sight, sees_all, team, page);
        Ok((requested, page::fetch(requested, fetch)?))
    })?;
    Ok(page::whole(cx, requested, list.map(resource)))
}

/// `POST /team-workspaces`. `NotFound` where there is no such workspace or team, or the caller does not manage access to
/// the workspace; `Invalid` where the team has access already.
pub fn create_to_workspace(cx: &Cx) -> Result<Reply> {
    create(cx, To::Workspaces)
}

/// `POST /team-projects`.
pub fn create_to_project(cx: &Cx) -> Result<Reply> {
    create(cx, To::Projects)
}

fn create(cx: &Cx, to: To) -> Result<Reply> {
    // Only a caller is told what is wrong with the document.
    cx.read(|_, _| Ok(()))?;
    let mut input = Input::read(cx, to.kind())?;
    let (name, kind) = to.target();
    let (target, team) = (required(&mut input, name, kind), required(&mut input, "team", TEAMS));
    input.problems.finish()?;
    let access = cx.change(
        move |view, caller| {
            let target = to.find(view, caller, &target)?;
            if !to.manages(target.access) {
                return Err(Error::refused());
            }
            // One answer for no team, another organization's, and one that the caller does not see.
            let found = view.team(&TeamId::parse(&team)?)?;
            let is_seen = target.sight.sees(found.team.number, found.settings.visibility);
            if found.team.organization == target.organization && is_seen {
                Ok((target.to, found.team))
            } else {
                Err(Error::not_found())
            }
        },
        |_| {
            let mut input = Input::read(cx, to.kind())?;
            let given = given(&mut input, to, None);
            input.finish().map(|()| given)
        },
        |change, (found, team), given| change.create_team_access(&team, &found, given),
    )?;
    Ok(document::created(resource(&access), path(&access)))
}

/// `GET /team-workspaces/:team_workspace` and `GET /team-projects/:team_project`.
pub fn show(cx: &Cx) -> Result<Reply> {
    let id = id(cx);
    let access = cx.read(|view, caller| find(view, caller, &id, false))?;
    Ok(document::one(resource(&access)))
}

/// `PATCH` on both. Permissions that are not given stay; a change to `custom` begins with what was in force.
pub fn update(cx: &Cx) -> Result<Reply> {
    let id = id(cx);
    let access = cx.change_from(
        move |view, caller| find(view, caller, &id, true),
        |current| {
            let to = kind_of(current);
            let mut input = Input::read(cx, to.kind())?;
            input.must_be(&current.id);
            let (name, kind) = to.target();
            input.must_stay(name, kind, current.to.id());
            input.must_stay("team", TEAMS, current.team.id.as_str());
            let given = given(&mut input, to, Some(&current.given));
            input.finish().map(|()| given)
        },
        |change, current, given| change.update_team_access(&current, given),
    )?;
    Ok(document::one(resource(&access)))
}

/// `DELETE` on both: 204.
pub fn delete(cx: &Cx) -> Result<Reply> {
    let id = id(cx);
    let find = move |view: &View, caller: &Caller| find(view, caller, &id, true);
    cx.change(find, no_input, |change, current, ()| change.delete_team_access(&current))?;
    Ok(Reply::no_content())
}

/// The path's. Each kind is found on its own path alone, which its prefix sees to.
fn id(cx: &Cx) -> String {
    let (workspace, project) = (cx.parameter("team_workspace"), cx.parameter("team_project"));
    let fits = workspace.starts_with("tws-") || project.starts_with("tprj-");
    if fits { format!("{workspace}{project}") } else { String::new() }
}

fn kind_of(access: &TeamAccess) -> To {
    match access.to {
        AccessTo::Workspace { .. } => To::Workspaces,
        AccessTo::Project { .. } => To::Projects,
    }
}

/// `NotFound` where there is none, or the caller may not see it, or not manage it where that is asked for.
fn find(view: &View, caller: &Caller, id: &str, is_to_be_managed: bool) -> Result<TeamAccess> {
    let found = view.team_access(id)?;
    let to = kind_of(&found);
    let sight = view.team_sight(caller, found.team.organization)?;
    let access = view.access_at(caller, found.team.organization, Place::from(&found.to))?;
    let may = if is_to_be_managed {
        to.manages(access) && sight.sees_access(&found, true)
    } else {
        sight.sees_access(&found, to.sees_all(access))
    };
    if may { Ok(found) } else { Err(Error::refused()) }
}

fn required(input: &mut Input, name: &str, kind: &str) -> String {
    match input.linked(name, kind) {
        Field::Value(id) => id,
        Field::Absent | Field::Null => {
            let pointer = format!("/data/relationships/{name}");
            input.problems.at(pointer, format!("`{name}` is required: a resource of type \"{kind}\"."));
            String::new()
        }
    }
}

fn given(input: &mut Input, to: To, current: Option<&Given>) -> Given {
    match (to, current) {
        (To::Workspaces, current) => {
            let fields = WorkspaceFields {
                access: input.text("access"),
                runs: input.text("runs"),
                variables: input.text("variables"),
                state_versions: input.text("state-versions"),
                sentinel_mocks: input.text("sentinel-mocks"),
                workspace_locking: input.flag("workspace-locking"),
                run_tasks: input.flag("run-tasks"),
                policy_overrides: input.flag("policy-overrides"),
            };
            let current = match current {
                Some(Given::ToWorkspace(level, permissions)) => Some((*level, permissions.clone())),
                _ => None,
            };
            fields.check(current, &mut input.problems)
        }
        (To::Projects, current) => {
            let mut fields = ProjectFields { access: input.text("access"), ..ProjectFields::default() };
            input.group("project-access", |group, problems| {
                fields.settings = group.text("settings", problems);
                fields.teams = group.text("teams", problems);
                fields.variable_sets = group.text("variable-sets", problems);
            });
            input.group("workspace-access", |group, problems| {
                fields.runs = group.text("runs", problems);
                fields.variables = group.text("variables", problems);
                fields.state_versions = group.text("state-versions", problems);
                fields.sentinel_mocks = group.text("sentinel-mocks", problems);
                fields.create = group.flag("create", problems);
                fields.locking = group.flag("locking", problems);
                fields.delete = group.flag("delete", problems);
                fields.r#move = group.flag("move", problems);
                fields.run_tasks = group.flag("run-tasks", problems);
                fields.policy_overrides = group.flag("policy-overrides", problems);
            });
            let current = match current {
                Some(Given::ToProject(level, permissions)) => Some((*level, permissions.clone())),
                _ => None,
            };
            fields.check(current, &mut input.problems)
        }
    }
}

#[derive(Serialize)]
struct Attributes {
    access: &'static str,
    #[serde(flatten)]
    permissions: Permissions,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Permissions {
    OnWorkspace(WorkspacePermissions),
    OnProject(ProjectPermissions),
}

#[derive(Serialize)]
struct Relationships {
    team: ToOne,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace: Option<ToOne>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<ToOne>,
}

fn path(access: &TeamAccess) -> String {
    format!("/api/v2/{}/{}", kind_of(access).kind(), access.id)
}

fn resource(access: &TeamAccess) -> Resource<Attributes, Relationships> {
    let linked = |kind: &'static str, id: &str| ToOne {
        data: Some(Identifier { id: id.to_owned(), kind }),
        links: Some(related(format!("/api/v2/{kind}/{id}"))),
    };
    let (level, permissions) = match &access.given {
        Given::ToWorkspace(level, permissions) => (level.name(), Permissions::OnWorkspace(permissions.clone())),
        Given::ToProject(level, permissions) => (level.name(), Permissions::OnProject(permissions.clone())),
    };
    let (workspace, project) = match &access.to {
        AccessTo::Workspace { id, .. } => (Some(linked(workspaces::KIND, id.as_str())), None),
        AccessTo::Project { id, .. } => (None, Some(linked(projects::KIND, id.as_str()))),
    };
    Resource {
        id: access.id.clone(),
        kind: kind_of(access).kind(),
        attributes: Attributes { access: level, permissions },
        relationships: Relationships { team: linked(TEAMS, access.team.id.as_str()), workspace, project },
        links: Some(SelfLink { itself: path(access) }),
    }
}

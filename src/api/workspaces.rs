//! Workspaces on the wire: by id, and by name within their organization.

use serde::Serialize;

use super::document::{self, Identifier, Resource, SelfLink, ToOne, related};
use super::input::Input;
use super::{organizations, page};
use crate::app::Cx;
use crate::domain::access::{Action, Caller};
use crate::domain::error::Result;
use crate::domain::field::Field;
use crate::domain::id::WorkspaceId;
use crate::domain::page::Listed;
use crate::domain::service_provider::ServiceProvider;
use crate::domain::timestamp::Timestamp;
use crate::domain::vcs_repo::{VcsRepo, VcsRepoChange, VcsRepoFields};
use crate::domain::workspace::{NewWorkspace, Workspace, WorkspaceChange};
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::store::View;

const KIND: &str = "workspaces";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Attributes {
    name: String,
    description: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
    vcs_repo: Option<VcsRepoAttributes>,
    vcs_repo_identifier: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct VcsRepoAttributes {
    identifier: String,
    display_identifier: String,
    branch: String,
    ingress_submodules: bool,
    oauth_token_id: String,
    github_app_installation_id: Option<String>,
    tags_regex: Option<String>,
    repository_http_url: String,
    service_provider: ServiceProvider,
}

#[derive(Serialize)]
struct Relationships {
    organization: ToOne,
}

/// Which workspace a path means.
#[derive(Clone)]
enum Named {
    ById(String),
    ByName { organization: String, workspace: String },
}

impl Named {
    fn by(request: &Request) -> Named {
        match request.parameter("workspace") {
            "" => Named::ByName {
                organization: request.parameter("organization").to_owned(),
                workspace: request.parameter("workspace_name").to_owned(),
            },
            id => Named::ById(id.to_owned()),
        }
    }

    /// `NotFound` where it does not exist or the caller may not do `action` with it.
    fn find(&self, view: &View, caller: &Caller, action: Action) -> Result<Workspace> {
        match self {
            Named::ById(id) => {
                let workspace = view.workspace(&WorkspaceId::parse(id)?)?;
                view.standing(caller, workspace.organization)?.may(action)?;
                Ok(workspace)
            }
            Named::ByName { organization, workspace } => {
                let organization = view.organization_for(caller, organization, action)?;
                view.workspace_named(organization.number, workspace)
            }
        }
    }
}

/// `GET /organizations/:organization/workspaces`, by the page; `search[name]` keeps those whose name contains it.
pub fn index(cx: &Cx, request: &Request) -> Result<Reply> {
    let name = request.parameter("organization");
    let search = request.query("search[name]").unwrap_or("");
    let (page, list) = cx.read(request, |view, caller| {
        let organization = view.organization_for(caller, name, Action::SeeWorkspaces)?;
        let page = page::requested(request)?.unwrap_or_default();
        Ok((page, view.workspaces(organization.number, search, page)?))
    })?;
    let items = list.items.iter().map(resource).collect();
    Ok(page::paged(request, &cx.app.public_url, page, Listed { items, total: list.total }))
}

/// `GET /workspaces/:workspace` and `GET /organizations/:organization/workspaces/:workspace_name`.
pub fn show(cx: &Cx, request: &Request) -> Result<Reply> {
    let workspace = cx.read(request, |view, caller| Named::by(request).find(view, caller, Action::SeeWorkspaces))?;
    Ok(document::one(resource(&workspace)))
}

/// `POST /organizations/:organization/workspaces`, with or without `vcs-repo`. `Invalid` on the name, or where the
/// OAuth token is not one of the organization's.
pub fn create(cx: &Cx, request: &Request) -> Result<Reply> {
    let name = request.parameter("organization").to_owned();
    let caller = cx.read(request, |view, caller| {
        view.organization_for(caller, &name, Action::ManageWorkspaces)?;
        Ok(caller.clone())
    })?;
    let mut input = Input::read(request, KIND)?;
    let vcs_repo = vcs_repo(&mut input);
    let (name_field, description) = (input.text("name"), input.text("description"));
    let new = NewWorkspace::check(name_field, description, vcs_repo, &mut input.problems);
    input.finish()?;
    let workspace = cx.write(caller, move |change, caller| {
        let organization = change.organization_for(caller, &name, Action::ManageWorkspaces)?;
        change.create_workspace(&organization, &new)
    })?;
    let path = format!("/api/v2/workspaces/{}", workspace.id);
    Ok(document::created(resource(&workspace), path))
}

/// `PATCH` on both paths. `vcs-repo` links, changes the link, or with null unlinks. `Invalid` as for creation.
pub fn update(cx: &Cx, request: &Request) -> Result<Reply> {
    let named = Named::by(request);
    let caller = cx.read(request, |view, caller| {
        named.find(view, caller, Action::ManageWorkspaces)?;
        Ok(caller.clone())
    })?;
    let mut input = Input::read(request, KIND)?;
    let vcs_repo = vcs_repo(&mut input);
    let (name, description) = (input.text("name"), input.text("description"));
    let update = WorkspaceChange::check(name, description, vcs_repo, &mut input.problems);
    input.finish()?;
    let workspace = cx.write(caller, move |change, caller| {
        let workspace = named.find(change, caller, Action::ManageWorkspaces)?;
        change.update_workspace(&workspace, &update)
    })?;
    Ok(document::one(resource(&workspace)))
}

/// `DELETE` on both paths: 204.
pub fn delete(cx: &Cx, request: &Request) -> Result<Reply> {
    let named = Named::by(request);
    let caller = cx.read(request, |_, caller| Ok(caller.clone()))?;
    cx.write(caller, move |change, caller| {
        let workspace = named.find(change, caller, Action::ManageWorkspaces)?;
        change.delete_workspace(&workspace)
    })?;
    Ok(Reply::no_content())
}

fn vcs_repo(input: &mut Input) -> Field<VcsRepoChange> {
    let mut group = match input.group("vcs-repo") {
        Field::Absent => return Field::Absent,
        Field::Null => return Field::Null,
        Field::Value(group) => group,
    };
    let problems = &mut input.problems;
    let fields = VcsRepoFields {
        identifier: group.text("identifier", problems),
        oauth_token_id: group.text("oauth-token-id", problems),
        github_app_installation_id: group.text("github-app-installation-id", problems),
        branch: group.text("branch", problems),
        ingress_submodules: group.flag("ingress-submodules", problems),
        tags_regex: group.text("tags-regex", problems),
    };
    Field::Value(VcsRepoChange::check(fields, problems))
}

fn resource(workspace: &Workspace) -> Resource<Attributes, Relationships> {
    let Workspace {
        number: _,
        id,
        organization: _,
        organization_name,
        name,
        description,
        vcs_repo,
        created_at,
        updated_at,
    } = workspace;
    Resource {
        id: id.to_string(),
        kind: KIND,
        attributes: Attributes {
            name: name.clone(),
            description: description.clone(),
            created_at: *created_at,
            updated_at: *updated_at,
            vcs_repo: vcs_repo.as_ref().map(vcs_repo_attributes),
            vcs_repo_identifier: vcs_repo.as_ref().map(|repo| repo.identifier.clone()),
        },
        relationships: Relationships {
            organization: ToOne {
                data: Some(Identifier { id: organization_name.clone(), kind: "organizations" }),
                links: Some(related(organizations::path(organization_name))),
            },
        },
        links: Some(SelfLink { itself: format!("/api/v2/workspaces/{id}") }),
    }
}

fn vcs_repo_attributes(repo: &VcsRepo) -> VcsRepoAttributes {
    let VcsRepo { identifier, oauth_token, branch, ingress_submodules, tags_regex, service_provider, http_url } = repo;
    VcsRepoAttributes {
        identifier: identifier.clone(),
        display_identifier: identifier.clone(),
        branch: branch.clone(),
        ingress_submodules: *ingress_submodules,
        oauth_token_id: oauth_token.to_string(),
        github_app_installation_id: None,
        tags_regex: Some(tags_regex.clone()).filter(|regex| !regex.is_empty()),
        repository_http_url: format!("{}/{identifier}", http_url.trim_end_matches('/')),
        service_provider: *service_provider,
    }
}

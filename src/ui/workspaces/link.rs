//! Linking a workspace to a repository: by hand, or picked from what the provider lists.

use askama::Template;

use super::find::{self, Found as Target};
use super::picker::{self, Asked, Found, Picker};
use crate::app::Cx;
use crate::app::flashes::Tone;
use crate::domain::access::Caller;
use crate::domain::error::{Problems, Result};
use crate::domain::field::Field;
use crate::domain::oauth::vcs_repo::{VcsRepoChange, VcsRepoFields};
use crate::domain::workspaces::workspace::WorkspaceChange;
use crate::http::form::Form;
use crate::http::reply::Reply;
use crate::store::View;
use crate::ui::frame::Frame;
use crate::ui::input::Input;
use crate::ui::{problems, reply};

#[derive(Template)]
#[template(path = "workspaces/link.html")]
pub struct LinkWorkspace {
    pub frame: Frame,
    pub id: String,
    pub workspace: String,
    /// Whether any connection is open to the workspace's project.
    pub has_connection: bool,
    pub problems: Vec<String>,
    pub fields: Vec<Input>,
    pub picker: Option<Picker>,
}

impl LinkWorkspace {
    fn of(cx: &Cx, view: &View, caller: &Caller, found: &Target) -> Result<LinkWorkspace> {
        let clients = found.clients(view)?;
        let link = found.workspace.vcs_repo.as_ref();
        let asked = Asked::of(cx)?;
        let linked = link.and_then(|link| link.through.oauth_token()).map(|id| id.as_str());
        let chosen = asked.from.or(linked).unwrap_or_default();
        let picked = cx.request.query("repository").map(str::to_owned);
        let identifier = "As in organization/repository; for Azure DevOps, organization/project/_git/repository.";
        Ok(LinkWorkspace {
            frame: found.frame(cx, view, caller, "Link a workspace")?,
            id: found.workspace.id.to_string(),
            workspace: found.workspace.name.clone(),
            has_connection: !clients.is_empty(),
            problems: vec![],
            fields: vec![
                Input::choice("oauth-token-id", "VCS provider", find::choices(&clients, chosen)).required(),
                Input::text("identifier", "Repository")
                    .required()
                    .value(picked.or(link.map(|link| link.identifier.clone())).unwrap_or_default())
                    .hint(identifier),
                Input::text("branch", "Branch")
                    .value(link.map(|link| link.branch.clone()).unwrap_or_default())
                    .hint("Empty for the default branch of the repository."),
                Input::tick("ingress-submodules", "Fetch submodules", link.is_some_and(|link| link.ingress_submodules)),
            ],
            picker: (!clients.is_empty()).then(|| Picker {
                search: picker::form(find::choices(&clients, chosen), asked.search),
                found: Found::NotAsked,
            }),
        })
    }
}

/// `GET /organizations/:organization/workspaces/:workspace/link`. `?from=…&search=…` lists what the provider has, and
/// `?repository=…` fills it in.
pub fn show(cx: &Cx) -> Result<Reply> {
    let find = find::manageable(cx);
    let asked = Asked::of(cx)?;
    let (mut page, actor, credential) = cx.read(|view, caller| {
        let found = find(view, caller)?;
        let page = LinkWorkspace::of(cx, view, caller, &found)?;
        // A picked repository needs no list any more; a token of another project is none to look with.
        let from = asked.from.filter(|_| cx.request.query("repository").is_none());
        let token = found.clients(view)?.into_iter().filter_map(|client| client.oauth_token);
        let token = from.and_then(|from| token.into_iter().find(|token| token.as_str() == from));
        let credential = token.map(|token| view.credential(&token)).transpose()?;
        Ok((page, cx.actor(caller), credential))
    })?;
    if let (Some(picker), Some(credential)) = (&mut page.picker, credential) {
        let path = format!("{}/workspaces/{}/link", page.frame.at(), page.id);
        picker.found = picker::ask(cx, &actor, credential, &asked, &path)?;
    }
    reply::page(200, &page)
}

fn read(form: &Form) -> VcsRepoFields {
    let text = |name: &str| Field::Value(form.get(name).to_owned());
    VcsRepoFields {
        identifier: text("identifier"),
        oauth_token_id: text("oauth-token-id"),
        branch: text("branch"),
        ingress_submodules: Field::Value(!form.get("ingress-submodules").is_empty()),
        ..VcsRepoFields::default()
    }
}

/// `POST` to the same path. Only the link changes.
pub fn submit(cx: &Cx) -> Result<Reply> {
    let linked = cx.change(
        find::manageable(cx),
        |_| {
            let mut wrong = Problems::default();
            let link = VcsRepoChange::check(read(cx.form()?), &mut wrong);
            // A form brings all of a link, also where there is one already.
            link.check_complete(&mut wrong);
            wrong.finish()?;
            Ok(WorkspaceChange::of_link(Field::Value(link)))
        },
        |store, found, change| {
            let workspace = store.update_workspace(&found.workspace, change)?;
            Ok((workspace.name, find::list(&found.organization)))
        },
    );
    match linked {
        Ok((name, list)) => {
            cx.flash(Tone::Good, format!("The workspace {name} was linked."));
            Ok(reply::redirect(list))
        }
        Err(error) => {
            let find = find::manageable(cx);
            let mut page = cx.read(|view, caller| LinkWorkspace::of(cx, view, caller, &find(view, caller)?))?;
            problems::fill(&mut page.fields, cx.form()?);
            page.problems = problems::place(error, &mut page.fields.iter_mut().collect::<Vec<_>>())?;
            reply::page(422, &page)
        }
    }
}

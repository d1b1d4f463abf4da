//! The audit trail of an organization.

use std::collections::HashMap;

use askama::Template;

use crate::app::Cx;
use crate::domain::audit::event::AuditEvent;
use crate::domain::error::Result;
use crate::domain::timestamp::Timestamp;
use crate::http::reply::Reply;
use crate::http::request::encode;
use crate::store::{Resource, TrailPage, plain};
use crate::ui::frame::{Frame, Section};
use crate::ui::input::{Choice, Input};
use crate::ui::pager::{self, Pager};
use crate::ui::when::When;
use crate::ui::{frames, reply};

#[derive(Template)]
#[template(path = "organizations/audit_trail.html")]
pub struct AuditTrail {
    pub frame: Frame,
    pub filters: Vec<Input>,
    pub events: Vec<Row>,
    pub pager: Option<Pager>,
}

pub struct Row {
    /// "OAuth client created".
    pub what: String,
    /// Of what the event is about; empty where it has none, or is gone.
    pub name: String,
    pub resource: String,
    /// What changed; empty where nothing is recorded.
    pub detail: String,
    pub actor: String,
    pub at: When,
}

/// `GET /organizations/:organization/audit-trail`
pub fn show(cx: &Cx) -> Result<Reply> {
    let find = cx.organization_and_access(frames::action(Section::AuditTrail));
    let page = cx.read(|view, caller| {
        let (organization, access) = find(view, caller)?;
        let asked = pager::asked(cx)?;
        let kind = cx.request.query("kind").filter(|kind| !kind.is_empty());
        let (events, has_more) = view.trail_page(&TrailPage {
            organization: &organization.external_id,
            since: None,
            last: i64::MAX,
            resource_type: kind,
            page: asked,
        })?;
        let frame = frames::inside(cx, view, caller, (&organization, access), Section::AuditTrail, "Audit trail")?;
        let path = format!("{}/audit-trail?kind={}&page=", frame.at(), encode(kind.unwrap_or_default()));
        let now = cx.app.sources.now();
        let ids: Vec<&str> = events.iter().map(|event| event.resource_id.as_str()).collect();
        let names = view.names_of_resources(&ids)?;
        let pager = Pager::uncounted(asked, events.len(), has_more, &path);
        Ok(AuditTrail {
            frame,
            filters: vec![Input::choice("kind", "About", kinds(kind))],
            events: events.into_iter().map(|event| Row::of(event, &names, now)).collect(),
            pager,
        })
    })?;
    reply::page(200, &page)
}

fn kinds(chosen: Option<&str>) -> Vec<Choice> {
    let all = Choice { value: String::new(), label: "Everything".to_owned(), is_chosen: chosen.is_none() };
    let of_one = Resource::OF_ORGANIZATIONS.iter().map(|resource| resource.name()).chain(plain::events());
    let of_one =
        of_one.map(|name| Choice { value: name.to_owned(), label: words(name), is_chosen: chosen == Some(name) });
    std::iter::once(all).chain(of_one).collect()
}

/// `oauth_client` as "OAuth client".
fn words(name: &str) -> String {
    let text = match name {
        "oauth_client" => "OAuth client".to_owned(),
        "oauth_token" => "OAuth token".to_owned(),
        "team_project" => "team access to a project".to_owned(),
        "team_workspace" => "team access to a workspace".to_owned(),
        name => plain::in_words(name).map_or_else(|| name.replace('_', " "), str::to_owned),
    };
    text[..1].to_uppercase() + &text[1..]
}

fn done(action: &str) -> &str {
    match action {
        "create" => "created",
        "update" => "changed",
        "destroy" => "deleted",
        "unlink" => "lost its repository",
        "refuse" => "refused",
        other => other,
    }
}

impl Row {
    fn of(event: AuditEvent, names: &HashMap<String, String>, now: Timestamp) -> Row {
        let changed = event.meta.as_ref().and_then(|meta| meta["changed"].as_array());
        let attributes = changed.into_iter().flatten().filter_map(|name| name.as_str());
        Row {
            what: format!("{} {}", words(&event.resource_type), done(&event.action)),
            name: names.get(&event.resource_id).cloned().unwrap_or_default(),
            resource: event.resource_id,
            detail: attributes.collect::<Vec<_>>().join(", "),
            actor: event.actor_name,
            at: When::new(event.at, now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_in_words() {
        assert_eq!(words("oauth_client"), "OAuth client");
        assert_eq!(words("workspace"), "Workspace");
        assert_eq!(words("ssh_key"), "SSH key");
        assert_eq!(words("github_app_installation"), "GitHub App installation");
        assert_eq!(words("team_project"), "Team access to a project");
    }
}

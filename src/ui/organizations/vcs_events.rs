//! What happened between an organization and its providers.

use std::collections::HashMap;
use std::time::Duration;

use askama::Template;

use crate::app::Cx;
use crate::domain::error::Result;
use crate::domain::id::OAuthClientId;
use crate::domain::oauth::client::OAuthClient;
use crate::domain::oauth::vcs_event::{KEPT_DAYS, Level, VcsEvent, VcsEventFilter};
use crate::domain::page::{MAX_PAGE_SIZE, Page};
use crate::domain::timestamp::Timestamp;
use crate::http::reply::Reply;
use crate::http::request::encode;
use crate::store::View;
use crate::ui::frame::{Frame, Section};
use crate::ui::input::{Choice, Input};
use crate::ui::pager::{self, Pager};
use crate::ui::when::When;
use crate::ui::{frames, reply};

#[derive(Template)]
#[template(path = "organizations/vcs_events.html")]
pub struct VcsEvents {
    pub frame: Frame,
    pub filters: Vec<Input>,
    pub events: Vec<Row>,
    pub pager: Option<Pager>,
}

pub struct Row {
    pub is_error: bool,
    pub message: String,
    /// What to do; empty where nothing has to be done.
    pub advice: String,
    /// The name of the VCS provider; empty where it is gone.
    pub client_name: String,
    /// Its id.
    pub client: String,
    pub at: When,
}

/// `GET /organizations/:organization/vcs-events?client=…&level=…`
pub fn show(cx: &Cx) -> Result<Reply> {
    let find = cx.organization_and_access(frames::action(Section::VcsEvents));
    let given = |name| cx.request.query(name).filter(|text| !text.is_empty());
    let (client, level) = (given("client"), given("level"));
    let page = cx.read(|view, caller| {
        let (organization, access) = find(view, caller)?;
        let asked = pager::asked(cx)?;
        let now = cx.app.sources.now();
        let list = view.vcs_events(organization.number, &filter(client, level, now), asked)?;
        let frame = frames::inside(cx, view, caller, (&organization, access), Section::VcsEvents, "VCS events")?;
        let (of, at) = (encode(client.unwrap_or_default()), encode(level.unwrap_or_default()));
        let path = format!("{}/vcs-events?client={of}&level={at}&page=", frame.at());
        let names = names(view, &list.items)?;
        Ok(VcsEvents {
            frame,
            filters: vec![
                Input::choice("client", "VCS provider", clients(view, organization.number, client)?),
                Input::choice("level", "Level", levels(level)),
            ],
            events: list.items.into_iter().map(|event| Row::of(event, &names, now)).collect(),
            pager: Pager::new(asked.number, asked.size, list.total, &path),
        })
    })?;
    reply::page(200, &page)
}

/// Of an unknown level or provider there are no events.
fn filter(client: Option<&str>, level: Option<&str>, now: Timestamp) -> VcsEventFilter {
    let kept = Duration::from_secs(KEPT_DAYS as u64 * 24 * 60 * 60).as_millis() as i64;
    let is_meant = |known: &Level| level.is_none_or(|level| known.identifier() == level);
    VcsEventFilter {
        from: Timestamp::from_milliseconds(now.milliseconds().saturating_sub(kept)),
        to: now,
        levels: Level::ALL.into_iter().filter(is_meant).collect(),
        oauth_clients: client.map(|client| vec![client.to_owned()]),
    }
}

fn clients(view: &View, organization: i64, chosen: Option<&str>) -> Result<Vec<Choice>> {
    let first = Page { number: 1, size: MAX_PAGE_SIZE };
    let of_one = view.oauth_clients(organization, first)?.items.into_iter().map(|client| Choice {
        is_chosen: chosen == Some(client.id.as_str()),
        label: client.shown_name().to_owned(),
        value: client.id.to_string(),
    });
    Ok(std::iter::once(all(chosen)).chain(of_one).collect())
}

fn levels(chosen: Option<&str>) -> Vec<Choice> {
    let choice = |value: &str, label: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        is_chosen: chosen == Some(value),
    };
    vec![all(chosen), choice("error", "Errors"), choice("info", "Info")]
}

fn all(chosen: Option<&str>) -> Choice {
    Choice { value: String::new(), label: "All".to_owned(), is_chosen: chosen.is_none() }
}

/// Of the providers that the events are about, as far as they are still there.
fn names(view: &View, events: &[VcsEvent]) -> Result<HashMap<OAuthClientId, String>> {
    let ids: Vec<&OAuthClientId> = events.iter().map(|event| &event.oauth_client).collect();
    let named = |client: OAuthClient| {
        let name = client.shown_name().to_owned();
        (client.id, name)
    };
    Ok(view.oauth_clients_of(&ids)?.into_iter().map(named).collect())
}

impl Row {
    fn of(event: VcsEvent, names: &HashMap<OAuthClientId, String>, now: Timestamp) -> Row {
        Row {
            is_error: event.level == Level::Error.identifier(),
            message: event.message,
            advice: event.suggested_action.unwrap_or_default(),
            client_name: names.get(&event.oauth_client).cloned().unwrap_or_default(),
            client: event.oauth_client.to_string(),
            at: When::new(event.created_at, now),
        }
    }
}

//! VCS events on the wire: what happened between an organization's connections and their providers.

use std::time::Duration;

use serde::Serialize;

use crate::api::jsonapi::document::{Included, Resource, SelfLink, ToOne};
use crate::api::jsonapi::page;
use crate::api::oauth::clients;
use crate::app::Cx;
use crate::domain::access::Action;
use crate::domain::error::{Error, Result};
use crate::domain::id::OAuthClientId;
use crate::domain::oauth::vcs_event::{KEPT_DAYS, Level, VcsEvent, VcsEventFilter};
use crate::domain::page::Listed;
use crate::domain::timestamp::Timestamp;
use crate::http::query::{self, Known};
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::store::View;

const FROM: &str = "filter[from]";
const TO: &str = "filter[to]";
const LEVELS: &str = "filter[levels]";
const CLIENTS: &str = "filter[oauth_client_external_ids]";
const OAUTH_CLIENT: &str = "oauth_client";

pub const KNOWN: Known = &["include=oauth_client", FROM, TO, LEVELS, CLIENTS];

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Attributes {
    created_at: Timestamp,
    level: String,
    message: String,
    /// A number, unlike everywhere else.
    organization_id: i64,
    suggested_action: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Relationships {
    oauth_client: ToOne,
    oauth_token: ToOne,
}

/// `GET /organizations/:organization/vcs-events`: the newest first, by the page.
pub fn index(cx: &Cx) -> Result<Reply> {
    let find = cx.organization(Action::ManageVcsConnections);
    let (page, list, included) = cx.read(|view, caller| {
        let organization = find(view, caller)?;
        let page = page::requested(cx.request)?.unwrap_or_default();
        let list = view.vcs_events(organization.number, &filter(cx.request, cx.app.sources.now())?, page)?;
        let is_included = query::lists(cx.request, "include", OAUTH_CLIENT);
        let included = is_included.then(|| included(view, cx, &list.items)).transpose()?;
        Ok((page, list, included))
    })?;
    let items = list.items.into_iter().map(resource).collect();
    Ok(page::paged_including(cx, page, Listed { items, total: list.total }, included))
}

fn filter(request: &Request, now: Timestamp) -> Result<VcsEventFilter> {
    let day = Duration::from_secs(24 * 60 * 60).as_millis() as i64;
    let first = Timestamp::from_milliseconds(now.milliseconds() - KEPT_DAYS * day);
    let levels = match query::filter_list(request, LEVELS) {
        None => Level::ALL.to_vec(),
        Some(names) => {
            let level = |name: &String| Level::ALL.into_iter().find(|level| level.identifier() == name);
            let levels: Option<Vec<Level>> = names.iter().map(level).collect();
            levels.ok_or_else(|| Error::bad_parameter(LEVELS, "`filter[levels]` takes info and error."))?
        }
    };
    Ok(VcsEventFilter {
        from: time(request, FROM)?.unwrap_or(first),
        to: time(request, TO)?.unwrap_or(now),
        levels,
        oauth_clients: query::filter_list(request, CLIENTS),
    })
}

fn time(request: &Request, parameter: &str) -> Result<Option<Timestamp>> {
    let Some(text) = query::filter(request, parameter) else { return Ok(None) };
    let wrong =
        || Error::bad_parameter(parameter, format!("`{parameter}` must be a time such as 2030-01-02T03:04:05Z."));
    Timestamp::parse(text).map(Some).ok_or_else(wrong)
}

/// The clients of these events that are still there.
fn included(view: &View, cx: &Cx, events: &[VcsEvent]) -> Result<Included> {
    let mut ids: Vec<&OAuthClientId> = events.iter().map(|event| &event.oauth_client).collect();
    ids.sort_unstable_by_key(|id| id.as_str());
    ids.dedup();
    let mut included = Included::default();
    for client in view.oauth_clients_of(&ids)? {
        included.push(clients::resource(&client, None, &cx.app.public_url));
    }
    Ok(included)
}

fn resource(event: VcsEvent) -> Resource<Attributes, Relationships> {
    let VcsEvent { id, organization, oauth_client, oauth_token, level, message, suggested_action, created_at } = event;
    Resource {
        id: id.to_string(),
        kind: "vcs-events",
        attributes: Attributes { created_at, level, message, organization_id: organization, suggested_action },
        relationships: Relationships {
            oauth_client: ToOne::to("oauth-clients", oauth_client),
            oauth_token: oauth_token.map_or_else(ToOne::none, |token| ToOne::to("oauth-tokens", token)),
        },
        links: None::<SelfLink>,
    }
}

//! `GET /organization/audit-trail`: what happened in an organization. Not JSON:API, as the original's is not.

use std::time::Instant;

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::jsonapi::page;
use crate::app::Cx;
use crate::app::trail_walks::Walk;
use crate::domain::audit::event::AuditEvent;
use crate::domain::error::{Error, Result};
use crate::domain::timestamp::Timestamp;
use crate::http::reply::{Pieces, Reply};
use crate::http::request::Request;
use crate::store::TrailPage;

/// Events of a page where the caller does not say, and at the most.
const PAGE_SIZE: u64 = 1000;

/// An event in the original's words.
#[derive(Serialize)]
pub struct Event {
    id: Uuid,
    /// A string: clients give up on a number.
    version: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: Timestamp,
    auth: Auth,
    request: Asked,
    resource: Resource,
}

#[derive(Serialize)]
struct Auth {
    accessor_id: Option<String>,
    description: String,
    #[serde(rename = "type")]
    kind: String,
    /// Null: there is no impersonation.
    impersonator_id: Option<String>,
    organization_id: Option<String>,
}

#[derive(Serialize)]
struct Asked {
    id: Option<Uuid>,
}

#[derive(Serialize)]
struct Resource {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    action: String,
    meta: Option<Value>,
}

#[derive(Serialize)]
struct Document {
    data: Vec<Event>,
    pagination: Pagination,
}

#[derive(Serialize)]
struct Pagination {
    current_page: u64,
    prev_page: Option<u64>,
    next_page: Option<u64>,
    total_pages: u64,
    total_count: u64,
}

impl From<AuditEvent> for Event {
    fn from(event: AuditEvent) -> Event {
        Event {
            id: event.id,
            version: "0",
            kind: "Resource",
            timestamp: event.at,
            auth: Auth {
                accessor_id: event.actor_id,
                description: event.actor_name,
                kind: event.actor_type,
                impersonator_id: None,
                organization_id: event.organization,
            },
            request: Asked { id: event.request_id },
            resource: Resource {
                id: event.resource_id,
                kind: event.resource_type,
                action: event.action,
                meta: event.meta,
            },
        }
    }
}

/// The newest first. For the tokens of an organization and those for its audit trail; `NotFound` for all others.
pub fn index(cx: &Cx) -> Result<Reply> {
    let (page, list) = cx.read_trail(|view, organization, reader| {
        let since = since(cx.request)?;
        let page = page::requested_of(cx.request, PAGE_SIZE)?;
        let (walk, now) = (Walk { reader: *reader, since, page_size: page.size }, Instant::now());
        let begun = if page.number > 1 { cx.app.trail_walks.resume(&walk, now) } else { None };
        let last = match begun {
            Some(last) => last,
            None => {
                let last = view.last_event()?;
                cx.app.trail_walks.begin(walk, last, now);
                last
            }
        };
        Ok((page, view.trail(&TrailPage { organization, since, resource_type: None, last, page })?))
    })?;
    let total_pages = list.total.div_ceil(page.size).max(1);
    let document = Document {
        data: list.items.into_iter().map(Event::from).collect(),
        pagination: Pagination {
            current_page: page.number,
            prev_page: (page.number > 1).then(|| page.number - 1),
            next_page: (page.number < total_pages).then(|| page.number + 1),
            total_pages,
            total_count: list.total,
        },
    };
    let mut body = Pieces::default();
    serde_json::to_writer(&mut body, &document).map_err(Error::internal)?;
    Ok(Reply::new(200).with_body("application/json", body))
}

/// Events of that very millisecond are included: a client that asks for what came after its last event must not miss
/// events of the same millisecond.
fn since(request: &Request) -> Result<Option<Timestamp>> {
    let Some(text) = request.query("since").filter(|text| !text.is_empty()) else { return Ok(None) };
    let parsed = Timestamp::parse(text);
    let wrong = || Error::bad_parameter("since", "`since` must be a time such as 2030-01-02T03:04:05.678Z.");
    parsed.map(Some).ok_or_else(wrong)
}

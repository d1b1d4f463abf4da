//! Documents that leave: data, links, meta, errors.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::domain::error::{Error, Exceeded, Kind, Problem, Source};
use crate::domain::oauth::vcs_repo::UNKNOWN_OAUTH_TOKEN;
use crate::http::query;
use crate::http::reply::{Pieces, Reply, status};
use crate::http::request::{Method, Request};

pub const MEDIA_TYPE: &str = "application/vnd.api+json";

/// A resource object. `R` is a struct of [`ToOne`]s and [`ToMany`]s; `L` where it has other links than one to itself.
#[derive(Serialize)]
pub struct Resource<A, R, L = SelfLink> {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub attributes: A,
    pub relationships: R,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links: Option<L>,
}

#[derive(Serialize)]
pub struct SelfLink {
    #[serde(rename = "self")]
    pub itself: String,
}

#[derive(Serialize)]
pub struct Identifier {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
}

#[derive(Serialize)]
pub struct ToOne {
    /// Null for none.
    pub data: Option<Identifier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links: Option<Related>,
}

impl ToOne {
    pub fn none() -> ToOne {
        ToOne { data: None, links: None }
    }

    /// A linkage and no link.
    pub fn to(kind: &'static str, id: impl ToString) -> ToOne {
        ToOne { data: Some(Identifier { id: id.to_string(), kind }), links: None }
    }
}

#[derive(Serialize)]
pub struct ToMany {
    pub data: Vec<Identifier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links: Option<Related>,
}

impl ToMany {
    /// Linkages and no link.
    pub fn to(kind: &'static str, ids: impl IntoIterator<Item = impl ToString>) -> ToMany {
        let data = ids.into_iter().map(|id| Identifier { id: id.to_string(), kind }).collect();
        ToMany { data, links: None }
    }
}

/// A relationship that is not spelled out, only pointed at.
#[derive(Serialize)]
pub struct Elsewhere {
    pub links: Related,
}

#[derive(Serialize)]
pub struct Related {
    pub related: String,
}

/// For resources that relate to nothing.
#[derive(Serialize)]
pub struct NoRelationships {}

/// Links to other resources are host-relative, as the original's are.
pub fn related(path: String) -> Related {
    Related { related: path }
}

#[derive(Serialize)]
struct Document<D, L, M> {
    data: D,
    #[serde(skip_serializing_if = "Option::is_none")]
    included: Option<Included>,
    #[serde(skip_serializing_if = "Option::is_none")]
    links: Option<L>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<M>,
}

/// The resources beside the primary data, because the `include` parameter asked for them: each once. Nothing in here
/// may link to something else in here and back: there are clients that would follow it for ever.
#[derive(Default, Serialize)]
#[serde(transparent)]
pub struct Included {
    /// Written already: a tree of them takes several times their text.
    resources: Vec<Box<RawValue>>,
    #[serde(skip)]
    known: HashSet<(&'static str, String)>,
}

impl Included {
    /// `None` where the request asks for nothing beside.
    pub fn asked_for(request: &Request) -> Option<Included> {
        query::has_items(request, "include").then(Included::default)
    }

    pub fn push<A: Serialize, R: Serialize, L: Serialize>(&mut self, resource: Resource<A, R, L>) {
        self.push_without(resource, &[]);
    }

    /// Leaves out relationships that would lead in a circle.
    pub fn push_without<A: Serialize, R: Serialize, L: Serialize>(
        &mut self,
        resource: Resource<A, R, L>,
        without: &[&str],
    ) {
        if !self.known.insert((resource.kind, resource.id.clone())) {
            return;
        }
        let written = if without.is_empty() {
            to_raw_value(&resource)
        } else {
            serde_json::to_value(resource).and_then(|mut value| {
                if let Some(relationships) = value["relationships"].as_object_mut() {
                    relationships.retain(|name, _| !without.contains(&name.as_str()));
                }
                to_raw_value(&value)
            })
        };
        match written {
            Ok(written) => self.resources.push(written),
            Err(e) => log::error!("a resource could not be written: {e}"),
        }
    }
}

/// A document with one resource.
pub fn one<A: Serialize, R: Serialize, L: Serialize>(resource: Resource<A, R, L>) -> Reply {
    one_including(resource, None)
}

/// A document with one resource and what the request asked to include; `None` where it did not ask.
pub fn one_including<A: Serialize, R: Serialize, L: Serialize>(
    resource: Resource<A, R, L>,
    included: Option<Included>,
) -> Reply {
    reply(200, &Document { data: resource, included, links: None::<()>, meta: None::<()> })
}

/// The document of a resource that was just made; `path` is where it lives.
pub fn created<A: Serialize, R: Serialize, L: Serialize>(resource: Resource<A, R, L>, path: String) -> Reply {
    reply(201, &Document { data: resource, included: None, links: None::<()>, meta: None::<()> })
        .with_header("Location", path)
}

/// As [`created`], with resources that the request did not have to ask for.
pub fn created_including<A: Serialize, R: Serialize>(
    resource: Resource<A, R>,
    path: String,
    included: Included,
) -> Reply {
    reply(201, &Document { data: resource, included: Some(included), links: None::<()>, meta: None::<()> })
        .with_header("Location", path)
}

/// A document with a list; `links` and `meta` where it is a page of one.
pub fn many<D: Serialize, L: Serialize, M: Serialize>(
    data: Vec<D>,
    included: Option<Included>,
    links: Option<L>,
    meta: Option<M>,
) -> Reply {
    reply(200, &Document { data, included, links, meta })
}

#[derive(Serialize)]
struct Errors<'a> {
    errors: Vec<ErrorObject<'a>>,
}

#[derive(Serialize)]
struct ErrorObject<'a> {
    /// A string: clients give up on a number.
    status: String,
    title: &'static str,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<ErrorSource<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum ErrorSource<'a> {
    Pointer(&'a str),
    Parameter(&'a str),
    Header(&'a str),
}

/// The answer to a request that failed: everything that is wrong with it.
pub fn error(error: &Error) -> Reply {
    let status = status(error.kind);
    let objects = error
        .problems
        .iter()
        .map(|problem| ErrorObject {
            status: status.to_string(),
            title: title(error.kind, problem),
            detail: &problem.detail,
            source: problem.source.as_ref().map(|source| match source {
                Source::Pointer(pointer) => ErrorSource::Pointer(pointer),
                Source::Parameter(name) => ErrorSource::Parameter(name),
                Source::Header(name) => ErrorSource::Header(name),
            }),
        })
        .collect();
    let reply = reply(status, &Errors { errors: objects });
    match error.kind {
        Kind::Unauthenticated => reply.with_header("WWW-Authenticate", "Bearer"),
        Kind::ProvidersBusy | Kind::Unavailable | Kind::KeyRetired => reply.with_header("Retry-After", "1"),
        Kind::TooManyRequests(exceeded) => with_wait(reply, &exceeded),
        _ => reply,
    }
}

/// When to come again, for the clients that go by seconds and for those that go by milliseconds. Both are spans and not
/// instants: there are clients that sleep for as long as it says, and clients that end where it is no number.
fn with_wait(reply: Reply, exceeded: &Exceeded) -> Reply {
    let wait_ms = exceeded.wait.as_nanos().div_ceil(1_000_000).max(1);
    reply
        .with_header("Retry-After", wait_ms.div_ceil(1000).to_string())
        .with_header("X-RateLimit-Limit", exceeded.limit.to_string())
        .with_header("X-RateLimit-Remaining", "0")
        .with_header("X-RateLimit-Reset", format!("{}.{:03}", wait_ms / 1000, wait_ms % 1000))
}

/// The path is there, but not for this method.
pub fn method_not_allowed(allowed: &[Method]) -> Reply {
    let mut names: Vec<&str> = Vec::new();
    for method in allowed {
        names.push(method.name());
        if *method == Method::Get {
            names.push("HEAD");
        }
    }
    let allow = names.join(", ");
    let detail = format!("This path answers to {allow}.");
    let object = ErrorObject { status: "405".to_owned(), title: "method not allowed", detail: &detail, source: None };
    reply(405, &Errors { errors: vec![object] }).with_header("Allow", allow)
}

fn title(kind: Kind, problem: &Problem) -> &'static str {
    match kind {
        Kind::BadRequest | Kind::TooMuch => "bad request",
        Kind::Unauthenticated => "unauthorized",
        Kind::Forbidden => "forbidden",
        Kind::NotFound => "not found",
        Kind::NotAcceptable => "not acceptable",
        Kind::Conflict => "conflict",
        Kind::TooLarge => "payload too large",
        Kind::UnsupportedMediaType => "unsupported media type",
        // The title and detail that clients know together.
        Kind::Invalid if problem.detail.starts_with("Validation failed: ") => "invalid attributes",
        Kind::Invalid if problem.detail == UNKNOWN_OAUTH_TOKEN => "unprocessable entity",
        Kind::Invalid => match &problem.source {
            Some(Source::Pointer(pointer)) if pointer.starts_with("/data/attributes/") => "invalid attribute",
            Some(Source::Parameter(_)) => "invalid attribute",
            Some(Source::Pointer(pointer)) if pointer.starts_with("/data/relationships/") => "invalid relationship",
            _ => "invalid document",
        },
        Kind::ProviderFailed => "VCS provider error",
        Kind::Internal => "internal server error",
        Kind::ProvidersBusy | Kind::Unavailable | Kind::KeyRetired => "service unavailable",
        Kind::StorageFull => "insufficient storage",
        Kind::TooManyRequests(_) => "Too many requests",
    }
}

fn reply<D: Serialize>(status: u16, document: &D) -> Reply {
    let mut body = Pieces::with_room(2048);
    match serde_json::to_writer(&mut body, document) {
        Ok(()) => Reply::new(status).with_body(MEDIA_TYPE, body),
        Err(e) => {
            log::error!("a document could not be written: {e}");
            Reply::new(500)
        }
    }
}

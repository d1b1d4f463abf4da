//! What answers a request: the route that it has, or the error that there is none.

use std::sync::Arc;

use super::{PAGES, ROUTES};
use crate::api;
use crate::api::service::health;
use crate::app::endpoint::Endpoint;
use crate::app::{App, Cx, forgery};
use crate::domain::error::{Error, Kind};
use crate::http::accept;
use crate::http::reply::Reply;
use crate::http::request::{Method, Request};
use crate::http::router::{self, Found, Route};
use crate::http::server::{self, Service};
use crate::http::worker_slots::{WorkerSlot, WorkerSlots};
use crate::ui;

/// The health is told at once: a check that waits for other requests would call a busy server ill. `request` is as the
/// gate passes it on.
pub fn at_once(app: &Arc<App>, request: &[u8]) -> Option<Vec<u8>> {
    let rest = request.strip_prefix(b"GET ")?.strip_prefix(health::PATTERN.as_bytes())?;
    if !matches!(rest.first(), Some(b' ' | b'?')) {
        return None;
    }
    let request = Request::new(Method::Get, health::PATTERN, vec![], vec![]).ok()?;
    let slots = WorkerSlots::new(1);
    let routes = Routes { app: Arc::clone(app), has_pages: false };
    Some(server::written(&routes.handle(request, &slots.slot())))
}

/// The application as what the workers run.
pub struct Routes {
    pub app: Arc<App>,
    /// Whether there are pages, or the API alone.
    pub has_pages: bool,
}

impl Service for Routes {
    fn handle(&self, mut request: Request, slot: &WorkerSlot<'_>) -> Reply {
        let mut found = router::find(ROUTES, &mut request);
        if self.has_pages && matches!(found, Found::Nothing) {
            found = router::find(PAGES, &mut request);
        }
        let reply = match found {
            Found::Handler(route) => answer(&self.app, route, request, slot),
            Found::OtherMethods(allowed) => api::method_not_allowed(&allowed),
            Found::Nothing if self.has_pages && is_for_a_page(&request) => ui::no_such_page(),
            Found::Nothing => api::error(&Error::not_found()),
        };
        guarded(reply)
    }

    fn malformed(&self) -> Reply {
        guarded(api::error(&Error::bad_request("The request target is not percent-encoded UTF-8.")))
    }

    fn failed(&self) -> Reply {
        guarded(api::error(&Error::internal("a handler panicked")))
    }
}

/// Below `/api` every error is a JSON:API document, in a browser too.
fn is_for_a_page(request: &Request) -> bool {
    request.path.first().is_none_or(|segment| segment != "api") && accept::takes_pages(request)
}

fn answer(app: &App, route: &'static Route<Endpoint>, mut request: Request, slot: &WorkerSlot<'_>) -> Reply {
    let Endpoint { handler, headers, body_bytes, refuse, .. } = &route.handler;
    request.keep_headers(headers);
    let cx = Cx::new(app, route, &request, slot);
    let answered = if request.body.len() > *body_bytes {
        Err(Error::too_large(*body_bytes))
    } else {
        forgery::check(&cx).and_then(|()| handler(&cx))
    };
    let reply = answered.unwrap_or_else(|error| {
        log_own_failure(&request, &error);
        refuse(&cx, &error)
    });
    Reply { route: Some(route.pattern), memory: cx.memory.hold(), ..reply }
}

/// The one place where a failed request is logged, and only if the failure is the server's.
fn log_own_failure(request: &Request, error: &Error) {
    if matches!(error.kind, Kind::Internal | Kind::StorageFull | Kind::Unavailable | Kind::KeyRetired) {
        // Paths hold names and ids, never secrets; queries and bodies might.
        let path = request.path.join("/");
        let (id, method) = (request.id(), request.method.name());
        log::error!("{id} {method} /{}: {}", path.escape_debug(), error.told_to_operators());
    }
}

/// On every answer: no cache may keep it, unless it says that one may, and no browser may guess another media type.
fn guarded(reply: Reply) -> Reply {
    let reply = reply.with_header("X-Content-Type-Options", "nosniff");
    let says = reply.headers.iter().any(|(name, _)| *name == "Cache-Control");
    if says { reply } else { reply.with_header("Cache-Control", "no-store") }
}

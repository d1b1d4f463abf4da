//! What belongs to no kind: the front page, its style sheet, and `/_faults`.

use std::time::Duration;

use super::faults::{Fault, LONGEST_DELAY, NAMES, USUAL_DELAY};
use super::{DemoProvider, answers, asked, page};
use crate::domain::oauth::service_provider::ServiceProvider;
use crate::http::reply::Reply;
use crate::http::request::{Method, Request};

/// `None` where a kind is meant.
pub fn answer(provider: &DemoProvider, request: &Request) -> Option<Reply> {
    let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
    Some(match (request.method, &path[..]) {
        (Method::Get, []) => page::front(&provider.origin, &provider.state().faults.lines()),
        (Method::Get, ["_style.css"]) => page::style_sheet(),
        (_, ["_faults"]) if asked::comes_from_elsewhere(request, &provider.origin) => {
            answers::plain(403, "Faults are set from this machine, not from another site's page.\n")
        }
        (Method::Get, ["_faults"]) => shown(provider),
        (Method::Post, ["_faults"]) => set(provider, request),
        (Method::Delete, ["_faults"]) => clear(provider, request),
        (_, ["_faults"]) => answers::plain(405, "Only GET, POST and DELETE are supported.\n"),
        _ => return None,
    })
}

fn shown(provider: &DemoProvider) -> Reply {
    answers::json(200, &provider.state().faults.to_json())
}

/// A form comes from the front page, and leads back to it.
fn set(provider: &DemoProvider, request: &Request) -> Reply {
    let members = asked::form(request);
    let member = |name: &str| members.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let kinds = match kinds(member("kind")) {
        Ok(kinds) => kinds,
        Err(refused) => return refused,
    };
    let delay = match member("milliseconds").filter(|text| !text.is_empty()).map(str::parse) {
        None => USUAL_DELAY,
        Some(Ok(milliseconds)) if Duration::from_millis(milliseconds) <= LONGEST_DELAY => {
            Duration::from_millis(milliseconds)
        }
        Some(_) => return answers::plain(422, "milliseconds is a number from 0 to 30000.\n"),
    };
    let name = member("fault").unwrap_or("");
    let fault = Fault::named(name, delay);
    if fault.is_none() && name != "none" {
        return answers::plain(422, &format!("fault is one of {}, none.\n", NAMES.join(", ")));
    }
    let mut state = provider.state();
    let serial = state.tokens.newest_serial();
    for kind in kinds {
        match fault {
            Some(fault) => state.faults.set(kind, fault, serial),
            None => state.faults.clear(Some(kind), None),
        }
    }
    drop(state);
    if asked::is_json(request) { shown(provider) } else { answers::redirect(303, "/") }
}

/// `?kind=` and `?fault=` say which; without them all.
fn clear(provider: &DemoProvider, request: &Request) -> Reply {
    let kinds = match kinds(request.query("kind").or(Some("all"))) {
        Ok(kinds) => kinds,
        Err(refused) => return refused,
    };
    let name = request.query("fault");
    if name.is_some_and(|name| !NAMES.contains(&name)) {
        return answers::plain(422, &format!("fault is one of {}.\n", NAMES.join(", ")));
    }
    let mut state = provider.state();
    kinds.into_iter().for_each(|kind| state.faults.clear(Some(kind), name));
    drop(state);
    shown(provider)
}

fn kinds(given: Option<&str>) -> Result<Vec<ServiceProvider>, Reply> {
    match given {
        Some("all") => Some(ServiceProvider::ALL.to_vec()),
        Some(kind) => ServiceProvider::from_identifier(kind).map(|kind| vec![kind]),
        None => None,
    }
    .ok_or_else(|| answers::plain(422, "kind is a service provider, such as github, or all.\n"))
}

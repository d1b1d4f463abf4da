//! `GET /_health_check`: whether the server can do its work, for load balancers and supervisors. It needs no
//! token, so it says which check is down; only the log says why.

use serde_json::{Map, Value};

use crate::app::Cx;
use crate::domain::error::Result;
use crate::http::reply::Reply;
use crate::store::{Health, State};

pub const PATTERN: &str = "/_health_check";

/// 200, or 503 where a check is down.
pub fn show(cx: &Cx) -> Result<Reply> {
    Ok(reply(cx.health()))
}

/// A member for each check, as Terraform Enterprise has them.
pub fn reply(health: Health) -> Reply {
    let members = health.checks().map(|(name, state)| {
        let state = match state {
            State::Up => "UP",
            State::Warning => "WARNING",
            State::Down => "DOWN",
        };
        (name.to_owned(), Value::from(state))
    });
    let status = if health.is_up() { 200 } else { 503 };
    Reply::new(status).with_body("application/json", Value::Object(Map::from_iter(members)).to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_not_yet_down() {
        let large = Health { log: State::Warning, ..Health::GOOD };
        assert_eq!(reply(Health::GOOD).status, 200);
        assert_eq!(reply(large).status, 200);
        let full = reply(Health { disk: State::Down, ..large });
        assert_eq!(full.status, 503);
        let body: Value = serde_json::from_slice(&full.body.whole()).unwrap();
        assert_eq!(body, serde_json::json!({"file": "UP", "disk": "DOWN", "writer": "UP", "log": "WARNING"}));
    }
}

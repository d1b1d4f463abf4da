//! What a route needs, as data.

use super::Cx;
use super::credential::Identity;
use crate::domain::error::{Error, Result};
use crate::http::query::Known;
use crate::http::reply::Reply;

pub type Handler = fn(&Cx) -> Result<Reply>;

pub struct Endpoint {
    pub handler: Handler,
    /// The query parameters that it takes beside pages.
    pub query: Known,
    /// The request headers that it reads. The gate passes on what some route names, a handler sees what its own names.
    pub headers: &'static [&'static str],
    /// The largest body that it takes.
    pub body_bytes: usize,
    /// How its callers say who they are.
    pub identity: Identity,
    /// How an error is shown: as a JSON:API document or as a page.
    pub refuse: fn(&Cx, &Error) -> Reply,
}

//! What a route needs, as data.

use super::Cx;
use super::credential::Identity;
use crate::domain::error::{Error, Result};
use crate::http::query::Known;
use crate::http::reply::Reply;

pub type Handler = fn(&Cx) -> Result<Reply>;

pub struct Endpoint {
    pub handler: Handler,
    /// Query parameters besides pages.
    pub query: Known,
    /// The request headers that it reads. The gate passes on the headers of all routes; a handler sees those of its own.
    pub headers: &'static [&'static str],
    /// The largest body in bytes.
    pub body_bytes: usize,
    /// How its callers say who they are.
    pub identity: Identity,
    /// How an error is shown: as a JSON:API document or as a page.
    pub refuse: fn(&Cx, &Error) -> Reply,
}

//! `GET /openapi.json`: what all of this is, for machines. Written in `docs/openapi`, joined by `build/main.rs`.

use crate::app::Cx;
use crate::domain::error::Result;
use crate::http::reply::Reply;

const DOCUMENT: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// 200, with or without a token.
pub fn show(_: &Cx) -> Result<Reply> {
    Ok(Reply::new(200).with_body("application/json", DOCUMENT))
}

//! `GET /openapi.json`: what all of this is, for machines. Written in `docs/openapi`, joined by `build/main.rs`.

use crate::app::Cx;
use crate::domain::error::Result;
use crate::http::reply::Reply;

const DOCUMENT: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// 200, with or without a token.
pub fn show(_: &Cx) -> Result<Reply> {
    Ok(Reply::new(200).with_body("application/json", DOCUMENT))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::store::{Resource, plain};

    #[test]
    fn the_document_knows_what_events_of_an_organization_are_about() {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let kinds = &document["components"]["schemas"]["AuditEvent"]["properties"]["resource"]["properties"]["type"];
        let described: Vec<&str> =
            kinds["enum"].as_array().unwrap().iter().map(|kind| kind.as_str().unwrap()).collect();
        let kinds = Resource::OF_ORGANIZATIONS.iter().map(|resource| resource.name()).chain(plain::events());
        let expected: BTreeSet<&str> = kinds.collect();
        assert_eq!(BTreeSet::from_iter(described.iter().copied()), expected);
        assert_eq!(described.len(), expected.len(), "none is said twice");
    }
}

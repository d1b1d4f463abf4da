//! Feature sets: what an administrator's client picks a subscription from.

use serde::Serialize;

use crate::api::jsonapi::document::{NoRelationships, Resource};
use crate::api::jsonapi::page;
use crate::app::Cx;
use crate::domain::error::Result;
use crate::domain::organizations::feature_set;
use crate::domain::organizations::feature_set::FeatureSet;
use crate::domain::page::Listed;
use crate::http::reply::Reply;
use crate::http::request::Request;

pub const KIND: &str = "feature-sets";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Attributes {
    identifier: &'static str,
    name: &'static str,
    is_free_tier: bool,
}

/// `GET /admin/feature-sets`, by the page; `q` keeps those that have it in their name. `NotFound` for who does not
/// administer the site.
pub fn index(cx: &Cx, request: &Request) -> Result<Reply> {
    let page = cx.read(request, |_, caller| {
        caller.may_administer_the_site()?;
        Ok(page::requested(request)?.unwrap_or_default())
    })?;
    let found: Vec<&FeatureSet> = feature_set::search(request.query("q").unwrap_or_default()).collect();
    let shown = found.iter().skip(usize::try_from(page.offset()).unwrap_or(usize::MAX)).take(page.size as usize);
    let list = Listed { items: shown.map(|set| resource(set)).collect(), total: found.len() as u64 };
    Ok(page::paged(request, &cx.app.public_url, page, list))
}

fn resource(set: &FeatureSet) -> Resource<Attributes, NoRelationships> {
    let FeatureSet { id, identifier, name, is_free_tier } = *set;
    Resource {
        id: id.to_owned(),
        kind: KIND,
        attributes: Attributes { identifier, name, is_free_tier },
        relationships: NoRelationships {},
        links: None,
    }
}

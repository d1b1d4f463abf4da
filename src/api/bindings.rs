//! Tag bindings on the wire: of projects and workspaces alike.

use std::collections::BTreeMap;

use serde::Serialize;

use super::jsonapi::document::{NoRelationships, Resource};
use super::jsonapi::input::Item;
use crate::domain::error::{Error, Problems, Result};
use crate::domain::tags::binding::{TagBinding, TagBindingFields, TagCondition};
use crate::domain::timestamp::Timestamp;
use crate::http::request::Request;

pub const KIND: &str = "tag-bindings";
/// Where bindings are in the document of what they belong to.
pub const POINTER: &str = "/data/relationships/tag-bindings/data";
/// The bindings that count for something, inherited ones included.
pub const EFFECTIVE: &str = "effective-tag-bindings";

#[derive(Serialize)]
pub struct Attributes {
    key: String,
    value: String,
    /// Of a binding in its own place.
    #[serde(rename = "created-at", skip_serializing_if = "Option::is_none")]
    created_at: Option<Timestamp>,
}

/// Each is a condition of its own in a query, which has its limits.
const MAX_ASKED: usize = 20;

/// The bindings of a request, which are at `pointer` in its document.
pub fn check(items: Vec<Item>, pointer: &str, problems: &mut Problems) -> Vec<TagBinding> {
    TagBinding::check_number(items.len(), pointer, problems);
    let fields = items
        .into_iter()
        .map(|mut item| TagBindingFields {
            key: item.attributes.text("key", problems),
            value: item.attributes.text("value", problems),
            pointer: item.pointer,
        })
        .collect();
    TagBinding::check_all(fields, problems)
}

/// A binding has no id of its own; its place makes one.
pub fn id(owner: &str, binding: &TagBinding) -> String {
    format!("{owner}:{}", binding.key)
}

/// What the request asks of tags: `filter[tagged][0][key]` and `filter[tagged][0][value]`, whatever stands for the 0;
/// `filter[tagged]`, names or keys separated by commas; `filter[tagged][value]`, values or `key=value`. Clients send an
/// empty value for any.
pub fn asked_for(request: &Request) -> Result<Vec<TagCondition>> {
    let mut numbered: BTreeMap<&str, (Option<String>, Option<String>)> = BTreeMap::new();
    let mut conditions = Vec::new();
    for (name, value) in &request.query {
        let Some(rest) = name.strip_prefix("filter[tagged]") else { continue };
        let parts = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).and_then(|r| r.split_once("]["));
        let listed = || value.split(',').map(str::trim).filter(|item| !item.is_empty());
        let given = Some(value.clone()).filter(|value| !value.is_empty());
        match (rest, parts) {
            ("", _) => conditions.extend(listed().map(|name| TagCondition {
                key: Some(name.to_owned()),
                value: None,
                or_name: true,
            })),
            ("[value]", _) => conditions.extend(listed().map(|text| match text.split_once('=') {
                Some((key, value)) => condition(Some(key.to_owned()), Some(value.to_owned())),
                None => condition(None, Some(text.to_owned())),
            })),
            (_, Some((number, "key"))) => numbered.entry(number).or_default().0 = given,
            (_, Some((number, "value"))) => numbered.entry(number).or_default().1 = given,
            _ => {
                let detail = "Tags are asked for by `filter[tagged][0][key]` and `filter[tagged][0][value]`.";
                return Err(Error::bad_parameter(name, detail));
            }
        }
    }
    for (number, (key, value)) in numbered {
        if key.is_none() {
            let name = format!("filter[tagged][{number}][key]");
            return Err(Error::bad_parameter(&name, format!("`{name}` is required.")));
        }
        conditions.push(condition(key, value));
    }
    if conditions.len() > MAX_ASKED {
        return Err(Error::bad_parameter("filter[tagged]", format!("At most {MAX_ASKED} tags can be asked for.")));
    }
    Ok(conditions)
}

fn condition(key: Option<String>, value: Option<String>) -> TagCondition {
    TagCondition { key, value, or_name: false }
}

/// `kind` is [`KIND`] or [`EFFECTIVE`].
pub fn resource(owner: &str, kind: &'static str, binding: &TagBinding) -> Resource<Attributes, NoRelationships> {
    Resource {
        id: id(owner, binding),
        kind,
        attributes: Attributes {
            key: binding.key.clone(),
            value: binding.value.clone(),
            created_at: binding.created_at.filter(|_| kind == KIND),
        },
        relationships: NoRelationships {},
        links: None,
    }
}

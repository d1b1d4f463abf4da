//! Tag bindings on the wire: of projects and workspaces alike.

use serde::Serialize;

use super::document::Resource;
use super::input::Item;
use crate::domain::error::Problems;
use crate::domain::tag_binding::{TagBinding, TagBindingFields};

pub const KIND: &str = "tag-bindings";
/// The bindings that count for something, inherited ones included.
pub const EFFECTIVE: &str = "effective-tag-bindings";

#[derive(Serialize)]
pub struct Attributes {
    key: String,
    value: String,
}

#[derive(Serialize)]
pub struct NoRelationships {}

/// The bindings of a request.
pub fn check(items: Vec<Item>, problems: &mut Problems) -> Vec<TagBinding> {
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

/// `kind` is [`KIND`] or [`EFFECTIVE`].
pub fn resource(owner: &str, kind: &'static str, binding: &TagBinding) -> Resource<Attributes, NoRelationships> {
    Resource {
        id: id(owner, binding),
        kind,
        attributes: Attributes { key: binding.key.clone(), value: binding.value.clone() },
        relationships: NoRelationships {},
        links: None,
    }
}

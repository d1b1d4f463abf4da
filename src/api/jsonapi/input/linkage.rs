//! Resource linkage: from `{"type": …, "id": …}` to ids.

use serde_json::{Map, Value};

use super::members::Members;
use crate::domain::error::Problems;
use crate::domain::field::Field;

/// One resource in a to-many relationship. Clients send whole resource objects where an identifier would do, and
/// objects without an id where a thing is made by being named.
pub struct Item {
    pub id: Option<String>,
    pub attributes: Members,
    pub pointer: String,
}

/// `data` of a to-one relationship: null for none.
pub fn to_one(data: Value, kind: &str, name: &str, pointer: &str, problems: &mut Problems) -> Field<String> {
    match data {
        Value::Null => return Field::Null,
        Value::Object(linkage) => {
            if let Some(Item { id: Some(id), .. }) = item(linkage, kind, pointer) {
                return Field::Value(id);
            }
            problems.at(pointer, format!("`{name}` must name a resource of type \"{kind}\"."));
        }
        _ => problems.at(pointer, format!("`{name}` must name one resource, or be null.")),
    }
    Field::Absent
}

/// `data` of a to-many relationship. What is not a resource of type `kind` is a problem.
pub fn to_many(data: Value, kind: &str, name: &str, pointer: &str, problems: &mut Problems) -> Vec<Item> {
    let Value::Array(linkages) = data else {
        problems.at(pointer, format!("`{name}` must be an array of resources of type \"{kind}\"."));
        return Vec::new();
    };
    let mut items = Vec::with_capacity(linkages.len());
    for (n, linkage) in linkages.into_iter().enumerate() {
        let pointer = format!("{pointer}/{n}");
        let found = match linkage {
            Value::Object(linkage) => item(linkage, kind, &pointer),
            _ => None,
        };
        match found {
            Some(item) => items.push(item),
            None => problems.at(pointer, format!("Each of `{name}` must be a resource of type \"{kind}\".")),
        }
    }
    items
}

/// The ids of items that must have one.
pub fn ids(items: Vec<Item>, kind: &str, name: &str, problems: &mut Problems) -> Vec<String> {
    let mut ids = Vec::with_capacity(items.len());
    for item in items {
        match item.id {
            Some(id) => ids.push(id),
            None => {
                problems
                    .at(item.pointer, format!("Each of `{name}` must be a resource of type \"{kind}\", with an id."));
            }
        }
    }
    ids
}

fn item(mut linkage: Map<String, Value>, kind: &str, pointer: &str) -> Option<Item> {
    if linkage.get("type").and_then(Value::as_str) != Some(kind) {
        return None;
    }
    let id = match linkage.remove("id") {
        None | Some(Value::Null) => None,
        Some(Value::String(id)) => Some(id),
        Some(_) => return None,
    };
    let attributes = match linkage.remove("attributes") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(attributes)) => attributes,
        Some(_) => return None,
    };
    Some(Item {
        id,
        attributes: Members::new(attributes, format!("{pointer}/attributes")),
        pointer: pointer.to_owned(),
    })
}

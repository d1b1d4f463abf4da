//! Joins `docs/openapi/*.yaml`, written for people, to the one document that `GET /openapi.json` serves to machines.
//!
//! `openapi.yaml` is the frame, every other file brings the paths and components of its resource. What would be the same
//! in a hundred places stands once:
//! - `x-shared-responses` of the frame says which responses an operation has because of what it takes,
//! - `x-optional` in a schema names the properties that may be missing, and makes all its others required,
//! - `x-resources` describes plain resources, from which their operations are written (`resources.rs`).

mod resources;

use std::error::Error;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const FRAME: &str = "docs/openapi/openapi.yaml";
const PAGE_SIZE: &str = "#/components/parameters/PageSize";
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=docs/openapi");
    println!("cargo::rerun-if-changed=build");
    let mut document = read(Path::new(FRAME))?;
    let mut files: Vec<PathBuf> =
        std::fs::read_dir("docs/openapi")?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml") && file != Path::new(FRAME));
    files.sort();
    for file in &files {
        let described = resources::written_out(read(file)?);
        let joined = described.and_then(|file| join(&mut document, file));
        joined.map_err(|e| format!("{}: {e}", file.display()))?;
    }
    let shared = take(&mut document, "x-shared-responses")?;
    for (path, operations) in object(&mut document, "paths")? {
        let operations = operations.as_object_mut().ok_or("operations must be a mapping")?;
        for (method, operation) in operations.iter_mut().filter(|(name, _)| METHODS.contains(&name.as_str())) {
            share_responses(method, operation, &shared).map_err(|e| format!("{method} {path}: {e}"))?;
        }
    }
    require_all_but_optional(&mut document);
    object(&mut document, "info")?.insert("version".to_owned(), std::env::var("CARGO_PKG_VERSION")?.into());
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    std::fs::write(out.join("openapi.json"), serde_json::to_vec(&document)?)?;
    Ok(())
}

fn read(file: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(file)?;
    serde_saphyr::from_str(&text).map_err(|e| format!("{}: {e}", file.display()).into())
}

fn object<'a>(value: &'a mut Value, member: &str) -> Result<&'a mut Map<String, Value>> {
    value.get_mut(member).and_then(Value::as_object_mut).ok_or_else(|| format!("there is no mapping {member}").into())
}

fn take(value: &mut Value, member: &str) -> Result<Value> {
    let members = value.as_object_mut().ok_or("the document must be a mapping")?;
    members.remove(member).ok_or_else(|| format!("there is no {member}").into())
}

/// Mappings become one, lists follow each other; the same thing said twice is a mistake.
fn join(into: &mut Value, from: Value) -> Result<()> {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                match into.get_mut(&name) {
                    Some(known) => join(known, value).map_err(|e| format!("{name}: {e}"))?,
                    None => {
                        into.insert(name, value);
                    }
                }
            }
            Ok(())
        }
        (Value::Array(into), Value::Array(from)) => {
            into.extend(from);
            Ok(())
        }
        _ => Err("said twice".into()),
    }
}

fn share_responses(method: &str, operation: &mut Value, shared: &Value) -> Result<()> {
    let is_open = operation.get("security").is_some_and(|needed| needed.as_array().is_some_and(Vec::is_empty));
    let parameters = operation.get("parameters").and_then(Value::as_array);
    let has_pages = parameters.into_iter().flatten().any(|parameter| parameter["$ref"] == PAGE_SIZE);
    let rules = [
        ("every", true),
        ("with-token", !is_open),
        ("with-body", operation.get("requestBody").is_some()),
        ("with-change", method != "get"),
        ("with-pages", has_pages),
    ];
    let responses = object(operation, "responses")?;
    for (rule, _) in rules.iter().filter(|(_, applies)| *applies) {
        let added = shared.get(rule).and_then(Value::as_object).ok_or_else(|| format!("there is no rule {rule}"))?;
        for (status, response) in added {
            // What an operation says itself, it knows better.
            responses.entry(status).or_insert_with(|| response.clone());
        }
    }
    Ok(())
}

fn require_all_but_optional(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::Array(optional)) = members.remove("x-optional")
                && let Some(Value::Object(properties)) = members.get("properties")
            {
                let names = properties.keys().map(|name| Value::from(name.as_str()));
                let required = names.filter(|name| !optional.contains(name)).collect();
                members.insert("required".to_owned(), Value::Array(required));
            }
            members.values_mut().for_each(require_all_but_optional);
        }
        Value::Array(items) => items.iter_mut().for_each(require_all_but_optional),
        _ => {}
    }
}

//! What the OpenAPI document promises, and whether an answer keeps it.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use bowline::http::request::{Method, Request};
use jsonschema::{Registry, Validator};
use serde_json::{Value, json};

use super::{Answer, JSON_API};

/// The document as the server has it.
pub static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));
    serde_json::from_str(text).expect("the document is JSON")
});

/// Its schemas, as they are written.
pub static SCHEMAS: LazyLock<Registry<'static>> = LazyLock::new(|| registry(DOCUMENT.clone()));

/// The same with every object of every schema closed: what is not described must not be in an answer.
static CLOSED: LazyLock<Registry<'static>> = LazyLock::new(|| {
    let mut document = DOCUMENT.clone();
    close(&mut document);
    registry(document)
});

/// What the document is called in a registry.
const DOCUMENT_URI: &str = "https://bowline.invalid/openapi.json";

/// Prepared once: for each schema anew it would take most of the time of most tests.
fn registry(document: Value) -> Registry<'static> {
    Registry::new()
        .add(DOCUMENT_URI, document)
        .and_then(|registry| registry.prepare())
        .expect("references lead somewhere")
}

/// What the server answers by itself, before it knows which path is meant.
const BEFORE_ROUTES: [u16; 10] = [400, 408, 411, 413, 414, 417, 431, 501, 503, 505];

/// By where the schema is in the document.
static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// Panics unless the document promises this answer to this request. `target` is a path with its query.
#[track_caller]
pub fn check(method: &str, target: &str, answer: &Answer) {
    if let Err(wrong) = kept(method, target, answer) {
        panic!("not as the OpenAPI document says: {method} {target}: {} {wrong}", answer.status);
    }
}

fn kept(method: &str, target: &str, answer: &Answer) -> Result<(), String> {
    if answer.header("Cache-Control") != Some("no-store") {
        return Err("may be kept by anybody".to_owned());
    }
    let method = method.to_lowercase();
    let is_head = method == "head";
    let operations = operations(target);
    let operation = operations.as_ref().and_then(|(pointer, operations)| {
        let method = if is_head { "get" } else { &method };
        Some((format!("{pointer}/{method}"), operations.get(method)?))
    });
    let Some((pointer, operation)) = operation else {
        let expected = if operations.is_some() { 405 } else { 404 };
        if answer.status != expected && !BEFORE_ROUTES.contains(&answer.status) {
            return Err(format!("where {expected} was expected"));
        }
        return is_error_document(answer, is_head);
    };
    let status = answer.status.to_string();
    let Some(response) = operation["responses"].get(&status) else {
        if BEFORE_ROUTES.contains(&answer.status) {
            return is_error_document(answer, is_head);
        }
        return Err("is not a documented status".to_owned());
    };
    // What is open to everybody looks at nothing of a request.
    if answer.status < 300 && operation.get("security").is_none() {
        undescribed_query(target, operation)?;
    }
    let (pointer, response) = resolve(format!("{pointer}/responses/{status}"), response);
    for (name, header) in response.get("headers").and_then(Value::as_object).into_iter().flatten() {
        let (pointer, header) = resolve(format!("{pointer}/headers/{}", escape(name)), header);
        match answer.header(name) {
            Some(value) => is_valid(&format!("{pointer}/schema"), &json!(value))?,
            None if header["required"] == true => return Err(format!("without a header {name}")),
            None => {}
        }
    }
    let Some(content) = response.get("content").and_then(Value::as_object) else {
        let has_nothing = answer.body.is_empty() && answer.header("Content-Type").is_none();
        return if has_nothing { Ok(()) } else { Err("with a body".to_owned()) };
    };
    let media_type = answer.header("Content-Type").unwrap_or("");
    if !content.contains_key(media_type) {
        return Err(format!("is `{media_type}`"));
    }
    if is_head {
        return Ok(());
    }
    let body = if media_type.contains("json") { answer.json() } else { json!(answer.body) };
    is_valid(&format!("{pointer}/content/{}/schema", escape(media_type)), &body)
}

fn is_error_document(answer: &Answer, is_head: bool) -> Result<(), String> {
    if answer.header("Content-Type") != Some(JSON_API) {
        return Err("is no error document".to_owned());
    }
    if is_head { Ok(()) } else { is_valid("#/components/schemas/Errors", &answer.json()) }
}

/// The operations of the path of the document that `target` is an instance of; literal segments go before parameters.
fn operations(target: &str) -> Option<(String, &'static Value)> {
    let path = Request::new(Method::Get, target, vec![], vec![]).ok()?.path;
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    let matching = paths.iter().filter(|(pattern, _)| matches(pattern, &path));
    let found = matching.min_by_key(|(pattern, _)| pattern.matches('{').count());
    found.map(|(pattern, operations)| (format!("#/paths/{}", escape(pattern)), operations))
}

fn matches(pattern: &str, path: &[String]) -> bool {
    let (mut expected, mut given) = (pattern.split('/').skip(1), path.iter());
    loop {
        match (expected.next(), given.next()) {
            (None, None) => return true,
            (Some(expected), Some(segment)) if expected.starts_with('{') && !segment.is_empty() => {}
            (Some(expected), Some(segment)) if expected == segment => {}
            _ => return false,
        }
    }
}

/// A parameter that changes the answer, and was taken, must be described; of `include`, each of its values.
fn undescribed_query(target: &str, operation: &'static Value) -> Result<(), String> {
    let request = Request::new(Method::Get, target, vec![], vec![]).map_err(|_| "malformed".to_owned())?;
    let described = operation["parameters"].as_array().into_iter().flatten();
    let described: Vec<&Value> = described.map(|parameter| resolve(String::new(), parameter).1).collect();
    let changes_the_answer = |name: &str| {
        matches!(name, "include" | "sort" | "q") || ["filter[", "search[", "q["].iter().any(|f| name.starts_with(f))
    };
    for (name, value) in request.query.iter().filter(|(name, value)| changes_the_answer(name) && !value.is_empty()) {
        // Numbered ones are described by their first.
        let first: String = name.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        // As in filters, a hyphen is as good as an underscore.
        let alike = |name: &str| name.replace('-', "_") == first.replace('-', "_");
        let Some(parameter) = described.iter().find(|parameter| parameter["name"].as_str().is_some_and(alike)) else {
            return Err(format!("takes an undescribed parameter {name}"));
        };
        let Some(values) = parameter["schema"]["items"]["enum"].as_array() else { continue };
        let same =
            |known: &Value, given: &str| known.as_str().is_some_and(|k| k.replace('_', "-") == given.replace('_', "-"));
        let unknown = |given: &&str| !given.is_empty() && !values.iter().any(|known| same(known, given));
        if let Some(unknown) = value.split(',').map(str::trim).find(unknown) {
            return Err(format!("takes an undescribed value of {name}: {unknown}"));
        }
    }
    Ok(())
}

/// Follows a reference, if it is one.
pub fn resolve(pointer: String, value: &'static Value) -> (String, &'static Value) {
    match value["$ref"].as_str() {
        Some(reference) => {
            let found = DOCUMENT.pointer(&reference[1..]).unwrap_or_else(|| panic!("there is no {reference}"));
            (reference.to_owned(), found)
        }
        None => (pointer, value),
    }
}

/// As a part of a JSON pointer in a URI.
pub fn escape(member: &str) -> String {
    member.replace('~', "~0").replace('/', "~1").replace('{', "%7B").replace('}', "%7D").replace(' ', "%20")
}

fn is_valid(schema: &str, value: &Value) -> Result<(), String> {
    let known = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner).get(schema).cloned();
    let validator = known.unwrap_or_else(|| {
        let validator = Arc::new(validator(&CLOSED, schema));
        let mut validators = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
        validators.insert(schema.to_owned(), Arc::clone(&validator));
        validator
    });
    let wrong: Vec<String> = validator.iter_errors(value).take(5).map(|error| shown(&error)).collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}

pub fn shown(error: &jsonschema::ValidationError<'_>) -> String {
    let text: String = error.to_string().chars().take(300).collect();
    format!("{}: {text}", error.instance_path())
}

/// For the schema at `pointer` of the document.
pub fn validator(schemas: &Registry<'static>, pointer: &str) -> Validator {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": format!("{DOCUMENT_URI}{pointer}"),
    });
    let options = jsonschema::options().with_registry(schemas).should_validate_formats(true);
    options.build(&schema).unwrap_or_else(|e| panic!("{pointer} is no schema: {e}"))
}

fn close(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.get("properties").is_some_and(Value::is_object) {
                members.entry("additionalProperties").or_insert(json!(false));
            }
            members.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

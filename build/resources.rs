//! Writes out the operations of plain resources: list, create, show, update, delete.
//!
//! A resource in `x-resources` says what is its own:
//! - `type`, `prefix` of its ids, `one` and `many` in words, and `tag`,
//! - `places`: the paths of its list and of one of it. Each place but the first has a name, which ends the ids of its
//!   operations. `of` ends the summary of a list: "of an organization". `only` is `list` or `create` where the path does
//!   not do both, `show` where one of it is changed elsewhere. `example` is one for the creation in this place.
//! - `attributes` and `relationships` that it is shown with (of those in `one-of`, one), and an `example` with both,
//! - `create` and `update`: `attributes` and `relationships` that a request gives, those that are `required`, and an
//!   `example`; `linked` are the example's relationships. A resource without `update` has no such operation; one whose
//!   update has `conflicts` may answer 409.
//!
//! The audit trail calls it by its name in snake_case, or as `event` says; null where that is said elsewhere.
//!
//! `short` says that its list is given whole; `parameters` are those of its list and of one of it, beside pages;
//! `links` describes what its document links to, beside itself; `deletes` and `lists` describe these operations further;
//! `included` is the schema of what may come along; `self` is the path that it lives below, where that is not `/api/v2/` and its
//! type.

use serde_json::{Map, Value, json};

use crate::Result;

/// What every example has for an id, after its prefix.
const SAMPLE: &str = "GxrePWre1Ezug7aM";
const MEDIA_TYPE: &str = "application/vnd.api+json";

/// The file with its resources written out as paths and components.
pub fn written_out(mut file: Value) -> Result<Value> {
    let members = file.as_object_mut().ok_or("the file must be a mapping")?;
    let Some(Value::Object(resources)) = members.remove("x-resources") else { return Ok(file) };
    for (name, resource) in resources {
        let resource = Resource { name: &name, is: &resource };
        let written = resource.written_out().map_err(|e| format!("{name}: {e}"))?;
        crate::join(&mut file, written)?;
    }
    Ok(file)
}

struct Resource<'a> {
    /// Of its schema, such as `SshKey`.
    name: &'a str,
    is: &'a Value,
}

impl Resource<'_> {
    fn text(&self, member: &str) -> Result<&str> {
        self.is[member].as_str().ok_or_else(|| format!("`{member}` must be a text").into())
    }

    fn written_out(&self) -> Result<Value> {
        let prefix = self.text("prefix")?;
        let pattern = format!("^{prefix}[1-9A-HJ-NP-Za-km-z]{{16}}$");
        let places = self.is["places"].as_array().ok_or("`places` must be a list")?;
        let mut paths = Map::new();
        for place in places {
            for (path, operations) in self.operations(place)? {
                paths.insert(path, operations);
            }
        }
        let own = |member: &str| self.is.get(member).cloned().unwrap_or_else(|| json!({}));
        let optional = |member: &str| self.is[member].as_array().cloned().unwrap_or_default();
        let mut relationships = json!({"type": "object", "x-optional": [], "properties": own("relationships")});
        if let Some(one_of) = self.is.get("one-of") {
            relationships["x-optional"] = one_of.clone();
            relationships["minProperties"] = json!(1);
        }
        if self.is["relationships"].as_object().is_none_or(Map::is_empty) {
            relationships = json!({"type": "object", "maxProperties": 0});
        }
        let schema = json!({
            "type": "object",
            "x-optional": [],
            "properties": {
                "id": reference("schemas", &format!("{}Id", self.name)),
                "type": {"type": "string", "const": self.text("type")?},
                "attributes": {
                    "type": "object", "x-optional": optional("optional"), "properties": own("attributes"),
                },
                "relationships": relationships,
                "links": reference("schemas", "SelfLink"),
            },
        });
        let mut schemas = Map::new();
        let event = self.is.get("event").cloned().unwrap_or_else(|| snake(self.name).into());
        if !event.is_null() {
            let resource = json!({"properties": {"type": {"enum": [event]}}});
            schemas.insert("AuditEvent".to_owned(), json!({"properties": {"resource": resource}}));
        }
        schemas.insert(format!("{}Id", self.name), json!({"type": "string", "pattern": pattern}));
        schemas.insert(self.name.to_owned(), schema);
        let first = self.parameter(&places[0]);
        let parameter = json!({
            "name": first, "in": "path", "required": true,
            "description": format!("The id of {}.", self.text("one")?),
            "schema": reference("schemas", &format!("{}Id", self.name)),
        });
        let mut parameters = Map::new();
        if let Some(first) = first {
            parameters.insert(pascal(first), parameter);
        }
        Ok(json!({"paths": paths, "components": {"schemas": schemas, "parameters": parameters}}))
    }

    /// The name of the resource's own parameter: the last of the path to one of it.
    fn parameter<'p>(&self, place: &'p Value) -> Option<&'p str> {
        place["one"].as_str()?.rsplit('/').next()?.strip_prefix('{')?.strip_suffix('}')
    }

    fn operations(&self, place: &Value) -> Result<Vec<(String, Value)>> {
        let suffix = place["name"].as_str().unwrap_or_default();
        let mut paths = Vec::new();
        if let Some(path) = place["list"].as_str() {
            let mut item = json!({"parameters": path_parameters(path)});
            if place["only"] != "create" {
                item["get"] = self.list(suffix, place)?;
            }
            if place["only"] != "list" {
                item["post"] = self.create(suffix, place)?;
            }
            paths.push((path.to_owned(), item));
        }
        if let Some(path) = place["one"].as_str() {
            let mut item = json!({"parameters": path_parameters(path)});
            item["get"] = self.show(suffix)?;
            if self.is.get("update").is_some() && place["only"] != "show" {
                item["patch"] = self.update(suffix)?;
            }
            if place["only"] != "show" {
                item["delete"] = self.delete(suffix)?;
            }
            paths.push((path.to_owned(), item));
        }
        Ok(paths)
    }

    fn operation(&self, id: String, summary: String) -> Result<Value> {
        Ok(json!({"operationId": id, "tags": [self.text("tag")?], "summary": summary}))
    }

    fn list(&self, suffix: &str, place: &Value) -> Result<Value> {
        let (many, of) = (self.text("many")?, place["of"].as_str().unwrap_or("an organization"));
        let mut operation =
            self.operation(format!("list{}s{suffix}", self.name), format!("List the {many} of {of}"))?;
        let is_short = self.is["short"] == true;
        let mut about = Vec::new();
        if is_short {
            about.push("Whole, unless a page is asked for or there are more than 1,000 or more than 1 MiB.");
        }
        about.extend(self.is["lists"].as_str());
        if !about.is_empty() {
            operation["description"] = json!(about.join(" "));
        }
        let mut parameters = vec![reference("parameters", "PageNumber"), reference("parameters", "PageSize")];
        parameters.extend(self.is["parameters"].as_array().cloned().unwrap_or_default());
        parameters.extend(place["parameters"].as_array().cloned().unwrap_or_default());
        operation["parameters"] = json!(parameters);
        let mut optional = if is_short { vec!["links", "meta"] } else { vec![] };
        let mut properties = json!({
            "data": {"type": "array", "items": reference("schemas", self.name)},
            "links": reference("schemas", "PageLinks"),
            "meta": reference("schemas", "PageMeta"),
        });
        if let Some(included) = self.is.get("included") {
            properties["included"] = included.clone();
            optional.push("included");
        }
        let schema = json!({"type": "object", "x-optional": optional, "properties": properties});
        let mut many = many.to_owned();
        many[..1].make_ascii_uppercase();
        operation["responses"] = json!({
            "200": {"description": format!("{many}."), "content": {MEDIA_TYPE: {"schema": schema}}},
        });
        Ok(operation)
    }

    fn create(&self, suffix: &str, place: &Value) -> Result<Value> {
        let one = self.text("one")?;
        let mut operation = self.operation(format!("create{}{suffix}", self.name), format!("Create {one}"))?;
        let mut given = self.is["create"].clone();
        if let Some(example) = place.get("example") {
            given["example"] = example.clone();
        }
        operation["requestBody"] = self.request(&given, false)?;
        if let Some(about) = self.is["create"].get("description") {
            operation["description"] = about.clone();
        }
        let mut created = json!({
            "description": format!("The new {}.", without_article(one)),
            "headers": {"Location": reference("headers", "Location")},
            "content": self.document(false),
        });
        // A link fills in the parameters of the operation that it leads to; one is not enough for longer paths.
        let is_sufficient = place["one"].as_str().is_some_and(|path| path.matches('{').count() == 1);
        if let Some(parameter) = self.parameter(place).filter(|_| is_sufficient) {
            let verbs = if place["only"] == "show" { &["show"][..] } else { &["show", "delete", "update"] };
            for verb in verbs.iter().filter(|verb| **verb != "update" || self.is.get("update").is_some()) {
                let mut parameters = json!({});
                parameters[parameter] = json!("$response.body#/data/id");
                let operation = format!("{verb}{}{suffix}", self.name);
                created["links"][*verb] = json!({"operationId": operation, "parameters": parameters});
            }
        }
        operation["responses"] = json!({"201": created});
        Ok(operation)
    }

    fn show(&self, suffix: &str) -> Result<Value> {
        let one = self.text("one")?;
        let mut operation = self.operation(format!("show{}{suffix}", self.name), format!("Show {one}"))?;
        if let Some(parameters) = self.is.get("parameters") {
            operation["parameters"] = parameters.clone();
        }
        let about = format!("The {}.", without_article(one));
        operation["responses"] = json!({"200": {"description": about, "content": self.document(true)}});
        Ok(operation)
    }

    fn update(&self, suffix: &str) -> Result<Value> {
        let one = self.text("one")?;
        let mut operation = self.operation(format!("update{}{suffix}", self.name), format!("Change {one}"))?;
        if let Some(about) = self.is["update"].get("description") {
            operation["description"] = about.clone();
        }
        operation["requestBody"] = self.request(&self.is["update"], true)?;
        let about = format!("The {} as it is now.", without_article(one));
        operation["responses"] = json!({"200": {"description": about, "content": self.document(false)}});
        if self.is["update"]["conflicts"] == true {
            operation["responses"]["409"] = reference("responses", "Conflict");
        }
        if let Some(parameters) = self.is["update"].get("parameters") {
            operation["parameters"] = parameters.clone();
            operation["responses"]["200"]["content"] = self.document(true);
        }
        Ok(operation)
    }

    fn delete(&self, suffix: &str) -> Result<Value> {
        let one = self.text("one")?;
        let mut operation = self.operation(format!("delete{}{suffix}", self.name), format!("Delete {one}"))?;
        if let Some(about) = self.is.get("deletes") {
            operation["description"] = about.clone();
        }
        operation["responses"] = json!({"204": reference("responses", "Done")});
        Ok(operation)
    }

    /// The body of a request that creates or changes.
    fn request(&self, given: &Value, is_change: bool) -> Result<Value> {
        let kind = self.text("type")?;
        let own = |member: &str| given.get(member).cloned().unwrap_or_else(|| json!({}));
        let nullable = |is_null: bool| if is_null { json!(["object", "null"]) } else { json!("object") };
        let required = given["required"].as_array().cloned().unwrap_or_default();
        let attributes = json!({
            "type": nullable(required.is_empty()), "required": required, "properties": own("attributes"),
        });
        let mut data = json!({
            "type": "object",
            "properties": {"type": {"enum": [kind, "", null]}, "attributes": attributes},
        });
        if !is_change && !required.is_empty() {
            data["required"] = json!(["attributes"]);
        }
        if is_change {
            let pattern = format!("^{}[1-9A-HJ-NP-Za-km-z]{{16}}$", self.text("prefix")?);
            data["properties"]["id"] = json!({"type": ["string", "null"], "pattern": pattern});
        }
        let mut example = json!({"type": kind, "attributes": own("example")});
        if let Some(relationships) = given.get("relationships") {
            data["properties"]["relationships"] = json!({"type": ["object", "null"], "properties": relationships});
            if let Some(linked) = given.get("linked") {
                example["relationships"] = linked.clone();
            }
        }
        let schema = json!({"type": "object", "required": ["data"], "properties": {"data": data}});
        let content = json!({"schema": schema, "examples": {"sample": {"value": {"data": example}}}});
        Ok(json!({"required": true, "content": {MEDIA_TYPE: content}}))
    }

    /// The document of one, with an example.
    fn document(&self, may_include: bool) -> Value {
        let mut properties = json!({"data": reference("schemas", self.name)});
        let mut optional: Vec<&str> = vec![];
        if let Some(included) = self.is.get("included").filter(|_| may_include) {
            properties["included"] = included.clone();
            optional.push("included");
        }
        let schema = json!({"type": "object", "x-optional": optional, "properties": properties});
        let member = |name: &str| self.is["example"].get(name).cloned().unwrap_or_else(|| json!({}));
        let id = format!("{}{SAMPLE}", self.is["prefix"].as_str().unwrap_or_default());
        let kind = self.is["type"].as_str().unwrap_or_default();
        let itself = match self.is["self"].as_str() {
            Some(below) => format!("{below}/{id}"),
            None => format!("/api/v2/{kind}/{id}"),
        };
        let example = json!({
            "id": id, "type": kind, "attributes": member("attributes"), "relationships": member("relationships"),
            "links": {"self": itself},
        });
        json!({MEDIA_TYPE: {"schema": schema, "examples": {"sample": {"value": {"data": example}}}}})
    }
}

fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}

/// Each parameter of a path is described among the components, by its name in capitals.
fn path_parameters(path: &str) -> Vec<Value> {
    let names = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    names.map(|name| reference("parameters", &pascal(name))).collect()
}

/// `agent_pool` as `AgentPool`.
fn pascal(name: &str) -> String {
    let capital = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
    name.split('_').map(capital).collect()
}

/// `AgentPool` as `agent_pool`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

/// `an SSH key` as `SSH key`.
fn without_article(one: &str) -> &str {
    one.split_once(' ').map_or(one, |(_, rest)| rest)
}

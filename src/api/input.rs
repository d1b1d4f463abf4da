//! Documents that arrive: from the body of a request to typed attributes, collecting what is wrong on the way.

use serde_json::{Map, Value};

use super::document::MEDIA_TYPE;
use super::json;
use crate::domain::error::{Error, Kind, Problems, Result, Source};
use crate::domain::field::Field;
use crate::http::request::Request;

/// A resource object as it came in. Attributes that nobody takes out are ignored, as JSON:API wants it.
pub struct Input {
    attributes: Map<String, Value>,
    relationships: Map<String, Value>,
    pub problems: Problems,
}

impl Input {
    /// Reads the body as a document whose primary data is one resource of type `kind`. `UnsupportedMediaType` or
    /// `BadRequest` where it is no JSON:API text at all, `Invalid` where it has no primary data.
    pub fn read(request: &Request, kind: &str) -> Result<Input> {
        // Nothing has no media type that could be wrong.
        if request.body.is_empty() {
            return Err(Error::bad_request("The request needs a body: a JSON:API document."));
        }
        require_media_type(request)?;
        let document = json::parse(&request.body)
            .map_err(|wrong| Error::bad_request(format!("The request body is not valid JSON: {wrong}.")))?;
        let mut problems = Problems::default();
        let Value::Object(mut document) = document else {
            problems.at("", "The request document must be an object with a member `data`.");
            problems.finish()?;
            return Err(Error::invalid("The request document is not an object."));
        };
        let mut data = match document.remove("data") {
            Some(Value::Object(data)) => data,
            other => {
                let pointer = if other.is_some() { "/data" } else { "" };
                problems.at(pointer, "`data` must be a resource object.");
                problems.finish()?;
                return Err(Error::invalid("`data` is not an object."));
            }
        };
        match data.get("type") {
            Some(Value::String(given)) if given == kind => {}
            Some(_) => problems.at("/data/type", format!("`type` must be \"{kind}\".")),
            None => problems.at("/data", format!("`type` is required and must be \"{kind}\".")),
        }
        let mut object = |name: &str| match data.remove(name) {
            Some(Value::Object(members)) => members,
            Some(Value::Null) | None => Map::new(),
            Some(_) => {
                problems.at(format!("/data/{name}"), format!("`{name}` must be an object."));
                Map::new()
            }
        };
        let (attributes, relationships) = (object("attributes"), object("relationships"));
        Ok(Input { attributes, relationships, problems })
    }

    pub fn text(&mut self, name: &str) -> Field<String> {
        text(&mut self.attributes, "/data/attributes", name, &mut self.problems)
    }

    pub fn flag(&mut self, name: &str) -> Field<bool> {
        flag(&mut self.attributes, "/data/attributes", name, &mut self.problems)
    }

    /// An attribute that has members of its own.
    pub fn group(&mut self, name: &str) -> Field<Group> {
        match self.attributes.remove(name) {
            None => Field::Absent,
            Some(Value::Null) => Field::Null,
            Some(Value::Object(members)) => {
                Field::Value(Group { members, pointer: format!("/data/attributes/{name}") })
            }
            Some(_) => {
                self.problems.attribute(name, format!("`{name}` must be an object or null."));
                Field::Absent
            }
        }
    }

    /// The id in a to-one relationship, if it names one of type `kind`.
    pub fn linked(&mut self, name: &str, kind: &str) -> Option<String> {
        let pointer = format!("/data/relationships/{name}/data");
        let data = match self.relationships.remove(name) {
            None => return None,
            Some(Value::Object(mut relationship)) => relationship.remove("data"),
            Some(other) => Some(other),
        };
        match data {
            None | Some(Value::Null) => None,
            Some(Value::Object(mut linkage)) => {
                let is_kind = linkage.get("type").and_then(Value::as_str) == Some(kind);
                match linkage.remove("id") {
                    Some(Value::String(id)) if is_kind => Some(id),
                    _ => {
                        self.problems.at(pointer, format!("`{name}` must name a resource of type \"{kind}\"."));
                        None
                    }
                }
            }
            Some(_) => {
                self.problems.at(pointer, format!("`{name}` must name one resource, or be null."));
                None
            }
        }
    }

    /// `Invalid` with everything that was found wrong.
    pub fn finish(self) -> Result<()> {
        self.problems.finish()
    }
}

/// The members of an attribute that is an object.
pub struct Group {
    members: Map<String, Value>,
    pointer: String,
}

impl Group {
    pub fn text(&mut self, name: &str, problems: &mut Problems) -> Field<String> {
        text(&mut self.members, &self.pointer, name, problems)
    }

    pub fn flag(&mut self, name: &str, problems: &mut Problems) -> Field<bool> {
        flag(&mut self.members, &self.pointer, name, problems)
    }
}

fn text(members: &mut Map<String, Value>, under: &str, name: &str, problems: &mut Problems) -> Field<String> {
    match members.remove(name) {
        None => Field::Absent,
        Some(Value::Null) => Field::Null,
        Some(Value::String(text)) => Field::Value(text),
        Some(_) => {
            problems.at(format!("{under}/{name}"), format!("`{name}` must be a string."));
            Field::Absent
        }
    }
}

fn flag(members: &mut Map<String, Value>, under: &str, name: &str, problems: &mut Problems) -> Field<bool> {
    match members.remove(name) {
        None => Field::Absent,
        Some(Value::Null) => Field::Null,
        Some(Value::Bool(flag)) => Field::Value(flag),
        Some(_) => {
            problems.at(format!("{under}/{name}"), format!("`{name}` must be true or false."));
            Field::Absent
        }
    }
}

/// JSON:API 1.1: no parameter but `profile` (and `ext`, of which none is supported) may follow the media type. Empty
/// parameters are none (RFC 9110, section 5.6.6).
fn require_media_type(request: &Request) -> Result<()> {
    let given = request.header("Content-Type").unwrap_or("");
    let mut is_quoted = false;
    let separates = |c: char| {
        is_quoted ^= c == '"';
        c == ';' && !is_quoted
    };
    let mut parts = given.split(separates).map(str::trim);
    let is_json_api = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case(MEDIA_TYPE));
    let is_profile = |part: &str| part.split_once('=').is_some_and(|(name, _)| name.eq_ignore_ascii_case("profile"));
    let knows_parameters = parts.all(|part| part.is_empty() || is_profile(part));
    if is_json_api && knows_parameters {
        return Ok(());
    }
    let mut error =
        Error::new(Kind::UnsupportedMediaType, format!("A request body must be {MEDIA_TYPE}, without parameters."));
    error.problems[0].source = Some(Source::Header("Content-Type"));
    Err(error)
}

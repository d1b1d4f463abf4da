//! Documents that arrive: from the body of a request to typed attributes, collecting what is wrong on the way.

mod linkage;
mod media_type;
mod members;

use serde_json::{Map, Value};

use super::json;
use crate::app::Cx;
use crate::domain::error::{Error, Problems, Result, Source};
use crate::domain::field::Field;
use crate::http::request::Request;

pub use linkage::Item;
pub use members::Members;

/// A resource object as it came in.
pub struct Input {
    /// The id that the document gives itself, if it does.
    id: Option<String>,
    attributes: Members,
    relationships: Map<String, Value>,
    pub problems: Problems,
}

impl Input {
    /// Reads the body as a document whose primary data is one resource of type `kind`. `UnsupportedMediaType` or
    /// `BadRequest` where it is no JSON:API text at all, `Invalid` where it has no primary data.
    pub fn read(cx: &Cx, kind: &str) -> Result<Input> {
        Input::read_any(cx, &[kind])
    }

    /// As [`Input::read`], for the few calls that clients send with different types. A missing or empty type is taken
    /// for the right one, because some clients leave it out; a wrong one is refused.
    pub fn read_any(cx: &Cx, kinds: &[&str]) -> Result<Input> {
        let mut problems = Problems::default();
        let data = match document(cx.request)?.remove("data") {
            Some(Value::Object(data)) => data,
            other => {
                let pointer = if other.is_some() { "/data" } else { "" };
                return Err(invalid(pointer, "`data` must be a resource object."));
            }
        };
        match data.get("type") {
            None | Some(Value::Null) => {}
            Some(Value::String(given)) if given.is_empty() || kinds.contains(&given.as_str()) => {}
            Some(_) => {
                let kinds: Vec<String> = kinds.iter().map(|kind| format!("\"{kind}\"")).collect();
                problems.at("/data/type", format!("`type` must be {}.", kinds.join(" or ")));
            }
        }
        Ok(Input::of(data, problems, cx.app.strict_attributes))
    }

    /// For the few calls whose clients may send no document at all, or one without data.
    pub fn read_leniently(cx: &Cx, kinds: &[&str]) -> Result<Input> {
        let has_data =
            !cx.request.body.is_empty() && document(cx.request)?.get("data").is_some_and(|data| !data.is_null());
        if has_data {
            return Input::read_any(cx, kinds);
        }
        Ok(Input::of(Map::new(), Problems::default(), cx.app.strict_attributes))
    }

    fn of(mut data: Map<String, Value>, mut problems: Problems, is_strict: bool) -> Input {
        let mut object = |name: &str| match data.remove(name) {
            Some(Value::Object(members)) => members,
            Some(Value::Null) | None => Map::new(),
            Some(_) => {
                problems.at(format!("/data/{name}"), format!("`{name}` must be an object."));
                Map::new()
            }
        };
        let attributes = Members::new(object("attributes"), "/data/attributes".to_owned()).strict(is_strict);
        let relationships = object("relationships");
        let id = match data.remove("id") {
            None | Some(Value::Null) => None,
            Some(Value::String(id)) => Some(id),
            Some(_) => {
                problems.at("/data/id", "`id` must be a string.");
                None
            }
        };
        Input { id, attributes, relationships, problems }
    }

    /// For a change: the document may leave its id out, but must not give another one than the path does. Ignoring
    /// case, as organizations' names do.
    pub fn must_be(&mut self, id: &str) {
        if self.id.as_ref().is_some_and(|given| !given.eq_ignore_ascii_case(id)) {
            self.problems.at("/data/id", "`id` is not that of the resource in the path.");
        }
    }

    /// For an attribute that another part of the request's handling takes.
    pub fn allow(&mut self, name: &str) {
        self.attributes.allow(name);
    }

    /// The id that the document gives itself.
    pub fn own_id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    pub fn text(&mut self, name: &str) -> Field<String> {
        self.attributes.text(name, &mut self.problems)
    }

    pub fn flag(&mut self, name: &str) -> Field<bool> {
        self.attributes.flag(name, &mut self.problems)
    }

    pub fn whole_number(&mut self, name: &str) -> Field<i64> {
        self.attributes.whole_number(name, &mut self.problems)
    }

    pub fn texts(&mut self, name: &str) -> Field<Vec<String>> {
        self.attributes.texts(name, &mut self.problems)
    }

    /// An attribute that has members of its own, which `read` takes.
    pub fn group<T>(&mut self, name: &str, read: impl FnOnce(&mut Members, &mut Problems) -> T) -> Field<T> {
        self.attributes.group(name, &mut self.problems).map(|mut members| {
            let taken = read(&mut members, &mut self.problems);
            members.refuse_others(&mut self.problems);
            taken
        })
    }

    /// The id in a to-one relationship. `Null` where it says that there is none.
    pub fn linked(&mut self, name: &str, kind: &str) -> Field<String> {
        match self.relationship(name) {
            None => Field::Absent,
            Some((data, pointer)) => linkage::to_one(data, kind, name, &pointer, &mut self.problems),
        }
    }

    /// A to-one relationship that never changes; a document may repeat it.
    pub fn must_stay(&mut self, name: &str, kind: &str, current: &str) {
        if self.linked(name, kind).value().is_some_and(|id| id != current) {
            let pointer = format!("/data/relationships/{name}/data");
            self.problems.at(pointer, format!("`{name}` cannot be changed."));
        }
    }

    /// As [`Input::linked`], where documents write the type in another way too.
    pub fn linked_also(&mut self, name: &str, kind: &str, other: &str) -> Field<String> {
        let data = self.relationships.get_mut(name).and_then(|relationship| relationship.get_mut("data"));
        if let Some(given) = data.and_then(|data| data.get_mut("type"))
            && given == other
        {
            *given = kind.into();
        }
        self.linked(name, kind)
    }

    /// Type and id of the relationship `parent`, which may be of several types. `None` where it is not given.
    pub fn parent(&mut self) -> Option<(String, String)> {
        let (data, pointer) = self.relationship("parent")?;
        let text = |member: &str| data.get(member).and_then(Value::as_str).map(str::to_owned);
        if data.is_null() {
            return None;
        }
        let parent = text("type").zip(text("id"));
        if parent.is_none() {
            self.problems.at(pointer, "`parent` must name one resource by its type and id.");
        }
        parent
    }

    /// The ids in a to-many relationship.
    pub fn all_linked(&mut self, name: &str, kind: &str) -> Field<Vec<String>> {
        match self.items(name, kind) {
            Field::Absent | Field::Null => Field::Absent,
            Field::Value(items) => Field::Value(linkage::ids(items, kind, name, &mut self.problems)),
        }
    }

    /// The resources in a to-many relationship, whole as they came.
    pub fn items(&mut self, name: &str, kind: &str) -> Field<Vec<Item>> {
        match self.relationship(name) {
            None => Field::Absent,
            Some((data, pointer)) => Field::Value(linkage::to_many(data, kind, name, &pointer, &mut self.problems)),
        }
    }

    /// `data` of a relationship and its pointer. A relationship that is null or has no `data` says nothing.
    fn relationship(&mut self, name: &str) -> Option<(Value, String)> {
        let pointer = format!("/data/relationships/{name}");
        match self.relationships.remove(name)? {
            Value::Null => None,
            Value::Object(mut relationship) => Some((relationship.remove("data")?, format!("{pointer}/data"))),
            _ => {
                self.problems.at(pointer, format!("`{name}` must be an object with a member `data`."));
                None
            }
        }
    }

    /// `Invalid` with everything that was found wrong. To be called when all attributes were asked for.
    pub fn finish(mut self) -> Result<()> {
        self.attributes.refuse_others(&mut self.problems);
        self.problems.finish()
    }
}

/// Reads the body of a call on a to-many relationship: a document whose primary data are resources of type `kind`.
/// `Invalid` where something in it is not.
pub fn items(request: &Request, kind: &str) -> Result<Vec<Item>> {
    let Some(data) = document(request)?.remove("data") else {
        return Err(invalid("", format!("`data` must be an array of resources of type \"{kind}\".")));
    };
    let mut problems = Problems::default();
    let items = linkage::to_many(data, kind, "data", "/data", &mut problems);
    problems.finish().map(|()| items)
}

/// As [`items`], for a call that needs their ids alone.
pub fn ids(request: &Request, kind: &str) -> Result<Vec<String>> {
    let mut problems = Problems::default();
    let ids = linkage::ids(items(request, kind)?, kind, "data", &mut problems);
    problems.finish().map(|()| ids)
}

/// The document itself, for a body that is no resource. `UnsupportedMediaType` or `BadRequest` as for [`Input::read`].
pub fn document(request: &Request) -> Result<Map<String, Value>> {
    // Nothing has no media type that could be wrong.
    if request.body.is_empty() {
        return Err(Error::bad_request("The request needs a body: a JSON:API document."));
    }
    media_type::require(request)?;
    let document =
        json::parse(&request.body).map_err(|wrong| Error::bad_request(format!("JSON body is invalid: {wrong}.")))?;
    match document {
        Value::Object(document) => Ok(document),
        _ => Err(invalid("", "The request document must be an object with a member `data`.")),
    }
}

fn invalid(pointer: &str, detail: impl Into<String>) -> Error {
    let mut error = Error::invalid(detail);
    error.problems[0].source = Some(Source::Pointer(pointer.to_owned()));
    error
}

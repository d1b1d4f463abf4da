//! The members of an object, taken out one by one and by type.

use serde_json::{Map, Value};

use crate::domain::error::Problems;
use crate::domain::field::Field;

/// An object of a request document, and where it is. Members that no handler takes are ignored, as JSON:API requires.
pub struct Members {
    members: Map<String, Value>,
    pointer: String,
}

impl Members {
    pub fn new(members: Map<String, Value>, pointer: String) -> Members {
        Members { members, pointer }
    }

    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub fn text(&mut self, name: &str, problems: &mut Problems) -> Field<String> {
        match self.members.remove(name) {
            None => Field::Absent,
            Some(Value::Null) => Field::Null,
            Some(Value::String(text)) => Field::Value(text),
            Some(_) => self.wrong(name, "must be a string", problems),
        }
    }

    pub fn flag(&mut self, name: &str, problems: &mut Problems) -> Field<bool> {
        match self.members.remove(name) {
            None => Field::Absent,
            Some(Value::Null) => Field::Null,
            Some(Value::Bool(flag)) => Field::Value(flag),
            Some(_) => self.wrong(name, "must be true or false", problems),
        }
    }

    pub fn whole_number(&mut self, name: &str, problems: &mut Problems) -> Field<i64> {
        match self.members.remove(name) {
            None => Field::Absent,
            Some(Value::Null) => Field::Null,
            Some(value) => match value.as_i64() {
                Some(number) => Field::Value(number),
                None => self.wrong(name, "must be a whole number", problems),
            },
        }
    }

    pub fn texts(&mut self, name: &str, problems: &mut Problems) -> Field<Vec<String>> {
        match self.members.remove(name) {
            None => Field::Absent,
            Some(Value::Null) => Field::Null,
            Some(Value::Array(items)) => {
                let texts: Option<Vec<String>> = items
                    .into_iter()
                    .map(|item| match item {
                        Value::String(text) => Some(text),
                        _ => None,
                    })
                    .collect();
                match texts {
                    Some(texts) => Field::Value(texts),
                    None => self.wrong(name, "must be an array of strings", problems),
                }
            }
            Some(_) => self.wrong(name, "must be an array of strings", problems),
        }
    }

    /// A member that has members of its own.
    pub fn group(&mut self, name: &str, problems: &mut Problems) -> Field<Members> {
        match self.members.remove(name) {
            None => Field::Absent,
            Some(Value::Null) => Field::Null,
            Some(Value::Object(members)) => {
                Field::Value(Members { members, pointer: format!("{}/{name}", self.pointer) })
            }
            Some(_) => self.wrong(name, "must be an object or null", problems),
        }
    }

    fn wrong<T>(&self, name: &str, wrong: &str, problems: &mut Problems) -> Field<T> {
        problems.at(format!("{}/{name}", self.pointer), format!("`{name}` {wrong}."));
        Field::Absent
    }
}

//! The members of an object, taken out one by one and by type.

use serde_json::{Map, Value};

use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::nearest::nearest;

/// An object of a request document, and where it is. Members that no handler takes are ignored, as JSON:API allows, unless
/// it is strict.
pub struct Members {
    members: Map<String, Value>,
    pointer: String,
    /// The names that were asked for, kept where all others are to be refused.
    asked: Option<Vec<String>>,
}

/// Of members that are not known; more of them in one request are no slips.
const MOST_REFUSED: usize = 16;

impl Members {
    pub fn new(members: Map<String, Value>, pointer: String) -> Members {
        Members { members, pointer, asked: None }
    }

    /// To be followed by [`Members::refuse_others`].
    pub(super) fn strict(self, is_strict: bool) -> Members {
        Members { asked: is_strict.then(Vec::new), ..self }
    }

    /// Once all that is known was taken out: where it is strict, what is left is a problem, with the name that was probably
    /// meant.
    pub(super) fn refuse_others(&self, problems: &mut Problems) {
        let Some(asked) = &self.asked else { return };
        for name in self.members.keys().take(MOST_REFUSED) {
            let meant = nearest(name, asked.iter().map(String::as_str));
            let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or(".".to_owned());
            let shown: String = name.chars().take(64).collect();
            let pointer = format!("{}/{}", self.pointer, name.replace('~', "~0").replace('/', "~1"));
            problems.at(pointer, format!("`{shown}` is not known here{meant}"));
        }
    }

    /// Known, and not of interest here.
    pub fn allow(&mut self, name: &str) {
        self.take(name);
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        if let Some(asked) = &mut self.asked {
            asked.push(name.to_owned());
        }
        self.members.remove(name)
    }

    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub fn text(&mut self, name: &str, problems: &mut Problems) -> Field<String> {
        match self.take(name) {
            None => Field::Absent,
            Some(Value::Null) => Field::Null,
            Some(Value::String(text)) => Field::Value(text),
            Some(_) => self.wrong(name, "must be a string", problems),
        }
    }

    pub fn flag(&mut self, name: &str, problems: &mut Problems) -> Field<bool> {
        match self.take(name) {
            None => Field::Absent,
            Some(Value::Null) => Field::Null,
            Some(Value::Bool(flag)) => Field::Value(flag),
            Some(_) => self.wrong(name, "must be true or false", problems),
        }
    }

    pub fn whole_number(&mut self, name: &str, problems: &mut Problems) -> Field<i64> {
        match self.take(name) {
            None => Field::Absent,
            Some(Value::Null) => Field::Null,
            Some(value) => match value.as_i64() {
                Some(number) => Field::Value(number),
                None => self.wrong(name, "must be a whole number", problems),
            },
        }
    }

    pub fn texts(&mut self, name: &str, problems: &mut Problems) -> Field<Vec<String>> {
        match self.take(name) {
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
    pub(super) fn group(&mut self, name: &str, problems: &mut Problems) -> Field<Members> {
        match self.take(name) {
            None => Field::Absent,
            Some(Value::Null) => Field::Null,
            Some(Value::Object(members)) => {
                let below = Members::new(members, format!("{}/{name}", self.pointer));
                Field::Value(below.strict(self.asked.is_some()))
            }
            Some(_) => self.wrong(name, "must be an object or null", problems),
        }
    }

    fn wrong<T>(&self, name: &str, wrong: &str, problems: &mut Problems) -> Field<T> {
        problems.at(format!("{}/{name}", self.pointer), format!("`{name}` {wrong}."));
        Field::Absent
    }
}

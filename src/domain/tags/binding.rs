//! Tag bindings: key-value tags of a project or workspace.

use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::names;
use crate::domain::timestamp::Timestamp;

pub const MAX_KEY_CHARACTERS: usize = 128;
pub const MAX_VALUE_CHARACTERS: usize = 256;
/// How many a project or workspace may have of its own.
pub const MAX_BINDINGS: usize = 10;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagBinding {
    /// 1 to 128 characters, unique in its project or workspace.
    pub key: String,
    /// At most 256 characters; may be empty.
    pub value: String,
    /// `None` in a request.
    pub created_at: Option<Timestamp>,
}

/// What a list asks of the tags of a project or workspace. One of key and value is there at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagCondition {
    /// `None` for any.
    pub key: Option<String>,
    /// `None` for any.
    pub value: Option<String>,
    /// Whether a tag of this name alone will do, too.
    pub or_name: bool,
}

/// A tag binding as it came, and where it is in the document.
pub struct TagBindingFields {
    pub key: Field<String>,
    pub value: Field<String>,
    pub pointer: String,
}

impl TagBinding {
    /// A key that is given twice is a problem: one of the values would be lost.
    pub fn check_all(given: Vec<TagBindingFields>, problems: &mut Problems) -> Vec<TagBinding> {
        let mut bindings: Vec<TagBinding> = Vec::with_capacity(given.len());
        for TagBindingFields { key, value, pointer } in given {
            let (key, value) = (key.value().unwrap_or_default(), value.value().unwrap_or_default());
            let key_pointer = format!("{pointer}/attributes/key");
            if key.trim().is_empty() {
                problems.at(key_pointer, "`key` is required.");
            } else if !names::is_line(&key, MAX_KEY_CHARACTERS) {
                problems.at(key_pointer, "`key` must be one line of at most 128 characters.");
            } else if bindings.iter().any(|binding| binding.key == key) {
                problems.at(key_pointer, "`key` is given twice.");
            }
            if !names::is_line(&value, MAX_VALUE_CHARACTERS) {
                problems
                    .at(format!("{pointer}/attributes/value"), "`value` must be one line of at most 256 characters.");
            }
            bindings.push(TagBinding { key, value, created_at: None });
        }
        bindings
    }

    /// Whether so many may be together; `pointer` is to all of them. In the service's own words.
    pub fn check_number(number: usize, pointer: &str, problems: &mut Problems) {
        if number > MAX_BINDINGS {
            problems.at(pointer, format!("cannot exceed {MAX_BINDINGS} bindings per resource"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(given: &[(&str, &str)]) -> usize {
        let mut problems = Problems::default();
        let fields = given.iter().enumerate().map(|(n, (key, value))| TagBindingFields {
            key: Field::Value((*key).to_owned()),
            value: Field::Value((*value).to_owned()),
            pointer: format!("/data/{n}"),
        });
        TagBinding::check_all(fields.collect(), &mut problems);
        problems.finish().map_or_else(|error| error.problems.len(), |()| 0)
    }

    #[test]
    fn keys_and_values() {
        let (long_key, long_value) = ("k".repeat(129), "v".repeat(257));
        assert_eq!(problems(&[("env", "prod"), ("team", ""), ("Env", "x"), (&"k".repeat(128), &"v".repeat(256))]), 0);
        assert_eq!(problems(&[("", "x"), (" ", "x"), (&long_key, "x"), ("a\nb", "x")]), 4);
        assert_eq!(problems(&[("a", &long_value), ("b", "a\nb")]), 2);
        assert_eq!(problems(&[("env", "prod"), ("env", "test")]), 1);
    }
}

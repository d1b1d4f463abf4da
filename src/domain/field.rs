//! An attribute of a request: absent, null and a value are three different things.

use crate::domain::error::{Problems, Result};

/// JSON:API 1.1: a member missing from a PATCH keeps its value and must not be read as null.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Field<T> {
    #[default]
    Absent,
    Null,
    Value(T),
}

impl<T> Field<T> {
    /// Absent and null as one, for creation.
    pub fn value(self) -> Option<T> {
        match self {
            Field::Value(value) => Some(value),
            Field::Absent | Field::Null => None,
        }
    }

    /// What a request says of what always has a value, if it says anything: null is the first one.
    pub fn given(self, first: T) -> Option<T> {
        match self {
            Field::Absent => None,
            Field::Null => Some(first),
            Field::Value(value) => Some(value),
        }
    }

    /// As [`Field::given`], of what a new thing must have: an empty value stands for what is missing, to be refused.
    pub fn required(self, is_new: bool) -> Option<T>
    where
        T: Default,
    {
        match self {
            Field::Absent if !is_new => None,
            given => Some(given.value().unwrap_or_default()),
        }
    }

    /// For a change of what always has a value: null gives it its first one back.
    pub fn or(&self, current: &T, first: &T) -> T
    where
        T: Clone,
    {
        match self {
            Field::Absent => current.clone(),
            Field::Null => first.clone(),
            Field::Value(value) => value.clone(),
        }
    }

    /// For a change of what may have none.
    pub fn or_none(&self, current: &Option<T>) -> Option<T>
    where
        T: Clone,
    {
        match self {
            Field::Absent => current.clone(),
            Field::Null => None,
            Field::Value(value) => Some(value.clone()),
        }
    }
}

impl<T> Field<T> {
    pub fn map<U>(self, of: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Field::Absent => Field::Absent,
            Field::Null => Field::Null,
            Field::Value(value) => Field::Value(of(value)),
        }
    }

    pub fn try_map<U>(self, of: impl FnOnce(T) -> Result<U>) -> Result<Field<U>> {
        match self {
            Field::Absent => Ok(Field::Absent),
            Field::Null => Ok(Field::Null),
            Field::Value(value) => of(value).map(Field::Value),
        }
    }

    /// Whether the request says anything about it.
    pub fn is_given(&self) -> bool {
        !matches!(self, Field::Absent)
    }

    pub fn as_value(&self) -> Option<&T> {
        match self {
            Field::Value(value) => Some(value),
            Field::Absent | Field::Null => None,
        }
    }

    /// Whether there is a value after a change of something that was there, or was not.
    pub fn is_present_over(&self, before: bool) -> bool {
        match self {
            Field::Absent => before,
            Field::Null => false,
            Field::Value(_) => true,
        }
    }
}

impl Field<String> {
    /// What a word stands for, of the attribute `name` that must be one of `words`. Another word is a problem, and absent.
    pub fn one_of<T>(
        self,
        find: impl FnOnce(&str) -> Option<T>,
        (name, words): (&str, &str),
        problems: &mut Problems,
    ) -> Field<T> {
        match self.map(|word| find(&word)) {
            Field::Absent => Field::Absent,
            Field::Null => Field::Null,
            Field::Value(Some(known)) => Field::Value(known),
            Field::Value(None) => {
                problems.attribute(name, format!("`{name}` must be {words}."));
                Field::Absent
            }
        }
    }

    /// The value if it says anything: the Terraform provider sends `""` for what is not configured.
    pub fn present(self) -> Option<String> {
        self.value().filter(|text| !text.trim().is_empty())
    }

    /// For changes of what is never read: null is what answers show and says nothing, an empty text takes it away.
    pub fn of_secret(self) -> Field<String> {
        match self {
            Field::Null => Field::Absent,
            given => given.blank_is_null(),
        }
    }

    /// For changes: an empty text takes away what there is.
    pub fn blank_is_null(self) -> Field<String> {
        match self {
            Field::Value(text) if text.trim().is_empty() => Field::Null,
            other => other,
        }
    }
}

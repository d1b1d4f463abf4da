//! An attribute of a request: absent, null and a value are three different things.

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
}

impl Field<String> {
    /// The value if it says anything: the Terraform provider sends `""` for what is not configured.
    pub fn present(self) -> Option<String> {
        self.value().filter(|text| !text.trim().is_empty())
    }
}

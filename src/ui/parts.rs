//! Small things that several pages are put together from.

/// A link or a button that leads somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub path: String,
    pub label: String,
}

impl Link {
    pub fn new(path: impl Into<String>, label: impl Into<String>) -> Link {
        Link { path: path.into(), label: label.into() }
    }
}

/// A value to be copied: a read-only field, which takes the focus and can be selected as a whole without a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// Unique on its page.
    pub id: String,
    pub label: &'static str,
    pub value: String,
    /// Has several lines.
    pub is_long: bool,
}

/// What fits into one line on a phone. An input would show the beginning of a longer value alone.
const LINE_CHARACTERS: usize = 30;

impl Copy {
    pub fn new(id: impl Into<String>, label: &'static str, value: impl Into<String>) -> Copy {
        Copy { id: id.into(), label, value: value.into(), is_long: false }
    }

    pub fn long(id: impl Into<String>, label: &'static str, value: impl Into<String>) -> Copy {
        Copy { is_long: true, ..Copy::new(id, label, value) }
    }

    /// Whether it is one value that may need a second line.
    pub fn wraps(&self) -> bool {
        !self.is_long && self.value.chars().count() > LINE_CHARACTERS
    }
}

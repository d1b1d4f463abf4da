//! Tags of a name alone, the older kind. They belong to an organization and are shared by its workspaces.

use crate::domain::error::Problems;
use crate::domain::id::TagId;
use crate::domain::names;

pub const MAX_NAME_CHARACTERS: usize = 255;
/// How many a workspace may have: its document names every one, and a list has a hundred such documents.
pub const MAX_TAGS: usize = 100;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    pub id: TagId,
    pub name: String,
}

/// A tag as an organization's list shows it.
#[derive(Debug)]
pub struct CountedTag {
    pub tag: Tag,
    pub organization_name: String,
    /// How many workspaces have it.
    pub workspaces: u64,
}

/// How a request says which tag it means: one that exists by its id, any by its name.
#[derive(Clone, Debug)]
pub enum TagReference {
    Id(String),
    Name(String),
}

/// A reference, and where it is in the document.
#[derive(Clone, Debug)]
pub struct TagGiven {
    pub reference: TagReference,
    pub pointer: String,
}

impl TagGiven {
    /// A name wins over an id: clients send both for a tag that they have read, and only the name for a new one.
    pub fn check(id: Option<String>, name: Option<String>, pointer: String, problems: &mut Problems) -> TagGiven {
        let reference = match (name, id) {
            (Some(name), _) => {
                if let Err(wrong) = check_name(&name) {
                    problems.at(format!("{pointer}/attributes/name"), format!("`name` {wrong}."));
                }
                TagReference::Name(name)
            }
            (None, Some(id)) => TagReference::Id(id),
            (None, None) => {
                problems.at(pointer.as_str(), "A tag needs an id or a name.");
                TagReference::Name(String::new())
            }
        };
        TagGiven { reference, pointer }
    }

    /// One answer for an unknown tag and another organization's.
    pub fn is_unknown(&self, problems: &mut Problems) {
        problems.at(format!("{}/id", self.pointer), "`id` does not name a tag of this organization.");
    }
}

/// Whether a workspace may have so many; `pointer` is to what would make them so many.
pub fn check_number(number: usize, pointer: &str, problems: &mut Problems) {
    if number > MAX_TAGS {
        problems.at(pointer, format!("A workspace cannot have more than {MAX_TAGS} tags."));
    }
}

/// A comma would tear it apart in a search.
fn check_name(name: &str) -> Result<(), &'static str> {
    if name.trim().is_empty() {
        return Err("must not be empty");
    }
    if name.chars().count() > MAX_NAME_CHARACTERS {
        return Err("must not be longer than 255 characters");
    }
    if name.trim() != name || name.contains(',') || name.chars().any(names::is_hidden) {
        return Err("must be one line without commas, and must not begin or end with a blank");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in ["prod", "region:eu_1-a", "two words", "ä", &"x".repeat(255)] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in ["", " ", " a", "a ", "a,b", "a\nb", &"x".repeat(256)] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
    }
}

//! Variable sets: variables that workspaces share.

use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::id::{ProjectId, VariableId, VariableSetId, WorkspaceId};
use crate::domain::identity::Identity;
use crate::domain::names;
use crate::domain::timestamp::Timestamp;

pub const MAX_NAME_CHARACTERS: usize = 90;
pub const MAX_DESCRIPTION_CHARACTERS: usize = 512;

#[derive(Clone, Debug, PartialEq)]
pub struct VariableSet {
    pub identity: Identity<VariableSetId>,
    /// The project that owns it; `None` where the organization does.
    pub project: Option<ProjectId>,
    pub name: String,
    pub description: String,
    /// Whether it counts for every workspace of the organization.
    pub is_global: bool,
    /// Whether its variables go before those of workspaces.
    pub is_priority: bool,
    pub updated_at: Timestamp,
    pub variables: Vec<VariableId>,
    pub workspaces: Vec<WorkspaceId>,
    pub projects: Vec<ProjectId>,
}

/// The attributes and relationships of a request, as they came.
pub struct VariableSetFields {
    pub name: Field<String>,
    pub description: Field<String>,
    pub is_global: Field<bool>,
    pub is_priority: Field<bool>,
    pub workspaces: Option<Vec<String>>,
    pub projects: Option<Vec<String>>,
}

/// What is not given stays; a list that is given takes the place of the present one.
pub struct VariableSetChange {
    pub name: Option<String>,
    pub description: Option<String>,
    pub is_global: Option<bool>,
    pub is_priority: Option<bool>,
    /// Ids, as they were given.
    pub workspaces: Option<Vec<String>>,
    pub projects: Option<Vec<String>>,
}

impl VariableSetChange {
    /// `current` is `None` for a new set, which needs a name.
    pub fn check(
        fields: VariableSetFields,
        current: Option<&VariableSet>,
        is_owned_by_project: bool,
        problems: &mut Problems,
    ) -> VariableSetChange {
        let VariableSetFields { name, description, is_global, is_priority, workspaces, projects } = fields;
        let name = name.required(current.is_none());
        names::check(name.as_deref(), MAX_NAME_CHARACTERS, problems);
        let description = description.given(String::new());
        if let Some(wrong) =
            description.as_ref().and_then(|text| names::wrong_description(text, MAX_DESCRIPTION_CHARACTERS))
        {
            problems.attribute("description", wrong);
        }
        let is_global = is_global.given(false);
        if is_owned_by_project && is_global == Some(true) {
            problems.attribute("global", "A variable set that a project owns cannot be global.");
        }
        let will_be_global = is_global.unwrap_or(current.is_some_and(|set| set.is_global));
        for (name, ids) in [("workspaces", &workspaces), ("projects", &projects)] {
            if will_be_global && ids.as_ref().is_some_and(|ids| !ids.is_empty()) {
                refuse_for_global(&format!("/data/relationships/{name}/data"), problems);
            }
        }
        VariableSetChange { name, description, is_global, is_priority: is_priority.given(false), workspaces, projects }
    }
}

/// A global set counts everywhere: it is attached to nothing by itself.
pub fn refuse_for_global(pointer: &str, problems: &mut Problems) {
    problems.at(pointer, "A global variable set applies to all workspaces; it cannot be attached to some.");
}

/// Two global sets would contradict each other.
pub const COLLIDES: &str = "Another global variable set has a variable with this key and category.";

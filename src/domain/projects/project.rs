//! Projects: groups of workspaces. Every organization has a default one.

use super::activity_duration;
use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::id::{OrganizationId, ProjectId};
use crate::domain::names;
use crate::domain::organizations::default_execution::{Decided, DefaultExecution, DefaultExecutionChange};
use crate::domain::organizations::options::StacksExecutionMode;
use crate::domain::tags::binding::{TagBinding, TagCondition};
use crate::domain::timestamp::Timestamp;

pub const DEFAULT: &str = "Default Project";
pub const MAX_DESCRIPTION_CHARACTERS: usize = 256;

#[derive(Clone, Debug)]
pub struct Project {
    /// The row; never on the wire.
    pub number: i64,
    pub id: ProjectId,
    /// The row of the project's organization.
    pub organization: i64,
    pub organization_id: OrganizationId,
    pub organization_name: String,
    pub name: String,
    pub is_default: bool,
    /// Empty where there is none.
    pub description: String,
    /// 1 to 4 digits and `d` or `h`. Nothing here destroys anything.
    pub auto_destroy_activity_duration: Option<String>,
    /// Its own, if it does not go by the organization's.
    pub own_execution: Option<DefaultExecution>,
    pub organization_execution: DefaultExecution,
    /// Its own, if it does not go by the organization's.
    pub own_stacks_mode: Option<StacksExecutionMode>,
    pub organization_stacks_mode: StacksExecutionMode,
    pub workspace_count: u64,
    /// Teams with access to the project by itself.
    pub team_count: u64,
    pub created_at: Timestamp,
}

impl Project {
    /// What counts.
    pub fn execution(&self) -> &DefaultExecution {
        self.own_execution.as_ref().unwrap_or(&self.organization_execution)
    }
}

/// The attributes of a request that are texts, as they came.
pub struct ProjectFields {
    pub name: Field<String>,
    pub description: Field<String>,
    pub auto_destroy_activity_duration: Field<String>,
    pub stacks_mode: Field<String>,
    /// False in `setting-overwrites`: whatever stands beside it, the organization's counts.
    pub overwrites_stacks_mode: Field<bool>,
}

#[derive(Debug)]
pub struct NewProject {
    /// 3 to 40 letters, digits, spaces, `-` and `_`, unique in the organization ignoring case.
    pub name: String,
    pub description: String,
    pub auto_destroy_activity_duration: Option<String>,
    pub stacks_mode: Option<StacksExecutionMode>,
    pub execution: Decided,
    pub tag_bindings: Vec<TagBinding>,
}

#[derive(Debug)]
pub struct ProjectChange {
    pub name: Option<String>,
    pub description: Option<String>,
    pub auto_destroy_activity_duration: Field<String>,
    pub stacks_mode: Field<StacksExecutionMode>,
    pub execution: DefaultExecutionChange,
    /// In the place of those that there are.
    pub tag_bindings: Option<Vec<TagBinding>>,
}

impl NewProject {
    pub fn check(
        fields: ProjectFields,
        execution: DefaultExecutionChange,
        tag_bindings: Vec<TagBinding>,
        problems: &mut Problems,
    ) -> NewProject {
        let name = fields.name.value().unwrap_or_default();
        check_name(&name, problems);
        NewProject {
            name,
            description: check_description(fields.description, problems).unwrap_or_default(),
            auto_destroy_activity_duration: check_duration(fields.auto_destroy_activity_duration, problems).value(),
            stacks_mode: check_stacks_mode(fields.stacks_mode, &fields.overwrites_stacks_mode, problems).value(),
            execution: execution.decide(None, problems),
            tag_bindings,
        }
    }
}

impl ProjectChange {
    pub fn check(
        fields: ProjectFields,
        execution: DefaultExecutionChange,
        tag_bindings: Option<Vec<TagBinding>>,
        problems: &mut Problems,
    ) -> ProjectChange {
        let name = fields.name.given(String::new()).inspect(|name| check_name(name, problems));
        ProjectChange {
            name,
            description: check_description(fields.description, problems),
            auto_destroy_activity_duration: check_duration(fields.auto_destroy_activity_duration, problems),
            stacks_mode: check_stacks_mode(fields.stacks_mode, &fields.overwrites_stacks_mode, problems),
            execution,
            tag_bindings,
        }
    }
}

/// Which projects of an organization are listed, and how.
#[derive(Debug, Default)]
pub struct ProjectFilter {
    /// Names, ignoring case; `None` for all.
    pub names: Option<Vec<String>>,
    /// A part of the name, ignoring case.
    pub part: String,
    pub bindings: Vec<TagCondition>,
    /// Those in these rows; `None` for all.
    pub among: Option<Vec<i64>>,
    pub order: ProjectOrder,
}

impl ProjectFilter {
    /// Whether it leaves nothing out.
    pub fn keeps_all(&self) -> bool {
        self.names.is_none() && self.part.is_empty() && self.bindings.is_empty() && self.among.is_none()
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub enum ProjectOrder {
    #[default]
    Created,
    Name,
    NameDescending,
}

fn check_name(name: &str, problems: &mut Problems) {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_');
    if name.trim().is_empty() {
        problems.attribute("name", "`name` is required.");
    } else if !name.chars().all(is_allowed) {
        // It begins in the service's own words, which its clients' tests look for.
        problems.attribute("name", "Name may only contain letters, numbers, spaces, hyphens and underscores");
    } else if name.starts_with(' ') || name.ends_with(' ') {
        problems.attribute("name", "`name` must not begin or end with a space.");
    } else if !(3..=40).contains(&name.len()) {
        problems.attribute("name", "`name` must have 3 to 40 characters.");
    }
}

/// Null and an empty description are one thing.
fn check_description(description: Field<String>, problems: &mut Problems) -> Option<String> {
    description.given(String::new()).inspect(|text| {
        if let Some(wrong) = names::wrong_description(text, MAX_DESCRIPTION_CHARACTERS) {
            problems.attribute("description", wrong);
        }
    })
}

fn check_stacks_mode(
    mode: Field<String>,
    overwrites: &Field<bool>,
    problems: &mut Problems,
) -> Field<StacksExecutionMode> {
    let told = ("stacks-default-execution-mode", "remote or agent");
    let mode = mode.one_of(StacksExecutionMode::from_name, told, problems);
    if *overwrites == Field::Value(false) { Field::Null } else { mode }
}

fn check_duration(duration: Field<String>, problems: &mut Problems) -> Field<String> {
    if let Field::Value(text) = &duration {
        activity_duration::check(text, problems);
    }
    duration
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(check: impl FnOnce(&mut Problems)) -> Option<String> {
        let mut problems = Problems::default();
        check(&mut problems);
        problems.finish().err().map(|error| error.to_string())
    }

    #[test]
    fn names() {
        for name in ["abc", "Default Project", "a_b-1 2", "0123456789abcdef0123456789abcdef", &"x".repeat(40)] {
            assert_eq!(problem(|problems| check_name(name, problems)), None, "{name}");
        }
        for (name, word) in [
            ("", "required"),
            ("   ", "required"),
            ("! / nope", "Name may only contain"),
            ("a.bc", "Name may only contain"),
            ("äbc", "Name may only contain"),
            ("a\tbc", "Name may only contain"),
            (" abc", "begin or end"),
            ("abc ", "begin or end"),
            ("ab", "3 to 40"),
            (&"x".repeat(41), "3 to 40"),
        ] {
            let told = problem(|problems| check_name(name, problems)).unwrap_or_default();
            assert!(told.contains(word), "{name}: {told}");
        }
    }

    #[test]
    fn durations() {
        let checked = |text: &str| problem(|problems| drop(check_duration(Field::Value(text.to_owned()), problems)));
        for text in ["1d", "24h", "9999h", "0d"] {
            assert_eq!(checked(text), None, "{text}");
        }
        for text in ["", "d", "20m", "bar", "12345d", "1", "-1d", "1.5h", "1 d", "1dh", "é1d"] {
            assert!(checked(text).is_some(), "{text}");
        }
    }
}

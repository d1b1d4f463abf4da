//! Where a workspace's runs would take place: its own choice, or its project's, or its organization's.

use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::organizations::execution_mode::ExecutionMode;

pub const AGENT_POOL_POINTER: &str = "/data/attributes/agent-pool-id";

/// The attributes as they came: three ways to say the same.
#[derive(Debug, Default)]
pub struct ExecutionFields {
    pub execution_mode: Field<String>,
    /// The older form: true is `remote`, false is `local`.
    pub operations: Field<bool>,
    pub agent_pool_id: Field<String>,
    /// `setting-overwrites.execution-mode`.
    pub overwrites_mode: Field<bool>,
    /// `setting-overwrites.agent-pool`. A pool is chosen together with its mode, so there is nothing more to it.
    pub overwrites_agent_pool: Field<bool>,
}

/// Whose choice counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    Own(ExecutionMode),
    /// As it is now, whatever project and organization will say.
    AsItIs,
    Inherited,
}

#[derive(Debug, Default)]
pub struct ExecutionChange {
    /// `None` where nothing is said.
    pub choice: Option<Choice>,
    pub agent_pool: Field<String>,
}

impl ExecutionChange {
    pub fn check(fields: ExecutionFields, problems: &mut Problems) -> ExecutionChange {
        let ExecutionFields { execution_mode, operations, agent_pool_id, overwrites_mode, overwrites_agent_pool } =
            fields;
        if !matches!(execution_mode, Field::Absent) && !matches!(operations, Field::Absent) {
            problems.attribute("operations", "`operations` and `execution-mode` exclude each other.");
        }
        let named = match (execution_mode, operations) {
            (Field::Value(name), _) => match ExecutionMode::from_name(&name) {
                Some(mode) => Some(Choice::Own(mode)),
                None => {
                    problems.attribute("execution-mode", "`execution-mode` must be remote, local or agent.");
                    None
                }
            },
            (Field::Null, _) => Some(Choice::Inherited),
            (Field::Absent, Field::Value(true)) => Some(Choice::Own(ExecutionMode::Remote)),
            (Field::Absent, Field::Value(false)) => Some(Choice::Own(ExecutionMode::Local)),
            (Field::Absent, Field::Null | Field::Absent) => None,
        };
        let overwrites = match overwrites_mode {
            Field::Absent => overwrites_agent_pool,
            given => given,
        };
        let choice = match (named, overwrites) {
            (Some(Choice::Own(_)), Field::Value(false)) => {
                problems.at(
                    "/data/attributes/setting-overwrites",
                    "`setting-overwrites` must not be false where an execution mode is given.",
                );
                None
            }
            (Some(choice), _) => Some(choice),
            (None, Field::Value(true)) => Some(Choice::AsItIs),
            (None, Field::Value(false)) => Some(Choice::Inherited),
            (None, Field::Absent | Field::Null) => None,
        };
        let agent_pool = match agent_pool_id {
            Field::Value(id) if id.trim().is_empty() => Field::Null,
            other => other,
        };
        ExecutionChange { choice, agent_pool }
    }

    pub fn is_none(&self) -> bool {
        self.choice.is_none() && matches!(self.agent_pool, Field::Absent)
    }
}

/// Where runs would take place now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Execution {
    pub mode: ExecutionMode,
    /// Whether the workspace chose it itself.
    pub is_own: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(fields: ExecutionFields) -> Result<Option<Choice>, usize> {
        let mut problems = Problems::default();
        let change = ExecutionChange::check(fields, &mut problems);
        problems.finish().map(|()| change.choice).map_err(|error| error.problems.len())
    }

    #[test]
    fn one_choice_said_in_different_ways() {
        let mode = |name: &str| Field::Value(name.to_owned());
        let none = ExecutionFields::default;
        let own = |mode| Ok(Some(Choice::Own(mode)));
        assert_eq!(checked(none()), Ok(None));
        assert_eq!(checked(ExecutionFields { execution_mode: mode("agent"), ..none() }), own(ExecutionMode::Agent));
        assert_eq!(checked(ExecutionFields { operations: Field::Value(true), ..none() }), own(ExecutionMode::Remote));
        assert_eq!(checked(ExecutionFields { operations: Field::Value(false), ..none() }), own(ExecutionMode::Local));
        assert_eq!(checked(ExecutionFields { execution_mode: Field::Null, ..none() }), Ok(Some(Choice::Inherited)));
        let overwrites = |flag| Field::Value(flag);
        let as_it_is = ExecutionFields { overwrites_mode: overwrites(true), ..none() };
        assert_eq!(checked(as_it_is), Ok(Some(Choice::AsItIs)));
        let inherited =
            ExecutionFields { overwrites_mode: overwrites(false), overwrites_agent_pool: overwrites(false), ..none() };
        assert_eq!(checked(inherited), Ok(Some(Choice::Inherited)));
        let both = ExecutionFields { execution_mode: mode("local"), overwrites_mode: overwrites(true), ..none() };
        assert_eq!(checked(both), own(ExecutionMode::Local));
    }

    #[test]
    fn contradictions_are_refused() {
        let mode = Field::Value("local".to_owned());
        let twice =
            ExecutionFields { execution_mode: mode.clone(), operations: Field::Value(false), ..Default::default() };
        assert_eq!(checked(twice), Err(1));
        let undone =
            ExecutionFields { execution_mode: mode, overwrites_mode: Field::Value(false), ..Default::default() };
        assert_eq!(checked(undone), Err(1));
        let unknown = ExecutionFields { execution_mode: Field::Value("cloud".to_owned()), ..Default::default() };
        assert_eq!(checked(unknown), Err(1));
    }
}

//! Where a workspace's runs would take place: its own choice, or its project's, or its organization's.

use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::organizations::execution_mode::ExecutionMode;

/// The attributes as they came: three ways to say the same.
#[derive(Debug, Default)]
pub struct ExecutionFields {
    pub execution_mode: Field<String>,
    /// The older form: true is `remote`, false is `local`.
    pub operations: Field<bool>,
    /// From the attribute, or else from the relationship of the same meaning.
    pub agent_pool: Field<String>,
    pub agent_pool_pointer: &'static str,
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
    /// Where the request has the pool, for what is wrong with it.
    pub agent_pool_pointer: &'static str,
}

impl ExecutionChange {
    pub fn check(fields: ExecutionFields, problems: &mut Problems) -> ExecutionChange {
        let ExecutionFields {
            execution_mode,
            operations,
            agent_pool,
            agent_pool_pointer,
            overwrites_mode,
            overwrites_agent_pool,
        } = fields;
        if contradict(&execution_mode, &operations) {
            problems.attribute("operations", "`operations` says something else than `execution-mode`.");
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
        // That it inherits counts for more than the values beside it: a document that is read and sent back has the
        // inherited values in it, and the Terraform provider sends a mode with this when it gives settings up.
        if overwrites == Field::Value(false) {
            return ExecutionChange { choice: Some(Choice::Inherited), ..ExecutionChange::default() };
        }
        let choice = match (named, overwrites) {
            (None, Field::Value(true)) => Some(Choice::AsItIs),
            (named, _) => named,
        };
        let agent_pool = match agent_pool {
            Field::Value(id) if id.trim().is_empty() => Field::Null,
            other => other,
        };
        ExecutionChange { choice, agent_pool, agent_pool_pointer }
    }

    pub fn is_none(&self) -> bool {
        self.choice.is_none() && matches!(self.agent_pool, Field::Absent)
    }
}

/// A document that is read and sent back has both, and they agree.
fn contradict(mode: &Field<String>, operations: &Field<bool>) -> bool {
    match (mode, operations) {
        (Field::Absent, _) | (_, Field::Absent) => false,
        (Field::Value(mode), Field::Value(operations)) => {
            ExecutionMode::from_name(mode).is_some_and(|mode| *operations == (mode == ExecutionMode::Local))
        }
        (Field::Null, Field::Null) => false,
        (Field::Null, Field::Value(_)) | (Field::Value(_), Field::Null) => true,
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
    fn inheriting_counts_for_more_than_the_values_beside_it() {
        for name in ["remote", "local", "agent"] {
            for (mode, agent_pool) in [(Some(false), None), (None, Some(false)), (Some(false), Some(false))] {
                let flag = |flag: Option<bool>| flag.map_or(Field::Absent, Field::Value);
                let given = ExecutionFields {
                    execution_mode: Field::Value(name.to_owned()),
                    agent_pool: Field::Value("apool-1111111111111111".to_owned()),
                    overwrites_mode: flag(mode),
                    overwrites_agent_pool: flag(agent_pool),
                    ..Default::default()
                };
                let mut problems = Problems::default();
                let change = ExecutionChange::check(given, &mut problems);
                assert!(problems.finish().is_ok());
                assert_eq!((change.choice, change.agent_pool), (Some(Choice::Inherited), Field::Absent), "{name}");
            }
        }
    }

    #[test]
    fn contradictions_are_refused() {
        let both = |mode: &str, operations| ExecutionFields {
            execution_mode: Field::Value(mode.to_owned()),
            operations: Field::Value(operations),
            ..Default::default()
        };
        assert_eq!(checked(both("local", true)), Err(1));
        assert_eq!(checked(both("agent", false)), Err(1));
        assert_eq!(checked(both("local", false)), Ok(Some(Choice::Own(ExecutionMode::Local))));
        assert_eq!(checked(both("agent", true)), Ok(Some(Choice::Own(ExecutionMode::Agent))));
        let unknown = ExecutionFields { execution_mode: Field::Value("cloud".to_owned()), ..Default::default() };
        assert_eq!(checked(unknown), Err(1));
    }
}

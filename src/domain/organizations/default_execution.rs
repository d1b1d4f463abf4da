//! Where the runs of a project's workspaces would take place, unless a workspace says otherwise: a project's own word, or
//! its organization's.

use super::execution_mode::ExecutionMode;
use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::id::AgentPoolId;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefaultExecution {
    pub mode: ExecutionMode,
    /// Only where the mode is `agent`.
    pub agent_pool: Option<AgentPoolId>,
}

/// The attributes of a request, as they came.
pub struct DefaultExecutionFields {
    pub mode: Field<String>,
    /// From the attribute, or else from the relationship of the same meaning.
    pub agent_pool: Field<String>,
    pub agent_pool_pointer: &'static str,
    pub overwrites_mode: Field<bool>,
    pub overwrites_agent_pool: Field<bool>,
}

pub const MODE_POINTER: &str = "/data/attributes/default-execution-mode";
const OVERWRITES_POINTER: &str = "/data/attributes/setting-overwrites";

/// What a request says about it.
#[derive(Debug)]
pub struct DefaultExecutionChange {
    mode: Field<ExecutionMode>,
    agent_pool: Field<String>,
    agent_pool_pointer: &'static str,
    /// Whether there is to be a word of its own, if the request says so.
    overwrites: Option<bool>,
}

/// What a request comes to.
#[derive(Debug, PartialEq, Eq)]
pub enum Decided {
    Inherited,
    /// The agent pool's id as it was given, and where: whether there is such a pool is not known yet.
    Own {
        mode: ExecutionMode,
        agent_pool: Option<String>,
        agent_pool_pointer: &'static str,
    },
}

impl DefaultExecutionChange {
    pub fn check(fields: DefaultExecutionFields, problems: &mut Problems) -> DefaultExecutionChange {
        let told = ("default-execution-mode", "remote, local or agent");
        let mode = fields.mode.one_of(ExecutionMode::from_name, told, problems);
        let agent_pool = match fields.agent_pool {
            Field::Value(id) if id.trim().is_empty() => Field::Null,
            other => other,
        };
        let overwrites = match (fields.overwrites_mode.value(), fields.overwrites_agent_pool.value()) {
            (Some(mode), Some(agent_pool)) if mode != agent_pool => {
                // In the service's own words.
                problems.at(
                    OVERWRITES_POINTER,
                    "If agent-pool and execution-mode are both included in setting-overwrites, their values must be \
                     the same.",
                );
                None
            }
            (mode, agent_pool) => mode.or(agent_pool),
        };
        DefaultExecutionChange { mode, agent_pool, agent_pool_pointer: fields.agent_pool_pointer, overwrites }
    }

    /// For something that has `current` of its own, or nothing. That it inherits counts for more than the values beside
    /// it: a document that is read and sent back has the inherited values in it.
    pub fn decide(&self, current: Option<&DefaultExecution>, problems: &mut Problems) -> Decided {
        if self.overwrites == Some(false) {
            return Decided::Inherited;
        }
        let current = current.filter(|_| self.mode != Field::Null);
        let mode = match &self.mode {
            Field::Value(mode) => Some(*mode),
            Field::Absent | Field::Null => current.map(|current| current.mode),
        };
        let Some(mode) = mode else {
            if self.overwrites == Some(true) {
                problems.at(MODE_POINTER, "`default-execution-mode` is required where setting-overwrites has it.");
            }
            self.refuse_agent_pool(problems);
            return Decided::Inherited;
        };
        let agent_pool = match (mode, &self.agent_pool) {
            (ExecutionMode::Agent, Field::Value(id)) => Some(id.clone()),
            (ExecutionMode::Agent, Field::Absent | Field::Null) => {
                let kept = current.filter(|_| self.agent_pool == Field::Absent).and_then(|it| it.agent_pool.as_ref());
                if kept.is_none() {
                    problems.at(
                        self.agent_pool_pointer,
                        "Default agent pool must be specified when using 'agent' execution mode",
                    );
                }
                kept.map(ToString::to_string)
            }
            (ExecutionMode::Remote | ExecutionMode::Local, _) => {
                self.refuse_agent_pool(problems);
                None
            }
        };
        Decided::Own { mode, agent_pool, agent_pool_pointer: self.agent_pool_pointer }
    }

    fn refuse_agent_pool(&self, problems: &mut Problems) {
        if let Field::Value(_) = self.agent_pool {
            let detail = "Default agent pool must not be specified unless using 'agent' execution mode";
            problems.at(self.agent_pool_pointer, detail);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::error::Error;

    const POOL: &str = "apool-1111111111111111";

    fn decided(
        (mode, agent_pool): (Field<&str>, Field<&str>),
        overwrites: [Option<bool>; 2],
        current: Option<ExecutionMode>,
    ) -> Result<(Option<&'static str>, Option<String>), Vec<String>> {
        let text = |field: Field<&str>| field.map(str::to_owned);
        let [overwrites_mode, overwrites_agent_pool] = overwrites.map(|flag| flag.map_or(Field::Absent, Field::Value));
        let fields = DefaultExecutionFields {
            mode: text(mode),
            agent_pool: text(agent_pool),
            agent_pool_pointer: "/pool",
            overwrites_mode,
            overwrites_agent_pool,
        };
        let current = current.map(|mode| DefaultExecution {
            mode,
            agent_pool: (mode == ExecutionMode::Agent).then(|| AgentPoolId::from(POOL.to_owned())),
        });
        let mut problems = Problems::default();
        let change = DefaultExecutionChange::check(fields, &mut problems);
        let decided = change.decide(current.as_ref(), &mut problems);
        let details = |error: Error| error.problems.into_iter().map(|problem| problem.detail).collect::<Vec<_>>();
        problems.finish().map_err(details)?;
        Ok(match decided {
            Decided::Inherited => (None, None),
            Decided::Own { mode, agent_pool, .. } => (Some(mode.name()), agent_pool),
        })
    }

    const NOTHING: (Field<&str>, Field<&str>) = (Field::Absent, Field::Absent);
    const NEITHER: [Option<bool>; 2] = [None, None];

    fn mode(name: &str) -> (Field<&str>, Field<&str>) {
        (Field::Value(name), Field::Absent)
    }

    #[test]
    fn what_is_not_said_stays() {
        assert_eq!(decided(NOTHING, NEITHER, None), Ok((None, None)));
        assert_eq!(decided(NOTHING, NEITHER, Some(ExecutionMode::Local)), Ok((Some("local"), None)));
        let agent = Some(ExecutionMode::Agent);
        assert_eq!(decided(NOTHING, NEITHER, agent), Ok((Some("agent"), Some(POOL.to_owned()))));
        assert_eq!(decided(mode("agent"), NEITHER, agent), Ok((Some("agent"), Some(POOL.to_owned()))));
        assert_eq!(decided(mode("remote"), NEITHER, agent), Ok((Some("remote"), None)));
        let other = (Field::Absent, Field::Value("apool-x"));
        assert_eq!(decided(other, NEITHER, agent), Ok((Some("agent"), Some("apool-x".to_owned()))));
    }

    #[test]
    fn inheriting() {
        for current in [None, Some(ExecutionMode::Local), Some(ExecutionMode::Agent)] {
            for overwrites in [[Some(false), None], [None, Some(false)], [Some(false), Some(false)]] {
                let echo = (Field::Value("agent"), Field::Value(POOL));
                for given in [NOTHING, mode("local"), echo] {
                    assert_eq!(decided(given, overwrites, current), Ok((None, None)));
                }
            }
            assert_eq!(decided((Field::Null, Field::Null), NEITHER, current), Ok((None, None)));
        }
    }

    #[test]
    fn what_does_not_fit_together() {
        let refused = |given, overwrites, current, word: &str| {
            let details = decided(given, overwrites, current).unwrap_err();
            assert!(details.len() == 1 && details[0].contains(word), "{details:?}");
        };
        let with_pool = |mode| (mode, Field::Value(POOL));
        refused(mode("cloud"), NEITHER, None, "must be remote, local or agent");
        refused(mode(""), NEITHER, None, "must be remote, local or agent");
        refused(mode("agent"), NEITHER, None, "must be specified when using 'agent' execution mode");
        refused(mode("agent"), NEITHER, Some(ExecutionMode::Local), "must be specified when");
        refused((Field::Absent, Field::Null), NEITHER, Some(ExecutionMode::Agent), "must be specified when");
        refused((Field::Value("agent"), Field::Value(" ")), NEITHER, None, "must be specified when");
        for given in [Field::Value("remote"), Field::Value("local"), Field::Absent, Field::Null] {
            refused(with_pool(given), NEITHER, None, "must not be specified unless using 'agent' execution mode");
        }
        refused(NOTHING, [Some(true), Some(true)], None, "is required");
        for overwrites in [[Some(true), Some(false)], [Some(false), Some(true)]] {
            refused(with_pool(Field::Value("agent")), overwrites, None, "their values must be the same");
        }
    }
}

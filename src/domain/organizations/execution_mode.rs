//! Where runs would take place. Bowline runs nothing; clients set it and read it back.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutionMode {
    Remote,
    Local,
    Agent,
}

impl ExecutionMode {
    pub fn from_name(name: &str) -> Option<ExecutionMode> {
        match name {
            "remote" => Some(ExecutionMode::Remote),
            "local" => Some(ExecutionMode::Local),
            "agent" => Some(ExecutionMode::Agent),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            ExecutionMode::Remote => "remote",
            ExecutionMode::Local => "local",
            ExecutionMode::Agent => "agent",
        }
    }
}

//! A flow that failed: at which step, why, and what to check.

use askama::Template;

use crate::ui::frame::Frame;

#[derive(Template)]
#[template(path = "connect/failed.html")]
pub struct Failed {
    pub frame: Frame,
    /// What happened, in our words; never the provider's.
    pub what: String,
    pub steps: Vec<Step>,
    pub checks: Vec<String>,
    /// Whether an earlier connection stays as it was.
    pub keeps_old: bool,
    /// None where trying again cannot help.
    pub retry: Option<String>,
    pub back: String,
    pub request_id: String,
}

pub struct Step {
    pub title: &'static str,
    pub state: StepState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    Done,
    Failed,
    NotReached,
}

impl StepState {
    pub fn title(self) -> &'static str {
        match self {
            StepState::Done => "Done",
            StepState::Failed => "Failed",
            StepState::NotReached => "Not reached",
        }
    }

    pub fn class(self) -> &'static str {
        match self {
            StepState::Done => "good",
            StepState::Failed => "bad",
            StepState::NotReached => "",
        }
    }
}

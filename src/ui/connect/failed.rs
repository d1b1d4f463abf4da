//! A flow that failed: at which step, why, and what to check.

use askama::Template;

use crate::app::{Cx, no_input};
use crate::connect::flow::trouble::{self, Cause, Trouble};
use crate::domain::error::Result;
use crate::http::reply::Reply;
use crate::ui::frame::Frame;
use crate::ui::providers::find::Found;
use crate::ui::reply;

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

/// The page for a flow that was begun. What the provider refused becomes a VCS event, so that others see it too.
pub fn noted(cx: &Cx, found: &Found, trouble: &Trouble) -> Result<Reply> {
    if let Some(advice) = trouble.advice_after_refusal() {
        let reason = trouble.told();
        let noted = cx.change(super::find::manageable(cx), no_input, move |change, found, ()| {
            change.note_refused_web_flow(&found.client, &reason, advice)
        });
        if let Err(e) = noted {
            log::warn!("{}: a VCS event could not be written: {}", found.client.id, e.told_to_operators());
        }
    }
    page(cx, found, trouble)
}

/// Too many calls to providers are under way. Nothing was begun or used up.
pub fn busy(cx: &Cx, found: &Found, step: trouble::Step) -> Result<Reply> {
    page(cx, found, &Trouble::new(cx.request.id(), &found.client.id, step, Cause::NoPlace))
}

/// The page for what stands in the way of a connection.
pub fn page(cx: &Cx, found: &Found, trouble: &Trouble) -> Result<Reply> {
    let client = &found.client;
    let state = |step| match step {
        step if step < trouble.step => StepState::Done,
        step if step == trouble.step => StepState::Failed,
        _ => StepState::NotReached,
    };
    let frame = cx.read(|view, caller| found.frame(cx, view, caller, "The connection was not made"))?;
    let failed = Failed {
        frame,
        what: trouble.told(),
        steps: trouble::Step::ALL.map(|step| Step { title: step.title(), state: state(step) }).into(),
        checks: trouble.checks(client, &cx.app.public_url.callback(&client.callback)),
        keeps_old: client.oauth_token.is_some(),
        retry: trouble.can_be_tried_again().then(|| client.connect_path()),
        back: found.list(),
        request_id: cx.request.id().to_owned(),
    };
    reply::page(if trouble.is_busy() { 503 } else { 422 }, &failed)
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

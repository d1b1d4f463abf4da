//! What happened between an organization and its providers.

use askama::Template;

use crate::ui::frame::Frame;
use crate::ui::input::Input;
use crate::ui::pager::Pager;
use crate::ui::when::When;

#[derive(Template)]
#[template(path = "organizations/vcs_events.html")]
pub struct VcsEvents {
    pub frame: Frame,
    pub filters: Vec<Input>,
    pub events: Vec<Row>,
    pub pager: Option<Pager>,
}

pub struct Row {
    pub is_error: bool,
    pub message: String,
    /// What to do; empty where nothing has to be done.
    pub advice: String,
    /// The name of the VCS provider.
    pub client: String,
    pub at: When,
}

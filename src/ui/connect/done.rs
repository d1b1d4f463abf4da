//! After the flow.

use askama::Template;

use crate::ui::frame::Frame;
use crate::ui::parts::Copy;

#[derive(Template)]
#[template(path = "connect/done.html")]
pub struct Done {
    pub frame: Frame,
    /// Of the OAuth client.
    pub id: String,
    pub name: String,
    pub provider: &'static str,
    /// The provider's user; empty if it has not said.
    pub user: String,
    pub token_id: Copy,
}

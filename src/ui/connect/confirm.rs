//! Before the flow: what is connected to what, by which user.

use askama::Template;

use crate::ui::frame::Frame;

#[derive(Template)]
#[template(path = "connect/confirm.html")]
pub struct Confirm {
    pub frame: Frame,
    /// Of the OAuth client.
    pub name: String,
    /// "GitHub Enterprise"
    pub provider: &'static str,
    /// Where the user will be sent.
    pub host: String,
    pub username: String,
    /// The provider's user behind the present connection; empty if unknown. None where there is no connection.
    pub replaces: Option<String>,
    pub action: String,
}

//! A new API token: the only page that shows a secret, once.

use askama::Template;

use crate::ui::frame::Frame;
use crate::ui::parts::Copy;

#[derive(Template)]
#[template(path = "account/token_created.html")]
pub struct TokenCreated {
    pub frame: Frame,
    /// The token, and the lines that put it into a shell's environment.
    pub copies: Vec<Copy>,
}

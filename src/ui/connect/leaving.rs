//! Between the button and the provider. A page of its own, because browsers hold redirects after a form against
//! `form-action`, which allows this server only: the reply carries a `Refresh` header as well.

use askama::Template;

use crate::ui::frame::Frame;

#[derive(Template)]
#[template(path = "connect/leaving.html")]
pub struct Leaving {
    pub frame: Frame,
    pub provider: &'static str,
    pub host: String,
    pub authorize_url: String,
}

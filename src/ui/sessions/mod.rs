//! Coming in and going out.

mod begin;
pub mod set_password;
pub mod sign_in;
pub mod sign_out;

use crate::app::Cx;

/// `username` is the one of a user, if there is such: what was typed as one may be a password.
pub fn log_wrong_password(cx: &Cx, username: Option<&str>) {
    let (id, path) = (cx.request.id(), cx.request.path.join("/"));
    let from = cx.request.client().map_or_else(|| "an unknown address".to_owned(), |address| address.to_string());
    log::warn!("{id} POST /{path}: wrong password of {} from {from}", username.unwrap_or("an unknown user"));
}

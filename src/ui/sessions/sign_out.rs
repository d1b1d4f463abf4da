//! Signing out.

use super::begin;
use crate::app::{Cx, no_input};
use crate::domain::error::Result;
use crate::http::reply::Reply;
use crate::ui::{frames, reply};

/// `POST /sign-out`
pub fn submit(cx: &Cx) -> Result<Reply> {
    let session = cx.session_digest();
    cx.change(
        |_, caller| frames::person(caller).cloned(),
        no_input,
        move |change, user, ()| session.iter().try_for_each(|digest| change.end_session(&user, digest)),
    )?;
    Ok(begin::without_cookie(cx, reply::redirect("/sign-in")))
}

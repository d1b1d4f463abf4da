//! Ending a session of one's own.

use crate::app::flashes::Tone;
use crate::app::{Cx, no_input};
use crate::domain::error::{Error, Result};
use crate::http::reply::Reply;
use crate::ui::{frames, reply};

/// `POST /account/sessions/:session/end`. `NotFound` for the session of another user.
pub fn end(cx: &Cx) -> Result<Reply> {
    let number: i64 = cx.parameter("session").parse().map_err(|_| Error::not_found())?;
    cx.change(
        |_, caller| frames::person(caller).cloned(),
        no_input,
        move |change, user, ()| change.end_session_number(&user, number),
    )?;
    cx.flash(Tone::Good, "The session was ended.");
    Ok(reply::redirect("/account"))
}

//! Changing the password.

use super::index::AccountPage;
use crate::app::Cx;
use crate::app::flashes::Tone;
use crate::domain::error::{Error, Problems, Result};
use crate::domain::secret::Secret;
use crate::domain::sessions::password::NewPassword;
use crate::http::reply::Reply;
use crate::ui::sessions::log_wrong_password;
use crate::ui::{frames, problems, reply};

/// `POST /account/password`. Ends the user's other sessions.
pub fn submit(cx: &Cx) -> Result<Reply> {
    let kept = cx.session_digest();
    let changed = cx.change(
        |view, caller| {
            let user = frames::person(caller)?.clone();
            Ok((view.password_hash(user.number)?, user))
        },
        |(stored, user)| {
            let form = cx.form()?;
            let mut wrong = Problems::default();
            let new = NewPassword::check(form.exact("new-password"), &user.username, &mut wrong);
            let current = form.exact("current-password");
            cx.app.password_limits.take(&user.username, cx.request.client())?;
            let current = Secret::new(current.to_owned());
            if !cx.wait(|| cx.app.vault.is_password(stored.as_deref(), &current))? {
                log_wrong_password(cx, Some(&user.username));
                wrong.attribute("current-password", "The current password is wrong.");
            }
            wrong.finish()?;
            let new = new.ok_or_else(|| Error::internal("validation found no problem but gave no password"))?;
            Ok((stored.clone(), cx.wait(|| cx.app.vault.hash_password(new.secret()))?))
        },
        move |change, (stored, user), (seen, hash)| {
            if stored != *seen {
                return Err(Error::conflict("The password was changed in the meantime."));
            }
            change.set_password(&user, hash)?;
            change.end_sessions(&user, kept.as_ref())
        },
    );
    if let Err(error) = changed {
        let mut page = cx.read(|view, caller| AccountPage::of(cx, view, caller))?;
        page.password_problems = problems::place(error, &mut page.password_fields.iter_mut().collect::<Vec<_>>())?;
        return reply::page(422, &page);
    }
    cx.flash(Tone::Good, "The password was changed, and your other sessions were ended.");
    Ok(reply::redirect("/account"))
}

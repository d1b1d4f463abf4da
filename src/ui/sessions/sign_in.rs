//! The sign-in form.

use askama::Template;

use super::begin::Beginning;
use super::log_wrong_password;
use crate::app::Cx;
use crate::domain::access::Caller;
use crate::domain::error::{Error, Result};
use crate::domain::secret::Secret;
use crate::domain::sessions::password::MAX_BYTES;
use crate::http::reply::Reply;
use crate::store::Actor;
use crate::ui::frame::Frame;
use crate::ui::input::Input;
use crate::ui::{frames, reply};

#[derive(Template)]
#[template(path = "sessions/sign_in.html")]
pub struct SignIn {
    pub frame: Frame,
    /// Why the form is shown, where the user asked for another page.
    pub notice: Option<&'static str>,
    /// The local path to go on to; empty for the start page.
    pub next: String,
    pub problems: Vec<String>,
    pub fields: Vec<Input>,
}

fn form(notice: Option<&'static str>, next: &str, username: &str) -> SignIn {
    SignIn {
        frame: frames::outside("Sign in"),
        notice,
        next: local(next).to_owned(),
        problems: vec![],
        fields: vec![
            Input::text("username", "User name").required().autocomplete("username").value(username),
            Input::password("password", "Password").required().autocomplete("current-password"),
        ],
    }
}

/// Only a path of this server is gone on to: anything else is the start page.
fn local(path: &str) -> &str {
    let is_plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_.~%?=&".contains(&b));
    if path.starts_with('/') && !path.starts_with("//") && is_plain { path } else { "" }
}

/// `GET /sign-in`
pub fn show(cx: &Cx) -> Result<Reply> {
    let next = cx.request.query("next").unwrap_or_default();
    if cx.read(|_, _| Ok(())).is_ok() {
        return Ok(reply::redirect(onward(next)));
    }
    let notice = (!local(next).trim_start_matches('/').is_empty()).then_some("Sign in to see this page.");
    reply::page(200, &form(notice, next, ""))
}

fn onward(next: &str) -> String {
    match local(next) {
        "" => "/".to_owned(),
        path => path.to_owned(),
    }
}

/// `POST /sign-in`. One answer for an unknown user, a wrong password and none at all.
pub fn submit(cx: &Cx) -> Result<Reply> {
    let beginning = Beginning::new(cx)?;
    let form_sent = cx.form()?;
    let (username, next) = (form_sent.get("username").to_owned(), form_sent.get("next").to_owned());
    let password = form_sent.exact("password");
    cx.app.password_limits.take(&username, cx.request.client())?;
    let found = cx.app.store.read(|view| {
        let Some(user) = view.user_named(&username)? else { return Ok(None) };
        Ok(Some((view.password_hash(user.number)?, user)))
    })?;
    let (hash, user) = found.map_or((None, None), |(hash, user)| (hash, Some(user)));
    let password = Secret::new(password.to_owned());
    let is_right =
        password.reveal().len() <= MAX_BYTES && cx.wait(|| cx.app.vault.is_password(hash.as_deref(), &password))?;
    let user = match user {
        Some(user) if is_right => user,
        known => {
            log_wrong_password(cx, known.as_ref().map(|user| user.username.as_str()));
            return again(&next, &username);
        }
    };
    let row = beginning.row();
    let actor = Actor::client(&Caller::Person(user.clone()), cx.request_id());
    cx.wait(|| {
        cx.app.store.change(actor, move |change| {
            // Meanwhile the password may have been changed, or the user be gone and another one in that row.
            let present = change.user_named(&user.username)?.filter(|present| present.id == user.id);
            let present = present.ok_or_else(Error::signed_out)?;
            if change.password_hash(present.number)? != hash {
                return Err(Error::signed_out());
            }
            row.insert(change, &present)
        })
    })?;
    Ok(beginning.with_cookie(cx, reply::redirect(onward(&next))))
}

fn again(next: &str, username: &str) -> Result<Reply> {
    let mut page = form(None, next, username);
    page.problems.push("The user name or the password is wrong.".to_owned());
    reply::page(422, &page)
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn only_paths_of_this_server_are_gone_on_to() {
        for good in ["/", "/account", "/auth/35b1?organization_id=1", "/organizations/a%20b"] {
            assert_eq!(local(good), good);
        }
        for bad in [
            "",
            "account",
            "//evil.test",
            "https://evil.test",
            "/\\evil.test",
            "/a\r\nSet-Cookie:x",
            "/ä",
            "javascript:x",
        ] {
            assert_eq!(local(bad), "", "{bad}");
        }
    }
}

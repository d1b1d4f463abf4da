//! Where a one-time link leads: a first password, or a new one.

use askama::Template;

use super::begin::Beginning;
use crate::app::Cx;
use crate::domain::access::Caller;
use crate::domain::error::{Error, Problems, Result};
use crate::domain::sessions::key::Key;
use crate::domain::sessions::password::{MIN_CHARACTERS, NewPassword};
use crate::domain::sessions::sign_in_link::SignInLink;
use crate::http::reply::Reply;
use crate::store::Actor;
use crate::ui::frame::Frame;
use crate::ui::input::Input;
use crate::ui::when::When;
use crate::ui::{frames, problems, reply};

#[derive(Template)]
#[template(path = "sessions/set_password.html")]
pub struct SetPassword {
    pub frame: Frame,
    pub username: String,
    pub expires: When,
    /// The path of the link itself.
    pub action: String,
    pub problems: Vec<String>,
    pub fields: Vec<Input>,
}

/// The field for a new password, here and on the account page.
pub fn field() -> Input {
    let hint = format!("{MIN_CHARACTERS} characters or more.");
    Input::password("new-password", "New password").required().autocomplete("new-password").hint(hint)
}

fn form(cx: &Cx, link: SignInLink) -> SetPassword {
    SetPassword {
        frame: frames::outside("Set a password"),
        username: link.user.username,
        expires: When::new(link.expires_at, cx.app.sources.now()),
        action: path(cx.parameter("key")),
        problems: vec![],
        fields: vec![field()],
    }
}

/// Where a one-time link leads.
pub fn path(key: &str) -> String {
    format!("/set-password/{key}")
}

/// The digest of the link in the path. One answer for a link that is unknown, used or void.
fn digest(cx: &Cx) -> Result<[u8; 32]> {
    let key = Key::parse(cx.parameter("key")).ok_or_else(used_up)?;
    Ok(cx.app.vault.link_digest(&key))
}

fn used_up() -> Error {
    Error::forbidden(
        "This link was used, has expired, or was replaced by a newer one. The operator of this server prints a new one \
         with: bowline user sign-in-link NAME",
    )
}

fn find(cx: &Cx, digest: &[u8; 32]) -> Result<SignInLink> {
    cx.app.store.read(|view| view.sign_in_link(digest, cx.app.sources.now()))?.ok_or_else(used_up)
}

/// `GET /set-password/:key`. The link stays good: programs that look at links before people do must not use it up.
pub fn show(cx: &Cx) -> Result<Reply> {
    let link = find(cx, &digest(cx)?)?;
    reply::page(200, &form(cx, link))
}

/// `POST /set-password/:key`: uses the link up, ends the user's other sessions and begins one.
pub fn submit(cx: &Cx) -> Result<Reply> {
    let beginning = Beginning::new(cx)?;
    let digest = digest(cx)?;
    let link = find(cx, &digest)?;
    let mut wrong = Problems::default();
    let checked = NewPassword::check(cx.form()?.exact("new-password"), &link.user.username, &mut wrong);
    let Some(password) = checked else {
        let mut page = form(cx, link);
        let wrong =
            wrong.finish().err().ok_or_else(|| Error::internal("validation found no problem but gave no password"))?;
        page.problems = problems::place(wrong, &mut page.fields.iter_mut().collect::<Vec<_>>())?;
        return reply::page(422, &page);
    };
    let hash = cx.wait(|| cx.app.vault.hash_password(password.secret()))?;
    let row = beginning.row();
    let actor = Actor::client(&Caller::Person(link.user), cx.request_id());
    cx.wait(|| {
        cx.app.store.change(actor, move |change| {
            let user = change.take_sign_in_link(&digest)?.ok_or_else(used_up)?;
            change.set_password(&user, &hash)?;
            change.end_sessions(&user, None)?;
            row.insert(change, &user)
        })
    })?;
    Ok(beginning.with_cookie(cx, reply::redirect("/")))
}

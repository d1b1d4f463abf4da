//! The SSH key of a connection.

use askama::Template;

use super::find::{self, Found};
use crate::app::flashes::Tone;
use crate::app::{Cx, no_input, sealing};
use crate::domain::access::Caller;
use crate::domain::error::{Error, Problems, Result};
use crate::domain::oauth::private_key::check_ssh_key;
use crate::domain::oauth::token::OAuthToken;
use crate::http::reply::Reply;
use crate::store::View;
use crate::ui::frame::Frame;
use crate::ui::input::Input;
use crate::ui::{problems, reply};

#[derive(Template)]
#[template(path = "providers/ssh_key.html")]
pub struct SshKeyPage {
    pub frame: Frame,
    pub id: String,
    pub name: String,
    pub has_key: bool,
    /// Whether a stored key can be taken away.
    pub may_remove: bool,
    pub problems: Vec<String>,
    pub fields: Vec<Input>,
}

/// Finds the client of the path and its token. `NotFound` where it has none.
fn connected(cx: &Cx) -> impl Fn(&View, &Caller) -> Result<(Found, OAuthToken)> + Send + Sync + 'static + use<> {
    let find = find::manageable(cx);
    move |view, caller| {
        let found = find(view, caller)?;
        let id = found.client.oauth_token.as_ref().ok_or_else(Error::not_found)?;
        let token = view.oauth_token(id)?;
        Ok((found, token))
    }
}

fn read(cx: &Cx) -> Result<SshKeyPage> {
    let find = connected(cx);
    cx.read(|view, caller| {
        let (found, token) = find(view, caller)?;
        Ok(SshKeyPage {
            frame: found.frame(cx, view, caller, "SSH key")?,
            id: found.client.id.to_string(),
            name: found.client.shown_name().to_owned(),
            has_key: token.has_ssh_key,
            may_remove: token.has_ssh_key,
            problems: vec![],
            fields: vec![
                Input::secret_area("ssh-key", "SSH private key")
                    .required()
                    .hint("In PEM form, without a passphrase: from “-----BEGIN” to the last line."),
            ],
        })
    })
}

/// `GET /organizations/:organization/vcs-providers/:oauth_client/ssh-key`
pub fn show(cx: &Cx) -> Result<Reply> {
    reply::page(200, &read(cx)?)
}

/// `POST` to the same path
pub fn submit(cx: &Cx) -> Result<Reply> {
    let saved = cx.change(
        connected(cx),
        |(_, token)| {
            // Browsers end the lines of a form with CR LF.
            let key = cx.form()?.get("ssh-key").replace("\r\n", "\n") + "\n";
            let mut wrong = Problems::default();
            check_ssh_key(&key, &mut wrong);
            wrong.finish()?;
            sealing::ssh_key(cx.app, token, key)
        },
        |change, (found, token), key| change.set_ssh_key(&token, Some(key)).map(|_| found),
    );
    match saved {
        Ok(found) => {
            cx.flash(Tone::Good, format!("The SSH key of {} was saved.", found.client.shown_name()));
            Ok(reply::redirect(found.list()))
        }
        Err(error) => {
            let mut page = read(cx)?;
            page.problems = problems::place(error, &mut page.fields.iter_mut().collect::<Vec<_>>())?;
            reply::page(422, &page)
        }
    }
}

/// `POST /organizations/:organization/vcs-providers/:oauth_client/ssh-key/remove`
pub fn remove(cx: &Cx) -> Result<Reply> {
    let found = cx.change(connected(cx), no_input, |change, (found, token), ()| {
        change.set_ssh_key(&token, None)?;
        Ok(found)
    })?;
    cx.flash(Tone::Good, format!("The SSH key of {} was removed.", found.client.shown_name()));
    Ok(reply::redirect(found.list()))
}

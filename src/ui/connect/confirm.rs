//! Before the flow: what is connected to what, by which user.

use askama::Template;

use super::{failed, find, keys};
use crate::app::Cx;
use crate::connect::flow::{self, trouble::Trouble};
use crate::domain::error::{Error, Result};
use crate::http::reply::Reply;
use crate::ui::frame::Frame;
use crate::ui::{frames, reply};

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

/// `GET /auth/:callback?organization_id=…`: the `connect-path` of a client. Nothing is begun yet. `NotFound` for another
/// organization's number.
pub fn show(cx: &Cx) -> Result<Reply> {
    let find = find::manageable(cx);
    let number = cx.request.query("organization_id").and_then(|text| text.parse::<i64>().ok());
    let found = cx.read(&find)?;
    if number != Some(found.client.organization) {
        return Err(Error::not_found());
    }
    if found.client.lacks_keys() {
        return keys::page(cx, &found);
    }
    if let Some(trouble) = Trouble::before(&found.client) {
        return failed::page(cx, &found, &trouble);
    }
    let page = cx.read(|view, caller| {
        let found = find(view, caller)?;
        let client = &found.client;
        let token = client.oauth_token.as_ref().map(|token| view.oauth_token(token)).transpose()?;
        let title = if token.is_some() { "Reauthorize" } else { "Connect" };
        Ok(Confirm {
            frame: found.frame(cx, view, caller, title)?,
            name: client.shown_name().to_owned(),
            provider: client.service_provider.display_name(),
            host: flow::host(cx.app, &view.registration(&client.id)?),
            username: frames::person(caller)?.username.clone(),
            replaces: token.map(|token| token.service_provider_user),
            action: format!("/auth/{}", client.callback),
        })
    })?;
    reply::page(200, &page)
}

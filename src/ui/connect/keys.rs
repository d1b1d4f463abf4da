//! Keys for an application link of a client that was created without them.

use askama::Template;

use super::find;
use crate::app::flashes::Tone;
use crate::app::{Cx, sealing};
use crate::domain::error::{Problems, Result};
use crate::domain::oauth::client_change::OAuthClientChange;
use crate::http::reply::Reply;
use crate::ui::frame::Frame;
use crate::ui::providers::find::Found;
use crate::ui::providers::keys;
use crate::ui::reply;

#[derive(Template)]
#[template(path = "connect/keys.html")]
pub struct Keys {
    pub frame: Frame,
    /// Of the OAuth client.
    pub id: String,
    pub name: String,
    pub provider: &'static str,
    pub action: String,
}

/// In the place of the page that asks before a connection is made.
pub fn page(cx: &Cx, found: &Found) -> Result<Reply> {
    let client = &found.client;
    let page = Keys {
        frame: cx.read(|view, caller| found.frame(cx, view, caller, "Generate keys"))?,
        id: client.id.to_string(),
        name: client.shown_name().to_owned(),
        provider: client.service_provider.display_name(),
        action: format!("/auth/{}/keys", client.callback),
    };
    reply::page(200, &page)
}

/// `POST /auth/:callback/keys`. Keys that are there by then are never replaced: they may be registered already.
pub fn submit(cx: &Cx) -> Result<Reply> {
    let found = cx.read(find::manageable(cx))?;
    if !found.client.lacks_keys() {
        return Ok(reply::redirect(found.list()));
    }
    let generated = cx.wait(|| keys::generate(&cx.app.sources))?;
    let (found, is_new) = cx.change(
        find::manageable(cx),
        |found| {
            let mut wrong = Problems::default();
            let change = OAuthClientChange::check(generated.change(&found.client), &mut wrong);
            wrong.finish()?;
            let sealed = sealing::client_change(cx.app, &found.client, &change)?;
            Ok((change, sealed))
        },
        |store, found, (change, sealed)| {
            let is_new = found.client.lacks_keys();
            if is_new {
                store.update_oauth_client(&found.client, change, sealed)?;
            }
            Ok((found, is_new))
        },
    )?;
    if is_new {
        cx.flash(Tone::Good, format!("Keys for {} were generated. {}", found.client.shown_name(), keys::NEXT));
    }
    Ok(reply::redirect(found.list()))
}

//! Between the button and the provider. A page of its own, because browsers hold redirects after a form against
//! `form-action`, which allows this server only: the reply carries a `Refresh` header as well.

use askama::Template;

use super::{failed, find};
use crate::app::Cx;
use crate::connect::flow::trouble::{Step, Trouble};
use crate::connect::flow::{self, Begun};
use crate::domain::error::{Error, Kind, Result};
use crate::http::reply::Reply;
use crate::ui::frame::Frame;
use crate::ui::reply;

#[derive(Template)]
#[template(path = "connect/leaving.html")]
pub struct Leaving {
    pub frame: Frame,
    pub provider: &'static str,
    pub host: String,
    pub authorize_url: String,
}

/// `POST /auth/:callback`: begins a flow of this browser, and sends it to the provider.
pub fn submit(cx: &Cx) -> Result<Reply> {
    let find = find::manageable(cx);
    let (found, registration, actor) = cx.read(|view, caller| {
        let found = find(view, caller)?;
        let registration = view.registration(&found.client.id)?;
        Ok((found, registration, cx.actor(caller)))
    })?;
    if let Some(trouble) = Trouble::before(&found.client) {
        return failed::page(cx, &found, &trouble);
    }
    let begun = match cx.ask_provider(|| flow::begin(cx.app, cx.request.id(), &registration)) {
        Err(error) if error.kind == Kind::ProvidersBusy => return failed::busy(cx, &found, Step::Begun),
        begun => begun?,
    };
    let Begun { url, flow } = match begun {
        Ok(begun) => begun,
        Err(trouble) => return failed::noted(cx, &found, &trouble),
    };
    let session = cx.session_digest().ok_or_else(Error::signed_out)?;
    cx.change(
        find::manageable(cx),
        |_| Ok(flow.clone()),
        move |change, found, flow| change.create_web_flow(&found.client, &session, flow),
    )?;
    let (id, client, name) = (cx.request.id(), &found.client.id, actor.name());
    log::info!("{id} {client}: {name} is sent to the provider to connect");
    let provider = found.client.service_provider.display_name();
    let frame = cx.read(|view, caller| found.frame(cx, view, caller, &format!("Going to {provider}")))?;
    let host = flow::host(cx.app, &registration);
    let leaving = Leaving { frame, provider, host, authorize_url: url.to_string() };
    Ok(reply::page(200, &leaving)?.with_header("Refresh", format!("0; url={url}")))
}

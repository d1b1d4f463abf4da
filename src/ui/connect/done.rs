//! After the flow.

use askama::Template;

use crate::app::Cx;
use crate::domain::error::{Error, Result};
use crate::http::reply::Reply;
use crate::ui::frame::Frame;
use crate::ui::parts::Copy;
use crate::ui::providers::find::{self, Found};
use crate::ui::reply;

#[derive(Template)]
#[template(path = "connect/done.html")]
pub struct Done {
    pub frame: Frame,
    /// Of the OAuth client.
    pub id: String,
    pub name: String,
    pub provider: &'static str,
    /// The provider's user; empty if it has not said.
    pub user: String,
    pub token_id: Copy,
}

pub fn path(found: &Found) -> String {
    format!("{}/{}/connected", found.list(), found.client.id)
}

/// `GET /organizations/:organization/vcs-providers/:oauth_client/connected`. `NotFound` where there is no connection.
pub fn show(cx: &Cx) -> Result<Reply> {
    let find = find::manageable(cx);
    let page = cx.read(|view, caller| {
        let found = find(view, caller)?;
        let token = view.oauth_token(found.client.oauth_token.as_ref().ok_or_else(Error::not_found)?)?;
        Ok(Done {
            frame: found.frame(cx, view, caller, "Connected")?,
            id: found.client.id.to_string(),
            name: found.client.shown_name().to_owned(),
            provider: found.client.service_provider.display_name(),
            user: token.service_provider_user,
            token_id: Copy::new("token-id", "OAuth Token ID", token.id.as_str()),
        })
    })?;
    reply::page(200, &page)
}

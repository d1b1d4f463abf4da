//! Finding the client that a connect path or a callback URL names.

use uuid::Uuid;

use crate::app::Cx;
use crate::domain::access::{Action, Caller};
use crate::domain::error::{Error, Result};
use crate::store::View;
use crate::ui::providers::find::Found;

/// For a caller who may change it. `NotFound` where there is no such client, or where the caller may not: one answer for
/// both.
pub fn manageable(cx: &Cx) -> impl Fn(&View, &Caller) -> Result<Found> + Send + Sync + 'static + use<> {
    let text = cx.parameter("callback");
    // Paths of one client have one form.
    let callback = Uuid::try_parse(text).ok().filter(|callback| callback.to_string() == text);
    move |view, caller| {
        let client = view.oauth_client_of_callback(callback.ok_or_else(Error::not_found)?)?;
        let (organization, access) =
            view.organization_and_access(caller, &client.organization_name, Action::ManageVcsConnections)?;
        Ok(Found { client, organization, access })
    }
}

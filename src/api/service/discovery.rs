//! `GET /.well-known/terraform.json`: where the services of this host are. Needs no token: clients ask for it before
//! they have one.

use serde::Serialize;

use crate::app::Cx;
use crate::domain::error::{Error, Result};
use crate::http::reply::Reply;

/// Relative to the host and with a slash at the end: one client joins them to the host, another cuts the slash off.
#[derive(Serialize)]
struct Services {
    /// The Terraform provider asks for this one alone.
    #[serde(rename = "tfe.v2.2")]
    tfe_v2_2: &'static str,
    /// terrasnek, and the command line's `cloud` block.
    #[serde(rename = "tfe.v2")]
    tfe_v2: &'static str,
    /// These two, the command line's `remote` backend.
    #[serde(rename = "tfe.v2.1")]
    tfe_v2_1: &'static str,
    #[serde(rename = "state.v2")]
    state_v2: &'static str,
    /// No module can be downloaded, but terrasnek does not start without the key.
    #[serde(rename = "modules.v1")]
    modules_v1: &'static str,
}

const API: &str = "/api/v2/";
const SERVICES: Services =
    Services { tfe_v2_2: API, tfe_v2: API, tfe_v2_1: API, state_v2: API, modules_v1: "/api/registry/v1/modules/" };

pub fn show(_: &Cx) -> Result<Reply> {
    let body = serde_json::to_vec(&SERVICES).map_err(Error::internal)?;
    Ok(Reply::new(200).with_body("application/json", body))
}

//! Microsoft Entra ID as far as Azure DevOps needs it: any tenant, version 2.0 of its endpoints.

use serde_json::json;

use super::super::asked::Asked;
use super::super::oauth2::{self, Denied};
use super::super::{DemoProvider, answers};
use crate::http::reply::Reply;

pub fn authorize(provider: &DemoProvider, asked: &Asked<'_>) -> Reply {
    oauth2::authorize(provider, asked)
}

pub fn token(provider: &DemoProvider, asked: &Asked<'_>) -> Reply {
    let client_id = oauth2::client(asked.field("client_id"), asked.field("client_secret"));
    match client_id.and_then(|client_id| oauth2::token(provider, asked, &client_id, true)) {
        Ok(issued) => {
            let mut document = json!({"token_type": "Bearer", "scope": issued.grant.scope, "access_token": issued.access,
                                      "expires_in": issued.lifetime_s, "ext_expires_in": issued.lifetime_s});
            if let Some(refresh) = issued.refresh {
                document["refresh_token"] = refresh.into();
            }
            answers::json(200, &document)
        }
        Err(denied) => {
            let (status, error, description) = denied.standard();
            let number = match denied {
                Denied::Client => 7_000_215,
                Denied::Request(_) => 900_144,
                Denied::GrantType => 70_003,
                Denied::Grant => 70_008,
                Denied::RedirectUri => 50_011,
                Denied::Verifier => 501_481,
            };
            let description = format!("AADSTS{number}: {description}");
            answers::json(status, &json!({"error": error, "error_description": description, "error_codes": [number]}))
        }
    }
}

//! Users and API tokens.

pub mod api_tokens;
mod departures;
pub mod users;

//! Users and API tokens.

pub mod api_token;
pub mod user;

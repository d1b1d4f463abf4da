//! Users and API tokens.

pub mod api_tokens;
pub mod users;

//! Users, their API tokens, and the account of the caller.

pub mod account;
pub mod authentication_tokens;
pub mod users;

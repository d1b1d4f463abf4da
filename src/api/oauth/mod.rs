//! OAuth clients and tokens.

pub mod clients;
pub mod tokens;

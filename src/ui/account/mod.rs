//! The user's own account: password, sessions, API tokens.

pub mod index;
pub mod password;
pub mod sessions;
mod token_created;
mod token_form;
pub mod tokens;

pub use token_created::TokenCreated;

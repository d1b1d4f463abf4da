//! Signing in to the pages: passwords, sessions, one-time links.

pub mod key;
pub mod password;
pub mod session;
pub mod sign_in_link;

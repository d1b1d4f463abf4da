//! The pages of the web flow: confirm, leave for the provider, come back, and how it went.

pub mod callback;
pub mod confirm;
pub mod done;
pub mod failed;
mod find;
pub mod leaving;

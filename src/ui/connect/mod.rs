//! The pages of the web flow: confirm (or generate keys first), leave for the provider, come back, and how it went.

pub mod callback;
pub mod confirm;
pub mod done;
pub mod failed;
mod find;
pub mod keys;
pub mod leaving;

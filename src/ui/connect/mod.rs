//! The pages of the web flow.

pub mod confirm;
pub mod done;
pub mod failed;
pub mod leaving;

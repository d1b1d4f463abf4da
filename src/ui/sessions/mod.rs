//! Coming in and going out.

mod begin;
pub mod set_password;
pub mod sign_in;
pub mod sign_out;

//! Who may do what, and what the others are told.

mod refused;
mod routes;
mod tokens;

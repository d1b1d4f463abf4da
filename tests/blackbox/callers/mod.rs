//! Who may do what, and what the others are told.

mod abuse;
pub mod matrix;
mod refused;
pub mod sample_requests;
mod tokens;

use crate::harness::Answer;

/// All that a caller could tell two refusals apart by.
fn shape(answer: &Answer) -> (u16, String, Vec<(String, String)>) {
    // Each answer has these of its own.
    let is_own = |name: &str| matches!(name, "date" | "x-request-id");
    let mut headers: Vec<_> = answer.headers.iter().filter(|(name, _)| !is_own(name)).cloned().collect();
    headers.sort();
    (answer.status, answer.body.clone(), headers)
}

//! Who may do what, and what the others are told.

mod abuse;
pub mod matrix;
mod refused;
pub mod things;
mod tokens;

use crate::harness::Answer;

/// All that a caller could tell two refusals apart by.
fn shape(answer: &Answer) -> (u16, String, Vec<(String, String)>) {
    let mut headers: Vec<_> =
        answer.headers.iter().filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str())).cloned().collect();
    headers.sort();
    (answer.status, answer.body.clone(), headers)
}

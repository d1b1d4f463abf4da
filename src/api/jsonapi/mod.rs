//! JSON:API documents, in and out.

pub mod document;
pub mod input;
pub mod json;
pub mod page;

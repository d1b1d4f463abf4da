//! What a check of the database finds.

/// One question asked of the database, and the answer.
#[derive(Debug)]
pub struct Finding {
    pub question: &'static str,
    /// What was found wrong; empty where all is well.
    pub wrong: Vec<String>,
    /// What is worth knowing all the same.
    pub notes: Vec<String>,
}

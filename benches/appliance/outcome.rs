//! How anything here can fail: with a sentence, and the run with it.

use std::error::Error;

pub type Failure = Box<dyn Error + Send + Sync>;
pub type Outcome<T> = Result<T, Failure>;

pub fn fail(what: impl Into<String>) -> Failure {
    what.into().into()
}

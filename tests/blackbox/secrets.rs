//! Secrets: never in an answer, a log or a file in the clear.

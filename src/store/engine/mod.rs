//! The database engine: one writer, as many readers as needed, and what keeps the file sound. Knows no product words.

pub mod backup;
pub mod commit_failure;
pub mod connection;
pub mod header;
pub mod health;
pub mod migrate;
pub mod objects;
pub mod opened_files;
pub mod readers;
pub mod references;
pub mod reserve;
pub mod wal;
pub mod writer;
pub mod writer_metrics;

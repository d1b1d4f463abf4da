//! What a newcomer meets in the first hour.

mod accounts;
mod command;
mod command_ends;
mod data;
mod env_file;
mod expired;
mod strict;
mod words;

use std::fs;

/// Neither running nor stopped; that its parent has not asked after it yet does not count.
fn is_gone(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with(['Z', 'X']))
}

//! Says what a deletion takes along, and asks before it.

use std::io::{self, IsTerminal, Write};

use crate::cli::Done;
use crate::cli::output::say;
use crate::domain::error::Error;

/// `what` is to be deleted, and `along` goes with it.
pub fn confirm(what: &str, along: &[String], is_agreed: bool) -> Done {
    say(&format!("Deleting {what} also deletes:"));
    for line in along {
        say(&format!("  {line}"));
    }
    if is_agreed {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Error::invalid("Nothing was deleted. Without a terminal to ask at, the command needs --yes."));
    }
    // Without a line end: the answer stands behind it.
    let _ = write!(io::stderr().lock(), "Delete {what}? [y/N] ");
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(Error::internal)?;
    if ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) {
        return Ok(());
    }
    Err(Error::invalid("Nothing was deleted."))
}

//! The command line: what it prints, what it refuses.

mod accounts;
mod bad_files;
mod maintenance;
mod move_workspaces;
mod nonsense;
mod refusals;
mod servers;

use std::process::Output;

/// Asserts success and gives stdout.
#[track_caller]
fn printed(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Asserts failure with one sentence for people, and gives it.
#[track_caller]
fn refused(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{said}");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("bowline: ")).collect();
    assert_eq!(lines.len(), 1, "{said}");
    assert!(!said.contains("panic"), "{said}");
    lines[0].trim_start_matches("bowline: ").to_owned()
}

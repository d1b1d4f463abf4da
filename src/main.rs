#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    bowline::cli::run()
}

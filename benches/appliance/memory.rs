//! What a process holds.

use std::fs;

use crate::outcome::{Outcome, fail};

/// A line of `/proc/PID/status` that is in KiB, such as `VmRSS`, in MiB.
pub fn mib(process: u32, name: &str) -> Outcome<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kib: f64 = line
        .and_then(|value| value.trim().strip_suffix(" kB"))
        .ok_or_else(|| fail(format!("the system does not tell {name}")))?
        .parse()?;
    Ok(kib / 1024.0)
}

//! How much memory the allocator keeps for itself.
//!
//! Left to itself, glibc spreads the threads over eight arenas a processor, and keeps at the end of each twice as much as the
//! largest block that was ever given back: after a large list tens of MiB, for good. It reads its settings when a program
//! starts. So a server starts its program once more, in the same process. (The function for them is not safe to call.)

use std::env;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread;

/// ld.so(8)
const TUNABLES: &str = "GLIBC_TUNABLES";
/// Of a program with capabilities of its own, the system takes the other variable away.
const IS_SETTLED: &str = "ALLOCATOR_OF_BOWLINE";

/// Blocks from this size on are returned to the system as soon as they are freed.
const LARGE_BYTES: usize = 128 * 1024;
/// What each arena may keep at its end: with less, a thread asks for the same pages again and again.
const KEPT_BYTES: usize = 512 * 1024;
/// With fewer, threads wait for each other.
const ARENAS_A_PROCESSOR: usize = 2;

/// Returns where there is nothing to settle: with another C library, the second time, or with an operator's own settings.
/// To be called before anything is opened and before there are threads.
pub fn settle() {
    if cfg!(not(target_env = "gnu")) || [TUNABLES, IS_SETTLED].iter().any(|name| env::var_os(name).is_some()) {
        return;
    }
    let arenas = ARENAS_A_PROCESSOR * thread::available_parallelism().map_or(1, usize::from);
    let tunables = format!(
        "glibc.malloc.arena_max={arenas}:glibc.malloc.mmap_threshold={LARGE_BYTES}:glibc.malloc.trim_threshold={KEPT_BYTES}"
    );
    let mut arguments = env::args_os();
    let name = arguments.next().unwrap_or_default();
    let failed = env::current_exe().map(|program| {
        Command::new(program).arg0(name).args(arguments).env(TUNABLES, tunables).env(IS_SETTLED, "yes").exec()
    });
    let why = failed.unwrap_or_else(|e| e);
    log::warn!("could not set the allocator's limits: {why}");
}

/// For a program that the server starts: takes away what `settle` has set.
pub fn unsettle(command: &mut Command) -> &mut Command {
    match env::var_os(IS_SETTLED) {
        Some(_) => command.env_remove(TUNABLES).env_remove(IS_SETTLED),
        None => command,
    }
}

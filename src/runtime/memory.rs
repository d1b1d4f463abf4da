//! How the process gives memory back.

#[cfg(target_env = "gnu")]
use crate::telemetry::process::resident_bytes;

/// Left to itself, glibc takes the first large block that is freed as a sign to keep all later ones, and lets threads spread
/// over eight arenas a processor, in each of which a burst of them leaves its gaps: together tens of MiB for good.
#[cfg(target_env = "gnu")]
pub fn keep_little() {
    // Blocks from this size on are returned to the system as soon as they are freed.
    const LARGE_BYTES: libc::c_int = 128 * 1024;
    // What each arena may keep at its end. With the first number alone this one would stay at 128 KiB, and a thread that
    // goes up and down by more than that would ask the system for the same pages again and again.
    const KEPT_BYTES: libc::c_int = 512 * 1024;
    // A quarter of what there would be; with fewer still, threads wait for each other.
    const ARENAS_A_PROCESSOR: usize = 2;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    for (parameter, number) in [
        (libc::M_MMAP_THRESHOLD, LARGE_BYTES),
        (libc::M_TRIM_THRESHOLD, KEPT_BYTES),
        (libc::M_ARENA_MAX, libc::c_int::try_from(processors * ARENAS_A_PROCESSOR).unwrap_or(libc::c_int::MAX)),
    ] {
        // SAFETY: it sets a number of the allocator's, and may be called at any time.
        if unsafe { libc::mallopt(parameter, number) } != 1 {
            log::warn!("the allocator may keep memory that is not used");
        }
    }
    if let Err(e) = std::thread::Builder::new().name("memory".to_owned()).spawn(tidy) {
        log::warn!("memory-trim thread could not start: {e}");
    }
}

/// Gives back what lies unused between blocks that are used, whenever there is much of everything and more than there was
/// after the last time. Ends with the process.
#[cfg(target_env = "gnu")]
fn tidy() {
    const MUCH_BYTES: u64 = 40 * 1024 * 1024;
    const MORE_BYTES: u64 = 1024 * 1024;
    const BETWEEN: std::time::Duration = std::time::Duration::from_millis(250);
    let mut left = MUCH_BYTES;
    loop {
        std::thread::sleep(BETWEEN);
        let Some(mut resident) = resident_bytes() else { return };
        if resident > left + MORE_BYTES {
            // SAFETY: it may be called at any time, by any thread.
            unsafe { libc::malloc_trim(0) };
            resident = resident_bytes().unwrap_or(resident);
            left = resident;
        }
        left = left.min(resident).max(MUCH_BYTES);
    }
}

/// Only glibc is known to need this.
#[cfg(not(target_env = "gnu"))]
pub fn keep_little() {}

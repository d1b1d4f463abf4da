//! How the process gives memory back.

/// Blocks from this size on are returned to the system as soon as they are freed. Left to itself, glibc takes the first
/// large one that is freed as a sign to keep all later ones: after a burst of large answers, tens of MiB for good.
#[cfg(target_env = "gnu")]
pub fn return_large_blocks() {
    const LARGE_BYTES: libc::c_int = 128 * 1024;
    // What each arena may keep at its end. With the first number alone this one would stay at 128 KiB, and a thread that
    // goes up and down by more than that would ask the system for the same pages again and again.
    const KEPT_BYTES: libc::c_int = 512 * 1024;
    for (parameter, bytes) in [(libc::M_MMAP_THRESHOLD, LARGE_BYTES), (libc::M_TRIM_THRESHOLD, KEPT_BYTES)] {
        // SAFETY: it sets a number of the allocator's, and may be called at any time.
        if unsafe { libc::mallopt(parameter, bytes) } != 1 {
            log::warn!("the allocator may keep memory that is not used");
        }
    }
}

/// Other allocators are not known to.
#[cfg(not(target_env = "gnu"))]
pub fn return_large_blocks() {}

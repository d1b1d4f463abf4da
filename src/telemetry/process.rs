//! What the system knows of this process. Linux tells it below `/proc`; where there is nothing, nothing is told.

use std::fs;

use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Resource, getrlimit};

use super::exposition::{Exposition, Kind};

/// By the names that Prometheus's own clients give them.
pub fn expose(exposition: &mut Exposition) {
    let fields = stat();
    let field = |number: usize| fields.get(number - FIRST).copied();
    let ticks = clock_ticks_per_second() as f64;
    if let (Some(user), Some(system)) = (field(14), field(15)) {
        let (name, help) = ("process_cpu_seconds_total", "Processor time, user and system.");
        exposition.value(name, Kind::Counter, help, (user + system) as f64 / ticks);
    }
    if let (Some(after_boot), Some(boot)) = (field(22), boot_time()) {
        let (name, help) = ("process_start_time_seconds", "Start time of the process, in seconds since 1970.");
        exposition.value(name, Kind::Gauge, help, boot as f64 + after_boot as f64 / ticks);
    }
    if let Some(threads) = field(20) {
        exposition.value("process_threads", Kind::Gauge, "Threads of the process.", threads);
    }
    if let Some(bytes) = field(23) {
        exposition.value("process_virtual_memory_bytes", Kind::Gauge, "Address space of the process.", bytes);
    }
    if let Some(pages) = field(24) {
        let (name, help) = ("process_resident_memory_bytes", "Resident memory of the process.");
        exposition.value(name, Kind::Gauge, help, pages * page_size() as u64);
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        exposition.value("process_open_fds", Kind::Gauge, "Open descriptors.", open.count());
    }
    if let Some(most) = getrlimit(Resource::Nofile).current {
        exposition.value("process_max_fds", Kind::Gauge, "Most open descriptors.", most);
    }
}

/// The fields of proc_pid_stat(5), which counts them from 1, beginning with this one.
const FIRST: usize = 3;

fn stat() -> Vec<u64> {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program comes second, in brackets, and may hold anything.
    let (_, fields) = stat.rsplit_once(')').unwrap_or_default();
    fields.split_whitespace().map(|field| field.parse().unwrap_or_default()).collect()
}

fn boot_time() -> Option<u64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

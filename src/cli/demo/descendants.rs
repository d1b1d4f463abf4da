//! Ends what a command has left running. Processes whose parents have ended become children of the nearest process that has
//! asked for that, which is the one that calls this.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions};

/// How long they may take to end by themselves.
const GRACE: Duration = Duration::from_secs(2);
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// Tells every child of this process to end, then kills those that do not. Comes back when there is none.
pub fn end() {
    let begin = Instant::now();
    let mut told = Vec::new();
    loop {
        let children = children();
        if children.is_empty() {
            return;
        }
        let is_late = begin.elapsed() > GRACE;
        for child in children {
            // What has ended since then is taken away below.
            if is_late {
                let _ = rustix::process::kill_process(child, Signal::KILL);
            } else if !told.contains(&child) {
                told.push(child);
                let _ = rustix::process::kill_process(child, Signal::TERM);
            }
            let _ = rustix::process::waitpid(Some(child), WaitOptions::NOHANG);
        }
        thread::sleep(BETWEEN_LOOKS);
    }
}

fn children() -> Vec<Pid> {
    let own = rustix::process::getpid();
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    numbers.filter_map(Pid::from_raw).filter(|process| parent(*process) == Some(own)).collect()
}

/// The second field behind the name, which may have blanks and brackets in it.
fn parent(process: Pid) -> Option<Pid> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero())).ok()?;
    let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?;
    Pid::from_raw(parent.parse().ok()?)
}

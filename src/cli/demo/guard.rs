//! A process between a demo and its command, so that neither leaves the other behind, however it ends.
//!
//! The guard is told by the system when the demo has ended, and ends the command. Processes that the command has started
//! and left become the guard's, and are ended with it. It is this binary under another name, and has no other way in.

use std::ffi::OsString;
use std::io;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rustix::fs::Mode;
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

use super::{FAILED_BESIDE_COMMAND, descendants};
use crate::cli::output::say;

/// What it is called as.
pub const NAME: &str = "bowline-guard";
/// How long the command may take to end once there is no sandbox any more.
const GRACE: Duration = Duration::from_secs(5);

/// Whether this process was started as a guard.
pub fn is_meant() -> bool {
    std::env::args_os().next().is_some_and(|name| name == NAME)
}

/// Arguments: the demo's process id, the umask for the command, the command's words.
pub fn run() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let mut number = |radix| arguments.next().and_then(|text| u32::from_str_radix(text.to_str()?, radix).ok());
    let (Some(demo), Some(umask)) = (number(10), number(8)) else {
        say(&format!("bowline: {NAME} is started only by `bowline demo -- COMMAND`."));
        return ExitCode::from(FAILED_BESIDE_COMMAND);
    };
    let words: Vec<OsString> = arguments.collect();
    match guard(demo, umask, &words) {
        Ok(status) => ExitCode::from(status),
        Err(e) => {
            let command = words.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
            say(&format!("bowline: The command {command} cannot be started: {e}."));
            ExitCode::from(FAILED_BESIDE_COMMAND)
        }
    }
}

fn guard(demo: u32, umask: u32, words: &[OsString]) -> io::Result<u8> {
    // Before the command is there, so that none of its signals is missed.
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGCHLD])?;
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    rustix::process::set_parent_process_death_signal(Some(Signal::TERM))?;
    if is_over(demo) {
        return Err(io::Error::other("the sandbox has ended"));
    }
    rustix::process::umask(Mode::from_bits_truncate(umask));
    let (program, arguments) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let command = Pid::from_child(&Command::new(program).args(arguments).spawn()?);
    let has_ended = Arc::new(AtomicBool::new(false));
    for signal in signals.forever() {
        if signal == SIGCHLD {
            if let Some(status) = reap(command) {
                has_ended.store(true, Ordering::SeqCst);
                descendants::end();
                return Ok(status);
            }
            continue;
        }
        if let Some(Some(signal)) = passed_on(signal) {
            // If it has just ended, the next signal says so.
            let _ = rustix::process::kill_process(command, signal);
        }
        if is_over(demo) {
            insist(command, Arc::clone(&has_ended));
        }
    }
    Err(io::Error::other("signals have an end"))
}

/// What is sent to a guard on a signal that is a command's; `None` in it for what is only waited out.
pub fn passed_on(signal: i32) -> Option<Option<Signal>> {
    match signal {
        SIGTERM => Some(Some(Signal::TERM)),
        SIGHUP => Some(Some(Signal::HUP)),
        SIGINT => Some(None),
        _ => None,
    }
}

fn is_over(demo: u32) -> bool {
    rustix::process::getppid().map(|parent| parent.as_raw_nonzero().get().cast_unsigned()) != Some(demo)
}

/// Takes away all that has ended; the status, if the command was among it.
fn reap(command: Pid) -> Option<u8> {
    let mut status = None;
    while let Ok(Some((process, ended))) = rustix::process::wait(WaitOptions::NOHANG) {
        if process == command {
            status = Some(exit_status(ended));
        }
    }
    status
}

/// As shells have it: 128 and the signal's number.
fn exit_status(ended: WaitStatus) -> u8 {
    let status = ended.exit_status().or_else(|| ended.terminating_signal().map(|signal| 128 + signal));
    status.and_then(|status| u8::try_from(status).ok()).unwrap_or(u8::MAX)
}

/// The command was told to end. If it does not, it is killed.
fn insist(command: Pid, has_ended: Arc<AtomicBool>) {
    let kill = move || {
        thread::sleep(GRACE);
        if !has_ended.load(Ordering::SeqCst) {
            let _ = rustix::process::kill_process(command, Signal::KILL);
        }
    };
    if thread::Builder::new().spawn(kill).is_err() {
        let _ = rustix::process::kill_process(command, Signal::KILL);
    }
}

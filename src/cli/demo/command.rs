//! The command that a demo runs, and the demo's part in its end.
//!
//! Between the two stands the guard (guard.rs), a process that outlives either for as long as it takes to end the other's
//! rest.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use rustix::fs::Mode;
use rustix::process::{Pid, WaitId, WaitIdOptions};

use super::variables::Variables;
use super::{descendants, guard};
use crate::domain::error::{Error, Result};
use crate::runtime::allocator;
use crate::runtime::server::Ender;

pub struct Command {
    words: Vec<OsString>,
    /// For the files that it makes: ours is stricter.
    umask: Mode,
    /// The guard, for as long as its number is its own.
    guard: Mutex<Option<Pid>>,
    status: OnceLock<u8>,
}

impl Command {
    pub fn new(words: Vec<OsString>, umask: Mode) -> Command {
        Command { words, umask, guard: Mutex::new(None), status: OnceLock::new() }
    }

    /// Starts it, without a shell, with the variables set. When it has ended, the server is told to.
    ///
    /// To be called on the main thread: the guard is told of the end of the thread that started it.
    pub fn start(self: &Arc<Command>, variables: &Variables, ender: Ender) -> Result<()> {
        let failed = |e: std::io::Error| Error::invalid(format!("The command cannot be started: {e}."));
        // What a killed guard leaves behind comes to us.
        rustix::process::set_child_subreaper(Some(rustix::process::getpid())).map_err(|e| failed(e.into()))?;
        let program = std::env::current_exe().map_err(failed)?;
        // A signal that comes meanwhile waits until it is known to whom it has to be passed on.
        let mut id = self.guard.lock().unwrap_or_else(PoisonError::into_inner);
        let mut guard = allocator::unsettle(&mut process::Command::new(program))
            .arg0(guard::NAME)
            .args([process::id().to_string(), format!("{:o}", self.umask.bits())])
            .args(&self.words)
            .envs(variables.pairs())
            .spawn()
            .map_err(failed)?;
        let process = Pid::from_child(&guard);
        *id = Some(process);
        drop(id);
        let command = Arc::clone(self);
        let wait = move || {
            // Without taking it away: its number must not become another's while a signal may still be sent to it.
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while rustix::process::waitid(WaitId::Pid(process), options).is_err_and(|e| e == rustix::io::Errno::INTR) {}
            *command.guard.lock().unwrap_or_else(PoisonError::into_inner) = None;
            // A guard that was killed knows of no status.
            if let Ok(Some(code)) = guard.wait().map(|status| status.code()) {
                command.status.get_or_init(|| u8::try_from(code).unwrap_or(u8::MAX));
            }
            descendants::end();
            ender.end();
        };
        thread::Builder::new().name("command".to_owned()).spawn(wait).map(|_| ()).map_err(failed)
    }

    /// SIGTERM and SIGHUP are passed on; SIGINT a terminal has sent to the command as well, so its end is waited for.
    pub fn takes_signal(&self, signal: i32) -> bool {
        let guard = self.guard.lock().unwrap_or_else(PoisonError::into_inner);
        let (Some(guard), Some(passed_on)) = (*guard, guard::passed_on(signal)) else { return false };
        if let Some(signal) = passed_on
            && let Err(e) = rustix::process::kill_process(guard, signal)
        {
            log::warn!("a signal could not be passed on to the command: {e}");
        }
        true
    }

    /// How it ended, once it has.
    pub fn status(&self) -> Option<u8> {
        self.status.get().copied()
    }
}

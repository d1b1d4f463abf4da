//! What ends a demo besides signals: the end of standard input, and of its time.

use std::io::{ErrorKind, Read};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use signal_hook::consts::SIGTERM;

use super::command::Command;
use crate::domain::error::{Error, Result};
use crate::runtime::server::Ender;

/// How long a command may take to end once its time is over.
const GRACE: Duration = Duration::from_secs(10);

pub fn watch(
    ender: &Ender,
    lifetime: Option<Duration>,
    until_stdin_closes: bool,
    command: Option<&Arc<Command>>,
) -> Result<()> {
    if let Some(lifetime) = lifetime {
        let (ender, command) = (ender.clone(), command.cloned());
        start("lifetime", move || {
            thread::sleep(lifetime);
            log::info!("the sandbox's lifetime is over");
            if command.is_some_and(|command| command.takes_signal(SIGTERM)) {
                thread::sleep(GRACE);
            }
            ender.end();
        })?;
    }
    if until_stdin_closes {
        let ender = ender.clone();
        start("stdin", move || {
            await_end_of_stdin();
            log::info!("standard input was closed");
            ender.end();
        })?;
    }
    Ok(())
}

/// What comes until then is for no one.
fn await_end_of_stdin() {
    let mut sink = [0; 4096];
    loop {
        match std::io::stdin().read(&mut sink) {
            Ok(0) => return,
            Err(e) if e.kind() != ErrorKind::Interrupted => return,
            _ => {}
        }
    }
}

fn start(name: &str, run: impl FnOnce() + Send + 'static) -> Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(run).map(|_| ()).map_err(Error::internal)
}

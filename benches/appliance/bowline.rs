//! Bowline itself: the release binary, started, asked and looked at from outside.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::http::Connection;
use crate::memory::mib;
use crate::outcome::{Outcome, fail};

const BINARY: &str = env!("CARGO_BIN_EXE_bowline");

/// A running server. Killed when dropped.
pub struct Bowline {
    pub address: SocketAddr,
    /// From exec to the announcement.
    pub announced_after: Duration,
    began: Instant,
    child: Child,
}

impl Bowline {
    pub fn serve(data_dir: &Path) -> Outcome<Bowline> {
        Bowline::serve_with(data_dir, &[])
    }

    pub fn serve_with(data_dir: &Path, flags: &[&str]) -> Outcome<Bowline> {
        let log = File::options().create(true).append(true).open(data_dir.with_extension("log"))?;
        let began = Instant::now();
        let mut child = command()
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data_dir)
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| fail("no output of bowline"))?;
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Bowline { address, announced_after: Duration::ZERO, began, child };
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        server.announced_after = began.elapsed();
        let announced = line.trim().strip_prefix("export TFE_ADDRESS=http://");
        let announced = announced.ok_or_else(|| {
            fail(format!(
                "bowline did not start: {}",
                fs::read_to_string(data_dir.with_extension("log")).unwrap_or_default()
            ))
        })?;
        server.address = announced.parse()?;
        Ok(server)
    }

    /// Asks once; gives the time from exec to the answer.
    pub fn first_answer(&self, request: &[u8]) -> Outcome<Duration> {
        let mut connection = Connection::open(self.address)?;
        match connection.ask(request)?.status {
            200 => Ok(self.began.elapsed()),
            status => Err(fail(format!("the first answer was {status}"))),
        }
    }

    /// Such as `VmRSS`.
    pub fn memory_mib(&self, name: &str) -> Outcome<f64> {
        mib(self.child.id(), name)
    }
}

impl Drop for Bowline {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command of the binary on a data directory; gives what it printed.
pub fn command_line(data_dir: &Path, arguments: &[&str]) -> Outcome<String> {
    let output = command().args(arguments).arg("--data-dir").arg(data_dir).output()?;
    if !output.status.success() {
        return Err(fail(format!("bowline {arguments:?}: {}", String::from_utf8_lossy(&output.stderr))));
    }
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}

pub fn binary_mib() -> Outcome<f64> {
    Ok(fs::metadata(BINARY)?.len() as f64 / 1024.0 / 1024.0)
}

/// The binary, untouched by the environment's own settings.
fn command() -> Command {
    let mut command = Command::new(BINARY);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("BOWLINE_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

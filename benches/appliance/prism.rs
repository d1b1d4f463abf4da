//! Prism, which a user without Bowline would take: a mock server of the same OpenAPI document. It remembers nothing and
//! checks no token; what it costs to be asked is what is compared.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::http::Connection;
use crate::memory::mib;
use crate::outcome::{Outcome, fail};

const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers");
/// What Bowline serves at `/openapi.json`.
const DOCUMENT: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));
/// Node has to compile it first.
const PATIENCE: Duration = Duration::from_secs(60);
const BETWEEN_TRIES: Duration = Duration::from_millis(5);

/// A running server. Killed when dropped.
pub struct Prism {
    pub address: SocketAddr,
    /// From exec to the first answer.
    pub answered_after: Duration,
    child: Child,
}

impl Prism {
    /// `None`, and a line that says so, where it cannot be installed. `request` is asked until it is answered.
    pub fn start(request: &[u8], directory: &Path) -> Outcome<Option<Prism>> {
        let Some(program) = installed() else {
            eprintln!("Prism is left out: npm could not install it");
            return Ok(None);
        };
        let path = directory.join("openapi.json");
        fs::write(&path, DOCUMENT)?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let began = Instant::now();
        let child = Command::new(program)
            .args(["mock", "--verboseLevel", "silent", "--host", "127.0.0.1", "--port", &address.port().to_string()])
            .arg(path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut prism = Prism { address, answered_after: Duration::ZERO, child };
        while began.elapsed() < PATIENCE {
            if let Ok(mut connection) = Connection::open(address)
                && connection.ask(request).is_ok_and(|answer| answer.status == 200)
            {
                prism.answered_after = began.elapsed();
                return Ok(Some(prism));
            }
            thread::sleep(BETWEEN_TRIES);
        }
        Err(fail("Prism does not answer"))
    }

    pub fn memory_mib(&self, name: &str) -> Outcome<f64> {
        mib(self.child.id(), name)
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, installed beside the build once.
fn installed() -> Option<PathBuf> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers");
    let program = directory.join("node_modules/.bin/prism");
    if program.exists() {
        return Some(program);
    }
    fs::create_dir_all(&directory).ok()?;
    for name in ["package.json", "package-lock.json"] {
        fs::copy(Path::new(PEERS).join(name), directory.join(name)).ok()?;
    }
    eprintln!("installing Prism …");
    let npm = Command::new("npm").args(["ci", "--no-fund", "--no-audit", "--silent"]).current_dir(&directory).status();
    npm.is_ok_and(|status| status.success() && program.exists()).then_some(program)
}

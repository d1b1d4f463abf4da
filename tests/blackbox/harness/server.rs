//! The binary: started, spoken to, stopped, killed.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::process::{Pid, Signal};
use tempfile::TempDir;

use super::caller::Caller;
use super::waiting::PATIENCE;

const BINARY: &str = env!("CARGO_BIN_EXE_bowline");

/// A demo that plays no VCS providers.
pub const WITHOUT_PROVIDERS: [&str; 2] = ["--provider-address", "off"];

pub fn temporary() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

/// A copy of the binary that everybody may run, in a directory that everybody may enter. `None` where this process cannot
/// be somebody else.
pub fn binary_for_somebody_else(place: &Path) -> Option<PathBuf> {
    if !rustix::process::geteuid().is_root() {
        eprintln!("LEFT OUT: being somebody else needs root");
        return None;
    }
    Some(copy_of_the_binary(place))
}

/// By a program of its own: a process that another test starts meanwhile would have this one's file open for writing, and what
/// is written to cannot be run.
pub fn copy_of_the_binary(place: &Path) -> PathBuf {
    let binary = place.join("bowline");
    let copied = Command::new("cp").arg(BINARY).arg(&binary).status().expect("cp runs");
    assert!(copied.success());
    for path in [place, &binary] {
        fs::set_permissions(path, Permissions::from_mode(0o755)).expect("a mode");
    }
    binary
}

/// Runs a command to its end.
pub fn bowline<S: AsRef<OsStr>>(arguments: &[S]) -> Output {
    command().args(arguments).output().expect("the binary runs")
}

/// Runs a command on a data directory.
pub fn bowline_in(data_dir: &Path, arguments: &[&str]) -> Output {
    command().args(arguments).arg("--data-dir").arg(data_dir).output().expect("the binary runs")
}

/// The binary, untouched by the environment's own settings.
pub fn command() -> Command {
    let mut command = Command::new(BINARY);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("BOWLINE_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// A running server. Killed when dropped.
pub struct Server {
    child: Child,
    /// What it printed on stdout once it accepted connections.
    pub announced: Vec<String>,
    /// `http://127.0.0.1:PORT`
    pub address: String,
    pub data_dir: PathBuf,
    log: PathBuf,
    temporary: TempDir,
}

impl Server {
    /// `bowline demo` on a data directory of its own.
    pub fn demo() -> Server {
        Server::demo_with(&[])
    }

    pub fn demo_with(flags: &[&str]) -> Server {
        let temporary = temporary();
        let data_dir = temporary.path().join("data");
        Server::start("demo", &data_dir, flags, temporary)
    }

    /// `bowline demo` as somebody else starts it.
    pub fn demo_with_variables(variables: &[(&str, &str)]) -> Server {
        let temporary = temporary();
        let data_dir = temporary.path().join("data");
        let mut command = command();
        command.envs(variables.iter().copied());
        Server::run(command, "demo", &data_dir, &[], temporary)
    }

    /// `bowline demo` on a directory that outlives it.
    pub fn demo_on(data_dir: &Path, flags: &[&str]) -> Server {
        Server::start("demo", data_dir, flags, temporary())
    }

    /// `bowline serve` on a directory that outlives it.
    pub fn serve_on(data_dir: &Path, flags: &[&str]) -> Server {
        Server::start("serve", data_dir, flags, temporary())
    }

    /// `bowline demo` that has its temporary files in a directory of the test's.
    pub fn demo_with_temporary_files_in(place: &Path, data_dir: &Path) -> Server {
        let mut command = command();
        command.env("TMPDIR", place);
        Server::run(command, "demo", data_dir, &[], temporary())
    }

    /// `bowline demo` with no more descriptors than `files`.
    pub fn demo_with_few_files(files: u32) -> Server {
        Server::demo_with_few_files_and(files, &[])
    }

    pub fn demo_with_few_files_and(files: u32, flags: &[&str]) -> Server {
        let temporary = temporary();
        let data_dir = temporary.path().join("data");
        let mut limited = Command::new("sh");
        limited.arg("-c").arg(format!("ulimit -n {files} && exec \"$0\" \"$@\"")).arg(BINARY);
        // Their own listener would take some of them.
        let flags = [&WITHOUT_PROVIDERS, flags].concat();
        Server::run(limited, "demo", &data_dir, &flags, temporary)
    }

    /// `bowline demo` that cannot write beyond `blocks` (512 bytes each) of a file, and is told so by the system's error
    /// instead of a signal.
    pub fn demo_with_small_files(data_dir: &Path, blocks: u32) -> Server {
        let mut limited = Command::new("sh");
        limited.arg("-c").arg(format!("trap '' XFSZ; ulimit -f {blocks} && exec \"$0\" \"$@\"")).arg(BINARY);
        Server::run(limited, "demo", data_dir, &[], temporary())
    }

    /// `bowline serve` with these variables in its environment.
    pub fn serve_in(data_dir: &Path, environment: &[(&str, OsString)]) -> Server {
        let mut command = command();
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        Server::run(command, "serve", data_dir, &[], temporary())
    }

    /// `bowline demo`, run by another program that takes the place of its own.
    pub fn demo_by(mut program: Command, data_dir: &Path) -> Server {
        program.arg(BINARY);
        Server::run(program, "demo", data_dir, &[], temporary())
    }

    /// The same for `bowline serve`.
    pub fn serve_by(mut program: Command, data_dir: &Path) -> Server {
        program.arg(BINARY);
        Server::run(program, "serve", data_dir, &[], temporary())
    }

    fn start(subcommand: &str, data_dir: &Path, flags: &[&str], temporary: TempDir) -> Server {
        Server::run(command(), subcommand, data_dir, flags, temporary)
    }

    fn run(mut command: Command, subcommand: &str, data_dir: &Path, flags: &[&str], temporary: TempDir) -> Server {
        let log = temporary.path().join("log");
        command.arg(subcommand);
        if !flags.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        let mut child = command
            .arg("--data-dir")
            .arg(data_dir)
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).expect("a log file"))
            .spawn()
            .expect("the binary starts");
        let mut announced = Vec::new();
        let has_providers = !flags.windows(2).any(|two| two == WITHOUT_PROVIDERS);
        // A demo also says how to sign in, unless it has no pages.
        let has_pages = !flags.contains(&"--pages");
        let of_demo = if subcommand == "demo" { 3 + usize::from(has_providers) + usize::from(has_pages) } else { 0 };
        let expected = 1 + of_demo + usize::from(flags.contains(&"--tls-self-signed"));
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        for line in stdout.lines().take(expected) {
            announced.push(line.expect("text"));
        }
        let address =
            announced.first().and_then(|line| line.strip_prefix("export TFE_ADDRESS=")).unwrap_or_else(|| {
                panic!("no address announced; the log says:\n{}", fs::read_to_string(&log).unwrap_or_default())
            });
        let address = address.to_owned();
        Server { child, announced, address, data_dir: data_dir.to_owned(), log, temporary }
    }

    /// Calls with the demo's own token.
    pub fn owner(&self) -> Caller {
        let token = self.announced.iter().find_map(|line| line.strip_prefix("export TFE_TOKEN="));
        self.with_token(token.expect("a demo announces its token"))
    }

    /// Calls over TLS with the demo's own token, trusting this certificate alone.
    pub fn owner_trusting(&self, certificate: &Path) -> Caller {
        Caller::trusting(&self.address, self.owner().token.as_deref(), &fs::read(certificate).expect("a certificate"))
    }

    pub fn with_token(&self, token: &str) -> Caller {
        Caller::new(&self.address, Some(token))
    }

    pub fn anonymous(&self) -> Caller {
        Caller::new(&self.address, None)
    }

    /// The token of a new user without any organization, made by the command line beside the running server.
    pub fn outsider(&self, name: &str) -> Caller {
        self.cli(&["user", "create", name, "--email", &format!("{name}@example.com")]);
        self.with_token(&self.cli(&["token", "create", "--user", name]))
    }

    /// A token for the organization `my-organization` itself.
    pub fn organization_token(&self) -> Caller {
        self.with_token(&self.cli(&["token", "create", "--organization", "my-organization"]))
    }

    /// A token for the owners team of `my-organization`.
    pub fn owners_team(&self) -> Caller {
        self.with_token(&self.cli(&["token", "create", "--team", "my-organization/owners"]))
    }

    /// Runs a command beside the server and gives what it printed. Panics unless it succeeds.
    pub fn cli(&self, arguments: &[&str]) -> String {
        let output = bowline_in(&self.data_dir, arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim_end().to_owned()
    }

    /// Records a GitHub App installation that there was not yet; gives its id.
    pub fn records_installation(&self, organization: &str) -> String {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed).to_string();
        self.cli(&["github-app-installation", "create", organization, "acme", "--installation-id", &number])
    }

    /// Where it really listens, if it announces another address.
    pub fn listening(&self) -> String {
        let log = self.log();
        let said = log.split("listening on ").skip(1).filter_map(|rest| rest.split(' ').next());
        // At the level trace, libraries say such things too.
        let mut addresses = said.filter_map(|text| text.parse::<SocketAddr>().ok());
        format!("http://{}", addresses.next().expect("the log says it"))
    }

    pub fn socket_address(&self) -> SocketAddr {
        self.address.trim_start_matches("http://").trim_start_matches("https://").parse().expect("an address")
    }

    pub fn is_encrypted(&self) -> bool {
        self.address.starts_with("https://")
    }

    /// A connection for tests that write their own bytes.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.socket_address()).expect("connects");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_nodelay(true).expect("no delay");
        stream
    }

    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// What it has said on stderr so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).expect("the log")
    }

    /// All that it said, once it has ended in good order.
    pub fn last_words(mut self) -> String {
        self.signal(Signal::TERM);
        assert!(self.wait().success(), "{}", self.log());
        self.log()
    }

    /// Where the demo's providers are: `http://127.0.0.1:PORT`.
    pub fn providers(&self) -> Option<&str> {
        self.announced.iter().find_map(|line| line.strip_prefix("export BOWLINE_DEMO_PROVIDERS="))
    }

    /// Where it answers operators: `http://127.0.0.1:PORT`.
    pub fn operators(&self) -> String {
        let log = self.log();
        let address = log.split_once("metrics at ").and_then(|(_, rest)| rest.split_once("/metrics"));
        address.expect("the log says it").0.to_owned()
    }

    pub fn database(&self) -> PathBuf {
        self.data_dir.join("bowline.db")
    }

    /// What is on the disk, by name: every file of the data directory, and a backup made now.
    pub fn at_rest(&self) -> Vec<(String, Vec<u8>)> {
        let backup = self.temporary.path().join("backup.db");
        self.cli(&["backup", backup.to_str().expect("a path")]);
        let entries = fs::read_dir(&self.data_dir).expect("a directory");
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
        paths.push(backup.clone());
        // A socket cannot be read.
        let read = |path: &PathBuf| Some((path.file_name()?.to_string_lossy().into_owned(), fs::read(path).ok()?));
        let files: Vec<(String, Vec<u8>)> = paths.iter().filter_map(read).collect();
        for needed in ["bowline.db", "bowline.db-wal", "backup.db"] {
            assert!(files.iter().any(|(name, _)| name == needed), "no {needed}");
        }
        fs::remove_file(&backup).expect("removed");
        files
    }

    /// The database itself, for what no client can do or see.
    pub fn sqlite(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.database()).expect("the database")
    }

    pub fn signal(&self, signal: Signal) {
        send_signal(self.child.id(), signal);
    }

    /// SIGTERM, and how it ended.
    pub fn stop(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.child.wait().expect("it ends")
    }

    /// Waits for it to end by itself.
    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("it ends")
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_none()
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("it ends");
    }
}

pub fn send_signal(process: u32, signal: Signal) {
    let id = Pid::from_raw(process.try_into().expect("a process id")).expect("a process id");
    rustix::process::kill_process(id, signal).expect("a process of ours");
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

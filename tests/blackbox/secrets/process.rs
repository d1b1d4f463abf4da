//! The process that has the key in its memory: no core file, and no way in for others.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::harness::{Server, Signal, copy_of_the_binary, send_signal, temporary};

const BINARY: &str = env!("CARGO_BIN_EXE_bowline");
/// `nobody`, wherever there is one.
const ORDINARY: u32 = 65_534;

fn core_limit(process: u32) -> Vec<String> {
    let limits = fs::read_to_string(format!("/proc/{process}/limits")).expect("limits");
    let line = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a line");
    line.split_whitespace().skip(4).take(2).map(str::to_owned).collect()
}

#[test]
fn a_server_that_is_aborted_leaves_no_core_file() {
    let place = temporary();
    let (log, data) = (place.path().join("log"), place.path().join("data"));
    let mut server = Command::new("sh");
    // As large as we may ask for.
    server.arg("-c").arg("ulimit -S -c \"$(ulimit -H -c)\"; exec \"$0\" \"$@\"").arg(BINARY);
    server.args(["demo", "--listen", "127.0.0.1:0", "--data-dir"]).arg(&data).current_dir(place.path());
    let mut server =
        server.stdout(Stdio::piped()).stderr(fs::File::create(&log).expect("a log")).spawn().expect("starts");
    wait_for_announcement(&mut server);
    assert_eq!(core_limit(server.id()), ["0", "0"]);
    send_signal(server.id(), Signal::ABORT);
    let ended = server.wait().expect("it ends");
    assert_eq!((ended.signal(), ended.core_dumped()), (Some(Signal::ABORT.as_raw()), false));
    let mut names: Vec<_> =
        fs::read_dir(place.path()).expect("a directory").map(|e| e.expect("an entry").file_name()).collect();
    names.sort();
    assert_eq!(names, ["data", "log"]);
}

fn wait_for_announcement(server: &mut Child) {
    let mut line = String::new();
    let stdout = server.stdout.take().expect("piped");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).expect("a line");
    assert!(line.starts_with("export TFE_ADDRESS="), "{line}");
}

/// The memory of a process that may not be dumped belongs to root, whoever runs it.
#[test]
fn nobody_of_the_same_name_can_read_the_servers_memory() {
    let is_root = rustix::process::geteuid().is_root();
    let place = temporary();
    let binary = copy_of_the_binary(place.path());
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o777)).expect("open to all");
    let ours = fs::metadata(place.path()).expect("metadata").uid();
    let user = if is_root { ORDINARY } else { ours };
    let as_user = |command: &mut Command| {
        if is_root {
            command.uid(user).gid(user);
        }
    };
    let mut server = Command::new(&binary);
    server.args(["demo", "--listen", "127.0.0.1:0", "--data-dir"]).arg(place.path().join("data"));
    as_user(server.stdout(Stdio::piped()).stderr(Stdio::null()));
    let mut server = server.spawn().expect("starts");
    wait_for_announcement(&mut server);
    let memory = format!("/proc/{}/mem", server.id());
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).expect("a status");
    let uid = status.lines().find(|line| line.starts_with("Uid:")).expect("a line");
    assert!(uid.split_whitespace().skip(1).all(|id| id == user.to_string()), "{uid}");
    assert_eq!(fs::metadata(&memory).expect("metadata").uid(), 0);

    let mut reader = Command::new("head");
    as_user(reader.args(["-c", "1", &memory]).stdout(Stdio::null()).stderr(Stdio::null()));
    let of_server = reader.status().expect("runs");
    // The same of a process that does not hide is allowed: see that the test would notice.
    let mut other = Command::new("sleep");
    as_user(other.arg("1000"));
    let mut other = other.spawn().expect("starts");
    assert_eq!(
        fs::metadata(Path::new("/proc").join(other.id().to_string()).join("mem")).expect("metadata").uid(),
        user
    );
    for child in [&mut server, &mut other] {
        child.kill().expect("killed");
        child.wait().expect("it ends");
    }
    assert!(!of_server.success());
}

#[test]
fn every_command_that_reads_the_key_forgoes_its_core_file() {
    // A command that waits for the database's lock can be looked at.
    let server = Server::demo();
    let held = server.sqlite();
    held.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    for arguments in [&["user", "create", "ada", "--email", "a@b.c"][..], &["key", "rotate"]] {
        let mut command = Command::new(BINARY);
        command.args(arguments).arg("--data-dir").arg(&server.data_dir).stdout(Stdio::null()).stderr(Stdio::null());
        let mut command = command.spawn().expect("starts");
        while core_limit(command.id()) != ["0", "0"] {
            assert!(command.try_wait().expect("a child").is_none(), "{arguments:?} ended");
            std::thread::yield_now();
        }
        command.kill().expect("killed");
        command.wait().expect("it ends");
    }
}

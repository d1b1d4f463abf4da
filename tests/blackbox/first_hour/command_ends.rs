//! A demo, its guard, its command and what that has started: whichever ends first, nothing is left.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};

use super::is_gone;
use crate::harness::{Signal, command, eventually, send_signal, temporary};

/// A running demo with a shell as its command.
struct Family {
    demo: Child,
    lines: BufReader<ChildStdout>,
    place: tempfile::TempDir,
}

impl Family {
    fn start(flags: &[&str], script: &str) -> Family {
        let place = temporary();
        let mut command = command();
        command.args(["demo", "--listen", "127.0.0.1:0"]).args(flags).args(["--", "sh", "-c", script]);
        command.env("TMPDIR", place.path()).current_dir(place.path());
        let mut demo = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("starts");
        let lines = BufReader::new(demo.stdout.take().expect("piped"));
        Family { demo, lines, place }
    }

    /// The process ids on the next line.
    fn processes(&mut self) -> Vec<u32> {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        line.split_whitespace().map(|number| number.parse().expect("a process id")).collect()
    }

    fn signal(&self, signal: Signal) {
        send_signal(self.demo.id(), signal);
    }

    fn file(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    #[track_caller]
    fn ends_with(&mut self, status: i32) {
        assert_eq!(self.demo.wait().expect("it ends").code(), Some(status));
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.demo.kill();
        let _ = self.demo.wait();
    }
}

#[track_caller]
fn are_gone(processes: &[u32]) {
    assert!(processes.len() > 1, "{processes:?}");
    eventually("no process is left", || processes.iter().all(|process| is_gone(*process)));
}

/// Guard, command, a child of its, and one that has left its session.
const TREE: &str = "sleep 1000 & setsid sleep 1000 & echo $PPID $$ $!; ";

#[test]
fn the_command_first() {
    let mut family = Family::start(&[], &format!("{TREE} exit 3"));
    let processes = family.processes();
    family.ends_with(3);
    are_gone(&processes);
    // And nothing is left of the sandbox.
    assert_eq!(fs::read_dir(family.place.path()).unwrap().count(), 0);
}

#[test]
fn the_command_killed() {
    let mut family = Family::start(&[], &format!("{TREE} wait"));
    let processes = family.processes();
    send_signal(processes[1], Signal::KILL);
    family.ends_with(137);
    are_gone(&processes);
}

#[test]
fn the_demo_told_to_end_tells_the_command_and_waits_for_it() {
    let mut family = Family::start(&[], "trap 'exit 5' TERM; sleep 1000 & echo $PPID $$ $!; wait");
    let processes = family.processes();
    family.signal(Signal::TERM);
    family.ends_with(5);
    are_gone(&processes);
    let mut family = Family::start(&[], &format!("{TREE} wait"));
    let processes = family.processes();
    family.signal(Signal::TERM);
    family.ends_with(143);
    are_gone(&processes);
}

#[test]
fn the_demos_terminal_closed() {
    let mut family = Family::start(&[], "trap 'exit 6' HUP; sleep 1000 & echo $PPID $$ $!; wait");
    let processes = family.processes();
    family.signal(Signal::HUP);
    family.ends_with(6);
    are_gone(&processes);
}

#[test]
fn an_interrupt_is_the_commands_to_answer() {
    let binary = env!("CARGO_BIN_EXE_bowline");
    let script = format!(
        "echo $PPID $$; until [ -e go ]; do :; done; {binary} health --listen ${{TFE_ADDRESS#http://}} > health; exit 4"
    );
    let mut family = Family::start(&[], &script);
    let processes = family.processes();
    family.signal(Signal::INT);
    family.signal(Signal::INT);
    fs::write(family.file("go"), "").unwrap();
    family.ends_with(4);
    are_gone(&processes);
    assert!(fs::read_to_string(family.file("health")).unwrap().contains("UP"));
}

#[test]
fn the_demo_killed() {
    let mut family = Family::start(&[], &format!("{TREE} wait"));
    let processes = family.processes();
    family.demo.kill().expect("killed");
    are_gone(&processes);
}

#[test]
fn the_demo_killed_under_a_command_that_does_not_listen() {
    let mut family = Family::start(&[], "trap '' TERM HUP INT; sleep 1000 & echo $PPID $$ $!; wait; wait");
    let processes = family.processes();
    family.demo.kill().expect("killed");
    are_gone(&processes);
}

#[test]
fn the_guard_killed() {
    let mut family = Family::start(&[], &format!("{TREE} wait"));
    let processes = family.processes();
    send_signal(processes[0], Signal::KILL);
    family.ends_with(125);
    are_gone(&processes);
}

#[test]
fn its_time_over() {
    let mut family = Family::start(&["--lifetime", "2s"], &format!("{TREE} wait"));
    let processes = family.processes();
    family.ends_with(143);
    are_gone(&processes);
}

fn alone(flags: &[&str], place: &Path) -> (Child, BufReader<ChildStdout>) {
    let mut command = command();
    command.args(["demo", "--listen", "127.0.0.1:0"]).args(flags).env("TMPDIR", place);
    let mut demo = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("starts");
    let mut lines = BufReader::new(demo.stdout.take().expect("piped"));
    let mut line = String::new();
    lines.read_line(&mut line).expect("a line");
    assert!(line.starts_with("export TFE_ADDRESS="), "{line}");
    (demo, lines)
}

#[test]
fn without_a_command_the_end_of_standard_input_or_of_its_time_is_a_good_end() {
    let place = temporary();
    let (mut demo, _lines) = alone(&["--until-stdin-closes"], place.path());
    let mut stdin = demo.stdin.take().expect("piped");
    std::io::Write::write_all(&mut stdin, b"q\nexit\n\0").expect("taken, and without meaning");
    assert!(demo.try_wait().expect("a child").is_none());
    drop(stdin);
    assert_eq!(demo.wait().expect("ends").code(), Some(0));
    let (mut demo, _lines) = alone(&["--lifetime", "200ms"], place.path());
    assert_eq!(demo.wait().expect("ends").code(), Some(0));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    // Otherwise it stays, whatever becomes of standard input.
    let (mut demo, _lines) = alone(&[], place.path());
    drop(demo.stdin.take());
    assert!(demo.try_wait().expect("a child").is_none());
    send_signal(demo.id(), Signal::TERM);
    assert_eq!(demo.wait().expect("ends").code(), Some(0));
}

#[test]
fn a_killed_parent_takes_along_what_waits_on_standard_input() {
    let place = temporary();
    let binary = env!("CARGO_BIN_EXE_bowline");
    // As a test runner has it: the other end of the pipe is held by a process that is killed.
    let line = format!(
        "mkfifo pipe; {binary} demo --listen 127.0.0.1:0 --until-stdin-closes < pipe > announced 2> log & \
         exec 3> pipe; echo $!; exec sleep 1000 >&-"
    );
    let mut runner = std::process::Command::new("sh");
    let runner = runner.args(["-c", &line]).current_dir(place.path()).stdout(Stdio::piped());
    let mut runner = runner.spawn().expect("starts");
    let mut number = String::new();
    BufReader::new(runner.stdout.take().expect("piped")).read_line(&mut number).expect("a line");
    let demo: u32 = number.trim().parse().expect("a process id");
    let announced = || fs::read_to_string(place.path().join("announced")).unwrap_or_default();
    eventually("it starts", || announced().contains("curl"));
    runner.kill().expect("killed");
    runner.wait().expect("it ends");
    eventually("the demo is gone", || is_gone(demo));
}

//! `bowline demo -- COMMAND`: what the command gets, and what becomes of its exit status.

use std::io::Write;
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

use crate::harness::{bowline, temporary};

const DEMO: [&str; 4] = ["demo", "--listen", "127.0.0.1:0", "--"];

fn demo(words: &[&str]) -> Output {
    bowline(&[&DEMO[..], words].concat())
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_command_has_the_variables_and_stdout_to_itself() {
    let output = demo(&["sh", "-c", "echo $TFE_ADDRESS $TFE_TOKEN $TFE_ORGANIZATION"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let shape = r"^http://127\.0\.0\.1:[1-9][0-9]* [0-9A-Za-z]{14}\.atlasv1\.[0-9A-Za-z]{67} my-organization\n$";
    assert!(regex_lite::Regex::new(shape).unwrap().is_match(&printed(&output)), "{}", printed(&output));
    assert!(said(&output).contains("listening on 127.0.0.1:"));
    // Without a shell between: words stay words.
    let output = demo(&["printf", "[%s]", "a b", "$TFE_TOKEN", "*", "--listen", ""]);
    assert_eq!(printed(&output), "[a b][$TFE_TOKEN][*][--listen][]");
}

#[test]
fn the_command_has_no_settings_of_the_servers_allocator() {
    let output = demo(&["sh", "-c", "env | grep -i -e tunables -e allocator"]);
    assert_eq!((output.status.code(), printed(&output)), (Some(1), String::new()), "{}", said(&output));
    let mut command = Command::new(env!("CARGO_BIN_EXE_bowline"));
    command.args(DEMO).args(["sh", "-c", "echo $GLIBC_TUNABLES"]).env("GLIBC_TUNABLES", "glibc.malloc.arena_max=1");
    assert_eq!(printed(&command.output().expect("a demo")), "glibc.malloc.arena_max=1\n");
}

#[test]
fn a_command_that_came_out_empty_is_no_demo_without_end() {
    let output = demo(&[]);
    assert_eq!(output.status.code(), Some(125));
    assert_eq!(said(&output), "bowline: There is no command behind `--`.\n");
}

#[test]
fn the_server_answers_while_the_command_runs() {
    let binary = env!("CARGO_BIN_EXE_bowline");
    let output = demo(&["sh", "-c", &format!("{binary} health --listen ${{TFE_ADDRESS#http://}}")]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(printed(&output).contains("UP"), "{}", printed(&output));
}

#[test]
fn the_command_trusts_the_sandboxs_certificate() {
    let directory = temporary();
    let data = directory.path().join("data");
    let flags = ["demo", "--listen", "127.0.0.1:0", "--tls-self-signed", "--data-dir", data.to_str().unwrap(), "--"];
    let output = bowline(&[&flags[..], &["sh", "-c", "cat $SSL_CERT_FILE"]].concat());
    assert!(printed(&output).starts_with("-----BEGIN CERTIFICATE-----"), "{}", said(&output));
}

#[test]
fn the_command_reads_standard_input_and_makes_files_as_its_user_does() {
    let place = temporary();
    let made = place.path().join("made");
    let mut shell = Command::new("sh");
    let line = format!("umask 027; exec \"$0\" demo --listen 127.0.0.1:0 -- sh -c 'cat > {}; umask'", made.display());
    let mut child = shell
        .args(["-c", &line, env!("CARGO_BIN_EXE_bowline")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    child.stdin.take().expect("piped").write_all(b"from outside").unwrap();
    let output = child.wait_with_output().expect("ends");
    assert_eq!(printed(&output).trim_start_matches('0'), "27\n");
    assert_eq!(std::fs::read_to_string(made).unwrap(), "from outside");
}

#[test]
fn the_exit_status_is_the_commands() {
    for (script, status) in
        [("exit 0", 0), ("exit 7", 7), ("exit 255", 255), ("kill -KILL $$", 137), ("kill -TERM $$", 143)]
    {
        let output = demo(&["sh", "-c", script]);
        assert_eq!(output.status.code(), Some(status), "{script}: {}", said(&output));
    }
}

#[test]
fn what_fails_in_bowline_is_125_and_the_command_is_not_run() {
    let place = temporary();
    let trace = place.path().join("trace");
    let touch = ["touch", trace.to_str().unwrap()];
    let occupant = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = occupant.local_addr().unwrap().to_string();
    let file = place.path().join("file");
    std::fs::write(&file, "x").unwrap();
    for flags in [["--listen", &address], ["--data-dir", file.to_str().unwrap()], ["--public-url", "nonsense"]] {
        let output = bowline(
            &[&["demo", "--listen=127.0.0.1:0"][..], &flags, &["--"], &touch].concat()[..]
                .iter()
                .filter(|word| !(flags[0] == "--listen" && **word == "--listen=127.0.0.1:0"))
                .copied()
                .collect::<Vec<_>>(),
        );
        assert_eq!(output.status.code(), Some(125), "{flags:?}: {}", said(&output));
        assert!(said(&output).contains("bowline: "), "{}", said(&output));
    }
    assert!(!trace.exists());
    for words in [&["no-such-command-at-all"][..], &[""], &["/"], &[file.to_str().unwrap()]] {
        let output = demo(words);
        assert_eq!(output.status.code(), Some(125), "{words:?}: {}", said(&output));
        let sentence = format!("bowline: The command {} cannot be started: ", words[0]);
        assert!(said(&output).contains(&sentence), "{}", said(&output));
    }
}

#[test]
fn a_command_and_the_end_of_standard_input_are_not_both_waited_for() {
    let output = bowline(&["demo", "--until-stdin-closes", "--", "cat"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("cannot be used with"), "{}", said(&output));
}

#[test]
fn the_guard_has_no_way_in_of_its_own() {
    use std::os::unix::process::CommandExt;
    let mut guard = Command::new(env!("CARGO_BIN_EXE_bowline"));
    let output = guard.arg0("bowline-guard").args(["x"]).output().expect("runs");
    assert_eq!(output.status.code(), Some(125));
    assert!(said(&output).contains("is started only by `bowline demo -- COMMAND`"), "{}", said(&output));
    // As if its sandbox had ended before it came to look.
    let mut guard = Command::new(env!("CARGO_BIN_EXE_bowline"));
    let output = guard.arg0("bowline-guard").args(["1", "22", "echo", "run"]).output().expect("runs");
    assert!(output.status.code() == Some(125) && output.stdout.is_empty(), "{}", said(&output));
}

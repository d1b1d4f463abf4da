//! Every argument of every command with values that make no sense: one sentence, an exit code, nothing touched, nobody
//! waiting.
//!
//! The commands and their arguments come from the definition of the command line itself. A new command needs a line in
//! `COMMANDS`, a new argument one in `ARGUMENTS`; the tests fail until they have it.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use clap::{Arg, ArgAction};
use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::harness::{Server, command, ends, temporary};

/// Files that hold neither a certificate nor a key.
const NO_PEM: &[&str] = &[
    "",
    HERE,
    "HERE/file",
    "HERE/empty",
    "HERE/pipe",
    "HERE/dangling",
    "HERE/loop",
    "HERE/large",
    "HERE/latin",
    "HERE/none",
    "/dev/null",
    "/dev/zero",
    "HERE256",
];

/// Places where a demo leaves no file for other processes.
const NO_ENV_FILE: &[&str] = &[
    "",
    HERE,
    "HERE/file",
    "HERE/pipe",
    "HERE/dangling",
    "HERE/loop",
    "HERE/large",
    "HERE/latin",
    "HERE/none/below",
    "HERE/file/below",
    "/dev/null",
];

/// Each command with arguments that are good for it, but for `--data-dir`. What it lacks to succeed is somebody to
/// stop it, or a thing of that name.
const COMMANDS: &[(&str, &[&str])] = &[
    ("demo", &["--listen", "127.0.0.1:0"]),
    ("serve", &["--listen", "127.0.0.1:0"]),
    ("user create", &["ada", "--email", "ada@example.com"]),
    ("init", &[]),
    ("user sign-in-link", &["bea"]),
    ("user list", &[]),
    ("user show", &["eve"]),
    ("user delete", &["eve", "--yes"]),
    ("org create", &["acme", "--email", "ops@example.com", "--owner", "demo"]),
    ("org list", &[]),
    ("org show", &["my-organization"]),
    ("org delete", &["my-organization", "--yes"]),
    ("token create", &["--user", "demo"]),
    ("token list", &[]),
    ("token revoke", &["at-6yEmxNAhaoQLH1Da"]),
    ("client list", &["--organization", "my-organization"]),
    ("client check", &["oc-6yEmxNAhaoQLH1Da"]),
    ("client move-workspaces", &["oc-6yEmxNAhaoQLH1Da", "oc-6yEmxNAhaoQLH1Db"]),
    ("github-app-installation create", &["my-organization", "acme", "--installation-id", "1"]),
    ("github-app-installation list", &["--organization", "my-organization"]),
    ("github-app-installation delete", &["ghain-6yEmxNAhaoQLH1Da", "--yes"]),
    ("audit", &[]),
    ("backup", &["backup-of-a-test.db"]),
    ("restore", &["backup-of-a-test.db"]),
    ("check", &[]),
    ("health", &["--listen", "127.0.0.1:1"]),
    ("key rotate", &[]),
];

/// What stands for a directory of the test's own in a value.
const HERE: &str = "HERE";

/// Each argument with values that it does not take.
const ARGUMENTS: &[(&str, &[&str])] = &[
    ("access-log", &["", "perhaps", "1"]),
    ("account", &["", "a/b", "HERE256"]),
    ("account-type", &["", "team", "USER"]),
    ("admin", &["--admin=perhaps"]),
    ("allow-provider-address", &["", "nowhere", "10.0.0.0/33", "127.0.0.1:x", "127.0.0.1:99999"]),
    ("audit-retention", &["", "0", "0s", "-1s", "soon", "99999999999999d"]),
    ("body-timeout", &["", "0", "0s", "-1s", "soon", "1 parsec", "99999999999999d"]),
    ("command", &["COMMAND"]),
    (
        "data-dir",
        &["", "HERE/file", "HERE/file/below", "HERE/pipe", "HERE/dangling", "HERE/loop", "/proc/bowline", "/dev/null"],
    ),
    ("description", &["two\nlines", "HERE256"]),
    ("email", &["", "nobody", "two\nlines@example.com", "HERE256@example.com"]),
    ("env-file", NO_ENV_FILE),
    ("env-format", &["", "yaml", "SHELL"]),
    ("expires-in", &["", "0", "0s", "-1d", "tomorrow", "99999999999999d"]),
    ("file", &[""]),
    ("follow", &["--follow=perhaps"]),
    ("from", &["", "oc-", "oc-nothing", "HERE256"]),
    ("head-timeout", &["", "0", "0s", "-1s", "soon", "99999999999999d"]),
    ("id", &["", "at-", "at-nothing", "user-6yEmxNAhaoQLH1Da", "HERE256"]),
    ("idle-timeout", &["", "0", "0s", "-1s", "soon", "99999999999999d"]),
    ("installation-id", &["", "0", "-1", "x", "99999999999999999999"]),
    ("json", &["--json=perhaps"]),
    ("keep-old", &["--keep-old=perhaps"]),
    (
        "key-file",
        &[
            "",
            HERE,
            "HERE/file",
            "HERE/empty",
            "HERE/pipe",
            "HERE/dangling",
            "HERE/loop",
            "HERE/nul",
            "HERE/half",
            "HERE/open",
            "HERE/other",
            "HERE/large",
            "HERE/latin",
            "HERE/none",
            "/dev/null",
            "/dev/zero",
            "/proc/self/mem",
            "HERE256",
        ],
    ),
    ("lifetime", &["", "0", "0s", "-1s", "soon", "99999999999999d"]),
    ("limit", &["", "0", "-1", "many", "1.5", "99999999999"]),
    ("listen", &["", "8080", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:99999", "192.0.2.1:0", "nowhere.invalid:80"]),
    ("log-format", &["", "xml", "JSON5"]),
    ("log-level", &["", "loud", "7"]),
    ("max-connections", &["", "0", "-1", "many", "1.5", "99999999999"]),
    (
        "metrics-listen",
        &["", "9464", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:99999", "192.0.2.1:0", "nowhere.invalid:80"],
    ),
    ("name", &["", "a b", "a/b", "HERE256"]),
    ("organization", &["", "nobody", "a/b"]),
    ("owner", &["", "nobody"]),
    (
        "provider-address",
        &["", "on", "9464", "127.0.0.1:x", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "nowhere.invalid:80"],
    ),
    ("pages", &["", "perhaps", "0.5"]),
    ("provider-ca", NO_PEM),
    ("providers", &["", "demo", "LIVE"]),
    ("public-url", &["", "bowline.example.com", "ftp://x", "https://a:b@x", "https://x?y", "https://x#y", "https://"]),
    ("rate-limit", &["", "-1", "0", "many", "1.5", "99999999999"]),
    ("read-timeout", &["", "0", "0s", "-1s", "soon", "99999999999999d"]),
    ("since", &["", "yesterday", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "1e9"]),
    ("strict-attributes", &["--strict-attributes=perhaps"]),
    ("team", &["", "my-organization", "my-organization/", "/owners", "nobody/owners", "my-organization/nobody"]),
    ("tls-cert", NO_PEM),
    ("tls-key", NO_PEM),
    ("tls-self-signed", &["--tls-self-signed=perhaps"]),
    ("to", &["", "oc-", "oc-nothing", "HERE256"]),
    ("token-file", NO_PEM),
    ("trusted-proxy", &["", "proxy.example.com", "10.0.0.0/33", "10.0.0.1/8/8", "::/129", "10.0.0.0/-1"]),
    ("until-stdin-closes", &["--until-stdin-closes=perhaps"]),
    ("user", &["", "nobody", "demo\n"]),
    ("write-timeout", &["", "0", "0s", "-1s", "soon", "99999999999999d"]),
    ("yes", &["--yes=perhaps"]),
];

/// What an argument is refused without, however good it is itself.
const COMPANIONS: &[(&str, &str, &str)] =
    &[("tls-cert", "tls-key", "HERE/tls-key.pem"), ("tls-key", "tls-cert", "HERE/tls-cert.pem")];

/// Arguments that are nothing to a command that leaves its data nowhere, or that name a file to be made.
const GOOD_FOR: &[(&str, &str, &str)] = &[
    ("backup", "key-file", "a backup opens nothing"),
    ("demo", "command", "any words may be a command; tests of the first hour have those that are none"),
];

/// The commands that do something, with all their words.
pub fn commands() -> Vec<(String, clap::Command)> {
    fn visit(command: &clap::Command, words: &str, found: &mut Vec<(String, clap::Command)>) {
        if !command.has_subcommands() {
            found.push((words.trim().to_owned(), command.clone()));
        }
        for below in command.get_subcommands() {
            visit(below, &format!("{words} {}", below.get_name()), found);
        }
    }
    let mut found = Vec::new();
    visit(&bowline::cli::definition(), "", &mut found);
    found
}

/// The arguments of a command, those that all commands have included.
fn arguments(command: &clap::Command) -> Vec<Arg> {
    let root = bowline::cli::definition();
    let global = root.get_arguments().filter(|argument| argument.is_global_set());
    let all = global.chain(command.get_arguments()).cloned();
    all.filter(|argument| !matches!(argument.get_id().as_str(), "help" | "version")).collect()
}

/// As it is written: a flag's long name, or what a place is for.
fn name(argument: &Arg) -> String {
    argument.get_long().map_or_else(|| argument.get_id().to_string(), str::to_owned)
}

#[track_caller]
pub fn good(words: &str) -> &'static [&'static str] {
    let row = COMMANDS.iter().find(|(command, _)| *command == words);
    row.unwrap_or_else(|| panic!("COMMANDS in nonsense.rs needs a line for `{words}`")).1
}

/// Everything below a directory: kind and mode, length, time of change, contents.
fn listing(directory: &Path) -> BTreeMap<PathBuf, (u32, u64, i64, i64, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let Ok(entries) = fs::read_dir(directory) else { return found };
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        // SQLite's own, made by whoever so much as looks.
        if ["bowline.db-wal", "bowline.db-shm"].iter().any(|name| path.ends_with(name)) && path.is_file() {
            continue;
        }
        let metadata = fs::symlink_metadata(&path).expect("metadata");
        // There are 4 MiB of room in the reserve, and nothing to be read.
        let is_read = metadata.is_file() && !path.ends_with("bowline.reserve");
        let bytes = if is_read { fs::read(&path).expect("a file") } else { Vec::new() };
        if metadata.is_dir() {
            found.extend(listing(&path));
        }
        let length = if metadata.is_file() { metadata.len() } else { 0 };
        let changed = if metadata.is_dir() { (0, 0) } else { (metadata.mtime(), metadata.mtime_nsec()) };
        found.insert(path, (metadata.mode(), length, changed.0, changed.1, bytes));
    }
    found
}

/// Runs a command to its end, which must come by itself.
#[track_caller]
pub fn run(words: &str, rest: &[String], directory: &Path) -> Output {
    let mut child = command();
    child.args(words.split(' ')).args(rest).current_dir(directory).env("TMPDIR", directory);
    let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    if !ends(&child) {
        child.kill().expect("killed");
        panic!("`{words}` {rest:?} is still there");
    }
    child.wait_with_output().expect("output")
}

/// What a command says that refuses to do anything, in one sentence, and leaves all below `directory` as it was; otherwise
/// what is wrong with it.
fn refusal(words: &str, rest: &[String], directory: &Path) -> Result<String, String> {
    let before = listing(directory);
    let output = run(words, rest, directory);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let after = listing(directory);
    let touched = before.keys().chain(after.keys()).find(|path| before.get(*path) != after.get(*path));
    let sentences: Vec<&str> = said.lines().filter(|line| line.starts_with("bowline: ")).collect();
    let is_sentence = |line: &str| (line.ends_with('.') || line.contains(": chmod 600 ")) && line.len() < 700;
    let wrong = if !matches!(output.status.code(), Some(1 | 2)) {
        "is not refused"
    } else if !output.stdout.is_empty() {
        "prints something all the same"
    } else if sentences.len() != 1 || !said.ends_with('\n') || said.contains("panic") {
        "says more or less than a sentence"
    } else if !said.lines().next_back().is_some_and(is_sentence) {
        "ends with no sentence"
    } else if touched.is_some() {
        "has touched something"
    } else {
        return Ok(said);
    };
    let rest: Vec<String> = rest.iter().map(|word| word.chars().take(80).collect()).collect();
    let touched = touched.map(|path| path.display().to_string()).unwrap_or_default();
    Err(format!("`{words}` {rest:?} {wrong} {touched}: {}", said.chars().take(400).collect::<String>()))
}

#[track_caller]
pub fn is_refused(words: &str, rest: &[String], directory: &Path) {
    refusal(words, rest, directory).unwrap_or_else(|wrong| panic!("{wrong}"));
}

/// Files of every kind to be named by a flag, and an installation whose server has stopped.
pub fn place() -> (tempfile::TempDir, PathBuf) {
    let outer = temporary();
    let here = outer.path().to_owned();
    let data = here.join("data");
    let server = Server::demo_on(&data, &[]);
    server.owner().creates_client("my-organization");
    server.cli(&["user", "create", "eve", "--email", "eve@example.com"]);
    assert!(server.stop().success());
    let key = fs::read(data.join("master.key")).expect("a key");
    let write = |name: &str, bytes: &[u8], mode: u32| {
        let path = here.join(name);
        fs::write(&path, bytes).expect("written");
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("a mode");
    };
    write("file", b"This is a text.", 0o600);
    write("empty", b"", 0o600);
    write("open", &key, 0o644);
    write("half", &key[..key.len() / 2], 0o600);
    write("nul", &[&key[..key.len() - 10], b"\0", &key[key.len() - 9..]].concat(), 0o600);
    write("large", &vec![b'#'; 1024 * 1024], 0o600);
    write("latin", b"seal 1 \xe9\xe9\xe9\n", 0o600);
    mknodat(CWD, here.join("pipe"), FileType::Fifo, Mode::from_bits_truncate(0o600), 0).expect("a pipe");
    symlink(here.join("nothing"), here.join("dangling")).expect("a link");
    symlink(here.join("loop"), here.join("loop")).expect("a link");
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    write("tls-cert.pem", made.cert.pem().as_bytes(), 0o600);
    write("tls-key.pem", made.signing_key.serialize_pem().as_bytes(), 0o600);
    let other = here.join("other-data");
    assert!(run("init", &[format!("--data-dir={}", other.display())], &here).status.success());
    fs::rename(other.join("master.key"), here.join("other")).expect("moved");
    (outer, data)
}

/// The good arguments, with one of them replaced by a bad value. `--data-dir` is among them.
fn with_nonsense(words: &str, argument: &Arg, value: &str, data: &Path) -> Vec<String> {
    let mut rest: Vec<String> = good(words).iter().map(|word| (*word).to_owned()).collect();
    let flag = argument.get_long().map(|long| format!("--{long}"));
    match (&flag, rest.iter().position(|word| Some(word) == flag.as_ref())) {
        (Some(_), Some(at)) if matches!(argument.get_action(), ArgAction::SetTrue) => rest[at] = value.to_owned(),
        (Some(_), Some(at)) => rest[at + 1] = value.to_owned(),
        (Some(flag), None) => {
            // One subject is enough: the other one would be refused for being two.
            if words == "token create" && ["--team", "--organization"].contains(&flag.as_str()) {
                rest.clear();
            }
            if matches!(argument.get_action(), ArgAction::SetTrue) {
                rest.push(value.to_owned());
            } else {
                rest.push(format!("{flag}={value}"));
            }
        }
        (None, _) => rest[0] = value.to_owned(),
    }
    if flag.as_deref() != Some("--data-dir") {
        rest.push(format!("--data-dir={}", data.display()));
    }
    rest
}

#[test]
fn every_argument_of_every_command_has_its_nonsense() {
    for (words, command) in commands() {
        good(&words);
        for argument in arguments(&command) {
            let name = name(&argument);
            let row = ARGUMENTS.iter().find(|(known, _)| *known == name);
            let values =
                row.unwrap_or_else(|| panic!("ARGUMENTS in nonsense.rs needs a line for `{name}` of `{words}`")).1;
            assert!(!values.is_empty(), "{name}");
        }
    }
    for (words, _) in COMMANDS {
        assert!(commands().iter().any(|(command, _)| command == words), "there is no `{words}`");
    }
    for (known, _) in ARGUMENTS {
        let is_there = |(_, command): &(String, clap::Command)| arguments(command).iter().any(|a| name(a) == *known);
        assert!(commands().iter().any(is_there), "nothing takes `{known}`");
    }
}

#[test]
fn nonsense_is_refused_by_every_command_that_takes_it() {
    let (outer, data) = place();
    let here = outer.path();
    let mut wrong = Vec::new();
    for (words, command) in commands() {
        for argument in arguments(&command) {
            let name = name(&argument);
            if GOOD_FOR.iter().any(|(command, argument, _)| *command == words && *argument == name) {
                continue;
            }
            let (_, values) = ARGUMENTS.iter().find(|(known, _)| *known == name).expect("a row");
            for value in *values {
                let value = value.replace("HERE256", &"x".repeat(256)).replace(HERE, &here.display().to_string());
                let mut rest = with_nonsense(&words, &argument, &value, &data);
                let companions = COMPANIONS.iter().filter(|(of, _, _)| *of == name);
                rest.extend(
                    companions
                        .map(|(_, flag, good)| format!("--{flag}={}", good.replace(HERE, &here.display().to_string()))),
                );
                match refusal(&words, &rest, here) {
                    Ok(said) => no_key_is_in(&said, &[&data.join("master.key"), &here.join("other")]),
                    Err(why) => wrong.push(why),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// None of the keys' own bytes, in whatever state the file was.
#[track_caller]
fn no_key_is_in(said: &str, files: &[&Path]) {
    for file in files {
        let text = fs::read_to_string(file).expect("a key");
        for key in text.lines().filter_map(|line| line.strip_prefix("seal ").or(line.strip_prefix("digest "))) {
            let key = key.split(' ').nth(1).expect("a key");
            assert!(!said.contains(&key[..12]) && !said.contains(&key[20..32]), "{said}");
        }
    }
}

//! `--env-file`, `--env-format`, `--token-file`.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use crate::harness::{Server, Signal, bowline, eventually, temporary};

const TOKEN: &str = "0123456789abcd.atlasv1.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01234";

fn demo(flags: &[&str]) -> Server {
    Server::demo_with(flags)
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into()).collect();
    names.sort();
    names
}

#[test]
fn the_file_is_there_while_the_sandbox_is() {
    let place = temporary();
    let file = place.path().join("sandbox.env");
    let mut server = demo(&["--env-file", file.to_str().unwrap()]);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(names(place.path()), ["sandbox.env"], "nothing half-made is left");
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().collect::<Vec<_>>(), server.announced[..4]);
    let shown = std::process::Command::new("sh")
        .args(["-c", ". ./sandbox.env; printf '%s %s' $TFE_ADDRESS $TFE_ORGANIZATION"])
        .current_dir(place.path())
        .output()
        .expect("a shell");
    assert_eq!(String::from_utf8_lossy(&shown.stdout), format!("{} my-organization", server.address));
    server.signal(Signal::TERM);
    assert!(server.wait().success());
    assert_eq!(names(place.path()), [""; 0]);
}

#[test]
fn what_a_killed_sandbox_left_is_replaced_and_what_another_wrote_is_left() {
    let place = temporary();
    let file = place.path().join("sandbox.env");
    let flags = ["--env-file", file.to_str().unwrap()];
    demo(&flags).kill();
    let left = fs::read_to_string(&file).unwrap();
    let first = demo(&flags);
    assert_ne!(fs::read_to_string(&file).unwrap(), left);
    let second = demo(&flags);
    let of_second = fs::read_to_string(&file).unwrap();
    assert!(of_second.contains(&second.address));
    assert!(first.stop().success());
    assert_eq!(fs::read_to_string(&file).unwrap(), of_second);
    assert!(second.stop().success());
    assert!(!file.exists());
}

#[test]
fn a_start_that_fails_leaves_the_place_as_it_was() {
    let place = temporary();
    let file = place.path().join("sandbox.env");
    let running = demo(&["--env-file", file.to_str().unwrap()]);
    let text = fs::read_to_string(&file).unwrap();
    let address = running.socket_address().to_string();
    let output = bowline(&["demo", "--listen", &address, "--env-file", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    // What is no sandbox's is never taken away.
    let own = place.path().join("notes");
    fs::write(&own, "mine").unwrap();
    let output = bowline(&["demo", "--listen", "127.0.0.1:0", "--env-file", own.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("was not written by a sandbox: it does not set TFE_ADDRESS"), "{said}");
    assert_eq!(fs::read_to_string(&own).unwrap(), "mine");
}

#[test]
fn a_second_signal_takes_the_file_along_too() {
    let place = temporary();
    let file = place.path().join("sandbox.env");
    let mut server = demo(&["--env-file", file.to_str().unwrap()]);
    // A request whose body does not come keeps the first signal's end waiting.
    let mut stream = server.connect();
    let head = "POST /api/v2/x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert!(interim.starts_with(b"HTTP/1.1 100 "));
    server.signal(Signal::TERM);
    eventually("it stops", || server.log().contains("] stopping"));
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(143));
    assert!(!file.exists());
}

#[test]
fn the_command_finds_the_file_too() {
    let place = temporary();
    let file = place.path().join("sandbox.env");
    let output = bowline(&[
        "demo",
        "--listen",
        "127.0.0.1:0",
        "--env-file",
        file.to_str().unwrap(),
        "--",
        "cat",
        file.to_str().unwrap(),
    ]);
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("export TFE_ADDRESS="), "{output:?}");
    assert!(!file.exists());
}

#[test]
fn each_format_is_what_its_reader_takes() {
    let place = temporary();
    let print = |format: &str| {
        let file = place.path().join(format);
        let file = file.to_str().unwrap();
        let flags =
            ["demo", "--listen", "127.0.0.1:0", "--env-format", format, "--env-file", file, "--lifetime", "1ms"];
        let output = bowline(&flags);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let github = print("github");
    let lines: Vec<&str> = github.lines().collect();
    assert_eq!(lines.len(), 4, "{github}");
    assert!(lines[0].starts_with("TFE_ADDRESS=http://127.0.0.1:") && lines[1].starts_with("TFE_TOKEN="), "{github}");
    assert_eq!(lines[2], "TFE_ORGANIZATION=my-organization");
    assert!(lines[3].starts_with("BOWLINE_DEMO_PROVIDERS=http://127.0.0.1:"), "{github}");
    let json: Value = serde_json::from_str(&print("json")).expect("one document");
    assert!(json["TFE_ADDRESS"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{json}");
    assert_eq!((json.as_object().unwrap().len(), &json["TFE_ORGANIZATION"]), (4, &"my-organization".into()));
    // Four variables, the curl line, and the link for a browser.
    assert_eq!(print("shell").lines().count(), 6);
}

#[test]
fn the_token_may_be_given() {
    let place = temporary();
    let file = place.path().join("token");
    for text in [TOKEN.to_owned(), format!("{TOKEN}\n"), format!("  {TOKEN}\r\n")] {
        fs::write(&file, text).unwrap();
        let server = demo(&["--token-file", file.to_str().unwrap()]);
        assert_eq!(server.announced[1], format!("export TFE_TOKEN={TOKEN}"));
        server.owner().creates_client("my-organization");
    }
    for text in ["", "nonsense", &TOKEN[1..], &format!("{TOKEN}x"), &TOKEN.replace(".atlasv1.", ".atlasv2.")] {
        fs::write(&file, text).unwrap();
        let output = bowline(&["demo", "--listen", "127.0.0.1:0", "--token-file", file.to_str().unwrap()]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && said.contains("does not contain an API token"), "{text:?}: {said}");
        assert!(text.is_empty() || !said.contains(text), "{said}");
    }
}

#[test]
fn a_kept_demo_takes_a_given_token_besides_its_own() {
    let place = temporary();
    let (data, file) = (place.path().join("data"), place.path().join("token"));
    fs::write(&file, TOKEN).unwrap();
    let own = Server::demo_on(&data, &[]);
    let first = own.owner().token.expect("a token");
    assert!(own.stop().success());
    for _ in 0..2 {
        let server = Server::demo_on(&data, &["--token-file", file.to_str().unwrap()]);
        server.owner().get("/account/details").is(200);
        server.with_token(&first).get("/account/details").is(200);
        assert!(server.stop().success());
    }
    let again = Server::demo_on(&data, &[]);
    again.with_token(TOKEN).get("/account/details").is(200);
    assert_eq!(again.cli(&["token", "list"]).lines().count(), 3);
}

//! Mistakes, and what is said about them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;

use crate::harness::{Server, binary_for_somebody_else, bowline, command, temporary};

fn said(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_misspelt_flag_or_command_is_answered_with_what_was_meant() {
    for (arguments, meant) in [
        (&["serve", "--lisen", "127.0.0.1:0"][..], "--listen"),
        (&["serve", "--publc-url=x"], "--public-url"),
        (&["user", "creat"], "create"),
        (&["tokens"], "token"),
        (&["demo", "--env-format", "jsn"], "json"),
    ] {
        let output = bowline(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = said(&output);
        assert!(said.contains(&format!("; did you mean {meant}? Try --help.")), "{arguments:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    let output = bowline(&["serve", "--something-else"]);
    assert!(!said(&output).contains("did you mean"), "{}", said(&output));
}

#[test]
fn a_variable_that_sets_nothing_is_named() {
    let directory = temporary();
    let run = |name: &str| {
        let mut command = command();
        command.args(["user", "list", "--data-dir"]).arg(directory.path()).env(name, "127.0.0.1:1");
        said(&command.output().expect("runs"))
    };
    let misspelt = run("BOWLINE_LISTN");
    assert!(
        misspelt.contains("WARN") && misspelt.contains("BOWLINE_LISTN has no effect; did you mean BOWLINE_LISTEN?")
    );
    let other = run("BOWLINE_XYZZY");
    assert!(other.contains("BOWLINE_XYZZY has no effect; `bowline COMMAND --help`"), "{other}");
    // Of another command, and of another program.
    for name in ["BOWLINE_LISTEN", "BOWLINE_IDLE_TIMEOUT", "BOWLING_LISTN"] {
        assert!(!run(name).contains("has no effect"), "{name}");
    }
}

#[test]
fn an_empty_variable_is_named() {
    let run = |arguments: &[&str]| {
        let mut command = command();
        said(&command.args(arguments).env("BOWLINE_DATA_DIR", "").output().expect("runs"))
    };
    let words = run(&["user", "list"]);
    assert!(
        words.ends_with("; the variable BOWLINE_DATA_DIR is set, and empty. Unset it, or try --help.\n"),
        "{words}"
    );
    let words = run(&["user", "list", "--data-dir="]);
    assert!(words.contains("--data-dir") && words.ends_with("; try --help.\n"), "{words}");
}

#[test]
fn a_wrong_value_is_answered_with_the_right_ones() {
    for (arguments, right) in [
        (&["serve", "--log-level", "loud"][..], "it is error, warn, info, debug, trace or off"),
        (&["serve", "--max-connections", "0"], "it is a number from 1 to 4294967295"),
        (&["audit", "--limit", "none"], "it is a number from 1 to 4294967295"),
    ] {
        let output = bowline(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(said(&output).contains(right), "{arguments:?}: {}", said(&output));
    }
}

#[test]
fn an_unknown_id_is_answered_with_a_command_that_works() {
    let server = Server::demo();
    let data = server.data_dir.to_str().unwrap();
    for (arguments, command) in [
        (&["client", "check", "oc-nothing"][..], "client"),
        (&["client", "move-workspaces", "oc-a", "oc-b"], "client"),
        (&["github-app-installation", "delete", "ghain-nothing"], "github-app-installation"),
    ] {
        let output = bowline(&[arguments, &["--data-dir", data]].concat());
        let hint = format!("`bowline {command} list --organization NAME`");
        assert!(said(&output).contains(&hint), "{arguments:?}: {}", said(&output));
        let listed = bowline(&[command, "list", "--organization", "my-organization", "--data-dir", data]);
        assert!(listed.status.success(), "{}", said(&listed));
    }
}

#[test]
fn half_an_address_is_answered_with_a_whole_one() {
    for (given, whole) in [
        (":8080", "use 0.0.0.0:8080 or [::]:8080"),
        ("8080", "use 0.0.0.0:8080 or [::]:8080"),
        ("127.0.0.1", "use 127.0.0.1:8080"),
        ("::1", "use [::1]:8080"),
        ("localhost", "use localhost:8080"),
        ("", "use 0.0.0.0:8080 or [::]:8080"),
        ("192.0.2.1:8080", "this machine has no such address"),
    ] {
        for command in ["serve", "demo"] {
            let directory = temporary();
            let data = directory.path().join("data");
            let output = bowline(&[command, "--listen", given, "--data-dir", data.to_str().unwrap()]);
            assert!(said(&output).contains(whole), "{given}: {}", said(&output));
            assert!(!data.exists());
        }
    }
    let output = bowline(&["health", "--listen", ":8080"]);
    assert!(said(&output).contains("use 127.0.0.1:8080"), "{}", said(&output));
}

#[test]
fn a_low_port_says_what_it_takes() {
    let place = temporary();
    let Some(binary) = binary_for_somebody_else(place.path()) else { return };
    let mut command = std::process::Command::new(binary);
    // Where every port is for every user, there is nothing to be refused.
    if fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").is_ok_and(|first| first.trim() != "1024") {
        eprintln!("LEFT OUT: low ports are for every user here");
        return;
    }
    command.args(["demo", "--listen", "127.0.0.1:443"]).uid(65_534).gid(65_534).env("TMPDIR", "/nowhere");
    let output = command.output().expect("runs");
    assert!(said(&output).contains("CAP_NET_BIND_SERVICE"), "{}", said(&output));
}

#[test]
fn plain_http_beyond_this_machine_is_warned_of() {
    let warnings = |flags: &[&str]| {
        let server = Server::demo_with(flags);
        let log = server.last_words();
        let lines = log.lines().filter(|line| line.contains("WARN") && line.contains("tokens travel unencrypted"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    for listen in ["0.0.0.0:0", "[::]:0"] {
        for url in [&[][..], &["--public-url", "http://bowline.example.com"]] {
            let found = warnings(&[&["--listen", listen], url].concat());
            assert!(matches!(&found[..], [line] if line.contains("--tls-cert")), "{listen} {url:?}: {found:?}");
        }
        let behind_proxy = warnings(&["--listen", listen, "--public-url", "https://bowline.example.com"]);
        let [line] = &behind_proxy[..] else { panic!("{behind_proxy:?}") };
        assert!(line.contains("the proxy of https://bowline.example.com"), "{line}");
    }
    assert_eq!(warnings(&["--listen", "0.0.0.0:0", "--tls-self-signed"]), [""; 0]);
    assert_eq!(warnings(&[]), [""; 0]);
}

#[test]
fn a_bad_public_url_is_answered_with_one_of_a_server() {
    for url in ["bowline", "/bowline", "https:example.com", "https://example.com/bowline"] {
        let said = said(&bowline(&["serve", "--listen", "127.0.0.1:0", "--public-url", url]));
        assert!(said.contains("such as https://bowline.example.com") && !said.contains("github"), "{said}");
    }
}

#[test]
fn a_key_that_may_not_be_read_says_how_a_service_gets_it() {
    let place = temporary();
    let Some(binary) = binary_for_somebody_else(place.path()) else { return };
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let (certificate, key) = (place.path().join("cert.pem"), place.path().join("key.pem"));
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::set_permissions(&certificate, Permissions::from_mode(0o644)).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    let mut command = std::process::Command::new(binary);
    command.args(["demo", "--listen", "127.0.0.1:0", "--tls-cert"]).arg(&certificate).arg("--tls-key").arg(&key);
    let said = said(&command.uid(65_534).gid(65_534).output().expect("runs"));
    assert!(said.contains(key.to_str().unwrap()) && said.contains("examples/tls.conf"), "{said}");
}

#[test]
fn a_credential_of_systemd_may_show_rights_of_its_group() {
    let place = temporary();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let (certificate, key) = (place.path().join("cert.pem"), place.path().join("key.pem"));
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let files = ["--tls-cert", certificate.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    let run = |mode: u32, directory: &str| {
        fs::set_permissions(&key, Permissions::from_mode(mode)).unwrap();
        let mut command = command();
        command.args(["demo", "--listen", "127.0.0.1:0"]).args(files).args(["--", "true"]);
        command.env("CREDENTIALS_DIRECTORY", directory).output().expect("runs")
    };
    let here = place.path().to_str().unwrap();
    assert_eq!(run(0o440, here).status.code(), Some(0));
    for (mode, directory) in [(0o440, "/elsewhere"), (0o440, ""), (0o444, here)] {
        let output = run(mode, directory);
        assert_eq!(output.status.code(), Some(125));
        assert!(said(&output).contains("is open to other users"), "{}", said(&output));
    }
}

//! Starting and stopping servers.

use std::fs;

use crate::harness::{Server, Signal, send_signal, temporary};

#[test]
fn a_demo_announces_exactly_what_a_shell_needs() {
    let server = Server::demo();
    let [address, token, organization, providers, curl, sign_in] = &server.announced[..] else {
        panic!("{:?}", server.announced)
    };
    assert!(regex_lite::Regex::new(r"^export TFE_ADDRESS=http://127\.0\.0\.1:[1-9][0-9]*$").unwrap().is_match(address));
    let shape = r"^export TFE_TOKEN=[0-9A-Za-z]{14}\.atlasv1\.[0-9A-Za-z]{67}$";
    assert!(regex_lite::Regex::new(shape).unwrap().is_match(token), "{token}");
    assert_eq!(organization, "export TFE_ORGANIZATION=my-organization");
    let shape = r"^export BOWLINE_DEMO_PROVIDERS=http://127\.0\.0\.1:[1-9][0-9]*$";
    assert!(regex_lite::Regex::new(shape).unwrap().is_match(providers), "{providers}");

    assert_eq!(
        curl,
        "curl --header \"Authorization: Bearer $TFE_TOKEN\" \
         \"$TFE_ADDRESS/api/v2/organizations/$TFE_ORGANIZATION/oauth-clients\""
    );

    let expected = format!(r"^# Sign in: {}/set-password/[0-9A-Za-z_-]{{43}}$", regex_lite::escape(&server.address));
    assert!(regex_lite::Regex::new(&expected).unwrap().is_match(sign_in), "{sign_in}");

    let script =
        format!("{address}\n{token}\n{organization}\nprintf '%s %s %s' $TFE_ADDRESS $TFE_TOKEN $TFE_ORGANIZATION");
    let output = std::process::Command::new("sh").args(["-c", &script]).output().expect("a shell");
    let expected = format!("{} {} my-organization", server.address, server.owner().token.expect("a token"));
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    server.owner().get("/organizations/my-organization/oauth-clients").is(200);
}

/// What glibc's allocator keeps is settled by variables that it reads when a program starts.
#[test]
fn a_server_settles_its_allocator_unless_its_operator_has() {
    let variables = |server: &Server| {
        let bytes = fs::read(format!("/proc/{}/environ", server.process_id())).expect("a process");
        // Some versions of glibc end each setting where they have read it.
        String::from_utf8_lossy(&bytes).replace('\0', ":")
    };
    let server = Server::demo();
    let settled = variables(&server);
    if cfg!(target_env = "gnu") {
        for setting in ["GLIBC_TUNABLES=glibc.malloc.arena_max=", "mmap_threshold=131072:", "trim_threshold=524288:"] {
            assert!(settled.contains(setting), "{setting} is not in {settled}");
        }
    }
    let name = fs::read_to_string(format!("/proc/{}/comm", server.process_id())).expect("a process");
    assert_eq!(name, "bowline\n");
    let server = Server::demo_with_variables(&[("GLIBC_TUNABLES", "glibc.malloc.arena_max=1")]);
    let own = variables(&server);
    assert!(own.contains("GLIBC_TUNABLES=glibc.malloc.arena_max=1:") && !own.contains("threshold"), "{own}");
}

/// As after an upgrade that replaced its file: it goes on without, and says so.
#[test]
fn a_server_whose_program_is_gone_runs_with_the_allocator_as_it_is() {
    let place = temporary();
    let mut gone = std::process::Command::new("sh");
    let script = "cp \"$0\" copy && exec 9<copy && rm copy && exec /proc/self/fd/9 \"$@\"";
    gone.current_dir(place.path()).args(["-c", script]).env_remove("GLIBC_TUNABLES");
    let server = Server::demo_by(gone, &place.path().join("data"));
    server.owner().get("/organizations/my-organization/oauth-clients").is(200);
    assert_eq!(server.log().contains("the allocator's limits"), cfg!(target_env = "gnu"), "{}", server.log());
}

#[test]
fn a_demo_without_a_directory_leaves_nothing_behind() {
    let place = temporary();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_bowline"))
        .args(["demo", "--listen", "127.0.0.1:0"])
        .env("TMPDIR", place.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("starts");
    let mut announced = String::new();
    let stdout = child.stdout.take().expect("piped");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut announced).expect("a line");
    assert!(announced.starts_with("export TFE_ADDRESS="), "{announced}");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    send_signal(child.id(), Signal::TERM);
    assert_eq!(child.wait().expect("ends").code(), Some(0));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn a_demo_with_a_directory_goes_on_where_it_was_with_the_same_token() {
    let directory = temporary();
    let data = directory.path().join("data");
    let first = Server::demo_on(&data, &[]);
    let (id, _) = first.owner().creates_client("my-organization");
    let token = first.owner().token;
    assert_eq!(first.stop().code(), Some(0));
    let second = Server::demo_on(&data, &[]);
    assert_eq!(second.owner().token, token);
    second.owner().get(&format!("/oauth-clients/{id}")).is(200);
}

#[test]
fn a_stopped_server_leaves_one_whole_file() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let directory = temporary();
        let data = directory.path().join("data");
        let mut server = Server::demo_on(&data, &[]);
        server.owner().creates_client("my-organization");
        server.signal(signal);
        assert_eq!(server.wait().code(), Some(0), "{}", server.log());
        let mut names: Vec<String> =
            fs::read_dir(&data).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        assert_eq!(names, ["audit.head", "bowline.db", "bowline.lock", "bowline.reserve", "master.key"]);
    }
}

#[test]
fn the_public_url_is_what_clients_are_told() {
    let server = Server::demo_with(&["--public-url", "https://bowline.example.com/"]);
    assert_eq!(server.announced[0], "export TFE_ADDRESS=https://bowline.example.com");
}

#[test]
fn callback_urls_follow_the_public_url() {
    let directory = temporary();
    let data = directory.path().join("data");
    let first = Server::demo_on(&data, &[]);
    let (id, _) = first.owner().creates_client("my-organization");
    let token = first.owner().token.expect("a token");
    drop(first);
    // The announced address is the public one: ask the listening one, which the log tells.
    let second = Server::demo_on(&data, &["--public-url", "https://bowline.example.com"]);
    let log = second.log();
    let listening = log.split("listening on ").nth(1).and_then(|rest| rest.split(' ').next()).expect("an address");
    let caller = crate::harness::Caller::new(&format!("http://{listening}"), Some(&token));
    let url = caller.get(&format!("/oauth-clients/{id}")).is(200).text("/data/attributes/callback-url");
    assert!(url.starts_with("https://bowline.example.com/auth/") && url.ends_with("/callback"), "{url}");
}

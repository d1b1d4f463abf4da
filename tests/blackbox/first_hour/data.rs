//! Which database a command works on.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;
use std::process::{Command, Output};

use crate::harness::{Server, binary_for_somebody_else, bowline_in, command, temporary};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn run_in(place: &Path, arguments: &[&str]) -> Output {
    command().args(arguments).current_dir(place).output().expect("runs")
}

#[test]
fn init_makes_a_database_once() {
    let place = temporary();
    let made = run_in(place.path(), &["init"]);
    assert!(made.status.success(), "{}", said(&made));
    let data = place.path().join("bowline-data");
    assert!(data.join("bowline.db").is_file() && said(&made).contains(data.join("master.key").to_str().unwrap()));
    let key = fs::read(data.join("master.key")).unwrap();
    let again = run_in(place.path(), &["init"]);
    assert_eq!(again.status.code(), Some(1));
    let expected = format!("bowline: There is a Bowline database in {} already.\n", data.display());
    assert_eq!(said(&again), expected);
    assert!(fs::read(data.join("master.key")).unwrap() == key);
    // The default directory serves every command that is run beside it.
    assert!(run_in(place.path(), &["user", "create", "ada", "--email", "ada@example.com"]).status.success());
    assert!(Server::serve_on(&data, &[]).cli(&["user", "list"]).contains("ada@example.com"));
}

#[test]
fn a_command_in_a_fresh_shell_makes_no_second_database_and_says_where_it_looked() {
    let place = temporary();
    let output = run_in(place.path(), &["user", "create", "ada", "--email", "ada@example.com"]);
    assert_eq!(output.status.code(), Some(1));
    let looked = place.path().join("bowline-data");
    assert!(said(&output).contains(looked.to_str().unwrap()), "{}", said(&output));
    assert!(!looked.exists());
}

/// Runs `bowline` in a place where `/etc/default` and `/var/lib` are the test's own. `None` where that cannot be.
fn beside_a_service(settings: &str, script: &str) -> Option<Output> {
    let place = temporary();
    let (etc, var) = (place.path().join("etc"), place.path().join("var"));
    fs::create_dir(&etc).unwrap();
    fs::create_dir_all(var.join("bowline")).unwrap();
    if !settings.is_empty() {
        fs::write(etc.join("bowline"), settings).unwrap();
    }
    let mounts = format!(
        "mount --bind {} /etc/default && mount --bind {} /var/lib && cd {} && {script}",
        etc.display(),
        var.display(),
        place.path().display()
    );
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "sh", "-ec", &mounts]).env("PATH", path_with_binary());
    let output = unshare.output().ok()?;
    if said(&output).contains("unshare failed") || said(&output).contains("mount: ") {
        eprintln!("LEFT OUT: no mounts of one's own: {}", said(&output));
        return None;
    }
    Some(output)
}

fn path_with_binary() -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_bowline")).parent().expect("a directory").display().to_string();
    format!("{binary}:{}", std::env::var("PATH").unwrap_or_default())
}

#[test]
fn commands_find_the_installed_services_data_by_themselves() {
    let service = "bowline init --data-dir /var/lib/bowline/data; ";
    let used = "working on the installed service's data in /var/lib/bowline/data";
    let script = format!(
        "{service} bowline user create ada --email ada@example.com; bowline user list --data-dir /var/lib/bowline/data"
    );
    let Some(output) = beside_a_service("BOWLINE_LISTEN=127.0.0.1:1\n", &script) else { return };
    assert!(output.status.success() && said(&output).contains(used), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("ada@example.com"));

    // Settings of its own.
    let settings = "BOWLINE_DATA_DIR=/var/lib/bowline/other\nBOWLINE_KEY_FILE=\"/var/lib/bowline/my.key\"\n";
    let script = "bowline init --data-dir /var/lib/bowline/other --key-file /var/lib/bowline/my.key; bowline check";
    let output = beside_a_service(settings, script).expect("as before");
    assert!(output.status.success() && said(&output).contains("/var/lib/bowline/other"), "{}", said(&output));

    // The default directory comes first, and both places are named: when it is made, and when it is used.
    let script = format!("{service} bowline init; echo MADE >&2; bowline user list");
    let output = beside_a_service("BOWLINE_LISTEN=127.0.0.1:1\n", &script).expect("as before");
    let words = said(&output);
    assert!(output.status.success() && !words.contains(used), "{words}");
    let (making, using) = words.split_once("MADE").expect("both");
    let aside = "not the database of the installed service, which is in /var/lib/bowline/data";
    assert_eq!(making.matches(aside).count(), 1, "{words}");
    assert!(using.contains("/bowline-data; those of the installed service are in /var/lib/bowline/data"), "{words}");

    // And health asks where the service listens.
    let output = beside_a_service("BOWLINE_LISTEN=127.0.0.1:1\n", "bowline health").expect("as before");
    assert!(said(&output).contains("No server answers on 127.0.0.1:1: "), "{}", said(&output));
}

/// Root's home is closed to the service's user, and `./bowline-data` in it could not even be looked for.
#[test]
fn commands_find_the_services_data_from_a_directory_that_is_closed_to_its_user() {
    let elsewhere = temporary();
    let Some(binary) = binary_for_somebody_else(elsewhere.path()) else { return };
    let bowline = binary.display();
    let made =
        format!("{bowline} init --data-dir /var/lib/bowline/data; chown -R {ORDINARY} /var/lib/bowline; chmod 700 .;");
    let script = format!(
        "{made} {bowline} user create ada --email ada@example.com; {bowline} check; \
         setpriv --reuid {ORDINARY} --clear-groups {bowline} user list"
    );
    let settings = "BOWLINE_KEY_FILE=/var/lib/bowline/data/master.key\n";
    let Some(output) = beside_a_service(settings, &script) else { return };
    let words = said(&output);
    assert!(output.status.success(), "{words}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("ada@example.com"), "{words}");
    assert_eq!(words.matches("working on the installed service's data in /var/lib/bowline/data").count(), 3, "{words}");
    // Where there is no service, what is in the way is said.
    let script = format!("chmod 700 .; setpriv --reuid {ORDINARY} --clear-groups {bowline} user list");
    let output = beside_a_service("", &script).expect("as before");
    assert!(said(&output).contains("/bowline-data cannot be used: Permission denied"), "{}", said(&output));
}

#[test]
fn a_link_for_a_browser_begins_with_the_services_url() {
    let made = "bowline init --data-dir /var/lib/bowline/data; bowline user create ada --email ada@example.com;";
    let script = format!(
        "{made} bowline user sign-in-link ada; bowline user sign-in-link ada --public-url http://other.example.com; \
         bowline user sign-in-link ada --data-dir /var/lib/bowline/data; \
         bowline init --data-dir mine; bowline user create ada --email ada@example.com --data-dir mine"
    );
    let settings = "BOWLINE_PUBLIC_URL=https://bowline.example.com\nBOWLINE_LISTEN=0.0.0.0:443\n";
    let Some(output) = beside_a_service(settings, &script) else { return };
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let links: Vec<&str> =
        printed.lines().filter_map(|line| line.split_once("/set-password/")).map(|(url, _)| url).collect();
    let service = "https://bowline.example.com";
    assert_eq!(
        links,
        [service, service, "http://other.example.com", service, "http://127.0.0.1:8080"],
        "{}",
        said(&output)
    );
}

#[test]
fn where_nothing_is_found_the_services_place_is_named() {
    let looked = "There is no Bowline database in /";
    let Some(output) = beside_a_service("BOWLINE_LISTEN=127.0.0.1:1\n", "bowline user list") else { return };
    let words = said(&output);
    assert!(words.contains(looked) && words.contains("has none in /var/lib/bowline/data yet"), "{words}");
    assert!(words.contains("systemctl start bowline"), "{words}");
    // Another directory is named: it is not the service's, and that is said.
    let output = beside_a_service("", "bowline user list --data-dir ./elsewhere").expect("as before");
    let words = said(&output);
    assert!(words.contains(looked) && words.contains("below /var/lib/bowline."), "{words}");
}

/// `nobody`, wherever there is one.
const ORDINARY: u32 = 65_534;

#[test]
fn root_works_on_another_users_data_as_that_user() {
    let place = temporary();
    let Some(binary) = binary_for_somebody_else(place.path()) else { return };
    let data = place.path().join("data");
    assert!(bowline_in(&data, &["init"]).status.success());
    let files = || fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().path());
    for path in files().chain([data.clone()]) {
        chown(path, Some(ORDINARY), Some(ORDINARY)).expect("given away");
    }
    // Made anew by the next command that needs it.
    fs::remove_file(data.join("audit.head")).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&binary);
        command.args(arguments).arg("--data-dir").arg(&data).current_dir(place.path()).output().expect("runs")
    };
    let made = run(&["user", "create", "ada", "--email", "ada@example.com"]);
    assert!(made.status.success(), "{}", said(&made));
    assert!(data.join("audit.head").is_file());
    for path in files() {
        assert_eq!(fs::metadata(&path).unwrap().uid(), ORDINARY, "{}", path.display());
    }
    // A backup is the one's who makes it, and a server is not root's.
    let backup = place.path().join("backup.db");
    assert!(run(&["backup", backup.to_str().unwrap()]).status.success());
    assert_eq!(fs::metadata(&backup).unwrap().uid(), 0);
    let refused = run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("runuser -u "), "{}", said(&refused));
    for path in files() {
        assert_eq!(fs::metadata(&path).unwrap().uid(), ORDINARY, "{}", path.display());
    }
}

/// As after a restore whose key root has copied, and not given away.
#[test]
fn a_master_key_of_another_user_says_whose_it_has_to_be() {
    use std::os::unix::process::CommandExt;
    let place = temporary();
    let Some(binary) = binary_for_somebody_else(place.path()) else { return };
    let data = place.path().join("data");
    assert!(bowline_in(&data, &["init"]).status.success());
    for path in [data.clone(), data.join("bowline.db")] {
        chown(path, Some(ORDINARY), Some(ORDINARY)).expect("given away");
    }
    for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["user", "list"]] {
        let mut command = Command::new(&binary);
        command.args(arguments).arg("--data-dir").arg(&data).uid(ORDINARY).gid(ORDINARY);
        let words = said(&command.output().expect("runs"));
        assert!(
            words.contains("Permission denied") && words.contains("belong to the user that the server runs as"),
            "{words}"
        );
    }
}

#[test]
fn a_place_where_nothing_may_be_made_is_answered_with_the_flag() {
    use std::os::unix::process::CommandExt;
    let place = temporary();
    let Some(binary) = binary_for_somebody_else(place.path()) else { return };
    let mut command = Command::new(&binary);
    command.args(["serve", "--listen", "127.0.0.1:0"]).current_dir(place.path()).uid(ORDINARY).gid(ORDINARY);
    let words = said(&command.output().expect("runs"));
    let looked = place.path().join("bowline-data");
    assert!(words.contains(looked.to_str().unwrap()) && words.contains("write to with --data-dir."), "{words}");
}

#[test]
fn another_user_is_told_who_may() {
    use std::os::unix::process::CommandExt;
    let place = temporary();
    let Some(binary) = binary_for_somebody_else(place.path()) else { return };
    let data = place.path().join("data");
    assert!(bowline_in(&data, &["init"]).status.success());
    let mut command = Command::new(&binary);
    command.args(["user", "list", "--data-dir"]).arg(&data).uid(ORDINARY).gid(ORDINARY);
    let words = said(&command.output().expect("runs"));
    assert!(words.contains("Permission denied") && words.contains("as root, or as the directory's owner"), "{words}");
}

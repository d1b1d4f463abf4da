//! A disk without room: what adds to it is refused, what takes away has room of its own, what reads goes on, and it comes
//! back by itself.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::json;
use tempfile::TempDir;

use super::disk::Disk;
use crate::harness::{Caller, Server, eventually, sample_of_2018, temporary};

const CLIENTS: &str = "/organizations/my-organization/oauth-clients";

/// Creates clients until one is refused, and gives those that were made.
pub fn fill(owner: &Caller) -> Vec<String> {
    let mut made = Vec::new();
    while made.len() < 2000 {
        let answer = owner.post(CLIENTS, &sample_of_2018());
        if answer.status == 201 {
            made.push(answer.text("/data/id"));
            continue;
        }
        assert_eq!(answer.refused(507), [""; 0]);
        return made;
    }
    panic!("the disk was never full");
}

fn total(owner: &Caller) -> usize {
    owner.get(&format!("{CLIENTS}?page%5Bsize%5D=1")).is(200).at("/meta/pagination/total-count").as_u64().unwrap()
        as usize
}

#[test]
fn without_room_changes_are_refused_whole_and_reading_goes_on_until_there_is_room_again() {
    let directory = temporary();
    let data = directory.path().join("data");
    let token = Server::demo_on(&data, &[]).owner().token.unwrap();
    let disk = Disk::under(&data);
    let server = Server::serve_in(&data, &disk.environment());
    let owner = server.with_token(&token);
    for _ in 0..3 {
        let before = owner.creates_client("my-organization").0;
        disk.is_full(true);
        fill(&owner);
        let (contents, count) = (server.contents(), total(&owner));
        owner.post(CLIENTS, &sample_of_2018()).refused(507);
        owner.get(&format!("/oauth-clients/{before}")).is(200);
        // Deleting writes, too.
        owner.delete(&format!("/oauth-clients/{before}")).refused(507);
        assert_eq!((server.contents() == contents, total(&owner)), (true, count), "nothing is done by halves");
        disk.is_full(false);
        owner.delete(&format!("/oauth-clients/{before}")).is_done();
        owner.creates_client("my-organization");
    }
    super::is_sound(&data);
}

/// A file system of a few megabytes that only its own processes see. Gone with the process that holds it.
struct SmallDisk {
    holder: Child,
    data: PathBuf,
    _directory: TempDir,
}

impl SmallDisk {
    /// `None`, and said so, where this may not be had.
    fn mount(mebibytes: usize) -> Option<SmallDisk> {
        let directory = temporary();
        let data = directory.path().join("data");
        fs::create_dir(&data).unwrap();
        let mount = format!("mount -t tmpfs -o size={mebibytes}m,mode=700 none \"$0\" && echo mounted && exec cat");
        let holder = Command::new("unshare")
            .args(["--mount", "sh", "-c", &mount])
            .arg(&data)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut line = String::new();
        let holder = holder.ok().and_then(|mut holder| {
            BufReader::new(holder.stdout.take()?).read_line(&mut line).ok()?;
            Some(holder)
        });
        match holder {
            Some(holder) if line == "mounted\n" => Some(SmallDisk { holder, data, _directory: directory }),
            _ => {
                eprintln!("LEFT OUT: a small disk needs root, unshare and mount");
                None
            }
        }
    }

    /// Runs what is added to it where the disk is mounted.
    fn inside(&self) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--mount", "--target", &self.holder.id().to_string(), "--"]);
        command
    }

    fn bowline(&self, arguments: &[&str]) -> Output {
        let mut command = self.inside();
        // Not for ever, should a server start where it must not.
        command.args(["timeout", "60", env!("CARGO_BIN_EXE_bowline")]);
        command.args(arguments).arg("--data-dir").arg(&self.data).output().unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{}/{name}", self.holder.id(), self.data.display()))
    }

    fn filler(&self) -> PathBuf {
        self.file("filler")
    }

    /// Somebody else takes all the room that is left.
    fn fill(&self) {
        let mut filler = File::create(self.filler()).unwrap();
        for piece in [&[0; 64 * 1024][..], &[0; 512]] {
            let full = std::iter::repeat_with(|| filler.write_all(piece)).find_map(Result::err);
            assert_eq!(full.expect("a full disk").kind(), ErrorKind::StorageFull);
        }
    }

    fn has_room_again(&self) {
        fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // It ends with its input; the kill is for when it does not.
        drop(self.holder.stdin.take());
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

#[test]
fn on_a_real_full_disk_the_server_and_the_command_line_say_so_and_recover() {
    let Some(disk) = SmallDisk::mount(2) else { return };
    let server = Server::demo_by(disk.inside(), &disk.data);
    let owner = server.owner();
    let before = owner.creates_client("my-organization").0;
    let said = |output: Output| {
        let said = [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said).into_owned()).concat();
        (output.status.code(), said)
    };
    for _ in 0..2 {
        disk.fill();
        let made = fill(&owner);
        owner.get(&format!("/oauth-clients/{before}")).is(200);
        let (code, words) = said(disk.bowline(&["user", "create", "ada", "--email", "ada@example.com"]));
        assert!(code == Some(1) && words.contains("disk is full"), "{code:?} {words}");
        let (code, words) = said(disk.bowline(&["check"]));
        assert_eq!(code, Some(0), "{words}");
        disk.has_room_again();
        owner.creates_client("my-organization");
        for id in made {
            owner.get(&format!("/oauth-clients/{id}")).is(200);
        }
    }
    // The index of the log is still there from the killed process, so the next one finds room to read in.
    disk.fill();
    let token = owner.token.clone().unwrap();
    server.kill();
    let again = Server::serve_by(disk.inside(), &disk.data);
    let owner = again.with_token(&token);
    owner.get(&format!("/oauth-clients/{before}")).is(200);
    fill(&owner);
    disk.has_room_again();
    owner.creates_client("my-organization");
    // After a server that stopped in good order it would have to be made.
    assert!(again.stop().success());
    disk.fill();
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["check"], &["user", "list"]] {
        let (code, words) = said(disk.bowline(command));
        assert!(code == Some(1) && words.contains("disk is full"), "{command:?}: {code:?} {words}");
    }
    disk.has_room_again();
    let (code, words) = said(disk.bowline(&["check"]));
    assert_eq!(code, Some(0), "{words}");
}

#[test]
fn without_room_things_and_tokens_can_be_taken_away_all_the_same() {
    let Some(disk) = SmallDisk::mount(32) else { return };
    let server = Server::demo_by(disk.inside(), &disk.data);
    let owner = server.owner();
    let reserved = || fs::metadata(disk.file("bowline.reserve")).map_or(0, |metadata| metadata.len());
    eventually("room is kept", || reserved() > 0);
    let clients: Vec<String> = (0..60).map(|_| owner.creates_client("my-organization").0).collect();
    let tokens = format!("/users/{}/authentication-tokens", owner.user_id());
    let document = json!({"data": {"type": "authentication-tokens", "attributes": {"description": "lost"}}});
    let [lost, also_lost] = [(); 2].map(|()| owner.post(&tokens, &document).is(201));

    disk.fill();
    fill(&owner);
    for id in &clients {
        owner.delete(&format!("/oauth-clients/{id}")).is_done();
        owner.get(&format!("/oauth-clients/{id}")).refused(404);
    }
    owner.delete(&format!("/authentication-tokens/{}", lost.text("/data/id"))).is_done();
    let revoked = disk.bowline(&["token", "revoke", &also_lost.text("/data/id")]);
    assert!(revoked.status.success(), "{}", String::from_utf8_lossy(&revoked.stderr));
    for token in [lost, also_lost] {
        server.with_token(&token.text("/data/attributes/token")).get("/account/details").refused(401);
    }
    // It is for nothing else, and what it has given it has again.
    fill(&owner);
    assert!(reserved() > 0);
    assert_eq!(owner.get("!/_health_check").status, 503);

    // A server that stopped has left no index of the log. The next one starts with what is kept.
    let kept = owner.get(CLIENTS).is(200).text("/data/0/id");
    let token = owner.token.clone().expect("a token");
    assert!(server.stop().success());
    disk.fill();
    let server = Server::serve_by(disk.inside(), &disk.data);
    let owner = server.with_token(&token);
    owner.get(&format!("/oauth-clients/{kept}")).is(200);
    owner.delete(&format!("/oauth-clients/{kept}")).is_done();
    disk.has_room_again();
    owner.creates_client("my-organization");
    assert!(server.stop().success());
    assert_eq!(disk.bowline(&["check"]).status.code(), Some(0));
}

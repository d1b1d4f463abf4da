//! A disk without room: what adds to it is refused, what reads goes on, and it comes back by itself.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use super::disk::Disk;
use crate::harness::{Caller, Server, sample_of_2018, temporary};

const CLIENTS: &str = "/organizations/my-organization/oauth-clients";

/// Creates clients until one is refused, and gives those that were made.
fn fill(owner: &Caller) -> Vec<String> {
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

/// A file system of a megabyte that only its own processes see. Gone with the process that holds it.
struct SmallDisk {
    holder: Child,
    data: PathBuf,
    _directory: TempDir,
}

impl SmallDisk {
    /// `None`, and said so, where this may not be had.
    fn mount() -> Option<SmallDisk> {
        let directory = temporary();
        let data = directory.path().join("data");
        fs::create_dir(&data).unwrap();
        let mount = "mount -t tmpfs -o size=1m,mode=700 none \"$0\" && echo mounted && exec cat";
        let holder = Command::new("unshare")
            .args(["--mount", "sh", "-c", mount])
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

    fn filler(&self) -> PathBuf {
        let inside = format!("/proc/{}/root{}/filler", self.holder.id(), self.data.display());
        PathBuf::from(inside)
    }

    /// Somebody else takes all the room that is left.
    fn fill(&self) {
        let mut filler = File::create(self.filler()).unwrap();
        loop {
            match filler.write_all(&[0; 512]) {
                Ok(()) => {}
                Err(e) if e.kind() == ErrorKind::StorageFull => return,
                Err(e) => panic!("{e}"),
            }
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
    let Some(disk) = SmallDisk::mount() else { return };
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

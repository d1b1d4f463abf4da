//! Copies made under load, and what is refused as one.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::crew::{Crew, End};
use super::{is_sound, seed};
use crate::harness::{Server, bowline_in, temporary};

const CONNECTIONS: usize = 8;
const ROUNDS: usize = 5;

#[test]
fn a_backup_holds_every_change_acknowledged_before_it_began() {
    let directory = temporary();
    let data = directory.path().join("data");
    let mut crew = Crew::muster(CONNECTIONS, &data, seed());
    let server = Server::serve_on(&data, &[]);
    // Counts backups: what was acknowledged while none of them had begun has 0, and so on.
    let begun = AtomicUsize::new(0);
    let acknowledged = AtomicUsize::new(0);
    let is_over = AtomicBool::new(false);
    let backup = |n: usize| directory.path().join(format!("backup-{n}.db"));
    let before = std::thread::scope(|threads| {
        let load = threads.spawn(|| {
            crew.work(
                &server,
                || begun.load(Ordering::SeqCst) as u64,
                || {
                    acknowledged.fetch_add(1, Ordering::SeqCst);
                    !is_over.load(Ordering::SeqCst)
                },
            )
        });
        let mut before = Vec::new();
        for n in 0..ROUNDS {
            let so_far = acknowledged.load(Ordering::SeqCst);
            while acknowledged.load(Ordering::SeqCst) < so_far + 30 && !load.is_finished() {
                std::thread::yield_now();
            }
            before.push(acknowledged.load(Ordering::SeqCst));
            begun.fetch_add(1, Ordering::SeqCst);
            server.cli(&["backup", backup(n).to_str().unwrap()]);
        }
        is_over.store(true, Ordering::SeqCst);
        assert_eq!(load.join().unwrap(), [End::Stopped; CONNECTIONS]);
        before
    });
    server.kill();
    for (n, before) in before.into_iter().enumerate() {
        let restored = directory.path().join(format!("restored-{n}"));
        fs::create_dir(&restored).unwrap();
        fs::copy(data.join("master.key"), restored.join("master.key")).unwrap();
        let output = bowline_in(&restored, &["restore", backup(n).to_str().unwrap()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        is_sound(&restored);
        let held = crew.verify(&rusqlite::Connection::open(restored.join("bowline.db")).unwrap(), n as u64);
        assert!(held >= before, "{before} changes were acknowledged, the backup has {held}");
        eprintln!("backup {n}: {before} changes before it, {held} in it, {} in the end", crew.changes());
    }
}

/// A backup, and a place to make others that are none.
struct Scene {
    directory: tempfile::TempDir,
    server: Server,
    backup: PathBuf,
}

impl Scene {
    fn new() -> Scene {
        let directory = temporary();
        let server = Server::demo_on(&directory.path().join("data"), &[]);
        server.owner().creates_client("my-organization");
        let backup = directory.path().join("backup.db");
        server.cli(&["backup", backup.to_str().unwrap()]);
        Scene { directory, server, backup }
    }

    /// A copy of the backup with something done to its bytes.
    fn altered(&self, name: &str, alter: impl FnOnce(&mut Vec<u8>)) -> PathBuf {
        let mut bytes = fs::read(&self.backup).unwrap();
        alter(&mut bytes);
        let path = self.directory.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Restoring it fails for a reason that is said, and nothing is there afterwards that was not before.
    #[track_caller]
    fn is_refused(&self, file: &Path, reason: &str) {
        let fresh = self.directory.path().join("fresh");
        fs::create_dir(&fresh).unwrap();
        fs::copy(self.server.data_dir.join("master.key"), fresh.join("master.key")).unwrap();
        let bytes = || fs::metadata(file).ok().filter(fs::Metadata::is_file).map(|_| fs::read(file).unwrap());
        let before = bytes();
        let output = bowline_in(&fresh, &["restore", file.to_str().unwrap()]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{}: {said}", file.display());
        assert!(said.contains(reason) && said.lines().count() == 1, "{}: {said}", file.display());
        let left: Vec<_> = fs::read_dir(&fresh).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["master.key"], "{}", file.display());
        assert!(bytes() == before, "{} was altered", file.display());
        fs::remove_dir_all(fresh).unwrap();
    }
}

#[test]
fn restore_refuses_what_is_no_sound_backup_and_touches_nothing() {
    let scene = Scene::new();
    let none = "is not a Bowline database";
    scene.is_refused(&scene.altered("empty", Vec::clear), none);
    scene.is_refused(&scene.altered("text", |bytes| *bytes = b"dear diary\n".repeat(5000)), none);
    scene.is_refused(&scene.altered("short", |bytes| bytes.truncate(50)), none);
    let foreign = scene.directory.path().join("foreign.db");
    rusqlite::Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE installation (seal_check)").unwrap();
    scene.is_refused(&foreign, none);
    scene.is_refused(scene.directory.path(), "is not a file");
    scene.is_refused(&scene.directory.path().join("none"), "cannot be read");

    // Cut at every eighth of it, a page's border or not, and short of a single page.
    let length = fs::metadata(&scene.backup).unwrap().len() as usize;
    for eighths in 1..8 {
        let name = format!("cut-{eighths}");
        scene.is_refused(&scene.altered(&name, |bytes| bytes.truncate(length * eighths / 8)), "is damaged");
    }
    scene.is_refused(&scene.altered("cut", |bytes| bytes.truncate(length - 4096)), "is damaged");
    // A page in the middle of a table is noise.
    let page = 4096 * 2;
    scene.is_refused(&scene.altered("noise", |bytes| bytes[page..page + 4096].fill(0xa5)), "is damaged");

    let newer = scene.altered("newer", |bytes| bytes[60..64].copy_from_slice(&99_u32.to_be_bytes()));
    scene.is_refused(&newer, "newer Bowline");
}

#[test]
fn restore_does_not_wait_for_a_pipe_and_does_not_restore_a_database_onto_itself() {
    let scene = Scene::new();
    let pipe = scene.directory.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    scene.is_refused(&pipe, "is not a file");
    let database = scene.server.database();
    let output = bowline_in(&scene.server.data_dir, &["restore", database.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && said.contains("already contains bowline.db"), "{said}");
    scene.server.owner().creates_client("my-organization");
    is_sound(&scene.server.data_dir);
}

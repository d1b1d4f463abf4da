//! What a large change may have to take back is written beside the database, and nowhere else.

use std::path::Path;
use std::process::Command;

use crate::harness::{Server, sample_of_2018};

/// Runs what is added to it where nothing can be written to the places that are for temporary files. `None`, and said so,
/// where this may not be had.
fn without_temporary_places() -> Option<Command> {
    let mount =
        "for place in /tmp /var/tmp; do mount -t tmpfs -o ro none $place || exit 1; done && cd /tmp && exec \"$@\"";
    let unshare = |rest: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", mount, "sh"]).args(rest);
        command
    };
    if unshare(&["true"]).output().is_ok_and(|output| output.status.success()) {
        return Some(unshare(&[]));
    }
    eprintln!("LEFT OUT: taking away /tmp needs root, unshare and mount");
    None
}

#[test]
fn a_large_change_needs_no_room_elsewhere() {
    let Some(command) = without_temporary_places() else { return };
    let place = tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
    let server = Server::demo_by(command, &place.path().join("data"));
    let owner = server.owner();
    owner.creates_organization("large");
    for _ in 0..200 {
        owner.post("/organizations/large/oauth-clients", &sample_of_2018()).is(201);
    }
    owner.delete("/organizations/large").is_done();
    owner.creates_client("my-organization");
    assert!(server.stop().success());
}

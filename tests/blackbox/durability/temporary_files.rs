//! What a large change may have to take back is written beside the database, and nowhere else.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::harness::{Server, sample_of_2018, temporary};

/// Runs what is added to it where nothing can be written in the places that are for temporary files, but for `data`. `None`,
/// and said so, where this may not be had.
fn without_temporary_places(data: &Path) -> Option<Command> {
    let mount = "mount --bind \"$0\" \"$0\" || exit 1
                 for place in /tmp /var/tmp; do
                     mount --rbind $place $place && mount -o remount,bind,ro $place || exit 1
                 done
                 cd /tmp && ! touch /tmp/file /var/tmp/file 2> /dev/null && exec \"$@\"";
    let unshare = |rest: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", mount]).arg(data).args(rest);
        command
    };
    if unshare(&["true"]).output().is_ok_and(|output| output.status.success()) {
        return Some(unshare(&[]));
    }
    eprintln!("LEFT OUT: closing /tmp needs root, unshare and mount");
    None
}

#[test]
fn a_large_change_needs_no_room_elsewhere() {
    let place = temporary();
    let data = place.path().join("data");
    fs::create_dir(&data).unwrap();
    let Some(command) = without_temporary_places(&data) else { return };
    let server = Server::demo_by(command, &data);
    let owner = server.owner();
    owner.creates_organization("large");
    for _ in 0..200 {
        owner.post("/organizations/large/oauth-clients", &sample_of_2018()).is(201);
    }
    owner.delete("/organizations/large").is_done();
    owner.creates_client("my-organization");
    assert!(server.stop().success());
}

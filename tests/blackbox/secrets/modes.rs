//! Who can read the files and reach the sockets.

use std::fs;
use std::path::{Path, PathBuf};

use super::mode;
use crate::harness::{Server, temporary};

#[test]
fn nobody_else_can_read_the_data_directory_or_anything_in_it() {
    let server = Server::demo();
    server.owner().creates_client("my-organization");
    assert_eq!(mode(&server.data_dir), 0o700);
    for name in ["bowline.db", "bowline.db-wal", "bowline.db-shm", "master.key", "bowline.lock"] {
        assert_eq!(mode(&server.data_dir.join(name)), 0o600, "{name}");
    }
    for entry in fs::read_dir(&server.data_dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
    }
}

#[test]
fn nobody_else_can_reach_the_socket_behind_the_gate() {
    let outer = temporary();
    // The second one is too long for a socket, which then lies elsewhere.
    for name in ["short".to_owned(), "long".repeat(30)] {
        let _server = Server::demo_with_temporary_files_in(outer.path(), &outer.path().join(name));
        let sockets = unix_sockets_below(outer.path());
        assert_eq!(sockets.len(), 2, "of the server, and of the providers that it plays: {sockets:?}");
        for socket in sockets {
            let directory = socket.parent().expect("a directory");
            assert_eq!(mode(directory), 0o700, "{}", directory.display());
        }
    }
}

/// The Unix sockets that somebody listens on there.
fn unix_sockets_below(directory: &Path) -> Vec<PathBuf> {
    let all = fs::read_to_string("/proc/net/unix").expect("the sockets of this machine");
    let columns = all.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    // Connections to it have the same path, and another state.
    let is_listening = |columns: &Vec<&str>| columns.len() == 8 && columns[5] == "01" && columns[3] == "00010000";
    let paths = columns.filter(is_listening).map(|columns| PathBuf::from(columns[7]));
    paths.filter(|path| path.starts_with(directory)).collect()
}

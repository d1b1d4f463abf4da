//! The write-ahead log is folded into the database.

use std::fs;
use std::time::Instant;

use crate::harness::{PATIENCE, Server};

#[test]
fn the_log_is_folded_into_the_database_in_quiet_times() {
    let server = Server::demo();
    server.owner().creates_client("my-organization");
    let log = server.data_dir.join("bowline.db-wal");
    let deadline = Instant::now() + PATIENCE;
    while fs::metadata(&log).expect("the log").len() > 0 {
        assert!(Instant::now() < deadline, "the log is still there");
        std::thread::yield_now();
    }
    assert_eq!(
        server.owner().get("/organizations/my-organization/oauth-clients").is(200).json()["data"][0]["type"],
        "oauth-clients"
    );
}

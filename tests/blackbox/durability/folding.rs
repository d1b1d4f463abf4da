//! The write-ahead log is folded into the database.

use std::fs;

use crate::harness::{Server, eventually};

#[test]
fn the_log_is_folded_into_the_database_in_quiet_times() {
    let server = Server::demo();
    server.owner().creates_client("my-organization");
    let log = server.data_dir.join("bowline.db-wal");
    eventually("the log is folded", || fs::metadata(&log).expect("the log").len() == 0);
    assert_eq!(
        server.owner().get("/organizations/my-organization/oauth-clients").is(200).json()["data"][0]["type"],
        "oauth-clients"
    );
}

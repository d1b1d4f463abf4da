//! Somebody takes the server's files away, or puts others in their place.

use std::fs;

use crate::harness::{Server, bowline_in, eventually, sample_of_2018, temporary};

const CLIENTS: &str = "/organizations/my-organization/oauth-clients";

/// The next change is not acknowledged, and the server ends and says why.
fn ends(mut server: Server, name: &str) {
    let answer = server.owner().post(CLIENTS, &sample_of_2018());
    assert_eq!(answer.status, 500, "{}", answer.body);
    eventually("the end of the server", || !server.is_running());
    assert_eq!(server.wait().code(), Some(1));
    assert!(server.log().contains(&format!("{name} was removed or replaced")), "{}", server.log());
}

#[test]
fn a_file_taken_away_under_the_server_ends_it_before_anything_is_lost() {
    for name in ["bowline.db", "bowline.db-wal"] {
        let directory = temporary();
        let data = directory.path().join("data");
        let server = Server::demo_on(&data, &[]);
        let client = server.owner().creates_client("my-organization").0;
        fs::remove_file(data.join(name)).unwrap();
        ends(server, name);
        if name == "bowline.db" {
            let output = bowline_in(&data, &["serve", "--listen", "127.0.0.1:0"]);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.code() == Some(1) && said.contains("but no bowline.db: restore a backup"), "{said}");
        } else {
            // At its end the server folded what it still had open.
            Server::demo_on(&data, &[]).owner().get(&format!("/oauth-clients/{client}")).is(200);
        }
    }
}

#[test]
fn a_file_put_in_the_place_of_the_servers_ends_it_before_anything_is_lost() {
    let server = Server::demo();
    server.owner().creates_client("my-organization");
    let directory = temporary();
    let other = directory.path().join("backup.db");
    server.cli(&["backup", other.to_str().unwrap()]);
    let here = server.data_dir.join("bowline.db.other");
    fs::copy(other, &here).unwrap();
    fs::rename(here, server.database()).unwrap();
    ends(server, "bowline.db");
}

#[test]
fn a_second_server_is_refused_and_the_first_one_does_not_notice() {
    let server = Server::demo();
    let client = server.owner().creates_client("my-organization").0;
    for subcommand in ["serve", "demo"] {
        let output = bowline_in(&server.data_dir, &[subcommand, "--listen", "127.0.0.1:0"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && said.contains("Another bowline server uses"), "{said}");
    }
    server.owner().get(&format!("/oauth-clients/{client}")).is(200);
    server.owner().creates_client("my-organization");
    assert!(server.stop().success());
}

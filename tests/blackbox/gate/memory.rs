//! What many requests and answers may take together.

use serde_json::json;

use super::raw::{CLIENTS, PING, Raw, allow_a_crowd, creation_head, eventually, get, peak_mib};
use crate::harness::{Server, sample_of_2018};

#[test]
fn answers_that_nobody_reads_take_no_more_memory_than_there_is_for_them() {
    let server = Server::demo_with(&["--write-timeout", "5s"]);
    let count = allow_a_crowd(150);
    let mut document = sample_of_2018();
    document["data"]["attributes"]["rsa-public-key"] = json!("\n".repeat(8 * 1024));
    for _ in 0..100 {
        server.owner().post("/organizations/my-organization/oauth-clients", &document).is(201);
    }
    // Each list is 1.7 MB, which is more than a socket takes from a server whose client does not read.
    let request = get(&server, CLIENTS);
    let unread: Vec<Raw> = (0..count)
        .map(|_| {
            let mut raw = Raw::with_a_small_window(&server);
            raw.send(&request);
            raw
        })
        .collect();
    // An honest request beside them.
    assert_eq!(Raw::sending(&server, PING).answer().status, 204);
    drop(unread);
    // With the others gone there is room again.
    eventually("a list is given", || Raw::sending(&server, &request).answer().status == 200);
    assert!(peak_mib(&server) < 160, "{} MiB", peak_mib(&server));
}

#[test]
fn a_document_of_very_many_values_is_refused_before_it_takes_their_memory() {
    let server = Server::demo();
    let body = format!("{{\"data\":{{\"type\":\"oauth-clients\",\"x\":[{}0]}}}}", "0,".repeat(500_000));
    let head = creation_head(&server);
    let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                // Not all of them have room at the same time.
                let mut answers = std::iter::repeat_with(|| Raw::sending(&server, &request).answer().status);
                assert_eq!(answers.find(|status| *status != 503), Some(400));
            });
        }
    });
    assert!(peak_mib(&server) < 96, "{} MiB", peak_mib(&server));
}

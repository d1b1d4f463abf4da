//! Whom a request comes from when a proxy has passed it on.

use crate::harness::{Server, bowline, bowline_in, temporary};

/// The addresses in the access log after one request with each of these values of X-Forwarded-For.
fn clients(flags: &[&str], forwarded: &[&[&str]]) -> Vec<String> {
    let mut server = Server::demo_with(flags);
    // On one connection, which logs one request before it reads the next.
    let owner = server.owner();
    for values in forwarded {
        let fields: Vec<_> = values.iter().map(|value| ("X-Forwarded-For", *value)).collect();
        owner.send("GET", "/ping", None, &fields).is_done();
    }
    drop(owner);
    server.signal(crate::harness::Signal::TERM);
    assert!(server.wait().success());
    let log = server.log();
    let lines = log.lines().filter(|line| line.contains("INFO  access]"));
    lines.map(|line| line.split(" from ").nth(1).expect("a client").split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn nobody_is_believed_by_default() {
    assert_eq!(clients(&[], &[&["198.51.100.1"]]), ["127.0.0.1"]);
    assert_eq!(clients(&["--trusted-proxy", "10.0.0.0/8,::1"], &[&["198.51.100.1"]]), ["127.0.0.1"]);
}

#[test]
fn of_what_a_trusted_proxy_passes_on_only_its_own_word_is_believed() {
    let long = format!("{}198.51.100.1", "6.6.6.6,".repeat(900));
    let asked: [&[&str]; 8] = [
        &[],
        &["198.51.100.1"],
        &["6.6.6.6, 198.51.100.1"],
        &["6.6.6.6", "198.51.100.1"],
        &["198.51.100.1, 10.0.0.7"],
        &["[2001:db8::1]:443"],
        &["198.51.100.1, garbage"],
        &[&long],
    ];
    let flags = ["--trusted-proxy", "127.0.0.1", "--trusted-proxy", "10.0.0.0/8"];
    let expected = [
        "127.0.0.1",
        "198.51.100.1",
        "198.51.100.1",
        "198.51.100.1",
        "198.51.100.1",
        "2001:db8::1",
        "127.0.0.1",
        "198.51.100.1",
    ];
    assert_eq!(clients(&flags, &asked), expected);
}

#[test]
fn no_header_changes_what_links_begin_with() {
    let server = Server::demo_with(&["--trusted-proxy", "127.0.0.1"]);
    let fields = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil.example"), ("Forwarded", "host=evil")];
    server.owner().creates_client("my-organization");
    let list = server.owner().send("GET", "/organizations/my-organization/oauth-clients", None, &fields).is(200);
    let url = list.text("/data/0/attributes/callback-url");
    assert!(url.starts_with(&server.address) && !list.body.contains("evil"), "{url}");
}

#[test]
fn a_network_that_is_none_leaves_no_trace() {
    let directory = temporary();
    let data = directory.path().join("data");
    for network in ["", "localhost", "10.0.0.0/33", "10.0.0.1/8", "127.0.0.1,,x"] {
        let arguments = ["serve", "--data-dir", data.to_str().unwrap(), "--trusted-proxy", network];
        let output = bowline(&arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.trim_end().lines().count() == 1, "{network}: {said}");
        assert!(said.contains("--trusted-proxy"), "{said}");
    }
    assert!(!data.exists());
}

#[test]
fn rate_limits_and_the_audit_trail_see_the_client_instead_of_the_proxy() {
    let directory = temporary();
    let data = directory.path().join("data");
    let server = Server::demo_on(&data, &["--trusted-proxy", "127.0.0.1", "--rate-limit", "100000"]);
    let stranger = server.with_token("nonsense");
    let status = |client: &str| stranger.send("GET", "/account/details", None, &[("X-Forwarded-For", client)]).status;
    let statuses: Vec<u16> = (0..1000).map(|_| status("198.51.100.1")).take_while(|status| *status == 401).collect();
    assert!((1..1000).contains(&statuses.len()), "{} bad tokens from one address", statuses.len());
    assert_eq!(status("198.51.100.2"), 401);
    assert!(server.stop().success());
    let audit = bowline_in(&data, &["audit", "--json"]);
    let trail = String::from_utf8(audit.stdout).unwrap();
    for client in ["198.51.100.1", "198.51.100.2"] {
        assert!(trail.contains(&format!("\"{client}\"")), "{trail}");
    }
    assert!(!trail.contains("127.0.0.1"), "{trail}");
}

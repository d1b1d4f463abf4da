//! The VCS providers that a demo plays itself: where they are served, and that `serve` has nothing of them. What they
//! answer is tested beside their code, and judged by clients of the real ones in conformance/demo-provider.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};

use serde_json::json;
use ureq::Agent;

use crate::harness::{PATIENCE, Server, WITHOUT_PROVIDERS, bowline_in, document, temporary};

struct Answer {
    status: u16,
    body: String,
}

fn send(method: &str, url: &str, headers: &[(&str, &str)]) -> Answer {
    let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build();
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = Agent::from(config).run(request.body(()).expect("a request")).expect("an answer");
    let body = response.body_mut().read_to_string().expect("text");
    Answer { status: response.status().as_u16(), body }
}

fn get(url: &str) -> Answer {
    send("GET", url, &[])
}

/// Ports that a process listens on.
fn listening_ports(process: u32) -> HashSet<u16> {
    let descriptors = fs::read_dir(format!("/proc/{process}/fd")).expect("its descriptors");
    let links = descriptors.filter_map(|entry| fs::read_link(entry.expect("an entry").path()).ok());
    let sockets: HashSet<String> =
        links.filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())).collect();
    let tables =
        ["tcp", "tcp6"].map(|name| fs::read_to_string(format!("/proc/{process}/net/{name}")).unwrap_or_default());
    let lines = tables.iter().flat_map(|table| table.lines().skip(1));
    lines
        .filter_map(|line| {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            // Address, state and inode; 0A is LISTEN.
            let (local, state, inode) = (words.get(1)?, words.get(3)?, words.get(9)?);
            let port = local.rsplit_once(':')?.1;
            (*state == "0A" && sockets.contains(*inode)).then(|| u16::from_str_radix(port, 16).expect("a port"))
        })
        .collect()
}

fn port(address: &str) -> u16 {
    address.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).expect("a port")
}

#[test]
fn a_demo_serves_them_on_a_loopback_port_of_their_own() {
    let server = Server::demo();
    let providers = server.providers().expect("announced");
    assert_eq!(listening_ports(server.process_id()), HashSet::from([port(&server.address), port(providers)]));
    assert!(server.log().contains(&format!("Demo providers: {providers}")), "{}", server.log());
    assert!(get(providers).body.contains("demo providers"));
    let gitlab = format!("{providers}/gitlab_hosted/api/v4/user");
    let answer = send("GET", &gitlab, &[("Private-Token", "glpat-anything")]);
    assert!(answer.status == 200 && answer.body.contains("\"username\":\"ada\""), "{}", answer.body);
    assert_eq!(get(&gitlab).status, 401);
    assert_eq!(send("POST", &format!("{providers}/_faults"), &[("Origin", "https://elsewhere.test")]).status, 403);
    // They know nothing of the API, and the API nothing of them.
    assert_eq!(get(&format!("{providers}/api/v2/ping")).status, 404);
    server.owner().get("!/github/api/user").is(404);
}

#[test]
fn a_public_key_is_looked_up_among_the_clients() {
    let server = Server::demo();
    let url =
        format!("{}/bitbucket_data_center/plugins/servlet/oauth/request-token", server.providers().expect("announced"));
    let says = || {
        let fields = [("consumer_key", "my-key"), ("nonce", "1"), ("timestamp", "1"), ("signature_method", "RSA-SHA1")];
        let header: Vec<String> = fields.iter().map(|(name, value)| format!("oauth_{name}=\"{value}\"")).collect();
        let answer = send("POST", &url, &[("Authorization", &format!("OAuth {}", header.join(", ")))]);
        assert_eq!(answer.status, 401);
        answer.body
    };
    assert_eq!(says(), "oauth_problem=consumer_key_unknown");
    let attributes = json!({
        "service-provider": "bitbucket_data_center", "http-url": "https://bitbucket.example.com",
        "api-url": "https://bitbucket.example.com", "key": "my-key", "secret": "not looked at",
        "rsa-public-key": "-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALbv\n-----END PUBLIC KEY-----",
    });
    server.owner().tries_client(&document("oauth-clients", attributes)).is(201);
    // It is found, and cannot be read.
    assert_eq!(says(), "oauth_problem=consumer_key_rejected");
}

#[test]
fn serve_has_no_such_listener_and_none_of_their_paths() {
    let directory = temporary();
    let data = directory.path().join("data");
    assert!(Server::demo_on(&data, &[]).stop().success());
    let server = Server::serve_on(&data, &[]);
    assert_eq!(listening_ports(server.process_id()), HashSet::from([port(&server.address)]));
    assert!(server.providers().is_none() && !server.log().contains("Demo providers"));
    for path in [
        "/_sandbox",
        "/_sandbox/reset",
        "/_faults",
        "/_style.css",
        "/github",
        "/github/login/oauth/authorize",
        "/gitlab_hosted/api/v4/user",
        "/ado_services/identity/t/oauth2/v2.0/authorize",
    ] {
        for method in ["GET", "POST", "PUT", "DELETE"] {
            server.anonymous().send(method, &format!("!{path}"), None, &[]).is(404);
        }
    }
    let output = bowline_in(&data, &["serve", "--provider-address", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(2));
    // The variable of the demo is none of serve's.
    drop(server);
    let server = Server::serve_in(&data, &[("BOWLINE_PROVIDER_ADDRESS", "127.0.0.1:0".into())]);
    assert_eq!(listening_ports(server.process_id()), HashSet::from([port(&server.address)]));
}

#[test]
fn a_fault_that_takes_long_does_not_keep_a_demo_from_stopping() {
    let server = Server::demo();
    let providers = server.providers().expect("announced").to_owned();
    let form = "kind=github&fault=slow&milliseconds=30000";
    let answer = ureq::post(format!("{providers}/_faults")).send(form).expect("an answer");
    // The front page, where the form leads back to.
    assert_eq!(answer.status(), 200);
    let address = providers.trim_start_matches("http://");
    let mut waiting = TcpStream::connect(address).expect("connects");
    let request = format!("GET /github/api/user HTTP/1.1\r\nHost: {address}\r\n\r\n");
    waiting.write_all(request.as_bytes()).expect("written");
    assert_eq!(get(&format!("{providers}/_faults")).status, 200);
    let log = server.last_words();
    assert!(!log.contains("took too long"), "{log}");
}

#[test]
fn a_demo_without_them_has_no_such_listener() {
    let server = Server::demo_with(&WITHOUT_PROVIDERS);
    assert!(server.providers().is_none());
    assert_eq!(listening_ports(server.process_id()), HashSet::from([port(&server.address)]));
}

#[test]
fn an_address_that_others_reach_or_that_is_taken_leaves_no_trace() {
    let directory = temporary();
    let data = directory.path().join("data");
    let occupant = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = occupant.local_addr().unwrap().to_string();
    for (address, words) in [
        ("0.0.0.0:0", "must be a loopback address"),
        ("[::]:0", "must be a loopback address"),
        (&*taken, "is in use by another program"),
        ("nonsense", "Cannot listen on nonsense"),
        ("", "Cannot listen on "),
    ] {
        let output = bowline_in(&data, &["demo", "--listen", "127.0.0.1:0", "--provider-address", address]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(words), "{address}: {said}");
        assert!(!data.exists(), "{address}");
    }
}

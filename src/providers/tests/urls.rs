//! Where no call may go. Listeners stand where the URLs of the table would lead, and nothing arrives there.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::imitation::{Imitation, json, reply};
use super::*;

/// `PORT` is that of the listeners.
const REFUSED: [&str; 103] = [
    // No URL, or not one of ours.
    "",
    "PORT",
    "127.0.0.1:PORT",
    "//127.0.0.1:PORT",
    "file:///etc/passwd",
    "file://127.0.0.1:PORT/",
    "gopher://127.0.0.1:PORT/_GET",
    "ftp://127.0.0.1:PORT/",
    "dict://127.0.0.1:PORT/",
    "ldap://127.0.0.1:PORT/",
    "ws://127.0.0.1:PORT/",
    "unix:///run/x.sock",
    "data:text/plain,x",
    "javascript:alert(1)",
    "http:127.0.0.1:PORT",
    "http:/127.0.0.1:PORT",
    "http:///127.0.0.1:PORT",
    "http://",
    "http://:PORT",
    "http://127.0.0.1:0/",
    "http://127.0.0.1:65536/",
    "http://[::1/",
    "http://[127.0.0.1]:PORT/",
    // User information, queries, fragments.
    "http://a@127.0.0.1:PORT/",
    "http://a:b@127.0.0.1:PORT/",
    "http://@127.0.0.1:PORT/",
    "http://:@127.0.0.1:PORT/",
    "http://github.test@127.0.0.1:PORT/",
    "http://github.test:443@127.0.0.1:PORT/",
    "http://github.test#@127.0.0.1:PORT/",
    "http://github.test?@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT/?x",
    "http://127.0.0.1:PORT/#x",
    // What parsers disagree about.
    "http://127.0.0.1:PORT\\@github.test/",
    "http:\\\\127.0.0.1:PORT\\",
    "http://127.0.0.1\t:PORT/",
    "http://127.0.0.1:PORT/\r\nHost: github.test",
    " http://127.0.0.1:PORT/",
    "http://127.0.0.1:PORT/ ",
    "ht\ntp://127.0.0.1:PORT/",
    "http://127.0.0.1\0.github.test:PORT/",
    "http://127.0.0.1%00.github.test:PORT/",
    "http://127.0.0.1%0d%0a:PORT/",
    "http://127.0.0.1%2f@github.test:PORT/",
    // Loopback, in every spelling.
    "http://127.0.0.1:PORT/",
    "https://127.0.0.1:PORT/",
    "HTTP://127.0.0.1:PORT/",
    "http://127.0.0.1.:PORT/",
    "http://127.1:PORT/",
    "http://127.0.1:PORT/",
    "http://127.000.000.001:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://0x7f.1:PORT/",
    "http://0x7f.0.0.0x1:PORT/",
    "http://0x7f000001:PORT/",
    "http://2130706433:PORT/",
    "http://017700000001:PORT/",
    "http://%31%32%37.0.0.1:PORT/",
    "http://①②⑦.0.0.1:PORT/",
    "http://127。0。0。1:PORT/",
    "http://127.0.0.2:PORT/",
    "http://127.255.255.254:PORT/",
    "http://[::1]:PORT/",
    "http://[0:0:0:0:0:0:0:1]:PORT/",
    "http://[0000::0001]:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://[::ffff:7f00:1]:PORT/",
    "http://[::127.0.0.1]:PORT/",
    "http://[64:ff9b::7f00:1]:PORT/",
    "http://[2002:7f00:1::]:PORT/",
    "http://[::1%25lo]:PORT/",
    // This host, in general.
    "http://0:PORT/",
    "http://0.0.0.0:PORT/",
    "http://0.1.2.3:PORT/",
    "http://[::]:PORT/",
    "http://[::ffff:0.0.0.0]:PORT/",
    // Metadata and link-local addresses.
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.169.254:PORT/",
    "http://169.254.170.2/v2/credentials",
    "http://0xa9fea9fe/",
    "http://2852039166/",
    "http://0251.0376.0251.0376/",
    "http://169.254.43518/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[::169.254.169.254]/",
    "http://[64:ff9b::169.254.169.254]/",
    "http://[64:ff9b:1::169.254.169.254]/",
    "http://[2002:a9fe:a9fe::1]/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://[fe80::1]/",
    "http://100.100.100.200/latest/meta-data/",
    "http://168.63.129.16/",
    // More than one host.
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[ff02::1]/",
    // Names.
    "http://localhost:PORT/",
    "http://LOCALHOST.:PORT/",
    "http://loopback.test:PORT/",
    "http://metadata.test/",
    "http://mixed.test:PORT/",
    "http://mapped.test:PORT/",
    "http://nothing.test:PORT/",
];

fn names(host: &str, port: u16) -> Vec<SocketAddr> {
    let addresses: &[&str] = match host.trim_end_matches('.') {
        "localhost" => &["127.0.0.1", "::1"],
        "loopback.test" => &["127.0.0.1"],
        "metadata.test" => &["169.254.169.254"],
        // One good address does not make up for a bad one, wherever it stands.
        "mixed.test" => &["10.255.255.1", "127.0.0.1"],
        "mapped.test" => &["::ffff:127.0.0.1"],
        _ => &[],
    };
    addresses.iter().map(|text| SocketAddr::new(text.parse::<IpAddr>().expect(text), port)).collect()
}

#[test]
fn nothing_arrives_where_nothing_may_go() {
    let v4 = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = v4.local_addr().unwrap().port();
    let mut listeners = vec![v4];
    for address in ["127.0.0.2", "127.255.255.254", "::1"] {
        // Not every machine has the new protocol.
        listeners.extend(TcpListener::bind((address.parse::<IpAddr>().unwrap(), port)));
    }
    let outbound = outbound_for(names, settings(&[]));
    let token = secret("needle");
    for template in REFUSED {
        let url = template.replace("PORT", &port.to_string());
        let asked = Endpoints::of(ServiceProvider::GitHub, "https://github.test", &url, None).and_then(|endpoints| {
            of_kind(ServiceProvider::GitHub, endpoints, &outbound).user(&Access::Stored(&token), None)
        });
        let failure = asked.expect_err(&url);
        let is_refused = matches!(failure, Failure::Url(_) | Failure::RefusedAddress(_) | Failure::Unresolvable);
        assert!(is_refused, "{url:?}: {failure}");
        assert!(!failure.to_string().contains("needle"));
    }
    for listener in listeners {
        listener.set_nonblocking(true).unwrap();
        let arrived = listener.accept();
        assert_eq!(arrived.map_err(|e| e.kind()).err(), Some(ErrorKind::WouldBlock), "{:?}", listener.local_addr());
    }
}

#[test]
fn own_listeners_are_refused_where_only_their_network_is_allowed() {
    let imitation = Imitation::saying(json(200, r#"{"login": "ada"}"#));
    let own_ports = vec![imitation.address.port()];
    let ask = |allowed: &str| {
        let outbound = Outbound::new(Settings { own_ports: own_ports.clone(), ..settings(&[allowed]) }, environment());
        let outbound = outbound.expect("outbound");
        let user = played(ServiceProvider::GitHub, &imitation, &outbound).user(&Access::Stored(&secret("t")), None);
        user.map(|user| user.name)
    };
    assert_eq!(ask("127.0.0.0/8"), Err(Failure::OwnListener(imitation.address.ip())));
    assert!(imitation.seen().is_empty());
    assert_eq!(ask(&imitation.address.to_string()).as_deref(), Ok("ada"));
}

/// A name is looked up for each call, once, and the connection goes where that look-up said.
#[test]
fn a_name_that_changes_its_address_is_checked_each_time() {
    let imitation = Imitation::saying(json(200, r#"{"login": "ada"}"#));
    let address = imitation.address;
    let lookups = Arc::new(AtomicUsize::new(0));
    let counter = lookups.clone();
    let changing = move |_: &str, port: u16| {
        let first = counter.fetch_add(1, Ordering::SeqCst) == 0;
        vec![if first { address } else { SocketAddr::new("127.0.0.2".parse().unwrap(), port) }]
    };
    let outbound = outbound_for(changing, settings(&["127.0.0.1"]));
    let url = format!("http://git.test:{}", address.port());
    let endpoints = Endpoints::of(ServiceProvider::GitHub, &url, &url, None).unwrap();
    let provider = of_kind(ServiceProvider::GitHub, endpoints, &outbound);
    let token = secret("t");
    assert!(provider.user(&Access::Stored(&token), None).is_ok());
    assert_eq!(imitation.only().header("host"), Some(format!("git.test:{}", address.port()).as_str()));
    let second = provider.user(&Access::Stored(&token), None);
    assert_eq!(second, Err(Failure::RefusedAddress("127.0.0.2".parse().unwrap())));
    assert_eq!(lookups.load(Ordering::SeqCst), 2);
}

#[test]
fn redirects_lead_nowhere_else() {
    let other = TcpListener::bind("127.0.0.1:0").expect("a port");
    let elsewhere = other.local_addr().unwrap();
    for location in [
        format!("http://{elsewhere}/api/user"),
        format!("//{elsewhere}/api/user"),
        format!("http://127.0.0.1@{elsewhere}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "https://127.0.0.1/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "http://[".to_owned(),
    ] {
        for status in [301, 302, 303, 307, 308] {
            let imitation = Imitation::saying(reply(status, &[&format!("location: {location}")], ""));
            let outbound = outbound();
            let provider = played(ServiceProvider::GitHub, &imitation, &outbound);
            let failure = provider.user(&Access::Stored(&secret("t")), None).expect_err(&location);
            assert!(matches!(failure, Failure::ForeignLink | Failure::Malformed(_)), "{location}: {failure}");
            let failure = provider.exchange(&application(&secret("s")), &CODE).expect_err(&location);
            assert_eq!(failure, Failure::Redirected, "{location}");
        }
    }
    other.set_nonblocking(true).unwrap();
    assert_eq!(other.accept().map_err(|e| e.kind()).err(), Some(ErrorKind::WouldBlock));
}

#[test]
fn a_redirect_within_the_origin_is_followed_three_times() {
    let hops = |n: usize| {
        Imitation::start(move |seen| {
            let at = seen.query("hop").map_or(0, |hop| hop.parse().unwrap());
            if at == n {
                json(200, r#"{"login": "ada"}"#)
            } else {
                reply(301, &[&format!("location: ?hop={}", at + 1)], "")
            }
        })
    };
    let outbound = outbound();
    let (three, four) = (hops(3), hops(4));
    let user =
        |imitation| played(ServiceProvider::GitHub, imitation, &outbound).user(&Access::Stored(&secret("t")), None);
    assert_eq!(user(&three).unwrap().name, "ada");
    assert_eq!(user(&four), Err(Failure::Redirected));
    assert_eq!(four.seen().len(), 4);
}

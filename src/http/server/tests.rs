//! The real loop, with the real gate in front of it and handlers that do what ours must not.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::gate::journal::{Entry, Journal};
use crate::gate::limits::Limits;
use crate::gate::proxies::Proxies;
use crate::gate::{Gate, Settings};

const PATIENCE: Duration = Duration::from_secs(60);

/// `/panic` panics, `/held` is answered when the test says so, everything else at once.
struct Fragile {
    is_held: Mutex<Sender<()>>,
    let_go: Mutex<Receiver<()>>,
}

impl Service for Fragile {
    fn handle(&self, request: Request, _: &WorkerSlot<'_>) -> Reply {
        match request.path[0].as_str() {
            "panic" => panic!("as asked for"),
            "held" => {
                self.is_held.lock().unwrap_or_else(PoisonError::into_inner).send(()).unwrap();
                self.let_go.lock().unwrap_or_else(PoisonError::into_inner).recv().unwrap();
            }
            _ => {}
        }
        Reply::new(200).with_body("text/plain", &*request.body)
    }

    fn malformed(&self) -> Reply {
        Reply::new(400)
    }

    fn failed(&self) -> Reply {
        Reply::new(500)
    }
}

struct NoRecords;

impl Journal for NoRecords {
    fn answered(&self, _: Entry) {}
}

struct Running {
    gate: Gate,
    server: Server,
    held: Receiver<()>,
    go: Sender<()>,
    _directory: TempDir,
}

/// Two workers, behind a gate.
fn run(queue: Duration, handling: Duration) -> Running {
    run_with_places(64, queue, handling)
}

fn run_with_places(connections: usize, queue: Duration, handling: Duration) -> Running {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let (is_held, held) = mpsc::channel();
    let (go, let_go) = mpsc::channel();
    let service = Fragile { is_held: Mutex::new(is_held), let_go: Mutex::new(let_go) };
    let fatal = |why: String| panic!("{why}");
    let server =
        Server::start(UnixListener::bind(&path).unwrap(), Workers { count: 2, at_work: 2 }, service, fatal).unwrap();
    let limits =
        Limits { connections, head: PATIENCE, body: PATIENCE, write: PATIENCE, idle: PATIENCE, queue, handling };
    let gate = Gate::open(Settings {
        headers: vec!["Authorization"],
        listener: TcpListener::bind("127.0.0.1:0").unwrap(),
        behind: &path,
        private_connections: 2,
        limits,
        journal: Arc::new(NoRecords),
        tls: None,
        is_strict: false,
        proxies: Proxies::default(),
        at_once: Some(Box::new(|request: &[u8]| {
            request
                .starts_with(b"GET /health ")
                .then(|| written(&Reply::new(200).with_body("text/plain", b"hello".to_vec())))
        })),
    })
    .unwrap();
    Running { gate, server, held, go, _directory: directory }
}

impl Running {
    fn asks(&self, target: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.gate.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        send(&mut stream, target);
        stream
    }

    fn stop(self) {
        self.gate.close(PATIENCE);
        self.server.close();
    }
}

fn send(stream: &mut TcpStream, target: &str) {
    let request = format!("POST {target} HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
    stream.write_all(request.as_bytes()).unwrap();
}

/// The head of the next answer; its body, if it has one, is read too.
fn answer(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.split("Content-Length: ").nth(1).unwrap().split("\r\n").next().unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    assert!(!head.starts_with("HTTP/1.1 200") || body == b"hello", "{head}");
    head
}

fn status(stream: &mut TcpStream) -> u16 {
    answer(stream)[9..12].parse().unwrap()
}

#[test]
fn what_is_answered_at_once_waits_for_no_other_request() {
    let running = run(PATIENCE, PATIENCE);
    let held: Vec<TcpStream> = (0..3).map(|_| running.asks("/held")).collect();
    (0..2).for_each(|_| running.held.recv().unwrap());
    let mut stream = TcpStream::connect(running.gate.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    for _ in 0..2 {
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
        assert_eq!(status(&mut stream), 200);
    }
    (0..3).for_each(|_| running.go.send(()).unwrap());
    for mut client in held {
        assert_eq!(status(&mut client), 200);
    }
    running.stop();
}

#[test]
fn a_panic_costs_one_answer_and_no_worker() {
    let running = run(PATIENCE, PATIENCE);
    let mut clients: Vec<TcpStream> = (0..4).map(|_| running.asks("/panic")).collect();
    for client in &mut clients {
        assert_eq!(status(client), 500);
    }
    for n in 0..1000 {
        let client = &mut clients[n % 4];
        send(client, if n % 100 == 99 { "/panic" } else { "/fine" });
        assert_eq!(status(client), if n % 100 == 99 { 500 } else { 200 }, "request {n}");
    }
    // Both workers are still there: each holds one of these.
    let mut held = [running.asks("/held"), running.asks("/held")];
    held.iter().for_each(|_| running.held.recv_timeout(PATIENCE).unwrap());
    held.iter().for_each(|_| running.go.send(()).unwrap());
    held.iter_mut().for_each(|client| assert_eq!(status(client), 200));
    drop((clients, held));
    running.stop();
}

#[test]
fn with_all_workers_taken_others_are_told_to_try_again() {
    let running = run(Duration::from_secs(1), PATIENCE);
    let mut held = [running.asks("/held"), running.asks("/held")];
    held.iter().for_each(|_| running.held.recv_timeout(PATIENCE).unwrap());
    let mut others: Vec<TcpStream> = (0..10).map(|_| running.asks("/fine")).collect();
    for other in &mut others {
        let head = answer(other);
        assert!(head.starts_with("HTTP/1.1 503 ") && head.contains("\r\nRetry-After: 1\r\n"), "{head}");
    }
    held.iter().for_each(|_| running.go.send(()).unwrap());
    held.iter_mut().for_each(|client| assert_eq!(status(client), 200));
    assert_eq!(status(&mut running.asks("/fine")), 200);
    drop((held, others));
    running.stop();
}

#[test]
fn with_all_connections_being_served_a_newcomer_is_told_to_try_again() {
    let running = run_with_places(2, PATIENCE, PATIENCE);
    let mut held = [running.asks("/held"), running.asks("/held")];
    held.iter().for_each(|_| running.held.recv_timeout(PATIENCE).unwrap());
    for _ in 0..10 {
        let mut newcomer = TcpStream::connect(running.gate.address()).unwrap();
        let head = answer(&mut newcomer);
        assert!(head.starts_with("HTTP/1.1 503 ") && head.contains("\r\nRetry-After: 1\r\n"), "{head}");
        assert_eq!(newcomer.read(&mut [0]).unwrap(), 0);
    }
    held.iter().for_each(|_| running.go.send(()).unwrap());
    held.iter_mut().for_each(|client| assert_eq!(status(client), 200));
    assert_eq!(status(&mut running.asks("/fine")), 200);
    drop(held);
    running.stop();
}

#[test]
fn a_handler_that_takes_too_long_is_given_up_and_the_others_go_on() {
    let running = run(PATIENCE, Duration::from_secs(2));
    let mut held = running.asks("/held");
    running.held.recv_timeout(PATIENCE).unwrap();
    assert_eq!(status(&mut held), 504);
    for _ in 0..100 {
        assert_eq!(status(&mut running.asks("/fine")), 200);
    }
    running.go.send(()).unwrap();
    // Its private connection is replaced: two can be at it again.
    let mut both = [running.asks("/held"), running.asks("/held")];
    both.iter().for_each(|_| running.held.recv_timeout(PATIENCE).unwrap());
    both.iter().for_each(|_| running.go.send(()).unwrap());
    both.iter_mut().for_each(|client| assert!(matches!(status(client), 200 | 504)));
    drop((held, both));
    running.stop();
}

#[test]
fn closing_finishes_what_is_in_hand() {
    let running = run(PATIENCE, PATIENCE);
    let mut held = [running.asks("/held"), running.asks("/held")];
    held.iter().for_each(|_| running.held.recv_timeout(PATIENCE).unwrap());
    let mut waiting: Vec<TcpStream> = (0..5).map(|_| running.asks("/fine")).collect();
    let mut idle = TcpStream::connect(running.gate.address()).unwrap();
    let Running { gate, server, go, .. } = running;
    thread::scope(|scope| {
        scope.spawn(|| gate.close(PATIENCE));
        // The idle one's end tells that closing has begun.
        assert_eq!(idle.read(&mut [0]).unwrap(), 0);
        (0..2).for_each(|_| go.send(()).unwrap());
        for client in held.iter_mut().chain(&mut waiting) {
            assert_eq!(status(client), 200);
        }
        drop((held, waiting, idle));
    });
    server.close();
}

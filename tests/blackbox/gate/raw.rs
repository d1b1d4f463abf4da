//! A client that writes its own bytes, and a look at the process that answers them.

use std::collections::HashSet;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::Value;
use socket2::{Domain, SockRef, Socket, Type};

use crate::harness::{Server, sample_of_2018};

/// How long anything may take that is only waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the process may take whatever it is sent, and what `docs/benchmarks.md` names.
pub const MOST_MIB: usize = 128;

pub const PING: &[u8] = b"GET /api/v2/ping HTTP/1.1\r\nHost: h\r\n\r\n";
pub const CLIENTS: &str = "/api/v2/organizations/my-organization/oauth-clients";

pub struct Raw {
    pub stream: TcpStream,
    pending: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    /// The status line and the fields.
    pub head: String,
    pub body: String,
}

impl Raw {
    pub fn open(server: &Server) -> Raw {
        Raw { stream: server.connect(), pending: Vec::new() }
    }

    /// A new connection that has already sent something.
    pub fn sending(server: &Server, bytes: impl AsRef<[u8]>) -> Raw {
        let mut raw = Raw::open(server);
        raw.send(bytes);
        raw
    }

    /// Takes little of an answer before it has read it.
    pub fn with_a_small_window(server: &Server) -> Raw {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a small buffer");
        Raw::connecting(socket, server)
    }

    pub fn from_address(server: &Server, address: [u8; 4]) -> Raw {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.bind(&SocketAddr::from((address, 0)).into()).expect("an address of this machine");
        Raw::connecting(socket, server)
    }

    fn connecting(socket: Socket, server: &Server) -> Raw {
        socket.connect(&server.socket_address().into()).expect("connects");
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        Raw { stream, pending: Vec::new() }
    }

    /// Hangs up without a farewell.
    pub fn resets(self) {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).expect("linger");
    }

    /// Writes as much as is taken: a server may refuse and close while a client is still writing.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).is_ok()
    }

    pub fn says_no_more(&self) {
        self.stream.shutdown(Shutdown::Write).expect("a connection");
    }

    /// The next answer.
    #[track_caller]
    pub fn answer(&mut self) -> Reply {
        self.next(true).expect("an answer")
    }

    /// The next answer, to a HEAD.
    #[track_caller]
    pub fn answer_to_head(&mut self) -> Reply {
        self.next(false).expect("an answer")
    }

    /// The next answer, or `None` where the connection ends before it begins.
    #[track_caller]
    pub fn next(&mut self, has_body: bool) -> Option<Reply> {
        let end = loop {
            if let Some(at) = self.pending.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break at + 4;
            }
            if !self.fill() {
                assert!(self.pending.is_empty(), "half an answer: {:?}", String::from_utf8_lossy(&self.pending));
                return None;
            }
        };
        let head = String::from_utf8(self.pending.drain(..end).collect()).expect("text");
        let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok()).expect("a status");
        let mut reply = Reply { status, head, body: String::new() };
        if has_body && status >= 200 && status != 204 {
            let length: usize = reply.field("Content-Length").expect("a length").parse().expect("a number");
            while self.pending.len() < length {
                assert!(self.fill(), "an answer of {length} bytes breaks off after {}", self.pending.len());
            }
            reply.body = String::from_utf8(self.pending.drain(..length).collect()).expect("text");
        }
        Some(reply)
    }

    /// Asserts that nothing more comes and that the server has closed the connection.
    #[track_caller]
    pub fn is_over(&mut self) {
        assert!(!self.fill(), "more came: {:?}", String::from_utf8_lossy(&self.pending));
        assert!(self.pending.is_empty(), "more came: {:?}", String::from_utf8_lossy(&self.pending));
    }

    /// `false` at the end, be it an orderly one or a reset.
    #[track_caller]
    fn fill(&mut self) -> bool {
        let mut bytes = [0; 64 * 1024];
        match self.stream.read(&mut bytes) {
            Ok(0) => false,
            Ok(read) => {
                self.pending.extend_from_slice(&bytes[..read]);
                true
            }
            Err(e) if matches!(e.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => false,
            Err(e) => panic!("neither an answer nor an end: {e}"),
        }
    }
}

impl Reply {
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        fields.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Asserts one of the gate's own answers: an errors document, and the last one on its connection.
    #[track_caller]
    pub fn is_refusal(&self, status: u16) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.field("Connection"), Some("close"), "{self:?}");
        assert_eq!(self.field("Content-Type"), Some("application/vnd.api+json"), "{self:?}");
        let document: Value = serde_json::from_str(&self.body).expect("a document");
        assert_eq!(document["errors"][0]["status"], status.to_string(), "{self:?}");
        assert!(document["errors"][0]["detail"].is_string(), "{self:?}");
    }
}

/// Sends `bytes` on a new connection, and asserts that exactly one answer comes: a refusal, after which the connection
/// is closed.
#[track_caller]
pub fn is_refused(server: &Server, bytes: impl AsRef<[u8]>, status: u16) {
    let mut raw = Raw::sending(server, bytes);
    raw.answer().is_refusal(status);
    raw.is_over();
}

/// A whole request that would create an OAuth client, if only it were executed.
pub fn creation(server: &Server) -> String {
    let body = sample_of_2018().to_string();
    let length = body.len();
    format!("{}Content-Length: {length}\r\n\r\n{body}", creation_head(server))
}

/// The head of such a request, without its framing and its end.
pub fn creation_head(server: &Server) -> String {
    let token = server.owner().token.expect("a token");
    format!(
        "POST {CLIENTS} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/vnd.api+json\r\n"
    )
}

/// A whole GET of `target`, by the demo's user.
pub fn get(server: &Server, target: &str) -> String {
    let token = server.owner().token.expect("a token");
    format!("GET {target} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\n\r\n")
}

/// How many OAuth clients there are: what has been executed of all the creations.
#[track_caller]
pub fn created(server: &Server) -> usize {
    let list = server.owner().get("/organizations/my-organization/oauth-clients").is(200);
    list.at("/data").as_array().expect("a list").len()
}

/// Each connection needs a descriptor, in this process, which many tests share. Gives how many there may be:
/// `wanted`, or what a machine with a low hard limit leaves to one test.
pub fn allow_connections(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).expect("a higher limit");
    let most = limit.maximum.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
    wanted.min(most / 8)
}

/// All of them. More workers and private connections are started when they are needed, and stay.
pub fn threads(server: &Server) -> usize {
    tasks(server).count()
}

/// Those that serve a client.
pub fn connection_threads(server: &Server) -> usize {
    let serves =
        |task: &fs::DirEntry| fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name == "connection\n");
    tasks(server).filter(serves).count()
}

fn tasks(server: &Server) -> impl Iterator<Item = fs::DirEntry> {
    fs::read_dir(format!("/proc/{}/task", server.process_id())).expect("a process").flatten()
}

pub fn descriptors(server: &Server) -> usize {
    open_files(server).count()
}

/// Those that clients are at the other end of, and the listening ones.
pub fn tcp_sockets(server: &Server) -> usize {
    let table =
        |name: &str| fs::read_to_string(format!("/proc/{}/net/{name}", server.process_id())).unwrap_or_default();
    let tables = table("tcp") + &table("tcp6");
    let inodes: HashSet<&str> = tables.lines().filter_map(|line| line.split_whitespace().nth(9)).collect();
    let is_tcp = |entry: &fs::DirEntry| {
        let target = fs::read_link(entry.path()).unwrap_or_default();
        let inode = target.to_str().and_then(|target| target.strip_prefix("socket:[")?.strip_suffix("]"));
        inode.is_some_and(|inode| inodes.contains(inode))
    };
    open_files(server).filter(is_tcp).count()
}

/// A server hides what it has open from everybody but root: for others there is nothing to count, and nothing shown.
fn open_files(server: &Server) -> impl Iterator<Item = fs::DirEntry> {
    let found = match fs::read_dir(format!("/proc/{}/fd", server.process_id())) {
        Err(e) if e.kind() == ErrorKind::PermissionDenied => {
            eprintln!("LEFT OUT: only root can count the descriptors of a server");
            None
        }
        found => Some(found.expect("a process")),
    };
    found.into_iter().flatten().flatten()
}

pub fn resident_mib(server: &Server) -> usize {
    memory_mib(server, "VmRSS:")
}

/// The most that was ever resident.
pub fn peak_mib(server: &Server) -> usize {
    memory_mib(server, "VmHWM:")
}

fn memory_mib(server: &Server, what: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", server.process_id())).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix(what)).expect("its memory");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") / 1024
}

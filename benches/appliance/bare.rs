//! Bare tiny_http, beside which reads are measured: a process of its own, as Bowline is, that says the same bytes to
//! everyone.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::sync::Arc;
use std::thread;

use tiny_http::{Header, Response, Server, StatusCode};

use crate::http::Answer;
use crate::outcome::{Outcome, fail};

const HANDLERS: usize = 4;
/// What tiny_http adds by itself.
const ITS_OWN: [&str; 3] = ["Content-Length", "Date", "Server"];
/// The argument that makes this program the process.
pub const ROLE: &str = "bare-tiny-http";

pub struct Bare {
    pub address: SocketAddr,
    child: Child,
}

impl Bare {
    /// `model` is an answer of Bowline's: its fields and its size are what this one gives.
    pub fn start(model: &Answer<'_>, directory: &Path) -> Outcome<Bare> {
        let (head, body) = (directory.join("bare.head"), directory.join("bare.body"));
        fs::write(&head, model.head)?;
        fs::write(&body, model.body)?;
        let mut child = Command::new(std::env::current_exe()?)
            .arg(ROLE)
            .args([head, body])
            // It ends when this closes, however we end.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| fail("no output of bare tiny_http"))?;
        let mut bare = Bare { address: SocketAddr::from(([127, 0, 0, 1], 0)), child };
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        bare.address = line.trim().parse()?;
        Ok(bare)
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The process itself.
pub fn run(head: &Path, body: &Path) -> Outcome<()> {
    let body: Arc<[u8]> = fs::read(body)?.into();
    let head = fs::read_to_string(head)?;
    let fields: Vec<Header> = head
        .lines()
        .skip(1)
        .filter(|line| !line.is_empty() && !ITS_OWN.iter().any(|own| line.starts_with(own)))
        .map(|line| Header::from_str(line).map_err(|()| fail(format!("no header field: {line}"))))
        .collect::<Outcome<_>>()?;
    let listener = socket2::Socket::from(TcpListener::bind("127.0.0.1:0")?);
    // Accepted connections inherit it; without it every answer would wait 40 ms for an acknowledgement.
    listener.set_tcp_nodelay(true)?;
    let server = Arc::new(Server::from_listener(TcpListener::from(listener), None)?);
    for _ in 0..HANDLERS {
        let (server, fields, body) = (Arc::clone(&server), fields.clone(), Arc::clone(&body));
        thread::spawn(move || {
            while let Ok(request) = server.recv() {
                let body = io::Cursor::new(Arc::clone(&body));
                let length = body.get_ref().len();
                // A client that is gone is missed at its own end.
                let _ = request.respond(Response::new(StatusCode(200), fields.clone(), body, Some(length), None));
            }
        });
    }
    println!("{}", server.server_addr().to_ip().ok_or_else(|| fail("no address"))?);
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

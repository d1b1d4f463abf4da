//! Reads while a VCS provider never answers: 200 connections ask for its repositories all the time.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::bowline::Bowline;
use crate::ground::{Ground, ORGANIZATION};
use crate::http::{self, Connection};
use crate::load::{Load, Pace};
use crate::outcome::{Outcome, fail};
use crate::rounds::Pair;

/// Calls that wait for the provider, or for their turn to.
const CALLS: usize = 200;
const CONNECTIONS: usize = 16;
/// What is refused because too many calls are under way is asked again after this.
const AGAIN: Duration = Duration::from_millis(250);

pub struct Hanging {
    server: Bowline,
    reads: Load,
    calls: Vec<u8>,
    _provider: TcpListener,
}

impl Hanging {
    pub fn start(directory: &Path) -> Outcome<Hanging> {
        // Its backlog takes the connections, and nothing ever reads from them.
        let provider = TcpListener::bind("127.0.0.1:0")?;
        let address = provider.local_addr()?.to_string();
        let ground = Ground::empty(directory, "hanging")?;
        let server = Bowline::serve_with(&ground.data_dir, &["--allow-provider-address", &address])?;
        let mut connection = Connection::open(server.address)?;
        let attributes = format!(
            r#"{{"service-provider":"gitlab_community_edition","http-url":"http://{address}","api-url":"http://{address}/api/v4","oauth-token-string":"x"}}"#
        );
        let document = format!(r#"{{"data":{{"type":"oauth-clients","attributes":{attributes}}}}}"#);
        let path = format!("/api/v2/organizations/{ORGANIZATION}/oauth-clients");
        let created = connection.ask(&http::post(&path, ground.token(), &document))?;
        let body = String::from_utf8_lossy(created.body).into_owned();
        let token = id(&body, "ot-").ok_or_else(|| fail(body.clone()))?;
        let calls = http::get(&format!("/api/v2/oauth-tokens/{token}/authorized-repos"), ground.token());
        let reads = Load { address: server.address, requests: ground.reads()?, status: 200 };
        Ok(Hanging { server, reads, calls, _provider: provider })
    }

    /// Beside the same reads without such calls.
    pub fn round(&self, period: Duration) -> Outcome<Pair<Pace>> {
        let beside = self.reads.run(CONNECTIONS, period)?;
        let is_over = AtomicBool::new(false);
        let bowline = thread::scope(|scope| {
            for _ in 0..CALLS {
                scope.spawn(|| call(self.server.address, &self.calls, &is_over));
            }
            let pace = self.reads.run(CONNECTIONS, period);
            is_over.store(true, Ordering::SeqCst);
            pace
        })?;
        Ok(Pair { bowline, beside })
    }
}

/// Asks until it is told that it is over; closes the connection on which a call still hangs then.
fn call(address: SocketAddr, request: &[u8], is_over: &AtomicBool) {
    use std::io::{Read, Write};
    let Ok(mut stream) = TcpStream::connect(address) else { return };
    if stream.set_read_timeout(Some(AGAIN)).is_err() {
        return;
    }
    let mut buffer = [0; 4096];
    let mut is_answered = true;
    while !is_over.load(Ordering::SeqCst) {
        if is_answered && stream.write_all(request).is_err() {
            return;
        }
        match stream.read(&mut buffer) {
            Ok(0) => return,
            Ok(_) => {
                is_answered = true;
                thread::sleep(AGAIN);
            }
            Err(_) => is_answered = false,
        }
    }
}

/// The first id with this prefix in a document.
fn id(document: &str, prefix: &str) -> Option<String> {
    let at = document.find(&format!("\"{prefix}"))? + 1;
    document[at..].split('"').next().map(str::to_owned)
}

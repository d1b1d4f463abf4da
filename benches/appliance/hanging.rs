//! Reads while a VCS provider never answers: 200 callers ask for its repositories all the time. They come from as many networks
//! and ask in four organizations, so that all calls hang that may be under way at once.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::bowline::{Bowline, command_line};
use crate::ground::{Ground, ORGANIZATION};
use crate::http::{self, Connection};
use crate::load::{Load, Pace};
use crate::outcome::{Outcome, fail};
use crate::rounds::Pair;

/// They wait for the provider, or for their turn to.
const CALLERS: usize = 200;
const ORGANIZATIONS: [&str; 4] = [ORGANIZATION, "bench-2", "bench-3", "bench-4"];
/// Four for each organization; with one processor there are workers for half of them.
const MOST_CALLS: usize = 16;
const CALLS_PER_PROCESSOR: usize = 8;
const CONNECTIONS: usize = 16;
/// What is refused because too many calls are under way is asked again after this.
const AGAIN: Duration = Duration::from_millis(250);
const PATIENCE: Duration = Duration::from_secs(30);
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

pub struct Hanging {
    server: Bowline,
    reads: Load,
    /// One for each caller.
    calls: Vec<Vec<u8>>,
    provider: TcpListener,
    metrics: SocketAddr,
}

impl Hanging {
    pub fn start(directory: &Path) -> Outcome<Hanging> {
        // Its backlog takes the connections, and nothing ever reads from them.
        let provider = TcpListener::bind("127.0.0.1:0")?;
        provider.set_nonblocking(true)?;
        let address = provider.local_addr()?.to_string();
        let ground = Ground::empty(directory, "hanging")?;
        for name in &ORGANIZATIONS[1..] {
            let arguments = ["org", "create", name, "--email", "bench@example.com", "--owner", "bench"];
            command_line(&ground.data_dir, &arguments)?;
        }
        let allowed = ["--allow-provider-address", &address, "--trusted-proxy", "127.0.0.1"];
        let flags = [&allowed[..], &["--metrics-listen", "127.0.0.1:0"]].concat();
        let server = Bowline::serve_with(&ground.data_dir, &flags)?;
        let log = fs::read_to_string(ground.data_dir.with_extension("log"))?;
        let metrics = log.split_once("metrics at http://").and_then(|(_, rest)| rest.split_once("/metrics"));
        let metrics = metrics.ok_or_else(|| fail("no metrics"))?.0.parse()?;
        let mut connection = Connection::open(server.address)?;
        let attributes = format!(
            r#"{{"service-provider":"gitlab_community_edition","http-url":"http://{address}","api-url":"http://{address}/api/v4","oauth-token-string":"x"}}"#
        );
        let document = format!(r#"{{"data":{{"type":"oauth-clients","attributes":{attributes}}}}}"#);
        let mut tokens = Vec::new();
        for organization in ORGANIZATIONS {
            let path = format!("/api/v2/organizations/{organization}/oauth-clients");
            let created = connection.ask(&http::post(&path, ground.token(), &document))?;
            let body = String::from_utf8_lossy(created.body).into_owned();
            tokens.push(id(&body, "ot-").ok_or_else(|| fail(body.clone()))?);
        }
        let calls = (0..CALLERS).map(|n| {
            let path = format!("/api/v2/oauth-tokens/{}/authorized-repos", tokens[n % tokens.len()]);
            http::get_from(&format!("198.51.100.{n}"), &path, ground.token())
        });
        let calls = calls.collect();
        let reads = Load { address: server.address, requests: ground.reads()?, status: 200 };
        Ok(Hanging { server, reads, calls, provider, metrics })
    }

    /// Beside the same reads without such calls.
    pub fn round(&self, period: Duration) -> Outcome<Pair<Pace>> {
        let beside = self.reads.run(CONNECTIONS, period)?;
        let is_over = AtomicBool::new(false);
        let most = MOST_CALLS.min(CALLS_PER_PROCESSOR * thread::available_parallelism()?.get());
        let bowline = thread::scope(|scope| {
            for request in &self.calls {
                scope.spawn(|| call(self.server.address, request, &is_over));
            }
            let pace = self.until_hanging(most).and_then(|()| self.reads.run(CONNECTIONS, period));
            is_over.store(true, Ordering::SeqCst);
            pace
        })?;
        // What still hangs must not hang beside the next reads.
        self.until_hanging(0)?;
        Ok(Pair { bowline, beside })
    }

    /// Waits until so many calls hang. For none the provider hangs up.
    fn until_hanging(&self, calls: usize) -> Outcome<()> {
        let expected = format!("\nbowline_provider_calls {calls}\n");
        let deadline = Instant::now() + PATIENCE;
        loop {
            while calls == 0 && self.provider.accept().is_ok() {}
            let mut connection = Connection::open(self.metrics)?;
            let answer = connection.ask(&http::get("/metrics", ""))?;
            if String::from_utf8_lossy(answer.body).contains(&expected) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(fail(format!("there never were {calls} calls under way")));
            }
            thread::sleep(BETWEEN_LOOKS);
        }
    }
}

/// Asks until it is told that it is over; closes the connection on which a call still hangs then.
fn call(address: SocketAddr, request: &[u8], is_over: &AtomicBool) {
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

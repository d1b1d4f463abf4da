//! A listener that answers as a GitLab would, as far as a test needs it. It imitates a provider and proves nothing about a
//! real one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};

/// What has arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    /// Without its query.
    pub path: String,
    pub query: String,
    /// Of the Authorization header.
    pub token: String,
    pub body: String,
}

impl Seen {
    pub fn is_renewal(&self) -> bool {
        self.method == "POST" && self.path == "/oauth/token"
    }

    /// A field of the form in the body.
    pub fn field(&self, name: &str) -> Option<String> {
        let mut pairs = url::form_urlencoded::parse(self.body.as_bytes());
        pairs.find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
    }
}

/// What is answered.
pub enum Said {
    Json(u16, String),
    /// JSON with one more header line.
    With(&'static str, String),
    Html(u16, String),
    /// The connection ends.
    Nothing,
    /// This, once the test lets it.
    Later(Box<Said>),
}

impl Said {
    pub fn json(body: impl ToString) -> Said {
        Said::Json(200, body.to_string())
    }
}

pub struct Imitation {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    seen: Mutex<Vec<Seen>>,
    arrived: Condvar,
    is_let_go: Mutex<bool>,
    let_go: Condvar,
    is_over: AtomicBool,
}

impl Imitation {
    pub fn start(answer: impl Fn(&Seen) -> Said + Send + Sync + 'static) -> Imitation {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared::default());
        let (of_thread, answer) = (Arc::clone(&shared), Arc::new(answer));
        let thread = thread::spawn(move || {
            let mut answering = Vec::new();
            for stream in listener.incoming() {
                if of_thread.is_over.load(Ordering::SeqCst) {
                    break;
                }
                let (shared, answer) = (Arc::clone(&of_thread), Arc::clone(&answer));
                let stream = stream.expect("a connection");
                answering.push(thread::spawn(move || serve(&stream, &shared, &*answer)));
            }
            answering.into_iter().for_each(|thread| thread.join().expect("an answer"));
        });
        Imitation { address, shared, thread: Some(thread) }
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    pub fn renewals(&self) -> Vec<Seen> {
        self.seen().into_iter().filter(Seen::is_renewal).collect()
    }

    /// Waits until so many requests have arrived.
    pub fn waits_for(&self, requests: usize) {
        let mut seen = self.shared.seen.lock().unwrap();
        while seen.len() < requests {
            seen = self.shared.arrived.wait(seen).unwrap();
        }
    }

    /// What is answered later is answered now.
    pub fn let_go(&self) {
        *self.shared.is_let_go.lock().unwrap() = true;
        self.shared.let_go.notify_all();
    }
}

impl Drop for Imitation {
    fn drop(&mut self) {
        self.let_go();
        self.shared.is_over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            assert!(thread.join().is_ok() || thread::panicking(), "the imitation failed");
        }
    }
}

fn serve(stream: &TcpStream, shared: &Shared, answer: &dyn Fn(&Seen) -> Said) {
    let Some(seen) = read(stream) else { return };
    shared.seen.lock().unwrap().push(seen.clone());
    shared.arrived.notify_all();
    say(stream, shared, answer(&seen));
}

fn say(mut stream: &TcpStream, shared: &Shared, said: Said) {
    let (status, media_type, more, body) = match said {
        Said::Json(status, body) => (status, "application/json", "", body),
        Said::With(header, body) => (200, "application/json", header, body),
        Said::Html(status, body) => (status, "text/html", "", body),
        Said::Nothing => return,
        Said::Later(said) => {
            let mut is_let_go = shared.is_let_go.lock().unwrap();
            while !*is_let_go {
                is_let_go = shared.let_go.wait(is_let_go).unwrap();
            }
            drop(is_let_go);
            return say(stream, shared, *said);
        }
    };
    let length = body.len();
    let more = if more.is_empty() { String::new() } else { format!("{more}\r\n") };
    let head = format!(
        "HTTP/1.1 {status} Imitated\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n{more}Connection: close\r\n\r\n"
    );
    // Bowline may have been killed, on purpose.
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
}

fn read(stream: &TcpStream) -> Option<Seen> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut token, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => token = value.trim_start_matches("Bearer ").to_owned(),
            "content-length" => length = value.parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    Some(Seen { method, path: path.to_owned(), query: query.to_owned(), token, body: String::from_utf8(body).ok()? })
}

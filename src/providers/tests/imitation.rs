//! A listener that answers canned bytes. It imitates a provider and proves nothing about a real one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// What has arrived.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// A parameter of the query.
    pub fn query(&self, name: &str) -> Option<String> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        parameter(query, name)
    }

    /// A field of the form in the body.
    pub fn field(&self, name: &str) -> Option<String> {
        parameter(&self.body, name)
    }
}

fn parameter(text: &str, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(text.as_bytes());
    pairs.find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
}

pub struct Imitation {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Imitation {
    pub fn start(answer: impl Fn(&Seen) -> Vec<u8> + Send + 'static) -> Imitation {
        Imitation::serving(move |mut stream, seen| {
            // The client may have gone away, on purpose.
            let _ = stream.write_all(&answer(seen));
        })
    }

    /// The same answer to everything.
    pub fn saying(answer: Vec<u8>) -> Imitation {
        Imitation::start(move |_| answer.clone())
    }

    pub fn serving(serve: impl Fn(TcpStream, &Seen) + Send + 'static) -> Imitation {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (seen, is_over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (all, over) = (seen.clone(), is_over.clone());
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                let stream = stream.expect("a connection");
                if let Some(one) = read(&stream) {
                    all.lock().unwrap().push(one.clone());
                    serve(stream, &one);
                }
            }
        });
        Imitation { address, seen, is_over, thread: Some(thread) }
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn only(&self) -> Seen {
        let mut seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen.remove(0)
    }

    /// `GET /path`, in order.
    pub fn calls(&self) -> Vec<String> {
        self.seen().iter().map(|seen| format!("{} {}", seen.method, seen.path())).collect()
    }
}

impl Drop for Imitation {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the imitation failed");
        }
    }
}

fn read(stream: &TcpStream) -> Option<Seen> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let mut seen = Seen { method: words.next()?.to_owned(), target: words.next()?.to_owned(), ..Seen::default() };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        seen.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = seen.header("content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    seen.body = String::from_utf8(body).ok()?;
    Some(seen)
}

/// `head` are header lines without their ends.
pub fn reply(status: u16, head: &[&str], body: &str) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 {status} As Canned\r\ncontent-length: {}\r\nconnection: close\r\n", body.len());
    for line in head {
        answer.push_str(line);
        answer.push_str("\r\n");
    }
    answer.push_str("\r\n");
    answer.push_str(body);
    answer.into_bytes()
}

pub fn json(status: u16, body: &str) -> Vec<u8> {
    reply(status, &["content-type: application/json; charset=utf-8"], body)
}

pub fn html(status: u16) -> Vec<u8> {
    reply(status, &["content-type: text/html"], "<html><title>Sign in</title></html>")
}

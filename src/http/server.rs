//! The loop: tiny_http behind the gate, and the workers that take requests from it. The only file that names
//! tiny_http.

use std::io::{self, Write};
use std::os::unix::net::UnixListener;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

use super::reply::Reply;
use super::request::{MalformedTarget, Method, Request};
use crate::http::worker_slots::{WorkerSlot, WorkerSlots};

/// Room for an answer's head.
const HEAD_BYTES: usize = 512;
const SMALL_BODY_BYTES: usize = 64 * 1024;

/// By which the gate learns the route; it goes no further.
const ROUTE: &str = "Gate-Route";

/// What the workers do. One value, shared by all.
pub trait Service: Send + Sync + 'static {
    /// Passes its slot before it waits for something else than a processor.
    fn handle(&self, request: Request, slot: &WorkerSlot<'_>) -> Reply;
    /// The reply to a target that is not a path.
    fn malformed(&self) -> Reply;
    /// The reply after a handler has panicked.
    fn failed(&self) -> Reply;
}

impl Service for Arc<dyn Service> {
    fn handle(&self, request: Request, slot: &WorkerSlot<'_>) -> Reply {
        (**self).handle(request, slot)
    }

    fn malformed(&self) -> Reply {
        (**self).malformed()
    }

    fn failed(&self) -> Reply {
        (**self).failed()
    }
}

/// How many there are, and how many of them may be at work at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workers {
    pub count: usize,
    pub at_work: usize,
}

pub struct Server {
    inner: Arc<tiny_http::Server>,
    is_closing: Arc<AtomicBool>,
    workers: Vec<JoinHandle<()>>,
}

impl Server {
    /// Serves a private socket, which only the gate connects to. `on_fatal` is called if nothing can be accepted from
    /// it any more.
    pub fn start<S: Service>(
        listener: UnixListener,
        workers: Workers,
        service: S,
        on_fatal: impl Fn(String) + Send + Sync + 'static,
    ) -> io::Result<Server> {
        let inner = Arc::new(tiny_http::Server::from_listener(listener, None).map_err(io::Error::other)?);
        let is_closing = Arc::new(AtomicBool::new(false));
        let (service, on_fatal) = (Arc::new(service), Arc::new(on_fatal));
        let slots = Arc::new(WorkerSlots::new(workers.at_work));
        let workers = (0..workers.count)
            .map(|n| {
                let (inner, is_closing) = (Arc::clone(&inner), Arc::clone(&is_closing));
                let (service, on_fatal) = (Arc::clone(&service), Arc::clone(&on_fatal));
                let slots = Arc::clone(&slots);
                thread::Builder::new().name(format!("worker-{n}")).spawn(move || {
                    let slot = slots.slot();
                    loop {
                        // A worker takes a slot again before its next request.
                        slot.take();
                        match inner.recv() {
                            Ok(request) => answer(&*service, request, &slot),
                            Err(_) if is_closing.load(Ordering::Acquire) => return,
                            Err(e) => return on_fatal(format!("the request loop ended: {e}")),
                        }
                    }
                })
            })
            .collect::<io::Result<_>>()?;
        Ok(Server { inner, is_closing, workers })
    }

    /// Ends the workers, each after the request that it is at.
    pub fn close(self) {
        self.is_closing.store(true, Ordering::Release);
        for _ in &self.workers {
            self.inner.unblock();
        }
        for worker in self.workers {
            // A worker that panicked outside of a handler has said so.
            let _ = worker.join();
        }
    }
}

fn answer<S: Service>(service: &S, mut request: tiny_http::Request, slot: &WorkerSlot<'_>) {
    let reply = match owned(&mut request) {
        // The gate asks whether the server answers.
        Ok(None) => Reply::no_content(),
        Ok(Some(owned)) => {
            catch_unwind(AssertUnwindSafe(|| service.handle(owned, slot))).unwrap_or_else(|_| service.failed())
        }
        Err(MalformedTarget) => service.malformed(),
    };
    if let Err(e) = send(request, reply) {
        log::debug!("an answer could not be handed to the gate: {e}");
    }
}

/// `None` for `OPTIONS *`.
fn owned(request: &mut tiny_http::Request) -> Result<Option<Request>, MalformedTarget> {
    let method = match request.method() {
        tiny_http::Method::Get => Method::Get,
        tiny_http::Method::Post => Method::Post,
        tiny_http::Method::Put => Method::Put,
        tiny_http::Method::Patch => Method::Patch,
        tiny_http::Method::Delete => Method::Delete,
        tiny_http::Method::Options if request.url() == "*" => return Ok(None),
        tiny_http::Method::Options => Method::Options,
        // The gate lets no other through.
        _ => return Err(MalformedTarget),
    };
    let headers = request
        .headers()
        .iter()
        .map(|header| (header.field.as_str().as_str().to_owned(), header.value.as_str().to_owned()))
        .collect();
    let mut body = Vec::with_capacity(request.body_length().unwrap_or(0));
    // The gate has the whole body and sends it at once: reading neither blocks nor fails.
    request.as_reader().read_to_end(&mut body).map_err(|_| MalformedTarget)?;
    Request::new(method, request.url(), headers, body).map(Some)
}

/// A whole answer, as the gate reads it.
pub fn written(reply: &Reply) -> Vec<u8> {
    let mut bytes = head(reply);
    bytes.extend_from_slice(&reply.body);
    bytes
}

fn send(request: tiny_http::Request, reply: Reply) -> io::Result<()> {
    let mut bytes = head(&reply);
    // Given back once the body is gone.
    let Reply { body, memory: _memory, .. } = reply;
    let mut gate = request.into_writer();
    if body.len() <= SMALL_BODY_BYTES {
        // At once: the gate is woken for each piece.
        bytes.extend_from_slice(&body);
        gate.write_all(&bytes)?;
    } else {
        // Not held twice.
        gate.write_all(&bytes)?;
        gate.write_all(&body)?;
    }
    gate.flush()
}

/// Of known length, as the gate has it, which puts the reason beside the status. With room for a small body.
fn head(reply: &Reply) -> Vec<u8> {
    let Reply { status, headers, body, route, .. } = reply;
    let is_small = body.len() <= SMALL_BODY_BYTES;
    let mut bytes = Vec::with_capacity(HEAD_BYTES + if is_small { body.len() } else { 0 });
    bytes.extend_from_slice(format!("HTTP/1.1 {status} \r\nContent-Length: {}\r\n", body.len()).as_bytes());
    let mut field = |name: &str, value: &str| {
        if value.bytes().all(|b| matches!(b, b' '..=b'~')) {
            for part in [name, ": ", value, "\r\n"] {
                bytes.extend_from_slice(part.as_bytes());
            }
        } else {
            log::error!("the value of the header {name} was left out: it is not printable ASCII");
        }
    };
    // RFC 9110, section 6.6.1: a server with a clock sends Date. The format ends with the year 9999.
    if let Ok(now) = DateTimePrinter::new().timestamp_to_rfc9110_string(&Timestamp::now()) {
        field("Date", &now);
    }
    headers.iter().for_each(|(name, value)| field(name, value));
    route.iter().for_each(|route| field(ROUTE, route));
    bytes.extend_from_slice(b"\r\n");
    bytes
}

#[cfg(test)]
mod tests;

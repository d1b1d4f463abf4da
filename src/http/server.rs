//! The loop: tiny_http behind the gate, and the workers that take requests from it. The only file that names
//! tiny_http.

use std::io::{self, Write};
use std::mem;
use std::os::unix::net::UnixListener;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

use super::body::Body;
use super::reply::Reply;
use super::request::{MalformedTarget, Method, Request};
use crate::bounds::pieces::PIECE_BYTES;
use crate::http::worker_slots::{WorkerSlot, WorkerSlots};

/// Room for an answer's head.
const HEAD_BYTES: usize = 512;

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
    crew: Arc<Crew>,
}

/// The workers, and what they share.
struct Crew {
    requests: tiny_http::Server,
    service: Box<dyn Service>,
    on_fatal: Box<dyn Fn(String) + Send + Sync>,
    slots: WorkerSlots,
    threads: Mutex<Vec<JoinHandle<()>>>,
    is_closing: AtomicBool,
}

impl Server {
    /// Serves a private socket, which only the gate connects to. `on_fatal` is called if nothing can be accepted from
    /// it any more.
    pub fn start(
        listener: UnixListener,
        workers: Workers,
        service: impl Service,
        on_fatal: impl Fn(String) + Send + Sync + 'static,
    ) -> io::Result<Server> {
        let requests = tiny_http::Server::from_listener(listener, None).map_err(io::Error::other)?;
        let Workers { count, at_work } = workers;
        let crew = Arc::new_cyclic(|crew: &Weak<Crew>| {
            let crew = Weak::clone(crew);
            let start = move || crew.upgrade().map_or(Ok(()), |crew| crew.start_worker());
            Crew {
                requests,
                service: Box::new(service),
                on_fatal: Box::new(on_fatal),
                slots: WorkerSlots::with_more_workers(at_work, count.saturating_sub(at_work), start),
                threads: Mutex::default(),
                is_closing: AtomicBool::new(false),
            }
        });
        (0..at_work).try_for_each(|_| crew.start_worker())?;
        Ok(Server { crew })
    }

    /// Ends the workers, each after the request that it is at.
    pub fn close(self) {
        let workers = {
            let mut threads = self.crew.threads();
            self.crew.is_closing.store(true, Ordering::Release);
            mem::take(&mut *threads)
        };
        for _ in &workers {
            self.crew.requests.unblock();
        }
        for worker in workers {
            // A worker that panicked outside of a handler has said so.
            let _ = worker.join();
        }
    }
}

impl Crew {
    fn start_worker(self: &Arc<Self>) -> io::Result<()> {
        let crew = Arc::clone(self);
        let mut threads = self.threads();
        if !self.is_closing.load(Ordering::Acquire) {
            let name = format!("worker-{}", threads.len());
            threads.push(thread::Builder::new().name(name).spawn(move || crew.work())?);
        }
        Ok(())
    }

    fn work(&self) {
        let slot = self.slots.slot();
        loop {
            // A worker takes a slot again before its next request.
            slot.take();
            match self.requests.recv() {
                Ok(request) => answer(&*self.service, request, &slot),
                Err(_) if self.is_closing.load(Ordering::Acquire) => return,
                Err(e) => return (self.on_fatal)(format!("the request loop ended: {e}")),
            }
        }
    }

    fn threads(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        // Nothing that holds the lock leaves them half changed.
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn answer(service: &dyn Service, mut request: tiny_http::Request, slot: &WorkerSlot<'_>) {
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
    let length = request.body_length().unwrap_or(0);
    // The gate has the whole body and sends it at once: reading neither blocks nor fails.
    let body = Body::read(request.as_reader(), length).map_err(|_| MalformedTarget)?;
    Request::new(method, request.url(), headers, body).map(Some)
}

/// A whole answer, as the gate reads it.
pub fn written(reply: &Reply) -> Vec<u8> {
    let mut bytes = head(reply);
    reply.body.iter().for_each(|piece| bytes.extend_from_slice(piece));
    bytes
}

fn send(request: tiny_http::Request, reply: Reply) -> io::Result<()> {
    let mut bytes = head(&reply);
    // Given back once the body is gone.
    let Reply { body, memory: _memory, .. } = reply;
    let mut gate = request.into_writer();
    if body.len() <= PIECE_BYTES {
        // At once: the gate is woken for each piece.
        body.iter().for_each(|piece| bytes.extend_from_slice(piece));
        gate.write_all(&bytes)?;
    } else {
        // Not held twice.
        gate.write_all(&bytes)?;
        body.iter().try_for_each(|piece| gate.write_all(piece))?;
    }
    gate.flush()
}

/// Of known length, as the gate has it, which puts the reason beside the status. With room for a small body.
fn head(reply: &Reply) -> Vec<u8> {
    let Reply { status, headers, body, route, .. } = reply;
    let is_small = body.len() <= PIECE_BYTES;
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

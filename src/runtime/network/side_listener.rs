//! A listener beside the public one, with a gate and workers of its own: that of operators, and that of a demo's providers.

use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::time::Duration;

use super::private_socket::PrivateSocket;
use crate::app::App;
use crate::domain::error::{Error, Result};
use crate::gate::journal::{Entry, Journal};
use crate::gate::limits::Limits;
use crate::gate::proxies::Proxies;
use crate::gate::{Gate, Settings};
use crate::http::server::{Server, Service, Workers};

/// Its clients ask again.
const GRACE: Duration = Duration::from_secs(1);

/// Another service of the same process, on a listener of its own.
pub struct SideService {
    pub listener: TcpListener,
    pub workers: Workers,
    /// Client connections at the same time.
    pub connections: usize,
    /// The header fields that it reads.
    pub headers: Vec<&'static str>,
    pub service: Box<dyn FnOnce(Arc<App>) -> Arc<dyn Service>>,
    /// Ends what makes the service wait.
    pub before_closing: Box<dyn FnOnce()>,
}

pub struct SideListener {
    gate: Gate,
    server: Server,
    before_closing: Box<dyn FnOnce()>,
    _private: PrivateSocket,
}

/// What it is opened with.
pub struct Side<S> {
    pub listener: TcpListener,
    pub workers: Workers,
    pub limits: Limits,
    /// The header fields that the service reads.
    pub headers: Vec<&'static str>,
    pub service: S,
    pub before_closing: Box<dyn FnOnce()>,
}

impl<S: Service> Side<S> {
    pub fn open(
        self,
        (behind, private): (UnixListener, PrivateSocket),
        on_fatal: impl Fn(String) + Send + Sync + 'static,
    ) -> Result<SideListener> {
        let Side { listener, workers, limits, headers, service, before_closing } = self;
        let server = Server::start(behind, workers, service, on_fatal).map_err(Error::internal)?;
        let gate = Gate::open(Settings {
            at_once: None,
            listener,
            behind: &private.path,
            private_connections: workers.count,
            limits,
            journal: Arc::new(Unrecorded),
            tls: None,
            is_strict: false,
            proxies: Proxies::default(),
            headers,
        })
        .map_err(Error::internal)?;
        Ok(SideListener { gate, server, before_closing, _private: private })
    }
}

impl SideListener {
    pub fn address(&self) -> std::net::SocketAddr {
        self.gate.address()
    }

    pub fn close(self) {
        (self.before_closing)();
        self.gate.close(GRACE);
        self.server.close();
    }
}

/// What is asked here is not counted among the requests of the public listener.
struct Unrecorded;

impl Journal for Unrecorded {
    fn answered(&self, entry: Entry) {
        log::debug!("side listener: {} answered {} with {}", entry.id, entry.client, entry.status);
    }
}

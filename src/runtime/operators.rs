//! The operators' own listener, with its own gate and worker.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use super::network::private_socket::PrivateSocket;
use crate::domain::error::{Error, Result};
use crate::gate::limits::Limits;
use crate::gate::proxies::Proxies;
use crate::gate::{Gate, Settings};
use crate::http::server::{Server, Workers};
use crate::runtime::operations::{Operations, Unrecorded};

/// They ask again.
const GRACE: Duration = Duration::from_secs(1);

pub struct Operators {
    gate: Gate,
    server: Server,
    _private: PrivateSocket,
}

impl Operators {
    pub fn open(
        listener: TcpListener,
        (behind, private): (std::os::unix::net::UnixListener, PrivateSocket),
        limits: Limits,
        operations: Operations,
        on_fatal: impl Fn(String) + Send + Sync + 'static,
    ) -> Result<Operators> {
        let server =
            Server::start(behind, Workers { count: 1, at_work: 1 }, operations, on_fatal).map_err(Error::internal)?;
        let journal = Arc::new(Unrecorded);
        let gate = Gate::open(Settings {
            headers: Vec::new(),
            listener,
            behind: &private.path,
            private_connections: 1,
            limits,
            journal,
            tls: None,
            proxies: Proxies::default(),
        })
        .map_err(Error::internal)?;
        log::info!("metrics at http://{}/metrics", gate.address());
        Ok(Operators { gate, server, _private: private })
    }

    pub fn close(self) {
        self.gate.close(GRACE);
        self.server.close();
    }
}

//! Where a demo's providers are served: a loopback port of their own, with a gate in front like every other one.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::alarm::Alarm;
use super::provider::{DemoProvider, Outside, REQUEST_HEADERS};
use crate::app::App;
use crate::domain::error::{Error, Result};
use crate::http::server::{Service, Workers};
use crate::runtime::network;
use crate::runtime::network::side_listener::SideService;

/// More than compute at once, for those that wait because of the fault `slow`.
const WORKERS: Workers = Workers { count: 8, at_work: 2 };
const CONNECTIONS: usize = 64;

#[derive(Args)]
pub struct ProviderOptions {
    /// The loopback address of the VCS providers that the demo plays itself, or off; port 0 picks a free one
    #[arg(long, env = "BOWLINE_PROVIDER_ADDRESS", default_value = "127.0.0.1:0", value_name = "ADDRESS:PORT|OFF")]
    provider_address: String,
}

pub struct ProviderListener {
    listener: TcpListener,
    /// `http://127.0.0.1:PORT`
    pub url: String,
}

impl ProviderOptions {
    /// `None` where there are to be none.
    pub fn bind(&self) -> Result<Option<ProviderListener>> {
        if self.provider_address.eq_ignore_ascii_case("off") {
            return Ok(None);
        }
        let listener = network::bind(&self.provider_address)?;
        let address: SocketAddr = listener.local_addr().map_err(Error::internal)?;
        if !address.ip().to_canonical().is_loopback() {
            return Err(Error::invalid(
                "--provider-address must be a loopback address: the demo's providers let everyone in.",
            ));
        }
        Ok(Some(ProviderListener { listener, url: format!("http://{address}") }))
    }
}

impl ProviderListener {
    pub fn service(self) -> SideService {
        let ProviderListener { listener, url } = self;
        let alarm = Arc::new(Alarm::default());
        let at_closing = Arc::clone(&alarm);
        let service = move |app| Arc::new(DemoProvider::new(url, OfServer { app, alarm })) as Arc<dyn Service>;
        SideService {
            listener,
            workers: WORKERS,
            connections: CONNECTIONS,
            headers: REQUEST_HEADERS.to_vec(),
            service: Box::new(service),
            before_closing: Box::new(move || at_closing.ring()),
        }
    }
}

/// The clock and randomness of the server, and the public keys in its database.
struct OfServer {
    app: Arc<App>,
    alarm: Arc<Alarm>,
}

impl Outside for OfServer {
    fn now_ms(&self) -> i64 {
        self.app.sources.now().milliseconds()
    }

    fn hex(&self, digits: usize) -> String {
        self.app.sources.text("demo-provider", b"0123456789abcdef", digits)
    }

    fn pause(&self, time: Duration) {
        self.alarm.wait(time);
    }

    fn public_key_of(&self, consumer_key: &str) -> Option<String> {
        self.app.store.read(|view| view.rsa_public_key(consumer_key)).unwrap_or_else(|e| {
            log::error!("demo providers: a public key could not be read: {}", e.told_to_operators());
            None
        })
    }
}

//! Where the server listens, how it is called, and how long it waits.

pub mod listen;
pub mod private_socket;
pub mod self_signed;
pub mod side_listener;
pub mod tls;

use std::io;
use std::net::TcpListener;
use std::num::NonZeroU32;
use std::time::Duration;

use clap::{ArgAction, Args};

pub use self::listen::bind;
use self::listen::reachable;
use self::side_listener::SideService;
use self::tls::{Encryption, TlsOptions};
use crate::app::PublicUrl;
use crate::app::rate_limits::RateLimits;
use crate::bounds::slow_reads::ReadLimits;
use crate::domain::error::{Error, Result};
use crate::gate::limits::{Limits, Room};
use crate::gate::proxies::{Network, Proxies};
use crate::runtime::values::{RateLimit, count, duration, rate_limit, switch};
use crate::telemetry::access_log::AccessLog;
use crate::telemetry::format::Format;

/// Connections of operators at the same time.
pub const OPERATORS: usize = 16;

/// Requests a second, as HCP Terraform has it.
const RATE_LIMIT: NonZeroU32 = NonZeroU32::new(30).unwrap();

#[derive(Args, Clone)]
pub struct NetworkOptions {
    /// The address to listen on; port 0 picks a free one
    #[arg(long, env = "BOWLINE_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    listen: String,
    /// The URL that clients reach the server at, without a path, if it is not the listening address
    #[arg(long, env = "BOWLINE_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// Client connections at the same time; by default what the limit on open files allows, 2048 at the most, 1024 over TLS
    #[arg(long, env = "BOWLINE_MAX_CONNECTIONS", value_name = "NUMBER", value_parser = count)]
    max_connections: Option<u32>,
    #[command(flatten)]
    tls: TlsOptions,
    /// A proxy, or a network of proxies, whose X-Forwarded-For is believed; may be given more than once
    #[arg(long, env = "BOWLINE_TRUSTED_PROXY", value_name = "CIDR", value_delimiter = ',')]
    trusted_proxy: Vec<Network>,
    /// How long a request's head may take to arrive
    #[arg(long, env = "BOWLINE_HEAD_TIMEOUT", default_value = "10s", value_name = "TIME", value_parser = duration)]
    head_timeout: Duration,
    /// How long a request's body may take to arrive
    #[arg(long, env = "BOWLINE_BODY_TIMEOUT", default_value = "30s", value_name = "TIME", value_parser = duration)]
    body_timeout: Duration,
    /// How long a client may take to read its answer
    #[arg(long, env = "BOWLINE_WRITE_TIMEOUT", default_value = "30s", value_name = "TIME", value_parser = duration)]
    write_timeout: Duration,
    /// How long a connection may stay open between two requests
    #[arg(long, env = "BOWLINE_IDLE_TIMEOUT", default_value = "60s", value_name = "TIME", value_parser = duration)]
    idle_timeout: Duration,
    /// How long the database may take to find what a request asks for
    #[arg(long, env = "BOWLINE_READ_TIMEOUT", default_value = "2s", value_name = "TIME", value_parser = duration)]
    read_timeout: Duration,
    /// Log each request to stderr (level info): on or off
    #[arg(long, env = "BOWLINE_ACCESS_LOG", default_value = "on", value_name = "ON|OFF", value_parser = switch,
          action = ArgAction::Set)]
    access_log: bool,
    /// Serve the pages for browsers: on or off
    #[arg(long, env = "BOWLINE_PAGES", default_value = "on", value_name = "ON|OFF", value_parser = switch,
          action = ArgAction::Set)]
    pages: bool,
    /// The address for operators, with /metrics for Prometheus and /_health_check; by default none
    #[arg(long, env = "BOWLINE_METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    metrics_listen: Option<String>,
    /// Requests a second that each user may make, or off; by default off on a loopback address and 30 on any other
    #[arg(long, env = "BOWLINE_RATE_LIMIT", value_name = "NUMBER|OFF", value_parser = rate_limit)]
    rate_limit: Option<RateLimit>,
}

/// A bound address and how the world calls it.
pub struct Listening {
    pub listener: TcpListener,
    pub public_url: PublicUrl,
    pub encryption: Encryption,
    pub metrics: Option<TcpListener>,
    pub side_service: Option<SideService>,
}

impl Listening {
    /// Those that this process listens on.
    pub fn ports(&self) -> Vec<u16> {
        let side_service = self.side_service.iter().map(|service| &service.listener);
        let all = std::iter::once(&self.listener).chain(&self.metrics).chain(side_service);
        all.filter_map(|listener| listener.local_addr().ok()).map(|address| address.port()).collect()
    }
}

impl NetworkOptions {
    /// Slow reads have half of the slots, and so many of the workers may wait for that.
    pub fn read_limits(&self, room: Room) -> ReadLimits {
        ReadLimits { deadline: self.read_timeout, running: (room.at_work / 2).max(1), waiting: room.workers / 4 }
    }

    /// Before anything is made or changed: an occupied port must leave no trace.
    pub fn bind(&self) -> Result<Listening> {
        let encryption = self.tls.read()?;
        let listener = bind(&self.listen)?;
        let metrics = self.metrics_listen.as_deref().map(bind).transpose()?;
        let real = listener.local_addr().map_err(Error::internal)?;
        let public_url = match &self.public_url {
            Some(url) => PublicUrl::parse(url)?,
            None => PublicUrl::parse(&format!("{}://{}", encryption.scheme(), reachable(real)))?,
        };
        if matches!(encryption, Encryption::None) {
            listen::warn_of_plain_http(real, public_url.as_str());
        }
        Ok(Listening { listener, public_url, encryption, metrics, side_service: None })
    }

    pub fn proxies(&self) -> Proxies {
        Proxies::new(self.trusted_proxy.clone())
    }

    pub fn has_pages(&self) -> bool {
        self.pages
    }

    /// Descriptors to be kept for operators.
    pub fn reserved_descriptors(&self) -> usize {
        self.metrics_listen.as_ref().map_or(0, |_| side_descriptors(1, OPERATORS))
    }

    pub fn access_log(&self, format: Format) -> Result<Option<AccessLog>> {
        if !self.access_log || !log::log_enabled!(log::Level::Info) {
            return Ok(None);
        }
        AccessLog::start(format, io::stderr()).map(Some).map_err(Error::internal)
    }

    /// For a listener beside the public one: few clients at a time, with the same deadlines.
    pub fn side_limits(&self, room: Room, connections: usize) -> Limits {
        Limits { connections, ..self.limits(room) }
    }

    /// An address that only this machine reaches is a sandbox, or behind a proxy with limits of its own.
    pub fn rate_limits(&self, socket: &Listening) -> RateLimits {
        let is_own = || socket.listener.local_addr().is_ok_and(|address| address.ip().to_canonical().is_loopback());
        let limit = match self.rate_limit {
            Some(RateLimit(limit)) => limit,
            None if is_own() => None,
            None => Some(RATE_LIMIT),
        };
        if let Some(most) = limit {
            log::info!("each user may make {most} requests a second");
        }
        limit.map_or_else(RateLimits::off, RateLimits::per_second)
    }

    pub fn limits(&self, room: Room) -> Limits {
        let usual = if self.tls.are_given() { room.encrypted() } else { room };
        let connections = self.max_connections.map_or(usual.connections, |most| room.connections.min(most as usize));
        Limits {
            connections,
            head: self.head_timeout,
            body: self.body_timeout,
            write: self.write_timeout,
            idle: self.idle_timeout,
            queue: Duration::from_secs(10),
            handling: Duration::from_secs(120),
        }
    }
}

/// Descriptors of a listener beside the public one: two listening sockets, a pipe, three ends of each private connection,
/// one spare, and the client connections.
pub fn side_descriptors(workers: usize, connections: usize) -> usize {
    5 + 3 * workers + connections
}

//! The one door to other servers. Everything that leaves Bowline goes through here.

mod address;
mod answer;
mod link;
mod resolver;
mod session;
mod tls;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use ureq::Agent;

pub use address::AllowedAddress;
pub(super) use answer::Answer;
pub(super) use link::same_origin;
pub(super) use session::{Headers, Session};

use super::Timestamp;
use address::AddressRules;
use resolver::{CheckingResolver, Lookup};

const USER_AGENT: &str = concat!("Bowline/", env!("CARGO_PKG_VERSION"));

/// How long and how large an answer may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub connect: Duration,
    /// For all calls that one question takes together.
    pub total: Duration,
    pub max_head_bytes: usize,
    pub max_body_bytes: u64,
    pub max_redirects: u32,
    /// So many calls may one question take: most are pages of a list.
    pub max_calls: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connect: Duration::from_secs(5),
            total: Duration::from_secs(15),
            max_head_bytes: 32 * 1024,
            max_body_bytes: 5 * 1024 * 1024,
            max_redirects: 3,
            max_calls: 20,
        }
    }
}

pub type Clock = dyn Fn() -> Timestamp + Send + Sync;
pub type Random = dyn Fn(&mut [u8]) + Send + Sync;

/// What the program gives: the time, and randomness for nonces.
pub struct Environment {
    pub now: Box<Clock>,
    pub random: Box<Random>,
}

#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub allowed_addresses: Vec<AllowedAddress>,
    /// The ports that Bowline itself listens on.
    pub own_ports: Vec<u16>,
    /// PEM: certificate authorities to trust beside those of the system.
    pub ca_bundle: Option<Vec<u8>>,
    pub limits: Limits,
}

/// Whether a PEM file holds usable certificates. `Err` says what is wrong, in words that follow the file's name.
pub fn check_ca_bundle(pem: &[u8]) -> std::result::Result<(), String> {
    tls::bundle(pem).map(drop)
}

pub struct Outbound {
    rules: AddressRules,
    authorities: Vec<CertificateDer<'static>>,
    limits: Limits,
    environment: Environment,
    lookup: Arc<Lookup>,
    /// Made when a provider is asked for the first time: reading the system's certificates takes its time.
    agent: OnceLock<Agent>,
}

impl Outbound {
    /// `Err` says what is wrong with the CA bundle.
    pub fn new(settings: Settings, environment: Environment) -> Result<Outbound, String> {
        Outbound::with_lookup(settings, environment, Arc::new(resolver::system))
    }

    pub(super) fn with_lookup(
        settings: Settings,
        environment: Environment,
        lookup: Arc<Lookup>,
    ) -> Result<Outbound, String> {
        let rules = AddressRules { allowed: settings.allowed_addresses, own_ports: settings.own_ports };
        let authorities = settings.ca_bundle.as_deref().map(tls::bundle).transpose()?.unwrap_or_default();
        Ok(Outbound { rules, authorities, limits: settings.limits, environment, lookup, agent: OnceLock::new() })
    }

    pub(super) fn session(&self) -> Session<'_> {
        Session::new(self)
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.environment.now)()
    }

    pub(super) fn random(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        (self.environment.random)(&mut bytes);
        bytes
    }

    fn agent(&self) -> &Agent {
        self.agent.get_or_init(|| {
            let config = Agent::config_builder()
                .http_status_as_error(false)
                // Redirects are followed by `Session`, which looks where they lead.
                .max_redirects(0)
                .max_redirects_will_error(false)
                // DELETE with a body.
                .allow_non_standard_methods(true)
                // Also none from the environment: a proxy would look names up itself, after the check.
                .proxy(None)
                .user_agent(USER_AGENT)
                // Without compression the body limit holds for what is read, too.
                .accept_encoding("identity")
                .max_response_header_size(self.limits.max_head_bytes)
                // A head has to fit, and a little more shows that it does not.
                .input_buffer_size(self.limits.max_head_bytes + 1024)
                .output_buffer_size(16 * 1024)
                // A kept connection would outlive the check of its address.
                .max_idle_connections(0)
                .timeout_resolve(Some(self.limits.connect))
                .timeout_connect(Some(self.limits.connect))
                .timeout_global(Some(self.limits.total))
                .tls_config(tls::config(&self.authorities))
                .build();
            let resolver = CheckingResolver::new(self.rules.clone(), self.lookup.clone());
            Agent::with_parts(config, ureq::unversioned::transport::DefaultConnector::new(), resolver)
        })
    }
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound").field("rules", &self.rules).field("limits", &self.limits).finish_non_exhaustive()
    }
}

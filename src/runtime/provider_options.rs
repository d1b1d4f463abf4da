//! Whether VCS providers are asked, and where they may be, as flags.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rand::Rng;
use url::Url;

use crate::domain::error::{Error, Result};
use crate::domain::sources::Sources;
use crate::providers::outbound::check_ca_bundle;
use crate::providers::{AllowedAddress, Environment, Mode, Outbound, Providers, Settings};
use crate::runtime::network::tls;

#[derive(Args, Clone, Debug)]
pub struct ProviderOptions {
    /// Ask VCS providers when a request needs it: live or off
    #[arg(long, env = "BOWLINE_PROVIDERS", default_value = "live", value_name = "LIVE|OFF")]
    providers: Asked,
    /// Certificate authorities of VCS providers, as PEM, that are trusted in addition to the system's
    #[arg(long, env = "BOWLINE_PROVIDER_CA", value_name = "FILE")]
    provider_ca: Option<PathBuf>,
    /// An address of VCS providers that is refused otherwise: a loopback address or network, or a port of this server's own
    /// as ADDRESS:PORT; may be given more than once
    #[arg(
        long,
        env = "BOWLINE_ALLOW_PROVIDER_ADDRESS",
        value_name = "ADDRESS|CIDR|ADDRESS:PORT",
        value_delimiter = ','
    )]
    allow_provider_address: Vec<AllowedAddress>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Asked {
    Live,
    Off,
}

/// Who answers in the place of VCS providers, and what may be called.
pub struct ProviderSetup {
    /// None: no provider is asked.
    mode: Option<Mode>,
    settings: Settings,
}

impl ProviderOptions {
    /// Before anything is made or changed.
    pub fn read(self) -> Result<ProviderSetup> {
        let ca_bundle = self.provider_ca.map(|path| -> Result<Vec<u8>> {
            let pem = tls::read(&path, "certificate bundle of --provider-ca")?;
            check_ca_bundle(&pem)
                .map_err(|wrong| Error::invalid(format!("--provider-ca {} {wrong}.", path.display())))?;
            Ok(pem)
        });
        let settings = Settings {
            allowed_addresses: self.allow_provider_address,
            ca_bundle: ca_bundle.transpose()?,
            ..Settings::default()
        };
        Ok(ProviderSetup { mode: (self.providers == Asked::Live).then_some(Mode::Live), settings })
    }
}

impl ProviderSetup {
    pub fn off() -> ProviderSetup {
        ProviderSetup { mode: None, settings: Settings::default() }
    }

    /// Every provider is played at `origin`, and nothing else is called.
    pub fn played(origin: &str) -> Result<ProviderSetup> {
        let url: Url = origin.parse().map_err(Error::internal)?;
        let address = origin.trim_start_matches("http://").parse().map_err(Error::internal)?;
        let settings = Settings { allowed_addresses: vec![address], ..Settings::default() };
        Ok(ProviderSetup { mode: Some(Mode::Demo(url)), settings })
    }

    /// `own_ports` are those that this process listens on. Nothing is called yet, and no name looked up.
    pub fn open(self, own_ports: Vec<u16>, sources: &Sources) -> Result<Providers> {
        let Some(mode) = self.mode else { return Ok(Providers::off()) };
        let sources = sources.clone();
        let environment = Environment {
            now: Box::new(move || sources.now()),
            random: Box::new(|bytes| rand::rng().fill_bytes(bytes)),
        };
        let settings = Settings { own_ports, ..self.settings };
        let outbound = Outbound::new(settings, environment);
        let outbound = outbound.map_err(|wrong| Error::invalid(format!("--provider-ca cannot be used: {wrong}.")))?;
        Ok(Providers::new(mode, outbound))
    }
}

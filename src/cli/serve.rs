//! `serve`: the server.

use std::sync::Arc;

use clap::Args;

use super::Done;
use super::output::{export, print};
use crate::runtime::data_dir::DataDir;
use crate::runtime::housekeeping::TrailOptions;
use crate::runtime::network::NetworkOptions;
use crate::runtime::options::{ApiOptions, DataOptions};
use crate::runtime::provider_options::ProviderOptions;
use crate::runtime::server::{Companion, Reached, Setup, serve};
use crate::telemetry::format::Format;

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    pub network: NetworkOptions,
    #[command(flatten)]
    api: ApiOptions,
    #[command(flatten)]
    trail: TrailOptions,
    #[command(flatten)]
    providers: ProviderOptions,
    #[command(flatten)]
    data: DataOptions,
}

/// Nothing but the server is to be ended.
struct Alone;

impl Companion for Alone {
    fn takes_signal(&self, _: i32) -> bool {
        false
    }

    fn abandon(&self) {}
}

pub fn run(options: Options, format: Format) -> Done {
    let Options { network, api, trail, providers, data } = options;
    let providers = providers.read()?;
    let socket = network.bind()?;
    let data_dir = DataDir::new(&data);
    let setup = Setup {
        network: &network,
        format,
        api,
        trail,
        providers,
        socket,
        data_dir: &data_dir,
        companion: Arc::new(Alone),
    };
    let announce = |reached: &Reached<'_>, (), _| {
        print(&export("TFE_ADDRESS", reached.url))?;
        reached.certificate.map_or(Ok(()), |certificate| print(&export("SSL_CERT_FILE", certificate)))
    };
    serve(setup, |_, _| Ok(()), announce)
}

//! `serve`: the server.

use clap::Args;

use super::Done;
use super::output::{export, print};
use crate::runtime::data_dir::DataDir;
use crate::runtime::housekeeping::TrailOptions;
use crate::runtime::network::NetworkOptions;
use crate::runtime::options::DataOptions;
use crate::runtime::server::{Reached, serve};
use crate::telemetry::format::Format;

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    pub network: NetworkOptions,
    #[command(flatten)]
    trail: TrailOptions,
    #[command(flatten)]
    data: DataOptions,
}

pub fn run(options: Options, format: Format) -> Done {
    let socket = options.network.bind()?;
    let data_dir = DataDir::new(&options.data);
    let announce = |reached: &Reached<'_>, ()| {
        print(&export("TFE_ADDRESS", reached.url))?;
        reached.certificate.map_or(Ok(()), |certificate| print(&export("SSL_CERT_FILE", certificate)))
    };
    serve(&options.network, format, options.trail, socket, &data_dir, |_, _| Ok(()), announce)
}

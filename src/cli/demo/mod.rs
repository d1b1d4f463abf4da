//! `demo`: a server that is ready to be called.

mod command;
mod descendants;
mod end;
mod env_file;
pub mod guard;
mod seed;
mod token_file;
pub mod variables;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use clap::builder::FalseyValueParser;
use rustix::fs::Mode;
use tempfile::TempDir;

use self::command::Command;
use self::env_file::EnvFile;
use self::variables::{EnvFormat, Variables};
use super::output::print;
use super::sign_in_link;
use crate::app::PublicUrl;
use crate::domain::error::{Error, Result};
use crate::runtime::data_dir::DataDir;
use crate::runtime::housekeeping::TrailOptions;
use crate::runtime::network::NetworkOptions;
use crate::runtime::options::{ApiOptions, KeyOptions};
use crate::runtime::provider_options::ProviderSetup;
use crate::runtime::server::{Companion, Setup, serve};
use crate::runtime::values::duration;
use crate::sandbox::provider_listener::{ProviderListener, ProviderOptions};
use crate::store::Actor;
use crate::telemetry::format::Format;

const CURL: &str = "--header \"Authorization: Bearer $TFE_TOKEN\" \
                    \"$TFE_ADDRESS/api/v2/organizations/$TFE_ORGANIZATION/oauth-clients\"";
/// Where there is a command: of Bowline itself, so that the command's own 1 is told from ours.
pub const FAILED_BESIDE_COMMAND: u8 = 125;

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    network: NetworkOptions,
    #[command(flatten)]
    api: ApiOptions,
    #[command(flatten)]
    trail: TrailOptions,
    /// Where to keep the data; without it, the data is deleted at the end
    #[arg(long, env = "BOWLINE_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    key: KeyOptions,
    #[command(flatten)]
    provider: ProviderOptions,
    /// A file with the API token to create; by default a token computed from the master key
    #[arg(long, env = "BOWLINE_TOKEN_FILE", value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// A file to write the variables into once connections are accepted; removed at the end
    #[arg(long, env = "BOWLINE_ENV_FILE", value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// How the variables are written: for a shell, for $GITHUB_ENV, or as a JSON object
    #[arg(long, env = "BOWLINE_ENV_FORMAT", default_value = "shell", value_name = "FORMAT")]
    env_format: EnvFormat,
    /// Ends when standard input is closed, as it is when the parent process ends
    #[arg(long, env = "BOWLINE_UNTIL_STDIN_CLOSES", value_parser = FalseyValueParser::new())]
    until_stdin_closes: bool,
    /// Ends after this time: 30m, 2h
    #[arg(long, env = "BOWLINE_LIFETIME", value_name = "TIME", value_parser = duration)]
    lifetime: Option<Duration>,
    /// A command to run with the variables set; the demo ends with it, and with its exit status
    #[arg(last = true, value_name = "COMMAND", conflicts_with = "until_stdin_closes")]
    command: Vec<OsString>,
}

impl Options {
    pub fn has_command(&self) -> bool {
        !self.command.is_empty() || self.lacks_command()
    }

    /// `-- $TESTS` where the variable is empty: a demo without a command would never end.
    fn lacks_command(&self) -> bool {
        self.command.is_empty() && std::env::args_os().next_back().is_some_and(|word| word == "--")
    }
}

/// What ends with the server.
struct Surroundings {
    command: Option<Arc<Command>>,
    env_file: Option<EnvFile>,
}

impl Companion for Surroundings {
    fn takes_signal(&self, signal: i32) -> bool {
        self.command.as_ref().is_some_and(|command| command.takes_signal(signal))
    }

    fn abandon(&self) {
        if let Some(file) = &self.env_file {
            file.remove();
        }
    }
}

/// Gives the exit status.
pub fn run(options: Options, format: Format, umask: Mode) -> Result<u8> {
    if options.lacks_command() {
        return Err(Error::invalid("There is no command behind `--`."));
    }
    let token = options.token_file.as_deref().map(token_file::read).transpose()?;
    let env_file = options.env_file.map(|path| EnvFile::at(path, options.env_format)).transpose()?;
    let mut socket = options.network.bind()?;
    let providers = options.provider.bind()?;
    let providers_url = providers.as_ref().map(|listener| listener.url.clone());
    socket.side_service = providers.map(ProviderListener::service);
    // The directory lives as long as the server does.
    let (path, temporary) = place(options.data_dir)?;
    if temporary.is_some() && options.key.key_file.is_some() {
        log::warn!("--key-file has no effect without --data-dir; --token-file sets the token");
    }
    // What is thrown away at the end brings its own key.
    let key = if temporary.is_some() { KeyOptions { key_file: None } } else { options.key };
    let data_dir = DataDir::at(&path, &key);
    let command = (!options.command.is_empty()).then(|| Arc::new(Command::new(options.command, umask)));
    let surroundings = Arc::new(Surroundings { command, env_file });
    let setup = Setup {
        network: &options.network,
        format,
        api: options.api,
        trail: options.trail,
        providers: providers_url.as_deref().map_or_else(|| Ok(ProviderSetup::off()), ProviderSetup::played)?,
        socket,
        data_dir: &data_dir,
        companion: Arc::clone(&surroundings) as Arc<dyn Companion>,
    };
    let has_pages = options.network.has_pages();
    let served = serve(
        setup,
        |store, vault| {
            let token = token.unwrap_or_else(|| vault.sandbox_token());
            let digest = vault.digest(token.reveal());
            store.change(Actor::System, move |change| seed::seed(change, &digest))?;
            surroundings.env_file.as_ref().map_or(Ok(()), EnvFile::clear)?;
            Ok((token, sign_in_link::make(store, vault, seed::USER)?))
        },
        |reached, (token, key), ender| {
            if let Some(url) = &providers_url {
                log::info!("Demo providers: {url}");
            }
            let variables = Variables::new(reached, &token, seed::ORGANIZATION, providers_url.as_deref());
            if let Some(file) = &surroundings.env_file {
                file.write(&variables)?;
            }
            end::watch(&ender, options.lifetime, options.until_stdin_closes, surroundings.command.as_ref())?;
            match &surroundings.command {
                Some(command) => command.start(&variables, ender),
                None => {
                    announce(&variables, options.env_format)?;
                    // For a browser. A shell takes it for a comment; programs read the other forms.
                    if has_pages && options.env_format == EnvFormat::Shell {
                        let url = sign_in_link::url(&PublicUrl::parse(reached.url)?, &key);
                        print(&format!("# Sign in: {url}"))?;
                    }
                    Ok(())
                }
            }
        },
    );
    surroundings.abandon();
    served?;
    match &surroundings.command {
        None => Ok(0),
        Some(command) => command.status().ok_or_else(|| Error::invalid("The sandbox ended before the command did.")),
    }
}

/// The directory that is named, or one that goes with the value beside it.
fn place(data_dir: Option<PathBuf>) -> Result<(PathBuf, Option<TempDir>)> {
    if let Some(path) = data_dir {
        return Ok((path, None));
    }
    let made = tempfile::Builder::new().prefix("bowline-demo-").tempdir();
    let made = made.map_err(|e| Error::invalid(format!("The temporary data directory cannot be made: {e}.")))?;
    Ok((made.path().to_owned(), Some(made)))
}

/// On stdout. With the curl line where a shell is meant: programs read the other forms.
fn announce(variables: &Variables, format: EnvFormat) -> Result<()> {
    print(variables.render(format)?.trim_end())?;
    match (format, variables.certificate()) {
        (EnvFormat::Shell, Some(_)) => print(&format!("curl --cacert \"$SSL_CERT_FILE\" {CURL}")),
        (EnvFormat::Shell, None) => print(&format!("curl {CURL}")),
        _ => Ok(()),
    }
}

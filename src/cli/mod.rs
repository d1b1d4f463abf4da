//! The command line. Results go to stdout, everything said to people to stderr.

mod accounts;
mod audit;
mod demo;
mod explain;
mod health;
mod key;
mod maintenance;
mod output;
mod serve;
mod sign_in_link;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use rustix::fs::Mode;
use rustix::process::{DumpableBehavior, Resource, Rlimit};

use crate::domain::error::{Result, panic_message};
use crate::runtime::allocator;
use crate::runtime::values::log_level;
use crate::telemetry;
use crate::telemetry::format::Format;

/// The OAuth Clients API of Terraform Enterprise as one binary over one SQLite file.
#[derive(Parser)]
#[command(
    version,
    after_help = "Every flag has an environment variable: --data-dir is BOWLINE_DATA_DIR.\n\n\
                  Example, a sandbox in a second:\n  bowline demo\n\n\
                  Example, a server of one's own:\n  bowline init\n  bowline user create ada --email ada@example.com\n  \
                  bowline org create my-organization --email ops@example.com --owner ada\n  \
                  bowline token create --user ada\n  bowline serve --listen 127.0.0.1:8080"
)]
struct CommandLine {
    /// Log level on stderr: error, warn, info, debug or trace
    #[arg(long, global = true, env = "BOWLINE_LOG_LEVEL", default_value = "info", value_name = "LEVEL", value_parser = log_level)]
    log_level: log::LevelFilter,
    /// Format of log lines on stderr: text for people, json for programs
    #[arg(long, global = true, env = "BOWLINE_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    log_format: Format,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A server with a user, the organization my-organization and a token, ready to be called
    ///
    /// Once it accepts connections it prints variables as lines for a shell: TFE_ADDRESS, TFE_TOKEN, TFE_ORGANIZATION,
    /// BOWLINE_DEMO_PROVIDERS, and with --tls-self-signed SSL_CERT_FILE; then a curl line to paste, and a link for a browser.
    /// Without --data-dir everything is gone when it ends; with it the data stays, and the next start picks it up with the
    /// same token.
    ///
    /// With a command behind `--` the variables are set for that command instead, and all output of Bowline goes to
    /// stderr. The exit status is the command's, or 128 and the number of the signal that ended it; 125 where Bowline
    /// failed. SIGTERM and SIGHUP are passed on to the command.
    #[command(
        after_help = "Examples:\n  bowline demo --listen 127.0.0.1:0\n  bowline demo --listen 127.0.0.1:0 -- go test ./...\n  \
                            bowline demo --env-file sandbox.env --until-stdin-closes"
    )]
    Demo(demo::Options),
    /// The server
    ///
    /// Once it accepts connections it prints TFE_ADDRESS as a line for a shell, and SSL_CERT_FILE if its certificate is
    /// self-signed. Stops cleanly on SIGTERM, SIGINT and, unless it was started with --tls-cert, on SIGHUP; with --tls-cert,
    /// SIGHUP reloads the certificate.
    #[command(after_help = "Example, behind a proxy:\n  \
                            bowline serve --public-url https://bowline.example.com --trusted-proxy 127.0.0.1\n\n\
                            Example, without one:\n  \
                            bowline serve --listen 0.0.0.0:443 --public-url https://bowline.example.com \\\n    \
                            --tls-cert fullchain.pem --tls-key privkey.pem")]
    Serve(serve::Options),
    /// A new, empty database with its master key
    ///
    /// `serve` also creates one where there is none; the other commands need an existing one.
    #[command(after_help = "Example:\n  bowline init --data-dir /srv/bowline")]
    Init(maintenance::InitOptions),
    /// People with an account
    #[command(subcommand)]
    User(accounts::user::UserCommand),
    /// Organizations
    #[command(subcommand)]
    Org(accounts::org::OrgCommand),
    /// API tokens
    #[command(subcommand)]
    Token(accounts::token::TokenCommand),
    /// OAuth clients
    #[command(subcommand)]
    Client(accounts::client::ClientCommand),
    /// Installations of a GitHub App
    #[command(subcommand)]
    GithubAppInstallation(accounts::github_app_installation::InstallationCommand),
    /// What was changed, by which user, and what was refused
    ///
    /// The newest events, the last one at the end. Changes are recorded in the transaction that made them; refused
    /// requests within a minute, with a count where they are alike.
    #[command(after_help = "Example:\n  bowline audit --organization my-organization --since 2030-01-02T00:00:00Z")]
    Audit(audit::Options),
    /// A consistent copy of the database, also while a server runs
    ///
    /// The copy is whole or absent, and readable by its owner only. Its secrets stay sealed: restoring it needs the master
    /// key, which is not in it. Keep a copy of the key file too, elsewhere.
    #[command(after_help = "Example:\n  bowline backup /var/backups/bowline-$(date +%F).db")]
    Backup(maintenance::BackupOptions),
    /// Restores a backup into an empty data directory
    ///
    /// Put the master key that belongs to it into the directory first, or name it with --key-file.
    #[command(
        after_help = "Example:\n  mkdir -m 700 new && cp safe/master.key new/ && bowline restore backup.db --data-dir new"
    )]
    Restore(maintenance::RestoreOptions),
    /// Checks the database: version, integrity, references, that every secret opens, and that the audit trail is complete
    #[command(after_help = "Example:\n  bowline check && echo all is well")]
    Check(maintenance::CheckOptions),
    /// The master key
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Checks the health of a running server, as a load balancer would
    ///
    /// Prints the answer, and exits 0 only if the server is healthy. For container health checks without curl.
    #[command(after_help = "Example:\n  bowline health --listen 127.0.0.1:8080")]
    Health(health::Options),
}

/// All commands with their arguments, for tests.
pub fn definition() -> clap::Command {
    CommandLine::command()
}

/// Parses the command line and does what it says.
pub fn run() -> ExitCode {
    if demo::guard::is_meant() {
        return demo::guard::run();
    }
    let command_line = match CommandLine::try_parse() {
        Ok(command_line) => command_line,
        Err(error) => return explain::explain(&error),
    };
    let format = command_line.log_format;
    env_logger::Builder::new()
        .filter_level(command_line.log_level)
        // At trace level they write whole requests to providers, tokens included.
        .filter_module("ureq", log::LevelFilter::Off)
        .format(move |out, record| telemetry::format::write(format, out, record))
        .init();
    std::panic::set_hook(Box::new(log_panic));
    if matches!(command_line.command, Command::Demo(_) | Command::Serve(_)) {
        allocator::settle();
    }
    let umask = keep_to_ourselves();
    explain::warn_of_unknown_variables(&CommandLine::command());
    let failure = match &command_line.command {
        Command::Demo(options) if options.has_command() => ExitCode::from(demo::FAILED_BESIDE_COMMAND),
        _ => ExitCode::FAILURE,
    };
    let mut success = ExitCode::SUCCESS;
    let done = match command_line.command {
        Command::Demo(options) => demo::run(options, format, umask).map(|status| success = ExitCode::from(status)),
        Command::Serve(options) => serve::run(options, format),
        Command::User(command) => accounts::user::user(command),
        Command::Org(command) => accounts::org::org(command),
        Command::Token(command) => accounts::token::token(command),
        Command::Client(command) => accounts::client::client(command),
        Command::GithubAppInstallation(command) => accounts::github_app_installation::github_app_installation(command),
        Command::Audit(options) => audit::run(&options),
        Command::Init(options) => maintenance::init(&options),
        Command::Backup(options) => maintenance::backup(&options),
        Command::Restore(options) => maintenance::restore(&options),
        Command::Check(options) => maintenance::check(&options),
        Command::Key(command) => key::key(command),
        Command::Health(options) => health::run(&options),
    };
    match done {
        Ok(()) => success,
        Err(error) => {
            match format {
                Format::Text => output::say(&format!("bowline: {}", error.told_to_operators())),
                Format::Json => log::error!("{}", error.told_to_operators()),
            }
            failure
        }
    }
}

/// No other user may read the files that we make, no core file holds our keys, and no other process looks into our memory.
/// Gives the umask that there was.
fn keep_to_ourselves() -> Mode {
    let umask = rustix::process::umask(Mode::from_bits_truncate(0o077));
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(e) = rustix::process::setrlimit(Resource::Core, none) {
        log::warn!("could not disable core dumps: {e}");
    }
    if let Err(e) = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        log::warn!("could not protect this process's memory from other processes: {e}");
    }
    umask
}

/// One line, like everything in the log.
fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    log::error!("panic at {place}: {}", panic_message(panic.payload()).escape_debug());
}

type Done = Result<()>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn every_flag_has_its_variable() {
        fn visit(command: &clap::Command) {
            for argument in command.get_arguments().filter(|a| a.get_long().is_some()) {
                let long = argument.get_long().unwrap();
                if matches!(long, "help" | "version") {
                    continue;
                }
                let names_subject = command.get_name() == "create" && matches!(long, "user" | "team" | "organization");
                let prefix = if names_subject { "BOWLINE_TOKEN" } else { "BOWLINE" };
                let expected = format!("{prefix}_{}", long.to_uppercase().replace('-', "_"));
                let variable = argument.get_env().map(|v| v.to_string_lossy().into_owned());
                assert_eq!(variable, Some(expected), "{} --{long}", command.get_name());
            }
            command.get_subcommands().for_each(visit);
        }
        visit(&CommandLine::command());
    }
}

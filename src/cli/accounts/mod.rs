//! `user`, `org`, `token`, `client`, `github-app-installation`: who may come in, and what is there.

pub mod client;
mod confirm;
pub mod github_app_installation;
pub mod org;
pub mod token;
pub mod user;

use clap::Args;
use clap::builder::FalseyValueParser;

use super::Done;
use super::output::Table;
use crate::domain::error::{Error, Result};
use crate::runtime::data_dir::DataDir;
use crate::runtime::options::DataOptions;
use crate::store::{Actor, Change, Store, View};
use crate::vault::Vault;

#[derive(Args)]
pub struct ListOptions {
    /// A JSON array instead of a table
    #[arg(long, env = "BOWLINE_JSON", value_parser = FalseyValueParser::new())]
    json: bool,
    #[command(flatten)]
    data: DataOptions,
}

/// For what takes something away.
#[derive(Args)]
pub struct DeleteOptions {
    /// Deletes without asking
    #[arg(long, env = "BOWLINE_YES", value_parser = FalseyValueParser::new())]
    yes: bool,
    #[command(flatten)]
    data: DataOptions,
}

fn no_user(name: &str) -> Error {
    Error::invalid(format!("There is no user named {name}; `bowline user list` shows them all."))
}

fn no_organization(name: &str) -> Error {
    Error::invalid(format!("There is no organization named {name}; `bowline org list` shows them all."))
}

fn change<T: Send + 'static>(
    (store, _): (Store, Vault),
    act: impl Fn(&Change) -> Result<T> + Send + 'static,
) -> Result<T> {
    let result = store.change(Actor::System, act);
    store.close();
    result
}

/// Opens the database, acts, and closes it.
fn with_store<T>(options: &DataOptions, act: impl FnOnce(&Store) -> Result<T>) -> Result<T> {
    let (store, _) = DataDir::find_as_owner(options)?.open_existing()?;
    let done = act(&store);
    store.close();
    done
}

fn look<T>(options: &DataOptions, ask: impl FnOnce(&View) -> Result<T>) -> Result<T> {
    with_store(options, |store| store.read(ask))
}

fn list(
    options: &ListOptions,
    headings: &'static [&'static str],
    rows: impl FnOnce(&View) -> Result<Vec<Vec<Option<String>>>>,
) -> Done {
    Table { headings, rows: look(&options.data, rows)? }.print(options.json)
}

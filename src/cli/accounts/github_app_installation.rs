//! `github-app-installation`: installations of a GitHub App, for links that use one.

use clap::{Subcommand, ValueEnum};

use super::confirm::confirm;
use super::{DeleteOptions, ListOptions, change, list, no_organization, with_store};
use crate::cli::Done;
use crate::cli::output::{print, say};
use crate::domain::error::{Error, Kind, Result};
use crate::domain::id::GithubAppInstallationId;
use crate::domain::oauth::github_app_installation::{
    AccountType, GithubAppInstallation, InstallationFilter, NewInstallation,
};
use crate::domain::page::Page;
use crate::runtime::data_dir::DataDir;
use crate::runtime::options::DataOptions;
use crate::store::{Actor, View};

#[derive(Subcommand)]
pub enum InstallationCommand {
    /// Records an installation; prints the id for `github-app-installation-id`
    ///
    /// Bowline keeps it and never asks GitHub whether it exists.
    #[command(
        after_help = "Example:\n  bowline github-app-installation create my-organization acme --installation-id 12345"
    )]
    Create {
        /// The organization that may use it
        organization: String,
        /// The account at GitHub where the app is installed
        account: String,
        /// The number of the installation at GitHub
        #[arg(long, env = "BOWLINE_INSTALLATION_ID", value_name = "NUMBER")]
        installation_id: i64,
        /// What the account is
        #[arg(long, env = "BOWLINE_ACCOUNT_TYPE", value_name = "TYPE", default_value = "organization")]
        account_type: Account,
        #[command(flatten)]
        data: DataOptions,
    },
    /// The installations of an organization
    List {
        #[arg(long, env = "BOWLINE_ORGANIZATION", value_name = "NAME")]
        organization: String,
        #[command(flatten)]
        list: ListOptions,
    },
    /// Removes an installation, and every link to a repository that uses it
    ///
    /// What was linked stays, without a repository.
    #[command(after_help = "Example:\n  bowline github-app-installation delete ghain-XKFwG6ggfA9n7t1K")]
    Delete {
        /// As in `github-app-installation list`
        id: String,
        #[command(flatten)]
        options: DeleteOptions,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Account {
    Organization,
    User,
}

pub fn github_app_installation(command: InstallationCommand) -> Done {
    match command {
        InstallationCommand::Create { organization, account, installation_id, account_type, data } => {
            let account_type = match account_type {
                Account::Organization => AccountType::Organization,
                Account::User => AccountType::User,
            };
            let new = NewInstallation::new(account, account_type, installation_id)?;
            let created = change(DataDir::find_as_owner(&data)?.open_existing()?, move |change| {
                let of = change.organization_named(&organization)?.ok_or_else(|| no_organization(&organization))?;
                change.create_github_app_installation(&of, &new)
            })?;
            print(created.identity.id.as_str())
        }
        InstallationCommand::List { organization, list } => installations(&organization, &list),
        InstallationCommand::Delete { id, options } => with_store(&options.data, |store| {
            let found = store.read(|view| known(view, &id))?;
            let what = format!("the GitHub App installation {id} of {}", found.name);
            confirm(&what, &["its links to repositories".to_owned()], options.yes)?;
            store.change(Actor::System, move |change| change.delete_stored(&known(change, &id)?))?;
            say(&format!("Deleted {what}."));
            Ok(())
        }),
    }
}

fn known(view: &View, id: &str) -> Result<GithubAppInstallation> {
    GithubAppInstallationId::parse(id).and_then(|id| view.stored(&id)).map_err(|error| match error.kind {
        Kind::NotFound => Error::invalid(format!(
            "There is no GitHub App installation {id}; `bowline github-app-installation list --organization NAME` shows those \
             of an organization."
        )),
        _ => error,
    })
}

fn installations(organization: &str, options: &ListOptions) -> Done {
    list(options, &["id", "account", "account-type", "installation-id"], |view| {
        let of = view.organization_named(organization)?.ok_or_else(|| no_organization(organization))?;
        let all = Page { number: 1, size: u64::MAX };
        let found = view.github_app_installations(&[of.number], &InstallationFilter::default(), all)?;
        let rows = found.items.into_iter().map(|item| {
            let GithubAppInstallation { identity, name, account, installation } = item;
            vec![
                Some(identity.id.to_string()),
                Some(name),
                Some(account.name().to_owned()),
                Some(installation.to_string()),
            ]
        });
        Ok(rows.collect())
    })
}

//! `client`: OAuth clients.

use clap::Subcommand;

use super::{ListOptions, change, list, no_organization};
use crate::cli::Done;
use crate::cli::output::{counted, say};
use crate::domain::error::{Error, Kind, Result};
use crate::domain::id::OAuthClientId;
use crate::domain::oauth::client::OAuthClient;
use crate::domain::page::Page;
use crate::runtime::data_dir::DataDir;
use crate::runtime::options::DataOptions;
use crate::store::View;

#[derive(Subcommand)]
pub enum ClientCommand {
    /// The OAuth clients of an organization
    List {
        #[arg(long, env = "BOWLINE_ORGANIZATION", value_name = "NAME")]
        organization: String,
        #[command(flatten)]
        list: ListOptions,
    },
    /// Links all workspaces of one OAuth client through another one
    ///
    /// All links use the token of TO afterwards, in one transaction, also while a server runs. Both clients belong to the
    /// same organization, and TO has a token. If TO is not available in the project of a workspace, nothing is moved and
    /// the workspaces are named.
    #[command(after_help = "Example:\n  bowline client move-workspaces oc-hmAyP66qk2AMVdbJ oc-XKFwG6ggfA9n7t1K")]
    MoveWorkspaces {
        /// The id of the client that the workspaces use now, as in `client list`
        from: String,
        /// The id of the client that they are to use
        to: String,
        #[command(flatten)]
        data: DataOptions,
    },
}

pub fn client(command: ClientCommand) -> Done {
    match command {
        ClientCommand::List { organization, list } => list_clients(&organization, &list),
        ClientCommand::MoveWorkspaces { from, to, data } => {
            let (source, target) = (from.clone(), to.clone());
            let moved = change(DataDir::find_as_owner(&data)?.open_existing()?, move |change| {
                change.move_repository_links(&known_client(change, &source)?, &known_client(change, &target)?)
            })?;
            say(&format!("Moved {} from {from} to {to}.", counted(moved, "repository link")));
            Ok(())
        }
    }
}

fn known_client(view: &View, id: &str) -> Result<OAuthClient> {
    OAuthClientId::parse(id).and_then(|id| view.oauth_client(&id)).map_err(|error| match error.kind {
        Kind::NotFound => {
            Error::invalid(format!("There is no OAuth client {id}; `bowline client list` shows those that exist."))
        }
        _ => error,
    })
}

fn list_clients(organization: &str, options: &ListOptions) -> Done {
    let headings = &["id", "name", "service-provider", "http-url", "oauth-token", "created-at"];
    list(options, headings, |view| {
        let organization = view.organization_named(organization)?.ok_or_else(|| no_organization(organization))?;
        let all = Page { number: 1, size: u64::MAX };
        let clients = view.oauth_clients(organization.number, all)?.items.into_iter().map(|client| {
            vec![
                Some(client.id.to_string()),
                client.name,
                Some(client.service_provider.identifier().to_owned()),
                Some(client.http_url),
                client.oauth_token.map(|token| token.to_string()),
                Some(client.created_at.to_string()),
            ]
        });
        Ok(clients.collect())
    })
}

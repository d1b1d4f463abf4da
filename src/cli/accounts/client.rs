//! `client`: OAuth clients, and whether their connections work.

use std::thread;
use std::time::Duration;

use clap::Subcommand;
use serde_json::Value;

use super::{ListOptions, list, no_organization, with_store};
use crate::app::rate_limits::RateLimits;
use crate::app::{App, PublicUrl};
use crate::cli::Done;
use crate::cli::output::{Sheet, counted, say};
use crate::connect;
use crate::domain::error::{Error, Kind, Result};
use crate::domain::id::OAuthClientId;
use crate::domain::oauth::client::OAuthClient;
use crate::domain::oauth::credential::Credential;
use crate::domain::oauth::link_move::LinkMove;
use crate::domain::page::Page;
use crate::providers::Failure;
use crate::runtime::data_dir::DataDir;
use crate::runtime::options::DataOptions;
use crate::runtime::provider_options::ProviderOptions;
use crate::store::{Actor, Store, View};

/// The server looks every millisecond whether this process has let go of the database.
const BETWEEN_PARTS: Duration = Duration::from_millis(10);

#[derive(Subcommand)]
pub enum ClientCommand {
    /// The OAuth clients of an organization
    List {
        #[arg(long, env = "BOWLINE_ORGANIZATION", value_name = "NAME")]
        organization: String,
        #[command(flatten)]
        list: ListOptions,
    },
    /// Checks whether a client's token works: as which user, with which scopes, and what is missing
    ///
    /// Asks the provider. Exits 0 only if the token works and repositories can be listed. An expired token is not renewed
    /// here, because a server may be doing it at the same moment; any request that uses the token has the server renew it.
    #[command(after_help = "Example:\n  bowline client check oc-XKFwG6ggfA9n7t1K")]
    Check {
        /// As in `client list`
        id: String,
        #[command(flatten)]
        providers: ProviderOptions,
        #[command(flatten)]
        list: ListOptions,
    },
    /// Links all workspaces of one OAuth client through another one
    ///
    /// All links use the token of TO afterwards, also while a server runs. Both clients belong to the same organization, and
    /// TO has a token. If TO is not available in the project of a workspace, nothing is moved and the workspaces are named.
    ///
    /// Up to 3,000 links are one transaction. More of them go in parts of that size, with other changes in between. If it is
    /// ended before the last part, each workspace uses FROM or TO; run it again to move the rest.
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
        ClientCommand::List { organization, list } => clients(&organization, &list),
        ClientCommand::Check { id, providers, list } => check(&id, providers, &list),
        ClientCommand::MoveWorkspaces { from, to, data } => {
            let mut all = LinkMove::default();
            with_store(&data, |store| move_links(store, &from, &to, &mut all))
                .map_err(|error| Error::invalid(format!("{} {all}", error.told_to_operators())))?;
            say(&format!("Moved {} from {from} to {to}.", counted(all.moved, "repository link")));
            Ok(())
        }
    }
}

fn move_links(store: &Store, from: &str, to: &str, all: &mut LinkMove) -> Result<()> {
    store.read(|view| {
        let (from, to) = known_clients(view, from, to)?;
        view.check_link_move(&from, &to)
    })?;
    let go_on = || {
        thread::sleep(BETWEEN_PARTS);
        Ok(())
    };
    all.run(go_on, || {
        let (from, to) = (from.to_owned(), to.to_owned());
        store.change(Actor::System, move |change| {
            let (from, to) = known_clients(change, &from, &to)?;
            change.move_links(&from, &to)
        })
    })
}

fn known_clients(view: &View, from: &str, to: &str) -> Result<(OAuthClient, OAuthClient)> {
    Ok((known_client(view, from)?, known_client(view, to)?))
}

fn known_client(view: &View, id: &str) -> Result<OAuthClient> {
    OAuthClientId::parse(id).and_then(|id| view.oauth_client(&id)).map_err(|error| match error.kind {
        Kind::NotFound => no_client(id),
        _ => error,
    })
}

fn no_client(id: &str) -> Error {
    Error::invalid(format!(
        "There is no OAuth client {id}; `bowline client list --organization NAME` shows those of an organization."
    ))
}

fn clients(organization: &str, options: &ListOptions) -> Done {
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

fn check(id: &str, providers: ProviderOptions, options: &ListOptions) -> Done {
    let providers = providers.read()?;
    let (store, vault) = DataDir::find_as_owner(&options.data)?.open_existing()?;
    let providers = providers.open(Vec::new(), store.sources())?;
    // Only a web flow and a renewal need the public URL, and neither begins here.
    let app = App { providers, ..App::new(store, vault, PublicUrl::parse(NO_URL)?, RateLimits::off()) };
    let checked = credential(&app, id).and_then(|credential| {
        let provider = credential.registration.service_provider.identifier();
        connect::check::check_without_renewing(&app, &Actor::System, credential).map(|check| (provider, check))
    });
    app.store.close();
    let (provider, check) = checked?;
    let listing = check.listing.as_ref().map(Failure::told_to_tenant);
    let lists = |texts: &[String]| Value::Array(texts.iter().map(|text| text.as_str().into()).collect());
    let missing: Vec<String> = check.missing.iter().map(|scope| (*scope).to_owned()).collect();
    Sheet(vec![
        ("oauth-client", id.into()),
        ("service-provider", provider.into()),
        ("service-provider-user", check.user.into()),
        ("scopes", check.scopes.as_deref().map_or(Value::Null, lists)),
        ("missing-scopes", lists(&missing)),
        ("repositories", if listing.is_none() { "can be listed" } else { "cannot be listed" }.into()),
    ])
    .print(options.json)?;
    match listing {
        None => Ok(()),
        Some(reason) => Err(Error::invalid(format!("The token works, but repositories cannot be listed: {reason}"))),
    }
}

const NO_URL: &str = "http://localhost";

fn credential(app: &App, id: &str) -> Result<Credential> {
    let no_client = |_| no_client(id);
    app.store.read(|view| {
        let client = view.oauth_client(&OAuthClientId::parse(id).map_err(no_client)?).map_err(no_client)?;
        let token = client.oauth_token.as_ref().ok_or_else(|| {
            Error::invalid(format!("{id} has no token: it was never connected, or its token was deleted."))
        })?;
        view.credential(token)
    })
}

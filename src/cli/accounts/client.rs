//! `client`: OAuth clients.

use clap::Subcommand;

use super::{ListOptions, list, no_organization};
use crate::cli::Done;
use crate::domain::page::Page;

#[derive(Subcommand)]
pub enum ClientCommand {
    /// The OAuth clients of an organization
    List {
        #[arg(long, env = "BOWLINE_ORGANIZATION", value_name = "NAME")]
        organization: String,
        #[command(flatten)]
        list: ListOptions,
    },
}

pub fn client(command: ClientCommand) -> Done {
    let ClientCommand::List { organization, list: options } = command;
    let headings = &["id", "name", "service-provider", "http-url", "oauth-token", "created-at"];
    list(&options, headings, |view| {
        let organization = view.organization_named(&organization)?.ok_or_else(|| no_organization(&organization))?;
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

//! `token`: API tokens.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::{ListOptions, change, list, no_organization, no_user};
use crate::cli::Done;
use crate::cli::output::print;
use crate::domain::accounts::api_token::{NewToken, PlainToken, Subject, TokenTerms};
use crate::domain::error::{Error, Kind, Result};
use crate::domain::id::TokenId;
use crate::domain::sources::Sources;
use crate::runtime::data_dir::DataDir;
use crate::runtime::options::DataOptions;
use crate::runtime::values::duration;
use crate::store::{Actor, View};

#[derive(Subcommand)]
pub enum TokenCommand {
    /// A new token; prints it, this once
    #[command(after_help = "Example:\n  export TFE_TOKEN=$(bowline token create --user ada --expires-in 30d)")]
    Create {
        #[command(flatten)]
        subject: SubjectOptions,
        /// What it is for
        #[arg(long, env = "BOWLINE_DESCRIPTION", value_name = "TEXT")]
        description: Option<String>,
        /// How long it is valid: 30d, 12h, 90s; without it, it never expires
        #[arg(long, env = "BOWLINE_EXPIRES_IN", value_name = "TIME", value_parser = duration)]
        expires_in: Option<Duration>,
        #[command(flatten)]
        data: DataOptions,
    },
    /// All tokens, without the tokens themselves
    List(ListOptions),
    /// Revokes a token, from the next request on
    #[command(after_help = "Example:\n  bowline token revoke at-6yEmxNAhaoQLH1Da")]
    Revoke {
        /// As in `token list`
        id: String,
        #[command(flatten)]
        data: DataOptions,
    },
}

/// The user, team or organization that a token is for. The variables have names of their own: BOWLINE_ORGANIZATION, set for
/// `client list`, must not conflict with --user.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct SubjectOptions {
    #[arg(long, env = "BOWLINE_TOKEN_USER", value_name = "NAME")]
    user: Option<String>,
    #[arg(long, env = "BOWLINE_TOKEN_TEAM", value_name = "ORG/TEAM")]
    team: Option<String>,
    #[arg(long, env = "BOWLINE_TOKEN_ORGANIZATION", value_name = "NAME")]
    organization: Option<String>,
}

pub fn token(command: TokenCommand) -> Done {
    match command {
        TokenCommand::Create { subject, description, expires_in, data } => {
            let (store, vault) = DataDir::find_as_owner(&data)?.open_existing()?;
            let expires_at = expires_in.map(|time| store.sources().now().plus(time)).transpose()?;
            let plain = PlainToken::generate(store.sources());
            let digest = vault.digest(plain.reveal());
            let made = store.change(Actor::System, move |change| {
                let subject = find_subject(change, &subject)?;
                let new =
                    NewToken { subject, terms: TokenTerms::new(description.clone(), expires_at)?, is_sole: false };
                change.create_api_token(&new, &digest, None)
            });
            store.close();
            made.and_then(|_| print(plain.reveal()))
        }
        TokenCommand::List(options) => {
            let now = Sources::system().now();
            list(&options, &["id", "subject", "status", "description", "created-at", "expires-at"], |view| {
                let tokens = view.api_tokens()?.into_iter().map(|token| {
                    let is_expired = token.expires_at.is_some_and(|instant| instant <= now);
                    vec![
                        Some(token.id.to_string()),
                        Some(token.subject),
                        Some(if is_expired { "expired" } else { "valid" }.to_owned()),
                        token.description,
                        Some(token.created_at.to_string()),
                        token.expires_at.map(|instant| instant.to_string()),
                    ]
                });
                Ok(tokens.collect())
            })
        }
        TokenCommand::Revoke { id, data } => {
            let unknown = Error::invalid(format!("There is no token {id}; `bowline token list` shows them all."));
            let opened = DataDir::find_as_owner(&data)?.open_existing()?;
            let Ok(id) = TokenId::parse(&id) else { return Err(unknown) };
            match change(opened, move |change| change.revoke_api_token(&id)) {
                Err(e) if e.kind == Kind::NotFound => Err(unknown),
                other => other,
            }
        }
    }
}

fn find_subject(view: &View, options: &SubjectOptions) -> Result<Subject> {
    let organization = |name: &str| {
        view.organization_named(name)?.map(|organization| organization.number).ok_or_else(|| no_organization(name))
    };
    if let Some(name) = &options.user {
        let user = view.user_named(name)?.ok_or_else(|| no_user(name))?;
        return Ok(Subject::User(user.number));
    }
    if let Some(path) = &options.team {
        let (name, team) =
            path.split_once('/').ok_or_else(|| Error::invalid("--team takes ORG/TEAM: my-organization/owners."))?;
        let team = view
            .team_number(organization(name)?, team)?
            .ok_or_else(|| Error::invalid(format!("There is no team {path}.")))?;
        return Ok(Subject::Team(team));
    }
    let name = options.organization.as_deref().unwrap_or_default();
    Ok(Subject::Organization(organization(name)?))
}

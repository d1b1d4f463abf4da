//! `user`, `org`, `token`, `client`: who may come in, and what is there.

use clap::builder::FalseyValueParser;
use clap::{Args, Subcommand};
use std::time::Duration;

use super::Done;
use super::output::{Table, print};
use crate::domain::accounts::api_token::{NewToken, PlainToken, Subject, TokenTerms};
use crate::domain::accounts::user::NewUser;
use crate::domain::error::{Error, Kind, Result};
use crate::domain::id::TokenId;
use crate::domain::organizations::organization::NewOrganization;
use crate::domain::page::Page;
use crate::domain::timestamp::Timestamp;
use crate::runtime::data_dir::DataDir;
use crate::runtime::options::DataOptions;
use crate::runtime::values::duration;
use crate::store::{Actor, Change, Store, View};
use crate::vault::Vault;

#[derive(Subcommand)]
pub enum UserCommand {
    /// A new user; prints the id
    #[command(after_help = "Example:\n  bowline user create ada --email ada@example.com")]
    Create {
        /// Letters, digits, hyphens and underscores
        name: String,
        #[arg(long, env = "BOWLINE_EMAIL", value_name = "ADDRESS")]
        email: String,
        /// A site administrator
        #[arg(long, env = "BOWLINE_ADMIN", value_parser = FalseyValueParser::new())]
        admin: bool,
        #[command(flatten)]
        data: DataOptions,
    },
    /// All users
    List(ListOptions),
}

#[derive(Subcommand)]
pub enum OrgCommand {
    /// A new organization; prints the id
    #[command(after_help = "Example:\n  bowline org create my-organization --email ops@example.com --owner ada")]
    Create {
        /// Letters, digits, hyphens and underscores
        name: String,
        #[arg(long, env = "BOWLINE_EMAIL", value_name = "ADDRESS")]
        email: String,
        /// The user who is the first member of its owners team
        #[arg(long, env = "BOWLINE_OWNER", value_name = "USER")]
        owner: String,
        #[command(flatten)]
        data: DataOptions,
    },
    /// All organizations
    List(ListOptions),
}

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
        /// How long it is valid: 30d, 12h, 90s. For ever, if not given
        #[arg(long, env = "BOWLINE_EXPIRES_IN", value_name = "TIME", value_parser = duration)]
        expires_in: Option<Duration>,
        #[command(flatten)]
        data: DataOptions,
    },
    /// All tokens, without the tokens themselves
    List(ListOptions),
    /// The end of a token, from the next request on
    #[command(after_help = "Example:\n  bowline token revoke at-6yEmxNAhaoQLH1Da")]
    Revoke {
        /// As in `token list`
        id: String,
        #[command(flatten)]
        data: DataOptions,
    },
}

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

/// Whom a token speaks for. The variables have names of their own: BOWLINE_ORGANIZATION, set for `client list`, must not
/// stand against --user.
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

#[derive(Args)]
pub struct ListOptions {
    /// A JSON array instead of a table
    #[arg(long, env = "BOWLINE_JSON", value_parser = FalseyValueParser::new())]
    json: bool,
    #[command(flatten)]
    data: DataOptions,
}

pub fn user(command: UserCommand) -> Done {
    match command {
        UserCommand::Create { name, email, admin, data } => {
            let new = NewUser { username: name, email, is_site_admin: admin }.check()?;
            let user = change(DataDir::new(&data).open_or_create()?, move |change| change.create_user(&new))?;
            print(user.id.as_str())
        }
        UserCommand::List(options) => list(&options, &["id", "username", "email", "admin", "created-at"], |view| {
            let users = view.users()?.into_iter().map(|user| {
                let admin = if user.is_site_admin { "yes" } else { "no" };
                vec![
                    Some(user.id.to_string()),
                    Some(user.username),
                    Some(user.email),
                    Some(admin.to_owned()),
                    Some(user.created_at.to_string()),
                ]
            });
            Ok(users.collect())
        }),
    }
}

pub fn org(command: OrgCommand) -> Done {
    match command {
        OrgCommand::Create { name, email, owner, data } => {
            let new = NewOrganization::new(name, email)?;
            let organization = change(DataDir::new(&data).open_existing()?, move |change| {
                let owner = change
                    .user_named(&owner)?
                    .ok_or_else(|| Error::invalid(format!("There is no user named {owner}.")))?;
                if change.organization_named(&new.name)?.is_some() {
                    return Err(Error::invalid(format!("There is an organization named {} already.", new.name)));
                }
                change.create_organization(&new, &owner)
            })?;
            print(organization.external_id.as_str())
        }
        OrgCommand::List(options) => list(&options, &["id", "name", "email", "created-at"], |view| {
            let organizations = view.organizations()?.into_iter().map(|organization| {
                vec![
                    Some(organization.external_id.to_string()),
                    Some(organization.name),
                    Some(organization.email),
                    Some(organization.created_at.to_string()),
                ]
            });
            Ok(organizations.collect())
        }),
    }
}

pub fn token(command: TokenCommand) -> Done {
    match command {
        TokenCommand::Create { subject, description, expires_in, data } => {
            let expires_at = expires_in.map(|time| Timestamp::now().plus(time)).transpose()?;
            let plain = PlainToken::generate();
            let (store, vault) = DataDir::new(&data).open_existing()?;
            let digest = vault.digest(plain.reveal());
            let made = store.write(Actor::System, move |change| {
                let subject = find_subject(change, &subject)?;
                let new = NewToken { subject, terms: TokenTerms::new(description, expires_at)?, is_sole: false };
                change.create_api_token(&new, &digest, None)
            });
            store.close();
            made.and_then(|_| print(plain.reveal()))
        }
        TokenCommand::List(options) => {
            list(&options, &["id", "subject", "description", "created-at", "expires-at"], |view| {
                let tokens = view.api_tokens()?.into_iter().map(|token| {
                    vec![
                        Some(token.id.to_string()),
                        Some(token.subject),
                        token.description,
                        Some(token.created_at.to_string()),
                        token.expires_at.map(|instant| instant.to_string()),
                    ]
                });
                Ok(tokens.collect())
            })
        }
        TokenCommand::Revoke { id, data } => {
            let data_dir = DataDir::new(&data);
            let unknown = Error::invalid(format!("There is no token {id}; `bowline token list` shows them all."));
            let opened = data_dir.open_existing()?;
            let Ok(id) = TokenId::parse(&id) else { return Err(unknown) };
            match remove(opened, move |change| change.revoke_api_token(&id)) {
                Err(e) if e.kind == Kind::NotFound => Err(unknown),
                other => other,
            }
        }
    }
}

pub fn client(command: ClientCommand) -> Done {
    let ClientCommand::List { organization, list: options } = command;
    let headings = &["id", "name", "service-provider", "http-url", "oauth-token", "created-at"];
    list(&options, headings, |view| {
        let organization = view
            .organization_named(&organization)?
            .ok_or_else(|| Error::invalid(format!("There is no organization named {organization}.")))?;
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

fn find_subject(view: &View, options: &SubjectOptions) -> Result<Subject> {
    let organization = |name: &str| {
        view.organization_named(name)?
            .map(|organization| organization.number)
            .ok_or_else(|| Error::invalid(format!("There is no organization named {name}.")))
    };
    if let Some(name) = &options.user {
        let user = view.user_named(name)?.ok_or_else(|| Error::invalid(format!("There is no user named {name}.")))?;
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

fn change<T: Send + 'static>(
    (store, _): (Store, Vault),
    act: impl FnOnce(&Change) -> Result<T> + Send + 'static,
) -> Result<T> {
    let result = store.write(Actor::System, act);
    store.close();
    result
}

/// There is room for it on a full disk, too.
fn remove((store, _): (Store, Vault), act: impl Fn(&Change) -> Result<()> + Send + 'static) -> Result<()> {
    let result = store.remove(Actor::System, act);
    store.close();
    result
}

fn list(
    options: &ListOptions,
    headings: &'static [&'static str],
    rows: impl FnOnce(&View) -> Result<Vec<Vec<Option<String>>>>,
) -> Done {
    let (store, _) = DataDir::new(&options.data).open_existing()?;
    let rows = store.read(rows);
    store.close();
    Table { headings, rows: rows? }.print(options.json)
}

//! `user`: people with an account.

use clap::Subcommand;
use clap::builder::FalseyValueParser;
use serde_json::{Value, json};

use super::confirm::confirm;
use super::{DeleteOptions, ListOptions, list, look, no_user, with_store};
use crate::cli::Done;
use crate::cli::output::{Sheet, counted, print, say};
use crate::cli::sign_in_link::{self, LinkOptions};
use crate::domain::accounts::user::{NewUser, User};
use crate::domain::page::Page;
use crate::domain::sources::Sources;
use crate::runtime::data_dir::DataDir;
use crate::runtime::options::DataOptions;
use crate::store::Actor;

#[derive(Subcommand)]
pub enum UserCommand {
    /// A new user; prints the id, and a link that works once for setting a password
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
        link: LinkOptions,
        #[command(flatten)]
        data: DataOptions,
    },
    /// A link that works once, within 24 hours, for setting a password and signing in
    #[command(after_help = "Example:\n  bowline user sign-in-link ada --public-url https://bowline.example.com")]
    SignInLink {
        /// As in `user list`
        name: String,
        #[command(flatten)]
        link: LinkOptions,
        #[command(flatten)]
        data: DataOptions,
    },
    /// All users, how many valid tokens they have, and their organizations
    List(ListOptions),
    /// One user, with organizations and tokens
    #[command(after_help = "Example:\n  bowline user show ada")]
    Show {
        /// As in `user list`
        name: String,
        #[command(flatten)]
        options: ListOptions,
    },
    /// Deletes a user, with the user's tokens and memberships
    ///
    /// The only owner of an organization is not deleted: make another owner first, or delete the organization. What the
    /// user did stays in the audit trail.
    #[command(after_help = "Example:\n  bowline user delete ada")]
    Delete {
        /// As in `user list`
        name: String,
        #[command(flatten)]
        options: DeleteOptions,
    },
}

const HEADINGS: &[&str] = &["id", "username", "email", "admin", "tokens", "organizations", "created-at"];

pub fn user(command: UserCommand) -> Done {
    match command {
        UserCommand::Create { name, email, admin, link, data } => {
            let new = NewUser { username: name, email, is_site_admin: admin }.check()?;
            let username = new.username.clone();
            let data_dir = DataDir::find_as_owner(&data)?;
            let public_url = link.public_url(&data_dir)?;
            let (store, vault) = data_dir.open_existing()?;
            let made = store
                .change(Actor::System, move |change| change.create_user(&new))
                .and_then(|user| Ok((user, sign_in_link::make(&store, &vault, &username)?)));
            store.close();
            let (user, key) = made?;
            print(user.id.as_str())?;
            print(&sign_in_link::url(&public_url, &key))
        }
        UserCommand::SignInLink { name, link, data } => {
            let data_dir = DataDir::find_as_owner(&data)?;
            let public_url = link.public_url(&data_dir)?;
            let (store, vault) = data_dir.open_existing()?;
            let made = sign_in_link::make(&store, &vault, &name);
            store.close();
            print(&sign_in_link::url(&public_url, &made?))
        }
        UserCommand::List(options) => list(&options, HEADINGS, |view| {
            let now = Sources::system().now();
            let row = |user: User| {
                let organizations = view.memberships_of(&user)?.into_iter().map(|membership| membership.organization);
                Ok(vec![
                    Some(user.id.to_string()),
                    Some(user.username),
                    Some(user.email),
                    Some(if user.is_site_admin { "yes" } else { "no" }.to_owned()),
                    Some(view.valid_tokens_of(user.number, now)?.to_string()),
                    Some(organizations.collect::<Vec<_>>().join(", ")),
                    Some(user.created_at.to_string()),
                ])
            };
            view.users()?.into_iter().map(row).collect()
        }),
        UserCommand::Show { name, options } => {
            let sheet = look(&options.data, |view| {
                let user = view.user_named(&name)?.ok_or_else(|| no_user(&name))?;
                let organizations = view.memberships_of(&user)?.into_iter().map(|membership| {
                    let role = if membership.is_owner { "owner" } else { "member" };
                    json!({"name": membership.organization, "role": role})
                });
                let all = Page { number: 1, size: u64::MAX };
                let now = Sources::system().now();
                let tokens = view.tokens_of_user(user.number, all)?.items.into_iter().map(|token| {
                    let is_expired = token.expires_at.is_some_and(|instant| instant <= now);
                    json!({"id": token.id.as_str(), "status": if is_expired { "expired" } else { "valid" },
                           "description": token.description})
                });
                Ok(Sheet(vec![
                    ("id", user.id.as_str().into()),
                    ("username", user.username.into()),
                    ("email", user.email.into()),
                    ("admin", user.is_site_admin.into()),
                    ("created-at", user.created_at.to_string().into()),
                    ("organizations", Value::Array(organizations.collect())),
                    ("tokens", Value::Array(tokens.collect())),
                ]))
            })?;
            sheet.print(options.json)
        }
        UserCommand::Delete { name, options } => with_store(&options.data, |store| {
            let (user, along) = store.read(|view| {
                let user = view.user_named(&name)?.ok_or_else(|| no_user(&name))?;
                view.require_other_owners(&user)?;
                let all = Page { number: 1, size: 1 };
                let tokens = view.tokens_of_user(user.number, all)?.total;
                let mut along = vec![counted(tokens, "API token")];
                let memberships = view.memberships_of(&user)?;
                along.extend(memberships.iter().map(|of| format!("the membership in {}", of.organization)));
                Ok((user, along))
            })?;
            let what = format!("the user {}", user.username);
            confirm(&what, &along, options.yes)?;
            store.change(Actor::System, move |change| change.delete_user(&user.id))?;
            say(&format!("Deleted {what}."));
            Ok(())
        }),
    }
}

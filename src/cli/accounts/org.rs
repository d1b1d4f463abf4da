//! `org`: organizations.

use clap::Subcommand;
use serde_json::{Map, Value};

use super::confirm::confirm;
use super::{DeleteOptions, ListOptions, change, list, look, no_organization, no_user, with_store};
use crate::cli::Done;
use crate::cli::output::{Sheet, counted, print, say};
use crate::domain::error::Error;
use crate::domain::organizations::organization::NewOrganization;
use crate::runtime::data_dir::DataDir;
use crate::runtime::options::DataOptions;
use crate::store::Actor;

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
    /// One organization, with its owners and how much there is in it
    #[command(after_help = "Example:\n  bowline org show my-organization")]
    Show {
        /// As in `org list`
        name: String,
        #[command(flatten)]
        options: ListOptions,
    },
    /// Deletes an organization and everything in it
    ///
    /// Its users stay. What was done in it stays in the audit trail.
    #[command(after_help = "Example:\n  bowline backup before.db && bowline org delete my-organization")]
    Delete {
        /// As in `org list`
        name: String,
        #[command(flatten)]
        options: DeleteOptions,
    },
}

pub fn org(command: OrgCommand) -> Done {
    match command {
        OrgCommand::Create { name, email, owner, data } => {
            let new = NewOrganization::new(name, email)?;
            let organization = change(DataDir::find_as_owner(&data)?.open_existing()?, move |change| {
                let owner = change.user_named(&owner)?.ok_or_else(|| no_user(&owner))?;
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
        OrgCommand::Show { name, options } => {
            let sheet = look(&options.data, |view| {
                let organization = view.organization_named(&name)?.ok_or_else(|| no_organization(&name))?;
                let contents = view.contents_of(organization.number)?.into_iter();
                let contents = contents.map(|(what, count)| (format!("{what}s"), Value::from(count)));
                Ok(Sheet(vec![
                    ("id", organization.external_id.as_str().into()),
                    ("name", organization.name.into()),
                    ("email", organization.email.into()),
                    ("created-at", organization.created_at.to_string().into()),
                    ("owners", view.owners_of(organization.number)?.into()),
                    ("contents", Value::Object(Map::from_iter(contents))),
                ]))
            })?;
            sheet.print(options.json)
        }
        OrgCommand::Delete { name, options } => with_store(&options.data, |store| {
            let (organization, along) = store.read(|view| {
                let organization = view.organization_named(&name)?.ok_or_else(|| no_organization(&name))?;
                let contents = view.contents_of(organization.number)?.into_iter();
                Ok((organization, contents.map(|(what, count)| counted(count, what)).collect::<Vec<_>>()))
            })?;
            let what = format!("the organization {}", organization.name);
            confirm(&what, &along, options.yes)?;
            store.change(Actor::System, move |change| {
                let id = &organization.external_id;
                let current = change.organization_with_id(id)?.ok_or_else(|| no_organization(&organization.name))?;
                change.delete_organization(&current)
            })?;
            say(&format!("Deleted {what}."));
            Ok(())
        }),
    }
}

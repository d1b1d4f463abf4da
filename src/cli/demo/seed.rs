//! What a demo's database begins with.

use crate::domain::access::{Caller, OrganizationAccess};
use crate::domain::accounts::api_token::{NewToken, Subject, TokenTerms};
use crate::domain::accounts::user::NewUser;
use crate::domain::error::{Error, Result};
use crate::domain::organizations::organization::NewOrganization;
use crate::store::Change;

pub const USER: &str = "demo";
pub const ORGANIZATION: &str = "my-organization";
const EMAIL: &str = "demo@example.com";

/// The user, the organization and the token, as far as they are not there yet.
pub fn seed(change: &Change, digest: &[u8; 32]) -> Result<()> {
    let user = match change.user_named(USER)? {
        Some(user) => user,
        None if !change.users()?.is_empty() => {
            return Err(Error::invalid(
                "This data directory belongs to an installation, not to a demo; run the demo in another one.",
            ));
        }
        None => {
            let new = NewUser { username: USER.to_owned(), email: EMAIL.to_owned(), is_site_admin: true }.check()?;
            change.create_user(&new)?
        }
    };
    match change.organization_named(ORGANIZATION)? {
        None => {
            let new = NewOrganization::new(ORGANIZATION.to_owned(), EMAIL.to_owned())?;
            change.create_organization(&new, &user)?;
        }
        Some(organization) => {
            let access = change.organization_access(&Caller::User(user.clone()), organization.number)?;
            if access != OrganizationAccess::Owner {
                return Err(Error::invalid(format!(
                    "In this data directory {ORGANIZATION} belongs to another user than {USER}; run the demo in another one."
                )));
            }
        }
    }
    match change.caller(digest, change.now())? {
        Some(Caller::User(holder)) if holder.number == user.number => {}
        Some(_) => {
            return Err(Error::invalid("The token in --token-file belongs to another user in this data directory."));
        }
        None => {
            let terms = TokenTerms::new(Some("bowline demo".to_owned()), None)?;
            let new = NewToken { subject: Subject::User(user.number), terms, is_sole: false };
            change.create_api_token(&new, digest, None)?;
        }
    }
    Ok(())
}

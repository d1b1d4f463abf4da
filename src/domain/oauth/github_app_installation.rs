//! Installations of a GitHub App. Bowline keeps what it is told and never asks GitHub.

use crate::domain::error::{Error, Result};
use crate::domain::id::GithubAppInstallationId;
use crate::domain::identity::Identity;
use crate::domain::names::is_plain_name;

const MAX_NAME_CHARACTERS: usize = 255;

#[derive(Clone, Debug)]
pub struct GithubAppInstallation {
    pub identity: Identity<GithubAppInstallationId>,
    /// The account at GitHub where the app is installed.
    pub name: String,
    pub account: AccountType,
    /// Its number at GitHub.
    pub installation: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountType {
    User,
    Organization,
}

impl AccountType {
    /// As on the wire.
    pub fn name(self) -> &'static str {
        match self {
            AccountType::User => "User",
            AccountType::Organization => "Organization",
        }
    }
}

impl GithubAppInstallation {
    /// Its page at GitHub.
    pub fn url(&self) -> String {
        let number = self.installation;
        match self.account {
            AccountType::User => format!("https://github.com/settings/installations/{number}"),
            AccountType::Organization => {
                format!("https://github.com/organizations/{}/settings/installations/{number}", self.name)
            }
        }
    }

    /// The picture of its account.
    pub fn icon_url(&self) -> String {
        format!("https://github.com/{}.png", self.name)
    }
}

pub struct NewInstallation {
    pub name: String,
    pub account: AccountType,
    pub installation: i64,
}

impl NewInstallation {
    /// `Invalid` for a name that no account at GitHub has, and for a number that is none.
    pub fn new(name: String, account: AccountType, installation: i64) -> Result<NewInstallation> {
        if !is_plain_name(&name, MAX_NAME_CHARACTERS) {
            return Err(Error::invalid("The account must be 1 to 255 letters, digits, `-` and `_`."));
        }
        if installation < 1 {
            return Err(Error::invalid("The installation id must be a number above 0."));
        }
        Ok(NewInstallation { name, account, installation })
    }
}

/// What a list can be narrowed down to.
#[derive(Default)]
pub struct InstallationFilter {
    pub name: Option<String>,
    /// As it was given: what is no number finds nothing.
    pub installation: Option<String>,
}

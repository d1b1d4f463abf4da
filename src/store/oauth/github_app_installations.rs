//! GitHub App installations.

use rusqlite::Row;
use rusqlite::types::ToSql;

use crate::domain::access::{Action, Caller};
use crate::domain::error::{Error, Kind, Result};
use crate::domain::id::GithubAppInstallationId;
use crate::domain::identity::Identity;
use crate::domain::oauth::github_app_installation::{
    AccountType, GithubAppInstallation, InstallationFilter, NewInstallation,
};
use crate::domain::organizations::organization::Organization;
use crate::domain::page::{Listed, Page};
use crate::store::access::Place;
use crate::store::pages::json_array;
use crate::store::stored::{FIRST, Stored};
use crate::store::{Change, View};

impl Stored for GithubAppInstallation {
    type Id = GithubAppInstallationId;
    const TABLE: &'static str = "github_app_installations";
    const EVENT: &'static str = "github_app_installation";
    const ONE: &'static str = "GitHub App installation";
    const COLUMNS: &'static str = "github_app_installations.name, github_app_installations.account_type = 'User',
         github_app_installations.installation";

    fn read(identity: Identity<GithubAppInstallationId>, row: &Row<'_>) -> rusqlite::Result<GithubAppInstallation> {
        Ok(GithubAppInstallation {
            identity,
            name: row.get(FIRST)?,
            account: if row.get(FIRST + 1)? { AccountType::User } else { AccountType::Organization },
            installation: row.get(FIRST + 2)?,
        })
    }

    fn identity(&self) -> &Identity<GithubAppInstallationId> {
        &self.identity
    }
}

/// Those of the organizations whose rows are in ?1, a JSON array.
pub(in crate::store) const LISTED: &str = "github_app_installations.organization IN (SELECT value FROM json_each(?1))
     AND (?2 IS NULL OR github_app_installations.name = ?2 COLLATE NOCASE)
     AND (?3 IS NULL OR CAST(github_app_installations.installation AS TEXT) = ?3)";

/// Of one organization after another, as the index has them.
pub(in crate::store) const ORDER: &str = "github_app_installations.organization, github_app_installations.number";

impl View<'_> {
    /// A page of those in the organizations in these rows.
    pub fn github_app_installations(
        &self,
        organizations: &[i64],
        filter: &InstallationFilter,
        page: Page,
    ) -> Result<Listed<GithubAppInstallation>> {
        let organizations = json_array(organizations)?;
        let parameters: [&dyn ToSql; 3] = [&organizations, &filter.name, &filter.installation];
        self.stored_where(LISTED, ORDER, &parameters, page)
    }

    /// The rows of the organizations that have installations and where the caller may pick one.
    pub fn organizations_with_installations(&self, caller: &Caller) -> Result<Vec<i64>> {
        let all = match caller {
            Caller::User(user) | Caller::Person(user) => self.rows(
                "SELECT organization FROM organization_memberships AS own WHERE user = ?1
                 AND EXISTS (SELECT 1 FROM github_app_installations AS there WHERE there.organization = own.organization)
                 ORDER BY organization",
                [user.number],
                |row| row.get(0),
            )?,
            Caller::Team(team) => vec![team.organization],
            Caller::Organization { number, .. } => vec![*number],
        };
        let mut allowed = Vec::with_capacity(all.len());
        for organization in all {
            match self.access_for(caller, organization, Place::Organization, Action::SeeVcsConnections) {
                Ok(_) => allowed.push(organization),
                // An organization that takes no tokens of users hides what it has.
                Err(e) if matches!(e.kind, Kind::NotFound | Kind::Unauthenticated) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(allowed)
    }
}

impl Change<'_> {
    /// `Invalid` where the organization has the installation already.
    pub fn create_github_app_installation(
        &self,
        of: &Organization,
        new: &NewInstallation,
    ) -> Result<GithubAppInstallation> {
        let NewInstallation { name, account, installation } = new;
        let values: [(&str, &dyn ToSql); 2] = [("organization", &of.number), ("installation", installation)];
        if self.is_taken::<GithubAppInstallation>(&values, None)? {
            return Err(Error::invalid(format!("{} has the installation {installation} already.", of.name)));
        }
        self.insert(
            &GithubAppInstallationId::generate(self.sources),
            &of.external_id,
            &[
                ("organization", &of.number),
                ("name", name),
                ("account_type", &account.name()),
                ("installation", installation),
            ],
        )
    }
}

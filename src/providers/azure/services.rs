//! Azure DevOps Services: OAuth through Microsoft Entra ID, or personal tokens.

use serde::Deserialize;
use url::Url;

use super::rest::{Rest, Values, get};
use crate::providers::endpoints::{below, with_query};
use crate::providers::failure::{Failure, Result};
use crate::providers::oauth2::{ClientAuthentication, OAuth2};
use crate::providers::outbound::Session;
use crate::providers::provider::{
    Access, Application, Authorization, Callback, Flow, Grant, Held, List, Page, Provider, Repository, Revocation,
    Tree, User,
};
use crate::providers::{Endpoints, Secret, text};

/// Whatever the application is registered for at Azure DevOps, and a refresh token.
const SCOPE: &str = "499b84ac-1321-427f-aa17-267ca6975798/.default offline_access";
const VERSION: &str = "7.1";
const ORGANIZATION: &str = "ado-org-name (the Azure DevOps organization to ask)";

pub(in crate::providers) struct Services<'a> {
    session: Session<'a>,
    endpoints: Endpoints,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    id: String,
    display_name: Option<String>,
    email_address: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    account_name: String,
}

impl<'a> Services<'a> {
    pub fn new(session: Session<'a>, endpoints: Endpoints) -> Services<'a> {
        Services { session, endpoints }
    }

    fn rest(&self) -> Rest<'_> {
        Rest { api: &self.endpoints.api, version: VERSION }
    }

    fn oauth2(&self) -> Result<OAuth2> {
        let identity = self.endpoints.identity.as_ref().ok_or(Failure::Incomplete("ado-entra-tenant-id"))?;
        Ok(OAuth2 {
            authorize: below(identity, &["oauth2", "v2.0", "authorize"])?,
            token: below(identity, &["oauth2", "v2.0", "token"])?,
            scope: Some(SCOPE),
            has_pkce: true,
            authentication: ClientAuthentication::InBody,
            usual_lifetime_s: None,
        })
    }

    fn profile_base(&self) -> Result<&Url> {
        self.endpoints.profile.as_ref().ok_or(Failure::NotOffered("profiles"))
    }

    fn profile(&self, session: &Session, access: &Access) -> Result<Profile> {
        let url = below(self.profile_base()?, &["_apis", "profile", "profiles", "me"])?;
        get(session, access, &with_query(url, &[("api-version", VERSION)]))
    }
}

/// A token that may not see its profile may be a good one all the same.
fn unnamed(failure: Failure) -> Failure {
    match failure {
        Failure::Unauthorized | Failure::Forbidden => Failure::Incomplete(ORGANIZATION),
        failure => failure,
    }
}

impl Provider for Services<'_> {
    fn authorize(&self, application: &Application, flow: &Flow) -> Result<Authorization> {
        Ok(self.oauth2()?.authorization(application, flow))
    }

    fn exchange(&self, application: &Application, callback: &Callback) -> Result<Grant> {
        self.oauth2()?.exchange(&self.session, application, callback)
    }

    fn refresh(&self, application: &Application, held: &Held) -> Result<Grant> {
        self.oauth2()?.refresh(&self.session, application, held)
    }

    fn revoke(&self, _: &Application, _: &Secret) -> Result<Revocation> {
        Ok(Revocation::NotOffered)
    }

    /// The profile is for tokens with a scope that many have not; an organization tells its own users to every token.
    fn user(&self, access: &Access, organization: Option<&str>) -> Result<User> {
        let session = &self.session;
        let name = match organization {
            Some(organization) => self.rest().user(session, access, Some(organization))?,
            None => {
                let profile = self.profile(session, access);
                let Profile { display_name, email_address, .. } = profile.map_err(unnamed)?;
                let mut names = [email_address, display_name].into_iter().flatten();
                names.find_map(|name| text::name(&name)).ok_or(Failure::Malformed("the user has no name"))?
            }
        };
        Ok(User { name, scopes: None })
    }

    /// Where no organization is named, those of all that let the token in.
    fn repositories(&self, access: &Access, organization: Option<&str>, page: Page) -> Result<List<Repository>> {
        let of = |organization: &str| self.rest().repositories(&self.session, access, organization);
        if let Some(organization) = organization {
            return Ok(page.of(of(organization)?));
        }
        let mut found = Vec::new();
        for organization in self.organizations(access).map_err(unnamed)? {
            match of(&organization) {
                Err(Failure::Unauthorized | Failure::Forbidden) => {}
                own => found.extend(own?),
            }
            if found.len() >= page.enough() {
                break;
            }
        }
        Ok(page.of(found))
    }

    fn repository(&self, access: &Access, identifier: &str) -> Result<Repository> {
        self.rest().repository(&self.session, access, identifier)
    }

    fn tree(&self, access: &Access, identifier: &str, reference: Option<&str>) -> Result<Tree> {
        self.rest().tree(&self.session, access, identifier, reference)
    }

    fn organizations(&self, access: &Access) -> Result<Vec<String>> {
        let session = &self.session;
        let Profile { id, .. } = self.profile(session, access)?;
        let url = below(self.profile_base()?, &["_apis", "accounts"])?;
        let url = with_query(url, &[("memberId", &id), ("api-version", VERSION)]);
        let accounts: Values<Account> = get(session, access, &url)?;
        Ok(accounts.value.into_iter().filter_map(|account| text::identifier(account.account_name)).collect())
    }

    fn needed_scopes(&self) -> &'static [&'static str] {
        &[]
    }
}

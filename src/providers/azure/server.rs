//! Azure DevOps Server: personal tokens only.

use serde::Deserialize;

use super::rest::{Rest, Values, get};
use crate::providers::failure::{Failure, Result};
use crate::providers::outbound::Session;
use crate::providers::provider::{
    Access, Application, Authorization, Callback, Flow, Grant, Held, List, Page, Provider, Repository, Revocation,
    Tree, User,
};
use crate::providers::{Endpoints, Secret, text};

const NO_OAUTH: Failure = Failure::NotOffered("OAuth: store a personal access token instead");
/// The first collection of an installation.
const DEFAULT_COLLECTION: &str = "DefaultCollection";

pub(in crate::providers) struct Server<'a> {
    session: Session<'a>,
    endpoints: Endpoints,
}

#[derive(Deserialize)]
struct Collection {
    name: String,
}

impl<'a> Server<'a> {
    pub fn new(session: Session<'a>, endpoints: Endpoints) -> Server<'a> {
        Server { session, endpoints }
    }

    /// Azure DevOps Server 2019 and everything since know this version.
    fn rest(&self) -> Rest<'_> {
        Rest { api: &self.endpoints.api, version: "5.0" }
    }
}

impl Provider for Server<'_> {
    fn authorize(&self, _: &Application, _: &Flow) -> Result<Authorization> {
        Err(NO_OAUTH)
    }

    fn exchange(&self, _: &Application, _: &Callback) -> Result<Grant> {
        Err(NO_OAUTH)
    }

    fn refresh(&self, _: &Application, _: &Held) -> Result<Grant> {
        Err(NO_OAUTH)
    }

    fn revoke(&self, _: &Application, _: &Secret) -> Result<Revocation> {
        Ok(Revocation::NotOffered)
    }

    fn user(&self, access: &Access, organization: Option<&str>) -> Result<User> {
        let name = self.rest().user(&self.session, access, organization)?;
        Ok(User { name, scopes: None })
    }

    fn repositories(&self, access: &Access, organization: Option<&str>, page: Page) -> Result<List<Repository>> {
        let collection = organization.unwrap_or(DEFAULT_COLLECTION);
        Ok(page.of(self.rest().repositories(&self.session, access, collection)?))
    }

    fn repository(&self, access: &Access, identifier: &str) -> Result<Repository> {
        self.rest().repository(&self.session, access, identifier)
    }

    fn tree(&self, access: &Access, identifier: &str, reference: Option<&str>) -> Result<Tree> {
        self.rest().tree(&self.session, access, identifier, reference)
    }

    fn organizations(&self, access: &Access) -> Result<Vec<String>> {
        let url = self.rest().versioned(&["_apis", "projectCollections"])?;
        let collections: Values<Collection> = get(&self.session, access, &url)?;
        Ok(collections.value.into_iter().filter_map(|collection| text::identifier(collection.name)).collect())
    }

    fn needed_scopes(&self) -> &'static [&'static str] {
        &[]
    }
}

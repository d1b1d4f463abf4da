//! What may change about an OAuth client: everything but its provider and URLs.

use super::client::OAuthClient;
use super::new_client::{
    check_ado_organization, check_display_name, check_key, check_public_key, check_secret, check_tenant, check_token,
};
use super::service_provider::ServiceProvider;
use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::secret::Secret;

/// The attributes of an update, as they came.
#[derive(Default)]
pub struct OAuthClientChangeFields {
    pub name: Field<String>,
    pub oauth_token_string: Field<String>,
    pub key: Field<String>,
    pub secret: Field<String>,
    pub rsa_public_key: Field<String>,
    pub private_key: Field<String>,
    pub organization_scoped: Field<bool>,
    pub ado_org_name: Field<String>,
    pub ado_entra_tenant_id: Field<String>,
    /// The ids in `relationships.projects`; they replace all that there were.
    pub projects: Field<Vec<String>>,
    /// The id in `relationships.agent-pool`.
    pub agent_pool: Field<String>,
}

/// A checked change. An empty string has become null, but for `name`, which is kept as it is.
#[derive(Debug)]
pub struct OAuthClientChange {
    pub name: Field<String>,
    /// Replaces the token's text in place. There is no way to take it back but deleting the token.
    pub oauth_token_string: Option<Secret>,
    pub key: Field<String>,
    pub secret: Field<Secret>,
    pub rsa_public_key: Field<String>,
    /// Only ever replaced: its provider cannot do without.
    pub private_key: Option<Secret>,
    pub organization_scoped: Option<bool>,
    pub ado_org_name: Field<String>,
    pub ado_entra_tenant_id: Field<String>,
    pub projects: Option<Vec<String>>,
    pub agent_pool: Field<String>,
}

impl OAuthClientChange {
    /// The names of what is given, never what is given.
    pub fn names(&self) -> Vec<&'static str> {
        [
            ("name", self.name.is_given()),
            ("oauth-token-string", self.oauth_token_string.is_some()),
            ("key", self.key.is_given()),
            ("secret", self.secret.is_given()),
            ("rsa-public-key", self.rsa_public_key.is_given()),
            ("private-key", self.private_key.is_some()),
            ("organization-scoped", self.organization_scoped.is_some()),
            ("ado-org-name", self.ado_org_name.is_given()),
            ("ado-entra-tenant-id", self.ado_entra_tenant_id.is_given()),
            ("projects", self.projects.is_some()),
            ("agent-pool", self.agent_pool.is_given()),
        ]
        .into_iter()
        .filter_map(|(name, is_given)| is_given.then_some(name))
        .collect()
    }

    /// Checks what is said by itself. How it goes with what `current` keeps is for [`OAuthClientChange::check_with`],
    /// which runs in the writer's transaction.
    pub fn check(fields: OAuthClientChangeFields, problems: &mut Problems) -> OAuthClientChange {
        check_display_name(fields.name.as_value(), problems);
        let key = fields.key.blank_is_null();
        check_key(key.as_value(), problems);
        let rsa_public_key = fields.rsa_public_key.blank_is_null();
        check_public_key(rsa_public_key.as_value(), problems);
        let ado_entra_tenant_id = fields.ado_entra_tenant_id.blank_is_null();
        check_tenant(ado_entra_tenant_id.as_value(), problems);
        if fields.organization_scoped == Field::Null {
            problems.attribute("organization-scoped", "`organization-scoped` must be true or false.");
        }
        let secret = match fields.secret.blank_is_null() {
            Field::Absent => Field::Absent,
            Field::Null => Field::Null,
            given => check_secret("secret", given, problems).map_or(Field::Null, Field::Value),
        };
        OAuthClientChange {
            name: fields.name,
            oauth_token_string: check_token(fields.oauth_token_string, problems),
            key,
            secret,
            rsa_public_key,
            private_key: check_secret("private-key", fields.private_key, problems),
            organization_scoped: fields.organization_scoped.value(),
            ado_org_name: fields.ado_org_name.blank_is_null(),
            ado_entra_tenant_id,
            projects: fields.projects.value(),
            agent_pool: fields.agent_pool,
        }
    }

    /// Drops the attributes that the client's provider does not use. A client never changes its provider.
    pub fn drop_unused(&mut self, provider: ServiceProvider) {
        if provider != ServiceProvider::AdoServer {
            self.private_key = None;
        }
        if provider != ServiceProvider::AdoServices {
            self.ado_org_name = Field::Absent;
        }
    }

    /// Checks the change against the client's present state.
    pub fn check_with(&self, current: &OAuthClient, problems: &mut Problems) {
        let provider = current.service_provider;
        if provider == ServiceProvider::BitbucketDataCenter {
            if self.key == Field::Null {
                // In the service's own words.
                problems.attribute(
                    "key",
                    "The Consumer Key for Bitbucket Data Center must be present. Please add a value for `key`.",
                );
            }
            let has_public_key = self.rsa_public_key.is_present_over(current.rsa_public_key.is_some());
            let has_secret = self.secret.is_present_over(current.has_secret);
            if has_public_key && !has_secret {
                problems.attribute("secret", "`secret` is required together with `rsa-public-key`.");
            }
            if has_secret && !has_public_key {
                problems.attribute("rsa-public-key", "`rsa-public-key` is required together with `secret`.");
            }
        }
        if provider == ServiceProvider::AdoServices {
            check_ado_organization(self.ado_org_name.as_value(), problems);
        }
    }
}

//! OAuth clients: the connection between an organization and a VCS provider.

use uuid::Uuid;

use super::service_provider::ServiceProvider;
use crate::domain::id::{AgentPoolId, OAuthClientId, OAuthTokenId, OrganizationId, ProjectId};
use crate::domain::timestamp::Timestamp;

/// The workspaces that would lose their repository with a client.
#[derive(Clone, Debug, Default)]
pub struct AffectedWorkspaces {
    /// Those that the caller sees: the first ones, at most 25, in the order of their creation.
    pub names: Vec<String>,
    /// How many there are, seen or not.
    pub count: u64,
    /// What else is linked through the client: how many.
    pub policy_sets: u64,
    pub stacks: u64,
    pub registry_modules: u64,
}

impl AffectedWorkspaces {
    /// What else is linked through the client, for people: "1 policy set and 2 registry modules". `None` for nothing.
    pub fn others(&self) -> Option<String> {
        let counted =
            [("policy set", self.policy_sets), ("stack", self.stacks), ("registry module", self.registry_modules)];
        let mut words: Vec<String> = counted
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(what, count)| format!("{count} {what}{}", if *count == 1 { "" } else { "s" }))
            .collect();
        let last = words.pop()?;
        Some(if words.is_empty() { last } else { format!("{} and {last}", words.join(", ")) })
    }
}

/// Which clients of an organization a list has: those that meet every condition. Nothing given, everything found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OAuthClientFilter {
    /// Clients with one of these names, exactly as stored.
    pub names: Option<Vec<String>>,
    pub service_providers: Option<Vec<ServiceProvider>>,
    /// Clients that are attached to one of the projects with these ids.
    pub projects: Option<Vec<String>>,
    /// Part of the name, ignoring case.
    pub part_of_name: Option<String>,
}

/// An OAuth client without its secrets.
#[derive(Clone, Debug)]
pub struct OAuthClient {
    /// The row; never on the wire.
    pub number: i64,
    pub id: OAuthClientId,
    /// The row of the organization: the `organization_id` of the connect path.
    pub organization: i64,
    pub organization_id: OrganizationId,
    pub organization_name: String,
    /// Names the client in its callback URL and connect path.
    pub callback: Uuid,
    pub service_provider: ServiceProvider,
    /// As it was given: null and `""` are kept apart (docs/decisions/0005).
    pub name: Option<String>,
    pub http_url: String,
    pub api_url: String,
    pub key: Option<String>,
    pub rsa_public_key: Option<String>,
    pub organization_scoped: bool,
    pub ado_org_name: Option<String>,
    pub ado_entra_tenant_id: Option<String>,
    /// Whether a `secret` is kept. Never the secret itself.
    pub has_secret: bool,
    pub oauth_token: Option<OAuthTokenId>,
    pub projects: Vec<ProjectId>,
    pub agent_pool: Option<AgentPoolId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl OAuthClient {
    /// Its name, or its provider's where it has none.
    pub fn shown_name(&self) -> &str {
        shown_name(self.name.as_deref(), self.service_provider)
    }

    /// Where the provider sends browsers back to.
    pub fn callback_path(&self) -> String {
        callback_path(self.callback)
    }

    /// Whether a person can connect it in a browser as it is now.
    pub fn can_connect(&self) -> bool {
        self.service_provider != ServiceProvider::AdoServer && self.missing_attribute().is_none()
    }

    /// The attribute that connecting in a browser needs and that it does not have.
    pub fn missing_attribute(&self) -> Option<&'static str> {
        match self {
            OAuthClient { key: None, .. } => Some("key"),
            OAuthClient { has_secret: false, .. } => Some("secret"),
            OAuthClient { service_provider: ServiceProvider::AdoServices, ado_entra_tenant_id: None, .. } => {
                Some("ado-entra-tenant-id")
            }
            _ => None,
        }
    }

    /// Whether it connects by an application link and has no keys for that: they can be generated.
    pub fn lacks_keys(&self) -> bool {
        self.service_provider.connects_by_application_link() && !self.has_secret
    }

    /// Where connecting begins.
    pub fn connect_path(&self) -> String {
        format!("/auth/{}?organization_id={}", self.callback, self.organization)
    }
}

pub fn callback_path(callback: Uuid) -> String {
    format!("/auth/{callback}/callback")
}

/// The name of a client, or its provider's where it has none.
pub fn shown_name(name: Option<&str>, provider: ServiceProvider) -> &str {
    name.filter(|name| !name.trim().is_empty()).unwrap_or(provider.display_name())
}

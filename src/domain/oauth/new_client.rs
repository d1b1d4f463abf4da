//! What a new OAuth client may be: the rules for its attributes, each by itself and together.

use super::service_provider::ServiceProvider;
use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::id::AgentPoolId;
use crate::domain::names;
use crate::domain::organizations::agent_pool;
use crate::domain::secret::Secret;
use crate::domain::url::provider_url;

pub const MAX_NAME_CHARACTERS: usize = 255;
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;
pub const MAX_KEY_CHARACTERS: usize = 2048;
/// Secrets: room for the largest PEM files in use.
pub const MAX_SECRET_BYTES: usize = 64 * 1024;
/// Public keys, which are in every answer: four times an RSA key of 8,192 bits.
pub const MAX_PUBLIC_KEY_BYTES: usize = 8 * 1024;

/// The attributes of a creation request, as they came.
#[derive(Default)]
pub struct OAuthClientFields {
    pub service_provider: Field<String>,
    pub name: Field<String>,
    pub http_url: Field<String>,
    pub api_url: Field<String>,
    pub oauth_token_string: Field<String>,
    pub key: Field<String>,
    pub secret: Field<String>,
    pub rsa_public_key: Field<String>,
    pub private_key: Field<String>,
    pub organization_scoped: Field<bool>,
    pub ado_org_name: Field<String>,
    pub ado_entra_tenant_id: Field<String>,
    /// The ids in `relationships.projects`.
    pub projects: Vec<String>,
    /// The id in `relationships.agent-pool`, if one is named.
    pub agent_pool: Option<String>,
}

#[derive(Debug)]
pub struct NewOAuthClient {
    pub service_provider: ServiceProvider,
    pub name: Option<String>,
    pub http_url: String,
    pub api_url: String,
    pub oauth_token_string: Option<Secret>,
    pub key: Option<String>,
    pub secret: Option<Secret>,
    pub rsa_public_key: Option<String>,
    pub private_key: Option<Secret>,
    pub organization_scoped: bool,
    pub ado_org_name: Option<String>,
    pub ado_entra_tenant_id: Option<String>,
    /// Those that are not the organization's are left out.
    pub projects: Vec<String>,
    pub agent_pool: Option<String>,
}

impl NewOAuthClient {
    /// Checks all attributes together. `None` only where something was added to `problems`.
    pub fn check(fields: OAuthClientFields, problems: &mut Problems) -> Option<NewOAuthClient> {
        let provider = check_provider(fields.service_provider, problems);
        let http_url = check_url("http-url", fields.http_url, problems);
        let api_url = check_url("api-url", fields.api_url, problems);
        if let Some(provider) = provider {
            check_hosts(provider, http_url.as_deref(), api_url.as_deref(), problems);
        }

        let name = fields.name.value();
        check_display_name(name.as_ref(), problems);
        let key = fields.key.present();
        check_key(key.as_ref(), problems);
        let token = check_token(fields.oauth_token_string, problems);
        let secret = check_secret("secret", fields.secret, problems);
        let private_key = check_secret("private-key", fields.private_key, problems);
        let rsa_public_key = fields.rsa_public_key.present();
        check_public_key(rsa_public_key.as_ref(), problems);
        let ado_org_name = fields.ado_org_name.present();
        let ado_entra_tenant_id = fields.ado_entra_tenant_id.present();
        check_tenant(ado_entra_tenant_id.as_ref(), problems);
        if fields.agent_pool.as_ref().is_some_and(|id| AgentPoolId::parse(id).is_err()) {
            agent_pool::unusable("/data/relationships/agent-pool", problems);
        }

        let mut new = NewOAuthClient {
            // An unknown provider is held to the common rules, so that one answer names everything that is wrong.
            service_provider: provider.unwrap_or(ServiceProvider::GitHub),
            name,
            http_url: http_url.unwrap_or_default(),
            api_url: api_url.unwrap_or_default(),
            oauth_token_string: token,
            key,
            secret,
            rsa_public_key,
            private_key,
            organization_scoped: fields.organization_scoped.value().unwrap_or(true),
            ado_org_name,
            ado_entra_tenant_id,
            projects: fields.projects,
            agent_pool: fields.agent_pool,
        };
        new.check_credentials(problems);
        problems.is_empty().then_some(new)
    }

    /// What each provider needs beside the URLs, and what it has no use for.
    fn check_credentials(&mut self, problems: &mut Problems) {
        let provider = self.service_provider;
        let waits_for_web_flow = self.key.is_some() && self.secret.is_some();
        if self.oauth_token_string.is_none() && !provider.connects_by_application_link() && !waits_for_web_flow {
            problems.attribute(
                "oauth-token-string",
                "`oauth-token-string` is required, unless both `key` and `secret` are given or service-provider is \
                 bitbucket_server or bitbucket_data_center.",
            );
        }
        if provider == ServiceProvider::BitbucketDataCenter {
            if self.rsa_public_key.is_some() && self.secret.is_none() {
                problems.attribute("secret", "`secret` is required together with `rsa-public-key`.");
            }
            if self.secret.is_some() && self.rsa_public_key.is_none() {
                problems.attribute("rsa-public-key", "`rsa-public-key` is required together with `secret`.");
            }
        }
        if provider == ServiceProvider::AdoServer {
            if self.private_key.is_none() {
                problems.attribute("private-key", "`private-key` is required when service-provider is ado_server.");
            }
        } else {
            self.private_key = None;
        }
        if provider == ServiceProvider::AdoServices {
            check_ado_organization(self.ado_org_name.as_ref(), problems);
        } else {
            self.ado_org_name = None;
        }
    }
}

fn check_provider(field: Field<String>, problems: &mut Problems) -> Option<ServiceProvider> {
    let Some(identifier) = field.present() else {
        problems.attribute("service-provider", "`service-provider` is required.");
        return None;
    };
    let provider = ServiceProvider::from_identifier(&identifier);
    if provider.is_none() {
        let known = ServiceProvider::ALL.map(ServiceProvider::identifier).join(", ");
        problems.attribute("service-provider", format!("`service-provider` must be one of {known}."));
    }
    provider
}

fn check_url(attribute: &'static str, field: Field<String>, problems: &mut Problems) -> Option<String> {
    let Some(text) = field.present() else {
        problems.attribute(attribute, format!("`{attribute}` is required."));
        return None;
    };
    match provider_url(&text) {
        Ok(_) => Some(text),
        Err(wrong) => {
            problems.attribute(attribute, format!("`{attribute}` {wrong}."));
            None
        }
    }
}

/// The wording is the service's own, as quoted in terraform-provider-tfe issue 447. Each URL is judged by itself: the
/// other one may be missing or malformed.
fn check_hosts(provider: ServiceProvider, http_url: Option<&str>, api_url: Option<&str>, problems: &mut Problems) {
    let Some((hosts, hosted_http_url, hosted_api_url)) = provider.hosted_elsewhere() else { return };
    let is_hosted = |text: &str| {
        provider_url(text)
            .is_ok_and(|url| url.host_str().is_some_and(|host| hosts.contains(&host.trim_end_matches('.'))))
    };
    let identifier = provider.identifier();
    if http_url.is_some_and(is_hosted) {
        problems.attribute(
            "http-url",
            format!("HTTP URL cannot point to {hosted_http_url} when service-provider is {identifier}"),
        );
    }
    if api_url.is_some_and(is_hosted) {
        problems.attribute(
            "api-url",
            format!("API URL cannot point to {hosted_api_url} when service-provider is {identifier}"),
        );
    }
}

pub(super) fn check_display_name(name: Option<&String>, problems: &mut Problems) {
    check_text("name", name, MAX_NAME_CHARACTERS, names::is_hidden, problems);
    if name.is_some_and(|name| !name.is_empty() && name.trim().is_empty()) {
        problems.attribute("name", "`name` must not be blank.");
    }
}

fn check_text(
    attribute: &str,
    text: Option<&String>,
    most: usize,
    is_hidden: fn(char) -> bool,
    problems: &mut Problems,
) {
    let Some(text) = text else { return };
    if text.chars().count() > most {
        problems.attribute(attribute, format!("`{attribute}` must not be longer than {most} characters."));
    } else if text.chars().any(is_hidden) {
        let detail = "must not contain control characters, nor any that change the direction of text.";
        problems.attribute(attribute, format!("`{attribute}` {detail}"));
    }
}

pub(super) fn check_key(key: Option<&String>, problems: &mut Problems) {
    // Kept as given, with the line end of the file that it was read from.
    check_text("key", key, MAX_KEY_CHARACTERS, names::is_hidden_in_lines, problems);
}

/// A token goes into a header of requests to the provider, so it must fit there.
pub(super) fn check_token(field: Field<String>, problems: &mut Problems) -> Option<Secret> {
    let token = field.present().map(Secret::new)?;
    if token.reveal().len() > MAX_TOKEN_BYTES {
        problems.attribute("oauth-token-string", "`oauth-token-string` must not be longer than 8192 bytes.");
    } else if !token.reveal().bytes().all(|b| matches!(b, b' '..=b'~')) {
        // It goes into a header.
        problems.attribute("oauth-token-string", "`oauth-token-string` must consist of printable ASCII characters.");
    }
    Some(token)
}

pub(super) fn check_secret(attribute: &'static str, field: Field<String>, problems: &mut Problems) -> Option<Secret> {
    let secret = field.present().map(Secret::new)?;
    if secret.reveal().len() > MAX_SECRET_BYTES {
        problems.attribute(attribute, format!("`{attribute}` must not be longer than {MAX_SECRET_BYTES} bytes."));
    }
    Some(secret)
}

/// Kept as given, with its line ends: it is the provider's business to read it.
pub(super) fn check_public_key(key: Option<&String>, problems: &mut Problems) {
    let Some(key) = key else { return };
    if key.len() > MAX_PUBLIC_KEY_BYTES {
        problems.attribute("rsa-public-key", "`rsa-public-key` must not be longer than 8192 bytes.");
    } else if key.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        problems.attribute("rsa-public-key", "`rsa-public-key` must not contain control characters.");
    }
}

pub(super) fn check_tenant(id: Option<&String>, problems: &mut Problems) {
    check_text("ado-entra-tenant-id", id, MAX_NAME_CHARACTERS, names::is_hidden, problems);
}

pub(super) fn check_ado_organization(name: Option<&String>, problems: &mut Problems) {
    if name.is_some_and(|name| !is_ado_organization(name)) {
        problems.attribute(
            "ado-org-name",
            "`ado-org-name` may only contain letters, digits and hyphens, and must begin and end with a letter or \
             digit.",
        );
    }
}

fn is_ado_organization(name: &str) -> bool {
    let is_inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let (Some(first), Some(last)) = (name.bytes().next(), name.bytes().last()) else { return false };
    first.is_ascii_alphanumeric()
        && last.is_ascii_alphanumeric()
        && name.bytes().all(is_inner)
        && name.len() <= MAX_NAME_CHARACTERS
}

#[cfg(test)]
mod tests;

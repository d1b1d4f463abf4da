//! The fields of the form for each provider, and what a form says in them.

use crate::domain::field::Field;
use crate::domain::oauth::new_client::OAuthClientFields;
use crate::domain::oauth::service_provider::ServiceProvider;
use crate::http::form::Form;
use crate::ui::input::Input;
use crate::ui::providers::scope;

/// The fields that a provider needs, empty.
pub fn fields(provider: ServiceProvider) -> Vec<Input> {
    use ServiceProvider::*;
    let name = Input::text("name", "Name").hint("Shown in lists, useful if there are several connections of one kind.");
    let mut fields = match provider {
        GitHub | GitHubEnterprise => {
            vec![
                Input::text("key", "Client ID").alternative(),
                Input::password("secret", "Client secret").alternative(),
            ]
        }
        GitLabHosted | GitLabCommunityEdition | GitLabEnterpriseEdition => {
            vec![Input::text("key", "Application ID").alternative(), Input::password("secret", "Secret").alternative()]
        }
        BitbucketHosted => {
            vec![Input::text("key", "Key").required(), Input::password("secret", "Secret").required()]
        }
        BitbucketDataCenter | BitbucketServer => vec![
            Input::text("key", "Consumer key").hint("Leave the three fields empty to have them generated."),
            Input::secret_area("secret", "RSA private key").hint("PEM, without a passphrase."),
            Input::area("rsa-public-key", "RSA public key").hint("PEM; the half that Bitbucket knows."),
        ],
        BitbucketServerLegacy => vec![
            Input::text("key", "Consumer key").required(),
            Input::secret_area("secret", "RSA private key").required().hint("PEM, without a passphrase."),
            Input::area("rsa-public-key", "RSA public key").required().hint("PEM; the half that Bitbucket knows."),
        ],
        AdoServices => vec![
            Input::text("ado-org-name", "Azure DevOps organization")
                .hint("Limits the connection to this organization: the name after dev.azure.com/."),
            Input::text("key", "Application (client) ID").alternative(),
            Input::text("ado-entra-tenant-id", "Directory (tenant) ID"),
            Input::password("secret", "Client secret value").alternative(),
        ],
        AdoServer => vec![
            Input::password("oauth-token-string", "Personal access token").required(),
            Input::secret_area("private-key", "SSH private key")
                .required()
                .hint("PEM, without a passphrase. Azure DevOps Server is read over SSH."),
        ],
    };
    fields.insert(0, name);
    if provider.is_self_managed() {
        fields.insert(1, Input::url("http-url", "HTTP URL").required());
        fields.insert(2, Input::url("api-url", "API URL").required());
    }
    fields
}

/// The fields for a personal access token in the place of key and secret.
pub fn alternative(provider: ServiceProvider) -> Vec<Input> {
    use ServiceProvider::*;
    match provider {
        GitHub | GitHubEnterprise | GitLabHosted | GitLabCommunityEdition | GitLabEnterpriseEdition | AdoServices => {
            vec![
                Input::password("oauth-token-string", "Personal access token")
                    .alternative()
                    .hint("Works at once, without a browser. It is not refreshed: replace it before it expires."),
            ]
        }
        _ => vec![],
    }
}

pub fn submit(provider: ServiceProvider) -> &'static str {
    if provider == ServiceProvider::AdoServer { "Add with this token" } else { "Add VCS provider" }
}

/// What a form says of a new client. The URLs of a provider that exists once are known.
pub fn read(form: &Form, provider: ServiceProvider) -> OAuthClientFields {
    let text = |name: &str| Field::Value(form.get(name).to_owned());
    let (http_url, api_url) = match provider.hosted_urls() {
        Some((http_url, api_url)) => (Field::Value(http_url.to_owned()), Field::Value(api_url.to_owned())),
        None => (text("http-url"), text("api-url")),
    };
    let is_all = scope::is_all(form);
    OAuthClientFields {
        service_provider: Field::Value(provider.identifier().to_owned()),
        name: text("name"),
        http_url,
        api_url,
        oauth_token_string: text("oauth-token-string"),
        key: text("key"),
        secret: pem(form, "secret"),
        rsa_public_key: pem(form, "rsa-public-key"),
        private_key: pem(form, "private-key"),
        organization_scoped: Field::Value(is_all),
        ado_org_name: text("ado-org-name"),
        ado_entra_tenant_id: text("ado-entra-tenant-id"),
        projects: scope::projects(form),
        agent_pool: None,
    }
}

/// Browsers end the lines of a form with CR LF; keys have LF.
pub fn pem(form: &Form, name: &str) -> Field<String> {
    Field::Value(form.get(name).replace("\r\n", "\n"))
}

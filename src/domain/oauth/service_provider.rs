//! The VCS providers: identifiers, display names and what each demands of a connection.

use serde::Serialize;

/// All that today's clients and the 2018 document send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "&'static str")]
pub enum ServiceProvider {
    GitHub,
    GitHubEnterprise,
    GitLabHosted,
    GitLabCommunityEdition,
    GitLabEnterpriseEdition,
    BitbucketHosted,
    BitbucketServer,
    BitbucketServerLegacy,
    BitbucketDataCenter,
    AdoServer,
    AdoServices,
}

use ServiceProvider::*;

impl ServiceProvider {
    pub const ALL: [ServiceProvider; 11] = [
        GitHub,
        GitHubEnterprise,
        GitLabHosted,
        GitLabCommunityEdition,
        GitLabEnterpriseEdition,
        BitbucketHosted,
        BitbucketServer,
        BitbucketServerLegacy,
        BitbucketDataCenter,
        AdoServer,
        AdoServices,
    ];

    /// The `service-provider` value on the wire.
    pub fn identifier(self) -> &'static str {
        match self {
            GitHub => "github",
            GitHubEnterprise => "github_enterprise",
            GitLabHosted => "gitlab_hosted",
            GitLabCommunityEdition => "gitlab_community_edition",
            GitLabEnterpriseEdition => "gitlab_enterprise_edition",
            BitbucketHosted => "bitbucket_hosted",
            BitbucketServer => "bitbucket_server",
            BitbucketServerLegacy => "bitbucket_server_legacy",
            BitbucketDataCenter => "bitbucket_data_center",
            AdoServer => "ado_server",
            AdoServices => "ado_services",
        }
    }

    pub fn from_identifier(identifier: &str) -> Option<ServiceProvider> {
        ServiceProvider::ALL.into_iter().find(|provider| provider.identifier() == identifier)
    }

    /// `GitHub` is sourced from the published samples; the others follow the names in the service's set-up menus.
    pub fn display_name(self) -> &'static str {
        match self {
            GitHub => "GitHub",
            GitHubEnterprise => "GitHub Enterprise",
            GitLabHosted => "GitLab.com",
            GitLabCommunityEdition => "GitLab Community Edition",
            GitLabEnterpriseEdition => "GitLab Enterprise Edition",
            BitbucketHosted => "Bitbucket Cloud",
            BitbucketServer => "Bitbucket Server",
            BitbucketServerLegacy => "Bitbucket Server Legacy",
            BitbucketDataCenter => "Bitbucket Data Center",
            AdoServer => "Azure DevOps Server",
            AdoServices => "Azure DevOps Services",
        }
    }

    /// The two that connect by an application link (OAuth 1.0a), so that a client may begin without any credential.
    pub fn connects_by_application_link(self) -> bool {
        matches!(self, BitbucketServer | BitbucketDataCenter)
    }

    /// Whether its web flow is OAuth 1.0a.
    pub fn speaks_oauth1(self) -> bool {
        matches!(self, BitbucketServer | BitbucketServerLegacy | BitbucketDataCenter)
    }

    /// `http-url` and `api-url` of a provider that exists once; none for servers that organizations run themselves.
    pub fn hosted_urls(self) -> Option<(&'static str, &'static str)> {
        match self {
            GitHub => Some(("https://github.com", "https://api.github.com")),
            GitLabHosted => Some(("https://gitlab.com", "https://gitlab.com/api/v4")),
            BitbucketHosted => Some(("https://bitbucket.org", "https://api.bitbucket.org/2.0")),
            AdoServices => Some(("https://dev.azure.com", "https://dev.azure.com")),
            _ => None,
        }
    }

    /// What usually follows the `http-url` of a self-managed server in its `api-url`.
    pub fn api_suffix(self) -> &'static str {
        match self {
            GitHubEnterprise => "/api/v3",
            GitLabCommunityEdition | GitLabEnterpriseEdition => "/api/v4",
            _ => "",
        }
    }

    pub fn is_self_managed(self) -> bool {
        self.hosted_urls().is_none()
    }

    /// A provider for installations of one's own must not point at the hosted service: host names, then the hosted
    /// service's usual `http-url` and `api-url`.
    pub fn hosted_elsewhere(self) -> Option<(&'static [&'static str], &'static str, &'static str)> {
        match self {
            GitLabCommunityEdition | GitLabEnterpriseEdition => {
                Some((&["gitlab.com", "www.gitlab.com"], "https://gitlab.com", "https://gitlab.com/api/v4"))
            }
            GitHubEnterprise => Some((
                &["github.com", "www.github.com", "api.github.com"],
                "https://github.com",
                "https://api.github.com",
            )),
            _ => None,
        }
    }
}

impl From<ServiceProvider> for &'static str {
    fn from(provider: ServiceProvider) -> &'static str {
        provider.identifier()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_read_back() {
        for provider in ServiceProvider::ALL {
            assert_eq!(ServiceProvider::from_identifier(provider.identifier()), Some(provider));
        }
        for unknown in ["", "GitHub", "github ", "gitea", "gitlab"] {
            assert_eq!(ServiceProvider::from_identifier(unknown), None);
        }
    }
}

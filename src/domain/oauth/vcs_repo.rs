//! A link to a repository, of a workspace or another holder: through an OAuth token or a GitHub App installation.

use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::id::{GithubAppInstallationId, OAuthTokenId};
use crate::domain::names;
use crate::domain::oauth::client::shown_name;
use crate::domain::oauth::service_provider::ServiceProvider;

pub const MAX_IDENTIFIER_CHARACTERS: usize = 255;
pub const MAX_BRANCH_CHARACTERS: usize = 255;
pub const MAX_TAGS_REGEX_CHARACTERS: usize = 1024;

#[derive(Clone, Debug, PartialEq)]
pub struct VcsRepo {
    /// `owner/repository`; Azure DevOps `organization/project/_git/repository`.
    pub identifier: String,
    pub through: Through,
    /// Empty for the repository's default branch.
    pub branch: String,
    pub ingress_submodules: bool,
    /// Empty for none.
    pub tags_regex: String,
}

/// What a link uses.
#[derive(Clone, Debug, PartialEq)]
pub enum Through {
    Token {
        id: OAuthTokenId,
        /// These three are of the OAuth client behind the token.
        service_provider: ServiceProvider,
        client_name: Option<String>,
        http_url: String,
    },
    Installation(GithubAppInstallationId),
}

impl Through {
    pub fn oauth_token(&self) -> Option<&OAuthTokenId> {
        match self {
            Through::Token { id, .. } => Some(id),
            Through::Installation(_) => None,
        }
    }

    pub fn installation(&self) -> Option<&GithubAppInstallationId> {
        match self {
            Through::Token { .. } => None,
            Through::Installation(id) => Some(id),
        }
    }

    /// As on the wire.
    pub fn service_provider(&self) -> &'static str {
        match self {
            Through::Token { service_provider, .. } => service_provider.identifier(),
            Through::Installation(_) => "github_app",
        }
    }

    /// For people: the client's own name, or its provider's.
    pub fn name(&self) -> &str {
        match self {
            Through::Token { client_name, service_provider, .. } => {
                shown_name(client_name.as_deref(), *service_provider)
            }
            Through::Installation(_) => "GitHub App",
        }
    }

    /// Where the repositories are.
    pub fn http_url(&self) -> &str {
        match self {
            Through::Token { http_url, .. } => http_url,
            Through::Installation(_) => "https://github.com",
        }
    }
}

/// What a request says of `vcs-repo`. Where there is a link already, only what is given changes.
#[derive(Clone, Debug, Default)]
pub struct VcsRepoChange {
    pub identifier: Option<String>,
    pub oauth_token: Option<String>,
    pub installation: Option<String>,
    pub branch: Option<String>,
    pub ingress_submodules: Option<bool>,
    pub tags_regex: Option<String>,
}

/// The members of a `vcs-repo` object, as they came.
#[derive(Default)]
pub struct VcsRepoFields {
    pub identifier: Field<String>,
    pub oauth_token_id: Field<String>,
    pub github_app_installation_id: Field<String>,
    pub branch: Field<String>,
    pub ingress_submodules: Field<bool>,
    pub tags_regex: Field<String>,
}

const POINTER: &str = "/data/attributes/vcs-repo";
const INSTALLATION: &str = "/data/attributes/vcs-repo/github-app-installation-id";
/// In the service's own words.
pub const UNKNOWN_OAUTH_TOKEN: &str = "OAuth token does not exist";

impl VcsRepoChange {
    /// An empty string means "not set": the Terraform provider sends all members, most of them `""`.
    pub fn check(fields: VcsRepoFields, problems: &mut Problems) -> VcsRepoChange {
        let identifier = fields.identifier.present();
        if let Some(Err(wrong)) = identifier.as_deref().map(check_identifier) {
            problems.at(format!("{POINTER}/identifier"), format!("`vcs-repo.identifier` {wrong}."));
        }
        let (oauth_token, installation) =
            (fields.oauth_token_id.present(), fields.github_app_installation_id.present());
        if oauth_token.is_some() && installation.is_some() {
            problems.at(
                INSTALLATION,
                "A repository is linked through `oauth-token-id` or `github-app-installation-id`, not both.",
            );
        }
        let text = |field: Field<String>, name: &str, limit: usize, problems: &mut Problems| match field {
            Field::Absent => None,
            Field::Null => Some(String::new()),
            Field::Value(text) => {
                if !names::is_line(&text, limit) {
                    problems.at(
                        format!("{POINTER}/{name}"),
                        format!("`vcs-repo.{name}` must be one line of at most {limit} characters."),
                    );
                }
                Some(text)
            }
        };
        VcsRepoChange {
            identifier,
            oauth_token,
            installation,
            branch: text(fields.branch, "branch", MAX_BRANCH_CHARACTERS, problems),
            ingress_submodules: fields.ingress_submodules.value(),
            tags_regex: text(fields.tags_regex, "tags-regex", MAX_TAGS_REGEX_CHARACTERS, problems),
        }
    }

    /// What a new link must bring along.
    pub fn check_complete(&self, problems: &mut Problems) {
        if self.identifier.is_none() {
            problems.at(format!("{POINTER}/identifier"), "`vcs-repo.identifier` is required to link a repository.");
        }
        if self.oauth_token.is_none() && self.installation.is_none() {
            problems
                .at(format!("{POINTER}/oauth-token-id"), "`vcs-repo.oauth-token-id` is required to link a repository.");
        }
    }

    /// Whether it leaves the repository that is linked, and what it is linked through.
    pub fn keeps_repository(&self, current: &VcsRepo) -> bool {
        let through = &current.through;
        self.oauth_token.as_deref().is_none_or(|id| through.oauth_token().is_some_and(|token| token.as_str() == id))
            && self
                .installation
                .as_deref()
                .is_none_or(|id| through.installation().is_some_and(|own| own.as_str() == id))
            && self.identifier.as_ref().is_none_or(|identifier| *identifier == current.identifier)
    }

    /// Whether tags of the repository are to trigger runs.
    pub fn sets_tags_regex(&self) -> bool {
        self.tags_regex.as_deref().is_some_and(|regex| !regex.is_empty())
    }

    /// The connection exists, and is for other projects.
    pub fn token_of_other_projects(problems: &mut Problems) {
        problems.at(
            format!("{POINTER}/oauth-token-id"),
            "`vcs-repo.oauth-token-id` names an OAuth token that may not be used here: its client is not \
             organization-scoped, and not attached to the project.",
        );
    }

    /// One answer for an unknown installation and another organization's.
    pub fn unknown_installation(problems: &mut Problems) {
        problems.at(INSTALLATION, "There is no such GitHub App installation in the organization.");
    }

    /// The service asks GitHub whether the person behind the token may use the installation; teams and organizations are no
    /// persons there.
    pub fn needs_person(problems: &mut Problems) {
        problems.at(
            INSTALLATION,
            "Only a user's token can link a repository through a GitHub App; use `oauth-token-id` with other tokens.",
        );
    }

    /// One answer for an unknown token and another organization's.
    pub fn unknown_token(problems: &mut Problems) {
        problems.at(format!("{POINTER}/oauth-token-id"), UNKNOWN_OAUTH_TOKEN);
    }
}

fn check_identifier(identifier: &str) -> Result<(), &'static str> {
    if identifier.chars().count() > MAX_IDENTIFIER_CHARACTERS {
        return Err("must not be longer than 255 characters");
    }
    let segments: Vec<&str> = identifier.split('/').collect();
    let is_clean = |segment: &&str| {
        !matches!(*segment, "" | "." | "..") && !segment.chars().any(|c| c.is_control() || "?#\\".contains(c))
    };
    if segments.len() < 2 || !segments.iter().all(is_clean) || identifier.trim() != identifier {
        return Err("must look like owner/repository");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers() {
        for good in ["hashicorp/terraform", "group/sub/project", "org/my project/_git/repo", "~ada/dotfiles"] {
            assert_eq!(check_identifier(good), Ok(()), "{good}");
        }
        for bad in ["terraform", "/x", "x/", "a//b", "../x", "a/..", "a/b?c", "a/b#c", "a\\b/c", " a/b", "a/b\n"] {
            assert!(check_identifier(bad).is_err(), "{bad:?}");
        }
    }
}

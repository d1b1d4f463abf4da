//! A workspace's link to a repository, through an OAuth token.

use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::id::OAuthTokenId;
use crate::domain::oauth::service_provider::ServiceProvider;

pub const MAX_IDENTIFIER_CHARACTERS: usize = 255;
pub const MAX_BRANCH_CHARACTERS: usize = 255;
pub const MAX_TAGS_REGEX_CHARACTERS: usize = 1024;

#[derive(Clone, Debug)]
pub struct VcsRepo {
    /// `owner/repository`; Azure DevOps `organization/project/_git/repository`.
    pub identifier: String,
    pub oauth_token: OAuthTokenId,
    /// Empty for the repository's default branch.
    pub branch: String,
    pub ingress_submodules: bool,
    /// Empty for none.
    pub tags_regex: String,
    pub service_provider: ServiceProvider,
    /// The name of the OAuth client behind the token, if it has one.
    pub client_name: Option<String>,
    /// The `http-url` of the OAuth client behind the token.
    pub http_url: String,
}

/// What a request says of `vcs-repo`. On a workspace that is linked already, only what is given changes.
#[derive(Clone, Debug, Default)]
pub struct VcsRepoChange {
    pub identifier: Option<String>,
    pub oauth_token: Option<String>,
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
/// In the service's own words.
pub const UNKNOWN_OAUTH_TOKEN: &str = "OAuth token does not exist";

impl VcsRepoChange {
    /// An empty string means "not set": the Terraform provider sends all members, most of them `""`.
    pub fn check(fields: VcsRepoFields, problems: &mut Problems) -> VcsRepoChange {
        let identifier = fields.identifier.present();
        if let Some(Err(wrong)) = identifier.as_deref().map(check_identifier) {
            problems.at(format!("{POINTER}/identifier"), format!("`vcs-repo.identifier` {wrong}."));
        }
        if fields.github_app_installation_id.present().is_some() {
            problems.at(
                format!("{POINTER}/github-app-installation-id"),
                "This server has no GitHub App; link the repository through `oauth-token-id`.",
            );
        }
        let text = |field: Field<String>, name: &str, limit: usize, problems: &mut Problems| match field {
            Field::Absent => None,
            Field::Null => Some(String::new()),
            Field::Value(text) => {
                if text.chars().count() > limit || text.chars().any(char::is_control) {
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
            oauth_token: fields.oauth_token_id.present(),
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
        if self.oauth_token.is_none() {
            problems
                .at(format!("{POINTER}/oauth-token-id"), "`vcs-repo.oauth-token-id` is required to link a repository.");
        }
    }

    /// Whether it leaves the repository that is linked, and what it is linked through.
    pub fn keeps_repository(&self, current: &VcsRepo) -> bool {
        self.oauth_token.as_deref().is_none_or(|token| token == current.oauth_token.as_str())
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
             organization-scoped, and not attached to the workspace's project.",
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

//! The attribute `vcs-repo` of whatever is linked to a repository.

use serde::Serialize;

use crate::api::jsonapi::input::{Input, Members};
use crate::app::Cx;
use crate::domain::access::Caller;
use crate::domain::error::{Problems, Result};
use crate::domain::field::Field;
use crate::domain::oauth::vcs_repo::{VcsRepo, VcsRepoChange, VcsRepoFields};
use crate::http::request::encode;

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Attributes {
    pub identifier: String,
    pub display_identifier: String,
    pub branch: String,
    pub ingress_submodules: bool,
    pub oauth_token_id: Option<String>,
    pub github_app_installation_id: Option<String>,
    pub tags_regex: Option<String>,
    pub repository_http_url: String,
    pub service_provider: &'static str,
    /// Nothing here receives what a webhook would send.
    pub webhook_url: Option<()>,
    pub tags: bool,
    pub tag_prefix: Option<String>,
    pub source_directory: Option<String>,
}

pub fn attributes(repo: &VcsRepo) -> Attributes {
    let VcsRepo { identifier, through, branch, ingress_submodules, tags_regex } = repo;
    Attributes {
        identifier: identifier.clone(),
        display_identifier: identifier.clone(),
        branch: branch.clone(),
        ingress_submodules: *ingress_submodules,
        oauth_token_id: through.oauth_token().map(ToString::to_string),
        github_app_installation_id: through.installation().map(ToString::to_string),
        tags_regex: Some(tags_regex.clone()).filter(|regex| !regex.is_empty()),
        repository_http_url: format!("{}/{}", through.http_url().trim_end_matches('/'), encoded(identifier)),
        service_provider: through.service_provider(),
        webhook_url: None,
        tags: !tags_regex.is_empty(),
        tag_prefix: None,
        source_directory: None,
    }
}

/// An identifier as a part of a URL: Azure DevOps has blanks in the names of projects.
fn encoded(identifier: &str) -> String {
    identifier.split('/').map(encode).collect::<Vec<_>>().join("/")
}

/// What a request says of `vcs-repo`. `Null` takes the link away.
pub fn read(cx: &Cx, input: &mut Input) -> Result<Field<VcsRepoChange>> {
    read_with(cx, input, |_, _| {})
}

/// As [`read`]; `more` takes members that not all holders of links have.
pub fn read_with(
    cx: &Cx,
    input: &mut Input,
    more: impl FnOnce(&mut Members, &mut Problems),
) -> Result<Field<VcsRepoChange>> {
    let given = input.group("vcs-repo", |group, problems| {
        // A Python client sends `{}` where it has nothing to say.
        if group.is_empty() {
            return None;
        }
        let fields = VcsRepoFields {
            identifier: group.text("identifier", problems),
            oauth_token_id: group.text("oauth-token-id", problems),
            github_app_installation_id: group.text("github-app-installation-id", problems),
            branch: group.text("branch", problems),
            ingress_submodules: group.flag("ingress-submodules", problems),
            tags_regex: group.text("tags-regex", problems),
        };
        more(group, problems);
        Some(VcsRepoChange::check(fields, problems))
    });
    Ok(match given {
        Field::Null => Field::Null,
        Field::Value(Some(change)) => {
            if change.installation.is_some()
                && cx.read(|_, caller| Ok(matches!(caller, Caller::Team(_) | Caller::Organization { .. })))?
            {
                VcsRepoChange::needs_person(&mut input.problems);
            }
            Field::Value(change)
        }
        Field::Absent | Field::Value(None) => Field::Absent,
    })
}

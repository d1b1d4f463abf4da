//! Workspaces: what a connection is for.

use super::error::Problems;
use super::field::Field;
use super::id::WorkspaceId;
use super::timestamp::Timestamp;
use super::user::check_name;
use super::vcs_repo::{VcsRepo, VcsRepoChange};

pub const MAX_DESCRIPTION_CHARACTERS: usize = 1024;

#[derive(Clone, Debug)]
pub struct Workspace {
    /// The row; never on the wire.
    pub number: i64,
    pub id: WorkspaceId,
    /// The row of the workspace's organization.
    pub organization: i64,
    pub organization_name: String,
    pub name: String,
    pub description: Option<String>,
    pub vcs_repo: Option<VcsRepo>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug)]
pub struct NewWorkspace {
    /// 1 to 255 of `[A-Za-z0-9_-]`, unique in the organization.
    pub name: String,
    pub description: Option<String>,
    pub vcs_repo: Option<VcsRepoChange>,
}

#[derive(Debug, Default)]
pub struct WorkspaceChange {
    pub name: Option<String>,
    pub description: Field<String>,
    /// Null unlinks.
    pub vcs_repo: Field<VcsRepoChange>,
}

impl NewWorkspace {
    pub fn check(
        name: Field<String>,
        description: Field<String>,
        vcs_repo: Field<VcsRepoChange>,
        problems: &mut Problems,
    ) -> NewWorkspace {
        let name = name.value().unwrap_or_default();
        if let Err(wrong) = check_name(&name) {
            problems.attribute("name", format!("`name` {wrong}."));
        }
        let vcs_repo = vcs_repo.value();
        if let Some(link) = &vcs_repo {
            link.check_complete(problems);
        }
        NewWorkspace { name, description: check_description(description, problems).value(), vcs_repo }
    }
}

impl WorkspaceChange {
    pub fn check(
        name: Field<String>,
        description: Field<String>,
        vcs_repo: Field<VcsRepoChange>,
        problems: &mut Problems,
    ) -> WorkspaceChange {
        let name = match name {
            Field::Absent => None,
            Field::Null => Some(String::new()),
            Field::Value(name) => Some(name),
        };
        if let Some(Err(wrong)) = name.as_deref().map(check_name) {
            problems.attribute("name", format!("`name` {wrong}."));
        }
        WorkspaceChange { name, description: check_description(description, problems), vcs_repo }
    }
}

fn check_description(description: Field<String>, problems: &mut Problems) -> Field<String> {
    if let Field::Value(text) = &description
        && text.chars().count() > MAX_DESCRIPTION_CHARACTERS
    {
        problems.attribute("description", "`description` must not be longer than 1024 characters.");
    }
    description
}

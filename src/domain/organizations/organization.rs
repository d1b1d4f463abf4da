//! Organizations: the owners of everything else. On the wire an organization's id is its name.

use super::options::{OrganizationOptions, OrganizationOptionsChange};
use crate::domain::accounts::user::{check_email, check_name};
use crate::domain::error::{Problems, Result};
use crate::domain::field::Field;
use crate::domain::id::{AgentPoolId, OrganizationId, ProjectId};
use crate::domain::timestamp::Timestamp;

#[derive(Clone, Debug)]
pub struct Organization {
    /// The row, and the `organization_id` of a connect path.
    pub number: i64,
    pub external_id: OrganizationId,
    pub name: String,
    pub email: String,
    pub created_at: Timestamp,
    pub options: OrganizationOptions,
    pub default_project: ProjectId,
    /// Where the default execution mode is `agent`.
    pub default_agent_pool: Option<AgentPoolId>,
}

#[derive(Debug)]
pub struct NewOrganization {
    /// 1 to 255 of `[A-Za-z0-9_-]`, unique ignoring case.
    pub name: String,
    pub email: String,
    pub options: OrganizationOptionsChange,
    pub default_agent_pool: GivenPool,
}

/// What is absent stays.
#[derive(Debug)]
pub struct OrganizationChange {
    pub name: Option<String>,
    pub email: Option<String>,
    pub options: OrganizationOptionsChange,
    pub default_agent_pool: GivenPool,
}

/// An agent pool as a request names it, and where in the request. It may not exist.
#[derive(Debug, Default)]
pub struct GivenPool {
    pub id: Field<String>,
    pub pointer: &'static str,
}

/// What a list of organizations is narrowed to: parts of names and addresses, ignoring case. Empty ones match all.
#[derive(Debug, Default)]
pub struct OrganizationSearch {
    /// Of either.
    pub either: String,
    pub name: String,
    pub email: String,
}

impl NewOrganization {
    pub fn check(
        name: Field<String>,
        email: Field<String>,
        options: OrganizationOptionsChange,
        default_agent_pool: GivenPool,
        problems: &mut Problems,
    ) -> NewOrganization {
        let (name, email) = (name.value().unwrap_or_default(), email.value().unwrap_or_default());
        check_both(Some(&name), Some(&email), problems);
        NewOrganization { name, email, options: options.check(problems), default_agent_pool }
    }

    /// From the command line. `Invalid` at `name` or `email`.
    pub fn new(name: String, email: String) -> Result<NewOrganization> {
        let mut problems = Problems::default();
        let (name, email) = (Field::Value(name), Field::Value(email));
        let (options, pool) = (OrganizationOptionsChange::default(), GivenPool::default());
        let new = NewOrganization::check(name, email, options, pool, &mut problems);
        problems.finish().map(|()| new)
    }
}

impl OrganizationChange {
    pub fn check(
        name: Field<String>,
        email: Field<String>,
        options: OrganizationOptionsChange,
        default_agent_pool: GivenPool,
        problems: &mut Problems,
    ) -> OrganizationChange {
        // There is always a name and an address: null is an empty one.
        let (name, email) = (name.given(String::new()), email.given(String::new()));
        check_both(name.as_deref(), email.as_deref(), problems);
        OrganizationChange { name, email, options: options.check(problems), default_agent_pool }
    }
}

fn check_both(name: Option<&str>, email: Option<&str>, problems: &mut Problems) {
    if let Some(Err(wrong)) = name.map(check_name) {
        problems.attribute("name", format!("`name` {wrong}."));
    }
    if let Some(Err(wrong)) = email.map(check_email) {
        problems.attribute("email", format!("`email` {wrong}."));
    }
}

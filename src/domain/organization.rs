//! Organizations: the owners of everything else. On the wire an organization's id is its name.

use super::error::{Problems, Result};
use super::field::Field;
use super::id::OrganizationId;
use super::timestamp::Timestamp;
use super::user::{check_email, check_name};

#[derive(Clone, Debug)]
pub struct Organization {
    /// The row, and the `organization_id` of a connect path.
    pub number: i64,
    pub external_id: OrganizationId,
    pub name: String,
    pub email: String,
    pub created_at: Timestamp,
}

#[derive(Debug)]
pub struct NewOrganization {
    /// 1 to 255 of `[A-Za-z0-9_-]`, unique ignoring case.
    pub name: String,
    pub email: String,
}

impl NewOrganization {
    pub fn check(name: Field<String>, email: Field<String>, problems: &mut Problems) -> NewOrganization {
        let name = name.value().unwrap_or_default();
        let email = email.value().unwrap_or_default();
        if let Err(wrong) = check_name(&name) {
            problems.attribute("name", format!("`name` {wrong}."));
        }
        if let Err(wrong) = check_email(&email) {
            problems.attribute("email", format!("`email` {wrong}."));
        }
        NewOrganization { name, email }
    }

    /// From the command line. `Invalid` at `name` or `email`.
    pub fn new(name: String, email: String) -> Result<NewOrganization> {
        let mut problems = Problems::default();
        let new = NewOrganization::check(Field::Value(name), Field::Value(email), &mut problems);
        problems.finish().map(|()| new)
    }
}

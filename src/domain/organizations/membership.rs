//! Who belongs to an organization: people with an account, and addresses that are invited.

use crate::domain::accounts::user::{User, check_email};
use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::id::{MembershipId, OrganizationId, TeamId, UserId};
use crate::domain::timestamp::Timestamp;

#[derive(Clone, Debug)]
pub struct Membership {
    /// The row; never on the wire.
    pub number: i64,
    pub id: MembershipId,
    /// The row of the organization.
    pub organization: i64,
    pub organization_id: OrganizationId,
    pub organization_name: String,
    pub email: String,
    /// `None` for an invitation.
    pub user: Option<User>,
    pub created_at: Timestamp,
    /// Whether the organization asks its members for a second factor.
    pub needs_second_factor: bool,
    /// Those that the caller may see.
    pub teams: Vec<TeamId>,
}

impl Membership {
    pub fn status(&self) -> Status {
        if self.user.is_some() { Status::Active } else { Status::Invited }
    }

    pub fn user_id(&self) -> UserId {
        self.user.as_ref().map_or_else(|| invited_user(&self.id), |user| user.id.clone())
    }
}

/// Clients take for granted that a membership has a user. Until the account exists, the user's id is made
/// from the membership's, so that it is always the same.
pub fn invited_user(membership: &MembershipId) -> UserId {
    let random_part = membership.as_str().trim_start_matches(MembershipId::PREFIX);
    UserId::from(format!("{}{random_part}", UserId::PREFIX))
}

/// The membership whose invited user has this id, if there is one.
pub fn invitation_of(user: &str) -> Option<MembershipId> {
    let random_part = user.strip_prefix(UserId::PREFIX)?;
    MembershipId::parse(&format!("{}{random_part}", MembershipId::PREFIX)).ok()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Active,
    Invited,
    /// Clients ask for it; no membership here is.
    Inactive,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::Invited => "invited",
            Status::Inactive => "inactive",
        }
    }

    pub fn from_name(name: &str) -> Option<Status> {
        [Status::Active, Status::Invited, Status::Inactive].into_iter().find(|status| status.name() == name)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MembershipOrder {
    #[default]
    Created,
    Status,
    StatusBackwards,
}

/// Which memberships a list is to have.
#[derive(Debug, Default)]
pub struct MembershipFilter {
    pub status: Option<Status>,
    /// The row of a team that they are in.
    pub team: Option<i64>,
    pub order: MembershipOrder,
    /// Any of these addresses; all where it is `None`.
    pub emails: Option<Vec<String>>,
    /// A part of the user name or the address.
    pub search: String,
}

impl MembershipFilter {
    /// Whether it leaves nothing out.
    pub fn keeps_all(&self) -> bool {
        self.status.is_none() && self.team.is_none() && self.emails.is_none() && self.search.is_empty()
    }
}

/// An address to be invited, with the teams that it comes to.
#[derive(Debug)]
pub struct Invitation {
    pub email: String,
    pub teams: Vec<String>,
}

impl Invitation {
    pub fn check(email: Field<String>, teams: Field<Vec<String>>, problems: &mut Problems) -> Invitation {
        let email = email.value().unwrap_or_default();
        if let Err(wrong) = check_email(&email) {
            problems.attribute("email", format!("`email` {wrong}."));
        }
        Invitation { email, teams: teams.value().unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sources::Sources;

    #[test]
    fn an_invited_user_has_an_id_like_any_other() {
        let id = MembershipId::generate(&Sources::system());
        assert!(UserId::parse(invited_user(&id).as_str()).is_ok());
        assert_eq!(invited_user(&id), invited_user(&id));
        assert_eq!(invitation_of(invited_user(&id).as_str()), Some(id));
        assert_eq!(invitation_of("user-short"), None);
    }

    #[test]
    fn an_invitation_needs_an_address() {
        for email in [Field::Absent, Field::Null, Field::Value("nobody".to_owned())] {
            let mut problems = Problems::default();
            Invitation::check(email, Field::Absent, &mut problems);
            assert!(problems.finish().is_err());
        }
    }
}

//! Teams of an organization. Every organization has one named `owners`, whose members may do everything.

use crate::domain::accounts::user::MAX_NAME_CHARACTERS;
use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::id::{MembershipId, OrganizationId, TeamId, UserId};
use crate::domain::names;
use crate::domain::permissions::{OrganizationPermissions, Permission};

pub const OWNERS: &str = "owners";
pub const MAX_DESCRIPTION_CHARACTERS: usize = 1024;
pub const MAX_SSO_TEAM_ID_CHARACTERS: usize = 255;

/// Which team it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Team {
    /// The row; never on the wire.
    pub number: i64,
    pub id: TeamId,
    pub name: String,
    /// The row of the team's organization.
    pub organization: i64,
    pub organization_id: OrganizationId,
    pub organization_name: String,
}

impl Team {
    pub fn is_owners(&self) -> bool {
        self.name == OWNERS
    }
}

/// A team with all that can be read of it.
#[derive(Clone, Debug)]
pub struct TeamDetails {
    pub team: Team,
    pub settings: TeamSettings,
    pub members: Vec<TeamMember>,
}

#[derive(Clone, Debug)]
pub struct TeamMember {
    pub membership: MembershipId,
    /// `None` for an invitation.
    pub user: Option<UserId>,
}

/// Who is told that there is a team, beside its members and who manages teams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Visibility {
    #[default]
    Secret,
    Organization,
}

impl Visibility {
    pub const ALL: [Visibility; 2] = [Visibility::Secret, Visibility::Organization];

    pub fn name(self) -> &'static str {
        match self {
            Visibility::Secret => "secret",
            Visibility::Organization => "organization",
        }
    }

    pub fn from_name(name: &str) -> Option<Visibility> {
        Visibility::ALL.into_iter().find(|visibility| visibility.name() == name)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamSettings {
    pub access: OrganizationPermissions,
    pub visibility: Visibility,
    pub description: Option<String>,
    /// What a single sign-on provider calls the team. Kept for clients; nothing here signs on.
    pub sso_team_id: Option<String>,
    /// Whether its members may manage the team's tokens.
    pub allow_member_token_management: bool,
}

impl Default for TeamSettings {
    fn default() -> TeamSettings {
        TeamSettings {
            access: OrganizationPermissions::default(),
            visibility: Visibility::default(),
            description: None,
            sso_team_id: None,
            allow_member_token_management: true,
        }
    }
}

/// The attributes of a request. Each on its own is as it has to be; [`TeamChange::applied_to`] looks at them together.
#[derive(Clone, Debug, Default)]
pub struct TeamChange {
    pub name: Option<String>,
    /// What `organization-access` says, key by key.
    pub access: Vec<(Permission, bool)>,
    pub visibility: Option<Visibility>,
    /// `Some(None)`: there is none any more.
    pub description: Option<Option<String>>,
    pub sso_team_id: Option<Option<String>>,
    pub allow_member_token_management: Option<bool>,
}

/// As they came in.
pub struct TeamFields {
    pub name: Field<String>,
    pub access: Vec<(Permission, bool)>,
    pub visibility: Field<String>,
    pub description: Field<String>,
    pub sso_team_id: Field<String>,
    pub allow_member_token_management: Field<bool>,
}

/// 1 to 255 characters on one line, without blanks at either end: teams are named after groups elsewhere, with dots,
/// slashes and parentheses. `Err` says what is wrong, in words that can follow the attribute's name.
fn check_team_name(name: &str) -> std::result::Result<(), &'static str> {
    if name.trim().is_empty() {
        return Err("must not be empty");
    }
    if name.chars().count() > MAX_NAME_CHARACTERS {
        return Err("must not be longer than 255 characters");
    }
    if name.trim() != name || name.chars().any(names::is_hidden) {
        return Err("must be one line, without blanks at either end");
    }
    Ok(())
}

impl TeamFields {
    /// For a new team, which must have a name.
    pub fn check_new(mut self, problems: &mut Problems) -> TeamChange {
        self.name = Field::Value(self.name.value().unwrap_or_default());
        self.check(problems)
    }

    pub fn check(self, problems: &mut Problems) -> TeamChange {
        let name = self.name.given(String::new());
        if let Some(Err(wrong)) = name.as_deref().map(check_team_name) {
            problems.attribute("name", format!("`name` {wrong}."));
        }
        let visibility = self.visibility.value().and_then(|name| {
            let visibility = Visibility::from_name(&name);
            if visibility.is_none() {
                problems.attribute("visibility", "`visibility` must be \"secret\" or \"organization\".");
            }
            visibility
        });
        let description = match self.description {
            Field::Absent => None,
            given => Some(given.present()),
        };
        if let Some(Some(text)) = &description
            && let Some(wrong) = names::wrong_description(text, MAX_DESCRIPTION_CHARACTERS)
        {
            problems.attribute("description", wrong);
        }
        let sso_team_id = match self.sso_team_id {
            Field::Absent => None,
            given => Some(given.present()),
        };
        if let Some(Some(id)) = &sso_team_id
            && (!names::is_line(id, MAX_SSO_TEAM_ID_CHARACTERS))
        {
            problems.attribute("sso-team-id", "`sso-team-id` must be one line of at most 255 characters.");
        }
        TeamChange {
            name,
            access: self.access,
            visibility,
            description,
            sso_team_id,
            allow_member_token_management: self.allow_member_token_management.value(),
        }
    }
}

impl TeamChange {
    /// The settings afterwards. Problems where they would not go together.
    pub fn applied_to(&self, settings: &TeamSettings, problems: &mut Problems) -> TeamSettings {
        let access = self
            .access
            .iter()
            .fold(settings.access, |access, (permission, granted)| access.with(*permission, *granted));
        if let Some((permission, needed)) = access.incomplete() {
            problems.attribute(
                &format!("organization-access/{}", permission.key()),
                format!("`{}` needs `{}` to be true as well.", permission.key(), needed.key()),
            );
        }
        TeamSettings {
            access,
            visibility: self.visibility.unwrap_or(settings.visibility),
            description: self.description.clone().unwrap_or_else(|| settings.description.clone()),
            sso_team_id: self.sso_team_id.clone().unwrap_or_else(|| settings.sso_team_id.clone()),
            allow_member_token_management: self
                .allow_member_token_management
                .unwrap_or(settings.allow_member_token_management),
        }
    }

    /// What must not happen to the owners: another name, or less than everything.
    pub fn check_for_owners(&self, problems: &mut Problems) {
        if self.name.as_deref().is_some_and(|name| name != OWNERS) {
            problems.attribute("name", "The owners team cannot be renamed.");
        }
        for (permission, granted) in &self.access {
            if !granted {
                problems.attribute(
                    &format!("organization-access/{}", permission.key()),
                    "The owners team may do everything; none of that can be taken from it.",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> TeamFields {
        TeamFields {
            name: Field::Absent,
            access: vec![],
            visibility: Field::Absent,
            description: Field::Absent,
            sso_team_id: Field::Absent,
            allow_member_token_management: Field::Absent,
        }
    }

    fn problems(check: impl FnOnce(&mut Problems)) -> Vec<String> {
        let mut problems = Problems::default();
        check(&mut problems);
        problems.finish().err().map_or(vec![], |error| error.problems.into_iter().map(|p| p.detail).collect())
    }

    #[test]
    fn a_new_team_needs_a_name_and_a_change_does_not() {
        assert_eq!(problems(|p| drop(fields().check_new(p))), ["`name` must not be empty."]);
        assert!(problems(|p| drop(fields().check(p))).is_empty());
        let null = TeamFields { name: Field::Null, ..fields() };
        assert_eq!(problems(|p| drop(null.check(p))), ["`name` must not be empty."]);
    }

    #[test]
    fn team_names_are_whatever_a_group_elsewhere_is_called() {
        let longest = "x".repeat(MAX_NAME_CHARACTERS);
        for name in ["a", "foo bar", "team/name/with/slashes", "v1.2 (ops)", "größe", "a\u{301}", longest.as_str()] {
            assert_eq!(check_team_name(name), Ok(()), "{name}");
        }
        let too_long = format!("{longest}x");
        for name in ["", " ", " a", "a ", "a\nb", "a\tb", "a\u{0}b", "a\u{7f}", too_long.as_str()] {
            assert!(check_team_name(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name() {
        let before = TeamSettings {
            access: OrganizationPermissions::of(&[Permission::ManageTeams]),
            visibility: Visibility::Organization,
            description: Some("what it is for".to_owned()),
            sso_team_id: Some("sso".to_owned()),
            allow_member_token_management: false,
        };
        let mut problems = Problems::default();
        assert_eq!(TeamChange::default().applied_to(&before, &mut problems), before);
        let fields = TeamFields {
            access: vec![(Permission::ManageTeams, false), (Permission::ManageVcsSettings, true)],
            sso_team_id: Field::Value(String::new()),
            visibility: Field::Null,
            ..fields()
        };
        let after = fields.check(&mut problems).applied_to(&before, &mut problems);
        assert_eq!(after.access, OrganizationPermissions::of(&[Permission::ManageVcsSettings]));
        assert_eq!((after.visibility, after.sso_team_id), (Visibility::Organization, None));
        assert!(!after.allow_member_token_management && problems.is_empty());
    }

    #[test]
    fn some_permissions_come_with_others_only() {
        let wrong = |access: &[(Permission, bool)]| {
            let change = TeamChange { access: access.to_vec(), ..TeamChange::default() };
            problems(|p| drop(change.applied_to(&TeamSettings::default(), p)))
        };
        use Permission::*;
        assert_eq!(
            wrong(&[(ManageProjects, true)]),
            ["`manage-projects` needs `manage-workspaces` to be true as well."]
        );
        assert_eq!(wrong(&[(ReadProjects, true)]), ["`read-projects` needs `read-workspaces` to be true as well."]);
        assert!(wrong(&[(ManageProjects, true), (ManageWorkspaces, true)]).is_empty());
        assert!(wrong(&[(ReadProjects, true), (ReadWorkspaces, true)]).is_empty());
    }
}

//! What the members of a team may do in their organization: the attribute `organization-access` of teams.

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $wire:literal,)*) => {
        /// A right that a team can have. The order is that of the bits in the database: new ones go to the end.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Permission { $($(#[$doc])* $name,)* }

        impl Permission {
            pub const ALL: &'static [Permission] = &[$(Permission::$name),*];

            /// The key in `organization-access`.
            pub fn key(self) -> &'static str {
                match self { $(Permission::$name => $wire,)* }
            }
        }
    };
}

permissions! {
    ManagePolicies = "manage-policies",
    ManagePolicyOverrides = "manage-policy-overrides",
    DelegatePolicyOverrides = "delegate-policy-overrides",
    ManageWorkspaces = "manage-workspaces",
    ManageVcsSettings = "manage-vcs-settings",
    ManageProviders = "manage-providers",
    ManageModules = "manage-modules",
    ManageRunTasks = "manage-run-tasks",
    ManageProjects = "manage-projects",
    ReadWorkspaces = "read-workspaces",
    ReadProjects = "read-projects",
    ManageMembership = "manage-membership",
    ManageTeams = "manage-teams",
    ManageOrganizationAccess = "manage-organization-access",
    AccessSecretTeams = "access-secret-teams",
    ManageAgentPools = "manage-agent-pools",
    ManageRegistryComponents = "manage-registry-components",
    ManageRegistryArtifactTags = "manage-registry-artifact-tags",
    ManageRegistryArtifactVersionTags = "manage-registry-artifact-version-tags",
}

/// A set of [`Permission`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrganizationPermissions(u32);

impl OrganizationPermissions {
    pub fn of(permissions: &[Permission]) -> OrganizationPermissions {
        permissions.iter().fold(OrganizationPermissions::default(), |access, permission| access.with(*permission, true))
    }

    pub fn has(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u32) != 0
    }

    pub fn has_any(self, permissions: &[Permission]) -> bool {
        permissions.iter().any(|permission| self.has(*permission))
    }

    pub fn with(self, permission: Permission, granted: bool) -> OrganizationPermissions {
        let bit = 1 << permission as u32;
        OrganizationPermissions(if granted { self.0 | bit } else { self.0 & !bit })
    }

    /// A member of several teams has the permissions of all of them.
    pub fn and(self, other: OrganizationPermissions) -> OrganizationPermissions {
        OrganizationPermissions(self.0 | other.0)
    }

    /// Everything, as the owners have it.
    pub fn all() -> OrganizationPermissions {
        OrganizationPermissions::of(Permission::ALL)
    }

    /// A permission that is there without the one it needs, and that one.
    pub fn incomplete(self) -> Option<(Permission, Permission)> {
        [
            (Permission::ManageProjects, Permission::ManageWorkspaces),
            (Permission::ReadProjects, Permission::ReadWorkspaces),
        ]
        .into_iter()
        .find(|(permission, needed)| self.has(*permission) && !self.has(*needed))
    }

    /// As the database keeps it: bit n is the n-th of [`Permission::ALL`].
    pub fn bits(self) -> i64 {
        i64::from(self.0)
    }

    pub fn from_bits(bits: i64) -> OrganizationPermissions {
        // What is beyond the known bits was not written by us, and grants nothing.
        OrganizationPermissions(u32::try_from(bits).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in() {
        let access = OrganizationPermissions::of(&[Permission::ManageVcsSettings, Permission::ReadProjects]);
        for permission in Permission::ALL {
            let expected = matches!(permission, Permission::ManageVcsSettings | Permission::ReadProjects);
            assert_eq!(access.has(*permission), expected, "{}", permission.key());
        }
        assert!(!access.with(Permission::ReadProjects, false).has(Permission::ReadProjects));
        assert_eq!(OrganizationPermissions::from_bits(access.bits()), access);
        let other = OrganizationPermissions::of(&[Permission::ManageTeams]);
        assert!(access.and(other).has_any(&[Permission::ManageTeams]));
        assert_eq!(OrganizationPermissions::from_bits(-1), OrganizationPermissions::default());
    }

    #[test]
    fn bits_stay_where_they_are() {
        assert_eq!(OrganizationPermissions::of(&[Permission::ManagePolicies]).bits(), 1);
        assert_eq!(OrganizationPermissions::of(&[Permission::ManageVcsSettings]).bits(), 1 << 4);
        assert_eq!(OrganizationPermissions::of(&[Permission::ManageAgentPools]).bits(), 1 << 15);
    }
}

//! What the caller may do with a workspace, as the documents tell it.

use serde::{Serialize, Serializer};

use crate::domain::access::{Action, OrganizationAccess};

pub struct Permissions {
    pub access: OrganizationAccess,
    /// Whether the organization allows it to every caller who manages workspaces.
    pub allows_force_delete: bool,
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let access = self.access;
        let (reads, manages) = (access.allows(Action::SeeWorkspaces), access.allows(Action::ManageWorkspaces));
        let locks = access.allows(Action::LockWorkspaces);
        // Nothing runs here, and there are no states: such permissions are false.
        let there_is_none = false;
        serializer.collect_map([
            ("can-update", manages),
            ("can-destroy", access.allows(Action::DeleteWorkspaces)),
            ("can-force-delete", may_force_delete(access, self.allows_force_delete)),
            ("can-lock", locks),
            ("can-unlock", locks),
            ("can-force-unlock", manages),
            ("can-read-settings", reads),
            ("can-manage-tags", manages),
            ("can-manage-run-tasks", access.allows(Action::ManageWorkspaceTasks)),
            ("can-manage-assessments", manages),
            ("can-manage-hyok", there_is_none),
            ("can-read-variable", access.allows(Action::SeeVariables)),
            ("can-update-variable", access.allows(Action::ManageVariables)),
            ("can-read-state-versions", there_is_none),
            ("can-read-state-outputs", there_is_none),
            ("can-create-state-versions", there_is_none),
            ("can-queue-run", there_is_none),
            ("can-queue-apply", there_is_none),
            ("can-queue-destroy", there_is_none),
            ("can-read-run", there_is_none),
            ("can-read-assessment-results", there_is_none),
            ("can-manage-ephemeral-workspaces", there_is_none),
        ])
    }
}

pub fn may_force_delete(access: OrganizationAccess, allows_force_delete: bool) -> bool {
    access.allows(Action::ForceDeleteWorkspaces) || (allows_force_delete && access.allows(Action::DeleteWorkspaces))
}

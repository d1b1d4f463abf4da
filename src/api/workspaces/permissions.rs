//! What the caller may do with a workspace, as the documents tell it.

use serde::Serialize;

use crate::domain::access::{Action, OrganizationAccess};

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Permissions {
    can_update: bool,
    can_destroy: bool,
    can_force_delete: bool,
    can_lock: bool,
    can_unlock: bool,
    can_force_unlock: bool,
    can_read_settings: bool,
    can_manage_tags: bool,
    can_manage_run_tasks: bool,
    can_manage_assessments: bool,
    can_manage_hyok: bool,
    can_read_variable: bool,
    can_update_variable: bool,
    can_read_state_versions: bool,
    can_read_state_outputs: bool,
    can_create_state_versions: bool,
    can_queue_run: bool,
    can_queue_apply: bool,
    can_queue_destroy: bool,
    can_read_run: bool,
    can_read_assessment_results: bool,
    can_manage_ephemeral_workspaces: bool,
}

impl Permissions {
    /// `allows_force_delete`: whether the organization allows it to every caller who manages workspaces.
    pub fn of(access: OrganizationAccess, allows_force_delete: bool) -> Permissions {
        let (reads, manages) = (access.allows(Action::SeeWorkspaces), access.allows(Action::ManageWorkspaces));
        let locks = access.allows(Action::LockWorkspaces);
        // Nothing runs here, and there are no states: such permissions are false.
        let there_is_none = false;
        Permissions {
            can_update: manages,
            can_destroy: access.allows(Action::DeleteWorkspaces),
            can_force_delete: may_force_delete(access, allows_force_delete),
            can_lock: locks,
            can_unlock: locks,
            can_force_unlock: manages,
            can_read_settings: reads,
            can_manage_tags: manages,
            can_manage_run_tasks: access.allows(Action::ManageWorkspaceTasks),
            can_manage_assessments: manages,
            can_manage_hyok: there_is_none,
            can_read_variable: access.allows(Action::SeeVariables),
            can_update_variable: access.allows(Action::ManageVariables),
            can_read_state_versions: there_is_none,
            can_read_state_outputs: there_is_none,
            can_create_state_versions: there_is_none,
            can_queue_run: there_is_none,
            can_queue_apply: there_is_none,
            can_queue_destroy: there_is_none,
            can_read_run: there_is_none,
            can_read_assessment_results: there_is_none,
            can_manage_ephemeral_workspaces: there_is_none,
        }
    }
}

pub fn may_force_delete(access: OrganizationAccess, allows_force_delete: bool) -> bool {
    access.allows(Action::ForceDeleteWorkspaces) || (allows_force_delete && access.allows(Action::DeleteWorkspaces))
}

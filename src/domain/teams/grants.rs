//! What team access to a workspace or a project lets a caller do there, beside what the organization's permissions give.

/// One thing that team access can give. Project access gives what it says of workspaces on each workspace of the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    SeeWorkspace,
    ReadVariables,
    WriteVariables,
    LockWorkspace,
    ManageRunTasks,
    /// Settings, repository link, SSH key, tags and team access.
    AdministerWorkspace,
    DeleteWorkspace,
    SeeProject,
    UpdateProject,
    DeleteProject,
    ReadProjectTeams,
    ManageProjectTeams,
    ReadVariableSets,
    WriteVariableSets,
    CreateWorkspaces,
    MoveWorkspaces,
}

/// A set of [`Grant`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grants(u32);

impl Grants {
    pub fn of(grants: &[Grant]) -> Grants {
        grants.iter().fold(Grants::default(), |all, grant| all.with_if(*grant, true))
    }

    pub fn with_if(self, grant: Grant, is_given: bool) -> Grants {
        if is_given { Grants(self.0 | 1 << grant as u32) } else { self }
    }

    /// A caller who is in several teams has what any of them has.
    pub fn and(self, other: Grants) -> Grants {
        Grants(self.0 | other.0)
    }

    pub fn has_any(self, grants: &[Grant]) -> bool {
        self.0 & Grants::of(grants).0 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in() {
        let set = Grants::of(&[Grant::SeeWorkspace, Grant::MoveWorkspaces]);
        assert!(set.has_any(&[Grant::SeeWorkspace]) && set.has_any(&[Grant::SeeProject, Grant::MoveWorkspaces]));
        assert!(
            !set.has_any(&[Grant::SeeProject]) && !set.has_any(&[]) && !Grants::default().has_any(&[Grant::SeeProject])
        );
        assert_eq!(set.with_if(Grant::SeeProject, false), set);
        assert!(set.and(Grants::of(&[Grant::SeeProject])).has_any(&[Grant::SeeProject]));
    }
}

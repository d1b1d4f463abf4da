//! Making, changing and deleting workspaces.

use rusqlite::params;

use crate::domain::error::{Problems, Result};
use crate::domain::field::Field;
use crate::domain::id::{ProjectId, WorkspaceId};
use crate::domain::oauth::vcs_repo::VcsRepoChange;
use crate::domain::organizations::organization::Organization;
use crate::domain::workspaces::settings::WorkspaceSettings;
use crate::domain::workspaces::workspace::{NewWorkspace, SshKeyGiven, Workspace, WorkspaceChange};
use crate::store::audit::{EventKind, Resource};
use crate::store::oauth::repository_links::WORKSPACE;
use crate::store::settings;
use crate::store::{Change, View};

/// Where a workspace's document has its tags.
const TAGS: &str = "/data/relationships/tags/data";

impl View<'_> {
    /// The row of the project that a workspace is to be in; `None` where something was added to `problems`.
    fn project_for(&self, id: &str, organization: i64, problems: &mut Problems) -> Result<Option<i64>> {
        let number = match ProjectId::parse(id) {
            Ok(id) => self.project_number(&id, organization)?,
            Err(_) => None,
        };
        if number.is_none() {
            WorkspaceChange::unknown_project(problems);
        }
        Ok(number)
    }

    /// The row of an SSH key of the organization in row `organization`.
    fn ssh_key_number(&self, id: &str, organization: i64) -> Result<Option<i64>> {
        self.optional_value("SELECT number FROM ssh_keys WHERE id = ?1 AND organization = ?2", (id, organization))
    }
}

impl Change<'_> {
    /// `Invalid` where the name is taken, or where something that it refers to is not the organization's or may not be
    /// used in its project.
    pub fn create_workspace(&self, organization: &Organization, new: &NewWorkspace) -> Result<Workspace> {
        let mut problems = Problems::default();
        let NewWorkspace { name, rest: new } = new;
        if self.workspace_number_named(organization.number, name)?.is_some() {
            problems.name_is_taken();
        }
        let project = match &new.project {
            Some(id) => self.project_for(id, organization.number, &mut problems)?,
            None => Some(self.default_project_number(organization.number)?),
        };
        let execution = self.check_execution(organization.number, project, None, &new.execution, &mut problems)?;
        let link = match &new.vcs_repo {
            Field::Value(link) => self.check_link(organization.number, project, None, link, &mut problems)?,
            Field::Absent | Field::Null => None,
        };
        let tags = self.check_tags(organization.number, new.tags.as_deref(), &mut problems)?;
        let after = new.settings.settled(&WorkspaceSettings::default(), &None, &mut problems);
        problems.finish()?;

        let id = WorkspaceId::generate(self.sources);
        let (mode, agent_pool) = execution.unwrap_or_default();
        self.execute(
            "INSERT INTO main.workspaces (id, organization, project, name, description, settings, execution_mode,
                                     agent_pool, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)",
            params![
                id.as_str(),
                organization.number,
                project,
                name,
                new.description.as_value(),
                settings::text(&after)?,
                mode.map(|mode| mode.name()),
                agent_pool,
                self.now.milliseconds(),
            ],
        )?;
        let number = self.connection.last_insert_rowid();
        if let Some(link) = &link {
            self.link(WORKSPACE, number, link)?;
        }
        if let Some(tags) = tags {
            self.add_tags(organization.number, number, &tags, TAGS)?;
        }
        if let Some(bindings) = &new.tag_bindings {
            self.set_tag_bindings(number, bindings)?;
        }
        self.record(EventKind::Create, Resource::Workspace, id.as_str(), Some(&organization.external_id))?;
        self.workspace(&id)
    }

    /// What is not given stays. `Invalid` as for creation.
    pub fn update_workspace(&self, current: &Workspace, change: &WorkspaceChange) -> Result<Workspace> {
        let mut problems = Problems::default();
        let organization = current.organization;
        let name = change.name.as_deref().unwrap_or(&current.name);
        if self.workspace_number_named(organization, name)?.is_some_and(|number| number != current.number) {
            problems.name_is_taken();
        }
        let project = match &change.project {
            Some(id) => self.project_for(id, organization, &mut problems)?,
            None => Some(current.project),
        };
        let execution = self.check_execution(organization, project, Some(current), &change.execution, &mut problems)?;
        let was = current.vcs_repo.as_ref();
        // Within another project the link that there is must be allowed too.
        let moved = VcsRepoChange::default();
        let link = match &change.vcs_repo {
            // What is linked stays so when its client is no longer for the project, and clients say all of it again.
            Field::Value(link)
                if project == Some(current.project) && was.is_some_and(|was| link.keeps_repository(was)) =>
            {
                self.check_link(organization, None, was, link, &mut problems)?
            }
            Field::Value(link) => self.check_link(organization, project, was, link, &mut problems)?,
            Field::Absent if was.is_some() && project != Some(current.project) => {
                self.check_link(organization, project, was, &moved, &mut problems)?
            }
            Field::Absent | Field::Null => None,
        };
        let keeps_tags_regex = match &change.vcs_repo {
            Field::Value(link) => link.tags_regex.is_none(),
            Field::Absent => true,
            Field::Null => false,
        };
        if keeps_tags_regex && was.is_some_and(|was| !was.tags_regex.is_empty()) {
            change.settings.check_beside_tags_regex(&mut problems);
        }
        let tags = self.check_tags(organization, change.tags.as_deref(), &mut problems)?;
        let of_project = &current.project_auto_destroy_activity_duration;
        let after = change.settings.settled(&current.settings, of_project, &mut problems);
        problems.finish()?;

        let description = change.description.or_none(&current.description);
        self.execute(
            "UPDATE main.workspaces SET name = ?1, description = ?2, settings = ?3, project = ?4, updated_at = ?5
             WHERE number = ?6",
            params![name, description, settings::text(&after)?, project, self.now.milliseconds(), current.number],
        )?;
        if let Some(project) = project.filter(|project| *project != current.project) {
            self.detach_sets_of_other_projects(current.number, project)?;
        }
        if let Some((mode, agent_pool)) = execution {
            self.execute(
                "UPDATE main.workspaces SET execution_mode = ?1, agent_pool = ?2 WHERE number = ?3",
                (mode.map(|mode| mode.name()), agent_pool, current.number),
            )?;
        }
        if let Some(link) = &link {
            self.link(WORKSPACE, current.number, link)?;
        }
        if matches!(change.vcs_repo, Field::Null) {
            self.remove_link(WORKSPACE, current.number)?;
        }
        if let Some(tags) = tags {
            self.remove_all_tags(current.number)?;
            self.add_tags(organization, current.number, &tags, TAGS)?;
        }
        if let Some(bindings) = &change.tag_bindings {
            self.set_tag_bindings(current.number, bindings)?;
        }
        self.record_update(&current.id, organization)?;
        self.workspace(&current.id)
    }

    pub fn delete_workspace(&self, workspace: &Workspace) -> Result<()> {
        let organization = Some(&workspace.organization_id);
        self.remove_row("workspaces", workspace.number, organization)?;
        self.record(EventKind::Destroy, Resource::Workspace, workspace.id.as_str(), organization)
    }

    /// `Invalid` where the key is not one of the organization's. `None` takes it away.
    pub fn set_workspace_ssh_key(&self, workspace: &Workspace, ssh_key: Option<&SshKeyGiven>) -> Result<Workspace> {
        let number = match ssh_key {
            Some(given) => self.ssh_key_number(&given.id, workspace.organization)?,
            None => None,
        };
        if let (Some(given), None) = (ssh_key, number) {
            let mut problems = Problems::default();
            problems.at(given.pointer, "`id` does not name an SSH key of this organization.");
            problems.finish()?;
        }
        self.execute("UPDATE main.workspaces SET ssh_key = ?1 WHERE number = ?2", (number, workspace.number))?;
        self.touch(workspace)?;
        self.workspace(&workspace.id)
    }

    /// That something beside the workspace's own row has changed.
    pub(super) fn touch(&self, workspace: &Workspace) -> Result<()> {
        self.touch_row(workspace.number, &workspace.id, workspace.organization)
    }

    pub(super) fn touch_row(&self, number: i64, id: &WorkspaceId, organization: i64) -> Result<()> {
        self.execute(
            "UPDATE main.workspaces SET updated_at = ?1 WHERE number = ?2",
            (self.now.milliseconds(), number),
        )?;
        self.record_update(id, organization)
    }

    fn record_update(&self, id: &WorkspaceId, organization: i64) -> Result<()> {
        let organization = self.organization_id(organization)?;
        self.record(EventKind::Update, Resource::Workspace, id.as_str(), Some(&organization))
    }
}

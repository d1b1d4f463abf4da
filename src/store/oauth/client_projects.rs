//! The projects that OAuth clients are attached to.

use crate::domain::error::{Problems, Result};
use crate::domain::id::ProjectId;
use crate::domain::oauth::client::OAuthClient;
use crate::store::Change;
use crate::store::audit::{EventKind, Resource};

/// Where the linkages of a client's projects are in its own document.
pub(in crate::store) const PROJECTS: &str = "/data/relationships/projects/data";

impl Change<'_> {
    /// All of them or none. Those that are attached already stay so. `Invalid` for each that is not a project of the
    /// client's organization.
    pub fn attach_projects(&self, client: &OAuthClient, ids: &[String]) -> Result<()> {
        let mut has_changed = false;
        for project in self.projects_to_change(client, ids)? {
            has_changed |= self.attach(client.number, project)?;
        }
        self.record_projects(client, has_changed)
    }

    /// As [`Change::attach_projects`], the other way round. Workspaces that are linked through the client stay linked.
    pub fn detach_projects(&self, client: &OAuthClient, ids: &[String]) -> Result<()> {
        let mut has_changed = false;
        for project in self.projects_to_change(client, ids)? {
            let deleted = self.execute(
                "DELETE FROM main.oauth_client_projects WHERE oauth_client = ?1 AND project = ?2",
                (client.number, project),
            )?;
            has_changed |= deleted > 0;
        }
        self.record_projects(client, has_changed)
    }

    fn record_projects(&self, client: &OAuthClient, has_changed: bool) -> Result<()> {
        if !has_changed {
            return Ok(());
        }
        self.record(EventKind::Update, Resource::OAuthClient, client.id.as_str(), Some(&client.organization_id))
    }

    fn projects_to_change(&self, client: &OAuthClient, ids: &[String]) -> Result<Vec<i64>> {
        let mut problems = Problems::default();
        let projects = self.projects_of_organization(client.organization, ids, "/data", &mut problems)?;
        problems.finish().map(|()| projects)
    }

    /// The rows of the projects that `ids` names. One answer for an unknown project and another organization's.
    pub(in crate::store) fn projects_of_organization(
        &self,
        organization: i64,
        ids: &[String],
        pointer: &str,
        problems: &mut Problems,
    ) -> Result<Vec<i64>> {
        let mut numbers = Vec::with_capacity(ids.len());
        for (n, id) in ids.iter().enumerate() {
            match self.known_project(organization, id)? {
                Some(number) => numbers.push(number),
                None => problems.at(format!("{pointer}/{n}"), "This is not a project of the organization."),
            }
        }
        Ok(numbers)
    }

    /// For a new client: what is not a project of the organization is left out without a word, as the service does it.
    pub(in crate::store) fn attach_known_projects(
        &self,
        oauth_client: i64,
        organization: i64,
        ids: &[String],
    ) -> Result<Vec<ProjectId>> {
        let mut attached: Vec<ProjectId> = Vec::new();
        for id in ids {
            let Some(project) = self.known_project(organization, id)? else { continue };
            if self.attach(oauth_client, project)? {
                attached.push(ProjectId::from(id.clone()));
            }
        }
        Ok(attached)
    }

    pub(in crate::store) fn replace_projects(&self, oauth_client: i64, projects: &[i64]) -> Result<()> {
        self.execute("DELETE FROM main.oauth_client_projects WHERE oauth_client = ?1", [oauth_client])?;
        for project in projects {
            self.attach(oauth_client, *project)?;
        }
        Ok(())
    }

    fn known_project(&self, organization: i64, id: &str) -> Result<Option<i64>> {
        match ProjectId::parse(id) {
            Ok(id) => self.project_number(&id, organization),
            Err(_) => Ok(None),
        }
    }

    /// Whether it was not attached before.
    fn attach(&self, oauth_client: i64, project: i64) -> Result<bool> {
        let inserted = self.execute(
            "INSERT OR IGNORE INTO main.oauth_client_projects (oauth_client, project) VALUES (?1, ?2)",
            (oauth_client, project),
        )?;
        Ok(inserted > 0)
    }
}

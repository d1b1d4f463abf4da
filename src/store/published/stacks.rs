//! Stacks.

use rusqlite::Row;
use rusqlite::types::ToSql;

use crate::domain::error::{Problems, Result};
use crate::domain::field::Field;
use crate::domain::id::{AgentPoolId, ProjectId, StackId};
use crate::domain::identity::Identity;
use crate::domain::organizations::agent_pool;
use crate::domain::page::{Listed, Page};
use crate::domain::projects::project::Project;
use crate::domain::published::stack::{Stack, StackChange};
use crate::domain::timestamp::Timestamp;
use crate::store::oauth::repository_links::STACK;
use crate::store::pages::json_array;
use crate::store::settings;
use crate::store::stored::{FIRST, Stored};
use crate::store::{Change, View};

impl Stored for Stack {
    type Id = StackId;
    const TABLE: &'static str = "stacks";
    const EVENT: &'static str = "stack";
    const ONE: &'static str = "stack";
    const BELOW: &'static [&'static str] = &["project"];
    const JOINS: &'static str = "JOIN projects ON projects.number = stacks.project
         JOIN organizations ON organizations.number = projects.organization
         LEFT JOIN agent_pools ON agent_pools.number = stacks.agent_pool";
    const COLUMNS: &'static str = "projects.id, stacks.project, stacks.name, stacks.settings, agent_pools.id,
         stacks.created_at, stacks.updated_at";

    fn read(identity: Identity<StackId>, row: &Row<'_>) -> rusqlite::Result<Stack> {
        Ok(Stack {
            identity,
            project: ProjectId::from(row.get::<_, String>(FIRST)?),
            project_number: row.get(FIRST + 1)?,
            name: row.get(FIRST + 2)?,
            settings: settings::read(row, FIRST + 3)?,
            agent_pool: row.get::<_, Option<String>>(FIRST + 4)?.map(AgentPoolId::from),
            vcs_repo: None,
            created_at: Timestamp::from_milliseconds(row.get(FIRST + 5)?),
            updated_at: Timestamp::from_milliseconds(row.get(FIRST + 6)?),
        })
    }

    fn identity(&self) -> &Identity<StackId> {
        &self.identity
    }

    fn with_links(view: &View, mut stacks: Vec<Stack>) -> Result<Vec<Stack>> {
        let mut repositories = view.repositories_of(STACK, stacks.iter().map(|stack| stack.identity.number))?;
        for stack in &mut stacks {
            stack.vcs_repo = repositories.remove(&stack.identity.number);
        }
        Ok(stacks)
    }
}

/// What a list of an organization's stacks can be narrowed down to.
#[derive(Default)]
pub struct StackFilter {
    /// A part of the name.
    pub part: String,
    pub project: Option<String>,
    /// Rows of projects, where not all may be seen.
    pub among: Option<Vec<i64>>,
    pub order: StackOrder,
}

#[derive(Clone, Copy, Default)]
pub enum StackOrder {
    #[default]
    Created,
    Name,
    NameDescending,
    Updated,
    UpdatedDescending,
}

/// Those of the projects of the organization in row ?1.
const LISTED: &str = "stacks.project IN (SELECT number FROM projects WHERE organization = ?1
       AND (?3 IS NULL OR id = ?3) AND (?4 IS NULL OR number IN (SELECT value FROM json_each(?4))))
     AND instr(lower(stacks.name), lower(?2))";

impl View<'_> {
    pub fn stacks(&self, organization: i64, filter: &StackFilter, page: Page) -> Result<Listed<Stack>> {
        let among = filter.among.as_ref().map(json_array).transpose()?;
        let order = match filter.order {
            StackOrder::Created => "stacks.number",
            StackOrder::Name => "stacks.name, stacks.number",
            StackOrder::NameDescending => "stacks.name DESC, stacks.number",
            StackOrder::Updated => "stacks.updated_at, stacks.number",
            StackOrder::UpdatedDescending => "stacks.updated_at DESC, stacks.number",
        };
        let parameters: [&dyn ToSql; 4] = [&organization, &filter.part, &filter.project, &among];
        self.stored_where(LISTED, order, &parameters, page)
    }

    /// `Invalid` where another stack of the project has the name, or the project may not use the agent pool. Gives the row of
    /// the agent pool.
    fn check_stack(
        &self,
        (project, organization): (i64, i64),
        name: &str,
        change: &StackChange,
        current: Option<&Stack>,
        problems: &mut Problems,
    ) -> Result<Option<i64>> {
        if self.is_taken(&[("project", &project), ("name", &name)], current)? {
            problems.name_is_taken();
        }
        let Field::Value(id) = &change.agent_pool else { return Ok(None) };
        let pool = match AgentPoolId::parse(id) {
            // What the stack has is not asked for again: clients repeat it with every change.
            Ok(id) if current.is_some_and(|current| current.agent_pool.as_ref() == Some(&id)) => {
                self.agent_pool_number(&id, organization)?
            }
            Ok(id) => self.agent_pool_number_for_project(&id, organization, Some(project))?,
            Err(_) => None,
        };
        if pool.is_none() {
            agent_pool::unusable("/data/relationships/agent-pool/data", problems);
        }
        Ok(pool)
    }
}

impl Change<'_> {
    /// `Invalid` where the name is taken, or something that it refers to is not the organization's or not for the project.
    pub fn create_stack(&self, of: &Project, id: &StackId, new: &StackChange) -> Result<Stack> {
        let name = new.name.as_deref().unwrap_or_default();
        let mut problems = Problems::default();
        let pool = self.check_stack((of.number, of.organization), name, new, None, &mut problems)?;
        let link = match &new.vcs_repo {
            Field::Value(link) => self.check_link(of.organization, Some(of.number), None, link, &mut problems)?,
            Field::Absent | Field::Null => None,
        };
        problems.finish()?;
        let stack: Stack = self.insert(
            id,
            &of.organization_id,
            &[
                ("project", &of.number),
                ("name", &name),
                ("settings", &settings::text(&new.settings)?),
                ("agent_pool", &pool),
                ("updated_at", &self.now.milliseconds()),
            ],
        )?;
        if let Some(link) = &link {
            self.link(STACK, stack.identity.number, link)?;
        }
        self.stored(id)
    }

    /// What is not given stays. `Invalid` as for creation.
    pub fn update_stack(&self, current: &Stack, change: &StackChange) -> Result<Stack> {
        let (name, organization) = (change.name.as_ref().unwrap_or(&current.name), current.identity.organization);
        let place = (current.project_number, organization);
        let mut problems = Problems::default();
        let pool = self.check_stack(place, name, change, Some(current), &mut problems)?;
        let was = current.vcs_repo.as_ref();
        let link = match &change.vcs_repo {
            Field::Value(link) => {
                let project = Some(place.0).filter(|_| !was.is_some_and(|was| link.keeps_repository(was)));
                self.check_link(organization, project, was, link, &mut problems)?
            }
            Field::Absent | Field::Null => None,
        };
        problems.finish()?;
        if let Some(link) = &link {
            self.link(STACK, current.identity.number, link)?;
        }
        if matches!(change.vcs_repo, Field::Null) {
            self.remove_link(STACK, current.identity.number)?;
        }
        let (settings, now) = (settings::text(&change.settings)?, self.now.milliseconds());
        let mut columns: Vec<(&str, &dyn ToSql)> = vec![("name", name), ("settings", &settings), ("updated_at", &now)];
        if change.agent_pool.is_given() {
            columns.push(("agent_pool", &pool));
        }
        self.set(current, &columns)
    }
}

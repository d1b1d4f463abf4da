//! Organizations.

pub(in crate::store) mod agent_pools;
mod agent_tokens;
pub(in crate::store) mod memberships;
pub(in crate::store) mod ssh_keys;

use std::collections::HashMap;
use std::sync::LazyLock;

use rusqlite::{Row, named_params, params};

use super::access::Place;
use super::audit::{EventKind, Resource};
use super::pages::limit_offset;
use super::{Change, View, settings};
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::accounts::user::User;
use crate::domain::error::{Error, Problems, Result};
use crate::domain::field::Field;
use crate::domain::id::{AgentPoolId, OrganizationId, ProjectId};
use crate::domain::organizations::agent_pool::{self, AgentPool};
use crate::domain::organizations::agent_token::AgentToken;
use crate::domain::organizations::execution_mode::ExecutionMode;
use crate::domain::organizations::options::OrganizationOptions;
use crate::domain::organizations::organization::{
    GivenPool, NewOrganization, Organization, OrganizationChange, OrganizationSearch,
};
use crate::domain::organizations::ssh_key::SshKey;
use crate::domain::page::{Listed, Page};
use crate::domain::timestamp::Timestamp;
use crate::store::stored::Table;

/// The plain resources among them.
pub(super) const TABLES: &[Table] = &[Table::of::<AgentPool>(), Table::of::<AgentToken>(), Table::of::<SshKey>()];

/// In the order that [`organization`] reads.
pub(super) const COLUMNS: &str = "organizations.number, organizations.external_id, organizations.name,
     organizations.email, organizations.created_at, organizations.user_tokens_enabled,
     organizations.allow_force_delete_workspaces, organizations.default_execution_mode, organizations.settings,
     (SELECT id FROM projects WHERE projects.organization = organizations.number AND is_default = 1),
     (SELECT id FROM agent_pools WHERE agent_pools.number = organizations.default_agent_pool)";

/// Put together once: one of them is asked by almost every request.
static BY_NAME: LazyLock<String> = LazyLock::new(|| selected("organizations.name"));
static BY_ID: LazyLock<String> = LazyLock::new(|| selected("organizations.external_id"));
static BY_NUMBER: LazyLock<String> = LazyLock::new(|| selected("organizations.number"));

fn selected(column: &str) -> String {
    format!("SELECT {COLUMNS} FROM organizations WHERE {column} = ?1 AND is_deleted = 0")
}

fn organization(row: &Row<'_>) -> rusqlite::Result<Organization> {
    let mode = row.get_ref(7)?.as_str()?;
    Ok(Organization {
        number: row.get(0)?,
        external_id: OrganizationId::from(row.get::<_, String>(1)?),
        name: row.get(2)?,
        email: row.get(3)?,
        created_at: Timestamp::from_milliseconds(row.get(4)?),
        options: OrganizationOptions {
            user_tokens_enabled: row.get(5)?,
            allow_force_delete_workspaces: row.get(6)?,
            // The schema knows no other.
            default_execution_mode: ExecutionMode::from_name(mode).unwrap_or(ExecutionMode::Remote),
            settings: settings::read(row, 8)?,
        },
        default_project: ProjectId::from(row.get::<_, String>(9)?),
        default_agent_pool: row.get::<_, Option<String>>(10)?.map(AgentPoolId::from),
    })
}

/// The organizations of a user. One that takes no users' tokens is not there for them.
pub(super) const OF_USER: &str = "FROM organization_memberships
     JOIN organizations ON organizations.number = organization_memberships.organization
     WHERE organization_memberships.user = :owner AND organizations.user_tokens_enabled = 1
       AND organizations.is_deleted = 0";
/// All of a user's organizations, for the user in person.
const OF_PERSON: &str = "FROM organization_memberships
     JOIN organizations ON organizations.number = organization_memberships.organization
     WHERE organization_memberships.user = :owner AND organizations.is_deleted = 0";
/// In the order of their making, without sorting.
pub(super) const OF_USER_IN_ORDER: &str = "ORDER BY organization_memberships.organization LIMIT :limit OFFSET :offset";
/// The one that a token is made for.
const OF_TOKEN: &str = "FROM organizations WHERE organizations.number = :owner";
const OF_TOKEN_IN_ORDER: &str = "LIMIT :limit OFFSET :offset";
pub(super) const SEARCHED: &str = "
     AND (:either = '' OR instr(lower(organizations.name), :either) OR instr(lower(organizations.email), :either))
     AND (:name = '' OR instr(lower(organizations.name), :name))
     AND (:email = '' OR instr(lower(organizations.email), :email))";

impl View<'_> {
    /// By name, ignoring case.
    pub fn organization_named(&self, name: &str) -> Result<Option<Organization>> {
        self.optional(&BY_NAME, [name], organization)
    }

    pub fn organization_with_id(&self, external_id: &OrganizationId) -> Result<Option<Organization>> {
        self.optional(&BY_ID, [external_id.as_str()], organization)
    }

    fn organization_numbered(&self, number: i64) -> Result<Organization> {
        self.found(&BY_NUMBER, [number], organization)
    }

    /// By external id or by name. A name may look like an id, so the id comes first.
    pub fn organization_known_as(&self, id_or_name: &str) -> Result<Option<Organization>> {
        match self.optional(&BY_ID, [id_or_name], organization)? {
            Some(organization) => Ok(Some(organization)),
            None => self.organization_named(id_or_name),
        }
    }

    /// The organization of a request's path, if the caller may do `action` there. `NotFound` otherwise, whatever the
    /// reason.
    pub fn organization_for(&self, caller: &Caller, name: &str, action: Action) -> Result<Organization> {
        self.organization_and_access(caller, name, action).map(|(organization, _)| organization)
    }

    /// As [`View::organization_for`], with what the caller is to it.
    pub fn organization_and_access(
        &self,
        caller: &Caller,
        name: &str,
        action: Action,
    ) -> Result<(Organization, OrganizationAccess)> {
        let organization = self.organization_named(name)?.ok_or_else(Error::not_found)?;
        let access = self.access_for(caller, organization.number, Place::Organization, action)?;
        Ok((organization, access))
    }

    /// A page of the caller's own, the oldest first, and what the caller is to each of them.
    pub fn organizations_of(
        &self,
        caller: &Caller,
        search: &OrganizationSearch,
        page: Page,
    ) -> Result<Listed<(Organization, OrganizationAccess)>> {
        let (owner, of_owner, in_order) = match caller {
            Caller::User(user) => (user.number, OF_USER, OF_USER_IN_ORDER),
            Caller::Person(user) => (user.number, OF_PERSON, OF_USER_IN_ORDER),
            Caller::Team(team) => (team.organization, OF_TOKEN, OF_TOKEN_IN_ORDER),
            Caller::Organization { number, .. } => (*number, OF_TOKEN, OF_TOKEN_IN_ORDER),
        };
        let lower = |text: &str| text.to_ascii_lowercase();
        let (either, name, email) = (lower(&search.either), lower(&search.name), lower(&search.email));
        let (limit, offset) = limit_offset(page);
        let total = self.count(
            &format!("SELECT count(*) {of_owner} {SEARCHED}"),
            named_params! {":owner": owner, ":either": either, ":name": name, ":email": email},
        )?;
        let organizations: Vec<Organization> = self.rows(
            &format!("SELECT {COLUMNS} {of_owner} {SEARCHED} {in_order}"),
            named_params! {":owner": owner, ":either": either, ":name": name, ":email": email,
            ":limit": limit, ":offset": offset},
            organization,
        )?;
        Ok(Listed { items: self.with_accesses(caller, organizations)?, total })
    }

    /// `organizations` are in the order of their rows.
    fn with_accesses(
        &self,
        caller: &Caller,
        organizations: Vec<Organization>,
    ) -> Result<Vec<(Organization, OrganizationAccess)>> {
        let (Some(first), Some(last)) = (organizations.first(), organizations.last()) else { return Ok(Vec::new()) };
        let mut access_by_organization = match caller {
            Caller::User(user) | Caller::Person(user) => {
                self.access_to_organizations(user.number, first.number..=last.number)?
            }
            // A token is one organization's.
            Caller::Team(_) | Caller::Organization { .. } => {
                HashMap::from([(first.number, self.organization_access(caller, first.number)?)])
            }
        };
        let with_access = |organization: Organization| {
            let access = access_by_organization.remove(&organization.number).unwrap_or(OrganizationAccess::Outsider);
            (organization, access)
        };
        Ok(organizations.into_iter().map(with_access).collect())
    }

    /// Every one there is, the oldest first.
    pub fn organizations(&self) -> Result<Vec<Organization>> {
        self.rows(
            &format!("SELECT {COLUMNS} FROM organizations WHERE is_deleted = 0 ORDER BY number"),
            [],
            organization,
        )
    }

    /// The row of the pool that an organization begins to have, or goes on having, as its default. Only the execution
    /// mode `agent` has one, and needs it.
    fn default_agent_pool_number(
        &self,
        current: Option<&Organization>,
        mode: ExecutionMode,
        given: &GivenPool,
        problems: &mut Problems,
    ) -> Result<Option<i64>> {
        // A pool that is for a part of the organization cannot be the default of all of it; one that was narrowed before
        // this rule may be said again.
        let number = |id: &AgentPoolId| match current {
            Some(organization) if organization.default_agent_pool.as_ref() == Some(id) => {
                self.agent_pool_number(id, organization.number)
            }
            Some(organization) => self.agent_pool_number_for_project(id, organization.number, None),
            None => Ok(None),
        };
        let is_given = matches!(given.id, Field::Value(_));
        if mode != ExecutionMode::Agent {
            if is_given {
                problems.at(
                    given.pointer,
                    "`default-agent-pool` must not be specified unless using 'agent' execution mode.",
                );
            }
            return Ok(None);
        }
        let found = match (&given.id, current) {
            (Field::Value(id), _) => AgentPoolId::parse(id).ok().map(|id| number(&id)).transpose()?.flatten(),
            (Field::Absent, Some(current)) => match &current.default_agent_pool {
                Some(id) => number(id)?,
                // The pool went and left the mode behind. That is no reason to refuse a change of something else.
                None if current.options.default_execution_mode == mode => return Ok(None),
                None => None,
            },
            _ => None,
        };
        match found {
            Some(_) => {}
            None if is_given => agent_pool::unusable(given.pointer, problems),
            None => problems.at(given.pointer, "The execution mode 'agent' needs a `default-agent-pool`."),
        }
        Ok(found)
    }
}

impl Change<'_> {
    /// With its default project, and its owners team, whose first member is `owner`. `Invalid` at `name` where it is
    /// taken, and at an agent pool: there is none yet.
    pub fn create_organization(&self, new: &NewOrganization, owner: &User) -> Result<Organization> {
        let mut problems = Problems::default();
        if self.organization_named(&new.name)?.is_some() {
            problems.name_is_taken();
        }
        let options = new.options.apply(&OrganizationOptions::default());
        let mode = options.default_execution_mode;
        self.default_agent_pool_number(None, mode, &new.default_agent_pool, &mut problems)?;
        problems.finish()?;

        let external_id = OrganizationId::generate(self.sources);
        self.execute(
            "INSERT INTO main.organizations (external_id, name, email, created_at, user_tokens_enabled,
                                        allow_force_delete_workspaces, default_execution_mode, settings)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                external_id.as_str(),
                new.name,
                new.email,
                self.now.milliseconds(),
                options.user_tokens_enabled,
                options.allow_force_delete_workspaces,
                mode.name(),
                settings::text(&options.settings)?,
            ],
        )?;
        let number = self.connection.last_insert_rowid();
        self.create_default_project(number)?;
        let organization = self.organization_numbered(number)?;
        self.create_owners(&organization, owner)?;
        self.record(EventKind::Create, Resource::Organization, external_id.as_str(), Some(&external_id))?;
        Ok(organization)
    }

    /// What is not given stays. `Invalid` where the name is another organization's, or the default agent pool does not
    /// go with the rest.
    pub fn update_organization(&self, current: &Organization, change: &OrganizationChange) -> Result<Organization> {
        let mut problems = Problems::default();
        let name = change.name.as_ref().unwrap_or(&current.name);
        if self.organization_named(name)?.is_some_and(|named| named.number != current.number) {
            problems.name_is_taken();
        }
        let options = change.options.apply(&current.options);
        let mode = options.default_execution_mode;
        let pool = self.default_agent_pool_number(Some(current), mode, &change.default_agent_pool, &mut problems)?;
        problems.finish()?;

        self.execute(
            "UPDATE main.organizations
             SET name = ?2, email = ?3, user_tokens_enabled = ?4, allow_force_delete_workspaces = ?5,
                 default_execution_mode = ?6, default_agent_pool = ?7, settings = ?8
             WHERE number = ?1",
            params![
                current.number,
                name,
                change.email.as_ref().unwrap_or(&current.email),
                options.user_tokens_enabled,
                options.allow_force_delete_workspaces,
                mode.name(),
                pool,
                settings::text(&options.settings)?,
            ],
        )?;
        self.record(
            EventKind::Update,
            Resource::Organization,
            current.external_id.as_str(),
            Some(&current.external_id),
        )?;
        self.organization_numbered(current.number)
    }

    /// With all that is theirs, for every caller from now on; the rows go later. The trail gets one event, because what was
    /// in it went with it, and a million of them would say no more.
    pub fn delete_organization(&self, organization: &Organization) -> Result<()> {
        // Another one may have the name at once. No organization can be given a name with a slash.
        self.execute(
            "UPDATE main.organizations SET is_deleted = 1, name = external_id || '/deleted', default_agent_pool = NULL
             WHERE number = ?1",
            [organization.number],
        )?;
        let id = &organization.external_id;
        self.record(EventKind::Destroy, Resource::Organization, id.as_str(), Some(id))
    }
}

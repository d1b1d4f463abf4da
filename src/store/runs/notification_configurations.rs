//! Notification configurations of workspaces, projects and teams, in one table. A token is never read.

use rusqlite::Row;
use rusqlite::types::ToSql;

use super::{json, texts};
use crate::domain::error::{Problems, Result};
use crate::domain::field::Field;
use crate::domain::id::{NotificationConfigurationId, ProjectId, TeamId, UserId, WorkspaceId};
use crate::domain::identity::Identity;
use crate::domain::organizations::membership::invitation_of;
use crate::domain::page::{Listed, Page};
use crate::domain::runs::notification_configuration::{
    MOST, NotificationChange, NotificationConfiguration, Subscribable, Subscription,
};
use crate::domain::secret::Sealed;
use crate::domain::timestamp::Timestamp;
use crate::store::pages::json_array;
use crate::store::stored::{FIRST, Links, Stored, linked_rows};
use crate::store::{Change, View};

impl Stored for NotificationConfiguration {
    type Id = NotificationConfigurationId;
    const TABLE: &'static str = "notification_configurations";
    const EVENT: &'static str = "notification_configuration";
    const ONE: &'static str = "notification configuration";
    const BELOW: &'static [&'static str] = &["workspace", "project", "team"];
    const SEALED: &'static str = "token_sealed";
    const JOINS: &'static str = "LEFT JOIN workspaces ON workspaces.number = notification_configurations.workspace
         LEFT JOIN projects ON projects.number = notification_configurations.project
         LEFT JOIN teams ON teams.number = notification_configurations.team
         JOIN organizations
           ON organizations.number = coalesce(workspaces.organization, projects.organization, teams.organization)";
    const COLUMNS: &'static str = "workspaces.id, projects.id, teams.id, notification_configurations.name,
         notification_configurations.destination_type, notification_configurations.enabled,
         notification_configurations.url, notification_configurations.triggers,
         notification_configurations.email_addresses, notification_configurations.created_at,
         notification_configurations.updated_at";

    fn read(
        identity: Identity<NotificationConfigurationId>,
        row: &Row<'_>,
    ) -> rusqlite::Result<NotificationConfiguration> {
        let id = |column: usize| row.get::<_, Option<String>>(FIRST + column);
        let subscribable = match (id(0)?, id(1)?) {
            (Some(workspace), _) => Subscribable::Workspace(WorkspaceId::from(workspace)),
            (None, Some(project)) => Subscribable::Project(ProjectId::from(project)),
            (None, None) => Subscribable::Team(TeamId::from(row.get::<_, String>(FIRST + 2)?)),
        };
        Ok(NotificationConfiguration {
            identity,
            subscribable,
            name: row.get(FIRST + 3)?,
            destination_type: row.get(FIRST + 4)?,
            enabled: row.get(FIRST + 5)?,
            url: row.get(FIRST + 6)?,
            triggers: texts(row, FIRST + 7)?,
            email_addresses: texts(row, FIRST + 8)?,
            users: vec![],
            user_email_addresses: vec![],
            created_at: Timestamp::from_milliseconds(row.get(FIRST + 9)?),
            updated_at: Timestamp::from_milliseconds(row.get(FIRST + 10)?),
        })
    }

    fn identity(&self) -> &Identity<NotificationConfigurationId> {
        &self.identity
    }

    fn with_links(
        view: &View,
        mut configurations: Vec<NotificationConfiguration>,
    ) -> Result<Vec<NotificationConfiguration>> {
        let numbers = json_array(configurations.iter().map(|one| one.identity.number))?;
        // For an invited person, as `invited_user` has it.
        let id = "coalesce(users.id, 'user-' || substr(member.id, 4))";
        let mut users: Links<UserId> = view.links(&told(id), &numbers)?;
        let mut addresses: Links<String> = view.links(&told("coalesce(users.email, member.email)"), &numbers)?;
        for one in &mut configurations {
            one.users = users.remove(&one.identity.number).unwrap_or_default();
            one.user_email_addresses = addresses.remove(&one.identity.number).unwrap_or_default();
        }
        Ok(configurations)
    }
}

/// The text of a query for one thing of each member who would be told.
fn told(thing: &str) -> String {
    format!(
        "SELECT told.notification_configuration, {thing}
         FROM notification_configuration_members AS told
         JOIN organization_memberships AS member ON member.number = told.membership
         LEFT JOIN users ON users.number = member.user
         WHERE told.notification_configuration IN (SELECT value FROM json_each(?1))
         ORDER BY told.notification_configuration, told.membership"
    )
}

fn column(of: &Subscribable) -> &'static str {
    match of {
        Subscribable::Workspace(_) => "workspace",
        Subscribable::Project(_) => "project",
        Subscribable::Team(_) => "team",
    }
}

impl View<'_> {
    pub fn notification_configurations(
        &self,
        of: &Subscription,
        page: Page,
    ) -> Result<Listed<NotificationConfiguration>> {
        self.stored_below(column(&of.subscribable), of.number, page)
    }

    /// The rows of the memberships of users, who must be members of the organization or invited to it.
    fn told_members(&self, ids: &[String], organization: i64, problems: &mut Problems) -> Result<Vec<i64>> {
        let number = |id: &str| {
            let sql = "SELECT member.number FROM users
                       JOIN organization_memberships AS member ON member.user = users.number
                       WHERE users.id = ?1 AND member.organization = ?2";
            let found = self.optional_value(sql, (id, organization))?;
            let Some(invitation) = invitation_of(id).filter(|_| found.is_none()) else { return Ok(found) };
            let sql =
                "SELECT number FROM organization_memberships WHERE id = ?1 AND organization = ?2 AND user IS NULL";
            self.optional_value(sql, (invitation.as_str(), organization))
        };
        linked_rows(ids, "/data/relationships/users/data", "user", number, problems)
    }
}

impl Change<'_> {
    /// `Invalid` where the owner has as many as it may have, or a user is neither a member of the organization nor invited.
    pub fn create_notification_configuration(
        &self,
        of: &Subscription,
        id: &NotificationConfigurationId,
        new: &NotificationChange,
        token: Option<&Sealed>,
    ) -> Result<NotificationConfiguration> {
        let mut problems = Problems::default();
        let users = self.told_members(&new.users, of.organization, &mut problems)?;
        let present = self.notification_configurations(of, Page { number: 1, size: 1 })?;
        if present.total >= MOST {
            problems.at("/data", "There are 20 notification configurations here already, which is the limit.");
        }
        problems.finish()?;
        let (triggers, addresses) = (json(&new.triggers)?, json(&new.email_addresses)?);
        let made: NotificationConfiguration = self.insert(
            id,
            &of.organization_id,
            &[
                (column(&of.subscribable), &of.number),
                ("name", &new.name),
                ("destination_type", &new.destination_type),
                ("enabled", &new.enabled),
                ("url", &new.url),
                ("token_sealed", &token.map(|sealed| &sealed.0)),
                ("triggers", &triggers),
                ("email_addresses", &addresses),
                ("updated_at", &self.now.milliseconds()),
            ],
        )?;
        self.tell_members(made.identity.number, &users)?;
        self.stored(id)
    }

    /// `Invalid` where a user is neither a member of the organization nor invited.
    pub fn update_notification_configuration(
        &self,
        current: &NotificationConfiguration,
        change: &NotificationChange,
        token: &Field<Sealed>,
    ) -> Result<NotificationConfiguration> {
        let mut problems = Problems::default();
        let users = self.told_members(&change.users, current.identity.organization, &mut problems)?;
        problems.finish()?;
        self.tell_members(current.identity.number, &users)?;
        let (triggers, addresses) = (json(&change.triggers)?, json(&change.email_addresses)?);
        let now = self.now.milliseconds();
        let mut columns: Vec<(&str, &dyn ToSql)> = vec![
            ("name", &change.name),
            ("destination_type", &change.destination_type),
            ("enabled", &change.enabled),
            ("url", &change.url),
            ("triggers", &triggers),
            ("email_addresses", &addresses),
            ("updated_at", &now),
        ];
        let sealed = token.as_value().map(|sealed| &sealed.0);
        if token.is_given() {
            columns.push(("token_sealed", &sealed));
        }
        self.set(current, &columns)
    }

    pub fn enable_notification_configuration(
        &self,
        current: &NotificationConfiguration,
    ) -> Result<NotificationConfiguration> {
        self.set(current, &[("enabled", &true), ("updated_at", &self.now.milliseconds())])
    }

    fn tell_members(&self, configuration: i64, members: &[i64]) -> Result<()> {
        let sql = "DELETE FROM main.notification_configuration_members WHERE notification_configuration = ?1";
        self.execute(sql, [configuration])?;
        let sql = "INSERT OR IGNORE INTO main.notification_configuration_members VALUES (?1, ?2)";
        let mut insert = self.connection.prepare_cached(sql)?;
        for member in members {
            insert.execute((configuration, member))?;
        }
        Ok(())
    }
}

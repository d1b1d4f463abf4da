//! API tokens: their digests, and their subjects.

use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

use rusqlite::{OptionalExtension, Row, params};

use super::users::{COLUMNS as USER_COLUMNS, user};
use crate::domain::access::Caller;
use crate::domain::access::issued_token::IssuedToken;
use crate::domain::access::visibility::TeamSight;
use crate::domain::accounts::api_token::{ApiToken, Creator, Expiry, NewToken, Subject, TokenOrder};
use crate::domain::error::{Error, Kind, Problems, Result};
use crate::domain::id::{OrganizationId, TeamId, TokenId};
use crate::domain::organizations::organization::Organization;
use crate::domain::page::{Listed, Page};
use crate::domain::teams::team::Team;
use crate::domain::timestamp::Timestamp;
use crate::store::audit::{EventKind, Resource};
use crate::store::pages::json_array;
use crate::store::{Change, View};

impl View<'_> {
    /// Whose token has this digest. `None` for an unknown or expired one; `NotFound` for one that is for an audit trail:
    /// there is nothing else that it may see.
    pub fn caller(&self, digest: &[u8; 32], now: Timestamp) -> Result<Option<Caller>> {
        let found =
            self.optional(&CALLER, (digest, now.milliseconds()), |row| Ok((caller(row)?, row.get(FOR_AUDIT_TRAIL)?)))?;
        match found {
            Some((_, true)) => Err(Error::refused()),
            found => Ok(found.map(|(caller, _)| caller)),
        }
    }

    /// A token with this digest that has expired, and the organization that it belongs to.
    pub fn expired_token(
        &self,
        digest: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<(TokenId, Option<OrganizationId>)>> {
        let sql =
            format!("SELECT api_tokens.id, organizations.external_id {FROM} WHERE digest = ?1 AND expires_at <= ?2");
        let found = self.connection.prepare_cached(&sql)?.query_row((digest, now.milliseconds()), |row| {
            let organization = row.get::<_, Option<String>>(1)?.map(OrganizationId::from);
            Ok((TokenId::from(row.get::<_, String>(0)?), organization))
        });
        Ok(found.optional()?)
    }

    /// All of them, the oldest first; never the tokens themselves.
    pub fn api_tokens(&self) -> Result<Vec<ApiToken>> {
        self.rows(
            "SELECT api_tokens.id,
                        CASE WHEN users.number IS NOT NULL THEN 'user ' || users.username
                             WHEN teams.number IS NOT NULL THEN 'team ' || organizations.name || '/' || teams.name
                             WHEN api_tokens.is_for_audit_trail THEN 'audit trail of ' || organizations.name
                             ELSE 'organization ' || organizations.name END,
                        api_tokens.description, api_tokens.created_at, api_tokens.expires_at
                 FROM api_tokens
                 LEFT JOIN users ON users.number = api_tokens.user
                 LEFT JOIN teams ON teams.number = api_tokens.team
                 LEFT JOIN organizations ON organizations.number = coalesce(api_tokens.organization, teams.organization)
                 ORDER BY api_tokens.number",
            [],
            |row| {
                Ok(ApiToken {
                    id: TokenId::from(row.get::<_, String>(0)?),
                    subject: row.get(1)?,
                    description: row.get(2)?,
                    created_at: Timestamp::from_milliseconds(row.get(3)?),
                    expires_at: row.get::<_, Option<i64>>(4)?.map(Timestamp::from_milliseconds),
                })
            },
        )
    }
}

/// In the order that [`caller`] reads.
static HOLDER_COLUMNS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{USER_COLUMNS}, teams.number, teams.id, teams.name, organizations.number, organizations.external_id,
         organizations.name"
    )
});

const FROM: &str = "FROM api_tokens
     LEFT JOIN users ON users.number = api_tokens.user
     LEFT JOIN teams ON teams.number = api_tokens.team
     LEFT JOIN organizations ON organizations.number = coalesce(api_tokens.organization, teams.organization)";

/// In the row of [`CALLER`].
const FOR_AUDIT_TRAIL: usize = 12;

static CALLER: LazyLock<String> = LazyLock::new(|| {
    let columns = &*HOLDER_COLUMNS;
    format!(
        "SELECT {columns}, api_tokens.is_for_audit_trail {FROM}
         WHERE api_tokens.digest = ?1 AND (api_tokens.expires_at IS NULL OR api_tokens.expires_at > ?2)
           AND (organizations.number IS NULL OR organizations.is_deleted = 0)"
    )
});

fn caller(row: &Row<'_>) -> rusqlite::Result<Caller> {
    if row.get::<_, Option<i64>>(0)?.is_some() {
        return user(row).map(Caller::User);
    }
    let organization = row.get(9)?;
    let organization_id = OrganizationId::from(row.get::<_, String>(10)?);
    let organization_name = row.get(11)?;
    Ok(match row.get(6)? {
        Some(number) => Caller::Team(Team {
            number,
            id: TeamId::from(row.get::<_, String>(7)?),
            name: row.get(8)?,
            organization,
            organization_id,
            organization_name,
        }),
        None => Caller::Organization { number: organization, id: organization_id, name: organization_name },
    })
}

/// In the order that [`issued_token`] reads.
pub(in crate::store) static SELECT: LazyLock<String> = LazyLock::new(|| {
    let columns = &*HOLDER_COLUMNS;
    format!(
        "SELECT {columns}, api_tokens.id, api_tokens.description, api_tokens.created_at, api_tokens.expires_at,
                api_tokens.creator_type, api_tokens.creator_id
         {FROM}"
    )
});

fn issued_token(row: &Row<'_>) -> rusqlite::Result<IssuedToken> {
    let creator_id: Option<String> = row.get(17)?;
    Ok(IssuedToken {
        id: TokenId::from(row.get::<_, String>(12)?),
        holder: caller(row)?,
        description: row.get(13)?,
        created_at: Timestamp::from_milliseconds(row.get(14)?),
        expires_at: row.get::<_, Option<i64>>(15)?.map(Timestamp::from_milliseconds),
        creator: match (row.get::<_, Option<String>>(16)?.as_deref(), creator_id) {
            (Some(USERS), Some(id)) => Some(Creator::User(id)),
            (Some(TEAMS), Some(id)) => Some(Creator::Team(id)),
            (Some(_), _) => Some(Creator::Organization),
            (None, _) => None,
        },
    })
}

const USERS: &str = "users";
const TEAMS: &str = "teams";
const ORGANIZATIONS: &str = "organizations";

/// ?1 the organization, ?2 rows of teams, ?3 a part of the team's name, ?4 when they expire: any of these, as arrays of
/// an instant after which, one until which, and whether never.
const OF_TEAMS: &str = "WHERE api_tokens.team IN (SELECT value FROM json_each(?2))
     AND teams.organization = ?1 AND instr(lower(teams.name), lower(?3))
     AND (?4 = '[]' OR EXISTS (SELECT 1 FROM json_each(?4) AS asked
          WHERE CASE WHEN asked.value ->> 2 THEN api_tokens.expires_at IS NULL
                ELSE api_tokens.expires_at > coalesce(asked.value ->> 0, 0)
                 AND api_tokens.expires_at <= coalesce(asked.value ->> 1, api_tokens.expires_at) END))";

impl View<'_> {
    pub fn issued_token(&self, id: &TokenId) -> Result<IssuedToken> {
        self.found(&format!("{} WHERE api_tokens.id = ?1", *SELECT), [id.as_str()], issued_token)
    }

    /// The one token that a team or organization has without a description. `NotFound` where it has none.
    pub fn sole_token(&self, subject: Subject) -> Result<IssuedToken> {
        let (column, number, is_for_audit_trail) = match subject {
            Subject::Team(number) => ("team", number, false),
            Subject::Organization(number) => ("organization", number, false),
            Subject::AuditTrail(number) => ("organization", number, true),
            Subject::User(_) => return Err(Error::not_found()),
        };
        self.found(
            &format!(
                "{} WHERE api_tokens.{column} = ?1 AND api_tokens.is_sole = 1 AND api_tokens.is_for_audit_trail = ?2",
                *SELECT
            ),
            (number, is_for_audit_trail),
            issued_token,
        )
    }

    /// A page of a user's own, the oldest first.
    pub fn tokens_of_user(&self, user: i64, page: Page) -> Result<Listed<IssuedToken>> {
        let total = self.count("SELECT count(*) FROM api_tokens WHERE user = ?1", [user])?;
        let sql = format!("{} WHERE api_tokens.user = ?1 ORDER BY api_tokens.number LIMIT ?2 OFFSET ?3", *SELECT);
        self.page_of(total, &sql, params![user], page, issued_token)
    }

    /// A page of the tokens of those teams of the organization whose tokens the caller manages.
    pub fn tokens_of_teams(
        &self,
        organization: i64,
        sight: &TeamSight,
        (search, expiry): (&str, &[Expiry]),
        (order, is_descending): (TokenOrder, bool),
        page: Page,
    ) -> Result<Listed<IssuedToken>> {
        let key = match order {
            TokenOrder::Creation | TokenOrder::LastUsedAt => "api_tokens.number",
            TokenOrder::TeamName => "teams.name",
            TokenOrder::CreatedBy => "api_tokens.creator_id",
            // What never expires comes after everything that does.
            TokenOrder::ExpiredAt => "coalesce(api_tokens.expires_at, 9223372036854775807)",
        };
        let direction = if is_descending { "DESC" } else { "ASC" };
        let teams = json_array(&self.teams_with_managed_tokens(organization, sight, None)?)?;
        let expiry = expiry.iter().map(|expiry| match expiry {
            Expiry::Never => (None, None, true),
            Expiry::Between { after, until } => {
                (after.map(Timestamp::milliseconds), until.map(Timestamp::milliseconds), false)
            }
        });
        let expiry = json_array(expiry)?;
        let parameters = params![organization, teams, search, expiry];
        let total = self.count(&format!("SELECT count(*) {FROM} {OF_TEAMS}"), parameters)?;
        let sql = format!(
            "{} {OF_TEAMS} ORDER BY {key} {direction}, api_tokens.number {direction} LIMIT ?5 OFFSET ?6",
            *SELECT
        );
        self.page_of(total, &sql, parameters, page, issued_token)
    }

    /// The external id of the organization that a token of `subject` belongs to. None for people's.
    fn organization_of(&self, subject: Subject) -> Result<Option<OrganizationId>> {
        let (sql, number) = match subject {
            Subject::User(_) => return Ok(None),
            Subject::Team(number) => (
                "SELECT organizations.external_id FROM teams
                 JOIN organizations ON organizations.number = teams.organization WHERE teams.number = ?1",
                number,
            ),
            Subject::Organization(number) | Subject::AuditTrail(number) => {
                ("SELECT external_id FROM organizations WHERE number = ?1", number)
            }
        };
        let id = self.optional_value::<String>(sql, [number])?;
        Ok(id.map(OrganizationId::from))
    }
}

impl Change<'_> {
    /// `creator` is `None` for the command line. `Invalid` where the team has a token with that description already.
    pub fn create_api_token(&self, new: &NewToken, digest: &[u8; 32], creator: Option<&Caller>) -> Result<TokenId> {
        let id = TokenId::generate(self.sources);
        let (user, team, organization) = match new.subject {
            Subject::User(number) => (Some(number), None, None),
            Subject::Team(number) => (None, Some(number), None),
            Subject::Organization(number) | Subject::AuditTrail(number) => (None, None, Some(number)),
        };
        let is_for_audit_trail = matches!(new.subject, Subject::AuditTrail(_));
        if let (Some(team), Some(description)) = (team, &new.terms.description) {
            self.check_description(team, description)?;
        }
        if new.is_sole
            && let Some(before) = self.sole_token(new.subject).map(Some).or_else(absent)?
        {
            self.revoke_api_token(&before.id)?;
        }
        let (creator_type, creator_id) = match creator {
            Some(Caller::User(user) | Caller::Person(user)) => (Some(USERS), Some(user.id.as_str())),
            Some(Caller::Team(team)) => (Some(TEAMS), Some(team.id.as_str())),
            Some(Caller::Organization { id, .. }) => (Some(ORGANIZATIONS), Some(id.as_str())),
            None => (None, None),
        };
        self.execute(
            "INSERT INTO main.api_tokens (id, digest, user, team, organization, description, created_at, expires_at,
                                     is_sole, creator_type, creator_id, is_for_audit_trail)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                id.as_str(),
                digest,
                user,
                team,
                organization,
                new.terms.description,
                self.now.milliseconds(),
                new.terms.expires_at.map(Timestamp::milliseconds),
                new.is_sole,
                creator_type,
                creator_id,
                is_for_audit_trail,
            ],
        )?;
        let organization = self.organization_of(new.subject)?;
        self.record(EventKind::Create, Resource::AuthenticationToken, id.as_str(), organization.as_ref())?;
        Ok(id)
    }

    fn check_description(&self, team: i64, description: &str) -> Result<()> {
        let is_taken =
            self.exists("SELECT 1 FROM api_tokens WHERE team = ?1 AND description = ?2", (team, description))?;
        let mut problems = Problems::default();
        if is_taken {
            problems.attribute("description", "Validation failed: Description has already been taken");
        }
        problems.finish()
    }

    /// From the next request on, the token is unknown. `NotFound` where it already was.
    pub fn revoke_api_token(&self, id: &TokenId) -> Result<()> {
        let organization = match self.issued_token(id)?.holder {
            Caller::User(_) | Caller::Person(_) => None,
            Caller::Team(team) => Some(team.organization_id),
            Caller::Organization { id, .. } => Some(id),
        };
        self.delete_token(id.as_str(), organization.as_ref())
    }

    /// All or none. `NotFound` where one is no team's of the organization whose tokens the caller manages.
    pub fn revoke_tokens_of_teams(&self, of: &Organization, sight: &TeamSight, ids: &[String]) -> Result<()> {
        let ids: BTreeSet<&String> = ids.iter().collect();
        let asked = json_array(&ids)?;
        let managed = self.teams_with_managed_tokens(of.number, sight, Some(&asked))?;
        let managed: HashSet<i64> = managed.into_iter().collect();
        let sql = "SELECT api_tokens.id, teams.number FROM api_tokens JOIN teams ON teams.number = api_tokens.team
                   WHERE api_tokens.id IN (SELECT value FROM json_each(?1)) AND teams.organization = ?2
                   ORDER BY api_tokens.number";
        let tokens: Vec<(String, i64)> = self.rows(sql, (asked, of.number), |row| Ok((row.get(0)?, row.get(1)?)))?;
        if tokens.len() < ids.len() {
            return Err(Error::not_found());
        }
        if !tokens.iter().all(|(_, team)| managed.contains(team)) {
            return Err(Error::refused());
        }
        tokens.iter().try_for_each(|(id, _)| self.delete_token(id, Some(&of.external_id)))
    }

    fn delete_token(&self, id: &str, organization: Option<&OrganizationId>) -> Result<()> {
        self.execute("DELETE FROM main.api_tokens WHERE id = ?1", [id])?;
        self.record(EventKind::Destroy, Resource::AuthenticationToken, id, organization)
    }
}

/// Nothing to be found is an answer, where it is only asked whether there is something.
fn absent<T>(error: Error) -> Result<Option<T>> {
    if error.kind == Kind::NotFound { Ok(None) } else { Err(error) }
}

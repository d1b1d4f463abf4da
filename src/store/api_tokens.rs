//! API tokens: their digests, and whom they speak for.

use std::sync::LazyLock;

use rusqlite::{OptionalExtension, Row, params};

use super::audit::{Deed, Resource};
use super::users::{COLUMNS as USER_COLUMNS, user};
use super::{Change, View};
use crate::domain::access::Caller;
use crate::domain::error::{Error, Result};
use crate::domain::id::{OrganizationId, TeamId, TokenId};
use crate::domain::team::Team;
use crate::domain::timestamp::Timestamp;
use crate::domain::token::{ApiToken, NewToken, Subject};

impl View<'_> {
    /// Whose token has this digest. `None` for an unknown or expired one.
    pub fn caller(&self, digest: &[u8; 32], now: Timestamp) -> Result<Option<Caller>> {
        let caller =
            self.connection.prepare_cached(&CALLER)?.query_row((digest, now.milliseconds()), caller).optional()?;
        Ok(caller)
    }

    /// All of them, the oldest first; never the tokens themselves.
    pub fn api_tokens(&self) -> Result<Vec<ApiToken>> {
        let tokens = self
            .connection
            .prepare_cached(
                "SELECT api_tokens.id,
                        CASE WHEN users.number IS NOT NULL THEN 'user ' || users.username
                             WHEN teams.number IS NOT NULL THEN 'team ' || organizations.name || '/' || teams.name
                             ELSE 'organization ' || organizations.name END,
                        api_tokens.description, api_tokens.created_at, api_tokens.expires_at
                 FROM api_tokens
                 LEFT JOIN users ON users.number = api_tokens.user
                 LEFT JOIN teams ON teams.number = api_tokens.team
                 LEFT JOIN organizations ON organizations.number = coalesce(api_tokens.organization, teams.organization)
                 ORDER BY api_tokens.number",
            )?
            .query_map([], |row| {
                Ok(ApiToken {
                    id: TokenId::from(row.get::<_, String>(0)?),
                    subject: row.get(1)?,
                    description: row.get(2)?,
                    created_at: Timestamp::from_milliseconds(row.get(3)?),
                    expires_at: row.get::<_, Option<i64>>(4)?.map(Timestamp::from_milliseconds),
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        Ok(tokens)
    }
}

/// In the order that [`caller`] reads.
static CALLER: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {USER_COLUMNS},
                teams.number, teams.id, teams.name, organizations.number, organizations.external_id,
                organizations.name
         FROM api_tokens
         LEFT JOIN users ON users.number = api_tokens.user
         LEFT JOIN teams ON teams.number = api_tokens.team
         LEFT JOIN organizations ON organizations.number = coalesce(api_tokens.organization, teams.organization)
         WHERE api_tokens.digest = ?1 AND (api_tokens.expires_at IS NULL OR api_tokens.expires_at > ?2)"
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

impl Change<'_> {
    pub fn create_api_token(&self, new: &NewToken, digest: &[u8; 32]) -> Result<TokenId> {
        let id = TokenId::generate();
        let (user, team, organization) = match new.subject {
            Subject::User(number) => (Some(number), None, None),
            Subject::Team(number) => (None, Some(number), None),
            Subject::Organization(number) => (None, None, Some(number)),
        };
        self.connection
            .prepare_cached(
                "INSERT INTO api_tokens (id, digest, user, team, organization, description, created_at, expires_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                id.as_str(),
                digest,
                user,
                team,
                organization,
                new.description,
                self.now.milliseconds(),
                new.expires_at.map(Timestamp::milliseconds),
            ])?;
        self.record(Deed::Create, Resource::AuthenticationToken, id.as_str(), None)?;
        Ok(id)
    }

    /// From the next request on, the token is unknown. `NotFound` where it already was.
    pub fn revoke_api_token(&self, id: &TokenId) -> Result<()> {
        let deleted = self.connection.prepare_cached("DELETE FROM api_tokens WHERE id = ?1")?.execute([id.as_str()])?;
        if deleted == 0 {
            return Err(Error::not_found());
        }
        self.record(Deed::Destroy, Resource::AuthenticationToken, id.as_str(), None)
    }
}

//! Tokens of agent pools, as records.

use rusqlite::Row;

use crate::domain::error::Result;
use crate::domain::id::{AgentPoolId, TokenId};
use crate::domain::identity::Identity;
use crate::domain::organizations::agent_pool::AgentPool;
use crate::domain::organizations::agent_token::{AgentToken, CreatorId};
use crate::domain::page::{Listed, Page};
use crate::domain::timestamp::Timestamp;
use crate::store::audit::Actor;
use crate::store::stored::{FIRST, Stored};
use crate::store::{Change, View};

impl Stored for AgentToken {
    type Id = TokenId;
    const TABLE: &'static str = "agent_tokens";
    const EVENT: &'static str = "agent_token";
    const ONE: &'static str = "agent token";
    const NAME: &'static str = "description";
    const BELOW: &'static [&'static str] = &["agent_pool"];
    const JOINS: &'static str = "JOIN agent_pools ON agent_pools.number = agent_tokens.agent_pool
         JOIN organizations ON organizations.number = agent_pools.organization";
    const COLUMNS: &'static str = "agent_pools.id, agent_tokens.description, agent_tokens.creator_id,
         agent_tokens.created_at";

    fn read(identity: Identity<TokenId>, row: &Row<'_>) -> rusqlite::Result<AgentToken> {
        Ok(AgentToken {
            identity,
            agent_pool: AgentPoolId::from(row.get::<_, String>(FIRST)?),
            description: row.get(FIRST + 1)?,
            creator: CreatorId(row.get(FIRST + 2)?),
            created_at: Timestamp::from_milliseconds(row.get(FIRST + 3)?),
            text: None,
        })
    }

    fn identity(&self) -> &Identity<TokenId> {
        &self.identity
    }
}

impl View<'_> {
    pub fn agent_tokens(&self, of: &AgentPool, newest_first: bool, page: Page) -> Result<Listed<AgentToken>> {
        let order = if newest_first { "agent_tokens.number DESC" } else { "agent_tokens.number" };
        self.stored_where("agent_tokens.agent_pool = ?1", order, &[&of.identity.number], page)
    }

    /// Whether a token's id is that of an agent pool's token.
    pub fn is_agent_token(&self, id: &str) -> Result<bool> {
        self.exists("SELECT 1 FROM agent_tokens WHERE id = ?1", [id])
    }
}

impl Change<'_> {
    pub fn create_agent_token(&self, of: &AgentPool, id: &TokenId, description: &str) -> Result<AgentToken> {
        let creator = match self.actor {
            Actor::Client { id, .. } => id.as_str(),
            Actor::System => of.identity.organization_id.as_str(),
        };
        self.insert(
            id,
            &of.identity.organization_id,
            &[("agent_pool", &of.identity.number), ("description", &description), ("creator_id", &creator)],
        )
    }
}

//! Tokens of agent pools. No agent connects, so that a token is a record, and its text is nowhere.

use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::id::{AgentPoolId, TokenId};
use crate::domain::identity::Identity;
use crate::domain::names;
use crate::domain::timestamp::Timestamp;

const MAX_DESCRIPTION_CHARACTERS: usize = 255;

#[derive(Clone, Debug)]
pub struct AgentToken {
    pub identity: Identity<TokenId>,
    pub agent_pool: AgentPoolId,
    pub description: String,
    pub creator: CreatorId,
    pub created_at: Timestamp,
    /// Just after it was made, and never again.
    pub text: Option<String>,
}

/// The id of the user, team or organization that made a token.
#[derive(Clone, Debug)]
pub struct CreatorId(pub String);

impl CreatorId {
    /// The type of a resource with such an id.
    pub fn kind(&self) -> &'static str {
        match self.0.split('-').next() {
            Some("user") => "users",
            Some("team") => "teams",
            _ => "organizations",
        }
    }
}

pub fn check_description(description: Field<String>, problems: &mut Problems) -> String {
    let description = description.value().unwrap_or_default();
    if description.trim().is_empty() || !names::is_line(&description, MAX_DESCRIPTION_CHARACTERS) {
        problems.attribute("description", "`description` must be one line of 1 to 255 characters.");
    }
    description
}

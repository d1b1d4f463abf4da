//! Tokens of agent pools on the wire. The text of one is in the answer to its creation, and nowhere else.

use serde::Serialize;

use crate::api::jsonapi::crud::Plain;
use crate::api::jsonapi::document::ToOne;
use crate::api::jsonapi::input::Input;
use crate::app::Cx;
use crate::domain::access::{Action, OrganizationAccess};
use crate::domain::accounts::api_token::PlainToken;
use crate::domain::error::Result;
use crate::domain::id::TokenId;
use crate::domain::organizations::agent_pool::AgentPool;
use crate::domain::organizations::agent_token::{AgentToken, check_description};
use crate::domain::page::{Listed, Page};
use crate::domain::timestamp::Timestamp;
use crate::http::query;
use crate::store::{Change, View};

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Attributes<'a> {
    description: &'a str,
    created_at: Timestamp,
    /// Null: no agent connects.
    last_used_at: Option<Timestamp>,
    expired_at: Option<Timestamp>,
    token: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Relationships {
    created_by: ToOne,
}

impl Plain for AgentToken {
    const KIND: &'static str = "authentication-tokens";
    const KINDS: &'static [&'static str] = &[Self::KIND, "agent-tokens"];
    const PARAMETER: &'static str = "token";
    const SEE: Action = Action::ManageAgentPools;
    const MANAGE: Action = Action::ManageAgentPools;
    const IS_SHORT: bool = false;

    type Parent = AgentPool;
    /// The description, and the text of the token.
    type New = (String, String);

    fn list(view: &View, cx: &Cx, of: &AgentPool, _: OrganizationAccess, page: Page) -> Result<Listed<AgentToken>> {
        view.agent_tokens(of, query::sort(cx.request) == "-created-at", page)
    }

    fn read_new(cx: &Cx, mut input: Input, _: &AgentPool, _: &TokenId) -> Result<(String, String)> {
        let description = check_description(input.text("description"), &mut input.problems);
        input.finish()?;
        Ok((description, PlainToken::generate(&cx.app.sources).reveal().to_owned()))
    }

    fn create(
        change: &Change,
        of: &AgentPool,
        id: &TokenId,
        (description, text): &(String, String),
    ) -> Result<AgentToken> {
        Ok(AgentToken { text: Some(text.clone()), ..change.create_agent_token(of, id, description)? })
    }

    fn attributes(&self, _: OrganizationAccess) -> impl Serialize {
        Attributes {
            description: &self.description,
            created_at: self.created_at,
            last_used_at: None,
            expired_at: None,
            token: self.text.as_deref(),
        }
    }

    fn relationships(&self, _: OrganizationAccess) -> impl Serialize {
        Relationships { created_by: ToOne::to(self.creator.kind(), &self.creator.0) }
    }
}

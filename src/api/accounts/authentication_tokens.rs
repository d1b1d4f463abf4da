//! API tokens on the wire: those of users, and any token by its id.

use serde::Serialize;

use crate::api::jsonapi::crud;
use crate::api::jsonapi::document;
use crate::api::jsonapi::document::{Resource, ToOne};
use crate::api::jsonapi::input::Input;
use crate::api::jsonapi::page;
use crate::app::{Cx, no_input, with_caller};
use crate::domain::access::issued_token::IssuedToken;
use crate::domain::access::{Action, Caller};
use crate::domain::accounts::api_token::{Creator, NewToken, PlainToken, Subject, TokenTerms};
use crate::domain::accounts::user::User;
use crate::domain::error::{Error, Result};
use crate::domain::id::{TokenId, UserId};
use crate::domain::organizations::agent_token::AgentToken;
use crate::domain::timestamp::Timestamp;
use crate::http::reply::Reply;
use crate::store::View;

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Attributes {
    created_at: Timestamp,
    /// Null: which token was used when is not written down.
    last_used_at: Option<Timestamp>,
    description: Option<String>,
    /// In the answer to its creation, and never again.
    token: Option<String>,
    expired_at: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Relationships {
    created_by: ToOne,
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<ToOne>,
}

/// `GET /users/:user/authentication-tokens`: one's own. `NotFound` for everybody else, and for tokens that are no
/// person's.
pub fn index(cx: &Cx) -> Result<Reply> {
    let (requested, list) = cx.read(|view, caller| {
        let user = oneself(caller, cx.parameter("user"))?;
        let requested = page::requested(cx.request)?;
        Ok((requested, page::fetch(requested, |page| view.tokens_of_user(user.number, page))?))
    })?;
    Ok(page::whole(cx, requested, list.map(resource)))
}

/// `POST /users/:user/authentication-tokens`, for oneself.
pub fn create(cx: &Cx) -> Result<Reply> {
    let id = cx.parameter("user").to_owned();
    issue(cx, Terms::InDocument, move |_, caller| Ok(Subject::User(oneself(caller, &id)?.number)))
}

/// `GET /authentication-tokens/:token`, of whatever kind.
pub fn show(cx: &Cx) -> Result<Reply> {
    if is_agents(cx)? {
        return crud::show::<AgentToken>(cx);
    }
    let token = cx.read(|view, caller| find(view, caller, cx.parameter("token")))?;
    Ok(document::one(resource(&token)))
}

/// `DELETE /authentication-tokens/:token`: 204, and the token is unknown from the next request on.
pub fn delete(cx: &Cx) -> Result<Reply> {
    if is_agents(cx)? {
        return crud::delete::<AgentToken>(cx);
    }
    let id = cx.parameter("token").to_owned();
    let find = move |view: &View, caller: &Caller| find(view, caller, &id);
    cx.change(find, no_input, |change, token, ()| change.revoke_api_token(&token.id))?;
    Ok(Reply::no_content())
}

/// Whether the path names a token of an agent pool.
fn is_agents(cx: &Cx) -> Result<bool> {
    cx.read(|view, _| view.is_agent_token(cx.parameter("token")))
}

fn oneself<'a>(caller: &'a Caller, id: &str) -> Result<&'a User> {
    let id = UserId::parse(id)?;
    match caller {
        Caller::User(user) | Caller::Person(user) if user.id == id => Ok(user),
        _ => Err(Error::refused()),
    }
}

/// `NotFound` where there is no such token, or the caller does not manage it.
fn find(view: &View, caller: &Caller, id: &str) -> Result<IssuedToken> {
    let token = view.issued_token(&TokenId::parse(id)?)?;
    let manages = match &token.holder {
        Caller::User(holder) | Caller::Person(holder) => {
            matches!(caller, Caller::User(user) | Caller::Person(user) if user.number == holder.number)
        }
        Caller::Team(team) => {
            let (sight, team) = (view.team_sight(caller, team.organization)?, view.team(&team.id)?);
            sight.rights(&team).manage_tokens
        }
        Caller::Organization { number, .. } => {
            view.organization_access(caller, *number)?.allows(Action::ManageOrganizationToken)
        }
    };
    if manages { Ok(token) } else { Err(Error::refused()) }
}

/// How a request says what the new token is to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Terms {
    /// In a document.
    InDocument,
    /// In a document, if there is one.
    MayBeGiven,
    /// As before, for the one token without a description, in the place of the one before.
    OfSoleToken,
}

/// Both forms of the documentation.
const KINDS: [&str; 2] = ["authentication-tokens", "authentication-token"];

/// Makes a token that speaks for what `find` finds, and shows it this once.
pub fn issue(
    cx: &Cx,
    given: Terms,
    find: impl Fn(&View, &Caller) -> Result<Subject> + Send + Sync + 'static,
) -> Result<Reply> {
    let is_sole = given == Terms::OfSoleToken;
    let (token, plain) = cx.change(
        with_caller(find),
        |_| {
            let mut input = match given {
                Terms::InDocument => Input::read_any(cx, &KINDS)?,
                Terms::MayBeGiven | Terms::OfSoleToken => Input::read_leniently(cx, &KINDS)?,
            };
            let (description, expired_at) = (input.text("description"), input.text("expired-at"));
            let mut terms = TokenTerms::check(description, expired_at, cx.app.sources.now(), &mut input.problems);
            input.finish()?;
            if is_sole {
                terms.description = None;
            }
            let plain = PlainToken::generate(&cx.app.sources);
            let digest = cx.app.vault.digest(plain.reveal());
            Ok((terms, plain.reveal().to_owned(), digest))
        },
        move |change, (subject, creator), (terms, plain, digest)| {
            let new = NewToken { subject, terms: terms.clone(), is_sole };
            let id = change.create_api_token(&new, digest, Some(&creator))?;
            Ok((change.issued_token(&id)?, plain.clone()))
        },
    )?;
    let mut resource = resource(&token);
    resource.attributes.token = Some(plain);
    Ok(document::created(resource, format!("/api/v2/authentication-tokens/{}", token.id)))
}

pub fn resource(token: &IssuedToken) -> Resource<Attributes, Relationships> {
    let IssuedToken { id, holder, description, created_at, expires_at, creator } = token;
    let organization = match holder {
        Caller::User(_) | Caller::Person(_) => None,
        Caller::Team(team) => Some(&team.organization_name),
        Caller::Organization { name, .. } => Some(name),
    };
    Resource {
        id: id.to_string(),
        kind: "authentication-tokens",
        attributes: Attributes {
            created_at: *created_at,
            last_used_at: None,
            description: description.clone(),
            token: None,
            expired_at: *expires_at,
        },
        relationships: Relationships {
            created_by: match (creator, organization) {
                (Some(Creator::User(id)), _) => ToOne::to("users", id),
                (Some(Creator::Team(id)), _) => ToOne::to("teams", id),
                (Some(Creator::Organization), Some(name)) => ToOne::to("organizations", name),
                (Some(Creator::Organization), None) | (None, _) => ToOne::none(),
            },
            team: match holder {
                Caller::Team(team) => Some(ToOne::to("teams", &team.id)),
                Caller::User(_) | Caller::Person(_) | Caller::Organization { .. } => None,
            },
        },
        links: None,
    }
}

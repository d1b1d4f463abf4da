//! `/organizations/:organization/vcs`: one repository at a provider, and its directories.

use serde::Serialize;

use crate::api::jsonapi::document::{self, NoRelationships, Resource, SelfLink};
use crate::app::Cx;
use crate::connect;
use crate::connect::Question;
use crate::domain::access::Action;
use crate::domain::error::{Error, Result};
use crate::domain::oauth::token::OAuthToken;
use crate::http::query;
use crate::http::reply::Reply;
use crate::providers::{self, Failure};
use crate::store::Owned;

const TOKEN: &str = "oauth_token_id";
const IDENTIFIER: &str = "identifier";
const BRANCH: &str = "branch";
/// As long as the identifier of a linked repository, and the name of a branch, may be.
const MAX_CHARACTERS: usize = 255;

#[derive(Serialize)]
struct CheckAttributes {
    exists: bool,
    identifier: String,
}

#[derive(Serialize)]
struct Directory {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
struct Meta {
    complete: bool,
}

/// `GET /organizations/:organization/vcs/repo?oauth_token_id=…&identifier=…`: whether the token sees the repository.
/// `NotFound` where there is no such token.
pub fn repository(cx: &Cx) -> Result<Reply> {
    let (identifier, found) =
        ask(cx, |question, identifier, _| question.provider.repository(&question.access, identifier))?;
    let attributes = CheckAttributes { exists: found.is_some(), identifier: identifier.to_owned() };
    let resource = Resource {
        id: identifier.to_owned(),
        kind: "vcs-repo-check",
        attributes,
        relationships: NoRelationships {},
        links: None::<SelfLink>,
    };
    Ok(document::one(resource))
}

/// `GET /organizations/:organization/vcs/tree?oauth_token_id=…&identifier=…&branch=…`: the directories of a branch, or of
/// the default branch. `NotFound` where the token sees no such repository or branch.
pub fn tree(cx: &Cx) -> Result<Reply> {
    let (_, found) =
        ask(cx, |question, identifier, branch| question.provider.tree(&question.access, identifier, branch))?;
    let tree = found.ok_or_else(Error::not_found)?;
    let directories = tree.directories.into_iter().map(|id| Directory { id, kind: "vcs-tree" }).collect();
    let meta = (!tree.is_complete).then_some(Meta { complete: false });
    Ok(document::many(directories, None, None::<()>, meta))
}

/// Asks about the repository that the query names. `None`: the provider has none, or does not show it.
fn ask<'a, T>(
    cx: &Cx<'a>,
    question: impl Fn(&Question, &str, Option<&str>) -> providers::Result<T>,
) -> Result<(&'a str, Option<T>)> {
    let find = cx.organization(Action::SeeVcsConnections);
    let (actor, credential, identifier, branch) = cx.read(|view, caller| {
        let organization = find(view, caller)?;
        let id = needed(cx, TOKEN)?;
        let token = OAuthToken::load(view, id)?;
        if token.organization != organization.number {
            return Err(Error::not_found());
        }
        view.may_look_with(caller, &token)?;
        let (identifier, branch) = (needed(cx, IDENTIFIER)?, query::filter(cx.request, BRANCH));
        if branch.is_some_and(|branch| !is_usable(branch)) {
            return Err(Error::bad_parameter(BRANCH, "`branch` must be the name of a branch, a tag or a commit."));
        }
        Ok((cx.actor(caller), view.credential(&token.id)?, identifier, branch))
    })?;
    if !is_usable(identifier) {
        return Ok((identifier, None));
    }
    let found = cx.ask_provider(|| {
        connect::ask(cx.app, &actor, credential, |asked| match question(asked, identifier, branch) {
            Ok(found) => Ok(Some(found)),
            Err(Failure::NotFound) => Ok(None),
            Err(failure) => Err(failure),
        })
    })?;
    Ok((identifier, found))
}

fn needed<'a>(cx: &Cx<'a>, parameter: &str) -> Result<&'a str> {
    let missing = || Error::bad_parameter(parameter, format!("The parameter `{parameter}` is required."));
    query::filter(cx.request, parameter).ok_or_else(missing)
}

fn is_usable(text: &str) -> bool {
    text.chars().count() <= MAX_CHARACTERS && !text.chars().any(char::is_control)
}

//! Azure DevOps Services, with Microsoft Entra ID in front of it, and Azure DevOps Server, which knows personal tokens only.

mod git;
mod identity;
mod locations;

use serde_json::{Value, json};

use super::asked::Asked;
use super::catalogue::{self, Owner, User};
use super::tokens::{Presented, Refusal};
use super::{Caller, DemoProvider, answers};
use crate::domain::oauth::service_provider::ServiceProvider::{AdoServer, AdoServices};
use crate::http::reply::Reply;
use crate::http::request::Method::{Get, Options, Post};

pub fn answer(provider: &DemoProvider, asked: &Asked<'_>) -> Reply {
    match (asked.kind, asked.method(), &asked.path[..]) {
        (AdoServices, _, ["identity", _tenant, "oauth2", "v2.0", "authorize"]) => identity::authorize(provider, asked),
        (AdoServices, Post, ["identity", _tenant, "oauth2", "v2.0", "token"]) => identity::token(provider, asked),
        (AdoServices, Get, ["profile", "_apis", rest @ ..]) => with_caller(provider, asked, |caller| match rest {
            ["profile", "profiles", "me"] => profile(caller.user),
            ["accounts"] => accounts(provider, asked, caller),
            _ => not_found(),
        }),
        // Which resources there are is told to everyone: clients ask before they sign in.
        (_, Options, [.., "_apis"]) => locations::answer(),
        (_, Get, path) => with_caller(provider, asked, |caller| get(provider, asked, path, caller)),
        _ => not_found(),
    }
}

fn get(provider: &DemoProvider, asked: &Asked<'_>, path: &[&str], caller: &Caller) -> Reply {
    match path {
        // A server answers this above its collections too.
        ["_apis", rest @ ..] if asked.kind == AdoServer => match rest {
            ["connectionData"] => connection_data(caller.user),
            ["projectCollections"] => collections(caller),
            _ => not_found(),
        },
        [organization, rest @ ..] => {
            let is_meant = |owner: &&Owner| organization_name(asked, owner).eq_ignore_ascii_case(organization);
            let Some(owner) = caller.user.owners().iter().find(is_meant) else { return not_found() };
            match rest {
                ["_apis", "connectionData"] => connection_data(caller.user),
                ["_apis", "ResourceAreas" | "resourceAreas"] => answers::json(200, &list(&[])),
                _ if caller.lacks_rights => {
                    error(403, "TF50309: The account does not have sufficient permissions.", "AccessCheckException")
                }
                ["_apis", rest @ ..] => git::answer(provider, asked, caller, owner, None, rest),
                [project, "_apis", rest @ ..] => git::answer(provider, asked, caller, owner, Some(project), rest),
                _ => not_found(),
            }
        }
        [] => not_found(),
    }
}

fn organization_name(asked: &Asked<'_>, owner: &Owner) -> &'static str {
    let owner = if owner.number == catalogue::OWNERS[0].number { &catalogue::OWNERS[0] } else { &catalogue::OWNERS[1] };
    if asked.kind == AdoServer { owner.collection } else { owner.login }
}

/// A credential that is not accepted leads to a page to sign in at, with a status that is no error, unless the client asks
/// not to.
fn with_caller(provider: &DemoProvider, asked: &Asked<'_>, answer: impl FnOnce(&Caller) -> Reply) -> Reply {
    let password = asked.basic().map(|(_, password)| password);
    let presented = match (password.as_deref(), asked.authorization("Bearer")) {
        (Some(password), _) => Presented::Personal(password),
        (None, Some(token)) if asked.kind == AdoServices => Presented::Either(token),
        (None, Some(token)) => Presented::Personal(token),
        (None, None) => Presented::Nothing,
    };
    let refusal = match provider.caller(asked.kind, presented) {
        Ok(caller) => return answer(&caller),
        Err(refusal) => refusal,
    };
    if !asked.request.header("X-TFS-FedAuthRedirect").is_some_and(|value| value.eq_ignore_ascii_case("suppress")) {
        let page = "<!doctype html><title>Sign in</title><p>The demo provider asks you to sign in.</p>\n";
        return answers::html(203, page.to_owned());
    }
    let reply =
        error(401, "TF400813: The user is not authorized to access this resource.", "UnauthorizedRequestException")
            .with_header("WWW-Authenticate", "Basic realm=\"demo\"");
    match refusal {
        Refusal::Expired => {
            reply.with_header("X-TFS-ServiceError", "Access%20denied%3A%20the%20token%20has%20expired.")
        }
        Refusal::Missing | Refusal::Unknown | Refusal::Revoked => reply,
    }
}

fn profile(user: &User) -> Reply {
    let id = catalogue::uuid(user.login);
    answers::json(
        200,
        &json!({"displayName": user.name, "publicAlias": id, "emailAddress": user.email(), "id": id, "revision": 1}),
    )
}

fn accounts(provider: &DemoProvider, asked: &Asked<'_>, caller: &Caller) -> Reply {
    if asked.request.query("memberId").is_some_and(|id| id != catalogue::uuid(caller.user.login)) {
        return answers::json(200, &list(&[]));
    }
    let account = |owner: &Owner| {
        let uri = format!("{}/{}", provider.base(asked.kind), owner.login);
        json!({"accountId": catalogue::uuid(owner.login), "accountName": owner.login, "accountUri": uri})
    };
    answers::json(200, &list(&caller.user.owners().iter().map(account).collect::<Vec<_>>()))
}

fn collections(caller: &Caller) -> Reply {
    let collection = |owner: &Owner| json!({"id": catalogue::uuid(owner.collection), "name": owner.collection});
    answers::json(200, &list(&caller.user.owners().iter().map(collection).collect::<Vec<_>>()))
}

fn connection_data(user: &User) -> Reply {
    let id = catalogue::uuid(user.login);
    let account = json!({"Account": {"$type": "System.String", "$value": user.email()}});
    let user = json!({"id": id, "providerDisplayName": user.name, "isActive": true, "properties": account});
    answers::json(
        200,
        &json!({"authenticatedUser": user, "authorizedUser": user, "instanceId": catalogue::uuid("demo")}),
    )
}

fn list(all: &[Value]) -> Value {
    json!({"count": all.len(), "value": all})
}

fn not_found() -> Reply {
    error(404, "TF400898: There is no such resource.", "NotFoundException")
}

fn error(status: u16, message: &str, kind: &str) -> Reply {
    answers::json(
        status,
        &json!({"$id": "1", "innerException": null, "message": message, "typeKey": kind, "errorCode": 0,
                "typeName": format!("Microsoft.TeamFoundation.Framework.Server.{kind}"), "eventId": 3000}),
    )
}

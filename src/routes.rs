//! The table of contents: every method and path, and what answers it.

use std::sync::Arc;

use crate::api;
use crate::api::accounts::{account, authentication_tokens, users};
use crate::api::oauth::{clients as oauth_clients, tokens as oauth_tokens};
use crate::api::organizations::{
    agent_pools, empty_lists, entitlement_sets, feature_sets, memberships as organization_memberships,
    ssh_keys as organization_ssh_keys, subscriptions, tokens as organization_tokens,
};
use crate::api::projects::{tag_bindings as project_tag_bindings, workspaces as project_workspaces};
use crate::api::service::openapi;
use crate::api::service::{discovery, health, ping};
use crate::api::teams::{members as team_members, tokens as team_tokens};
use crate::api::workspaces::tags;
use crate::api::{audit_trail, organizations, projects, teams, workspaces};
use crate::app::{App, Cx};
use crate::domain::error::{Error, Kind, Result};
use crate::http::query::Known;
use crate::http::reply::Reply;
use crate::http::request::{Method, Request};
use crate::http::router;
use crate::http::router::{Found, Route};
use crate::http::server::Service;
use crate::http::worker_slots::WorkerSlot;

type Handler = fn(&Cx, &Request) -> Result<Reply>;

/// What answers a route, and the query parameters that it takes beside pages.
struct Endpoint {
    handler: Handler,
    query: Known,
}

const fn get(pattern: &'static str, handler: Handler, query: Known) -> Route<Endpoint> {
    Route { method: Method::Get, pattern, handler: Endpoint { handler, query } }
}

const fn post(pattern: &'static str, handler: Handler) -> Route<Endpoint> {
    Route { method: Method::Post, pattern, handler: Endpoint { handler, query: &[] } }
}

const fn patch(pattern: &'static str, handler: Handler) -> Route<Endpoint> {
    Route { method: Method::Patch, pattern, handler: Endpoint { handler, query: &[] } }
}

const fn delete(pattern: &'static str, handler: Handler) -> Route<Endpoint> {
    Route { method: Method::Delete, pattern, handler: Endpoint { handler, query: &[] } }
}

#[rustfmt::skip]
const ROUTES: &[Route<Endpoint>] = &[
    // OAuth clients
    get   ("/api/v2/organizations/:organization/oauth-clients",               oauth_clients::index,
                                                                              &["include=oauth_tokens,projects"]),
    post  ("/api/v2/organizations/:organization/oauth-clients",               oauth_clients::create),
    delete("/api/v2/organizations/:organization/oauth-clients/:oauth_client", oauth_clients::delete),
    get   ("/api/v2/oauth-clients/:oauth_client",                             oauth_clients::show,
                                                                              &["include=oauth_tokens,projects"]),
    patch ("/api/v2/oauth-clients/:oauth_client",                             oauth_clients::update),
    delete("/api/v2/oauth-clients/:oauth_client",                             oauth_clients::delete),
    post  ("/api/v2/oauth-clients",                                           oauth_clients::create_by_organization_id),
    post  ("/api/v2/oauth-clients/:oauth_client/relationships/projects",      oauth_clients::projects::attach),
    delete("/api/v2/oauth-clients/:oauth_client/relationships/projects",      oauth_clients::projects::detach),
    // OAuth tokens
    get   ("/api/v2/organizations/:organization/oauth-tokens",                oauth_tokens::of_organization,
                                                                              &["filter[provider]"]),
    get   ("/api/v2/oauth-clients/:oauth_client/oauth-tokens",                oauth_tokens::index, &[]),
    get   ("/api/v2/oauth-tokens/:oauth_token",                               oauth_tokens::show, &[]),
    patch ("/api/v2/oauth-tokens/:oauth_token",                               oauth_tokens::update),
    delete("/api/v2/oauth-tokens/:oauth_token",                               oauth_tokens::delete),
    // Workspaces and their tags
    get   ("/api/v2/organizations/:organization/workspaces",
           workspaces::list::index, workspaces::list::KNOWN),
    post  ("/api/v2/organizations/:organization/workspaces",                         workspaces::create),
    get   ("/api/v2/organizations/:organization/workspaces/:workspace_name",
           workspaces::show, &[workspaces::INCLUDE]),
    patch ("/api/v2/organizations/:organization/workspaces/:workspace_name",         workspaces::update),
    delete("/api/v2/organizations/:organization/workspaces/:workspace_name",         workspaces::delete),
    post  ("/api/v2/organizations/:organization/workspaces/:workspace_name/actions/safe-delete",
           workspaces::actions::safe_delete),
    get   ("/api/v2/workspaces/:workspace",
           workspaces::show, &[workspaces::INCLUDE]),
    patch ("/api/v2/workspaces/:workspace",                                          workspaces::update),
    delete("/api/v2/workspaces/:workspace",                                          workspaces::delete),
    post  ("/api/v2/workspaces/:workspace/actions/safe-delete",                      workspaces::actions::safe_delete),
    post  ("/api/v2/workspaces/:workspace/actions/lock",                             workspaces::actions::lock),
    post  ("/api/v2/workspaces/:workspace/actions/unlock",                           workspaces::actions::unlock),
    post  ("/api/v2/workspaces/:workspace/actions/force-unlock",                     workspaces::actions::force_unlock),
    patch ("/api/v2/workspaces/:workspace/relationships/ssh-key",
           workspaces::relationships::set_ssh_key),
    get   ("/api/v2/workspaces/:workspace/relationships/remote-state-consumers",
           workspaces::relationships::remote_state_consumers, &[workspaces::INCLUDE]),
    post  ("/api/v2/workspaces/:workspace/relationships/remote-state-consumers",
           workspaces::relationships::add_remote_state_consumers),
    patch ("/api/v2/workspaces/:workspace/relationships/remote-state-consumers",
           workspaces::relationships::set_remote_state_consumers),
    delete("/api/v2/workspaces/:workspace/relationships/remote-state-consumers",
           workspaces::relationships::remove_remote_state_consumers),
    get   ("/api/v2/workspaces/:workspace/relationships/tags",
           workspaces::relationships::tags, &[]),
    post  ("/api/v2/workspaces/:workspace/relationships/tags",
           workspaces::relationships::add_tags),
    delete("/api/v2/workspaces/:workspace/relationships/tags",
           workspaces::relationships::remove_tags),
    get   ("/api/v2/workspaces/:workspace/tag-bindings",
           workspaces::tag_bindings::index, &[]),
    patch ("/api/v2/workspaces/:workspace/tag-bindings",                             workspaces::tag_bindings::add),
    get   ("/api/v2/workspaces/:workspace/relationships/tag-bindings",
           workspaces::tag_bindings::index, &[]),
    patch ("/api/v2/workspaces/:workspace/relationships/tag-bindings",               workspaces::tag_bindings::replace),
    get   ("/api/v2/workspaces/:workspace/effective-tag-bindings",
           workspaces::tag_bindings::effective, &[]),
    get   ("/api/v2/organizations/:organization/tags",
           tags::index, &["q", "filter[exclude][taggable][id]"]),
    delete("/api/v2/organizations/:organization/tags",                               tags::delete),
    post  ("/api/v2/tags/:tag/relationships/workspaces",                             tags::add_workspaces),
    // Projects
    get   ("/api/v2/organizations/:organization/projects",                    projects::index,
           &["include=effective_tag_bindings", "filter[names]", "filter[tagged]*", "q", "sort=name,-name"]),
    post  ("/api/v2/organizations/:organization/projects",                    projects::create),
    get   ("/api/v2/projects/:project",                                       projects::show, &["include=effective_tag_bindings"]),
    patch ("/api/v2/projects/:project",                                       projects::update),
    delete("/api/v2/projects/:project",                                       projects::delete),
    get   ("/api/v2/projects/:project/tag-bindings",                          project_tag_bindings::index, &[]),
    patch ("/api/v2/projects/:project/tag-bindings",                          project_tag_bindings::add),
    patch ("/api/v2/projects/:project/relationships/tag-bindings",            project_tag_bindings::replace),
    get   ("/api/v2/projects/:project/effective-tag-bindings",                project_tag_bindings::effective, &[]),
    post  ("/api/v2/projects/:project/relationships/workspaces",              project_workspaces::add),
    // Agent pools
    get   ("/api/v2/organizations/:organization/agent-pools",                 agent_pools::index,
           &["include=workspaces,hyok-configurations", "filter[allowed_workspaces][name]", "filter[allowed_projects][name]", "q",
             "sort=created-at,-created-at,name,-name"]),
    post  ("/api/v2/organizations/:organization/agent-pools",                 agent_pools::create),
    get   ("/api/v2/agent-pools/:agent_pool",                                 agent_pools::show,
           &["include=workspaces,hyok-configurations"]),
    patch ("/api/v2/agent-pools/:agent_pool",                                 agent_pools::update),
    delete("/api/v2/agent-pools/:agent_pool",                                 agent_pools::delete),
    // SSH keys of organizations
    get   ("/api/v2/organizations/:organization/ssh-keys",                    organization_ssh_keys::index, &[]),
    post  ("/api/v2/organizations/:organization/ssh-keys",                    organization_ssh_keys::create),
    get   ("/api/v2/ssh-keys/:ssh_key",                                       organization_ssh_keys::show, &[]),
    patch ("/api/v2/ssh-keys/:ssh_key",                                       organization_ssh_keys::update),
    delete("/api/v2/ssh-keys/:ssh_key",                                       organization_ssh_keys::delete),
    // Organizations
    get   ("/api/v2/organizations",                                           organizations::index, &["q", "q[name]", "q[email]"]),
    post  ("/api/v2/organizations",                                           organizations::create),
    get   ("/api/v2/organizations/:organization",                             organizations::show, &["include=default-project,entitlement-set"]),
    patch ("/api/v2/organizations/:organization",                             organizations::update),
    delete("/api/v2/organizations/:organization",                             organizations::delete),
    get   ("/api/v2/organizations/:organization/entitlement-set",             entitlement_sets::show_of_organization, &[]),
    get   ("/api/v2/entitlement-sets/:entitlement_set",                       entitlement_sets::show, &[]),
    get   ("/api/v2/organizations/:organization/subscription",                subscriptions::show, &[]),
    // What there is none of
    get   ("/api/v2/organizations/:organization/policies",                    empty_lists::of_organization, &["search[name]", "filter[kind]"]),
    get   ("/api/v2/organizations/:organization/policy-sets",                 empty_lists::of_organization, &["search[name]", "filter[kind]"]),
    get   ("/api/v2/organizations/:organization/stacks",                      empty_lists::of_organization, &["search[name]", "filter[project][id]"]),
    get   ("/api/v2/organizations/:organization/tasks",                       empty_lists::of_organization, &[]),
    get   ("/api/v2/organizations/:organization/varsets",                     empty_lists::of_organization, &["q"]),
    get   ("/api/registry/private/v2/gpg-keys",                               empty_lists::of_site, &["filter[namespace]"]),
    // For who runs the installation
    get   ("/api/v2/admin/feature-sets",                                      feature_sets::index, &["q"]),
    post  ("/api/v2/admin/organizations/:organization/subscription",          subscriptions::update),
    // Memberships of organizations
    get   ("/api/v2/organizations/:organization/organization-memberships",    organization_memberships::index, &["include=user,teams", "filter[status]", "filter[email]", "q"]),
    post  ("/api/v2/organizations/:organization/organization-memberships",    organization_memberships::create),
    get   ("/api/v2/organization-memberships/:membership",                    organization_memberships::show, &["include=user,teams"]),
    delete("/api/v2/organization-memberships/:membership",                    organization_memberships::delete),
    // Teams
    get   ("/api/v2/organizations/:organization/teams",                       teams::index, &["include=users,organization-memberships", "filter[names]", "q"]),
    post  ("/api/v2/organizations/:organization/teams",                       teams::create),
    get   ("/api/v2/teams/:team",                                             teams::show, &["include=users,organization-memberships"]),
    patch ("/api/v2/teams/:team",                                             teams::update),
    delete("/api/v2/teams/:team",                                             teams::delete),
    post  ("/api/v2/teams/:team/relationships/users",                         team_members::add_users),
    delete("/api/v2/teams/:team/relationships/users",                         team_members::remove_users),
    post  ("/api/v2/teams/:team/relationships/organization-memberships",      team_members::add_memberships),
    delete("/api/v2/teams/:team/relationships/organization-memberships",      team_members::remove_memberships),
    // API tokens
    get   ("/api/v2/organizations/:organization/authentication-token",        organization_tokens::show, &[]),
    post  ("/api/v2/organizations/:organization/authentication-token",        organization_tokens::create),
    delete("/api/v2/organizations/:organization/authentication-token",        organization_tokens::delete),
    get   ("/api/v2/organizations/:organization/team-tokens",                 team_tokens::index, &["q", "sort=team-name,-team-name,created-by,-created-by,expired-at,-expired-at,last-used-at,-last-used-at"]),
    get   ("/api/v2/teams/:team/authentication-token",                        team_tokens::show, &[]),
    post  ("/api/v2/teams/:team/authentication-token",                        team_tokens::create),
    delete("/api/v2/teams/:team/authentication-token",                        team_tokens::delete),
    post  ("/api/v2/teams/:team/authentication-tokens",                       team_tokens::create_described),
    get   ("/api/v2/users/:user/authentication-tokens",                       authentication_tokens::index, &[]),
    post  ("/api/v2/users/:user/authentication-tokens",                       authentication_tokens::create),
    get   ("/api/v2/authentication-tokens/:token",                            authentication_tokens::show, &[]),
    delete("/api/v2/authentication-tokens/:token",                            authentication_tokens::delete),
    // What happened
    get   ("/api/v2/organization/audit-trail",                                audit_trail::index, &[]),
    // Who is calling, and whom
    get   ("/api/v2/account/details",                                         account::show, &[]),
    get   ("/api/v2/users/:user",                                             users::show, &[]),
    get   ("/api/v2/ping",                                                    ping::show, &[]),
    get   ("/api/v1/ping",                                                    ping::pong, &[]),
    get   ("/.well-known/terraform.json",                                     discovery::show, &[]),
    get   ("/_health_check",                                                  health::show, &[]),
    get   ("/openapi.json",                                                   openapi::show, &[]),
];

/// What the routes are called in records.
pub fn patterns() -> impl Iterator<Item = &'static str> {
    ROUTES.iter().map(|route| route.pattern)
}

/// The application as what the workers run.
pub struct Routes(pub Arc<App>);

impl Service for Routes {
    fn handle(&self, mut request: Request, slot: &WorkerSlot<'_>) -> Reply {
        let reply = match router::find(ROUTES, &mut request) {
            Found::Handler(Route { handler: endpoint, pattern, .. }) => {
                let cx = Cx::new(&self.0, endpoint.query, pattern, &request, slot);
                let reply = answer(endpoint.handler, &cx, &request).unwrap_or_else(|e| refuse(&request, &e));
                Reply { route: Some(pattern), memory: cx.memory.hold(), ..reply }
            }
            Found::OtherMethods(allowed) => api::method_not_allowed(&allowed),
            Found::Nothing => api::error(&Error::not_found()),
        };
        guarded(reply)
    }

    fn malformed(&self) -> Reply {
        guarded(api::error(&Error::bad_request("The request target is not percent-encoded UTF-8.")))
    }

    fn failed(&self) -> Reply {
        guarded(api::error(&Error::internal("a handler panicked")))
    }
}

/// What was sealed just before a key rotation and came to be written just after it was not written: the second time it is
/// sealed under the new key.
fn answer(handler: Handler, cx: &Cx, request: &Request) -> Result<Reply> {
    match handler(cx, request) {
        Err(e) if e.kind == Kind::KeyRetired => handler(cx, request),
        other => other,
    }
}

/// The one place where a failed request is logged, and only if the failure is ours.
fn refuse(request: &Request, error: &Error) -> Reply {
    if matches!(error.kind, Kind::Internal | Kind::StorageFull | Kind::Unavailable | Kind::KeyRetired) {
        // Paths hold names and ids, never secrets; queries and bodies might.
        let path = request.path.join("/");
        let (id, method) = (request.id(), request.method.name());
        log::error!("{id} {method} /{}: {}", path.escape_debug(), error.told_to_operators());
    }
    api::error(error)
}

/// What every answer says: it is nobody else's to keep, and is what its media type says.
fn guarded(reply: Reply) -> Reply {
    reply.with_header("Cache-Control", "no-store").with_header("X-Content-Type-Options", "nosniff")
}

#[cfg(test)]
mod tests;

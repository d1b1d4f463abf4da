//! The table of contents: every method and path, and what answers it.

mod pages;
mod service;

use crate::api;
use crate::api::accounts::{account, authentication_tokens, users};
use crate::api::jsonapi::crud;
use crate::api::oauth::{
    clients as oauth_clients, github_app_installations, repositories, tokens as oauth_tokens, vcs, vcs_events,
};
use crate::api::organizations::{
    empty_lists, entitlement_sets, feature_sets, subscriptions, tokens as organization_tokens,
};
use crate::api::projects::tag_bindings as project_tag_bindings;
use crate::api::published::{no_code_modules, policy_sets, registry_modules, stacks};
use crate::api::runs::{notification_configurations, run_tasks, run_triggers, workspace_tasks};
use crate::api::service::{discovery, health, openapi, ping};
use crate::api::teams::{
    access as team_access, members as team_members, memberships as organization_memberships, tokens as team_tokens,
};
use crate::api::variables::{self, sets as varsets};
use crate::api::workspaces::{projects as project_workspaces, tags};
use crate::api::{audit_trail, organizations, projects, teams, workspaces};
use crate::app::Cx;
use crate::app::credential::Identity;
use crate::app::endpoint::{Endpoint, Handler};
use crate::domain::error::Error;
use crate::domain::organizations::agent_pool::AgentPool;
use crate::domain::organizations::agent_token::AgentToken;
use crate::domain::organizations::ssh_key::SshKey;
use crate::domain::published::no_code_module::NoCodeModule;
use crate::domain::published::policy_set::PolicySet;
use crate::domain::published::registry_module::RegistryModule;
use crate::domain::published::stack::Stack;
use crate::domain::runs::notification_configuration::NotificationConfiguration;
use crate::domain::runs::run_task::{RunTask, WorkspaceTask};
use crate::domain::runs::run_trigger::RunTrigger;
use crate::domain::variables::variable::Variable;
use crate::domain::variables::variable_set::VariableSet;
use crate::http::query::Known;
use crate::http::request::Method;
use crate::http::router::Route;
use pages::PAGES;
pub use service::{Routes, at_once};

/// What an endpoint of the API reads of a request's head.
const API_HEADERS: &[&str] = &["Accept", "Authorization", "Content-Type"];
const API_BODY_BYTES: usize = 1024 * 1024;

const fn route(method: Method, pattern: &'static str, handler: Handler, query: Known) -> Route<Endpoint> {
    let (headers, body_bytes, identity) = (API_HEADERS, API_BODY_BYTES, Identity::Token);
    let refuse = |_: &Cx, error: &Error| api::error(error);
    Route { method, pattern, handler: Endpoint { handler, query, headers, body_bytes, identity, refuse } }
}

const fn get(pattern: &'static str, handler: Handler, query: Known) -> Route<Endpoint> {
    route(Method::Get, pattern, handler, query)
}

const fn post(pattern: &'static str, handler: Handler) -> Route<Endpoint> {
    route(Method::Post, pattern, handler, &[])
}

const fn put(pattern: &'static str, handler: Handler) -> Route<Endpoint> {
    route(Method::Put, pattern, handler, &[])
}

const fn patch(pattern: &'static str, handler: Handler) -> Route<Endpoint> {
    route(Method::Patch, pattern, handler, &[])
}

/// A change whose answer has what the request asks to include.
const fn patch_including(pattern: &'static str, handler: Handler, query: Known) -> Route<Endpoint> {
    route(Method::Patch, pattern, handler, query)
}

/// As [`patch_including`], where clients write POST.
const fn post_including(pattern: &'static str, handler: Handler, query: Known) -> Route<Endpoint> {
    route(Method::Post, pattern, handler, query)
}

const fn delete(pattern: &'static str, handler: Handler) -> Route<Endpoint> {
    route(Method::Delete, pattern, handler, &[])
}

#[rustfmt::skip]
const ROUTES: &[Route<Endpoint>] = &[
    // OAuth clients
    get   ("/api/v2/organizations/:organization/oauth-clients", oauth_clients::index, oauth_clients::KNOWN),
    post  ("/api/v2/organizations/:organization/oauth-clients",               oauth_clients::create),
    delete("/api/v2/organizations/:organization/oauth-clients/:oauth_client", oauth_clients::delete),
    get   ("/api/v2/oauth-clients/:oauth_client", oauth_clients::show, &["include=oauth_tokens,projects"]),
    patch ("/api/v2/oauth-clients/:oauth_client",                             oauth_clients::update),
    delete("/api/v2/oauth-clients/:oauth_client",                             oauth_clients::delete),
    post  ("/api/v2/oauth-clients",                                           oauth_clients::create),
    post  ("/api/v2/oauth-clients/:oauth_client/relationships/projects",      oauth_clients::projects::attach),
    delete("/api/v2/oauth-clients/:oauth_client/relationships/projects",      oauth_clients::projects::detach),
    get   ("/api/v2/oauth-clients/:oauth_client/workspaces", workspaces::oauth_clients::index, &[workspaces::INCLUDE]),
    // OAuth tokens
    get   ("/api/v2/organizations/:organization/oauth-tokens", oauth_tokens::of_organization, &["filter[provider]"]),
    get   ("/api/v2/oauth-clients/:oauth_client/oauth-tokens",                oauth_tokens::index, &[]),
    get   ("/api/v2/oauth-tokens/:oauth_token",                               oauth_tokens::show, &[]),
    patch ("/api/v2/oauth-tokens/:oauth_token",                               oauth_tokens::update),
    delete("/api/v2/oauth-tokens/:oauth_token",                               oauth_tokens::delete),
    // What VCS providers answer
    get   ("/api/v2/oauth-tokens/:oauth_token/authorized-repos",              repositories::authorized, &[]),
    get   ("/api/v2/oauth-tokens/:oauth_token/vcs-organizations",             repositories::organizations, &[]),
    get   ("/api/v2/organizations/:organization/vcs/repo",                    vcs::repository, &[]),
    get   ("/api/v2/organizations/:organization/vcs/tree",                    vcs::tree, &[]),
    get   ("/api/v2/organizations/:organization/vcs-events",                  vcs_events::index, vcs_events::KNOWN),
    // GitHub App installations
    get   ("/api/v2/github-app/installations", github_app_installations::of_caller, github_app_installations::FILTERS),
    get   ("/api/v2/github-app-installations", github_app_installations::of_caller, github_app_installations::FILTERS),
    get   ("/api/v2/organizations/:organization/github-app-installations",    github_app_installations::of_organization,
                                                                              github_app_installations::FILTERS),
    get   ("/api/v2/github-app/installation/:github_app_installation",        github_app_installations::show, &[]),
    // Workspaces and their tags
    get   ("/api/v2/organizations/:organization/workspaces", workspaces::list::index, workspaces::list::KNOWN),
    post  ("/api/v2/organizations/:organization/workspaces",                         workspaces::create),
    get   ("/api/v2/organizations/:organization/workspaces/:workspace_name", workspaces::show, &[workspaces::INCLUDE]),
    patch ("/api/v2/organizations/:organization/workspaces/:workspace_name",         workspaces::update),
    delete("/api/v2/organizations/:organization/workspaces/:workspace_name",         workspaces::delete),
    post  ("/api/v2/organizations/:organization/workspaces/:workspace_name/actions/safe-delete",
           workspaces::actions::safe_delete),
    get   ("/api/v2/workspaces/:workspace", workspaces::show, &[workspaces::INCLUDE]),
    patch ("/api/v2/workspaces/:workspace",                                          workspaces::update),
    delete("/api/v2/workspaces/:workspace",                                          workspaces::delete),
    post  ("/api/v2/workspaces/:workspace/actions/safe-delete",                      workspaces::actions::safe_delete),
    post  ("/api/v2/workspaces/:workspace/actions/lock",                             workspaces::actions::lock),
    post  ("/api/v2/workspaces/:workspace/actions/unlock",                           workspaces::actions::unlock),
    post  ("/api/v2/workspaces/:workspace/actions/force-unlock",                     workspaces::actions::force_unlock),
    patch ("/api/v2/workspaces/:workspace/relationships/ssh-key", workspaces::relationships::set_ssh_key),
    get   ("/api/v2/workspaces/:workspace/relationships/remote-state-consumers",
           workspaces::relationships::remote_state_consumers, &[workspaces::INCLUDE]),
    post  ("/api/v2/workspaces/:workspace/relationships/remote-state-consumers",
           workspaces::relationships::add_remote_state_consumers),
    patch ("/api/v2/workspaces/:workspace/relationships/remote-state-consumers",
           workspaces::relationships::set_remote_state_consumers),
    delete("/api/v2/workspaces/:workspace/relationships/remote-state-consumers",
           workspaces::relationships::remove_remote_state_consumers),
    get   ("/api/v2/workspaces/:workspace/relationships/tags", workspaces::relationships::tags, &[]),
    post  ("/api/v2/workspaces/:workspace/relationships/tags", workspaces::relationships::add_tags),
    delete("/api/v2/workspaces/:workspace/relationships/tags", workspaces::relationships::remove_tags),
    get   ("/api/v2/workspaces/:workspace/tag-bindings", workspaces::tag_bindings::index, &[]),
    patch ("/api/v2/workspaces/:workspace/tag-bindings",                             workspaces::tag_bindings::add),
    get   ("/api/v2/workspaces/:workspace/relationships/tag-bindings",
           workspaces::tag_bindings::index, &[]),
    post  ("/api/v2/workspaces/:workspace/relationships/tag-bindings",
           workspaces::tag_bindings::add_quietly),
    patch ("/api/v2/workspaces/:workspace/relationships/tag-bindings",               workspaces::tag_bindings::replace),
    get   ("/api/v2/workspaces/:workspace/effective-tag-bindings",
           workspaces::tag_bindings::effective, &[]),
    get   ("/api/v2/organizations/:organization/tags",
           tags::index, &["q", "filter[exclude][taggable][id]"]),
    delete("/api/v2/organizations/:organization/tags",                               tags::delete),
    post  ("/api/v2/tags/:tag/relationships/workspaces",                             tags::add_workspaces),
    // Projects
    get   ("/api/v2/organizations/:organization/projects",                    projects::index,
           &["include=effective_tag_bindings", "filter[names]", "filter[tagged]*", "filter[permissions][create-workspace]",
             "filter[permissions][update]", "q", "sort=name,-name"]),
    post  ("/api/v2/organizations/:organization/projects",                    projects::create),
    get   ("/api/v2/projects/:project",                                       projects::show, &["include=effective_tag_bindings"]),
    patch ("/api/v2/projects/:project",                                       projects::update),
    delete("/api/v2/projects/:project",                                       projects::delete),
    get   ("/api/v2/projects/:project/tag-bindings",                          project_tag_bindings::index, &[]),
    patch ("/api/v2/projects/:project/tag-bindings",                          project_tag_bindings::add),
    get   ("/api/v2/projects/:project/relationships/tag-bindings",            project_tag_bindings::index, &[]),
    post  ("/api/v2/projects/:project/relationships/tag-bindings",            project_tag_bindings::add_quietly),
    patch ("/api/v2/projects/:project/relationships/tag-bindings",            project_tag_bindings::replace),
    get   ("/api/v2/projects/:project/effective-tag-bindings",                project_tag_bindings::effective, &[]),
    post  ("/api/v2/projects/:project/relationships/workspaces",              project_workspaces::add),
    // Agent pools
    get   ("/api/v2/organizations/:organization/agent-pools",                 crud::index::<AgentPool>,
           &["include=workspaces,hyok-configurations", "filter[allowed_workspaces][name]", "filter[allowed_projects][name]", "q",
             "sort=created-at,-created-at,name,-name"]),
    post  ("/api/v2/organizations/:organization/agent-pools",                 crud::create::<AgentPool>),
    get   ("/api/v2/agent-pools/:agent_pool",                                 crud::show::<AgentPool>,
           &["include=workspaces,hyok-configurations"]),
    patch ("/api/v2/agent-pools/:agent_pool",                                 crud::update::<AgentPool>),
    delete("/api/v2/agent-pools/:agent_pool",                                 crud::delete::<AgentPool>),
    get   ("/api/v2/agent-pools/:agent_pool/agents",                          empty_lists::of_agent_pool,
           &["filter[last-ping-since]", "filter[status]", "sort=created-at,-created-at"]),
    get   ("/api/v2/agent-pools/:agent_pool/authentication-tokens",           crud::index::<AgentToken>,
           &["sort=created-at,-created-at"]),
    post  ("/api/v2/agent-pools/:agent_pool/authentication-tokens",           crud::create::<AgentToken>),
    // SSH keys of organizations
    get   ("/api/v2/organizations/:organization/ssh-keys",                    crud::index::<SshKey>, &[]),
    post  ("/api/v2/organizations/:organization/ssh-keys",                    crud::create::<SshKey>),
    get   ("/api/v2/ssh-keys/:ssh_key",                                       crud::show::<SshKey>, &[]),
    patch ("/api/v2/ssh-keys/:ssh_key",                                       crud::update::<SshKey>),
    delete("/api/v2/ssh-keys/:ssh_key",                                       crud::delete::<SshKey>),
    // Variables and variable sets
    get   ("/api/v2/workspaces/:workspace/vars",                              crud::index::<Variable>, &[]),
    post  ("/api/v2/workspaces/:workspace/vars",                              crud::create::<Variable>),
    get   ("/api/v2/workspaces/:workspace/vars/:variable",                    crud::show::<Variable>, &[]),
    patch ("/api/v2/workspaces/:workspace/vars/:variable",                    crud::update::<Variable>),
    delete("/api/v2/workspaces/:workspace/vars/:variable",                    crud::delete::<Variable>),
    patch ("/api/v2/workspaces/:workspace/relationships/vars",                variables::several::update),
    get   ("/api/v2/workspaces/:workspace/all-vars",                          variables::in_force, &[]),
    get   ("/api/v2/vars",                                                    crud::index::<Variable>,
           &[variables::flat::ORGANIZATION, variables::flat::WORKSPACE]),
    post  ("/api/v2/vars",                                                    variables::flat::create),
    get   ("/api/v2/vars/:variable",                                          crud::show::<Variable>, &[]),
    patch ("/api/v2/vars/:variable",                                          crud::update::<Variable>),
    delete("/api/v2/vars/:variable",                                          crud::delete::<Variable>),
    get   ("/api/v2/organizations/:organization/varsets",                     crud::index::<VariableSet>,
           &[varsets::INCLUDE, "q", "filter[global]=true,false"]),
    post  ("/api/v2/organizations/:organization/varsets",                     varsets::create),
    get   ("/api/v2/varsets/:varset",                                         crud::show::<VariableSet>, &[varsets::INCLUDE]),
    patch_including("/api/v2/varsets/:varset", crud::update_including::<VariableSet>, &[varsets::INCLUDE]),
    post_including("/api/v2/varsets/:varset", crud::update_including::<VariableSet>, &[varsets::INCLUDE]),
    delete("/api/v2/varsets/:varset",                                         crud::delete::<VariableSet>),
    get   ("/api/v2/workspaces/:workspace/varsets",                           varsets::of_workspace, &[varsets::INCLUDE, "q"]),
    get   ("/api/v2/workspaces/:workspace/applicable-varsets",                varsets::applicable, &[varsets::INCLUDE, "q"]),
    get   ("/api/v2/projects/:project/varsets",                               varsets::of_project, &[varsets::INCLUDE, "q"]),
    get   ("/api/v2/varsets/:varset/relationships/vars",                      crud::index::<Variable>, &[]),
    post  ("/api/v2/varsets/:varset/relationships/vars",                      crud::create::<Variable>),
    get   ("/api/v2/varsets/:varset/relationships/vars/:variable",            crud::show::<Variable>, &[]),
    patch ("/api/v2/varsets/:varset/relationships/vars/:variable",            crud::update::<Variable>),
    delete("/api/v2/varsets/:varset/relationships/vars/:variable",            crud::delete::<Variable>),
    get   ("/api/v2/workspaces/:workspace/varsets/:varset/relationships/vars", crud::index::<Variable>, &[]),
    get   ("/api/v2/workspaces/:workspace/varsets/:varset/relationships/vars/:variable", crud::show::<Variable>, &[]),
    post  ("/api/v2/varsets/:varset/relationships/workspaces",                varsets::attach_workspaces),
    delete("/api/v2/varsets/:varset/relationships/workspaces",                varsets::detach_workspaces),
    post  ("/api/v2/varsets/:varset/relationships/projects",                  varsets::attach_projects),
    delete("/api/v2/varsets/:varset/relationships/projects",                  varsets::detach_projects),
    // Around runs, as records
    get   ("/api/v2/workspaces/:workspace/notification-configurations",       crud::index::<NotificationConfiguration>, &[]),
    post  ("/api/v2/workspaces/:workspace/notification-configurations",       crud::create::<NotificationConfiguration>),
    get   ("/api/v2/projects/:project/notification-configurations",           crud::index::<NotificationConfiguration>, &[]),
    post  ("/api/v2/projects/:project/notification-configurations",           crud::create::<NotificationConfiguration>),
    get   ("/api/v2/teams/:team/notification-configurations",                 crud::index::<NotificationConfiguration>, &[]),
    post  ("/api/v2/teams/:team/notification-configurations",                 crud::create::<NotificationConfiguration>),
    get   ("/api/v2/notification-configurations/:notification_configuration", crud::show::<NotificationConfiguration>, &[]),
    patch ("/api/v2/notification-configurations/:notification_configuration", crud::update::<NotificationConfiguration>),
    delete("/api/v2/notification-configurations/:notification_configuration", crud::delete::<NotificationConfiguration>),
    post  ("/api/v2/notification-configurations/:notification_configuration/actions/enable", notification_configurations::enable),
    post  ("/api/v2/notification-configurations/:notification_configuration/actions/verify", notification_configurations::verify),
    get   ("/api/v2/workspaces/:workspace/run-triggers",                      crud::index::<RunTrigger>,
           &[run_triggers::DIRECTION, run_triggers::INCLUDE]),
    post  ("/api/v2/workspaces/:workspace/run-triggers",                      crud::create::<RunTrigger>),
    get   ("/api/v2/run-triggers/:run_trigger",                               crud::show::<RunTrigger>, &[run_triggers::INCLUDE]),
    delete("/api/v2/run-triggers/:run_trigger",                               crud::delete::<RunTrigger>),
    get   ("/api/v2/organizations/:organization/tasks",                       crud::index::<RunTask>, &[run_tasks::INCLUDE]),
    post  ("/api/v2/organizations/:organization/tasks",                       crud::create::<RunTask>),
    get   ("/api/v2/tasks/:task",                                             crud::show::<RunTask>, &[run_tasks::INCLUDE]),
    patch ("/api/v2/tasks/:task",                                             crud::update::<RunTask>),
    delete("/api/v2/tasks/:task",                                             crud::delete::<RunTask>),
    get   ("/api/v2/tasks/:task/relationships/workspace-tasks",               workspace_tasks::of_task, &[]),
    get   ("/api/v2/workspaces/:workspace/tasks",                             crud::index::<WorkspaceTask>, &[]),
    post  ("/api/v2/workspaces/:workspace/tasks",                             crud::create::<WorkspaceTask>),
    get   ("/api/v2/workspaces/:workspace/tasks/:workspace_task",             crud::show::<WorkspaceTask>, &[]),
    patch ("/api/v2/workspaces/:workspace/tasks/:workspace_task",             crud::update::<WorkspaceTask>),
    delete("/api/v2/workspaces/:workspace/tasks/:workspace_task",             crud::delete::<WorkspaceTask>),
    // Published from repositories, as records
    get   ("/api/v2/organizations/:organization/policy-sets",                 crud::index::<PolicySet>, policy_sets::LISTED),
    post  ("/api/v2/organizations/:organization/policy-sets",                 crud::create::<PolicySet>),
    get   ("/api/v2/policy-sets/:policy_set",                                 crud::show::<PolicySet>, &[policy_sets::INCLUDE]),
    patch ("/api/v2/policy-sets/:policy_set",                                 crud::update::<PolicySet>),
    delete("/api/v2/policy-sets/:policy_set",                                 crud::delete::<PolicySet>),
    get   ("/api/v2/policy-sets/:policy_set/parameters",                      crud::index::<Variable>, &[]),
    post  ("/api/v2/policy-sets/:policy_set/parameters",                      crud::create::<Variable>),
    get   ("/api/v2/policy-sets/:policy_set/parameters/:parameter",           crud::show::<Variable>, &[]),
    patch ("/api/v2/policy-sets/:policy_set/parameters/:parameter",           crud::update::<Variable>),
    delete("/api/v2/policy-sets/:policy_set/parameters/:parameter",           crud::delete::<Variable>),
    post  ("/api/v2/policy-sets/:policy_set/relationships/workspaces",        policy_sets::attach_workspaces),
    delete("/api/v2/policy-sets/:policy_set/relationships/workspaces",        policy_sets::detach_workspaces),
    post  ("/api/v2/policy-sets/:policy_set/relationships/projects",          policy_sets::attach_projects),
    delete("/api/v2/policy-sets/:policy_set/relationships/projects",          policy_sets::detach_projects),
    post  ("/api/v2/policy-sets/:policy_set/relationships/workspace-exclusions", policy_sets::exclude_workspaces),
    delete("/api/v2/policy-sets/:policy_set/relationships/workspace-exclusions", policy_sets::include_workspaces),
    post  ("/api/v2/policy-sets/:policy_set/relationships/project-exclusions", policy_sets::exclude_projects),
    delete("/api/v2/policy-sets/:policy_set/relationships/project-exclusions", policy_sets::include_projects),
    get   ("/api/v2/organizations/:organization/stacks",                      stacks::index, stacks::LISTED),
    post  ("/api/v2/stacks",                                                  stacks::create),
    get   ("/api/v2/stacks/:stack",                                           crud::show::<Stack>, &[stacks::INCLUDE]),
    patch ("/api/v2/stacks/:stack",                                           crud::update::<Stack>),
    delete("/api/v2/stacks/:stack",                                           crud::delete::<Stack>),
    get   ("/api/v2/organizations/:organization/registry-modules", crud::index::<RegistryModule>, registry_modules::LISTED),
    post  ("/api/v2/organizations/:organization/registry-modules", crud::create::<RegistryModule>),
    post  ("/api/v2/organizations/:organization/registry-modules/vcs", crud::create::<RegistryModule>),
    post  ("/api/v2/registry-modules", registry_modules::create_from_repository),
    get   ("/api/v2/registry-modules/:registry_module", crud::show::<RegistryModule>, &[registry_modules::INCLUDE]),
    get   ("/api/v2/organizations/:organization/registry-modules/:registry_name/:namespace/:module_name/:module_provider",
           crud::show::<RegistryModule>, &[registry_modules::INCLUDE]),
    patch ("/api/v2/organizations/:organization/registry-modules/:registry_name/:namespace/:module_name/:module_provider",
           crud::update::<RegistryModule>),
    delete("/api/v2/organizations/:organization/registry-modules/:registry_name/:namespace/:module_name/:module_provider",
           crud::delete::<RegistryModule>),
    delete("/api/v2/organizations/:organization/registry-modules/:registry_name/:namespace/:module_name", registry_modules::delete_all),
    delete("/api/v2/organizations/:organization/registry-modules/:registry_name/:namespace/:module_name/:module_provider/:module_version",
           registry_modules::delete_version),
    get   ("/api/v2/organizations/:organization/registry-modules/:registry_name/:namespace/:module_name/:module_provider/version",
           registry_modules::show_version, &[]),
    post  ("/api/v2/organizations/:organization/registry-modules/:registry_name/:namespace/:module_name/:module_provider/versions",
           registry_modules::create_version),
    // As older clients ask for the same
    post  ("/api/v2/registry-modules/actions/delete/:organization/:module_name", registry_modules::delete_all),
    post  ("/api/v2/registry-modules/actions/delete/:organization/:module_name/:module_provider", crud::delete::<RegistryModule>),
    post  ("/api/v2/registry-modules/actions/delete/:organization/:module_name/:module_provider/:module_version",
           registry_modules::delete_version),
    post  ("/api/v2/registry-modules/:organization/:module_name/:module_provider/versions",
           registry_modules::create_version),
    get   ("/api/v2/organizations/:organization/no-code-modules",             crud::index::<NoCodeModule>, &[no_code_modules::INCLUDE]),
    post  ("/api/v2/organizations/:organization/no-code-modules",             crud::create::<NoCodeModule>),
    get   ("/api/v2/no-code-modules/:no_code_module",                         crud::show::<NoCodeModule>, &[no_code_modules::INCLUDE]),
    patch ("/api/v2/no-code-modules/:no_code_module",                         crud::update::<NoCodeModule>),
    delete("/api/v2/no-code-modules/:no_code_module",                         crud::delete::<NoCodeModule>),
    // Organizations
    get   ("/api/v2/organizations",                                           organizations::index, &["include=subscription", "q", "q[name]", "q[email]"]),
    post  ("/api/v2/organizations",                                           organizations::create),
    get   ("/api/v2/organizations/:organization",                             organizations::show,
           &["include=default-project,entitlement-set,subscription"]),
    put   ("/api/v2/organizations/:organization",                             organizations::update),
    patch ("/api/v2/organizations/:organization",                             organizations::update),
    delete("/api/v2/organizations/:organization",                             organizations::delete),
    get   ("/api/v2/organizations/:organization/entitlement-set",             entitlement_sets::show_of_organization, &[]),
    get   ("/api/v2/entitlement-sets/:entitlement_set",                       entitlement_sets::show, &[]),
    get   ("/api/v2/organizations/:organization/subscription",                subscriptions::show, &[]),
    // What there is none of
    get   ("/api/v2/organizations/:organization/policies",                    empty_lists::of_organization,
           &["search[name]", "filter[kind]", "include=policy_sets,current_version", "sort=name,-name,updated-at,-updated-at"]),
    get   ("/api/registry/private/v2/gpg-keys",                               empty_lists::of_site, &["filter[namespace]"]),
    // For who runs the installation
    get   ("/api/v2/admin/feature-sets",                                      feature_sets::index, &["q"]),
    post  ("/api/v2/admin/organizations/:organization/subscription",          subscriptions::update),
    // Memberships of organizations
    get   ("/api/v2/organizations/:organization/organization-memberships",    organization_memberships::index,
           &["include=user,teams,scim-identity", "filter[status]", "filter[email]", "q"]),
    post  ("/api/v2/organizations/:organization/organization-memberships",    organization_memberships::create),
    get   ("/api/v2/organization-memberships",                                organization_memberships::of_caller,
           &["include=user,teams,organization"]),
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
    get   ("/api/v2/teams/:team/relationships/organization-memberships",      team_members::memberships,
           &["filter[status]", "filter[is_service_account]", "sort=status,-status"]),
    post  ("/api/v2/teams/:team/relationships/organization-memberships",      team_members::add_memberships),
    delete("/api/v2/teams/:team/relationships/organization-memberships",      team_members::remove_memberships),
    // Team access to workspaces and projects
    get   ("/api/v2/team-workspaces",                                         team_access::of_workspace, team_access::OF_WORKSPACES),
    post  ("/api/v2/team-workspaces",                                         team_access::create_to_workspace),
    get   ("/api/v2/team-workspaces/:team_workspace",                         team_access::show, &[]),
    patch ("/api/v2/team-workspaces/:team_workspace",                         team_access::update),
    delete("/api/v2/team-workspaces/:team_workspace",                         team_access::delete),
    get   ("/api/v2/team-projects",                                           team_access::of_project, team_access::OF_PROJECTS),
    post  ("/api/v2/team-projects",                                           team_access::create_to_project),
    get   ("/api/v2/team-projects/:team_project",                             team_access::show, &[]),
    patch ("/api/v2/team-projects/:team_project",                             team_access::update),
    delete("/api/v2/team-projects/:team_project",                             team_access::delete),
    // API tokens
    get   ("/api/v2/organizations/:organization/authentication-token",        organization_tokens::show, &[]),
    post  ("/api/v2/organizations/:organization/authentication-token",        organization_tokens::create),
    delete("/api/v2/organizations/:organization/authentication-token",        organization_tokens::delete),
    get   ("/api/v2/organizations/:organization/team-tokens",                 team_tokens::index, &["q", "filter[expiry_status]", "sort=team-name,-team-name,created-by,-created-by,expired-at,-expired-at,last-used-at,-last-used-at"]),
    delete("/api/v2/organizations/:organization/team-tokens",                 team_tokens::delete_all),
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
    // The caller, and the server
    get   ("/api/v2/account/details",                                         account::show, &[]),
    get   ("/api/v2/users/:user",                                             users::show, &[]),
    get   ("/api/v2/ping",                                                    ping::show, &[]),
    get   ("/api/v1/ping",                                                    ping::pong, &[]),
    get   ("/.well-known/terraform.json",                                     discovery::show, &[]),
    get   ("/_health_check",                                                  health::show, &[]),
    get   ("/openapi.json",                                                   openapi::show, &[]),
];

fn all() -> impl Iterator<Item = &'static Route<Endpoint>> {
    ROUTES.iter().chain(PAGES)
}

/// The patterns of all routes, for metrics.
pub fn patterns() -> impl Iterator<Item = &'static str> {
    all().map(|route| route.pattern)
}

/// The request headers that some route reads: the gate passes on these and no others.
pub fn headers() -> Vec<&'static str> {
    let mut headers: Vec<&str> = all().flat_map(|route| route.handler.headers).copied().collect();
    headers.sort_unstable();
    headers.dedup();
    headers
}

//! Who gets what from each route: the whole table, and a walk over it.

use regex_lite::Regex;

use super::sample_requests::Route;
use crate::harness::{Caller, Permission, Server, WITHOUT_PROVIDERS, Watched};

/// The statuses for
/// - `owner`: a member of the owners team; `owners`: that team's own token,
/// - `organization`: the organization's own token,
/// - `vcs`: a member whose team has manage-vcs-settings, `work`: one whose team has manage-workspaces and
///   manage-projects,
/// - `admin` and `reads`: members whose teams have access to the project, at the levels admin and read; `member`: one whose
///   team has nothing,
/// - `outsider`: everybody else with a valid token.
///
/// No provider is asked here: those who may have one asked get 422.
///
/// Without a valid token everything is 401, but for what is marked `open`.
const MATRIX: &str = "
                                                                                          owner owners organization vcs work admin reads member outsider
GET    /api/v2/organizations/:organization/oauth-clients                                  200   200    200          200 200  200   404   404    404
POST   /api/v2/organizations/:organization/oauth-clients                                  201   201    201          201 404  404   404   404    404
DELETE /api/v2/organizations/:organization/oauth-clients/:oauth_client                    204   204    204          204 404  404   404   404    404
GET    /api/v2/oauth-clients/:oauth_client                                                200   200    200          200 200  200   404   404    404
DELETE /api/v2/oauth-clients/:oauth_client                                                204   204    204          204 404  404   404   404    404
PATCH  /api/v2/oauth-clients/:oauth_client                                                200   200    200          200 404  404   404   404    404
POST   /api/v2/oauth-clients                                                              201   201    201          201 404  404   404   404    404
POST   /api/v2/oauth-clients/:oauth_client/relationships/projects                         204   204    204          204 404  404   404   404    404
DELETE /api/v2/oauth-clients/:oauth_client/relationships/projects                         204   204    204          204 404  404   404   404    404
GET    /api/v2/organizations/:organization/oauth-tokens                                   200   200    200          200 200  200   404   404    404
PATCH  /api/v2/oauth-tokens/:oauth_token                                                  200   200    200          200 404  404   404   404    404
DELETE /api/v2/oauth-tokens/:oauth_token                                                  204   204    204          204 404  404   404   404    404
GET    /api/v2/oauth-clients/:oauth_client/workspaces                                     200   200    200          200 200  200   404   404    404
GET    /api/v2/oauth-clients/:oauth_client/oauth-tokens                                   200   200    200          200 200  200   404   404    404
GET    /api/v2/oauth-tokens/:oauth_token                                                  200   200    200          200 200  200   404   404    404
GET    /api/v2/github-app/installations                                                   200   200    200          200 200  200   200   200    200
GET    /api/v2/github-app-installations                                                   200   200    200          200 200  200   200   200    200
GET    /api/v2/organizations/:organization/github-app-installations                       200   200    200          200 200  200   404   404    404
GET    /api/v2/github-app/installation/:github_app_installation                           200   200    200          200 200  200   404   404    404
GET    /api/v2/organizations/:organization/workspaces                                     200   200    200          200 200  200   200   200    404
POST   /api/v2/organizations/:organization/workspaces                                     201   201    201          404 201  201   404   404    404
GET    /api/v2/organizations/:organization/workspaces/:workspace_name                     200   200    200          404 200  200   200   404    404
PATCH  /api/v2/organizations/:organization/workspaces/:workspace_name                     200   200    200          404 200  200   404   404    404
DELETE /api/v2/organizations/:organization/workspaces/:workspace_name                     204   204    204          404 403  403   404   404    404
POST   /api/v2/organizations/:organization/workspaces/:workspace_name/actions/safe-delete 204   204    204          404 204  204   404   404    404
GET    /api/v2/workspaces/:workspace                                                      200   200    200          404 200  200   200   404    404
PATCH  /api/v2/workspaces/:workspace                                                      200   200    200          404 200  200   404   404    404
DELETE /api/v2/workspaces/:workspace                                                      204   204    204          404 403  403   404   404    404
POST   /api/v2/workspaces/:workspace/actions/safe-delete                                  204   204    204          404 204  204   404   404    404
POST   /api/v2/workspaces/:workspace/actions/lock                                         200   200    200          404 200  200   404   404    404
POST   /api/v2/workspaces/:workspace/actions/unlock                                       409   409    409          404 409  409   404   404    404
POST   /api/v2/workspaces/:workspace/actions/force-unlock                                 409   409    409          404 409  409   404   404    404
PATCH  /api/v2/workspaces/:workspace/relationships/ssh-key                                200   200    200          404 200  200   404   404    404
GET    /api/v2/workspaces/:workspace/relationships/remote-state-consumers                 200   200    200          404 200  200   200   404    404
POST   /api/v2/workspaces/:workspace/relationships/remote-state-consumers                 204   204    204          404 204  204   404   404    404
PATCH  /api/v2/workspaces/:workspace/relationships/remote-state-consumers                 204   204    204          404 204  204   404   404    404
DELETE /api/v2/workspaces/:workspace/relationships/remote-state-consumers                 204   204    204          404 204  204   404   404    404
GET    /api/v2/workspaces/:workspace/relationships/tags                                   200   200    200          404 200  200   200   404    404
POST   /api/v2/workspaces/:workspace/relationships/tags                                   204   204    204          404 204  204   404   404    404
DELETE /api/v2/workspaces/:workspace/relationships/tags                                   204   204    204          404 204  204   404   404    404
GET    /api/v2/workspaces/:workspace/tag-bindings                                         200   200    200          404 200  200   200   404    404
PATCH  /api/v2/workspaces/:workspace/tag-bindings                                         200   200    200          404 200  200   404   404    404
GET    /api/v2/workspaces/:workspace/relationships/tag-bindings                           200   200    200          404 200  200   200   404    404
POST   /api/v2/workspaces/:workspace/relationships/tag-bindings                           204   204    204          404 204  204   404   404    404
PATCH  /api/v2/workspaces/:workspace/relationships/tag-bindings                           204   204    204          404 204  204   404   404    404
GET    /api/v2/workspaces/:workspace/effective-tag-bindings                               200   200    200          404 200  200   200   404    404
GET    /api/v2/organizations/:organization/tags                                           200   200    200          200 200  200   200   200    404
DELETE /api/v2/organizations/:organization/tags                                           204   204    204          404 204  404   404   404    404
POST   /api/v2/tags/:tag/relationships/workspaces                                         204   204    204          404 204  404   404   404    404
GET    /api/v2/organizations/:organization/projects                                       200   200    200          200 200  200   200   200    404
POST   /api/v2/organizations/:organization/projects                                       201   201    201          404 201  404   404   404    404
GET    /api/v2/projects/:project                                                          200   200    200          404 200  200   200   404    404
PATCH  /api/v2/projects/:project                                                          200   200    200          404 200  200   404   404    404
DELETE /api/v2/projects/:project                                                          204   204    204          404 204  204   404   404    404
GET    /api/v2/projects/:project/tag-bindings                                             200   200    200          404 200  200   200   404    404
PATCH  /api/v2/projects/:project/tag-bindings                                             200   200    200          404 200  200   404   404    404
GET    /api/v2/projects/:project/relationships/tag-bindings                               200   200    200          404 200  200   200   404    404
POST   /api/v2/projects/:project/relationships/tag-bindings                               204   204    204          404 204  204   404   404    404
PATCH  /api/v2/projects/:project/relationships/tag-bindings                               204   204    204          404 204  204   404   404    404
GET    /api/v2/projects/:project/effective-tag-bindings                                   200   200    200          404 200  200   200   404    404
POST   /api/v2/projects/:project/relationships/workspaces                                 204   204    204          404 204  204   403   404    404
GET    /api/v2/organizations/:organization/agent-pools                                    200   200    200          200 200  200   200   200    404
POST   /api/v2/organizations/:organization/agent-pools                                    201   201    201          404 404  404   404   404    404
GET    /api/v2/agent-pools/:agent_pool                                                    200   200    200          200 200  200   200   200    404
PATCH  /api/v2/agent-pools/:agent_pool                                                    200   200    200          404 404  404   404   404    404
DELETE /api/v2/agent-pools/:agent_pool                                                    204   204    204          404 404  404   404   404    404
GET    /api/v2/agent-pools/:agent_pool/agents                                             200   200    200          200 200  200   200   200    404
GET    /api/v2/organizations/:organization/ssh-keys                                       200   200    404          200 404  404   404   404    404
POST   /api/v2/organizations/:organization/ssh-keys                                       201   201    404          201 404  404   404   404    404
GET    /api/v2/ssh-keys/:ssh_key                                                          200   200    404          200 404  404   404   404    404
PATCH  /api/v2/ssh-keys/:ssh_key                                                          200   200    404          200 404  404   404   404    404
DELETE /api/v2/ssh-keys/:ssh_key                                                          204   204    404          204 404  404   404   404    404
GET    /api/v2/workspaces/:workspace/vars                                                 200   200    200          404 200  200   200   404    404
POST   /api/v2/workspaces/:workspace/vars                                                 201   201    201          404 201  201   404   404    404
GET    /api/v2/workspaces/:workspace/vars/:variable                                       200   200    200          404 200  200   200   404    404
PATCH  /api/v2/workspaces/:workspace/vars/:variable                                       200   200    200          404 200  200   404   404    404
DELETE /api/v2/workspaces/:workspace/vars/:variable                                       204   204    204          404 204  204   404   404    404
PATCH  /api/v2/workspaces/:workspace/relationships/vars                                   204   204    204          404 204  204   404   404    404
GET    /api/v2/varsets/:varset/relationships/vars                                         200   200    200          404 200  404   404   404    404
POST   /api/v2/varsets/:varset/relationships/vars                                         201   201    201          404 201  404   404   404    404
GET    /api/v2/varsets/:varset/relationships/vars/:variable                               200   200    200          404 200  404   404   404    404
PATCH  /api/v2/varsets/:varset/relationships/vars/:variable                               200   200    200          404 200  404   404   404    404
DELETE /api/v2/varsets/:varset/relationships/vars/:variable                               204   204    204          404 204  404   404   404    404
GET    /api/v2/workspaces/:workspace/all-vars                                             200   200    200          404 200  200   200   404    404
GET    /api/v2/vars                                                                       400   400    400          400 400  400   400   400    400
POST   /api/v2/vars                                                                       201   201    201          404 201  201   404   404    404
GET    /api/v2/vars/:variable                                                             200   200    200          404 200  200   200   404    404
PATCH  /api/v2/vars/:variable                                                             200   200    200          404 200  200   404   404    404
DELETE /api/v2/vars/:variable                                                             204   204    204          404 204  204   404   404    404
POST   /api/v2/organizations/:organization/varsets                                        201   201    201          404 201  404   404   404    404
GET    /api/v2/varsets/:varset                                                            200   200    200          404 200  404   404   404    404
PATCH  /api/v2/varsets/:varset                                                            200   200    200          404 200  404   404   404    404
POST   /api/v2/varsets/:varset                                                            200   200    200          404 200  404   404   404    404
DELETE /api/v2/varsets/:varset                                                            204   204    204          404 204  404   404   404    404
GET    /api/v2/workspaces/:workspace/varsets                                              200   200    200          404 200  200   200   404    404
GET    /api/v2/workspaces/:workspace/applicable-varsets                                   200   200    200          404 200  200   200   404    404
GET    /api/v2/projects/:project/varsets                                                  200   200    200          404 200  200   404   404    404
GET    /api/v2/workspaces/:workspace/varsets/:varset/relationships/vars                   200   200    200          404 200  200   200   404    404
GET    /api/v2/workspaces/:workspace/varsets/:varset/relationships/vars/:variable         200   200    200          404 200  200   200   404    404
POST   /api/v2/varsets/:varset/relationships/workspaces                                   204   204    204          404 204  404   404   404    404
DELETE /api/v2/varsets/:varset/relationships/workspaces                                   204   204    204          404 204  404   404   404    404
POST   /api/v2/varsets/:varset/relationships/projects                                     204   204    204          404 204  404   404   404    404
DELETE /api/v2/varsets/:varset/relationships/projects                                     204   204    204          404 204  404   404   404    404
GET    /api/v2/workspaces/:workspace/notification-configurations                          200   200    200          404 200  200   404   404    404
POST   /api/v2/workspaces/:workspace/notification-configurations                          201   201    201          404 201  201   404   404    404
GET    /api/v2/projects/:project/notification-configurations                              200   200    200          404 200  200   404   404    404
POST   /api/v2/projects/:project/notification-configurations                              201   201    201          404 201  201   404   404    404
GET    /api/v2/teams/:team/notification-configurations                                    200   200    200          404 404  404   404   404    404
POST   /api/v2/teams/:team/notification-configurations                                    201   201    201          404 404  404   404   404    404
GET    /api/v2/notification-configurations/:notification_configuration                    200   200    200          404 200  200   404   404    404
PATCH  /api/v2/notification-configurations/:notification_configuration                    200   200    200          404 200  200   404   404    404
DELETE /api/v2/notification-configurations/:notification_configuration                    204   204    204          404 204  204   404   404    404
POST   /api/v2/notification-configurations/:notification_configuration/actions/enable     200   200    200          404 200  200   404   404    404
POST   /api/v2/notification-configurations/:notification_configuration/actions/verify     200   200    200          404 200  200   404   404    404
GET    /api/v2/workspaces/:workspace/run-triggers                                         400   400    400          404 400  404   404   404    404
POST   /api/v2/workspaces/:workspace/run-triggers                                         201   201    201          404 201  404   404   404    404
GET    /api/v2/run-triggers/:run_trigger                                                  200   200    200          404 200  404   404   404    404
DELETE /api/v2/run-triggers/:run_trigger                                                  204   204    204          404 204  404   404   404    404
POST   /api/v2/organizations/:organization/tasks                                          201   201    201          404 404  404   404   404    404
GET    /api/v2/tasks/:task                                                                200   200    200          200 200  200   200   200    404
PATCH  /api/v2/tasks/:task                                                                200   200    200          404 404  404   404   404    404
DELETE /api/v2/tasks/:task                                                                204   204    204          404 404  404   404   404    404
GET    /api/v2/tasks/:task/relationships/workspace-tasks                                  200   200    200          200 200  200   200   200    404
GET    /api/v2/workspaces/:workspace/tasks                                                200   200    200          404 200  200   200   404    404
POST   /api/v2/workspaces/:workspace/tasks                                                201   201    201          404 201  201   404   404    404
GET    /api/v2/workspaces/:workspace/tasks/:workspace_task                                200   200    200          404 200  200   200   404    404
PATCH  /api/v2/workspaces/:workspace/tasks/:workspace_task                                200   200    200          404 200  200   404   404    404
DELETE /api/v2/workspaces/:workspace/tasks/:workspace_task                                204   204    204          404 204  204   404   404    404
GET    /api/v2/agent-pools/:agent_pool/authentication-tokens                              200   200    200          404 404  404   404   404    404
POST   /api/v2/agent-pools/:agent_pool/authentication-tokens                              201   201    201          404 404  404   404   404    404
GET    /api/v2/organizations                                                              200   200    200          200 200  200   200   200    200
POST   /api/v2/organizations                                                              201   404    404          201 201  201   201   201    201
GET    /api/v2/organizations/:organization                                                200   200    200          200 200  200   200   200    404
PUT    /api/v2/organizations/:organization                                                200   200    404          404 404  404   404   404    404
PATCH  /api/v2/organizations/:organization                                                200   200    404          404 404  404   404   404    404
DELETE /api/v2/organizations/:organization                                                204   204    404          404 404  404   404   404    404
GET    /api/v2/organizations/:organization/entitlement-set                                200   200    200          200 200  200   200   200    404
GET    /api/v2/entitlement-sets/:entitlement_set                                          200   200    200          200 200  200   200   200    404
GET    /api/v2/organizations/:organization/subscription                                   200   200    200          200 200  200   200   200    404
GET    /api/v2/organizations/:organization/policies                                       200   200    200          200 200  200   200   200    404
GET    /api/v2/organizations/:organization/policy-sets                                    200 200 200 200 200 200 200 200 404
POST   /api/v2/organizations/:organization/policy-sets                                    201 201 201 404 404 404 404 404 404
GET    /api/v2/policy-sets/:policy_set                                                    200 200 200 200 200 200 200 200 404
PATCH  /api/v2/policy-sets/:policy_set                                                    200 200 200 404 404 404 404 404 404
DELETE /api/v2/policy-sets/:policy_set                                                    204 204 204 404 404 404 404 404 404
GET    /api/v2/policy-sets/:policy_set/parameters                                         200 200 200 404 404 404 404 404 404
POST   /api/v2/policy-sets/:policy_set/parameters                                         201 201 201 404 404 404 404 404 404
GET    /api/v2/policy-sets/:policy_set/parameters/:parameter                              200 200 200 404 404 404 404 404 404
PATCH  /api/v2/policy-sets/:policy_set/parameters/:parameter                              200 200 200 404 404 404 404 404 404
DELETE /api/v2/policy-sets/:policy_set/parameters/:parameter                              204 204 204 404 404 404 404 404 404
POST   /api/v2/policy-sets/:policy_set/relationships/workspaces                           204 204 204 404 404 404 404 404 404
DELETE /api/v2/policy-sets/:policy_set/relationships/workspaces                           204 204 204 404 404 404 404 404 404
POST   /api/v2/policy-sets/:policy_set/relationships/projects                             204 204 204 404 404 404 404 404 404
DELETE /api/v2/policy-sets/:policy_set/relationships/projects                             204 204 204 404 404 404 404 404 404
POST   /api/v2/policy-sets/:policy_set/relationships/workspace-exclusions                 204 204 204 404 404 404 404 404 404
DELETE /api/v2/policy-sets/:policy_set/relationships/workspace-exclusions                 204 204 204 404 404 404 404 404 404
POST   /api/v2/policy-sets/:policy_set/relationships/project-exclusions                   204 204 204 404 404 404 404 404 404
DELETE /api/v2/policy-sets/:policy_set/relationships/project-exclusions                   204 204 204 404 404 404 404 404 404
GET    /api/v2/organizations/:organization/stacks                                         200 200 200 200 200 200 200 200 404
POST   /api/v2/stacks                                                                     201 201 201 404 201 201 404 404 404
GET    /api/v2/stacks/:stack                                                              200 200 200 404 200 200 200 404 404
PATCH  /api/v2/stacks/:stack                                                              200 200 200 404 200 200 404 404 404
DELETE /api/v2/stacks/:stack                                                              204 204 204 404 204 204 404 404 404
GET    /api/v2/organizations/:organization/registry-modules                               200 200 200 200 200 200 200 200 404
POST   /api/v2/organizations/:organization/registry-modules                               201 201 404 404 404 404 404 404 404
POST   /api/v2/organizations/:organization/registry-modules/vcs                           201 201 404 404 404 404 404 404 404
POST   /api/v2/registry-modules                                                           201 201 404 404 404 404 404 404 404
GET    /api/v2/registry-modules/:registry_module                                          200 200 200 200 200 200 200 200 404
GET    /api/v2/organizations/:organization/registry-modules/:registry_name/:namespace/:module_name/:module_provider 200 200 200 200 200 200 200 200 404
PATCH  /api/v2/organizations/:organization/registry-modules/:registry_name/:namespace/:module_name/:module_provider 200 200 404 404 404 404 404 404 404
DELETE /api/v2/organizations/:organization/registry-modules/:registry_name/:namespace/:module_name/:module_provider 204 204 404 404 404 404 404 404 404
DELETE /api/v2/organizations/:organization/registry-modules/:registry_name/:namespace/:module_name 204 204 404 404 404 404 404 404 404
DELETE /api/v2/organizations/:organization/registry-modules/:registry_name/:namespace/:module_name/:module_provider/:module_version 204 204 404 404 404 404 404 404 404
GET    /api/v2/organizations/:organization/registry-modules/:registry_name/:namespace/:module_name/:module_provider/version 200 200 200 200 200 200 200 200 404
POST   /api/v2/organizations/:organization/registry-modules/:registry_name/:namespace/:module_name/:module_provider/versions 201 201 404 404 404 404 404 404 404
POST   /api/v2/registry-modules/actions/delete/:organization/:module_name                 204 204 404 404 404 404 404 404 404
POST   /api/v2/registry-modules/actions/delete/:organization/:module_name/:module_provider 204 204 404 404 404 404 404 404 404
POST   /api/v2/registry-modules/actions/delete/:organization/:module_name/:module_provider/:module_version 204 204 404 404 404 404 404 404 404
POST   /api/v2/registry-modules/:organization/:module_name/:module_provider/versions      201 201 404 404 404 404 404 404 404
GET    /api/v2/organizations/:organization/no-code-modules                                200 200 200 200 200 200 200 200 404
POST   /api/v2/organizations/:organization/no-code-modules                                201 201 404 404 404 404 404 404 404
GET    /api/v2/no-code-modules/:no_code_module                                            200 200 200 200 200 200 200 200 404
PATCH  /api/v2/no-code-modules/:no_code_module                                            200 200 404 404 404 404 404 404 404
DELETE /api/v2/no-code-modules/:no_code_module                                            204 204 404 404 404 404 404 404 404
GET    /api/v2/organizations/:organization/tasks                                          200   200    200          200 200  200   200   200    404
GET    /api/v2/organizations/:organization/varsets                                        200   200    200          404 200  404   404   404    404
GET    /api/registry/private/v2/gpg-keys                                                  200   200    200          200 200  200   200   200    200
GET    /api/v2/admin/feature-sets                                                         200   404    404          404 404  404   404   404    404
POST   /api/v2/admin/organizations/:organization/subscription                             200   404    404          404 404  404   404   404    404
GET    /api/v2/users/:user                                                                200   200    200          200 200  200   200   200    404
GET    /api/v2/account/details                                                            200   200    200          200 200  200   200   200    200
GET    /api/v2/ping                                                                       204   204    204          204 204  204   204   204    204  open
GET    /api/v1/ping                                                                       200   200    200          200 200  200   200   200    200  open
GET    /.well-known/terraform.json                                                        200   200    200          200 200  200   200   200    200  open
GET    /api/v2/organizations/:organization/organization-memberships                       200   200    200          200 200  200   200   200    404
POST   /api/v2/organizations/:organization/organization-memberships                       201   201    201          404 404  404   404   404    404
GET    /api/v2/organization-memberships                                                   200   200    200          200 200  200   200   200    200
GET    /api/v2/organization-memberships/:membership                                       200   200    200          200 200  200   200   200    404
DELETE /api/v2/organization-memberships/:membership                                       204   204    204          404 404  404   404   404    404
GET    /api/v2/organizations/:organization/teams                                          200   200    200          200 200  200   200   200    404
POST   /api/v2/organizations/:organization/teams                                          200   200    200          404 404  404   404   404    404
GET    /api/v2/teams/:team                                                                200   200    200          200 200  200   200   200    404
PATCH  /api/v2/teams/:team                                                                200   200    200          404 404  404   404   404    404
DELETE /api/v2/teams/:team                                                                204   204    204          404 404  404   404   404    404
POST   /api/v2/teams/:team/relationships/users                                            204   204    204          403 403  403   403   403    404
DELETE /api/v2/teams/:team/relationships/users                                            204   204    204          403 403  403   403   403    404
GET    /api/v2/teams/:team/relationships/organization-memberships                         200   200    200          200 200  200   200   200    404
POST   /api/v2/teams/:team/relationships/organization-memberships                         204   204    204          403 403  403   403   403    404
DELETE /api/v2/teams/:team/relationships/organization-memberships                         204   204    204          403 403  403   403   403    404
GET    /api/v2/team-workspaces                                                            200   200    200          404 200  200   200   404    404
POST   /api/v2/team-workspaces                                                            201   201    201          404 201  201   404   404    404
GET    /api/v2/team-workspaces/:team_workspace                                            200   200    200          404 200  200   404   404    404
PATCH  /api/v2/team-workspaces/:team_workspace                                            200   200    200          404 200  200   404   404    404
DELETE /api/v2/team-workspaces/:team_workspace                                            204   204    204          404 204  204   404   404    404
GET    /api/v2/team-projects                                                              200   200    200          404 200  200   200   404    404
POST   /api/v2/team-projects                                                              201   201    201          404 201  201   404   404    404
GET    /api/v2/team-projects/:team_project                                                200   200    200          404 200  200   404   404    404
PATCH  /api/v2/team-projects/:team_project                                                200   200    200          404 200  200   404   404    404
DELETE /api/v2/team-projects/:team_project                                                204   204    204          404 204  204   404   404    404
GET    /api/v2/organizations/:organization/authentication-token                           200   200    200          404 404  404   404   404    404
POST   /api/v2/organizations/:organization/authentication-token                           201   201    201          404 404  404   404   404    404
DELETE /api/v2/organizations/:organization/authentication-token                           204   204    204          404 404  404   404   404    404
GET    /api/v2/organizations/:organization/team-tokens                                    200   200    200          200 200  200   200   200    404
DELETE /api/v2/organizations/:organization/team-tokens                                    204   204    204          404 404  404   404   404    404
GET    /api/v2/teams/:team/authentication-token                                           200   200    200          404 404  404   404   404    404
POST   /api/v2/teams/:team/authentication-token                                           201   201    201          404 404  404   404   404    404
DELETE /api/v2/teams/:team/authentication-token                                           204   204    204          404 404  404   404   404    404
POST   /api/v2/teams/:team/authentication-tokens                                          201   201    201          404 404  404   404   404    404
GET    /api/v2/users/:user/authentication-tokens                                          200   404    404          404 404  404   404   404    404
POST   /api/v2/users/:user/authentication-tokens                                          201   404    404          404 404  404   404   404    404
GET    /api/v2/authentication-tokens/:token                                               200   200    200          404 404  404   404   404    404
DELETE /api/v2/authentication-tokens/:token                                               204   204    204          404 404  404   404   404    404
GET    /api/v2/organization/audit-trail                                                   404   404    200          404 404  404   404   404    404
GET    /openapi.json                                                                      200   200    200          200 200  200   200   200    200  open
GET    /_health_check                                                                     200   200    200          200 200  200   200   200    200  open
GET    /api/v2/oauth-tokens/:oauth_token/authorized-repos                                 422   422    422          422 422  422   404   404    404
GET    /api/v2/oauth-tokens/:oauth_token/vcs-organizations                                422   422    422          422 422  422   404   404    404
GET    /api/v2/organizations/:organization/vcs/repo                                       400   400    400          400 400  400   404   404    404
GET    /api/v2/organizations/:organization/vcs/tree                                       400   400    400          400 400  400   404   404    404
GET    /api/v2/organizations/:organization/vcs-events                                     200   200    200          200 404  404   404   404    404
";

/// The rows of the table.
pub fn routes() -> Vec<Route> {
    let rows = MATRIX.lines().filter(|line| line.contains(" /"));
    rows.map(|row| {
        let mut cells = row.split_whitespace();
        let (method, pattern) = (cells.next().expect("a method"), cells.next().expect("a path"));
        let statuses: Vec<u16> = cells.by_ref().take(COLUMNS.len()).map(|cell| cell.parse().expect(row)).collect();
        assert_eq!(statuses.len(), COLUMNS.len(), "{row}");
        Route { method, pattern, statuses, is_open: cells.next() == Some("open"), named: Default::default() }
    })
    .collect()
}

const COLUMNS: [&str; 9] = ["owner", "owners", "organization", "vcs", "work", "admin", "reads", "member", "outsider"];

/// The table of contents, read as text: a route that is missing here is a route that nobody has thought about.
#[test]
fn the_table_has_every_route_of_the_server() {
    let source = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/routes.rs"));
    let pattern = Regex::new(r#"(?m)^\s*(\w+)\s*\(\s*"(/[^"]*)""#).expect("a pattern");
    // `patch_including` is a PATCH, `post_including` a POST.
    let method = |function: &str| function.split('_').next().unwrap_or_default().to_uppercase();
    let mut served: Vec<(String, String)> =
        pattern.captures_iter(source).map(|route| (method(&route[1]), route[2].to_owned())).collect();
    let mut known: Vec<(String, String)> =
        routes().iter().map(|route| (route.method.to_owned(), route.pattern.to_owned())).collect();
    // Whatever way a route is written, its path is a text that begins with a slash.
    let paths = Regex::new(r#""/[^"]"#).expect("a pattern").find_iter(source).count();
    assert_eq!(served.len(), paths);
    served.sort();
    known.sort();
    assert_eq!(served, known);
}

/// Somebody for a column, of `my-organization` but for the last one.
fn caller(server: &Server, column: &str) -> Caller {
    match column {
        "owner" => server.owner(),
        "owners" => server.owners_team(),
        "organization" => server.organization_token(),
        "vcs" => server.member("vera", &[Permission::ManageVcsSettings]),
        "work" => server.member("will", &[Permission::ManageWorkspaces, Permission::ManageProjects]),
        "admin" => server.member_with_access("paul", "admin"),
        "reads" => server.member_with_access("rita", "read"),
        "member" => server.member("mia", &[]),
        _ => server.outsider("mallory"),
    }
}

#[test]
fn each_route_serves_whom_it_is_for_and_nobody_else() {
    for (n, some) in routes().chunks(AT_ONE_SERVER).enumerate() {
        let shared = Server::demo_with(&WITHOUT_PROVIDERS);
        let shared_callers = COLUMNS.map(|column| caller(&shared, column));
        let mut watched = shared.watched();
        for (r, route) in some.iter().enumerate() {
            for (c, who) in COLUMNS.iter().enumerate() {
                let (name, expected) = (format!("{n}-{r}-{c}"), route.statuses[c]);
                if route.changes_its_organization() {
                    let server = Server::demo();
                    let caller = caller(&server, who);
                    check(route, &server, &mut server.watched(), (who, &caller), &name, expected);
                } else {
                    check(route, &shared, &mut watched, (who, &shared_callers[c]), &name, expected);
                }
            }
        }
    }
}

#[test]
fn nobody_of_another_organization_gets_anything() {
    for (n, some) in routes().chunks(AT_ONE_SERVER).enumerate() {
        let server = Server::demo_with(&WITHOUT_PROVIDERS);
        let eve = server.outsider("eve");
        eve.creates_organization("foreign");
        let foreign = |kind: &str, of: &str| server.with_token(&server.cli(&["token", "create", kind, of]));
        let callers = [
            ("another organization's owner", eve, true),
            ("another organization's owners team", foreign("--team", "foreign/owners"), false),
            ("another organization's token", foreign("--organization", "foreign"), false),
        ];
        let mut watched = server.watched();
        for (r, route) in some.iter().enumerate() {
            for (c, (who, caller, is_person)) in callers.iter().enumerate() {
                let outsider = *route.statuses.last().expect("a column");
                let expected = match *who {
                    "another organization's token" if route.is_for_organizations() => 200,
                    _ if !is_person && route.is_for_people() => 404,
                    _ => outsider,
                };
                check(route, &server, &mut watched, (who, caller), &format!("{n}-{r}-{c}"), expected);
            }
        }
    }
}

/// Routes that are walked at the same server: all rows are compared before and after each request, so there have to be few.
const AT_ONE_SERVER: usize = 12;

fn check(
    route: &Route,
    server: &Server,
    watched: &mut Watched,
    (who, caller): (&str, &Caller),
    name: &str,
    expected: u16,
) {
    let path = route.to_new_things(server, "my-organization", &format!("thing-{name}"));
    // What the body names is made for it.
    let body = route.body(server, &format!("new-{name}"));
    let before = watched.contents();
    let answer = route.send(caller, &path, body);
    assert_eq!(answer.status, expected, "{who}: {} {path}: {}", route.method, answer.body);
    let has_changed = watched.contents() != before;
    assert_eq!(has_changed, route.is_a_change() && expected < 300, "{who}: {} {path}", route.method);
}

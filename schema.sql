-- Bowline's database, version 1: the whole schema.
--
-- Conventions. Every table of things has a number (its row) and an id (the name that clients use); foreign keys refer to
-- numbers. A number that others can refer to is never used again (AUTOINCREMENT): what referred to a row that is gone may
-- still be there (table removals). Times are milliseconds since 1970-01-01T00:00:00Z. A column that ends in _sealed holds ciphertext that is bound
-- to its table, column, row id and organization; src/store/sealed.rs lists these columns. Sealed text has a header of 29
-- bytes and a tag of 16, so it is longer than 45 bytes.
--
-- Tables that are written often compare with = and OR where others use IN: SQLite builds a table of the members of an IN for
-- each row that is inserted.
--
-- There is a trigger only where a foreign key cannot state the rule: a reference must stay within one organization, and
-- nothing may be sealed under a key that has been replaced.


-- Installation ---------------------------------------------------------------------------------------------------------

-- One row: when this database was made, and two values that show whether a master key belongs to it. Bytes 2 to 5 of
-- everything that is sealed are the number of its key, most significant byte first, so that numbers compare as bytes do.
-- The key of seal_check is the current one.
CREATE TABLE installation (
  only_row     INTEGER PRIMARY KEY CHECK (only_row = 1),
  created_at   INTEGER NOT NULL,
  seal_check   BLOB NOT NULL,
  digest_check BLOB NOT NULL CHECK (length(digest_check) = 32)
) STRICT;

-- A key rotation raises the key's number; nothing lowers it.
CREATE TRIGGER installation_keys_go_up
BEFORE UPDATE OF seal_check ON installation
WHEN substr(NEW.seal_check, 2, 4) < substr(OLD.seal_check, 2, 4)
BEGIN
  SELECT RAISE(ABORT, 'sealed under a retired key');
END;


-- Accounts -------------------------------------------------------------------------------------------------------------

CREATE TABLE users (
  number        INTEGER PRIMARY KEY AUTOINCREMENT,
  id            TEXT NOT NULL UNIQUE CHECK (id GLOB 'user-*' AND length(id) = 21),
  username      TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (length(username) BETWEEN 1 AND 255),
  email         TEXT NOT NULL CHECK (length(email) BETWEEN 1 AND 255),
  is_site_admin INTEGER NOT NULL CHECK (is_site_admin IN (0, 1)),
  created_at    INTEGER NOT NULL
) STRICT;
-- An invitation finds the account with its e-mail address.
CREATE INDEX users_by_email ON users (email COLLATE NOCASE);

-- A token speaks for exactly one user, team or organization. The digest is an HMAC under a key that is not in this file.
CREATE TABLE api_tokens (
  number             INTEGER PRIMARY KEY,
  id                 TEXT NOT NULL UNIQUE CHECK (id GLOB 'at-*' AND length(id) = 19),
  digest             BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  user               INTEGER REFERENCES users ON DELETE CASCADE,
  team               INTEGER REFERENCES teams ON DELETE CASCADE,
  organization       INTEGER REFERENCES organizations ON DELETE CASCADE,
  description        TEXT CHECK (length(description) <= 255),
  created_at         INTEGER NOT NULL,
  expires_at         INTEGER,
  -- The one token of a team or organization that clients manage without its id; a new one replaces it.
  is_sole            INTEGER NOT NULL DEFAULT 0 CHECK (is_sole IN (0, 1)),
  -- Who made the token: a resource type and id, copied. Null: the command line.
  creator_type       TEXT CHECK (creator_type IN ('users', 'teams', 'organizations')),
  creator_id         TEXT CHECK ((creator_id IS NULL) = (creator_type IS NULL)),
  -- Reads its organization's audit trail, and may do nothing else.
  is_for_audit_trail INTEGER NOT NULL DEFAULT 0
                     CHECK (is_for_audit_trail = 0 OR (is_for_audit_trail = 1 AND organization IS NOT NULL)),
  CHECK ((user IS NOT NULL) + (team IS NOT NULL) + (organization IS NOT NULL) = 1)
) STRICT;
CREATE INDEX api_tokens_by_user ON api_tokens (user) WHERE user IS NOT NULL;
CREATE INDEX api_tokens_by_team ON api_tokens (team) WHERE team IS NOT NULL;
CREATE INDEX api_tokens_by_organization ON api_tokens (organization) WHERE organization IS NOT NULL;
CREATE UNIQUE INDEX api_tokens_sole_of_team ON api_tokens (team) WHERE is_sole = 1 AND team IS NOT NULL;
CREATE UNIQUE INDEX api_tokens_sole_of_organization ON api_tokens (organization, is_for_audit_trail)
  WHERE is_sole = 1 AND organization IS NOT NULL;

-- What people sign in to the pages with: a PHC string of argon2id, salted, and keyed outside of this file.
CREATE TABLE passwords (
  user   INTEGER PRIMARY KEY REFERENCES users ON DELETE CASCADE,
  hash   TEXT NOT NULL CHECK (hash GLOB '$argon2id$*'),
  set_at INTEGER NOT NULL
) STRICT;

-- Browsers that are signed in. The digest is an HMAC, as of API tokens. The number names a session on its user's account
-- page, so it is never used again.
CREATE TABLE sessions (
  number       INTEGER PRIMARY KEY AUTOINCREMENT,
  digest       BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  user         INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
  created_at   INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  address      TEXT NOT NULL CHECK (length(address) <= 64), -- empty: unknown
  user_agent   TEXT NOT NULL CHECK (length(user_agent) <= 255) -- as the browser says it
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user);

-- Links that set a password, once. A user has one at a time.
CREATE TABLE sign_in_links (
  digest     BLOB PRIMARY KEY CHECK (length(digest) = 32),
  user       INTEGER NOT NULL UNIQUE REFERENCES users ON DELETE CASCADE,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;


-- Organizations --------------------------------------------------------------------------------------------------------

-- `settings`, here and in workspaces, holds attributes that clients set and read back and that Bowline does not act upon:
-- a JSON object of those that differ from their defaults. What Bowline acts upon has a column.
CREATE TABLE organizations (
  -- Part of the paths of the OAuth web flow, so a number is never used twice.
  number                        INTEGER PRIMARY KEY AUTOINCREMENT,
  external_id                   TEXT NOT NULL UNIQUE CHECK (external_id GLOB 'org-*' AND length(external_id) = 20),
  name                          TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (length(name) BETWEEN 1 AND 255),
  email                         TEXT NOT NULL CHECK (length(email) BETWEEN 1 AND 255),
  created_at                    INTEGER NOT NULL,
  settings                      TEXT NOT NULL DEFAULT '{}' CHECK (json_type(settings) = 'object'),
  user_tokens_enabled           INTEGER NOT NULL DEFAULT 1 CHECK (user_tokens_enabled IN (0, 1)),
  allow_force_delete_workspaces INTEGER NOT NULL DEFAULT 0 CHECK (allow_force_delete_workspaces IN (0, 1)),
  default_execution_mode        TEXT NOT NULL DEFAULT 'remote'
                                CHECK (default_execution_mode IN ('remote', 'local', 'agent')),
  default_agent_pool            INTEGER REFERENCES agent_pools ON DELETE SET NULL,
  -- Gone for every caller. What belongs to it is removed little by little, and the row at the end.
  is_deleted                    INTEGER NOT NULL DEFAULT 0 CHECK (is_deleted IN (0, 1))
) STRICT;
CREATE INDEX organizations_deleted ON organizations (number) WHERE is_deleted = 1;
CREATE INDEX organizations_by_default_agent_pool ON organizations (default_agent_pool)
  WHERE default_agent_pool IS NOT NULL;

-- The members of an organization. A row without a user is an invitation; the first account with that e-mail address
-- accepts it.
CREATE TABLE organization_memberships (
  number       INTEGER PRIMARY KEY AUTOINCREMENT,
  id           TEXT NOT NULL UNIQUE CHECK (id GLOB 'ou-*' AND length(id) = 19),
  organization INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
  user         INTEGER REFERENCES users ON DELETE CASCADE,
  email        TEXT NOT NULL COLLATE NOCASE CHECK (length(email) BETWEEN 1 AND 255),
  created_at   INTEGER NOT NULL,
  UNIQUE (organization, user)
) STRICT;
CREATE UNIQUE INDEX organization_memberships_invited ON organization_memberships (organization, email)
  WHERE user IS NULL;
CREATE INDEX organization_memberships_by_user ON organization_memberships (user, organization) WHERE user IS NOT NULL;
CREATE INDEX organization_memberships_by_email ON organization_memberships (email) WHERE user IS NULL;
CREATE INDEX organization_memberships_by_organization ON organization_memberships (organization);

-- Agents that may stand between the service and a VCS provider. Bowline keeps what clients say about them; no agent ever
-- connects.
CREATE TABLE agent_pools (
  number              INTEGER PRIMARY KEY AUTOINCREMENT,
  id                  TEXT NOT NULL UNIQUE CHECK (id GLOB 'apool-*' AND length(id) = 22),
  organization        INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
  name                TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  organization_scoped INTEGER NOT NULL DEFAULT 1 CHECK (organization_scoped IN (0, 1)),
  created_at          INTEGER NOT NULL,
  UNIQUE (organization, name)
) STRICT;
-- Lists are in the order of creation. The same holds for every index that is named after the owner of a list.
CREATE INDEX agent_pools_by_organization ON agent_pools (organization);

-- Where a pool that is not organization-scoped may be used, and where a pool that is may not.
CREATE TABLE agent_pool_allowed_projects (
  agent_pool INTEGER NOT NULL REFERENCES agent_pools ON DELETE CASCADE,
  project    INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE,
  PRIMARY KEY (agent_pool, project)
) STRICT, WITHOUT ROWID;
CREATE INDEX agent_pool_allowed_projects_by_project ON agent_pool_allowed_projects (project);
CREATE TABLE agent_pool_allowed_workspaces (
  agent_pool INTEGER NOT NULL REFERENCES agent_pools ON DELETE CASCADE,
  workspace  INTEGER NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  PRIMARY KEY (agent_pool, workspace)
) STRICT, WITHOUT ROWID;
CREATE INDEX agent_pool_allowed_workspaces_by_workspace ON agent_pool_allowed_workspaces (workspace);
CREATE TABLE agent_pool_excluded_workspaces (
  agent_pool INTEGER NOT NULL REFERENCES agent_pools ON DELETE CASCADE,
  workspace  INTEGER NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  PRIMARY KEY (agent_pool, workspace)
) STRICT, WITHOUT ROWID;
CREATE INDEX agent_pool_excluded_workspaces_by_workspace ON agent_pool_excluded_workspaces (workspace);

-- Tokens that agents of a pool would connect with. No agent connects, so nothing is kept that could recognize a token.
CREATE TABLE agent_tokens (
  number      INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE CHECK (id GLOB 'at-*' AND length(id) = 19),
  agent_pool  INTEGER NOT NULL REFERENCES agent_pools ON DELETE CASCADE,
  description TEXT NOT NULL CHECK (length(description) BETWEEN 1 AND 255),
  creator_id  TEXT NOT NULL, -- the user, team or organization that made the token, copied
  created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX agent_tokens_by_agent_pool ON agent_tokens (agent_pool);

CREATE TABLE ssh_keys (
  number       INTEGER PRIMARY KEY AUTOINCREMENT,
  id           TEXT NOT NULL UNIQUE CHECK (id GLOB 'sshkey-*' AND length(id) = 23),
  organization INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
  name         TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  value_sealed BLOB NOT NULL CHECK (length(value_sealed) > 45),
  created_at   INTEGER NOT NULL,
  UNIQUE (organization, name)
) STRICT;
CREATE INDEX ssh_keys_by_organization ON ssh_keys (organization);

-- Nothing new is sealed under an older key than the current one; here, and below for OAuth clients and tokens. A secret
-- that an update leaves as it is may still be under an older key: the rotation comes to it in its turn.
CREATE TRIGGER ssh_keys_take_no_retired_key
BEFORE INSERT ON ssh_keys
WHEN substr(NEW.value_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
BEGIN
  SELECT RAISE(ABORT, 'sealed under a retired key');
END;
CREATE TRIGGER ssh_keys_take_no_retired_key_later
BEFORE UPDATE OF value_sealed ON ssh_keys
WHEN NEW.value_sealed IS NOT OLD.value_sealed
  AND substr(NEW.value_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
BEGIN
  SELECT RAISE(ABORT, 'sealed under a retired key');
END;


-- Teams ----------------------------------------------------------------------------------------------------------------

-- Every organization has a team named owners.
CREATE TABLE teams (
  number                        INTEGER PRIMARY KEY AUTOINCREMENT,
  id                            TEXT NOT NULL UNIQUE CHECK (id GLOB 'team-*' AND length(id) = 21),
  organization                  INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
  name                          TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  created_at                    INTEGER NOT NULL,
  -- One bit for each permission, numbered in src/domain/permissions.rs.
  organization_access           INTEGER NOT NULL DEFAULT 0,
  visibility                    TEXT NOT NULL DEFAULT 'secret' CHECK (visibility IN ('secret', 'organization')),
  description                   TEXT CHECK (length(description) BETWEEN 1 AND 1024),
  sso_team_id                   TEXT CHECK (length(sso_team_id) BETWEEN 1 AND 255),
  allow_member_token_management INTEGER NOT NULL DEFAULT 1 CHECK (allow_member_token_management IN (0, 1)),
  UNIQUE (organization, name)
) STRICT;
CREATE INDEX teams_by_organization ON teams (organization);

-- A team's members are members of its organization first.
CREATE TABLE team_members (
  team       INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
  membership INTEGER NOT NULL REFERENCES organization_memberships ON DELETE CASCADE,
  PRIMARY KEY (team, membership)
) STRICT, WITHOUT ROWID;
CREATE INDEX team_members_by_membership ON team_members (membership);
CREATE TRIGGER team_members_stay_within_an_organization
BEFORE INSERT ON team_members
WHEN (SELECT organization FROM teams WHERE number = NEW.team) IS NOT
     (SELECT organization FROM organization_memberships WHERE number = NEW.membership)
BEGIN
  SELECT RAISE(ABORT, 'the membership is another organization''s');
END;


-- Projects -------------------------------------------------------------------------------------------------------------

-- Every organization has exactly one default project, which cannot be deleted.
CREATE TABLE projects (
  number                         INTEGER PRIMARY KEY AUTOINCREMENT,
  id                             TEXT NOT NULL UNIQUE CHECK (id GLOB 'prj-*' AND length(id) = 20),
  organization                   INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
  name                           TEXT NOT NULL COLLATE NOCASE CHECK (length(name) BETWEEN 3 AND 40),
  is_default                     INTEGER NOT NULL DEFAULT 0 CHECK (is_default IN (0, 1)),
  description                    TEXT NOT NULL DEFAULT '' CHECK (length(description) <= 256),
  auto_destroy_activity_duration TEXT CHECK (length(auto_destroy_activity_duration) BETWEEN 2 AND 5),
  -- Null: the organization's default.
  default_execution_mode         TEXT CHECK (default_execution_mode IN ('remote', 'local', 'agent')),
  default_agent_pool             INTEGER REFERENCES agent_pools ON DELETE SET NULL,
  -- Null: the organization's default. There are no stacks yet.
  stacks_default_execution_mode  TEXT CHECK (stacks_default_execution_mode IN ('remote', 'agent')),
  created_at                     INTEGER NOT NULL,
  UNIQUE (organization, name)
) STRICT;
CREATE UNIQUE INDEX projects_default ON projects (organization) WHERE is_default = 1;
CREATE INDEX projects_by_organization ON projects (organization);
CREATE INDEX projects_by_default_agent_pool ON projects (default_agent_pool) WHERE default_agent_pool IS NOT NULL;

CREATE TABLE project_tag_bindings (
  number     INTEGER PRIMARY KEY,
  project    INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE,
  key        TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 128),
  value      TEXT NOT NULL CHECK (length(value) <= 256),
  created_at INTEGER NOT NULL,
  UNIQUE (project, key)
) STRICT;
CREATE INDEX project_tag_bindings_by_project ON project_tag_bindings (project);


-- OAuth clients and tokens ---------------------------------------------------------------------------------------------

-- The connection between an organization and a VCS provider.
CREATE TABLE oauth_clients (
  number              INTEGER PRIMARY KEY AUTOINCREMENT,
  id                  TEXT NOT NULL UNIQUE CHECK (id GLOB 'oc-*' AND length(id) = 19),
  organization        INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
  callback            BLOB NOT NULL UNIQUE CHECK (length(callback) = 16), -- the UUID of the callback URL
  service_provider    TEXT NOT NULL CHECK (service_provider = 'github' OR service_provider = 'github_enterprise' OR
                                           service_provider = 'gitlab_hosted' OR
                                           service_provider = 'gitlab_community_edition' OR
                                           service_provider = 'gitlab_enterprise_edition' OR
                                           service_provider = 'bitbucket_hosted' OR
                                           service_provider = 'bitbucket_server' OR
                                           service_provider = 'bitbucket_server_legacy' OR
                                           service_provider = 'bitbucket_data_center' OR
                                           service_provider = 'ado_server' OR service_provider = 'ado_services'),
  name                TEXT CHECK (length(name) <= 255),
  http_url            TEXT NOT NULL CHECK (length(http_url) <= 2048 AND lower(http_url) GLOB 'http*://?*'),
  api_url             TEXT NOT NULL CHECK (length(api_url) <= 2048 AND lower(api_url) GLOB 'http*://?*'),
  key                 TEXT CHECK (length(key) BETWEEN 1 AND 2048),
  rsa_public_key      TEXT CHECK (length(rsa_public_key) BETWEEN 1 AND 8192),
  secret_sealed       BLOB CHECK (length(secret_sealed) > 45),
  private_key_sealed  BLOB CHECK (length(private_key_sealed) > 45),
  organization_scoped INTEGER NOT NULL CHECK (organization_scoped = 0 OR organization_scoped = 1),
  ado_org_name        TEXT CHECK (length(ado_org_name) BETWEEN 1 AND 255),
  ado_entra_tenant_id TEXT CHECK (length(ado_entra_tenant_id) BETWEEN 1 AND 255),
  agent_pool          INTEGER REFERENCES agent_pools ON DELETE SET NULL,
  created_at          INTEGER NOT NULL,
  updated_at          INTEGER NOT NULL
) STRICT;
CREATE INDEX oauth_clients_by_organization ON oauth_clients (organization);
CREATE INDEX oauth_clients_by_agent_pool ON oauth_clients (agent_pool) WHERE agent_pool IS NOT NULL;
CREATE TRIGGER oauth_clients_take_no_retired_key
BEFORE INSERT ON oauth_clients
WHEN substr(NEW.secret_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
  OR substr(NEW.private_key_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
BEGIN
  SELECT RAISE(ABORT, 'sealed under a retired key');
END;
CREATE TRIGGER oauth_clients_take_no_retired_key_later
BEFORE UPDATE OF secret_sealed, private_key_sealed ON oauth_clients
WHEN (NEW.secret_sealed IS NOT OLD.secret_sealed
      AND substr(NEW.secret_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation))
  OR (NEW.private_key_sealed IS NOT OLD.private_key_sealed
      AND substr(NEW.private_key_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation))
BEGIN
  SELECT RAISE(ABORT, 'sealed under a retired key');
END;

-- The credential of a client. A client has at most one: real API clients fail on two.
CREATE TABLE oauth_tokens (
  number                INTEGER PRIMARY KEY AUTOINCREMENT,
  id                    TEXT NOT NULL UNIQUE CHECK (id GLOB 'ot-*' AND length(id) = 19),
  client                INTEGER NOT NULL UNIQUE REFERENCES oauth_clients ON DELETE CASCADE,
  token_sealed          BLOB NOT NULL CHECK (length(token_sealed) > 45),
  refresh_token_sealed  BLOB CHECK (length(refresh_token_sealed) > 45),
  expires_at            INTEGER, -- null: unknown, or never
  scope                 TEXT NOT NULL DEFAULT '', -- as the provider granted it
  service_provider_user TEXT NOT NULL DEFAULT '', -- the account at the provider; empty: unknown
  -- Broken: the provider refuses the token, and a person has to connect again.
  state                 TEXT NOT NULL DEFAULT 'usable' CHECK (state = 'usable' OR state = 'broken'),
  broken_reason         TEXT CHECK (broken_reason IS NULL OR state = 'broken'),
  -- How it came here: an API request brought its text, or a person connected in the browser.
  source                TEXT NOT NULL CHECK (source = 'api' OR source = 'web flow'),
  ssh_key_sealed        BLOB CHECK (length(ssh_key_sealed) > 45),
  created_at            INTEGER NOT NULL,
  -- When a person connected again, gave another token, or the token broke. Null: nothing of this happened.
  changed_at            INTEGER,
  -- Goes up with each new text. A renewal that took its time must not overwrite a newer token.
  revision              INTEGER NOT NULL DEFAULT 1
) STRICT;
-- How many are broken is a metric.
CREATE INDEX oauth_tokens_broken ON oauth_tokens (state) WHERE state = 'broken';
-- Every document of a client names its token's id: this index alone answers it.
CREATE INDEX oauth_tokens_id_by_client ON oauth_tokens (client, id);
CREATE TRIGGER oauth_tokens_take_no_retired_key
BEFORE INSERT ON oauth_tokens
WHEN substr(NEW.token_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
  OR substr(NEW.refresh_token_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
  OR substr(NEW.ssh_key_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
BEGIN
  SELECT RAISE(ABORT, 'sealed under a retired key');
END;
CREATE TRIGGER oauth_tokens_take_no_retired_key_later
BEFORE UPDATE OF token_sealed, refresh_token_sealed, ssh_key_sealed ON oauth_tokens
WHEN (NEW.token_sealed IS NOT OLD.token_sealed
      AND substr(NEW.token_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation))
  OR (NEW.refresh_token_sealed IS NOT OLD.refresh_token_sealed
      AND substr(NEW.refresh_token_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation))
  OR (NEW.ssh_key_sealed IS NOT OLD.ssh_key_sealed
      AND substr(NEW.ssh_key_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation))
BEGIN
  SELECT RAISE(ABORT, 'sealed under a retired key');
END;

-- Connections that people are about to make in a browser, for ten minutes. A row is deleted by the answer that it waits for,
-- whatever becomes of that. The digest is an HMAC of the flow's state; with OAuth 1.0a, of the request token. The PKCE
-- verifier follows from the state and is stored nowhere (docs/decisions/0033-web-flow.md).
CREATE TABLE web_flows (
  number       INTEGER PRIMARY KEY,
  digest       BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  oauth_client INTEGER NOT NULL REFERENCES oauth_clients ON DELETE CASCADE,
  session      INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
  redirect_uri TEXT NOT NULL CHECK (redirect_uri <> ''), -- as it was sent to the provider
  created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX web_flows_by_oauth_client ON web_flows (oauth_client);
CREATE INDEX web_flows_by_session ON web_flows (session, created_at);
CREATE INDEX web_flows_by_time ON web_flows (created_at);

-- What happened between connections and their providers, kept for ten days. Ids are copied, not referenced: an event
-- outlives the connection that it is about. src/domain/oauth/vcs_event.rs lists the kinds.
CREATE TABLE vcs_events (
  number           INTEGER PRIMARY KEY,
  id               TEXT NOT NULL UNIQUE CHECK (id GLOB 'vcse-*' AND length(id) = 21),
  organization     INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
  oauth_client     TEXT NOT NULL CHECK (oauth_client <> ''),
  oauth_token      TEXT CHECK (oauth_token <> ''), -- null: there was none, a connection was not made
  kind             TEXT NOT NULL CHECK (kind <> ''),
  level            TEXT NOT NULL CHECK (level = 'info' OR level = 'error'),
  message          TEXT NOT NULL CHECK (message <> ''),
  suggested_action TEXT CHECK (suggested_action <> ''),
  created_at       INTEGER NOT NULL
) STRICT;
CREATE INDEX vcs_events_by_organization ON vcs_events (organization, created_at);
CREATE INDEX vcs_events_by_time ON vcs_events (created_at);
CREATE INDEX vcs_events_by_oauth_token ON vcs_events (oauth_token, created_at);

-- The projects that a client is attached to. They limit the use of a client that is not organization-scoped.
CREATE TABLE oauth_client_projects (
  oauth_client INTEGER NOT NULL REFERENCES oauth_clients ON DELETE CASCADE,
  project      INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE,
  PRIMARY KEY (oauth_client, project)
) STRICT, WITHOUT ROWID;
CREATE INDEX oauth_client_projects_by_project ON oauth_client_projects (project);
CREATE TRIGGER oauth_client_projects_stay_within_an_organization
BEFORE INSERT ON oauth_client_projects
WHEN (SELECT organization FROM oauth_clients WHERE number = NEW.oauth_client) IS NOT
     (SELECT organization FROM projects WHERE number = NEW.project)
BEGIN
  SELECT RAISE(ABORT, 'the project is another organization''s');
END;


-- Workspaces -----------------------------------------------------------------------------------------------------------

CREATE TABLE workspaces (
  number         INTEGER PRIMARY KEY AUTOINCREMENT,
  id             TEXT NOT NULL UNIQUE CHECK (id GLOB 'ws-*' AND length(id) = 19),
  organization   INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
  project        INTEGER NOT NULL REFERENCES projects,
  name           TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  description    TEXT CHECK (length(description) <= 1024),
  settings       TEXT NOT NULL DEFAULT '{}' CHECK (json_type(settings) = 'object'), -- as in organizations
  -- Null: the project's default.
  execution_mode TEXT CHECK (execution_mode IN ('remote', 'local', 'agent')),
  agent_pool     INTEGER REFERENCES agent_pools ON DELETE SET NULL,
  ssh_key        INTEGER REFERENCES ssh_keys ON DELETE SET NULL,
  -- Who holds the lock, copied: a resource type, an id and a name. Null: the workspace is not locked.
  locked_by_type TEXT CHECK (locked_by_type IN ('users', 'teams', 'organizations')),
  locked_by_id   TEXT CHECK ((locked_by_id IS NULL) = (locked_by_type IS NULL)),
  locked_by_name TEXT CHECK ((locked_by_name IS NULL) = (locked_by_type IS NULL)),
  lock_reason    TEXT NOT NULL DEFAULT '' CHECK (length(lock_reason) <= 1024),
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL,
  UNIQUE (organization, name)
) STRICT;
CREATE INDEX workspaces_by_organization ON workspaces (organization);
CREATE INDEX workspaces_by_change ON workspaces (organization, updated_at);
CREATE INDEX workspaces_by_project ON workspaces (project);
CREATE INDEX workspaces_by_agent_pool ON workspaces (agent_pool) WHERE agent_pool IS NOT NULL;
CREATE INDEX workspaces_by_ssh_key ON workspaces (ssh_key) WHERE ssh_key IS NOT NULL;
CREATE TRIGGER workspaces_begin_in_a_project_of_their_organization
BEFORE INSERT ON workspaces
WHEN (SELECT organization FROM projects WHERE number = NEW.project) IS NOT NEW.organization
BEGIN
  SELECT RAISE(ABORT, 'the project is not one of the workspace''s organization');
END;
CREATE TRIGGER workspaces_stay_in_a_project_of_their_organization
BEFORE UPDATE OF project ON workspaces
WHEN (SELECT organization FROM projects WHERE number = NEW.project) IS NOT NEW.organization
BEGIN
  SELECT RAISE(ABORT, 'the project is not one of the workspace''s organization');
END;

CREATE TABLE workspace_tag_bindings (
  number     INTEGER PRIMARY KEY,
  workspace  INTEGER NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  key        TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 128),
  value      TEXT NOT NULL CHECK (length(value) <= 256),
  created_at INTEGER NOT NULL,
  UNIQUE (workspace, key)
) STRICT;
CREATE INDEX workspace_tag_bindings_by_workspace ON workspace_tag_bindings (workspace);

-- Tags that are a name alone, the older kind.
CREATE TABLE tags (
  number       INTEGER PRIMARY KEY AUTOINCREMENT,
  id           TEXT NOT NULL UNIQUE CHECK (id GLOB 'tag-*' AND length(id) = 20),
  organization INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
  name         TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  created_at   INTEGER NOT NULL,
  UNIQUE (organization, name)
) STRICT;
CREATE TABLE workspace_tags (
  workspace INTEGER NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  tag       INTEGER NOT NULL REFERENCES tags ON DELETE CASCADE,
  PRIMARY KEY (workspace, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX workspace_tags_by_tag ON workspace_tags (tag);

-- The other workspaces that may read a workspace's state.
CREATE TABLE remote_state_consumers (
  workspace INTEGER NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  consumer  INTEGER NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  PRIMARY KEY (workspace, consumer)
) STRICT, WITHOUT ROWID;
CREATE INDEX remote_state_consumers_by_consumer ON remote_state_consumers (consumer);


-- Team access ----------------------------------------------------------------------------------------------------------

-- What a team may do with one workspace, or with one project and its workspaces, beside what `teams.organization_access`
-- gives: the level, and the permissions that are in force, as a JSON object (src/domain/teams/levels.rs).
CREATE TABLE team_access (
  number      INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE CHECK (id GLOB CASE WHEN project IS NULL THEN 'tws-????????????????'
                                                       ELSE 'tprj-????????????????' END),
  team        INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
  workspace   INTEGER REFERENCES workspaces ON DELETE CASCADE,
  project     INTEGER REFERENCES projects ON DELETE CASCADE,
  level       TEXT NOT NULL CHECK (level <> ''),
  permissions TEXT NOT NULL CHECK (json_type(permissions) = 'object'),
  CHECK ((workspace IS NULL) <> (project IS NULL)),
  UNIQUE (workspace, team),
  UNIQUE (project, team)
) STRICT;
CREATE INDEX team_access_by_team ON team_access (team);
CREATE TRIGGER team_access_stays_within_an_organization
BEFORE INSERT ON team_access
WHEN (SELECT organization FROM teams WHERE number = NEW.team) IS NOT
     coalesce((SELECT organization FROM workspaces WHERE number = NEW.workspace),
              (SELECT organization FROM projects WHERE number = NEW.project))
BEGIN
  SELECT RAISE(ABORT, 'the workspace or project is another organization''s');
END;


-- Variables ------------------------------------------------------------------------------------------------------------

-- Variables that workspaces share. A set belongs to its organization, or to one of its projects.
CREATE TABLE variable_sets (
  number       INTEGER PRIMARY KEY AUTOINCREMENT,
  id           TEXT NOT NULL UNIQUE CHECK (id GLOB 'varset-*' AND length(id) = 23),
  organization INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
  project      INTEGER REFERENCES projects ON DELETE CASCADE, -- null: the organization owns the set
  name         TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 90),
  description  TEXT NOT NULL CHECK (length(description) <= 512),
  is_global    INTEGER NOT NULL CHECK (is_global = 0 OR (is_global = 1 AND project IS NULL)),
  is_priority  INTEGER NOT NULL CHECK (is_priority IN (0, 1)),
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  UNIQUE (organization, name)
) STRICT;
CREATE INDEX variable_sets_by_organization ON variable_sets (organization);
CREATE INDEX variable_sets_by_project ON variable_sets (project) WHERE project IS NOT NULL;

-- What a set that is not global is attached to.
CREATE TABLE variable_set_workspaces (
  variable_set INTEGER NOT NULL REFERENCES variable_sets ON DELETE CASCADE,
  workspace    INTEGER NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  PRIMARY KEY (variable_set, workspace)
) STRICT, WITHOUT ROWID;
CREATE INDEX variable_set_workspaces_by_workspace ON variable_set_workspaces (workspace);
CREATE TRIGGER variable_set_workspaces_stay_within_an_organization
BEFORE INSERT ON variable_set_workspaces
WHEN (SELECT organization FROM variable_sets WHERE number = NEW.variable_set) IS NOT
     (SELECT organization FROM workspaces WHERE number = NEW.workspace)
BEGIN
  SELECT RAISE(ABORT, 'the workspace is another organization''s');
END;
CREATE TABLE variable_set_projects (
  variable_set INTEGER NOT NULL REFERENCES variable_sets ON DELETE CASCADE,
  project      INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE,
  PRIMARY KEY (variable_set, project)
) STRICT, WITHOUT ROWID;
CREATE INDEX variable_set_projects_by_project ON variable_set_projects (project);
CREATE TRIGGER variable_set_projects_stay_within_an_organization
BEFORE INSERT ON variable_set_projects
WHEN (SELECT organization FROM variable_sets WHERE number = NEW.variable_set) IS NOT
     (SELECT organization FROM projects WHERE number = NEW.project)
BEGIN
  SELECT RAISE(ABORT, 'the project is another organization''s');
END;

-- A variable belongs to a workspace or to a set; as a parameter, to a policy set. The value of a sensitive one is sealed.
CREATE TABLE variables (
  number       INTEGER PRIMARY KEY,
  id           TEXT NOT NULL UNIQUE CHECK (id GLOB 'var-*' AND length(id) = 20),
  workspace    INTEGER REFERENCES workspaces ON DELETE CASCADE,
  variable_set INTEGER REFERENCES variable_sets ON DELETE CASCADE,
  policy_set   INTEGER REFERENCES policy_sets ON DELETE CASCADE
               CHECK ((workspace IS NOT NULL) + (variable_set IS NOT NULL) + (policy_set IS NOT NULL) = 1),
  category     TEXT NOT NULL CHECK (category = 'terraform' OR category = 'env' OR category = 'terraform-cloud' OR
                                    category = 'policy-set')
               CHECK (policy_set IS NULL OR category = 'policy-set'),
  key          TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 128),
  value        TEXT CHECK (length(value) <= 262144),
  -- At least 45 bytes: a sensitive value may be empty.
  value_sealed BLOB CHECK (length(value_sealed) >= 45) CHECK ((value_sealed IS NULL) <> (value IS NULL)),
  hcl          INTEGER NOT NULL CHECK (hcl IN (0, 1)),
  description  TEXT NOT NULL CHECK (length(description) <= 512),
  version      INTEGER NOT NULL DEFAULT 1, -- goes up with every change
  created_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX variables_of_workspace ON variables (workspace, category, key) WHERE workspace IS NOT NULL;
CREATE UNIQUE INDEX variables_of_set ON variables (variable_set, category, key) WHERE variable_set IS NOT NULL;
CREATE INDEX variables_by_workspace ON variables (workspace) WHERE workspace IS NOT NULL;
CREATE INDEX variables_by_variable_set ON variables (variable_set) WHERE variable_set IS NOT NULL;
CREATE UNIQUE INDEX variables_of_policy_set ON variables (policy_set, key) WHERE policy_set IS NOT NULL;
CREATE INDEX variables_by_policy_set ON variables (policy_set) WHERE policy_set IS NOT NULL;
CREATE TRIGGER variables_take_no_retired_key
BEFORE INSERT ON variables
WHEN substr(NEW.value_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
BEGIN
  SELECT RAISE(ABORT, 'sealed under a retired key');
END;
CREATE TRIGGER variables_take_no_retired_key_later
BEFORE UPDATE OF value_sealed ON variables
WHEN NEW.value_sealed IS NOT OLD.value_sealed
  AND substr(NEW.value_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
BEGIN
  SELECT RAISE(ABORT, 'sealed under a retired key');
END;


-- Around runs ----------------------------------------------------------------------------------------------------------

-- Bowline keeps these and runs nothing: no notification is sent, no task is called, no run is queued.

-- Who would be told about what happens in a workspace, a project or a team. Lists are JSON arrays of texts.
CREATE TABLE notification_configurations (
  number           INTEGER PRIMARY KEY AUTOINCREMENT,
  id               TEXT NOT NULL UNIQUE CHECK (id GLOB 'nc-*' AND length(id) = 19),
  workspace        INTEGER REFERENCES workspaces ON DELETE CASCADE,
  project          INTEGER REFERENCES projects ON DELETE CASCADE,
  team             INTEGER REFERENCES teams ON DELETE CASCADE,
  name             TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  destination_type TEXT NOT NULL CHECK (destination_type IN ('generic', 'slack', 'microsoft-teams', 'email')),
  enabled          INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  url              TEXT CHECK (length(url) <= 2048) CHECK ((url IS NULL) = (destination_type = 'email')),
  token_sealed     BLOB CHECK (length(token_sealed) > 45),
  triggers         TEXT NOT NULL CHECK (json_type(triggers) = 'array'),
  email_addresses  TEXT NOT NULL CHECK (json_type(email_addresses) = 'array'),
  created_at       INTEGER NOT NULL,
  updated_at       INTEGER NOT NULL,
  CHECK ((workspace IS NOT NULL) + (project IS NOT NULL) + (team IS NOT NULL) = 1)
) STRICT;
CREATE INDEX notification_configurations_by_workspace ON notification_configurations (workspace)
  WHERE workspace IS NOT NULL;
CREATE INDEX notification_configurations_by_project ON notification_configurations (project) WHERE project IS NOT NULL;
CREATE INDEX notification_configurations_by_team ON notification_configurations (team) WHERE team IS NOT NULL;
CREATE TRIGGER notification_configurations_take_no_retired_key
BEFORE INSERT ON notification_configurations
WHEN substr(NEW.token_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
BEGIN
  SELECT RAISE(ABORT, 'sealed under a retired key');
END;
CREATE TRIGGER notification_configurations_take_no_retired_key_later
BEFORE UPDATE OF token_sealed ON notification_configurations
WHEN NEW.token_sealed IS NOT OLD.token_sealed
  AND substr(NEW.token_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
BEGIN
  SELECT RAISE(ABORT, 'sealed under a retired key');
END;
-- Members and invited people who would be told.
CREATE TABLE notification_configuration_members (
  notification_configuration INTEGER NOT NULL REFERENCES notification_configurations ON DELETE CASCADE,
  membership                 INTEGER NOT NULL REFERENCES organization_memberships ON DELETE CASCADE,
  PRIMARY KEY (notification_configuration, membership)
) STRICT, WITHOUT ROWID;
CREATE INDEX notification_configuration_members_by_membership ON notification_configuration_members (membership);
CREATE TRIGGER notification_configuration_members_stay_within_an_organization
BEFORE INSERT ON notification_configuration_members
WHEN (SELECT organization FROM organization_memberships WHERE number = NEW.membership) IS NOT
     (SELECT coalesce(workspaces.organization, projects.organization, teams.organization)
      FROM notification_configurations AS told
      LEFT JOIN workspaces ON workspaces.number = told.workspace
      LEFT JOIN projects ON projects.number = told.project
      LEFT JOIN teams ON teams.number = told.team
      WHERE told.number = NEW.notification_configuration)
BEGIN
  SELECT RAISE(ABORT, 'the membership is another organization''s');
END;

-- A run of `sourceable` would start one of `workspace`.
CREATE TABLE run_triggers (
  number     INTEGER PRIMARY KEY,
  id         TEXT NOT NULL UNIQUE CHECK (id GLOB 'rt-*' AND length(id) = 19),
  workspace  INTEGER NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  sourceable INTEGER NOT NULL REFERENCES workspaces ON DELETE CASCADE CHECK (sourceable <> workspace),
  created_at INTEGER NOT NULL,
  UNIQUE (workspace, sourceable)
) STRICT;
CREATE INDEX run_triggers_by_workspace ON run_triggers (workspace);
CREATE INDEX run_triggers_by_sourceable ON run_triggers (sourceable);
CREATE TRIGGER run_triggers_stay_within_an_organization
BEFORE INSERT ON run_triggers
WHEN (SELECT organization FROM workspaces WHERE number = NEW.workspace) IS NOT
     (SELECT organization FROM workspaces WHERE number = NEW.sourceable)
BEGIN
  SELECT RAISE(ABORT, 'the workspace is another organization''s');
END;

-- What an organization would call during runs.
CREATE TABLE run_tasks (
  number                   INTEGER PRIMARY KEY AUTOINCREMENT,
  id                       TEXT NOT NULL UNIQUE CHECK (id GLOB 'task-*' AND length(id) = 21),
  organization             INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
  name                     TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  url                      TEXT NOT NULL CHECK (length(url) <= 2048),
  description              TEXT NOT NULL CHECK (length(description) <= 300),
  enabled                  INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  hmac_key_sealed          BLOB CHECK (length(hmac_key_sealed) > 45),
  agent_pool               INTEGER REFERENCES agent_pools ON DELETE SET NULL,
  -- Whether every workspace has the task, at which stages, and how much it counts.
  global_enabled           INTEGER NOT NULL CHECK (global_enabled IN (0, 1)),
  global_stages            TEXT NOT NULL CHECK (json_type(global_stages) = 'array'),
  global_enforcement_level TEXT NOT NULL CHECK (global_enforcement_level IN ('advisory', 'mandatory')),
  created_at               INTEGER NOT NULL,
  updated_at               INTEGER NOT NULL,
  UNIQUE (organization, name)
) STRICT;
CREATE INDEX run_tasks_by_organization ON run_tasks (organization);
CREATE INDEX run_tasks_by_agent_pool ON run_tasks (agent_pool) WHERE agent_pool IS NOT NULL;
CREATE TRIGGER run_tasks_take_no_retired_key
BEFORE INSERT ON run_tasks
WHEN substr(NEW.hmac_key_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
BEGIN
  SELECT RAISE(ABORT, 'sealed under a retired key');
END;
CREATE TRIGGER run_tasks_take_no_retired_key_later
BEFORE UPDATE OF hmac_key_sealed ON run_tasks
WHEN NEW.hmac_key_sealed IS NOT OLD.hmac_key_sealed
  AND substr(NEW.hmac_key_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
BEGIN
  SELECT RAISE(ABORT, 'sealed under a retired key');
END;
CREATE TABLE workspace_tasks (
  number            INTEGER PRIMARY KEY,
  id                TEXT NOT NULL UNIQUE CHECK (id GLOB 'wstask-*' AND length(id) = 23),
  workspace         INTEGER NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  task              INTEGER NOT NULL REFERENCES run_tasks ON DELETE CASCADE,
  enforcement_level TEXT NOT NULL CHECK (enforcement_level IN ('advisory', 'mandatory')),
  stages            TEXT NOT NULL CHECK (json_type(stages) = 'array'),
  created_at        INTEGER NOT NULL,
  updated_at        INTEGER NOT NULL,
  UNIQUE (workspace, task)
) STRICT;
CREATE INDEX workspace_tasks_by_workspace ON workspace_tasks (workspace);
CREATE INDEX workspace_tasks_by_task ON workspace_tasks (task);
CREATE TRIGGER workspace_tasks_stay_within_an_organization
BEFORE INSERT ON workspace_tasks
WHEN (SELECT organization FROM workspaces WHERE number = NEW.workspace) IS NOT
     (SELECT organization FROM run_tasks WHERE number = NEW.task)
BEGIN
  SELECT RAISE(ABORT, 'the task is another organization''s');
END;


-- Published from repositories ------------------------------------------------------------------------------------------

-- Records of what a repository would bring. Nothing is fetched, evaluated, planned or applied.

CREATE TABLE policy_sets (
  number       INTEGER PRIMARY KEY AUTOINCREMENT,
  id           TEXT NOT NULL UNIQUE CHECK (id GLOB 'polset-*' AND length(id) = 23),
  organization INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
  name         TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 90),
  is_global    INTEGER NOT NULL CHECK (is_global IN (0, 1)),
  settings     TEXT NOT NULL CHECK (json_type(settings) = 'object'), -- as in organizations
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  UNIQUE (organization, name)
) STRICT;
CREATE INDEX policy_sets_by_organization ON policy_sets (organization);

-- Where a set counts, or where it does not.
CREATE TABLE policy_set_workspaces (
  policy_set  INTEGER NOT NULL REFERENCES policy_sets ON DELETE CASCADE,
  workspace   INTEGER NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  is_excluded INTEGER NOT NULL CHECK (is_excluded IN (0, 1)),
  PRIMARY KEY (policy_set, workspace, is_excluded)
) STRICT, WITHOUT ROWID;
CREATE INDEX policy_set_workspaces_by_workspace ON policy_set_workspaces (workspace);
CREATE TRIGGER policy_set_workspaces_stay_within_an_organization
BEFORE INSERT ON policy_set_workspaces
WHEN (SELECT organization FROM policy_sets WHERE number = NEW.policy_set) IS NOT
     (SELECT organization FROM workspaces WHERE number = NEW.workspace)
BEGIN
  SELECT RAISE(ABORT, 'the workspace is another organization''s');
END;
CREATE TABLE policy_set_projects (
  policy_set  INTEGER NOT NULL REFERENCES policy_sets ON DELETE CASCADE,
  project     INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE,
  is_excluded INTEGER NOT NULL CHECK (is_excluded IN (0, 1)),
  PRIMARY KEY (policy_set, project, is_excluded)
) STRICT, WITHOUT ROWID;
CREATE INDEX policy_set_projects_by_project ON policy_set_projects (project);
CREATE TRIGGER policy_set_projects_stay_within_an_organization
BEFORE INSERT ON policy_set_projects
WHEN (SELECT organization FROM policy_sets WHERE number = NEW.policy_set) IS NOT
     (SELECT organization FROM projects WHERE number = NEW.project)
BEGIN
  SELECT RAISE(ABORT, 'the project is another organization''s');
END;

CREATE TABLE stacks (
  number       INTEGER PRIMARY KEY AUTOINCREMENT,
  id           TEXT NOT NULL UNIQUE CHECK (id GLOB 'st-*' AND length(id) = 19),
  project      INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE,
  name         TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 90),
  settings     TEXT NOT NULL CHECK (json_type(settings) = 'object'), -- as in organizations
  agent_pool   INTEGER REFERENCES agent_pools ON DELETE SET NULL,
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  UNIQUE (project, name)
) STRICT;
CREATE INDEX stacks_by_project ON stacks (project);
CREATE INDEX stacks_by_agent_pool ON stacks (agent_pool) WHERE agent_pool IS NOT NULL;

-- Modules of organizations' private registries. Their versions are in the settings: names alone.
CREATE TABLE registry_modules (
  number       INTEGER PRIMARY KEY AUTOINCREMENT,
  id           TEXT NOT NULL UNIQUE CHECK (id GLOB 'mod-*' AND length(id) = 20),
  organization INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
  name         TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
  provider     TEXT NOT NULL CHECK (length(provider) BETWEEN 1 AND 64),
  settings     TEXT NOT NULL CHECK (json_type(settings) = 'object'), -- as in organizations
  agent_pool   INTEGER REFERENCES agent_pools ON DELETE SET NULL,    -- for tests
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  UNIQUE (organization, name, provider)
) STRICT;
CREATE INDEX registry_modules_by_organization ON registry_modules (organization);
CREATE INDEX registry_modules_by_agent_pool ON registry_modules (agent_pool) WHERE agent_pool IS NOT NULL;

-- What people may provision without writing configurations. Nothing is provisioned here.
CREATE TABLE no_code_modules (
  number          INTEGER PRIMARY KEY,
  id              TEXT NOT NULL UNIQUE CHECK (id GLOB 'nocode-*' AND length(id) = 23),
  registry_module INTEGER NOT NULL UNIQUE REFERENCES registry_modules ON DELETE CASCADE,
  settings        TEXT NOT NULL CHECK (json_type(settings) = 'object'), -- as in organizations
  created_at      INTEGER NOT NULL
) STRICT;


-- Links to repositories ------------------------------------------------------------------------------------------------

-- Where a person has installed a GitHub App. Bowline keeps what it is told and never asks GitHub.
CREATE TABLE github_app_installations (
  number       INTEGER PRIMARY KEY AUTOINCREMENT,
  id           TEXT NOT NULL UNIQUE CHECK (id GLOB 'ghain-*' AND length(id) = 22),
  organization INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
  name         TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 255), -- the account at GitHub
  account_type TEXT NOT NULL CHECK (account_type = 'User' OR account_type = 'Organization'),
  installation INTEGER NOT NULL CHECK (installation > 0), -- its number at GitHub
  created_at   INTEGER NOT NULL,
  UNIQUE (organization, installation)
) STRICT;
CREATE INDEX github_app_installations_by_organization ON github_app_installations (organization);

-- What is linked to a repository, and through which OAuth token or GitHub App installation. A link goes with its holder and
-- with what it is through. `holder` says which column names the holder. A new kind of holder adds a column like `workspace` with its own CHECK, a
-- unique index and two triggers; the table is not rebuilt (docs/decisions/0022-repository-links.md).
CREATE TABLE repository_links (
  number             INTEGER PRIMARY KEY,
  holder             TEXT NOT NULL CHECK (holder <> ''),
  workspace          INTEGER UNIQUE REFERENCES workspaces ON DELETE CASCADE
                     CHECK ((workspace IS NOT NULL) = (holder = 'workspace')),
  policy_set         INTEGER UNIQUE REFERENCES policy_sets ON DELETE CASCADE
                     CHECK ((policy_set IS NOT NULL) = (holder = 'policy_set')),
  stack              INTEGER UNIQUE REFERENCES stacks ON DELETE CASCADE
                     CHECK ((stack IS NOT NULL) = (holder = 'stack')),
  registry_module    INTEGER UNIQUE REFERENCES registry_modules ON DELETE CASCADE
                     CHECK ((registry_module IS NOT NULL) = (holder = 'registry_module')),
  oauth_token        INTEGER REFERENCES oauth_tokens ON DELETE CASCADE,
  github_app_installation INTEGER REFERENCES github_app_installations ON DELETE CASCADE
                     CHECK ((github_app_installation IS NULL) <> (oauth_token IS NULL)),
  identifier         TEXT NOT NULL CHECK (length(identifier) BETWEEN 3 AND 255),
  branch             TEXT NOT NULL DEFAULT '' CHECK (length(branch) <= 255),
  ingress_submodules INTEGER NOT NULL DEFAULT 0 CHECK (ingress_submodules IN (0, 1)),
  tags_regex         TEXT NOT NULL DEFAULT '' CHECK (length(tags_regex) <= 1024)
) STRICT;
CREATE INDEX repository_links_by_oauth_token ON repository_links (oauth_token, workspace);
CREATE INDEX repository_links_by_github_app_installation ON repository_links (github_app_installation)
  WHERE github_app_installation IS NOT NULL;
-- A holder uses the tokens and installations of its own organization. The first trigger runs for an upsert too, the second
-- where links move from one token to another.
CREATE TRIGGER repository_links_stay_within_an_organization
BEFORE INSERT ON repository_links
WHEN coalesce((SELECT organization FROM workspaces WHERE number = NEW.workspace),
              (SELECT organization FROM policy_sets WHERE number = NEW.policy_set),
              (SELECT organization FROM registry_modules WHERE number = NEW.registry_module),
              (SELECT projects.organization FROM stacks JOIN projects ON projects.number = stacks.project
               WHERE stacks.number = NEW.stack)) <>
     coalesce((SELECT oauth_clients.organization FROM oauth_tokens
               JOIN oauth_clients ON oauth_clients.number = oauth_tokens.client
               WHERE oauth_tokens.number = NEW.oauth_token),
              (SELECT organization FROM github_app_installations WHERE number = NEW.github_app_installation))
BEGIN
  SELECT RAISE(ABORT, 'the OAuth token or GitHub App installation is another organization''s');
END;
CREATE TRIGGER repository_links_move_within_an_organization
BEFORE UPDATE OF oauth_token, github_app_installation ON repository_links
WHEN coalesce((SELECT organization FROM workspaces WHERE number = NEW.workspace),
              (SELECT organization FROM policy_sets WHERE number = NEW.policy_set),
              (SELECT organization FROM registry_modules WHERE number = NEW.registry_module),
              (SELECT projects.organization FROM stacks JOIN projects ON projects.number = stacks.project
               WHERE stacks.number = NEW.stack)) <>
     coalesce((SELECT oauth_clients.organization FROM oauth_tokens
               JOIN oauth_clients ON oauth_clients.number = oauth_tokens.client
               WHERE oauth_tokens.number = NEW.oauth_token),
              (SELECT organization FROM github_app_installations WHERE number = NEW.github_app_installation))
BEGIN
  SELECT RAISE(ABORT, 'the OAuth token or GitHub App installation is another organization''s');
END;


-- Sizes of lists ------------------------------------------------------------------------------------------------------

-- How many items the longest lists of an organization have, so that a page can tell without counting them
-- (docs/decisions/0040-list-totals.md). No row: none.
CREATE TABLE list_sizes (
  organization INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
  list         TEXT NOT NULL CHECK (list <> ''),
  size         INTEGER NOT NULL CHECK (size >= 0),
  PRIMARY KEY (organization, list)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER organization_memberships_count_up AFTER INSERT ON organization_memberships
BEGIN
  INSERT INTO list_sizes (organization, list, size) VALUES (NEW.organization, 'organization_memberships', 1)
  ON CONFLICT (organization, list) DO UPDATE SET size = size + 1;
END;
CREATE TRIGGER organization_memberships_count_down AFTER DELETE ON organization_memberships
BEGIN
  UPDATE list_sizes SET size = size - 1 WHERE organization = OLD.organization AND list = 'organization_memberships';
END;
CREATE TRIGGER teams_count_up AFTER INSERT ON teams
BEGIN
  INSERT INTO list_sizes (organization, list, size) VALUES (NEW.organization, 'teams', 1)
  ON CONFLICT (organization, list) DO UPDATE SET size = size + 1;
END;
CREATE TRIGGER teams_count_down AFTER DELETE ON teams
BEGIN
  UPDATE list_sizes SET size = size - 1 WHERE organization = OLD.organization AND list = 'teams';
END;
CREATE TRIGGER projects_count_up AFTER INSERT ON projects
BEGIN
  INSERT INTO list_sizes (organization, list, size) VALUES (NEW.organization, 'projects', 1)
  ON CONFLICT (organization, list) DO UPDATE SET size = size + 1;
END;
CREATE TRIGGER projects_count_down AFTER DELETE ON projects
BEGIN
  UPDATE list_sizes SET size = size - 1 WHERE organization = OLD.organization AND list = 'projects';
END;
CREATE TRIGGER workspaces_count_up AFTER INSERT ON workspaces
BEGIN
  INSERT INTO list_sizes (organization, list, size) VALUES (NEW.organization, 'workspaces', 1)
  ON CONFLICT (organization, list) DO UPDATE SET size = size + 1;
END;
CREATE TRIGGER workspaces_count_down AFTER DELETE ON workspaces
BEGIN
  UPDATE list_sizes SET size = size - 1 WHERE organization = OLD.organization AND list = 'workspaces';
END;
CREATE TRIGGER oauth_clients_count_up AFTER INSERT ON oauth_clients
BEGIN
  INSERT INTO list_sizes (organization, list, size) VALUES (NEW.organization, 'oauth_clients', 1)
  ON CONFLICT (organization, list) DO UPDATE SET size = size + 1;
END;
-- Before, because the token is still there then; when it goes with the client, its own trigger finds no client any more.
CREATE TRIGGER oauth_clients_count_down BEFORE DELETE ON oauth_clients
BEGIN
  UPDATE list_sizes SET size = size - 1 WHERE organization = OLD.organization
    AND (list = 'oauth_clients' OR (list = 'oauth_tokens'
         AND EXISTS (SELECT 1 FROM oauth_tokens WHERE client = OLD.number)));
END;
CREATE TRIGGER oauth_tokens_count_up AFTER INSERT ON oauth_tokens
BEGIN
  INSERT INTO list_sizes (organization, list, size)
  SELECT organization, 'oauth_tokens', 1 FROM oauth_clients WHERE number = NEW.client
  ON CONFLICT (organization, list) DO UPDATE SET size = size + 1;
END;
CREATE TRIGGER oauth_tokens_count_down AFTER DELETE ON oauth_tokens
BEGIN
  UPDATE list_sizes SET size = size - 1 WHERE list = 'oauth_tokens'
    AND organization = (SELECT organization FROM oauth_clients WHERE number = OLD.client);
END;


-- Removals that have not ended ----------------------------------------------------------------------------------------

-- Rows that are gone while others still refer to them: too many to go in the same change. Nobody sees those
-- (src/store/engine/references/shadows.rs), and the writer removes them between other changes, or empties the column that
-- refers; then the row here goes too (docs/decisions/0027-bounds.md).
CREATE TABLE removals (
  parent       TEXT NOT NULL CHECK (parent <> ''), -- the table that the row was in
  number       INTEGER NOT NULL,
  -- Whose change it was, for events that are yet to be written.
  organization TEXT,                               -- external id
  request_id   BLOB CHECK (length(request_id) = 16),
  actor_id     TEXT,                               -- null: the operator
  actor_name   TEXT CHECK ((actor_name IS NULL) = (actor_id IS NULL)),
  PRIMARY KEY (parent, number)
) STRICT, WITHOUT ROWID;


-- Audit trail ----------------------------------------------------------------------------------------------------------

-- What was changed and who did it, written in the transaction of the change and never altered. Names and ids are copied,
-- not referenced: an event outlives what it is about. Numbers go up by one without a gap and are never used again;
-- retention removes events from the beginning. `link` is a MAC over the link of the event before and every column of this
-- row (src/store/audit/chain.rs). src/store/audit/mod.rs lists the types of resources and the actions, so that a new one
-- needs no change here.
CREATE TABLE audit_events (
  number        INTEGER PRIMARY KEY,
  id            BLOB NOT NULL CHECK (length(id) = 16),
  at            INTEGER NOT NULL,
  organization  TEXT, -- external id; null: the event belongs to no organization
  request_id    BLOB CHECK (length(request_id) = 16), -- null: no request caused it
  -- Unknown: a request without a valid token. The name is an address then.
  actor_type    TEXT NOT NULL CHECK (actor_type = 'Client' OR actor_type = 'System' OR actor_type = 'Unknown'),
  actor_id      TEXT,
  actor_name    TEXT NOT NULL CHECK (actor_name <> ''),
  resource_type TEXT NOT NULL CHECK (resource_type <> ''),
  resource_id   TEXT NOT NULL CHECK (resource_id <> ''),
  action        TEXT NOT NULL CHECK (action <> ''),
  meta          TEXT CHECK (json_type(meta) = 'object'),
  link          BLOB NOT NULL CHECK (length(link) = 32),
  CHECK ((actor_type = 'Client') = (actor_id IS NOT NULL))
) STRICT;
-- An organization's events are read in the order of time, and of numbers within a millisecond.
CREATE INDEX audit_events_by_organization ON audit_events (organization, at);

-- One row: the last event that was removed, or the start of the chain. `mac` is over the other two columns.
CREATE TABLE audit_anchor (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  number   INTEGER NOT NULL CHECK (number >= 0),
  link     BLOB NOT NULL CHECK (length(link) = 32),
  mac      BLOB NOT NULL CHECK (length(mac) = 32)
) STRICT;

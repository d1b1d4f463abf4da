-- Version 2: what today's clients need around OAuth clients: projects, teams with access, memberships, agent pools, SSH keys.

-- Kinds of things that may be named here have grown; a CHECK cannot be altered, so the table is made anew.
CREATE TABLE audit_events_2 (
  number        INTEGER PRIMARY KEY,
  id            BLOB NOT NULL DEFAULT (randomblob(16)) CHECK (length(id) = 16),
  at            INTEGER NOT NULL,
  organization  TEXT, -- external id; null for what belongs to no organization
  actor_type    TEXT NOT NULL CHECK (actor_type IN ('Client', 'System')),
  actor_id      TEXT,
  actor_name    TEXT NOT NULL CHECK (actor_name <> ''),
  resource_type TEXT NOT NULL CHECK (resource_type IN ('agent_pool', 'authentication_token', 'oauth_client',
                                                       'oauth_token', 'organization', 'organization_membership',
                                                       'project', 'ssh_key', 'team', 'user', 'workspace')),
  resource_id   TEXT NOT NULL CHECK (resource_id <> ''),
  action        TEXT NOT NULL CHECK (action IN ('create', 'update', 'destroy', 'unlink')),
  CHECK ((actor_type = 'Client') = (actor_id IS NOT NULL))
) STRICT;
INSERT INTO audit_events_2 SELECT * FROM audit_events;
DROP TABLE audit_events;
ALTER TABLE audit_events_2 RENAME TO audit_events;

-- Pools of agents that may stand between the service and a VCS provider. Bowline keeps what clients say of them; no agent
-- ever connects.
CREATE TABLE agent_pools (
  number              INTEGER PRIMARY KEY,
  id                  TEXT NOT NULL UNIQUE CHECK (id GLOB 'apool-*' AND length(id) = 22),
  organization        INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
  name                TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  organization_scoped INTEGER NOT NULL DEFAULT 1 CHECK (organization_scoped IN (0, 1)),
  created_at          INTEGER NOT NULL,
  UNIQUE (organization, name)
) STRICT;
CREATE INDEX agent_pools_by_organization ON agent_pools (organization);

CREATE TABLE ssh_keys (
  number       INTEGER PRIMARY KEY,
  id           TEXT NOT NULL UNIQUE CHECK (id GLOB 'sshkey-*' AND length(id) = 23),
  organization INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
  name         TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  value_sealed BLOB NOT NULL CHECK (length(value_sealed) > 45),
  created_at   INTEGER NOT NULL,
  UNIQUE (organization, name)
) STRICT;
CREATE INDEX ssh_keys_by_organization ON ssh_keys (organization);

-- `settings` of organizations, projects and workspaces are what clients set and read back, and nothing here acts upon:
-- an object of the attributes that differ from their defaults. What Bowline acts upon has a column.
ALTER TABLE organizations ADD COLUMN settings TEXT NOT NULL DEFAULT '{}' CHECK (json_type(settings) = 'object');
ALTER TABLE organizations ADD COLUMN user_tokens_enabled INTEGER NOT NULL DEFAULT 1 CHECK (user_tokens_enabled IN (0, 1));
ALTER TABLE organizations ADD COLUMN allow_force_delete_workspaces INTEGER NOT NULL DEFAULT 0
  CHECK (allow_force_delete_workspaces IN (0, 1));
ALTER TABLE organizations ADD COLUMN default_execution_mode TEXT NOT NULL DEFAULT 'remote'
  CHECK (default_execution_mode IN ('remote', 'local', 'agent'));
ALTER TABLE organizations ADD COLUMN default_agent_pool INTEGER REFERENCES agent_pools ON DELETE SET NULL;
CREATE INDEX organizations_by_default_agent_pool ON organizations (default_agent_pool)
  WHERE default_agent_pool IS NOT NULL;

-- Every organization has exactly one default project, which cannot be deleted.
CREATE TABLE projects (
  number                         INTEGER PRIMARY KEY,
  id                             TEXT NOT NULL UNIQUE CHECK (id GLOB 'prj-*' AND length(id) = 20),
  organization                   INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
  name                           TEXT NOT NULL COLLATE NOCASE CHECK (length(name) BETWEEN 3 AND 40),
  is_default                     INTEGER NOT NULL DEFAULT 0 CHECK (is_default IN (0, 1)),
  description                    TEXT NOT NULL DEFAULT '' CHECK (length(description) <= 256),
  auto_destroy_activity_duration TEXT CHECK (length(auto_destroy_activity_duration) BETWEEN 2 AND 5),
  -- Null: as the organization has it.
  default_execution_mode         TEXT CHECK (default_execution_mode IN ('remote', 'local', 'agent')),
  default_agent_pool             INTEGER REFERENCES agent_pools ON DELETE SET NULL,
  created_at                     INTEGER NOT NULL,
  UNIQUE (organization, name)
) STRICT;
CREATE UNIQUE INDEX projects_default ON projects (organization) WHERE is_default = 1;
-- Lists are in the order of creation.
CREATE INDEX projects_by_organization ON projects (organization);
CREATE INDEX projects_by_default_agent_pool ON projects (default_agent_pool) WHERE default_agent_pool IS NOT NULL;

INSERT INTO projects (id, organization, name, is_default, created_at)
SELECT 'prj-' || (WITH RECURSIVE place (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM place WHERE n < 16)
                  SELECT group_concat(substr('123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz',
                                             1 + abs(random() % 58), 1), '')
                  FROM place WHERE organizations.number > 0),
       number, 'Default Project', 1, created_at
FROM organizations;

CREATE TABLE project_tag_bindings (
  number  INTEGER PRIMARY KEY,
  project INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE,
  key     TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 128),
  value   TEXT NOT NULL CHECK (length(value) <= 256),
  UNIQUE (project, key)
) STRICT;
-- Lists are in the order in which they were given.
CREATE INDEX project_tag_bindings_by_project ON project_tag_bindings (project);

ALTER TABLE workspaces ADD COLUMN settings TEXT NOT NULL DEFAULT '{}' CHECK (json_type(settings) = 'object');
-- Never null but while a row of version 1 is brought up to date.
ALTER TABLE workspaces ADD COLUMN project INTEGER REFERENCES projects;
ALTER TABLE workspaces ADD COLUMN execution_mode TEXT CHECK (execution_mode IN ('remote', 'local', 'agent'));
ALTER TABLE workspaces ADD COLUMN agent_pool INTEGER REFERENCES agent_pools ON DELETE SET NULL;
ALTER TABLE workspaces ADD COLUMN ssh_key INTEGER REFERENCES ssh_keys ON DELETE SET NULL;
-- Who holds the workspace, copied: a resource type, an id and a name on the wire. Null where nobody does.
ALTER TABLE workspaces ADD COLUMN locked_by_type TEXT CHECK (locked_by_type IN ('users', 'teams', 'organizations'));
ALTER TABLE workspaces ADD COLUMN locked_by_id TEXT CHECK ((locked_by_id IS NULL) = (locked_by_type IS NULL));
ALTER TABLE workspaces ADD COLUMN locked_by_name TEXT CHECK ((locked_by_name IS NULL) = (locked_by_type IS NULL));
ALTER TABLE workspaces ADD COLUMN lock_reason TEXT NOT NULL DEFAULT '' CHECK (length(lock_reason) <= 1024);
UPDATE workspaces SET project =
  (SELECT number FROM projects WHERE projects.organization = workspaces.organization AND is_default = 1);
CREATE INDEX workspaces_by_project ON workspaces (project);
CREATE INDEX workspaces_by_agent_pool ON workspaces (agent_pool) WHERE agent_pool IS NOT NULL;
CREATE INDEX workspaces_by_ssh_key ON workspaces (ssh_key) WHERE ssh_key IS NOT NULL;

-- A workspace is in a project of its own organization.
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
  number    INTEGER PRIMARY KEY,
  workspace INTEGER NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  key       TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 128),
  value     TEXT NOT NULL CHECK (length(value) <= 256),
  UNIQUE (workspace, key)
) STRICT;
CREATE INDEX workspace_tag_bindings_by_workspace ON workspace_tag_bindings (workspace);

-- Tags of a name alone, the older kind.
CREATE TABLE tags (
  number       INTEGER PRIMARY KEY,
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

-- Which other workspaces may read a workspace's state.
CREATE TABLE remote_state_consumers (
  workspace INTEGER NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  consumer  INTEGER NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  PRIMARY KEY (workspace, consumer)
) STRICT, WITHOUT ROWID;
CREATE INDEX remote_state_consumers_by_consumer ON remote_state_consumers (consumer);

-- Where an agent pool that is not organization-scoped may be used, and where one that is may not.
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

ALTER TABLE oauth_clients ADD COLUMN agent_pool INTEGER REFERENCES agent_pools ON DELETE SET NULL;
CREATE INDEX oauth_clients_by_agent_pool ON oauth_clients (agent_pool) WHERE agent_pool IS NOT NULL;
ALTER TABLE oauth_tokens ADD COLUMN ssh_key_sealed BLOB CHECK (length(ssh_key_sealed) > 45);

-- The projects that an OAuth client is attached to; they limit its use where it is not organization-scoped.
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

-- Bits of `organization_access` are numbered in src/domain/organization_access.rs.
ALTER TABLE teams ADD COLUMN organization_access INTEGER NOT NULL DEFAULT 0;
ALTER TABLE teams ADD COLUMN visibility TEXT NOT NULL DEFAULT 'secret' CHECK (visibility IN ('secret', 'organization'));
ALTER TABLE teams ADD COLUMN sso_team_id TEXT CHECK (length(sso_team_id) BETWEEN 1 AND 255);
ALTER TABLE teams ADD COLUMN allow_member_token_management INTEGER NOT NULL DEFAULT 1
  CHECK (allow_member_token_management IN (0, 1));
-- Lists are in the order of creation.
CREATE INDEX teams_by_organization ON teams (organization);

-- An invitation finds the account with its address.
CREATE INDEX users_by_email ON users (email COLLATE NOCASE);

-- Who belongs to an organization. Without a user it is an invitation, which whoever gets an account with that e-mail
-- address accepts by doing so.
CREATE TABLE organization_memberships (
  number       INTEGER PRIMARY KEY,
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

INSERT INTO organization_memberships (id, organization, user, email, created_at)
SELECT 'ou-' || (WITH RECURSIVE place (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM place WHERE n < 16)
                 SELECT group_concat(substr('123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz',
                                            1 + abs(random() % 58), 1), '')
                 FROM place WHERE member.user > 0),
       member.organization, member.user, users.email, member.since
FROM (SELECT teams.organization, team_members.user, min(teams.created_at) AS since
      FROM team_members JOIN teams ON teams.number = team_members.team
      GROUP BY teams.organization, team_members.user) AS member
JOIN users ON users.number = member.user;

-- Members of a team are members of its organization first.
CREATE TABLE team_members_2 (
  team       INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
  membership INTEGER NOT NULL REFERENCES organization_memberships ON DELETE CASCADE,
  PRIMARY KEY (team, membership)
) STRICT, WITHOUT ROWID;
INSERT INTO team_members_2
SELECT team_members.team, organization_memberships.number
FROM team_members
JOIN teams ON teams.number = team_members.team
JOIN organization_memberships ON organization_memberships.organization = teams.organization
                             AND organization_memberships.user = team_members.user;
DROP TABLE team_members;
ALTER TABLE team_members_2 RENAME TO team_members;
CREATE INDEX team_members_by_membership ON team_members (membership);
CREATE TRIGGER team_members_stay_within_an_organization
BEFORE INSERT ON team_members
WHEN (SELECT organization FROM teams WHERE number = NEW.team) IS NOT
     (SELECT organization FROM organization_memberships WHERE number = NEW.membership)
BEGIN
  SELECT RAISE(ABORT, 'the membership is another organization''s');
END;

-- The one token of a team or organization that is managed without naming its id; making it again replaces it.
ALTER TABLE api_tokens ADD COLUMN is_sole INTEGER NOT NULL DEFAULT 0 CHECK (is_sole IN (0, 1));
CREATE UNIQUE INDEX api_tokens_sole_of_team ON api_tokens (team) WHERE is_sole = 1 AND team IS NOT NULL;
CREATE UNIQUE INDEX api_tokens_sole_of_organization ON api_tokens (organization)
  WHERE is_sole = 1 AND organization IS NOT NULL;
-- Who made it: a resource type and id, copied; null for the command line.
ALTER TABLE api_tokens ADD COLUMN creator_type TEXT CHECK (creator_type IN ('users', 'teams', 'organizations'));
ALTER TABLE api_tokens ADD COLUMN creator_id TEXT CHECK ((creator_id IS NULL) = (creator_type IS NULL));

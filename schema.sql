-- Bowline's database, version 1. This is the first migration; later ones are numbered files in migrations/.
--
-- Every table has a number (the row) and most have an id (the external id, on the wire). Foreign keys go by number.
-- Instants are milliseconds since 1970-01-01T00:00:00Z. Columns that end in _sealed hold ciphertext, bound to their
-- table, column, row id and organization.

-- One row: when this database was made, and what only the right master key opens.
CREATE TABLE installation (
  only_row     INTEGER PRIMARY KEY CHECK (only_row = 1),
  created_at   INTEGER NOT NULL,
  seal_check   BLOB NOT NULL,
  digest_check BLOB NOT NULL CHECK (length(digest_check) = 32)
) STRICT;

CREATE TABLE users (
  number        INTEGER PRIMARY KEY,
  id            TEXT NOT NULL UNIQUE CHECK (id GLOB 'user-*' AND length(id) = 21),
  username      TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (length(username) BETWEEN 1 AND 255),
  email         TEXT NOT NULL CHECK (length(email) BETWEEN 1 AND 255),
  is_site_admin INTEGER NOT NULL CHECK (is_site_admin IN (0, 1)),
  created_at    INTEGER NOT NULL
) STRICT;

-- The number is part of connect paths, so it is never used again.
CREATE TABLE organizations (
  number      INTEGER PRIMARY KEY AUTOINCREMENT,
  external_id TEXT NOT NULL UNIQUE CHECK (external_id GLOB 'org-*' AND length(external_id) = 20),
  name        TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (length(name) BETWEEN 1 AND 255),
  email       TEXT NOT NULL CHECK (length(email) BETWEEN 1 AND 255),
  created_at  INTEGER NOT NULL
) STRICT;

-- Every organization has a team named owners.
CREATE TABLE teams (
  number       INTEGER PRIMARY KEY,
  id           TEXT NOT NULL UNIQUE CHECK (id GLOB 'team-*' AND length(id) = 21),
  organization INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
  name         TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  created_at   INTEGER NOT NULL,
  UNIQUE (organization, name)
) STRICT;

CREATE TABLE team_members (
  team INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
  user INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
  PRIMARY KEY (team, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX team_members_by_user ON team_members (user);

-- API tokens. The digest is an HMAC under a key that is not in this file. A token speaks for exactly one subject.
CREATE TABLE api_tokens (
  number       INTEGER PRIMARY KEY,
  id           TEXT NOT NULL UNIQUE CHECK (id GLOB 'at-*' AND length(id) = 19),
  digest       BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  user         INTEGER REFERENCES users ON DELETE CASCADE,
  team         INTEGER REFERENCES teams ON DELETE CASCADE,
  organization INTEGER REFERENCES organizations ON DELETE CASCADE,
  description  TEXT CHECK (length(description) <= 255),
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER,
  CHECK ((user IS NOT NULL) + (team IS NOT NULL) + (organization IS NOT NULL) = 1)
) STRICT;
CREATE INDEX api_tokens_by_user ON api_tokens (user) WHERE user IS NOT NULL;
CREATE INDEX api_tokens_by_team ON api_tokens (team) WHERE team IS NOT NULL;
CREATE INDEX api_tokens_by_organization ON api_tokens (organization) WHERE organization IS NOT NULL;

CREATE TABLE oauth_clients (
  number              INTEGER PRIMARY KEY,
  id                  TEXT NOT NULL UNIQUE CHECK (id GLOB 'oc-*' AND length(id) = 19),
  organization        INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
  callback            BLOB NOT NULL UNIQUE CHECK (length(callback) = 16), -- the UUID of the callback URL
  -- No IN: SQLite would build a table of its members for each row that is inserted.
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
  secret_sealed       BLOB CHECK (length(secret_sealed) > 45), -- a header of 29 bytes and a tag of 16
  private_key_sealed  BLOB CHECK (length(private_key_sealed) > 45),
  organization_scoped INTEGER NOT NULL CHECK (organization_scoped IN (0, 1)),
  ado_org_name        TEXT CHECK (length(ado_org_name) BETWEEN 1 AND 255),
  ado_entra_tenant_id TEXT CHECK (length(ado_entra_tenant_id) BETWEEN 1 AND 255),
  created_at          INTEGER NOT NULL,
  updated_at          INTEGER NOT NULL
) STRICT;
CREATE INDEX oauth_clients_by_organization ON oauth_clients (organization);

-- A client has at most one token: real clients fail on two.
CREATE TABLE oauth_tokens (
  number                INTEGER PRIMARY KEY,
  id                    TEXT NOT NULL UNIQUE CHECK (id GLOB 'ot-*' AND length(id) = 19),
  oauth_client          INTEGER NOT NULL UNIQUE REFERENCES oauth_clients ON DELETE CASCADE,
  token_sealed          BLOB NOT NULL CHECK (length(token_sealed) > 45),
  service_provider_user TEXT NOT NULL DEFAULT '',
  created_at            INTEGER NOT NULL
) STRICT;

CREATE TABLE workspaces (
  number       INTEGER PRIMARY KEY,
  id           TEXT NOT NULL UNIQUE CHECK (id GLOB 'ws-*' AND length(id) = 19),
  organization INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
  name         TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  description  TEXT CHECK (length(description) <= 1024),
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  UNIQUE (organization, name)
) STRICT;
-- Lists are in the order of creation.
CREATE INDEX workspaces_by_organization ON workspaces (organization);

-- A workspace's link to a repository. Unlinking is the absence of the row; a link cannot outlive its token.
CREATE TABLE workspace_vcs_repos (
  workspace          INTEGER PRIMARY KEY REFERENCES workspaces ON DELETE CASCADE,
  oauth_token        INTEGER NOT NULL REFERENCES oauth_tokens ON DELETE CASCADE,
  identifier         TEXT NOT NULL CHECK (length(identifier) BETWEEN 3 AND 255),
  branch             TEXT NOT NULL DEFAULT '' CHECK (length(branch) <= 255),
  ingress_submodules INTEGER NOT NULL DEFAULT 0 CHECK (ingress_submodules IN (0, 1)),
  tags_regex         TEXT NOT NULL DEFAULT '' CHECK (length(tags_regex) <= 1024)
) STRICT;
CREATE INDEX workspace_vcs_repos_by_oauth_token ON workspace_vcs_repos (oauth_token);

-- A workspace uses the connections of its own organization and no other's.
CREATE TRIGGER workspace_vcs_repos_stay_within_an_organization
BEFORE INSERT ON workspace_vcs_repos
WHEN (SELECT organization FROM workspaces WHERE number = NEW.workspace) IS NOT
     (SELECT oauth_clients.organization FROM oauth_tokens
      JOIN oauth_clients ON oauth_clients.number = oauth_tokens.oauth_client
      WHERE oauth_tokens.number = NEW.oauth_token)
BEGIN
  SELECT RAISE(ABORT, 'the OAuth token is another organization''s');
END;

-- What was changed, by whom; written in the transaction of the change, never altered. Names and ids are copied, not
-- referenced: the trail outlives what it tells of.
CREATE TABLE audit_events (
  number        INTEGER PRIMARY KEY,
  id            BLOB NOT NULL DEFAULT (randomblob(16)) CHECK (length(id) = 16),
  at            INTEGER NOT NULL,
  organization  TEXT, -- external id; null for what belongs to no organization
  actor_type    TEXT NOT NULL CHECK (actor_type IN ('Client', 'System')),
  actor_id      TEXT,
  actor_name    TEXT NOT NULL CHECK (actor_name <> ''),
  resource_type TEXT NOT NULL CHECK (resource_type IN ('authentication_token', 'oauth_client', 'oauth_token',
                                                       'organization', 'user', 'workspace')),
  resource_id   TEXT NOT NULL CHECK (resource_id <> ''),
  action        TEXT NOT NULL CHECK (action IN ('create', 'update', 'destroy', 'unlink')),
  CHECK ((actor_type = 'Client') = (actor_id IS NOT NULL))
) STRICT;

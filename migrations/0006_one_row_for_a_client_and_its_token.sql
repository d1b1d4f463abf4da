-- A client's one token is part of the client's row: whoever reads a client reads one row, wherever in the file it is.
-- The view shows tokens as the table did; their secrets are still sealed for places in oauth_tokens.
-- What refers to either is made anew with it, since a table that is dropped takes along what refers to its rows; every
-- foreign key follows the renaming. Unique indexes come after the rows, so that they are built in order.

CREATE TABLE oauth_clients_6 (
  number                     INTEGER PRIMARY KEY,
  id                         TEXT NOT NULL CHECK (id GLOB 'oc-*' AND length(id) = 19),
  organization               INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
  callback                   BLOB NOT NULL CHECK (length(callback) = 16), -- the UUID of the callback URL
  -- No IN: SQLite would build a table of its members for each row that is inserted.
  service_provider           TEXT NOT NULL CHECK (service_provider = 'github' OR
                                                  service_provider = 'github_enterprise' OR
                                                  service_provider = 'gitlab_hosted' OR
                                                  service_provider = 'gitlab_community_edition' OR
                                                  service_provider = 'gitlab_enterprise_edition' OR
                                                  service_provider = 'bitbucket_hosted' OR
                                                  service_provider = 'bitbucket_server' OR
                                                  service_provider = 'bitbucket_server_legacy' OR
                                                  service_provider = 'bitbucket_data_center' OR
                                                  service_provider = 'ado_server' OR service_provider = 'ado_services'),
  name                       TEXT CHECK (length(name) <= 255),
  http_url                   TEXT NOT NULL CHECK (length(http_url) <= 2048 AND lower(http_url) GLOB 'http*://?*'),
  api_url                    TEXT NOT NULL CHECK (length(api_url) <= 2048 AND lower(api_url) GLOB 'http*://?*'),
  key                        TEXT CHECK (length(key) BETWEEN 1 AND 2048),
  rsa_public_key             TEXT CHECK (length(rsa_public_key) BETWEEN 1 AND 8192),
  secret_sealed              BLOB CHECK (length(secret_sealed) > 45), -- a header of 29 bytes and a tag of 16
  private_key_sealed         BLOB CHECK (length(private_key_sealed) > 45),
  organization_scoped        INTEGER NOT NULL CHECK (organization_scoped IN (0, 1)),
  ado_org_name               TEXT CHECK (length(ado_org_name) BETWEEN 1 AND 255),
  ado_entra_tenant_id        TEXT CHECK (length(ado_entra_tenant_id) BETWEEN 1 AND 255),
  agent_pool                 INTEGER REFERENCES agent_pools ON DELETE SET NULL,
  created_at                 INTEGER NOT NULL,
  updated_at                 INTEGER NOT NULL,
  oauth_token_id             TEXT CHECK (oauth_token_id GLOB 'ot-*' AND length(oauth_token_id) = 19),
  oauth_token_sealed         BLOB CHECK (length(oauth_token_sealed) > 45),
  oauth_token_ssh_key_sealed BLOB CHECK (length(oauth_token_ssh_key_sealed) > 45),
  oauth_token_user           TEXT NOT NULL DEFAULT '', -- the service provider's user
  oauth_token_created_at     INTEGER,
  -- A token is there whole or not at all.
  CHECK ((oauth_token_id IS NULL) = (oauth_token_sealed IS NULL)
         AND (oauth_token_id IS NULL) = (oauth_token_created_at IS NULL)
         AND (oauth_token_id IS NOT NULL OR (oauth_token_ssh_key_sealed IS NULL AND oauth_token_user = '')))
) STRICT;
INSERT INTO oauth_clients_6
SELECT clients.number, clients.id, clients.organization, clients.callback, clients.service_provider, clients.name,
       clients.http_url, clients.api_url, clients.key, clients.rsa_public_key, clients.secret_sealed,
       clients.private_key_sealed, clients.organization_scoped, clients.ado_org_name, clients.ado_entra_tenant_id,
       clients.agent_pool, clients.created_at, clients.updated_at, tokens.id, tokens.token_sealed,
       tokens.ssh_key_sealed, coalesce(tokens.service_provider_user, ''), tokens.created_at
FROM oauth_clients AS clients LEFT JOIN oauth_tokens AS tokens ON tokens.number = clients.number
ORDER BY clients.number;

CREATE TABLE oauth_client_projects_6 (
  oauth_client INTEGER NOT NULL REFERENCES oauth_clients_6 ON DELETE CASCADE,
  project      INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE,
  PRIMARY KEY (oauth_client, project)
) STRICT, WITHOUT ROWID;
INSERT INTO oauth_client_projects_6 (oauth_client, project)
SELECT oauth_client, project FROM oauth_client_projects ORDER BY oauth_client, project;

-- A token's number is its client's.
CREATE TABLE workspace_vcs_repos_6 (
  workspace          INTEGER PRIMARY KEY REFERENCES workspaces ON DELETE CASCADE,
  oauth_token        INTEGER NOT NULL REFERENCES oauth_clients_6 ON DELETE CASCADE,
  identifier         TEXT NOT NULL CHECK (length(identifier) BETWEEN 3 AND 255),
  branch             TEXT NOT NULL DEFAULT '' CHECK (length(branch) <= 255),
  ingress_submodules INTEGER NOT NULL DEFAULT 0 CHECK (ingress_submodules IN (0, 1)),
  tags_regex         TEXT NOT NULL DEFAULT '' CHECK (length(tags_regex) <= 1024)
) STRICT;
INSERT INTO workspace_vcs_repos_6 (workspace, oauth_token, identifier, branch, ingress_submodules, tags_regex)
SELECT workspace, oauth_token, identifier, branch, ingress_submodules, tags_regex
FROM workspace_vcs_repos ORDER BY workspace;

DROP TABLE workspace_vcs_repos;
DROP TABLE oauth_client_projects;
DROP TABLE oauth_tokens;
DROP TABLE oauth_clients;
ALTER TABLE oauth_clients_6 RENAME TO oauth_clients;
ALTER TABLE oauth_client_projects_6 RENAME TO oauth_client_projects;
ALTER TABLE workspace_vcs_repos_6 RENAME TO workspace_vcs_repos;

CREATE UNIQUE INDEX oauth_clients_by_id ON oauth_clients (id);
CREATE UNIQUE INDEX oauth_clients_by_callback ON oauth_clients (callback);
CREATE UNIQUE INDEX oauth_clients_by_oauth_token ON oauth_clients (oauth_token_id) WHERE oauth_token_id IS NOT NULL;
CREATE INDEX oauth_clients_by_organization ON oauth_clients (organization);
CREATE INDEX oauth_clients_by_agent_pool ON oauth_clients (agent_pool) WHERE agent_pool IS NOT NULL;
CREATE INDEX oauth_client_projects_by_project ON oauth_client_projects (project);
CREATE INDEX workspace_vcs_repos_by_oauth_token ON workspace_vcs_repos (oauth_token);

CREATE VIEW oauth_tokens AS
SELECT number, oauth_token_id AS id, oauth_token_sealed AS token_sealed, oauth_token_ssh_key_sealed AS ssh_key_sealed,
       oauth_token_user AS service_provider_user, oauth_token_created_at AS created_at
FROM oauth_clients WHERE oauth_token_id IS NOT NULL;

-- A workspace uses the tokens of its own organization and no other's.
CREATE TRIGGER workspace_vcs_repos_stay_within_an_organization
BEFORE INSERT ON workspace_vcs_repos
WHEN (SELECT organization FROM workspaces WHERE number = NEW.workspace) IS NOT
     (SELECT organization FROM oauth_clients WHERE number = NEW.oauth_token AND oauth_token_id IS NOT NULL)
BEGIN
  SELECT RAISE(ABORT, 'the OAuth token is another organization''s, or is not there');
END;

-- A link cannot outlive its token.
CREATE TRIGGER links_go_with_their_oauth_token
AFTER UPDATE OF oauth_token_id ON oauth_clients
WHEN NEW.oauth_token_id IS NULL
BEGIN
  DELETE FROM workspace_vcs_repos WHERE oauth_token = NEW.number;
END;

-- As in versions 2 and 4.
CREATE TRIGGER oauth_client_projects_stay_within_an_organization
BEFORE INSERT ON oauth_client_projects
WHEN (SELECT organization FROM oauth_clients WHERE number = NEW.oauth_client) IS NOT
     (SELECT organization FROM projects WHERE number = NEW.project)
BEGIN
  SELECT RAISE(ABORT, 'the project is another organization''s');
END;

CREATE TRIGGER oauth_clients_take_no_retired_key
BEFORE INSERT ON oauth_clients
WHEN substr(NEW.secret_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
  OR substr(NEW.private_key_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
  OR substr(NEW.oauth_token_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
  OR substr(NEW.oauth_token_ssh_key_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
BEGIN
  SELECT RAISE(ABORT, 'sealed under a retired key');
END;

CREATE TRIGGER oauth_clients_take_no_retired_key_later
BEFORE UPDATE OF secret_sealed, private_key_sealed, oauth_token_sealed, oauth_token_ssh_key_sealed ON oauth_clients
WHEN (NEW.secret_sealed IS NOT OLD.secret_sealed
      AND substr(NEW.secret_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation))
  OR (NEW.private_key_sealed IS NOT OLD.private_key_sealed
      AND substr(NEW.private_key_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation))
  OR (NEW.oauth_token_sealed IS NOT OLD.oauth_token_sealed
      AND substr(NEW.oauth_token_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation))
  OR (NEW.oauth_token_ssh_key_sealed IS NOT OLD.oauth_token_ssh_key_sealed
      AND substr(NEW.oauth_token_ssh_key_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation))
BEGIN
  SELECT RAISE(ABORT, 'sealed under a retired key');
END;

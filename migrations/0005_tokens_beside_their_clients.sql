-- An OAuth token's number is its client's: a page of clients finds their tokens without an index between them.
-- The table with the links is made anew because it refers to tokens by number; both foreign keys follow the renaming.

CREATE TABLE oauth_tokens_5 (
  number                INTEGER PRIMARY KEY REFERENCES oauth_clients ON DELETE CASCADE,
  id                    TEXT NOT NULL UNIQUE CHECK (id GLOB 'ot-*' AND length(id) = 19),
  token_sealed          BLOB NOT NULL CHECK (length(token_sealed) > 45),
  ssh_key_sealed        BLOB CHECK (length(ssh_key_sealed) > 45),
  service_provider_user TEXT NOT NULL DEFAULT '',
  created_at            INTEGER NOT NULL
) STRICT;
INSERT INTO oauth_tokens_5 (number, id, token_sealed, ssh_key_sealed, service_provider_user, created_at)
SELECT oauth_client, id, token_sealed, ssh_key_sealed, service_provider_user, created_at
FROM oauth_tokens ORDER BY oauth_client;

CREATE TABLE workspace_vcs_repos_5 (
  workspace          INTEGER PRIMARY KEY REFERENCES workspaces ON DELETE CASCADE,
  oauth_token        INTEGER NOT NULL REFERENCES oauth_tokens_5 ON DELETE CASCADE,
  identifier         TEXT NOT NULL CHECK (length(identifier) BETWEEN 3 AND 255),
  branch             TEXT NOT NULL DEFAULT '' CHECK (length(branch) <= 255),
  ingress_submodules INTEGER NOT NULL DEFAULT 0 CHECK (ingress_submodules IN (0, 1)),
  tags_regex         TEXT NOT NULL DEFAULT '' CHECK (length(tags_regex) <= 1024)
) STRICT;
INSERT INTO workspace_vcs_repos_5 (workspace, oauth_token, identifier, branch, ingress_submodules, tags_regex)
SELECT links.workspace, oauth_tokens.oauth_client, links.identifier, links.branch, links.ingress_submodules,
       links.tags_regex
FROM workspace_vcs_repos AS links
JOIN oauth_tokens ON oauth_tokens.number = links.oauth_token
ORDER BY links.workspace;

DROP TABLE workspace_vcs_repos;
DROP TABLE oauth_tokens;
ALTER TABLE oauth_tokens_5 RENAME TO oauth_tokens;
ALTER TABLE workspace_vcs_repos_5 RENAME TO workspace_vcs_repos;
CREATE INDEX workspace_vcs_repos_by_oauth_token ON workspace_vcs_repos (oauth_token);

-- A workspace uses the connections of its own organization and no other's.
CREATE TRIGGER workspace_vcs_repos_stay_within_an_organization
BEFORE INSERT ON workspace_vcs_repos
WHEN (SELECT organization FROM workspaces WHERE number = NEW.workspace) IS NOT
     (SELECT organization FROM oauth_clients WHERE number = NEW.oauth_token)
BEGIN
  SELECT RAISE(ABORT, 'the OAuth token is another organization''s');
END;

-- As in version 4.
CREATE TRIGGER oauth_tokens_take_no_retired_key
BEFORE INSERT ON oauth_tokens
WHEN substr(NEW.token_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
  OR substr(NEW.ssh_key_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
BEGIN
  SELECT RAISE(ABORT, 'sealed under a retired key');
END;

CREATE TRIGGER oauth_tokens_take_no_retired_key_later
BEFORE UPDATE OF token_sealed, ssh_key_sealed ON oauth_tokens
WHEN (NEW.token_sealed IS NOT OLD.token_sealed
      AND substr(NEW.token_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation))
  OR (NEW.ssh_key_sealed IS NOT OLD.ssh_key_sealed
      AND substr(NEW.ssh_key_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation))
BEGIN
  SELECT RAISE(ABORT, 'sealed under a retired key');
END;

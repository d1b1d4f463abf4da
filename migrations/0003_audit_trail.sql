-- Version 3: the audit trail as a chain that shows where something is missing, with what clients read of it; tokens that
-- read it and nothing else.

-- A CHECK cannot be altered, so the table is made anew. Numbers go up by one without a gap and are never used again; what
-- retention removes, it removes from the beginning. `link` is a MAC over the link before it and all columns of its own row
-- (src/store/audit/chain.rs). Rows of older versions are linked in the transaction of this migration.
-- One comparison after the other: SQLite would build a table of the members of an IN for each row that is inserted.
CREATE TABLE audit_events_3 (
  number        INTEGER PRIMARY KEY,
  id            BLOB NOT NULL CHECK (length(id) = 16),
  at            INTEGER NOT NULL,
  organization  TEXT, -- external id; null for what belongs to no organization
  request_id    BLOB CHECK (length(request_id) = 16), -- null for what no request asked for
  -- Unknown: somebody whose token was none. The name is an address then.
  actor_type    TEXT NOT NULL CHECK (actor_type = 'Client' OR actor_type = 'System' OR actor_type = 'Unknown'),
  actor_id      TEXT,
  actor_name    TEXT NOT NULL CHECK (actor_name <> ''),
  resource_type TEXT NOT NULL CHECK (resource_type = 'agent_pool' OR resource_type = 'audit_trail' OR
                                     resource_type = 'authentication_token' OR resource_type = 'master_key' OR
                                     resource_type = 'oauth_client' OR resource_type = 'oauth_token' OR
                                     resource_type = 'organization' OR resource_type = 'organization_membership' OR
                                     resource_type = 'project' OR resource_type = 'request' OR
                                     resource_type = 'ssh_key' OR resource_type = 'team' OR resource_type = 'user' OR
                                     resource_type = 'workspace'),
  resource_id   TEXT NOT NULL CHECK (resource_id <> ''),
  action        TEXT NOT NULL CHECK (action = 'create' OR action = 'update' OR action = 'destroy' OR
                                     action = 'unlink' OR action = 'refuse' OR action = 'rotate' OR action = 'lose'),
  meta          TEXT CHECK (json_type(meta) = 'object'),
  link          BLOB NOT NULL CHECK (length(link) = 32),
  CHECK ((actor_type = 'Client') = (actor_id IS NOT NULL))
) STRICT;
INSERT INTO audit_events_3
SELECT row_number() OVER (ORDER BY number), id, at, organization, NULL, actor_type, actor_id, actor_name, resource_type, resource_id, action, NULL,
       zeroblob(32)
FROM audit_events;
DROP TABLE audit_events;
ALTER TABLE audit_events_3 RENAME TO audit_events;
-- What an organization reads is in the order of time, and of numbers within a millisecond.
CREATE INDEX audit_events_by_organization ON audit_events (organization, at);

-- One row: the last event that was removed, or what stands before the first one. `mac` is over the other two.
CREATE TABLE audit_anchor (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  number   INTEGER NOT NULL CHECK (number >= 0),
  link     BLOB NOT NULL CHECK (length(link) = 32),
  mac      BLOB NOT NULL CHECK (length(mac) = 32)
) STRICT;

-- A token that reads its organization's audit trail, and may do nothing else.
ALTER TABLE api_tokens ADD COLUMN is_for_audit_trail INTEGER NOT NULL DEFAULT 0
  CHECK (is_for_audit_trail = 0 OR (is_for_audit_trail = 1 AND organization IS NOT NULL));
DROP INDEX api_tokens_sole_of_organization;
CREATE UNIQUE INDEX api_tokens_sole_of_organization ON api_tokens (organization, is_for_audit_trail)
  WHERE is_sole = 1 AND organization IS NOT NULL;

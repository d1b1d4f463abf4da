//! Rows by hand, as in [`crate::ground`].

use std::path::Path;

use crate::outcome::Outcome;

/// `count` of everything that there is a list of. Each workspace has two tags and a binding, and what can be had by all
/// workspaces, members or teams, they all have of the first one.
pub fn fill(path: &Path, count: u32) -> Outcome<()> {
    let database = rusqlite::Connection::open(path)?;
    for (pragma, value) in [("journal_mode", "OFF"), ("synchronous", "OFF"), ("cache_size", "-600000")] {
        database.pragma_update(None, pragma, value)?;
    }
    let id = |prefix: &str| format!("'{prefix}' || replace(hex(randomblob(8)), '0', 'G')");
    let numbers = format!("WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {count})");
    database.execute_batch(&format!(
        "BEGIN;
         {numbers} INSERT INTO users (id, username, email, is_site_admin, created_at)
           SELECT {}, 'member-' || x, 'member-' || x || '@example.com', 0, 0 FROM n;
         INSERT INTO organization_memberships (id, organization, user, email, created_at)
           SELECT {}, 1, number, email, 0 FROM users WHERE username LIKE 'member-%';
         {numbers} INSERT INTO teams (id, organization, name, created_at) SELECT {}, 1, 'team-' || x, 0 FROM n;
         {numbers} INSERT INTO projects (id, organization, name, created_at) SELECT {}, 1, 'project-' || x, 0 FROM n;
         INSERT INTO project_tag_bindings (project, key, value, created_at)
           SELECT number, 'k1', 'v', 0 FROM projects WHERE organization = 1;
         {numbers} INSERT INTO tags (id, organization, name, created_at) SELECT {}, 1, 't' || (x - 1), 0 FROM n;
         {numbers} INSERT INTO agent_pools (id, organization, name, organization_scoped, created_at)
           SELECT {}, 1, 'pool-' || x, x % 2, 0 FROM n;
         {numbers} INSERT INTO ssh_keys (id, organization, name, value_sealed, created_at)
           SELECT {}, 1, 'key-' || x, CAST(x'01ffffffff' || randomblob(72) AS BLOB), 0 FROM n;
         {numbers} INSERT INTO oauth_clients (id, organization, callback, service_provider, http_url, api_url,
                                              organization_scoped, created_at, updated_at)
           SELECT {}, 1, randomblob(16), 'github', 'https://github.com', 'https://api.github.com', 1, x, x FROM n;
         INSERT INTO oauth_tokens (id, client, token_sealed, source, created_at)
           SELECT {}, number, randomblob(77), 'api', 0 FROM oauth_clients WHERE organization = 1;
         {numbers} INSERT INTO workspaces (id, organization, project, name, created_at, updated_at)
           SELECT {}, 1, (SELECT number FROM projects WHERE organization = 1 AND is_default = 1), 'workspace-' || x, x,
                  abs(random() % 1000000000) FROM n;
         INSERT INTO workspace_tags (workspace, tag)
           SELECT workspaces.number, tags.number FROM workspaces JOIN tags ON tags.organization = 1 AND tags.name IN ('t1', 't2')
           WHERE workspaces.organization = 1;
         INSERT INTO workspace_tag_bindings (workspace, key, value, created_at)
           SELECT number, 'k1', 'v', 0 FROM workspaces WHERE organization = 1;
         {numbers} INSERT INTO variable_sets (id, organization, name, description, is_global, is_priority, created_at,
                                              updated_at)
           SELECT {}, 1, 'set-' || x, '', 0, 0, 0, 0 FROM n;
         {numbers} INSERT INTO run_tasks (id, organization, name, url, description, enabled, global_enabled,
                                          global_stages, global_enforcement_level, created_at, updated_at)
           SELECT {}, 1, 'task-' || x, 'https://example.com', '', 1, 0, '[]', 'advisory', 0, 0 FROM n;
         {numbers} INSERT INTO policy_sets (id, organization, name, is_global, settings, created_at, updated_at)
           SELECT {}, 1, 'policies-' || x, 0, '{{}}', 0, 0 FROM n;
         {numbers} INSERT INTO stacks (id, project, name, settings, created_at, updated_at)
           SELECT {}, (SELECT number FROM projects WHERE organization = 1 AND is_default = 1), 'stack-' || x, '{{}}', 0, x
           FROM n;
         {numbers} INSERT INTO registry_modules (id, organization, name, provider, settings, created_at, updated_at)
           SELECT {}, 1, 'module-' || x, 'aws', '{{}}', 0, x FROM n;
         INSERT INTO no_code_modules (id, registry_module, settings, created_at)
           SELECT {}, number, '{{}}', 0 FROM registry_modules WHERE organization = 1;
         {numbers} INSERT INTO vcs_events (id, organization, oauth_client, oauth_token, kind, level, message, created_at)
           SELECT {}, 1, 'oc-0', 'ot-0', 'connected', 'info', 'Connected.', x FROM n;
         INSERT INTO api_tokens (id, digest, team, is_sole, created_at)
           SELECT {}, randomblob(32), number, 1, 0 FROM teams WHERE name GLOB 'team-*';
         {numbers} INSERT INTO variables (id, workspace, category, key, value, hcl, description, created_at)
           SELECT {}, (SELECT min(number) FROM workspaces WHERE organization = 1), 'terraform', 'v' || x, 'v', 0, '', 0
           FROM n;
         INSERT INTO team_access (id, team, workspace, level, permissions)
           SELECT {}, number, (SELECT min(number) FROM workspaces WHERE organization = 1), 'read', '{{}}'
           FROM teams WHERE name GLOB 'team-*';
         INSERT INTO team_members (team, membership)
           SELECT (SELECT min(number) FROM teams WHERE name GLOB 'team-*'), number FROM organization_memberships
           WHERE organization = 1;
         INSERT INTO remote_state_consumers (workspace, consumer)
           SELECT (SELECT min(number) FROM workspaces WHERE organization = 1), number FROM workspaces
           WHERE organization = 1 AND number > (SELECT min(number) FROM workspaces WHERE organization = 1);
         INSERT INTO variable_set_workspaces (variable_set, workspace)
           SELECT (SELECT min(number) FROM variable_sets), number FROM workspaces WHERE organization = 1;
         INSERT OR IGNORE INTO variable_set_workspaces (variable_set, workspace)
           SELECT number, (SELECT min(number) FROM workspaces WHERE organization = 1) FROM variable_sets;
         UPDATE workspaces SET ssh_key = (SELECT min(number) FROM ssh_keys) WHERE organization = 1;
         INSERT INTO repository_links (holder, workspace, oauth_token, identifier)
           SELECT 'workspace', number, (SELECT min(number) FROM oauth_tokens), 'acme/infra' FROM workspaces
           WHERE organization = 1;
         COMMIT;",
        id("user-"),
        id("ou-"),
        id("team-"),
        id("prj-"),
        id("tag-"),
        id("apool-"),
        id("sshkey-"),
        id("oc-"),
        id("ot-"),
        id("ws-"),
        id("varset-"),
        id("task-"),
        id("polset-"),
        id("st-"),
        id("mod-"),
        id("nocode-"),
        id("vcse-"),
        id("at-"),
        id("var-"),
        id("tws-")
    ))?;
    database.pragma_update(None, "journal_mode", "WAL")?;
    database.close().map_err(|(_, e)| e)?;
    Ok(())
}

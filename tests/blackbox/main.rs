//! Bowline as its users meet it: the real binary, a free port, a temporary directory, real SQLite.

mod harness;

mod access_log;
mod account;
mod agent_pools;
mod api_tokens;
mod audit_trail;
mod callers;
mod command_line;
mod documents;
mod durability;
mod first_hour;
mod gate;
mod health;
mod hostile;
mod key_rotation;
mod metrics;
mod oauth_clients;
mod oauth_tokens;
mod openapi;
mod organization_memberships;
mod organization_ssh_keys;
mod organizations;
mod plain;
mod projects;
mod rate_limits;
mod runs;
mod sealed_values;
mod secrets;
mod teams;
mod tls;
mod trusted_proxies;
mod variables;
mod workspaces;

//! Links to repositories: what holds one, and through which OAuth token or GitHub App installation.

use std::collections::HashMap;

use rusqlite::params;
use serde_json::Value;

use crate::domain::error::{Error, Result};
use crate::domain::id::{GithubAppInstallationId, OAuthTokenId, OrganizationId};
use crate::domain::oauth::client::OAuthClient;
use crate::domain::oauth::link_move::LinkMove;
use crate::domain::oauth::token::OAuthToken;
use crate::domain::oauth::vcs_repo::{Through, VcsRepo};
use crate::domain::published::policy_set::PolicySet;
use crate::domain::published::registry_module::RegistryModule;
use crate::domain::published::stack::Stack;
use crate::store::audit::{Actor, EventKind, Resource};
use crate::store::engine::references::cascade::RemovalBudget;
use crate::store::oauth::clients::service_provider;
use crate::store::pages::json_array;
use crate::store::stored::Stored;
use crate::store::{Change, View};

/// Workspaces and stacks that a refusal names.
const MOST_NAMED: usize = 25;

/// Links that one transaction moves, in 25 to 45 ms. Other changes wait for one such transaction.
const MOVED_AT_ONCE: i64 = 3000;

/// The links through the token ?1 that are moved next, up to ?2.
pub(in crate::store) const FIRST_LINKS: &str =
    "(SELECT * FROM repository_links WHERE oauth_token = ?1 ORDER BY workspace, number LIMIT ?2)";

/// What a link goes through, by its row.
#[derive(Clone, Copy)]
pub(in crate::store) enum Source {
    Token(i64),
    Installation(i64),
}

impl Source {
    pub fn in_table(table: &str, number: i64) -> Option<Source> {
        match table {
            "oauth_tokens" => Some(Source::Token(number)),
            "github_app_installations" => Some(Source::Installation(number)),
            _ => None,
        }
    }

    /// Its column, and its row.
    fn place(self) -> (&'static str, i64) {
        match self {
            Source::Token(number) => ("oauth_token", number),
            Source::Installation(number) => ("github_app_installation", number),
        }
    }
}

/// A kind of resource that holds links.
#[derive(Clone, Copy)]
pub(in crate::store) struct Holder {
    /// As `repository_links` names it: the kind and the column.
    pub name: &'static str,
    pub table: &'static str,
    pub resource: Resource,
}

pub(in crate::store) const WORKSPACE: Holder =
    Holder { name: "workspace", table: "workspaces", resource: Resource::Workspace };

pub(in crate::store) const POLICY_SET: Holder =
    Holder { name: "policy_set", table: "policy_sets", resource: Resource::Plain(PolicySet::EVENT) };
pub(in crate::store) const STACK: Holder =
    Holder { name: "stack", table: "stacks", resource: Resource::Plain(Stack::EVENT) };
pub(in crate::store) const REGISTRY_MODULE: Holder =
    Holder { name: "registry_module", table: "registry_modules", resource: Resource::Plain(RegistryModule::EVENT) };

/// All that hold links: what is done with links is done for each.
const HOLDERS: &[Holder] = &[WORKSPACE, POLICY_SET, STACK, REGISTRY_MODULE];

impl Holder {
    pub fn in_table(table: &str) -> Option<Holder> {
        HOLDERS.iter().find(|holder| holder.table == table).copied()
    }
}

/// A link as it is to be.
pub(in crate::store) struct RepositoryLink<'a> {
    pub source: Source,
    pub identifier: &'a str,
    pub branch: &'a str,
    pub ingress_submodules: bool,
    pub tags_regex: &'a str,
}

impl View<'_> {
    /// The links of the holders in these rows.
    pub(in crate::store) fn repositories_of(
        &self,
        holder: Holder,
        rows: impl Iterator<Item = i64>,
    ) -> Result<HashMap<i64, VcsRepo>> {
        let column = holder.name;
        let links = self.rows(
            &format!(
                "SELECT repository_links.{column}, repository_links.identifier, repository_links.branch,
                        repository_links.ingress_submodules, repository_links.tags_regex, oauth_tokens.id,
                        oauth_clients.service_provider, oauth_clients.name, oauth_clients.http_url,
                        (SELECT id FROM github_app_installations WHERE number = repository_links.github_app_installation)
                 FROM repository_links
                 LEFT JOIN oauth_tokens ON oauth_tokens.number = repository_links.oauth_token
                 LEFT JOIN oauth_clients ON oauth_clients.number = oauth_tokens.client
                 WHERE repository_links.{column} IN (SELECT value FROM json_each(?1))"
            ),
            [json_array(rows)?],
            |row| {
                let through = match row.get::<_, Option<String>>(9)? {
                    Some(installation) => Through::Installation(GithubAppInstallationId::from(installation)),
                    None => Through::Token {
                        id: OAuthTokenId::from(row.get::<_, String>(5)?),
                        service_provider: service_provider(row, 6)?,
                        client_name: row.get(7)?,
                        http_url: row.get(8)?,
                    },
                };
                let repo = VcsRepo {
                    identifier: row.get(1)?,
                    through,
                    branch: row.get(2)?,
                    ingress_submodules: row.get(3)?,
                    tags_regex: row.get(4)?,
                };
                Ok((row.get(0)?, repo))
            },
        )?;
        Ok(links.into_iter().collect())
    }

    /// `Invalid` where the links of one client cannot be moved to another one: where the two are the same or of two
    /// organizations, where `to` has no token, and where `to` is not for the project of a linked workspace or stack.
    pub fn check_link_move(&self, from: &OAuthClient, to: &OAuthClient) -> Result<()> {
        self.tokens_of_move(from, to, i64::MAX).map(drop)
    }

    /// The tokens from and to which the first `most` links can be moved; `None` where there is none.
    fn tokens_of_move(
        &self,
        from: &OAuthClient,
        to: &OAuthClient,
        most: i64,
    ) -> Result<Option<(OAuthToken, OAuthToken)>> {
        if from.number == to.number {
            return Err(Error::invalid(format!("Both are the OAuth client {}.", to.id)));
        }
        if from.organization != to.organization {
            let detail = "belong to different organizations.";
            return Err(Error::invalid(format!("The OAuth clients {} and {} {detail}", from.id, to.id)));
        }
        let Some(target) = &to.oauth_token else {
            let detail = "has no token; connect it or give it an `oauth-token-string` first.";
            return Err(Error::invalid(format!("The OAuth client {} {detail}", to.id)));
        };
        let Some(source) = &from.oauth_token else { return Ok(None) };
        let (source, target) = (self.oauth_token(source)?, self.oauth_token(target)?);
        self.check_projects(&source, to, most)?;
        Ok(Some((source, target)))
    }

    /// `Invalid` with the workspaces and stacks that are linked through `token` and in whose projects `client` may not be used.
    /// Looks at the first `most` links.
    fn check_projects(&self, token: &OAuthToken, client: &OAuthClient, most: i64) -> Result<()> {
        if client.organization_scoped {
            return Ok(());
        }
        let names = self.rows(
            &format!(
                "SELECT coalesce('workspace ' || workspaces.name, 'stack ' || stacks.name) FROM {FIRST_LINKS} AS link
                 LEFT JOIN workspaces ON workspaces.number = link.workspace
                 LEFT JOIN stacks ON stacks.number = link.stack
                 WHERE coalesce(workspaces.project, stacks.project) IS NOT NULL
                   AND NOT EXISTS (SELECT 1 FROM oauth_client_projects
                                   WHERE oauth_client = ?3 AND project = coalesce(workspaces.project, stacks.project))
                 ORDER BY link.number"
            ),
            (token.number, most, client.number),
            |row| row.get::<_, String>(0),
        )?;
        if names.is_empty() {
            return Ok(());
        }
        let mut named = names[..names.len().min(MOST_NAMED)].join(", ");
        if names.len() > MOST_NAMED {
            named.push_str(&format!(" and {} more", names.len() - MOST_NAMED));
        }
        Err(Error::invalid(format!(
            "The OAuth client {} is not available in the projects of {named}. Attach it to these projects first.",
            client.id
        )))
    }
}

impl Change<'_> {
    /// Links the holder in this row, in place of the link that it has.
    pub(in crate::store) fn put_link(&self, holder: Holder, row: i64, link: &RepositoryLink<'_>) -> Result<()> {
        let RepositoryLink { source, identifier, branch, ingress_submodules, tags_regex } = link;
        let (token, installation) = match source {
            Source::Token(number) => (Some(number), None),
            Source::Installation(number) => (None, Some(number)),
        };
        self.end_unlinking(holder, row)?;
        let column = holder.name;
        self.execute(
            &format!(
                "INSERT INTO main.repository_links (holder, {column}, oauth_token, github_app_installation,
                                               identifier, branch, ingress_submodules, tags_regex)
                 VALUES ('{column}', ?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT ({column}) DO UPDATE SET
                   oauth_token = excluded.oauth_token, github_app_installation = excluded.github_app_installation,
                   identifier = excluded.identifier, branch = excluded.branch,
                   ingress_submodules = excluded.ingress_submodules, tags_regex = excluded.tags_regex"
            ),
            params![row, token, installation, identifier, branch, ingress_submodules, tags_regex],
        )?;
        Ok(())
    }

    pub(in crate::store) fn remove_link(&self, holder: Holder, row: i64) -> Result<()> {
        self.end_unlinking(holder, row)?;
        self.delete_link(holder, row)
    }

    fn delete_link(&self, holder: Holder, row: i64) -> Result<()> {
        let sql = format!("DELETE FROM main.repository_links WHERE {} = ?1", holder.name);
        self.execute(&sql, [row])?;
        Ok(())
    }

    /// The one rule for links whose token or installation is destroyed, alone or with its client: every link goes and its
    /// holder stays. For each holder the trail gets an event of the `actor`, and its time of change is now. As many as the
    /// budget has room for; `true` once there is none.
    pub(in crate::store) fn unlink(
        &self,
        source: Source,
        of: Option<&OrganizationId>,
        actor: &Actor,
        budget: &RemovalBudget,
    ) -> Result<bool> {
        let (through, row) = source.place();
        let sql = format!(
            "SELECT holder, coalesce(workspace, policy_set, stack, registry_module) FROM main.repository_links
             WHERE {through} = ?1 LIMIT 100"
        );
        loop {
            let links: Vec<(String, i64)> = self.rows(&sql, [row], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let most = budget.next();
            if links.is_empty() || most == 0 {
                return Ok(links.is_empty());
            }
            for (name, row) in links.iter().take(most) {
                let holder = HOLDERS.iter().find(|holder| holder.name == name);
                let holder = holder.ok_or_else(|| Error::internal(format!("unknown holder {name}")))?;
                self.unlink_holder(*holder, *row, of, actor)?;
            }
            budget.took(links.len().min(most));
        }
    }

    /// A holder that is gone itself has no event.
    pub(in crate::store) fn unlink_holder(
        &self,
        holder: Holder,
        row: i64,
        of: Option<&OrganizationId>,
        actor: &Actor,
    ) -> Result<()> {
        let sql = format!("UPDATE main.{} SET updated_at = ?1 WHERE number = ?2 RETURNING id", holder.table);
        let id: Option<String> = self.optional_value(&sql, (self.now.milliseconds(), row))?;
        if let Some(id) = id {
            self.record_by(actor, EventKind::Unlink, holder.resource, &id, of, None)?;
        }
        self.delete_link(holder, row)
    }

    /// Moves links of one client's token to another client's token, as many as one transaction may. For each holder the
    /// trail gets an event, and its time of change is now. Both clients were found in this very transaction. `Invalid` as
    /// for [`View::check_link_move`].
    pub fn move_links(&self, from: &OAuthClient, to: &OAuthClient) -> Result<LinkMove> {
        let Some((source, target)) = self.tokens_of_move(from, to, MOVED_AT_ONCE)? else {
            return Ok(LinkMove::default());
        };
        let meta = serde_json::json!({"from": from.id.as_str(), "to": to.id.as_str()});
        self.change_holders(&source, &meta)?;
        let moved = self.execute(
            &format!(
                "UPDATE main.repository_links SET oauth_token = ?3 WHERE number IN (SELECT number FROM {FIRST_LINKS})"
            ),
            (source.number, MOVED_AT_ONCE, target.number),
        )?;
        let left = self.count("SELECT count(*) FROM repository_links WHERE oauth_token = ?1", [source.number])?;
        Ok(LinkMove { moved: moved as u64, left })
    }

    /// Records an event for each holder of a link that is to be moved, and sets its time of change. One statement for
    /// all of a kind: for each statement SQLite keeps what its pages were like.
    fn change_holders(&self, through: &OAuthToken, meta: &Value) -> Result<()> {
        for Holder { name, table, resource } in HOLDERS {
            let ids: Vec<String> = self.rows(
                &format!(
                    "SELECT {table}.id FROM {FIRST_LINKS} AS link JOIN {table} ON {table}.number = link.{name}
                     ORDER BY link.{name}"
                ),
                (through.number, MOVED_AT_ONCE),
                |row| row.get(0),
            )?;
            for id in &ids {
                self.record_with(EventKind::Update, *resource, id, Some(&through.organization_id), Some(meta))?;
            }
            self.execute(
                &format!("UPDATE main.{table} SET updated_at = ?3 WHERE number IN (SELECT {name} FROM {FIRST_LINKS})"),
                (through.number, MOVED_AT_ONCE, self.now.milliseconds()),
            )?;
        }
        Ok(())
    }
}

//! OAuth clients.

use std::sync::LazyLock;

use rusqlite::{Row, params};
use uuid::Uuid;

use super::client_projects::PROJECTS;
use super::sealed_client::{SealedOAuthClient, SealedOAuthClientChange};
use crate::domain::access::Caller;
use crate::domain::error::{Error, Problems, Result};
use crate::domain::field::Field;
use crate::domain::id::{AgentPoolId, OAuthClientId, OAuthTokenId, OrganizationId, ProjectId};
use crate::domain::oauth::client::{AffectedWorkspaces, OAuthClient, OAuthClientFilter};
use crate::domain::oauth::client_change::OAuthClientChange;
use crate::domain::oauth::new_client::NewOAuthClient;
use crate::domain::oauth::service_provider::ServiceProvider;
use crate::domain::organizations::agent_pool;
use crate::domain::organizations::organization::Organization;
use crate::domain::page::{Listed, Page};
use crate::domain::timestamp::Timestamp;
use crate::store::Owned;
use crate::store::audit::{EventKind, Resource};
use crate::store::pages::{SizedList, json_array};
use crate::store::teams::access::SEEN_BY;
use crate::store::{Change, View, is_taken};

/// In the order that [`oauth_client`] reads.
pub(in crate::store) const SELECT: &str = "SELECT
     oauth_clients.id, oauth_clients.organization, organizations.external_id, organizations.name,
     oauth_clients.callback, oauth_clients.service_provider, oauth_clients.name, oauth_clients.http_url,
     oauth_clients.api_url, oauth_clients.key, oauth_clients.rsa_public_key, oauth_clients.organization_scoped,
     oauth_clients.ado_org_name, oauth_clients.ado_entra_tenant_id,
     (SELECT id FROM main.oauth_tokens INDEXED BY oauth_tokens_id_by_client WHERE client = oauth_clients.number),
     oauth_clients.created_at, oauth_clients.updated_at, oauth_clients.number,
     oauth_clients.secret_sealed IS NOT NULL, agent_pools.id,
     (SELECT group_concat(projects.id, ' ') FROM oauth_client_projects
      JOIN projects ON projects.number = oauth_client_projects.project
      WHERE oauth_client_projects.oauth_client = oauth_clients.number)
     FROM oauth_clients
     JOIN organizations ON organizations.number = oauth_clients.organization
     LEFT JOIN agent_pools ON agent_pools.number = oauth_clients.agent_pool";

/// Put together once: it is what is asked most.
static BY_ID: LazyLock<String> = LazyLock::new(|| format!("{SELECT} WHERE oauth_clients.id = ?1"));

/// Which clients a page has, found in the index alone: what lies before the page is counted, not read.
pub(in crate::store) const ON_PAGE: &str = "oauth_clients.number IN
     (SELECT number FROM oauth_clients WHERE organization = ?1 ORDER BY number LIMIT ?2 OFFSET ?3)";

/// Which clients a filtered list has. Parameters 1 to 5 are the organization, then names, providers and project ids as JSON
/// arrays, and a part of the name. A null parameter is no condition.
pub(in crate::store) const FILTERED: &str = "oauth_clients.organization = ?1
     AND (?2 IS NULL OR oauth_clients.name IN (SELECT value FROM json_each(?2)))
     AND (?3 IS NULL OR oauth_clients.service_provider IN (SELECT value FROM json_each(?3)))
     AND (?4 IS NULL OR oauth_clients.number IN
          (SELECT oauth_client_projects.oauth_client FROM json_each(?4) AS asked
           CROSS JOIN projects ON projects.id = asked.value
           CROSS JOIN oauth_client_projects ON oauth_client_projects.project = projects.number))
     AND (?5 IS NULL OR instr(lower(oauth_clients.name), lower(?5)))";

fn oauth_client(row: &Row<'_>) -> rusqlite::Result<OAuthClient> {
    Ok(OAuthClient {
        number: row.get(17)?,
        id: OAuthClientId::from(row.get::<_, String>(0)?),
        organization: row.get(1)?,
        organization_id: OrganizationId::from(row.get::<_, String>(2)?),
        organization_name: row.get(3)?,
        callback: Uuid::from_bytes(row.get(4)?),
        service_provider: service_provider(row, 5)?,
        name: row.get(6)?,
        http_url: row.get(7)?,
        api_url: row.get(8)?,
        key: row.get(9)?,
        rsa_public_key: row.get(10)?,
        organization_scoped: row.get(11)?,
        ado_org_name: row.get(12)?,
        ado_entra_tenant_id: row.get(13)?,
        has_secret: row.get(18)?,
        oauth_token: row.get::<_, Option<String>>(14)?.map(OAuthTokenId::from),
        projects: row
            .get_ref(20)?
            .as_str_or_null()?
            .unwrap_or_default()
            .split_ascii_whitespace()
            .map(|id| ProjectId::from(id.to_owned()))
            .collect(),
        agent_pool: row.get::<_, Option<String>>(19)?.map(AgentPoolId::from),
        created_at: Timestamp::from_milliseconds(row.get(15)?),
        updated_at: Timestamp::from_milliseconds(row.get(16)?),
    })
}

pub(in crate::store) fn service_provider(row: &Row<'_>, column: usize) -> rusqlite::Result<ServiceProvider> {
    let identifier = row.get_ref(column)?.as_str()?;
    ServiceProvider::from_identifier(identifier).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            format!("unknown service provider {identifier}").into(),
        )
    })
}

impl Owned for OAuthClient {
    fn load(view: &View, id: &str) -> Result<OAuthClient> {
        view.oauth_client(&OAuthClientId::parse(id)?)
    }

    fn organization(&self) -> i64 {
        self.organization
    }
}

impl View<'_> {
    pub fn oauth_client(&self, id: &OAuthClientId) -> Result<OAuthClient> {
        self.found(&BY_ID, [id.as_str()], oauth_client)
    }

    /// The client that a callback URL and a connect path name. `NotFound` where there is none.
    pub fn oauth_client_of_callback(&self, callback: Uuid) -> Result<OAuthClient> {
        self.found(&format!("{SELECT} WHERE oauth_clients.callback = ?1"), [callback.as_bytes()], oauth_client)
    }

    /// The RSA public key of the client that was changed last among those with this consumer key, in any organization.
    pub fn rsa_public_key(&self, consumer_key: &str) -> Result<Option<String>> {
        let statement = "SELECT rsa_public_key FROM oauth_clients WHERE key = ?1 AND rsa_public_key IS NOT NULL
                         ORDER BY updated_at DESC, number DESC LIMIT 1";
        self.optional_value(statement, [consumer_key])
    }

    /// A page of the organization's clients, in the order of their creation.
    pub fn oauth_clients(&self, organization: i64, page: Page) -> Result<Listed<OAuthClient>> {
        let total = self.size_of(SizedList::OAuthClients, organization)?;
        let sql = format!("{SELECT} WHERE {ON_PAGE} ORDER BY oauth_clients.number");
        self.page_of(total, &sql, params![organization], page, oauth_client)
    }

    /// A page of the organization's clients that the filter leaves, in the order of their creation.
    pub fn filtered_oauth_clients(
        &self,
        organization: i64,
        filter: &OAuthClientFilter,
        page: Page,
    ) -> Result<Listed<OAuthClient>> {
        if *filter == OAuthClientFilter::default() {
            return self.oauth_clients(organization, page);
        }
        let OAuthClientFilter { names, service_providers, projects, part_of_name } = filter;
        let names = names.as_ref().map(json_array).transpose()?;
        let service_providers = service_providers.as_ref().map(json_array).transpose()?;
        let projects = projects.as_ref().map(json_array).transpose()?;
        let parameters = params![organization, names, service_providers, projects, part_of_name];
        let total = self.count(&format!("SELECT count(*) FROM oauth_clients WHERE {FILTERED}"), parameters)?;
        // What lies before the page is found, but not read.
        let sql = format!(
            "{SELECT} WHERE oauth_clients.number IN
               (SELECT number FROM oauth_clients WHERE {FILTERED} ORDER BY number LIMIT ?6 OFFSET ?7)
             ORDER BY oauth_clients.number"
        );
        self.page_of(total, &sql, parameters, page, oauth_client)
    }
}

impl View<'_> {
    /// Those of these clients that there are, in the order of their creation.
    pub fn oauth_clients_of(&self, ids: &[&OAuthClientId]) -> Result<Vec<OAuthClient>> {
        self.rows(
            &format!(
                "{SELECT} WHERE oauth_clients.id IN (SELECT value FROM json_each(?1)) ORDER BY oauth_clients.number"
            ),
            [json_array(ids.iter().map(|id| id.as_str()))?],
            oauth_client,
        )
    }

    /// For each of the clients of an organization, the workspaces that are linked through it.
    pub fn affected_workspaces(&self, caller: &Caller, clients: &[OAuthClient]) -> Result<Vec<AffectedWorkspaces>> {
        let Some(first) = clients.first() else { return Ok(vec![]) };
        let teams = self.teams_that_see_workspaces(caller, first.organization)?;
        self.rows(
            &format!(
                "SELECT
                   (SELECT count(workspace) FROM repository_links WHERE oauth_token = oauth_tokens.number),
                   (SELECT group_concat(name, ' ') FROM (
                      SELECT workspaces.name FROM repository_links
                      JOIN workspaces ON workspaces.number = repository_links.workspace
                      WHERE repository_links.oauth_token = oauth_tokens.number AND (?2 IS NULL OR {})
                      ORDER BY repository_links.workspace LIMIT 25)),
                   (SELECT count(policy_set) FROM repository_links WHERE oauth_token = oauth_tokens.number),
                   (SELECT count(stack) FROM repository_links WHERE oauth_token = oauth_tokens.number),
                   (SELECT count(registry_module) FROM repository_links WHERE oauth_token = oauth_tokens.number)
                 FROM json_each(?1) AS client
                 LEFT JOIN oauth_tokens ON oauth_tokens.client = client.value
                 ORDER BY client.key",
                SEEN_BY.replace("?teams", "?2")
            ),
            (json_array(clients.iter().map(|client| client.number))?, teams.map(json_array).transpose()?),
            |row| {
                let names = row.get_ref(1)?.as_str_or_null()?.unwrap_or_default();
                Ok(AffectedWorkspaces {
                    names: names.split_ascii_whitespace().map(str::to_owned).collect(),
                    count: row.get::<_, i64>(0)?.unsigned_abs(),
                    policy_sets: row.get::<_, i64>(2)?.unsigned_abs(),
                    stacks: row.get::<_, i64>(3)?.unsigned_abs(),
                    registry_modules: row.get::<_, i64>(4)?.unsigned_abs(),
                })
            },
        )
    }
}

impl Change<'_> {
    /// With its token, if it brings one. The caller has checked that the organization takes it. `Invalid` where the agent
    /// pool is not the organization's; projects that are not are left out.
    pub fn create_oauth_client(
        &self,
        organization: &Organization,
        (new, sealed): &(NewOAuthClient, SealedOAuthClient),
    ) -> Result<OAuthClient> {
        // Another organization may have taken the name meanwhile; the secrets are not sealed for that one.
        if organization.external_id != sealed.organization {
            return Err(Error::not_found());
        }
        let mut problems = Problems::default();
        let agent_pool = self.agent_pool_of_client(organization.number, new.agent_pool.as_deref(), &mut problems)?;
        problems.finish()?;

        let inserted = self
            .connection
            .prepare_cached(
                "INSERT INTO main.oauth_clients
                   (id, organization, callback, service_provider, name, http_url, api_url, key, rsa_public_key,
                    secret_sealed, private_key_sealed, organization_scoped, ado_org_name, ado_entra_tenant_id,
                    agent_pool, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?16)",
            )?
            .execute(params![
                sealed.id.as_str(),
                organization.number,
                sealed.callback.as_bytes(),
                new.service_provider.identifier(),
                new.name,
                new.http_url,
                new.api_url,
                new.key,
                new.rsa_public_key,
                sealed.secret.as_ref().map(|sealed| &sealed.0),
                sealed.private_key.as_ref().map(|sealed| &sealed.0),
                new.organization_scoped,
                new.ado_org_name,
                new.ado_entra_tenant_id,
                agent_pool,
                self.now.milliseconds(),
            ]);
        match inserted {
            Err(e) if is_taken(&e, "oauth_clients.callback") => {
                return Err(Error::conflict("This VCS provider was added already."));
            }
            other => other?,
        };
        let number = self.connection.last_insert_rowid();
        self.record(EventKind::Create, Resource::OAuthClient, sealed.id.as_str(), Some(&organization.external_id))?;
        if let Some((id, text)) = &sealed.token {
            self.create_oauth_token(number, id, text, &organization.external_id)?;
        }
        let projects = self.attach_known_projects(number, organization.number, &new.projects)?;
        // As it would be read back, without reading it while others wait.
        Ok(OAuthClient {
            number,
            id: sealed.id.clone(),
            organization: organization.number,
            organization_id: organization.external_id.clone(),
            organization_name: organization.name.clone(),
            callback: sealed.callback,
            service_provider: new.service_provider,
            name: new.name.clone(),
            http_url: new.http_url.clone(),
            api_url: new.api_url.clone(),
            key: new.key.clone(),
            rsa_public_key: new.rsa_public_key.clone(),
            organization_scoped: new.organization_scoped,
            ado_org_name: new.ado_org_name.clone(),
            ado_entra_tenant_id: new.ado_entra_tenant_id.clone(),
            has_secret: sealed.secret.is_some(),
            oauth_token: sealed.token.as_ref().map(|(id, _)| id.clone()),
            projects,
            agent_pool: new.agent_pool.clone().map(AgentPoolId::from),
            created_at: self.now,
            updated_at: self.now,
        })
    }

    /// What is not given stays. `client` was found in this very transaction. `Invalid` where the change and the client do
    /// not go together; `Conflict` where the client got another token since the new one was sealed.
    pub fn update_oauth_client(
        &self,
        client: &OAuthClient,
        change: &OAuthClientChange,
        sealed: &SealedOAuthClientChange,
    ) -> Result<OAuthClient> {
        let mut problems = Problems::default();
        change.check_with(client, &mut problems);
        let agent_pool = self.agent_pool_of_client(
            client.organization,
            change.agent_pool.or_none(&client.agent_pool.as_ref().map(ToString::to_string)).as_deref(),
            &mut problems,
        )?;
        let projects = match &change.projects {
            Some(ids) => Some(self.projects_of_organization(client.organization, ids, PROJECTS, &mut problems)?),
            None => None,
        };
        problems.finish()?;
        let names = change.names();

        self.execute(
            "UPDATE main.oauth_clients SET name = ?2, key = ?3, rsa_public_key = ?4, organization_scoped = ?5,
               ado_org_name = ?6, ado_entra_tenant_id = ?7, agent_pool = ?8, updated_at = ?9,
               secret_sealed = CASE WHEN ?10 THEN ?11 ELSE secret_sealed END,
               private_key_sealed = coalesce(?12, private_key_sealed)
             WHERE number = ?1",
            params![
                client.number,
                change.name.or_none(&client.name),
                change.key.or_none(&client.key),
                change.rsa_public_key.or_none(&client.rsa_public_key),
                change.organization_scoped.unwrap_or(client.organization_scoped),
                change.ado_org_name.or_none(&client.ado_org_name),
                change.ado_entra_tenant_id.or_none(&client.ado_entra_tenant_id),
                agent_pool,
                self.now.milliseconds(),
                sealed.secret != Field::Absent,
                sealed.secret.as_value().map(|sealed| &sealed.0),
                sealed.private_key.as_ref().map(|sealed| &sealed.0),
            ],
        )?;
        let (id, organization) = (client.id.as_str(), &client.organization_id);
        let changed = Change::changed(&names);
        self.record_with(EventKind::Update, Resource::OAuthClient, id, Some(organization), changed.as_ref())?;
        if let Some(token) = &sealed.token {
            self.replace_oauth_token(client, token)?;
        }
        if let Some(projects) = projects {
            self.replace_projects(client.number, &projects)?;
        }
        self.oauth_client(&client.id)
    }

    /// The row of the pool that a client is to use. Something was added to `problems` where it is not one of the
    /// organization.
    fn agent_pool_of_client(
        &self,
        organization: i64,
        id: Option<&str>,
        problems: &mut Problems,
    ) -> Result<Option<i64>> {
        let Some(id) = id else { return Ok(None) };
        let number = match AgentPoolId::parse(id) {
            Ok(id) => self.agent_pool_number(&id, organization)?,
            Err(_) => None,
        };
        if number.is_none() {
            agent_pool::unusable("/data/relationships/agent-pool", problems);
        }
        Ok(number)
    }

    /// With its token and every link that uses that. `client` was found in this very transaction.
    pub fn delete_oauth_client(&self, client: &OAuthClient) -> Result<()> {
        if let Some(token) = &client.oauth_token {
            self.delete_oauth_token(&self.oauth_token(token)?)?;
        }
        self.remove_row("oauth_clients", client.number, Some(&client.organization_id))?;
        self.record(EventKind::Destroy, Resource::OAuthClient, client.id.as_str(), Some(&client.organization_id))
    }
}

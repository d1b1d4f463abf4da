//! Registry modules.

use rusqlite::Row;
use rusqlite::types::ToSql;

use crate::domain::error::{Error, Problems, Result};
use crate::domain::field::Field;
use crate::domain::id::{AgentPoolId, NoCodeModuleId, RegistryModuleId};
use crate::domain::identity::Identity;
use crate::domain::organizations::organization::Organization;
use crate::domain::page::{Listed, Page};
use crate::domain::published::no_code_module::{NoCodeChange, NoCodeModule, NoCodeSettings};
use crate::domain::published::registry_module::{
    RegistryModule, RegistryModuleChange, RegistryModuleSettings, Version,
};
use crate::domain::timestamp::Timestamp;
use crate::store::oauth::repository_links::REGISTRY_MODULE;
use crate::store::pages::json_array;
use crate::store::settings;
use crate::store::stored::{FIRST, Links, Stored};
use crate::store::{Change, View};

/// Each is a part of its module's document.
const MAX_VERSIONS: usize = 1000;

impl Stored for RegistryModule {
    type Id = RegistryModuleId;
    const TABLE: &'static str = "registry_modules";
    const EVENT: &'static str = "registry_module";
    const ONE: &'static str = "registry module";
    const JOINS: &'static str = "JOIN organizations ON organizations.number = registry_modules.organization
         LEFT JOIN agent_pools ON agent_pools.number = registry_modules.agent_pool";
    const COLUMNS: &'static str = "registry_modules.name, registry_modules.provider, registry_modules.settings,
         agent_pools.id, registry_modules.created_at, registry_modules.updated_at";

    fn read(identity: Identity<RegistryModuleId>, row: &Row<'_>) -> rusqlite::Result<RegistryModule> {
        Ok(RegistryModule {
            identity,
            name: row.get(FIRST)?,
            provider: row.get(FIRST + 1)?,
            settings: settings::read(row, FIRST + 2)?,
            agent_pool: row.get::<_, Option<String>>(FIRST + 3)?.map(AgentPoolId::from),
            vcs_repo: None,
            no_code_modules: vec![],
            created_at: Timestamp::from_milliseconds(row.get(FIRST + 4)?),
            updated_at: Timestamp::from_milliseconds(row.get(FIRST + 5)?),
        })
    }

    fn identity(&self) -> &Identity<RegistryModuleId> {
        &self.identity
    }

    fn with_links(view: &View, mut modules: Vec<RegistryModule>) -> Result<Vec<RegistryModule>> {
        let numbers = json_array(modules.iter().map(|module| module.identity.number))?;
        let mut repositories =
            view.repositories_of(REGISTRY_MODULE, modules.iter().map(|module| module.identity.number))?;
        let mut no_code_modules: Links<NoCodeModuleId> = view.links(
            "SELECT registry_module, id FROM no_code_modules WHERE registry_module IN (SELECT value FROM json_each(?1))",
            &numbers,
        )?;
        for module in &mut modules {
            let number = &module.identity.number;
            module.vcs_repo = repositories.remove(number);
            module.no_code_modules = no_code_modules.remove(number).unwrap_or_default();
        }
        Ok(modules)
    }
}

impl View<'_> {
    /// A page of an organization's modules; with a part of the name or provider, and of one provider, where these are given.
    pub fn registry_modules(
        &self,
        of: &Organization,
        part: &str,
        provider: Option<&str>,
        page: Page,
    ) -> Result<Listed<RegistryModule>> {
        let condition = "registry_modules.organization = ?1 AND (?3 IS NULL OR registry_modules.provider = ?3)
                         AND (instr(lower(registry_modules.name), lower(?2))
                              OR instr(lower(registry_modules.provider), lower(?2)) OR instr(lower(?4), lower(?2)))";
        let parameters: [&dyn ToSql; 4] = [&of.number, &part, &provider, &of.name];
        self.stored_where(condition, "registry_modules.number", &parameters, page)
    }

    /// All of the name, or the one that is for the provider too.
    pub fn registry_modules_at(
        &self,
        organization: i64,
        name: &str,
        provider: Option<&str>,
    ) -> Result<Vec<RegistryModule>> {
        let ids: Vec<RegistryModuleId> = self.rows(
            "SELECT id FROM registry_modules WHERE organization = ?1 AND name = ?2 AND (?3 IS NULL OR provider = ?3)",
            (organization, name, provider),
            |row| row.get::<_, String>(0).map(RegistryModuleId::from),
        )?;
        self.stored_with_ids(ids.iter())
    }

    /// The row of the agent pool that a request names. `Invalid` where it is not the organization's.
    fn test_pool(&self, given: &Field<String>, organization: i64, problems: &mut Problems) -> Result<Option<i64>> {
        let Field::Value(id) = given else { return Ok(None) };
        let pool = AgentPoolId::parse(id).map_or(Ok(None), |id| self.agent_pool_number(&id, organization))?;
        if pool.is_none() {
            let detail = "There is no such agent pool in the organization.";
            problems.attribute("test-config/agent-pool-id", detail);
        }
        Ok(pool)
    }
}

impl Change<'_> {
    /// `Invalid` where the name is taken, or something that it refers to is not the organization's.
    pub fn create_registry_module(
        &self,
        of: &Organization,
        id: &RegistryModuleId,
        new: &RegistryModuleChange,
    ) -> Result<RegistryModule> {
        let mut problems = Problems::default();
        let address: [(&str, &dyn ToSql); 3] =
            [("organization", &of.number), ("name", &new.name), ("provider", &new.provider)];
        if self.is_taken::<RegistryModule>(&address, None)? {
            problems.name_is_taken();
        }
        let pool = self.test_pool(&new.agent_pool, of.number, &mut problems)?;
        let link = match &new.vcs_repo {
            Field::Value(link) => self.check_link(of.number, None, None, link, &mut problems)?,
            Field::Absent | Field::Null => None,
        };
        problems.finish()?;
        let module: RegistryModule = self.insert(
            id,
            &of.external_id,
            &[
                ("organization", &of.number),
                ("name", &new.name),
                ("provider", &new.provider),
                ("settings", &settings::text(&new.settings)?),
                ("agent_pool", &pool),
                ("updated_at", &self.now.milliseconds()),
            ],
        )?;
        if let Some(link) = &link {
            self.link(REGISTRY_MODULE, module.identity.number, link)?;
        }
        self.set_no_code(&module, new.no_code)?;
        self.stored(id)
    }

    /// What is not given stays. `Invalid` as for creation.
    pub fn update_registry_module(
        &self,
        current: &RegistryModule,
        change: &RegistryModuleChange,
    ) -> Result<RegistryModule> {
        let (number, organization) = (current.identity.number, current.identity.organization);
        let mut problems = Problems::default();
        let pool = self.test_pool(&change.agent_pool, organization, &mut problems)?;
        let link = match &change.vcs_repo {
            Field::Value(link) => {
                self.check_link(organization, None, current.vcs_repo.as_ref(), link, &mut problems)?
            }
            Field::Absent | Field::Null => None,
        };
        problems.finish()?;
        if let Some(link) = &link {
            self.link(REGISTRY_MODULE, number, link)?;
        }
        if matches!(change.vcs_repo, Field::Null) {
            self.remove_link(REGISTRY_MODULE, number)?;
        }
        let (settings, now) = (settings::text(&change.settings)?, self.now.milliseconds());
        let mut columns: Vec<(&str, &dyn ToSql)> = vec![("settings", &settings), ("updated_at", &now)];
        if change.agent_pool.is_given() {
            columns.push(("agent_pool", &pool));
        }
        self.set_no_code(current, change.no_code)?;
        self.set(current, &columns)
    }

    /// Makes it a no-code module, or takes that away.
    fn set_no_code(&self, module: &RegistryModule, no_code: Option<bool>) -> Result<()> {
        match (no_code, module.no_code_modules.first()) {
            (Some(true), None) => {
                let id = NoCodeModuleId::generate(self.sources);
                let new = NoCodeChange { module: module.identity.id.to_string(), settings: NoCodeSettings::default() };
                self.create_no_code_module(module.identity.organization, &module.identity.organization_id, &id, &new)?;
            }
            (Some(false), Some(id)) => self.delete_stored::<NoCodeModule>(&self.stored(id)?)?,
            _ => {}
        }
        Ok(())
    }

    /// `Invalid` where the module has it already, or has too many.
    pub fn add_registry_module_version(&self, current: &RegistryModule, name: &str) -> Result<RegistryModule> {
        let (mut problems, mut settings) = (Problems::default(), current.settings.clone());
        if settings.versions.iter().any(|own| own.name == name) {
            problems.attribute("version", "Version has already been taken");
        }
        if settings.versions.len() >= MAX_VERSIONS {
            problems.attribute("version", "A module has at most 1,000 versions.");
        }
        problems.finish()?;
        settings.versions.push(Version { name: name.to_owned(), created_at: Some(self.now.milliseconds()) });
        self.set_versions(current, &settings)
    }

    /// The module goes with its last version. `NotFound` for a version that was not recorded.
    pub fn delete_registry_module_version(&self, current: &RegistryModule, name: &str) -> Result<()> {
        let mut settings = current.settings.clone();
        settings.versions.retain(|own| own.name != name);
        if settings.versions.len() == current.settings.versions.len() {
            return Err(Error::not_found());
        }
        if settings.versions.is_empty() {
            return self.delete_stored(current);
        }
        self.set_versions(current, &settings).map(drop)
    }

    fn set_versions(&self, current: &RegistryModule, settings: &RegistryModuleSettings) -> Result<RegistryModule> {
        self.set(current, &[("settings", &settings::text(settings)?), ("updated_at", &self.now.milliseconds())])
    }
}

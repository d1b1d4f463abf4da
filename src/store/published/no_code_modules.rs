//! No-code modules.

use rusqlite::Row;

use crate::domain::error::{Problems, Result};
use crate::domain::id::{NoCodeModuleId, OrganizationId, RegistryModuleId};
use crate::domain::identity::Identity;
use crate::domain::organizations::organization::Organization;
use crate::domain::page::{Listed, Page};
use crate::domain::published::no_code_module::{LATEST, NoCodeChange, NoCodeModule, NoCodeSettings};
use crate::domain::published::registry_module::RegistryModule;
use crate::store::settings;
use crate::store::stored::{FIRST, Stored};
use crate::store::{Change, View};

impl Stored for NoCodeModule {
    type Id = NoCodeModuleId;
    const TABLE: &'static str = "no_code_modules";
    const EVENT: &'static str = "no_code_module";
    const ONE: &'static str = "no-code module";
    const NAME: &'static str = "";
    const BELOW: &'static [&'static str] = &["registry_module"];
    const JOINS: &'static str = "JOIN registry_modules ON registry_modules.number = no_code_modules.registry_module
         JOIN organizations ON organizations.number = registry_modules.organization";
    const COLUMNS: &'static str = "registry_modules.id, no_code_modules.settings";

    fn read(identity: Identity<NoCodeModuleId>, row: &Row<'_>) -> rusqlite::Result<NoCodeModule> {
        let module = RegistryModuleId::from(row.get::<_, String>(FIRST)?);
        Ok(NoCodeModule { identity, module, settings: settings::read(row, FIRST + 1)? })
    }

    fn identity(&self) -> &Identity<NoCodeModuleId> {
        &self.identity
    }
}

impl View<'_> {
    pub fn no_code_modules(&self, of: &Organization, page: Page) -> Result<Listed<NoCodeModule>> {
        let condition =
            "no_code_modules.registry_module IN (SELECT number FROM registry_modules WHERE organization = ?1)";
        self.stored_where(condition, "no_code_modules.number", &[&of.number], page)
    }
}

/// A version that no client could find is no version to pin.
fn check_pin(module: &RegistryModule, settings: &NoCodeSettings, problems: &mut Problems) {
    let pin = &settings.version_pin;
    if !pin.is_empty() && pin != LATEST && !module.has_version(pin) {
        problems.attribute("version-pin", "The registry module has no such version.");
    }
}

impl Change<'_> {
    /// `Invalid` where the module is not the organization's or is a no-code module already, and for a version that it does
    /// not have.
    pub fn create_no_code_module(
        &self,
        organization: i64,
        organization_id: &OrganizationId,
        id: &NoCodeModuleId,
        new: &NoCodeChange,
    ) -> Result<NoCodeModule> {
        let mut problems = Problems::default();
        let place = "/data/relationships/registry-module/data";
        let number = self.row_in::<RegistryModule>(&new.module, organization)?;
        if number.is_none() {
            problems.at(place, "There is no such registry module in the organization.");
        } else {
            let module: RegistryModule = self.stored(&RegistryModuleId::parse(&new.module)?)?;
            if !module.no_code_modules.is_empty() {
                problems.at(place, "The registry module is a no-code module already.");
            }
            check_pin(&module, &new.settings, &mut problems);
        }
        problems.finish()?;
        let settings = settings::text(&new.settings)?;
        self.insert(id, organization_id, &[("registry_module", &number), ("settings", &settings)])
    }

    /// `Invalid` for a version that the module does not have.
    pub fn update_no_code_module(&self, current: &NoCodeModule, new: &NoCodeSettings) -> Result<NoCodeModule> {
        let mut problems = Problems::default();
        if new.version_pin != current.settings.version_pin {
            check_pin(&self.stored(&current.module)?, new, &mut problems);
        }
        problems.finish()?;
        self.set(current, &[("settings", &settings::text(new)?)])
    }
}

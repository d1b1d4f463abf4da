//! No-code modules on the wire. Nothing is provisioned.

use serde::Serialize;

use crate::api::jsonapi::crud::{Changeable, Plain};
use crate::api::jsonapi::document::{Included, NoRelationships, Resource, ToMany, ToOne};
use crate::api::jsonapi::input::Input;
use crate::api::organizations;
use crate::app::Cx;
use crate::domain::access::{Action, OrganizationAccess};
use crate::domain::error::Result;
use crate::domain::id::NoCodeModuleId;
use crate::domain::organizations::organization::Organization;
use crate::domain::page::{Listed, Page};
use crate::domain::published::no_code_module::{
    NoCodeChange, NoCodeModule, NoCodeSettings, VariableOption, VariableOptionFields,
};
use crate::domain::published::registry_module::RegistryModule;
use crate::store::{Change, View};

pub const INCLUDE: &str = "include=variable-options";
const VARIABLE_OPTIONS: &str = "variable-options";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Attributes<'a> {
    enabled: bool,
    version_pin: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Relationships {
    organization: ToOne,
    registry_module: ToOne,
    variable_options: ToMany,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct OptionAttributes<'a> {
    variable_name: &'a str,
    variable_type: &'a str,
    options: &'a [String],
}

impl Plain for NoCodeModule {
    const KIND: &'static str = "no-code-modules";
    const PARAMETER: &'static str = "no_code_module";
    const SEE: Action = Action::SeeRegistryModules;
    const MANAGE: Action = Action::ManageRegistryModules;
    const IS_SHORT: bool = false;

    type Parent = Organization;
    type New = NoCodeChange;

    fn list(view: &View, _: &Cx, of: &Organization, _: OrganizationAccess, page: Page) -> Result<Listed<NoCodeModule>> {
        view.no_code_modules(of, page)
    }

    fn included(_: &View, cx: &Cx, modules: &[Self], _: OrganizationAccess) -> Result<Option<Included>> {
        let mut included = Included::asked_for(cx.request);
        if let Some(resources) = &mut included {
            for option in modules.iter().flat_map(|module| &module.settings.variable_options) {
                resources.push(option_resource(option));
            }
        }
        Ok(included)
    }

    fn read_new(cx: &Cx, mut input: Input, _: &Organization, _: &NoCodeModuleId) -> Result<NoCodeChange> {
        let module = registry_module(&mut input);
        if module.is_none() {
            input.problems.at("/data/relationships/registry-module/data", "`registry-module` is required.");
        }
        let settings = read(cx, &mut input, &NoCodeSettings::default());
        input.finish()?;
        Ok(NoCodeChange { module: module.unwrap_or_default(), settings })
    }

    fn create(change: &Change, of: &Organization, id: &NoCodeModuleId, new: &NoCodeChange) -> Result<NoCodeModule> {
        change.create_no_code_module(of.number, &of.external_id, id, new)
    }

    fn attributes(&self, _: OrganizationAccess) -> impl Serialize {
        Attributes { enabled: self.settings.enabled, version_pin: &self.settings.version_pin }
    }

    fn relationships(&self, _: OrganizationAccess) -> impl Serialize {
        let options = self.settings.variable_options.iter().map(VariableOption::id);
        Relationships {
            organization: organizations::linked(&self.identity.organization_name),
            registry_module: ToOne::to(RegistryModule::KIND, &self.module),
            variable_options: ToMany::to(VARIABLE_OPTIONS, options),
        }
    }
}

impl Changeable for NoCodeModule {
    type Change = NoCodeSettings;

    fn read_change(cx: &Cx, mut input: Input, current: &NoCodeModule) -> Result<NoCodeSettings> {
        if registry_module(&mut input).is_some_and(|id| id != current.module.as_str()) {
            let detail = "The registry module of a no-code module cannot be changed.";
            input.problems.at("/data/relationships/registry-module/data", detail);
        }
        let settings = read(cx, &mut input, &current.settings);
        input.finish().map(|()| settings)
    }

    fn update(change: &Change, current: &NoCodeModule, update: &NoCodeSettings) -> Result<NoCodeModule> {
        change.update_no_code_module(current, update)
    }
}

/// The samples of the service write the type in the singular.
fn registry_module(input: &mut Input) -> Option<String> {
    input.linked_also("registry-module", RegistryModule::KIND, "registry-module").value()
}

fn read(cx: &Cx, input: &mut Input, current: &NoCodeSettings) -> NoCodeSettings {
    let (enabled, version_pin) = (input.flag("enabled"), input.text("version-pin"));
    let items = input.items(VARIABLE_OPTIONS, VARIABLE_OPTIONS).value();
    let variables = items.map(|items| {
        let fields = items.into_iter().map(|mut item| VariableOptionFields {
            id: item.id.take(),
            name: item.attributes.text("variable-name", &mut input.problems),
            kind: item.attributes.text("variable-type", &mut input.problems),
            options: item.attributes.texts("options", &mut input.problems),
            pointer: format!("{}/attributes", item.pointer),
        });
        fields.collect()
    });
    current.changed(enabled, version_pin, variables, &cx.app.sources, &mut input.problems)
}

fn option_resource(option: &VariableOption) -> Resource<impl Serialize, NoRelationships> {
    Resource {
        id: option.id().to_owned(),
        kind: VARIABLE_OPTIONS,
        attributes: OptionAttributes {
            variable_name: &option.name,
            variable_type: &option.kind,
            options: &option.options,
        },
        relationships: NoRelationships {},
        links: None,
    }
}

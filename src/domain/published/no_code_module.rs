//! No-code modules: registry modules that people may provision from a form. Nothing is provisioned here.

use serde::{Deserialize, Serialize};

use super::registry_module::is_version;
use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::id::{NoCodeModuleId, RegistryModuleId, VariableOptionId};
use crate::domain::identity::Identity;
use crate::domain::names;
use crate::domain::sources::Sources;

const MAX_OPTIONS: usize = 100;
const MAX_CHARACTERS: usize = 255;
/// The newest version, whichever that is.
pub const LATEST: &str = "latest";

#[derive(Clone, Debug, PartialEq)]
pub struct NoCodeModule {
    pub identity: Identity<NoCodeModuleId>,
    pub module: RegistryModuleId,
    pub settings: NoCodeSettings,
}

/// What clients set and read back, and nothing acts upon.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(default, rename_all = "kebab-case")]
pub struct NoCodeSettings {
    pub enabled: bool,
    /// Empty for none.
    pub version_pin: String,
    pub variable_options: Vec<VariableOption>,
}

impl Default for NoCodeSettings {
    fn default() -> NoCodeSettings {
        NoCodeSettings { enabled: true, version_pin: String::new(), variable_options: vec![] }
    }
}

/// The values that a variable of the module may have.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct VariableOption {
    id: String,
    pub name: String,
    pub kind: String,
    pub options: Vec<String>,
}

impl VariableOption {
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// A variable of a request, as it came, and where.
pub struct VariableOptionFields {
    /// With it alone, options that there are already are meant: a document that is read names them so.
    pub id: Option<String>,
    pub name: Field<String>,
    pub kind: Field<String>,
    pub options: Field<Vec<String>>,
    pub pointer: String,
}

/// What is not given stays; for a new one, it has its default.
pub struct NoCodeChange {
    /// The id of the module, as it was given, for a new one.
    pub module: String,
    pub settings: NoCodeSettings,
}

impl NoCodeSettings {
    /// `variables` are `None` where the request says nothing of them; those that it names take the place of all.
    pub fn changed(
        &self,
        enabled: Field<bool>,
        version_pin: Field<String>,
        variables: Option<Vec<VariableOptionFields>>,
        sources: &Sources,
        problems: &mut Problems,
    ) -> NoCodeSettings {
        let version_pin = version_pin.or(&self.version_pin, &String::new());
        if !version_pin.is_empty() && version_pin != LATEST && !is_version(&version_pin) {
            problems.attribute("version-pin", "`version-pin` must be a version like 1.0.0, or latest.");
        }
        let variable_options = match variables {
            None => self.variable_options.clone(),
            Some(variables) => self.options(variables, sources, problems),
        };
        NoCodeSettings { enabled: enabled.or(&self.enabled, &true), version_pin, variable_options }
    }

    fn options(
        &self,
        variables: Vec<VariableOptionFields>,
        sources: &Sources,
        problems: &mut Problems,
    ) -> Vec<VariableOption> {
        let is_line = |text: &str| !text.is_empty() && names::is_line(text, MAX_CHARACTERS);
        if variables.len() > MAX_OPTIONS {
            let detail = "A no-code module has options for at most 100 variables.";
            problems.at("/data/relationships/variable-options/data", detail);
            return vec![];
        }
        let mut all: Vec<VariableOption> = Vec::with_capacity(variables.len());
        for VariableOptionFields { id, name, kind, options, pointer } in variables {
            let present = match (&name, &kind, &options) {
                (Field::Absent, Field::Absent, Field::Absent) => {
                    self.variable_options.iter().find(|own| Some(&own.id) == id.as_ref())
                }
                _ => None,
            };
            let (name, kind, options) = match present {
                Some(own) => (own.name.clone(), own.kind.clone(), own.options.clone()),
                None => (
                    name.value().unwrap_or_default(),
                    kind.value().unwrap_or_default(),
                    options.value().unwrap_or_default(),
                ),
            };
            for (attribute, text) in [("variable-name", &name), ("variable-type", &kind)] {
                if !is_line(text) {
                    let detail = format!("`{attribute}` must be one line of 1 to 255 characters.");
                    problems.at(format!("{pointer}/{attribute}"), detail);
                }
            }
            if options.len() > MAX_OPTIONS || options.iter().any(|option| !is_line(option)) {
                let detail = "`options` must be at most 100 lines of 1 to 255 characters.";
                problems.at(format!("{pointer}/options"), detail);
            }
            if all.iter().any(|other| other.name == name) {
                problems.at(format!("{pointer}/variable-name"), "There are options for this variable already.");
            }
            let known = self.variable_options.iter().find(|own| own.name == name);
            let id = known.map_or_else(|| VariableOptionId::generate(sources).to_string(), |own| own.id.clone());
            all.push(VariableOption { id, name, kind, options });
        }
        all
    }
}

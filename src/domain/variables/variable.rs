//! Variables: of a workspace or of a variable set, and parameters of a policy set.

use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::id::{OrganizationId, PolicySetId, VariableId, VariableSetId, WorkspaceId};
use crate::domain::identity::Identity;
use crate::domain::names;
use crate::domain::secret::{Sealed, Secret};
use crate::domain::timestamp::Timestamp;

pub const MAX_KEY_CHARACTERS: usize = 128;
pub const MAX_VALUE_BYTES: usize = 256 * 1024;
pub const MAX_DESCRIPTION_CHARACTERS: usize = 512;
/// How many one request may change.
pub const MOST_AT_ONCE: usize = 100;

/// What a variable may be for. Bowline keeps them all and runs nothing.
pub const CATEGORIES: [&str; 4] = ["terraform", "env", "terraform-cloud", PARAMETER];
/// What a parameter of a policy set is for, and nothing else.
const PARAMETER: &str = "policy-set";

/// Says what is wrong with the category of a policy set's parameter.
pub fn check_parameter(category: Option<&str>, problems: &mut Problems) {
    if category.is_some_and(|category| category != PARAMETER && CATEGORIES.contains(&category)) {
        problems.attribute("category", "`category` must be policy-set for a parameter of a policy set.");
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    pub identity: Identity<VariableId>,
    pub owner: Owner,
    /// Unique in the owner and the category.
    pub key: String,
    /// `None` where it is sensitive: then it is sealed and never read.
    pub value: Option<String>,
    pub category: String,
    pub hcl: bool,
    pub description: String,
    /// Goes up with every change, even one that changes nothing.
    pub version: i64,
    pub created_at: Timestamp,
}

impl Variable {
    pub fn is_sensitive(&self) -> bool {
        self.value.is_none()
    }
}

/// What a variable belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    Workspace(WorkspaceId),
    Set(VariableSetId),
    PolicySet(PolicySetId),
}

/// Where a list of variables hangs.
#[derive(Clone, Debug)]
pub struct Holder {
    pub owner: Owner,
    /// The row of the owner.
    pub number: i64,
    /// The row of its organization.
    pub organization: i64,
    pub organization_id: OrganizationId,
}

/// The attributes of a request, as they came.
pub struct VariableFields {
    pub key: Field<String>,
    pub value: Field<String>,
    pub category: Field<String>,
    pub hcl: Field<bool>,
    pub sensitive: Field<bool>,
    pub description: Field<String>,
}

/// As it was given.
pub enum Given {
    Plain(String),
    Sensitive(Secret),
}

/// As it is stored.
#[derive(Clone)]
pub enum Kept {
    Plain(String),
    Sealed(Sealed),
}

/// `V` is [`Given`] until the value is sealed, [`Kept`] afterwards.
pub struct NewVariable<V> {
    pub key: String,
    pub value: V,
    pub category: String,
    pub hcl: bool,
    pub description: String,
}

/// What is not given stays.
pub struct VariableChange<V> {
    pub key: Option<String>,
    pub value: Option<V>,
    pub category: Option<String>,
    pub hcl: Option<bool>,
    pub description: Option<String>,
}

impl NewVariable<Given> {
    /// `at` is the pointer to the attributes.
    pub fn check(fields: VariableFields, at: &str, problems: &mut Problems) -> NewVariable<Given> {
        let checked = Checked { at, problems };
        checked.new_variable(fields)
    }
}

impl VariableChange<Given> {
    /// `at` is the pointer to the attributes.
    pub fn check(
        fields: VariableFields,
        current: &Variable,
        at: &str,
        problems: &mut Problems,
    ) -> VariableChange<Given> {
        let VariableFields { key, value, category, hcl, sensitive, description } = fields;
        let mut checked = Checked { at, problems };
        let key = key.given(String::new());
        if let Some(key) = &key {
            checked.key(key);
            if current.is_sensitive() && *key != current.key {
                checked.problem("key", "Key cannot be updated for a sensitive variable");
            }
        }
        let sensitive = sensitive.given(false);
        if current.is_sensitive() && sensitive == Some(false) {
            checked.problem(
                "sensitive",
                "Sensitive cannot be changed from true to false on saved records. To make this variable readable, destroy \
                 this record and create a new one with the same key value.",
            );
        }
        // Null is what an answer shows of a value that it does not tell.
        let value = if current.is_sensitive() { value.value() } else { value.given(String::new()) };
        checked.value(value.as_deref().unwrap_or_default());
        let becomes_sensitive = sensitive == Some(true) && !current.is_sensitive();
        let value = match (value, sensitive.unwrap_or(current.is_sensitive())) {
            (Some(value), true) => Some(Given::Sensitive(Secret::new(value))),
            (Some(value), false) => Some(Given::Plain(value)),
            (None, _) if becomes_sensitive => {
                Some(Given::Sensitive(Secret::new(current.value.clone().unwrap_or_default())))
            }
            (None, _) => None,
        };
        VariableChange {
            key,
            value,
            category: category.given(String::new()).inspect(|category| checked.category(category)),
            hcl: hcl.given(false),
            description: description.is_given().then(|| checked.description(description)),
        }
    }
}

/// Checks attributes and names what is wrong.
struct Checked<'a> {
    at: &'a str,
    problems: &'a mut Problems,
}

impl Checked<'_> {
    fn new_variable(mut self, fields: VariableFields) -> NewVariable<Given> {
        let VariableFields { key, value, category, hcl, sensitive, description } = fields;
        let key = key.value().unwrap_or_default();
        self.key(&key);
        let value = value.value().unwrap_or_default();
        self.value(&value);
        let category = category.value().unwrap_or_default();
        self.category(&category);
        let is_sensitive = sensitive.value().unwrap_or_default();
        NewVariable {
            key,
            value: if is_sensitive { Given::Sensitive(Secret::new(value)) } else { Given::Plain(value) },
            category,
            hcl: hcl.value().unwrap_or_default(),
            description: self.description(description),
        }
    }

    fn problem(&mut self, attribute: &str, detail: &str) {
        self.problems.at(format!("{}/{attribute}", self.at), detail);
    }

    fn key(&mut self, key: &str) {
        if key.trim().is_empty() {
            self.problem("key", "`key` is required.");
        } else if !names::is_line(key, MAX_KEY_CHARACTERS) {
            self.problem("key", "`key` must be one line of at most 128 characters.");
        }
    }

    fn value(&mut self, value: &str) {
        if value.len() > MAX_VALUE_BYTES {
            self.problem("value", "`value` must not be longer than 262144 bytes.");
        }
    }

    fn category(&mut self, category: &str) {
        if !CATEGORIES.contains(&category) {
            self.problem("category", "`category` must be terraform, env, terraform-cloud or policy-set.");
        }
    }

    fn description(&mut self, description: Field<String>) -> String {
        let description = description.value().unwrap_or_default();
        if let Some(wrong) = names::wrong_description(&description, MAX_DESCRIPTION_CHARACTERS) {
            self.problem("description", &wrong);
        }
        description
    }
}

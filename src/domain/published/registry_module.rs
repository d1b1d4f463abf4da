//! Modules of an organization's private registry. Repositories are never read: a version is a name, and nothing more.

use serde::{Deserialize, Serialize};

use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::id::{self, AgentPoolId, NoCodeModuleId, RegistryModuleId};
use crate::domain::identity::Identity;
use crate::domain::names::{self, is_plain_name};
use crate::domain::oauth::vcs_repo::{VcsRepo, VcsRepoChange};
use crate::domain::timestamp::Timestamp;

const MAX_NAME_CHARACTERS: usize = 64;
const MAX_LINE_CHARACTERS: usize = 255;
const MAX_VERSION_CHARACTERS: usize = 64;
/// Of a module that is published from a branch, where the request names none.
const FIRST_VERSION: &str = "0.0.0";
const REMOTE: &str = "remote";
const AGENT: &str = "agent";
/// The one registry.
pub const PRIVATE: &str = "private";

#[derive(Clone, Debug, PartialEq)]
pub struct RegistryModule {
    pub identity: Identity<RegistryModuleId>,
    /// Unique in the organization, together with the provider.
    pub name: String,
    /// The Terraform provider that it is for.
    pub provider: String,
    pub settings: RegistryModuleSettings,
    pub agent_pool: Option<AgentPoolId>,
    pub vcs_repo: Option<VcsRepo>,
    pub no_code_modules: Vec<NoCodeModuleId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What clients set and read back, and nothing acts upon.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, rename_all = "kebab-case")]
pub struct RegistryModuleSettings {
    /// Empty: the identifier of the repository.
    pub display_identifier: String,
    pub tag_prefix: String,
    pub source_directory: String,
    pub test_config: Option<TestConfig>,
    /// Those that are known without a look at the repository.
    pub versions: Vec<Version>,
}

#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub struct Version {
    pub name: String,
    /// In milliseconds since 1970; `None` for one that came with its module.
    pub created_at: Option<i64>,
}

#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub struct TestConfig {
    pub tests_enabled: bool,
    pub agent_execution_mode: String,
}

impl Default for TestConfig {
    fn default() -> TestConfig {
        TestConfig { tests_enabled: false, agent_execution_mode: REMOTE.to_owned() }
    }
}

impl RegistryModule {
    pub fn publishing_mechanism(&self) -> &'static str {
        match &self.vcs_repo {
            None => "non_vcs",
            Some(repo) if repo.branch.is_empty() => "git_tag",
            Some(_) => "branch",
        }
    }

    /// Whether clients may go on as if there were this version. Which tags a repository has is not known here, so that of a
    /// module that is published from tags there is every version.
    pub fn has_version(&self, version: &str) -> bool {
        let is_tagged = self.vcs_repo.as_ref().is_some_and(|repo| repo.branch.is_empty());
        is_version(version) && (is_tagged || self.settings.versions.iter().any(|own| own.name == version))
    }

    /// The same each time, because nothing is kept of a version but its name.
    pub fn version_id(&self, version: &str) -> String {
        id::derived("modver-", &format!("{}/{version}", self.identity.id))
    }

    pub fn test_config_id(&self) -> String {
        id::derived("tc-", self.identity.id.as_str())
    }

    pub fn version_created_at(&self, version: &str) -> Timestamp {
        let own = self.settings.versions.iter().find(|own| own.name == version);
        own.and_then(|own| own.created_at).map_or(self.created_at, Timestamp::from_milliseconds)
    }
}

/// The attributes of a request, as they came.
pub struct RegistryModuleFields {
    pub name: Field<String>,
    pub provider: Field<String>,
    pub registry_name: Field<String>,
    pub namespace: Field<String>,
    pub initial_version: Field<String>,
    pub no_code: Field<bool>,
    pub test_config: Field<TestFields>,
    pub vcs_repo: Field<VcsRepoChange>,
    pub publishing: PublishingFields,
}

#[derive(Default)]
pub struct TestFields {
    pub tests_enabled: Field<bool>,
    pub agent_execution_mode: Field<String>,
    pub agent_pool_id: Field<String>,
}

/// Members of `vcs-repo` that modules alone have.
#[derive(Default)]
pub struct PublishingFields {
    pub display_identifier: Field<String>,
    pub tags: Field<bool>,
    pub tag_prefix: Field<String>,
    pub source_directory: Field<String>,
}

/// What is not given stays; for a new module, it has its default.
pub struct RegistryModuleChange {
    pub name: String,
    pub provider: String,
    /// Whether it is to be a no-code module.
    pub no_code: Option<bool>,
    pub settings: RegistryModuleSettings,
    pub vcs_repo: Field<VcsRepoChange>,
    /// The id, as it was given.
    pub agent_pool: Field<String>,
}

impl RegistryModuleChange {
    /// `current` is `None` for a new module. `organization` is the name of its organization.
    pub fn check(
        mut fields: RegistryModuleFields,
        current: Option<&RegistryModule>,
        organization: &str,
        problems: &mut Problems,
    ) -> RegistryModuleChange {
        let was = current.map(|module| module.settings.clone()).unwrap_or_default();
        let (mut settings, mut agent_pool) = with_tests(was, fields.test_config, problems);
        let no_code = fields.no_code.value();
        if let Field::Value(link) = &mut fields.vcs_repo {
            publish(link, fields.publishing, current, &mut settings, problems);
        }
        let linked = current.and_then(|module| module.vcs_repo.as_ref());
        let branch = match &fields.vcs_repo {
            Field::Value(link) => {
                Some(link.branch.as_deref().or(linked.map(|repo| repo.branch.as_str())).unwrap_or(""))
            }
            Field::Absent => linked.map(|repo| repo.branch.as_str()),
            Field::Null => None,
        };
        match branch {
            // Such modules have no tests.
            Some("") => (settings.test_config, agent_pool) = (None, Field::Null),
            Some(_) => {
                settings.test_config.get_or_insert_default();
            }
            None => {}
        }
        let (name, provider) = match current {
            Some(module) => (module.name.clone(), module.provider.clone()),
            None => {
                check_registry(fields.registry_name, fields.namespace, organization, problems);
                let link = fields.vcs_repo.as_value();
                add_first_version(fields.initial_version, link, &mut settings, problems);
                address(fields.name, fields.provider, link, problems)
            }
        };
        RegistryModuleChange { name, provider, no_code, settings, vcs_repo: fields.vcs_repo, agent_pool }
    }
}

/// A module is published from tags, unless it names a branch.
fn publish(
    link: &mut VcsRepoChange,
    fields: PublishingFields,
    current: Option<&RegistryModule>,
    settings: &mut RegistryModuleSettings,
    problems: &mut Problems,
) {
    if fields.tags == Field::Value(true) {
        if link.branch.as_deref().is_some_and(|branch| !branch.is_empty()) {
            problems
                .attribute("vcs-repo/branch", "A module is published from `tags` or from a `branch`, not from both.");
        }
        link.branch = Some(String::new());
    }
    link.tags_regex = None;
    let was = current.and_then(|module| module.vcs_repo.as_ref());
    if was.is_none() {
        link.ingress_submodules.get_or_insert(true);
    }
    if was.is_none_or(|was| !link.keeps_repository(was)) {
        settings.display_identifier.clear();
    }
    for (name, given, own) in [
        ("display-identifier", fields.display_identifier, &mut settings.display_identifier),
        ("tag-prefix", fields.tag_prefix, &mut settings.tag_prefix),
        ("source-directory", fields.source_directory, &mut settings.source_directory),
    ] {
        *own = given.or(own, &String::new());
        if !names::is_line(own, MAX_LINE_CHARACTERS) {
            let detail = format!("`vcs-repo.{name}` must be one line of at most 255 characters.");
            problems.attribute(&format!("vcs-repo/{name}"), detail);
        }
    }
}

fn with_tests(
    mut settings: RegistryModuleSettings,
    fields: Field<TestFields>,
    problems: &mut Problems,
) -> (RegistryModuleSettings, Field<String>) {
    let fields = match fields {
        Field::Absent => return (settings, Field::Absent),
        Field::Null => {
            settings.test_config = None;
            return (settings, Field::Null);
        }
        Field::Value(fields) => fields,
    };
    let was = settings.test_config.take().unwrap_or_default();
    let mode = fields.agent_execution_mode.blank_is_null();
    let tests = TestConfig {
        tests_enabled: fields.tests_enabled.or(&was.tests_enabled, &false),
        agent_execution_mode: mode.or(&was.agent_execution_mode, &REMOTE.to_owned()),
    };
    let mut pool = fields.agent_pool_id.blank_is_null();
    if tests.agent_execution_mode == REMOTE {
        if pool.as_value().is_some() {
            let detail = "Tests run in an agent pool where `test-config.agent-execution-mode` is agent.";
            problems.attribute("test-config/agent-pool-id", detail);
        }
        pool = Field::Null;
    } else if tests.agent_execution_mode != AGENT {
        let detail = "`test-config.agent-execution-mode` must be remote or agent.";
        problems.attribute("test-config/agent-execution-mode", detail);
    }
    settings.test_config = Some(tests);
    (settings, pool)
}

fn check_registry(registry: Field<String>, namespace: Field<String>, organization: &str, problems: &mut Problems) {
    if registry.present().is_some_and(|registry| registry != PRIVATE) {
        problems
            .attribute("registry-name", "`registry-name` must be private: modules of other registries are not kept.");
    }
    if namespace.present().is_some_and(|namespace| !namespace.eq_ignore_ascii_case(organization)) {
        problems.attribute("namespace", "`namespace` must be the name of the organization.");
    }
}

fn add_first_version(
    given: Field<String>,
    link: Option<&VcsRepoChange>,
    settings: &mut RegistryModuleSettings,
    problems: &mut Problems,
) {
    let given = given.present();
    if given.as_deref().is_some_and(|version| !is_version(version)) {
        problems.attribute("initial-version", "`initial-version` must be a version like 1.0.0.");
    }
    if link.is_some_and(|link| link.branch.as_deref().is_some_and(|branch| !branch.is_empty())) {
        settings.versions = vec![Version { name: given.unwrap_or(FIRST_VERSION.to_owned()), created_at: None }];
    }
}

/// Name and provider: as given, or out of the repository's name, `terraform-PROVIDER-NAME`.
fn address(
    name: Field<String>,
    provider: Field<String>,
    link: Option<&VcsRepoChange>,
    problems: &mut Problems,
) -> (String, String) {
    let repository = link.and_then(|link| link.identifier.as_deref()?.rsplit('/').next());
    let named = repository.and_then(|repository| repository.strip_prefix("terraform-")?.split_once('-'));
    let mut part = |attribute: &str, given: Field<String>, found: Option<&str>| {
        let part = given.present().or(found.map(str::to_owned)).unwrap_or_default();
        if !is_plain_name(&part, MAX_NAME_CHARACTERS) {
            let what = attribute[..1].to_ascii_uppercase() + &attribute[1..];
            let mut detail = format!("{what} is invalid: 1 to 64 letters, digits, `-` and `_` are needed");
            if repository.is_some() && part.is_empty() {
                detail.push_str(", because the repository is not named terraform-PROVIDER-NAME");
            }
            problems.attribute(attribute, format!("{detail}."));
        }
        part
    };
    (part("name", name, named.map(|(_, name)| name)), part("provider", provider, named.map(|(provider, _)| provider)))
}

/// `MAJOR.MINOR.PATCH`, with or without more behind it.
pub fn is_version(text: &str) -> bool {
    let (numbers, rest) = match text.find(['-', '+']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_rest = |rest: &str| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-+".contains(&byte))
    };
    text.len() <= MAX_VERSION_CHARACTERS
        && numbers.split('.').count() == 3
        && numbers.split('.').all(is_number)
        && rest.is_none_or(is_rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for good in ["0.0.0", "1.2.3", "10.20.30-rc.1", "1.0.0+build-7", "1.0.0-a+b"] {
            assert!(is_version(good), "{good}");
        }
        for bad in ["", "1", "1.0", "1.0.0.0", "v1.0.0", "1..0", "1.0.0-", "1.0.0 ", "1.0.x", "latest", &"1".repeat(65)]
        {
            assert!(!is_version(bad), "{bad}");
        }
    }

    #[test]
    fn names_come_out_of_the_repository_unless_given() {
        let of = |identifier: &str, name: Field<String>| {
            let link = VcsRepoChange { identifier: Some(identifier.to_owned()), ..VcsRepoChange::default() };
            let mut problems = Problems::default();
            let address = address(name, Field::Absent, Some(&link), &mut problems);
            problems.finish().ok().map(|()| address)
        };
        let pair = |name: &str, provider: &str| Some((name.to_owned(), provider.to_owned()));
        assert_eq!(of("acme/terraform-aws-thing", Field::Absent), pair("thing", "aws"));
        assert_eq!(of("acme/x/_git/terraform-aws-thing-two", Field::Absent), pair("thing-two", "aws"));
        assert_eq!(of("acme/terraform-aws-x", Field::Value("own".to_owned())), pair("own", "aws"));
        assert_eq!(of("acme/thing", Field::Absent), None);
        assert_eq!(of("acme/terraform--x", Field::Absent), None);
        assert_eq!(of("acme/thing", Field::Value("own".to_owned())), None);
    }
}

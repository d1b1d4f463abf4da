//! Registry modules on the wire. No repository is read: the state of modules and versions is `pending` for ever.

use serde::Serialize;

use crate::api::jsonapi::crud::{self, Changeable, Find, Plain};
use crate::api::jsonapi::document::{self, Included, Resource, ToMany, ToOne};
use crate::api::jsonapi::input::Input;
use crate::api::oauth::vcs_repo;
use crate::api::organizations;
use crate::app::{Cx, no_input};
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::error::{Error, Result};
use crate::domain::id::RegistryModuleId;
use crate::domain::oauth::token::OAuthToken;
use crate::domain::organizations::organization::Organization;
use crate::domain::page::{Listed, Page};
use crate::domain::published::no_code_module::NoCodeModule;
use crate::domain::published::registry_module::{
    PRIVATE, PublishingFields, RegistryModule, RegistryModuleChange, RegistryModuleFields, TestFields, is_version,
};
use crate::domain::timestamp::Timestamp;
use crate::http::query;
use crate::http::reply::Reply;
use crate::store::{Change, View};

pub const INCLUDE: &str = "include=no-code-modules";
pub const LISTED: &[&str] = &["q", "filter[provider]", "filter[registry_name]", "filter[organization_name]", INCLUDE];
const VERSIONS: &str = "registry-module-versions";
/// What nothing will ever change.
const PENDING: &str = "pending";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Attributes<'a> {
    name: &'a str,
    provider: &'a str,
    namespace: &'a str,
    registry_name: &'static str,
    status: &'static str,
    publishing_mechanism: &'static str,
    no_code: bool,
    version_statuses: Vec<VersionStatus<'a>>,
    test_config: Option<TestAttributes<'a>>,
    /// Left out where there is none: the published schema has no null for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    vcs_repo: Option<vcs_repo::Attributes>,
    permissions: Permissions,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Serialize)]
struct VersionStatus<'a> {
    version: &'a str,
    status: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct TestAttributes<'a> {
    id: String,
    tests_enabled: bool,
    agent_execution_mode: &'a str,
    agent_pool_id: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Permissions {
    can_delete: bool,
    can_resync: bool,
    can_retry: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Relationships {
    organization: ToOne,
    no_code_modules: ToMany,
}

impl Plain for RegistryModule {
    const KIND: &'static str = "registry-modules";
    const PARAMETER: &'static str = "registry_module";
    const SEE: Action = Action::SeeRegistryModules;
    const MANAGE: Action = Action::ManageRegistryModules;
    const IS_SHORT: bool = false;

    type Parent = Organization;
    type New = RegistryModuleChange;

    /// By its id or by its address.
    fn find(cx: &Cx, action: Action) -> Find<RegistryModule> {
        if !cx.parameter(Self::PARAMETER).is_empty() {
            return Box::new(cx.owned_and_access(Self::PARAMETER, action));
        }
        let find = find_all(cx, action);
        Box::new(move |view, caller| {
            let (modules, access) = find(view, caller)?;
            Ok((modules.into_iter().next().ok_or_else(Error::not_found)?, access))
        })
    }

    fn list(view: &View, cx: &Cx, of: &Organization, _: OrganizationAccess, page: Page) -> Result<Listed<Self>> {
        let filter = |name: &str| query::filter(cx.request, name);
        let is_other = |given: Option<&str>, own: &str| given.is_some_and(|given| !given.eq_ignore_ascii_case(own));
        if is_other(filter("filter[registry_name]"), PRIVATE) || is_other(filter("filter[organization_name]"), &of.name)
        {
            return Ok(Listed { items: vec![], total: 0 });
        }
        view.registry_modules(of, cx.request.query("q").unwrap_or_default(), filter("filter[provider]"), page)
    }

    fn included(view: &View, cx: &Cx, modules: &[Self], access: OrganizationAccess) -> Result<Option<Included>> {
        let mut included = Included::asked_for(cx.request);
        if let Some(resources) = &mut included {
            let ids = modules.iter().flat_map(|module| &module.no_code_modules);
            for module in view.stored_with_ids::<NoCodeModule>(ids)? {
                resources.push(crud::resource(&module, access));
            }
        }
        Ok(included)
    }

    fn read_new(cx: &Cx, input: Input, of: &Organization, _: &RegistryModuleId) -> Result<RegistryModuleChange> {
        read(cx, input, None, &of.name)
    }

    fn create(change: &Change, of: &Organization, id: &RegistryModuleId, new: &RegistryModuleChange) -> Result<Self> {
        change.create_registry_module(of, id, new)
    }

    fn attributes(&self, access: OrganizationAccess) -> impl Serialize {
        let (settings, may_manage) = (&self.settings, access.allows(Self::MANAGE));
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let repo = |repo| {
            let repo = vcs_repo::attributes(repo);
            vcs_repo::Attributes {
                display_identifier: text(&settings.display_identifier).unwrap_or(repo.display_identifier),
                tags: repo.branch.is_empty(),
                tag_prefix: text(&settings.tag_prefix),
                source_directory: text(&settings.source_directory),
                ..repo
            }
        };
        Attributes {
            name: &self.name,
            provider: &self.provider,
            namespace: &self.identity.organization_name,
            registry_name: PRIVATE,
            status: PENDING,
            publishing_mechanism: self.publishing_mechanism(),
            no_code: !self.no_code_modules.is_empty(),
            version_statuses: settings
                .versions
                .iter()
                .map(|version| VersionStatus { version: &version.name, status: PENDING })
                .collect(),
            test_config: settings.test_config.as_ref().map(|tests| TestAttributes {
                id: self.test_config_id(),
                tests_enabled: tests.tests_enabled,
                agent_execution_mode: &tests.agent_execution_mode,
                agent_pool_id: self.agent_pool.as_ref().map(|pool| pool.as_str()),
            }),
            vcs_repo: self.vcs_repo.as_ref().map(repo),
            permissions: Permissions { can_delete: may_manage, can_resync: may_manage, can_retry: may_manage },
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    fn relationships(&self, _: OrganizationAccess) -> impl Serialize {
        Relationships {
            organization: organizations::linked(&self.identity.organization_name),
            no_code_modules: ToMany::to(NoCodeModule::KIND, &self.no_code_modules),
        }
    }

    fn path(&self) -> String {
        let organization = &self.identity.organization_name;
        let (name, provider) = (&self.name, &self.provider);
        format!("/api/v2/organizations/{organization}/registry-modules/{PRIVATE}/{organization}/{name}/{provider}")
    }
}

impl Changeable for RegistryModule {
    type Change = RegistryModuleChange;

    fn read_change(cx: &Cx, input: Input, current: &RegistryModule) -> Result<RegistryModuleChange> {
        read(cx, input, Some(current), &current.identity.organization_name)
    }

    fn update(change: &Change, current: &RegistryModule, update: &RegistryModuleChange) -> Result<RegistryModule> {
        change.update_registry_module(current, update)
    }
}

fn read(cx: &Cx, mut input: Input, current: Option<&RegistryModule>, of: &str) -> Result<RegistryModuleChange> {
    let mut publishing = PublishingFields::default();
    let vcs_repo = vcs_repo::read_with(cx, &mut input, |group, problems| {
        publishing = PublishingFields {
            display_identifier: group.text("display-identifier", problems),
            tags: group.flag("tags", problems),
            tag_prefix: group.text("tag-prefix", problems),
            source_directory: group.text("source-directory", problems),
        };
        // Read before, where the path names no organization.
        group.text("organization-name", problems);
    })?;
    let fields = RegistryModuleFields {
        name: input.text("name"),
        provider: input.text("provider"),
        registry_name: input.text("registry-name"),
        namespace: input.text("namespace"),
        initial_version: input.text("initial-version"),
        no_code: input.flag("no-code"),
        test_config: input.group("test-config", |group, problems| TestFields {
            tests_enabled: group.flag("tests-enabled", problems),
            agent_execution_mode: group.text("agent-execution-mode", problems),
            agent_pool_id: group.text("agent-pool-id", problems),
        }),
        vcs_repo,
        publishing,
    };
    let needs_repository =
        cx.parameter("organization").is_empty() || cx.request.path.last().is_some_and(|s| s == "vcs");
    if current.is_none() && needs_repository && fields.vcs_repo.as_value().is_none() {
        input.problems.attribute("vcs-repo", "`vcs-repo` is required to publish a module from a repository.");
    }
    if input.items("tag-bindings", "tag-bindings").value().is_some_and(|bindings| !bindings.is_empty()) {
        input.problems.at("/data/relationships/tag-bindings/data", "Registry modules have no tags on this server.");
    }
    let change = RegistryModuleChange::check(fields, current, of, &mut input.problems);
    input.finish().map(|()| change)
}

/// Those at the address in the path, which may end with the name.
fn find_all(cx: &Cx, action: Action) -> Find<Vec<RegistryModule>> {
    let parameter = |name| cx.parameter(name).to_owned();
    let (organization, name, provider) =
        (parameter("organization"), parameter("module_name"), parameter("module_provider"));
    // Older paths leave these two out.
    let (registry, namespace) = (parameter("registry_name"), parameter("namespace"));
    Box::new(move |view, caller| {
        let (organization, access) = view.organization_and_access(caller, &organization, action)?;
        let is = |given: &str, own: &str| given.is_empty() || given.eq_ignore_ascii_case(own);
        if !is(&registry, PRIVATE) || !is(&namespace, &organization.name) {
            return Err(Error::not_found());
        }
        let provider = Some(provider.as_str()).filter(|provider| !provider.is_empty());
        let modules = view.registry_modules_at(organization.number, &name, provider)?;
        if modules.is_empty() { Err(Error::not_found()) } else { Ok((modules, access)) }
    })
}

/// `POST /registry-modules`: the organization is that of the OAuth token, unless `vcs-repo` names it. `NotFound` where the
/// caller may not manage its modules.
pub fn create_from_repository(cx: &Cx) -> Result<Reply> {
    cx.read(|_, _| Ok(()))?;
    let mut input = Input::read(cx, RegistryModule::KIND)?;
    let named = input.group("vcs-repo", |group, problems| {
        (group.text("organization-name", problems).present(), group.text("oauth-token-id", problems).present())
    });
    let find = move |name: String| {
        move |view: &View, caller: &Caller| view.organization_and_access(caller, &name, RegistryModule::MANAGE)
    };
    match named.value().unwrap_or_default() {
        (Some(name), _) => crud::create_in::<RegistryModule>(cx, Box::new(find(name))),
        (None, Some(token)) => {
            let find = move |view: &View, caller: &Caller| {
                let (token, access) = view.owned_and_access::<OAuthToken>(caller, &token, RegistryModule::MANAGE)?;
                let organization = view.organization_with_id(&token.organization_id)?;
                Ok((organization.ok_or_else(Error::not_found)?, access))
            };
            crud::create_in::<RegistryModule>(cx, Box::new(find))
        }
        (None, None) => {
            let is_wrong = |name: &str| input.problems.is_at(&format!("/data/attributes/vcs-repo/{name}"));
            if !["organization-name", "oauth-token-id"].into_iter().any(is_wrong) {
                let detail = "`vcs-repo.organization-name` or `vcs-repo.oauth-token-id` is required.";
                input.problems.attribute("vcs-repo", detail);
            }
            input.problems.finish()?;
            Err(Error::internal("a required `vcs-repo.organization-name` is missing but was not reported"))
        }
    }
}

/// `DELETE …/registry-modules/:registry_name/:namespace/:module_name`, for all providers, and
/// `POST /registry-modules/actions/delete/:organization/:module_name`, as older clients ask for it: 204.
pub fn delete_all(cx: &Cx) -> Result<Reply> {
    cx.change(find_all(cx, RegistryModule::MANAGE), no_input, |change, (modules, _), ()| {
        modules.iter().try_for_each(|module| change.delete_stored(module))
    })?;
    Ok(Reply::no_content())
}

/// 204. The module goes with its last version.
pub fn delete_version(cx: &Cx) -> Result<Reply> {
    let version = cx.parameter("module_version").to_owned();
    cx.change(RegistryModule::find(cx, RegistryModule::MANAGE), no_input, move |change, (module, _), ()| {
        change.delete_registry_module_version(&module, &version)
    })?;
    Ok(Reply::no_content())
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct VersionAttributes {
    version: String,
    status: &'static str,
    source: &'static str,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct VersionRelationships {
    registry_module: ToOne,
}

fn version_resource(
    module: &RegistryModule,
    version: &str,
) -> Resource<impl Serialize + use<>, impl Serialize + use<>> {
    let created_at = module.version_created_at(version);
    Resource {
        id: module.version_id(version),
        kind: VERSIONS,
        attributes: VersionAttributes {
            version: version.to_owned(),
            status: PENDING,
            source: if module.vcs_repo.is_some() { "vcs" } else { "tfe-api" },
            created_at,
            updated_at: created_at,
        },
        relationships: VersionRelationships { registry_module: ToOne::to(RegistryModule::KIND, &module.identity.id) },
        links: Some(document::SelfLink { itself: version_path(module, version) }),
    }
}

fn version_path(module: &RegistryModule, version: &str) -> String {
    format!("{}/version?module_version={}", module.path(), crate::http::request::encode(version))
}

/// `GET …/:module_provider/version?module_version=1.0.0`, by which clients wait for a version. `NotFound` for one that the
/// module does not have.
pub fn show_version(cx: &Cx) -> Result<Reply> {
    let (module, _) = cx.read(RegistryModule::find(cx, RegistryModule::SEE))?;
    let Some(version) = cx.request.query("module_version") else {
        return Err(Error::bad_parameter("module_version", "`module_version` is required."));
    };
    if !module.has_version(version) {
        return Err(Error::not_found());
    }
    Ok(document::one(version_resource(&module, version)))
}

/// `POST …/:module_provider/versions`: 201 with a version that nothing can be uploaded for.
pub fn create_version(cx: &Cx) -> Result<Reply> {
    let (module, version) = cx.change(
        RegistryModule::find(cx, RegistryModule::MANAGE),
        |_| {
            let mut input = Input::read(cx, VERSIONS)?;
            input.text("commit-sha");
            let version = input.text("version").value().unwrap_or_default();
            if !is_version(&version) {
                input.problems.attribute("version", "`version` must be a version like 1.0.0.");
            }
            input.finish().map(|()| version)
        },
        |change, (module, _), version| Ok((change.add_registry_module_version(&module, version)?, version.clone())),
    )?;
    Ok(document::created(version_resource(&module, &version), version_path(&module, &version)))
}

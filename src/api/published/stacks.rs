//! Stacks on the wire. Their configurations are never fetched, planned or applied.

use serde::Serialize;

use crate::api::jsonapi::crud::{self, Changeable, Find, Plain, resource};
use crate::api::jsonapi::document::{Included, ToOne};
use crate::api::jsonapi::input::Input;
use crate::api::jsonapi::page;
use crate::api::oauth::vcs_repo;
use crate::api::{organizations, projects};
use crate::app::Cx;
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::error::Result;
use crate::domain::field::Field;
use crate::domain::id::StackId;
use crate::domain::organizations::agent_pool::AgentPool;
use crate::domain::projects::project::Project;
use crate::domain::published::stack::{Stack, StackChange, StackFields, StackSettings};
use crate::domain::timestamp::Timestamp;
use crate::http::query;
use crate::http::reply::Reply;
use crate::store::{Change, StackFilter, StackOrder, View};

pub const LISTED: &[&str] = &["filter[project][id]", "search[name]", "sort=name,-name,updated-at,-updated-at", INCLUDE];
/// Configurations are known to clients and do not exist here.
pub const INCLUDE: &str = "include=project,organization,latest_stack_configuration,\
                           latest_stack_configuration.stack_diagnostics,stack_diagnostics";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Attributes<'a> {
    name: &'a str,
    description: &'a str,
    speculative_enabled: bool,
    trigger_patterns: &'a [String],
    working_directory: &'a str,
    creation_source: &'static str,
    vcs_repo: Option<vcs_repo::Attributes>,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// Of configurations there are none.
    upstream_count: u64,
    downstream_count: u64,
    inputs_count: u64,
    outputs_count: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Relationships {
    organization: ToOne,
    project: ToOne,
    agent_pool: ToOne,
    latest_stack_configuration: ToOne,
}

impl Plain for Stack {
    const KIND: &'static str = "stacks";
    const PARAMETER: &'static str = "stack";
    const SEE: Action = Action::SeeProjects;
    const MANAGE: Action = Action::ManageStacks;
    const IS_SHORT: bool = false;

    type Parent = Project;
    type New = StackChange;

    /// Access to its project is access to a stack.
    fn find(cx: &Cx, action: Action) -> Find<Stack> {
        let id = cx.parameter(Self::PARAMETER).to_owned();
        Box::new(move |view, caller| {
            let stack: Stack = view.stored(&StackId::parse(&id)?)?;
            let (_, access) = view.owned_and_access::<Project>(caller, stack.project.as_str(), action)?;
            Ok((stack, access))
        })
    }

    fn included(view: &View, cx: &Cx, stacks: &[Stack], access: OrganizationAccess) -> Result<Option<Included>> {
        let mut included = Included::asked_for(cx.request);
        let (Some(resources), Some(first)) = (&mut included, stacks.first()) else { return Ok(included) };
        let asks_for = |what| query::lists(cx.request, "include", what);
        if asks_for("project") {
            for project in view.projects_with_ids(stacks.iter().map(|stack| &stack.project))? {
                resources.push(projects::resource(&project, access, None));
            }
        }
        // The same for all of them.
        if asks_for("organization")
            && let Some(organization) = view.organization_named(&first.identity.organization_name)?
        {
            // The default project links back to its organization.
            let without: &[&str] = if asks_for("project") { &["default-project"] } else { &[] };
            resources.push_without(organizations::resource(&organization, access.in_organization()), without);
        }
        Ok(included)
    }

    fn read_new(cx: &Cx, mut input: Input, _: &Project, _: &StackId) -> Result<StackChange> {
        let new = read(cx, &mut input, None)?;
        input.finish().map(|()| new)
    }

    fn create(change: &Change, of: &Project, id: &StackId, new: &StackChange) -> Result<Stack> {
        change.create_stack(of, id, new)
    }

    fn attributes(&self, _: OrganizationAccess) -> impl Serialize {
        let StackSettings { description, speculative_enabled, trigger_patterns, working_directory, migration } =
            &self.settings;
        Attributes {
            name: &self.name,
            description,
            speculative_enabled: *speculative_enabled,
            trigger_patterns,
            working_directory,
            creation_source: if *migration { "migration-api" } else { "api" },
            vcs_repo: self.vcs_repo.as_ref().map(vcs_repo::attributes),
            created_at: self.created_at,
            updated_at: self.updated_at,
            upstream_count: 0,
            downstream_count: 0,
            inputs_count: 0,
            outputs_count: 0,
        }
    }

    fn relationships(&self, _: OrganizationAccess) -> impl Serialize {
        Relationships {
            organization: organizations::linked(&self.identity.organization_name),
            project: ToOne::to(projects::KIND, &self.project),
            agent_pool: self.agent_pool.as_ref().map_or_else(ToOne::none, |pool| ToOne::to(AgentPool::KIND, pool)),
            latest_stack_configuration: ToOne::none(),
        }
    }
}

impl Changeable for Stack {
    type Change = StackChange;

    fn read_change(cx: &Cx, mut input: Input, current: &Stack) -> Result<StackChange> {
        input.must_stay("project", projects::KIND, current.project.as_str());
        let change = read(cx, &mut input, Some(current))?;
        input.finish().map(|()| change)
    }

    fn update(change: &Change, current: &Stack, update: &StackChange) -> Result<Stack> {
        change.update_stack(current, update)
    }
}

fn read(cx: &Cx, input: &mut Input, current: Option<&Stack>) -> Result<StackChange> {
    let fields = StackFields {
        name: input.text("name"),
        description: input.text("description"),
        speculative_enabled: input.flag("speculative-enabled"),
        trigger_patterns: input.texts("trigger-patterns"),
        working_directory: input.text("working-directory"),
        migration: input.flag("migration"),
    };
    let mut vcs_repo = vcs_repo::read(cx, input)?;
    if let Field::Value(link) = &mut vcs_repo {
        // Clients of stacks leave out what is not set, also where it was before.
        link.branch.get_or_insert_default();
    }
    let agent_pool = input.linked("agent-pool", AgentPool::KIND);
    Ok(StackChange { vcs_repo, agent_pool, ..StackChange::check(fields, current, &mut input.problems) })
}

/// `POST /stacks`: the project is a relationship. `NotFound` where it does not exist or the caller may not make stacks in
/// it.
pub fn create(cx: &Cx) -> Result<Reply> {
    cx.read(|_, _| Ok(()))?;
    let mut input = Input::read(cx, Stack::KIND)?;
    let Some(project) = input.linked("project", projects::KIND).value() else {
        return Err(input.problems.with("/data/relationships/project", "`project` is required."));
    };
    let find = move |view: &View, caller: &Caller| view.owned_and_access::<Project>(caller, &project, Stack::MANAGE);
    crud::create_in::<Stack>(cx, Box::new(find))
}

/// `GET /organizations/:organization/stacks`: those in projects that the caller sees.
pub fn index(cx: &Cx) -> Result<Reply> {
    let name = cx.parameter("organization");
    let (page, access, list, included) = cx.read(|view, caller| {
        let (organization, access) = view.organization_and_access(caller, name, Action::SeeOrganization)?;
        let page = page::requested(cx.request)?.unwrap_or_default();
        let sees = |grants| access.with_grants(grants).allows(Action::SeeProjects);
        let filter = StackFilter {
            part: cx.request.query("search[name]").unwrap_or_default().to_owned(),
            project: query::filter(cx.request, "filter[project][id]").map(str::to_owned),
            among: match access.allows(Action::SeeProjects) {
                true => None,
                false => Some(view.projects_where(caller, organization.number, sees)?),
            },
            order: match query::sort(cx.request).as_str() {
                "name" => StackOrder::Name,
                "-name" => StackOrder::NameDescending,
                "updated-at" => StackOrder::Updated,
                "-updated-at" => StackOrder::UpdatedDescending,
                _ => StackOrder::Created,
            },
        };
        let list = view.stacks(organization.number, &filter, page)?;
        let included = Stack::included(view, cx, &list.items, access)?;
        Ok((page, access, list, included))
    })?;
    Ok(page::paged_including(cx, page, list.map(|stack| resource(stack, access)), included))
}

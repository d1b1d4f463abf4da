//! Variables on the wire: below their workspace, variable set or policy set, and by their id alone. A sensitive value only comes in.

pub mod flat;
pub mod sets;
pub mod several;

use serde::Serialize;

use crate::api::jsonapi::crud::{Changeable, Find, Parent, Plain, resource};
use crate::api::jsonapi::document::ToOne;
use crate::api::jsonapi::input::{Input, Members};
use crate::api::jsonapi::page;
use crate::app::Cx;
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::error::{Error, Problems, Result};
use crate::domain::id::{OrganizationId, PolicySetId, VariableId, VariableSetId, WorkspaceId};
use crate::domain::identity::Identity;
use crate::domain::page::{Listed, Page};
use crate::domain::published::policy_set::PolicySet;
use crate::domain::variables::variable::{
    Given, Holder, Kept, NewVariable, Owner, Variable, VariableChange, VariableFields, check_parameter,
};
use crate::domain::variables::variable_set::VariableSet;
use crate::domain::workspaces::workspace::Workspace;
use crate::http::reply::Reply;
use crate::store::{Change, View, place};

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Attributes<'a> {
    key: &'a str,
    value: Option<&'a str>,
    sensitive: bool,
    category: &'a str,
    hcl: bool,
    description: &'a str,
    created_at: crate::domain::timestamp::Timestamp,
    version_id: String,
}

#[derive(Serialize)]
struct Relationships {
    #[serde(skip_serializing_if = "Option::is_none")]
    configurable: Option<ToOne>,
    #[serde(skip_serializing_if = "Option::is_none")]
    varset: Option<ToOne>,
}

/// The one place that decides who may do something with variables.
fn holder(view: &View, caller: &Caller, owner: Owner, action: Action) -> Result<(Holder, OrganizationAccess)> {
    match owner {
        Owner::Workspace(id) => {
            let (workspace, access) = view.owned_and_access::<Workspace>(caller, id.as_str(), action)?;
            let Workspace { number, organization, organization_id, .. } = workspace;
            Ok((Holder { owner: Owner::Workspace(id), number, organization, organization_id }, access))
        }
        Owner::Set(id) => {
            let action = if action == Action::SeeVariables { VariableSet::SEE } else { VariableSet::MANAGE };
            let (set, access) = sets::found(view, caller, id.as_str(), action)?;
            Ok((holder_of_set(set), access))
        }
        Owner::PolicySet(id) => {
            // Values are for those who write policies, unlike the set itself.
            let (set, access) = view.owned_and_access::<PolicySet>(caller, id.as_str(), PolicySet::MANAGE)?;
            let (number, organization) = (set.identity.number, set.identity.organization);
            let organization_id = set.identity.organization_id;
            Ok((Holder { owner: Owner::PolicySet(id), number, organization, organization_id }, access))
        }
    }
}

fn holder_of_set(set: VariableSet) -> Holder {
    let Identity { id, number, organization, organization_id, .. } = set.identity;
    Holder { owner: Owner::Set(id), number, organization, organization_id }
}

/// As [`holder`], for an owner in the path: a set may be named below a workspace that it counts for, and is seen by
/// callers who see the variables there.
fn holder_in_path(
    view: &View,
    caller: &Caller,
    (owner, workspace): &(Owner, String),
    action: Action,
) -> Result<(Holder, OrganizationAccess)> {
    match owner {
        Owner::Set(id) if !workspace.is_empty() => {
            let (workspace, access) = view.owned_and_access::<Workspace>(caller, workspace, action)?;
            Ok((holder_of_set(view.variable_set_of_workspace(&workspace, id)?), access))
        }
        owner => holder(view, caller, owner.clone(), action),
    }
}

/// Which owner the path names, if it names one, and the workspace in it.
fn owner_of_path(cx: &Cx) -> Result<Option<(Owner, String)>> {
    let [workspace, set, policy_set] = ["workspace", "varset", "policy_set"].map(|name| cx.parameter(name));
    let owner = match [workspace, set, policy_set] {
        ["", "", ""] => return Ok(None),
        [_, "", ""] => Owner::Workspace(WorkspaceId::parse(workspace)?),
        [_, "", _] => Owner::PolicySet(PolicySetId::parse(policy_set)?),
        _ => Owner::Set(VariableSetId::parse(set)?),
    };
    Ok(Some((owner, workspace.to_owned())))
}

impl Parent for Holder {
    fn find(cx: &Cx, action: Action) -> Find<Holder> {
        let owner = owner_of_path(cx);
        let filtered = flat::filter(cx);
        Box::new(move |view, caller| match &owner {
            Ok(Some(named)) => holder_in_path(view, caller, named, action),
            Ok(None) => flat::filtered(view, caller, &filtered, action),
            Err(_) => Err(Error::not_found()),
        })
    }

    fn number(&self) -> i64 {
        self.number
    }

    fn organization_id(&self) -> &OrganizationId {
        &self.organization_id
    }
}

impl Plain for Variable {
    const KIND: &'static str = "vars";
    const PARAMETER: &'static str = "variable";
    const SEE: Action = Action::SeeVariables;
    const MANAGE: Action = Action::ManageVariables;
    const IS_SHORT: bool = true;

    type Parent = Holder;
    type New = NewVariable<Kept>;

    /// Below another owner than its own, a variable does not exist.
    fn find(cx: &Cx, action: Action) -> Find<Variable> {
        let (id, of_path) = ([cx.parameter("variable"), cx.parameter("parameter")].concat(), owner_of_path(cx));
        Box::new(move |view, caller| {
            let variable: Variable = view.stored(&VariableId::parse(&id)?)?;
            let is_there = match &of_path {
                Ok(Some((owner, _))) => *owner == variable.owner,
                Ok(None) => !matches!(variable.owner, Owner::PolicySet(_)),
                Err(_) => false,
            };
            if !is_there {
                return Err(Error::not_found());
            }
            let (_, access) = match &of_path {
                Ok(Some(named)) => holder_in_path(view, caller, named, action)?,
                _ => holder(view, caller, variable.owner.clone(), action)?,
            };
            Ok((variable, access))
        })
    }

    fn list(view: &View, _: &Cx, of: &Holder, _: OrganizationAccess, page: Page) -> Result<Listed<Variable>> {
        view.variables(of, page)
    }

    fn read_new(cx: &Cx, mut input: Input, of: &Holder, id: &VariableId) -> Result<NewVariable<Kept>> {
        let new = NewVariable::check(fields(&mut input), "/data/attributes", &mut input.problems);
        if let Owner::PolicySet(_) = of.owner {
            check_parameter(Some(&new.category), &mut input.problems);
        }
        input.finish()?;
        sealed(cx, new, id, &of.organization_id)
    }

    fn create(change: &Change, of: &Holder, id: &VariableId, new: &NewVariable<Kept>) -> Result<Variable> {
        change.create_variable(of, id, new)
    }

    fn attributes(&self, _: OrganizationAccess) -> impl Serialize {
        Attributes {
            key: &self.key,
            value: self.value.as_deref(),
            sensitive: self.is_sensitive(),
            category: &self.category,
            hcl: self.hcl,
            description: &self.description,
            created_at: self.created_at,
            version_id: self.version.to_string(),
        }
    }

    fn relationships(&self, _: OrganizationAccess) -> impl Serialize {
        match &self.owner {
            Owner::Workspace(id) => Relationships { configurable: Some(ToOne::to("workspaces", id)), varset: None },
            Owner::PolicySet(id) => Relationships { configurable: Some(ToOne::to(PolicySet::KIND, id)), varset: None },
            Owner::Set(id) => Relationships { configurable: None, varset: Some(ToOne::to(VariableSet::KIND, id)) },
        }
    }

    fn path(&self) -> String {
        let id = &self.identity.id;
        match &self.owner {
            Owner::Workspace(workspace) => format!("/api/v2/workspaces/{workspace}/vars/{id}"),
            Owner::Set(set) => format!("/api/v2/varsets/{set}/relationships/vars/{id}"),
            Owner::PolicySet(set) => format!("/api/v2/policy-sets/{set}/parameters/{id}"),
        }
    }
}

impl Changeable for Variable {
    type Change = VariableChange<Kept>;

    fn read_change(cx: &Cx, mut input: Input, current: &Variable) -> Result<VariableChange<Kept>> {
        let change = VariableChange::check(fields(&mut input), current, "/data/attributes", &mut input.problems);
        if let Owner::PolicySet(_) = current.owner {
            check_parameter(change.category.as_deref(), &mut input.problems);
        }
        input.finish()?;
        sealed_change(cx, change, current)
    }

    fn update(change: &Change, current: &Variable, update: &VariableChange<Kept>) -> Result<Variable> {
        change.update_variable(current, update)
    }
}

fn fields(input: &mut Input) -> VariableFields {
    VariableFields {
        key: input.text("key"),
        value: input.text("value"),
        category: input.text("category"),
        hcl: input.flag("hcl"),
        sensitive: input.flag("sensitive"),
        description: input.text("description"),
    }
}

/// Of a variable inside another document.
fn fields_within(members: &mut Members, problems: &mut Problems) -> VariableFields {
    VariableFields {
        key: members.text("key", problems),
        value: members.text("value", problems),
        category: members.text("category", problems),
        hcl: members.flag("hcl", problems),
        sensitive: members.flag("sensitive", problems),
        description: members.text("description", problems),
    }
}

/// The variable with its value as it is stored: a sensitive one is sealed for its id.
fn sealed(cx: &Cx, new: NewVariable<Given>, id: &VariableId, of: &OrganizationId) -> Result<NewVariable<Kept>> {
    let NewVariable { key, value, category, hcl, description } = new;
    Ok(NewVariable { key, value: kept(cx, value, id, of)?, category, hcl, description })
}

/// As [`sealed`], for what is changed of `current`.
fn sealed_change(cx: &Cx, change: VariableChange<Given>, current: &Variable) -> Result<VariableChange<Kept>> {
    let VariableChange { key, value, category, hcl, description } = change;
    let identity = &current.identity;
    let value = value.map(|value| kept(cx, value, &identity.id, &identity.organization_id)).transpose()?;
    Ok(VariableChange { key, value, category, hcl, description })
}

fn kept(cx: &Cx, value: Given, id: &VariableId, of: &OrganizationId) -> Result<Kept> {
    match value {
        Given::Plain(text) => Ok(Kept::Plain(text)),
        Given::Sensitive(secret) => {
            Ok(Kept::Sealed(cx.app.vault.seal(&place::secret_of::<Variable>(id, of), &secret)?))
        }
    }
}

/// `GET /workspaces/:workspace/all-vars`: its own variables, and those of variable sets whose key it does not have
/// itself.
pub fn in_force(cx: &Cx) -> Result<Reply> {
    let find = cx.owned_and_access::<Workspace>("workspace", Action::SeeVariables);
    let (requested, access, list) = cx.read(|view, caller| {
        let (workspace, access) = find(view, caller)?;
        let requested = page::requested(cx.request)?;
        Ok((requested, access, page::fetch(requested, |page| view.variables_in_force(&workspace, page))?))
    })?;
    Ok(page::whole(cx, requested, list.map(|variable| resource(variable, access))))
}

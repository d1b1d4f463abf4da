//! Several variables of a workspace, changed by one request: all of them or none.

use super::{fields_within, sealed_change};
use crate::api::jsonapi::crud::{Parent, Plain};
use crate::api::jsonapi::input as documents;
use crate::app::Cx;
use crate::domain::error::{Error, Problems, Result};
use crate::domain::id::VariableId;
use crate::domain::variables::variable::{Holder, Kept, MOST_AT_ONCE, Owner, Variable, VariableChange};
use crate::http::reply::Reply;
use crate::store::View;

/// A variable as it was when its change was worked out, and the change.
type Changes = Vec<(Variable, VariableChange<Kept>)>;

/// `PATCH /workspaces/:workspace/relationships/vars`: 204. `BadRequest` for more than [`MOST_AT_ONCE`], `Invalid` where one is
/// not the workspace's or is named twice, `Conflict` where one was changed meanwhile.
pub fn update(cx: &Cx) -> Result<Reply> {
    cx.change(
        Holder::find(cx, Variable::MANAGE),
        |(holder, _)| changes(cx, &holder.owner),
        |change, _, changes| {
            for (seen, _) in changes {
                if change.stored::<Variable>(&seen.identity.id)? != *seen {
                    return Err(Error::conflict("A variable was changed meanwhile. Nothing was changed; try again."));
                }
            }
            change.update_variables(changes)
        },
    )?;
    Ok(Reply::no_content())
}

fn changes(cx: &Cx, of: &Owner) -> Result<Changes> {
    let items = documents::items(cx.request, Variable::KIND)?;
    if items.len() > MOST_AT_ONCE {
        return Err(Error::bad_request(format!("At most {MOST_AT_ONCE} variables can be changed at once.")));
    }
    let mut present = cx.read(|view, _| of_owner(view, of, items.iter().filter_map(|item| item.id.as_deref())))?;
    let mut problems = Problems::default();
    let mut changes = Vec::with_capacity(items.len());
    for mut item in items {
        let is_it = |variable: &Variable| Some(variable.identity.id.as_str()) == item.id.as_deref();
        // Taken out, so that one that is named twice is not found again.
        let Some(current) = present.iter().position(is_it).map(|place| present.swap_remove(place)) else {
            problems.at(item.pointer, "There is no such variable of the workspace, or it is named twice.");
            continue;
        };
        let fields = fields_within(&mut item.attributes, &mut problems);
        let at = format!("{}/attributes", item.pointer);
        let change = VariableChange::check(fields, &current, &at, &mut problems);
        let change = sealed_change(cx, change, &current)?;
        changes.push((current, change));
    }
    problems.finish().map(|()| changes)
}

/// Those of the variables that are the owner's. What is no id of a variable is none of them.
fn of_owner<'a>(view: &View, owner: &Owner, ids: impl Iterator<Item = &'a str>) -> Result<Vec<Variable>> {
    let ids: Vec<VariableId> = ids.filter_map(|id| VariableId::parse(id).ok()).collect();
    let mut found: Vec<Variable> = view.stored_with_ids(ids.iter())?;
    found.retain(|variable| variable.owner == *owner);
    Ok(found)
}

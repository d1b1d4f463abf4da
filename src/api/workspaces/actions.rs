//! What is done with a workspace beside changing it: deleting it with care, holding it, letting it go.

use serde_json::Value;

use super::{Named, document, resource};
use crate::api::jsonapi::input;
use crate::api::jsonapi::input::Members;
use crate::app::Cx;
use crate::domain::access::{Action, Caller};
use crate::domain::error::{Problems, Result};
use crate::domain::workspaces::lock;
use crate::domain::workspaces::lock::Lock;
use crate::domain::workspaces::workspace::Workspace;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::store::Change;

/// `POST …/actions/safe-delete` on both paths: 204. No workspace manages anything here, so all that can be in the way
/// is a lock: `Conflict`.
pub fn safe_delete(cx: &Cx, request: &Request) -> Result<Reply> {
    let named = Named::by(request);
    let caller = cx.read(request, |_, caller| Ok(caller.clone()))?;
    cx.remove(caller, move |change, caller| {
        let (workspace, _) = named.find(change, caller, Action::ManageWorkspaces)?;
        if workspace.lock.is_some() {
            return Err(lock::not_safe_to_delete());
        }
        change.delete_workspace(&workspace)
    })?;
    Ok(Reply::no_content())
}

/// `POST /workspaces/:workspace/actions/lock`. `Conflict` where somebody holds it, the caller included.
pub fn lock(cx: &Cx, request: &Request) -> Result<Reply> {
    let named = Named::by(request);
    cx.read(request, |view, caller| named.find(view, caller, Action::ManageWorkspaces).map(|_| ()))?;
    let reason = reason(request)?;
    act(cx, request, move |change, workspace, caller| match workspace.lock {
        Some(_) => Err(lock::already_locked()),
        None => change.set_lock(workspace, Some(&Lock::by(caller, reason))),
    })
}

/// `POST /workspaces/:workspace/actions/unlock`, for who holds it. `Conflict` where nobody or somebody else does.
pub fn unlock(cx: &Cx, request: &Request) -> Result<Reply> {
    act(cx, request, |change, workspace, caller| match &workspace.lock {
        None => Err(lock::already_unlocked()),
        Some(lock) if lock.is_held_by(caller) => change.set_lock(workspace, None),
        Some(lock) => Err(lock.held_by_another()),
    })
}

/// `POST /workspaces/:workspace/actions/force-unlock`, whoever holds it. `Conflict` where nobody does.
pub fn force_unlock(cx: &Cx, request: &Request) -> Result<Reply> {
    act(cx, request, |change, workspace, _| match workspace.lock {
        None => Err(lock::already_unlocked()),
        Some(_) => change.set_lock(workspace, None),
    })
}

fn act(
    cx: &Cx,
    request: &Request,
    action: impl FnOnce(&Change, &Workspace, &Caller) -> Result<Workspace> + Send + 'static,
) -> Result<Reply> {
    let named = Named::by(request);
    let caller = cx.read(request, |_, caller| Ok(caller.clone()))?;
    let (workspace, access) = cx.write(caller, move |change, caller| {
        let (workspace, access) = named.find(change, caller, Action::ManageWorkspaces)?;
        Ok((action(change, &workspace, caller)?, access))
    })?;
    Ok(document::one(resource(&workspace, access, None)))
}

/// Documented as a bare `{"reason": …}`, sent as a resource by go-tfe, and mostly left out.
fn reason(request: &Request) -> Result<String> {
    if request.body.is_empty() {
        return Ok(String::new());
    }
    let mut problems = Problems::default();
    let mut document = input::document(request)?;
    let resource = document.remove("data").and_then(|mut data| data.get_mut("attributes").map(Value::take));
    let (members, pointer) = match resource {
        Some(Value::Object(attributes)) => (attributes, "/data/attributes"),
        _ => (document, ""),
    };
    let reason = Members::new(members, pointer.to_owned()).text("reason", &mut problems);
    let reason = lock::check_reason(reason, &format!("{pointer}/reason"), &mut problems);
    problems.finish().map(|()| reason)
}

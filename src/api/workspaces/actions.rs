//! What is done with a workspace beside changing it: deleting it with care, holding it, letting it go.

use serde_json::Value;

use super::{document, found, resource};
use crate::api::jsonapi::input;
use crate::api::jsonapi::input::Members;
use crate::app::{Cx, no_input, with_caller};
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
pub fn safe_delete(cx: &Cx) -> Result<Reply> {
    cx.change(found(cx, Action::DeleteWorkspaces), no_input, |change, (workspace, _), ()| {
        if workspace.lock.is_some() {
            return Err(lock::not_safe_to_delete());
        }
        change.delete_workspace(&workspace)
    })?;
    Ok(Reply::no_content())
}

/// `POST /workspaces/:workspace/actions/lock`. `Conflict` where it is locked, also by the caller.
pub fn lock(cx: &Cx) -> Result<Reply> {
    act(cx, Action::LockWorkspaces, reason, |change, workspace, caller, reason| match workspace.lock {
        Some(_) => Err(lock::already_locked()),
        None => change.set_lock(workspace, Some(&Lock::by(caller, reason.clone()))),
    })
}

/// `POST /workspaces/:workspace/actions/unlock`, for the holder of the lock. `Conflict` where it is unlocked, or locked by
/// another caller.
pub fn unlock(cx: &Cx) -> Result<Reply> {
    act(cx, Action::LockWorkspaces, nothing, |change, workspace, caller, ()| match &workspace.lock {
        None => Err(lock::already_unlocked()),
        Some(lock) if lock.is_held_by(caller) => change.set_lock(workspace, None),
        Some(lock) => Err(lock.held_by_another()),
    })
}

/// `POST /workspaces/:workspace/actions/force-unlock`, whichever caller holds the lock. `Conflict` where it is unlocked.
pub fn force_unlock(cx: &Cx) -> Result<Reply> {
    act(cx, Action::ManageWorkspaces, nothing, |change, workspace, _, ()| match workspace.lock {
        None => Err(lock::already_unlocked()),
        Some(_) => change.set_lock(workspace, None),
    })
}

fn act<P: Send + 'static>(
    cx: &Cx,
    permission: Action,
    read: fn(&Request) -> Result<P>,
    action: fn(&Change, &Workspace, &Caller, &P) -> Result<Workspace>,
) -> Result<Reply> {
    let find = found(cx, permission);
    let (workspace, access) = cx.change(
        with_caller(find),
        |_| read(cx.request),
        move |change, ((workspace, access), caller), input| Ok((action(change, &workspace, &caller, input)?, access)),
    )?;
    Ok(document::one(resource(&workspace, access, None)))
}

fn nothing(_: &Request) -> Result<()> {
    Ok(())
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

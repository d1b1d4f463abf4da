//! The audit trail: every change adds its event in its own transaction, and each event is chained to the one before it.

mod chain;
mod keeper;
mod list;
mod refusals;
mod retention;
#[cfg(test)]
mod tests;
mod verify;
mod witness;

use std::cell::Cell;

use serde_json::Value;
use uuid::Uuid;

use super::Change;
use crate::domain::access::Caller;
use crate::domain::audit::trail_key::TrailKey;
use crate::domain::error::Result;
use crate::domain::id::OrganizationId;

use chain::Entry;
pub use chain::Head;
pub use chain::begin as begin_chain;
pub use keeper::Keeper;
#[cfg(test)]
pub use list::{COUNT_OF_ORGANIZATION, NEWEST_FIRST, OF_ORGANIZATION};
pub use list::{Extract, TrailPage};
pub use refusals::{Reason, Refusal, Refusals, Who};
pub use retention::Expired;
pub use witness::{FILE_NAME, begin as begin_witness, remove as remove_witness};

/// Who changes something.
#[derive(Clone, Debug)]
pub enum Actor {
    /// The owner of the request's token, and the id of the request.
    Client { id: String, name: String, request: Option<Uuid> },
    /// The operator on the command line.
    System,
}

impl Actor {
    pub fn client(caller: &Caller, request: Option<Uuid>) -> Actor {
        let (id, name) = id_and_name(caller);
        Actor::Client { id, name, request }
    }

    /// What a line in the log begins with: the id of the request, which its answer names.
    pub fn log_prefix(&self) -> String {
        match self {
            Actor::Client { request: Some(request), .. } => format!("{request} "),
            _ => String::new(),
        }
    }

    /// Empty for the operator.
    pub fn id(&self) -> &str {
        match self {
            Actor::Client { id, .. } => id,
            Actor::System => "",
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Actor::Client { name, .. } => name,
            Actor::System => "The operator",
        }
    }
}

fn id_and_name(caller: &Caller) -> (String, String) {
    match caller {
        Caller::User(user) | Caller::Person(user) => (user.id.to_string(), user.username.clone()),
        Caller::Team(team) => (team.id.to_string(), format!("{}/{}", team.organization_name, team.name)),
        Caller::Organization { id, name, .. } => (id.to_string(), name.clone()),
    }
}

/// What an event is about, in the words of Terraform Enterprise where it has any. The database takes any text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    AuditTrail,
    AuthenticationToken,
    MasterKey,
    OAuthClient,
    OAuthToken,
    Organization,
    OrganizationMembership,
    Project,
    Request,
    Session,
    SignInLink,
    Team,
    TeamProject,
    TeamWorkspace,
    User,
    Workspace,
    /// Of a plain resource: its `Stored::EVENT`.
    Plain(&'static str),
}

impl Resource {
    /// Those that events of an organization are about, beside the plain resources.
    pub const OF_ORGANIZATIONS: [Resource; 11] = [
        Resource::OAuthClient,
        Resource::OAuthToken,
        Resource::Workspace,
        Resource::Project,
        Resource::Team,
        Resource::TeamProject,
        Resource::TeamWorkspace,
        Resource::OrganizationMembership,
        Resource::AuthenticationToken,
        Resource::Organization,
        Resource::Request,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Resource::AuditTrail => "audit_trail",
            Resource::AuthenticationToken => "authentication_token",
            Resource::MasterKey => "master_key",
            Resource::OAuthClient => "oauth_client",
            Resource::OAuthToken => "oauth_token",
            Resource::Organization => "organization",
            Resource::OrganizationMembership => "organization_membership",
            Resource::Project => "project",
            Resource::Request => "request",
            Resource::Session => "session",
            Resource::SignInLink => "sign_in_link",
            Resource::Team => "team",
            Resource::TeamProject => "team_project",
            Resource::TeamWorkspace => "team_workspace",
            Resource::User => "user",
            Resource::Workspace => "workspace",
            Resource::Plain(event) => event,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    Create,
    Update,
    Destroy,
    /// A workspace lost its repository because the OAuth client or token was deleted.
    Unlink,
    /// A request was refused: its token was invalid or lacked the permission.
    Refuse,
    /// The master key was rotated.
    Rotate,
    /// Acknowledged events are missing.
    Lose,
}

impl EventKind {
    fn name(self) -> &'static str {
        match self {
            EventKind::Create => "create",
            EventKind::Update => "update",
            EventKind::Destroy => "destroy",
            EventKind::Unlink => "unlink",
            EventKind::Refuse => "refuse",
            EventKind::Rotate => "rotate",
            EventKind::Lose => "lose",
        }
    }
}

/// Whether a change adds or removes data, by its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    None,
    Removes,
    Adds,
}

/// The trail within a change: the key, and the end of the chain once it was read.
pub struct Trail<'a> {
    pub key: &'a TrailKey,
    pub head: &'a Cell<Option<Head>>,
}

impl Change<'_> {
    /// Adds an event to the trail.
    pub(super) fn record(
        &self,
        event_kind: EventKind,
        resource: Resource,
        id: &str,
        organization: Option<&OrganizationId>,
    ) -> Result<()> {
        self.record_with(event_kind, resource, id, organization, None)
    }

    /// Adds an event with details: `meta` is an object of names, ids, counts and times, never of values from the request.
    pub(super) fn record_with(
        &self,
        event_kind: EventKind,
        resource: Resource,
        id: &str,
        organization: Option<&OrganizationId>,
        meta: Option<&Value>,
    ) -> Result<()> {
        self.record_by(self.actor, event_kind, resource, id, organization, meta)
    }

    /// Adds an event of a change that somebody else made, and of which something was left to do.
    pub(super) fn record_by(
        &self,
        actor: &Actor,
        event_kind: EventKind,
        resource: Resource,
        id: &str,
        organization: Option<&OrganizationId>,
        meta: Option<&Value>,
    ) -> Result<()> {
        let (actor_type, actor_id, actor_name, request_id) = match actor {
            Actor::Client { id, name, request } => ("Client", Some(id.as_str()), name.as_str(), *request),
            Actor::System => ("System", None, "command line", None),
        };
        match event_kind {
            EventKind::Create => self.effect.set(Effect::Adds),
            EventKind::Destroy | EventKind::Unlink if self.effect.get() == Effect::None => {
                self.effect.set(Effect::Removes)
            }
            _ => {}
        }
        let meta = meta.map(Value::to_string);
        self.append(&Entry {
            id: self.sources.uuid("event").into_bytes(),
            at: self.now.milliseconds(),
            organization: organization.map(OrganizationId::as_str),
            request_id: request_id.map(Uuid::into_bytes),
            actor_type,
            actor_id,
            actor_name,
            resource_type: resource.name(),
            resource_id: id,
            action: event_kind.name(),
            meta: meta.as_deref(),
        })
    }

    /// Records a change of the installation rather than of an organization, such as another master key.
    pub fn note(&self, event_kind: EventKind, resource: Resource, id: &str, meta: Option<&Value>) -> Result<()> {
        self.record_with(event_kind, resource, id, None, meta)
    }

    /// The names of the attributes in an update, for its event.
    pub(super) fn changed(names: &[&str]) -> Option<Value> {
        (!names.is_empty()).then(|| serde_json::json!({"changed": names}))
    }

    fn append(&self, entry: &Entry<'_>) -> Result<()> {
        let head = match self.trail.head.get() {
            Some(head) => head,
            None => chain::head(self.connection)?,
        };
        let entry = Entry { at: chain::time_after(&head, entry.at), ..*entry };
        let head = chain::append(self.connection, self.trail.key, &head, head.number + 1, &entry)?;
        self.trail.head.set(Some(head));
        Ok(())
    }
}

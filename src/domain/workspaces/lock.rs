//! Locks of workspaces: only the holder unlocks one, and a locked workspace is not deleted safely.

use crate::domain::access::Caller;
use crate::domain::error::{Error, Problems};
use crate::domain::field::Field;

pub const MAX_REASON_CHARACTERS: usize = 1024;

/// Who holds it: copied, because a lock outlives its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    pub holder: Holder,
    /// Their id on the wire; of a team or organization too.
    pub holder_id: String,
    pub holder_name: String,
    /// May be empty.
    pub reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    User,
    Team,
    Organization,
}

impl Holder {
    pub const ALL: [Holder; 3] = [Holder::User, Holder::Team, Holder::Organization];

    /// The type of the resource.
    pub fn kind(self) -> &'static str {
        match self {
            Holder::User => "users",
            Holder::Team => "teams",
            Holder::Organization => "organizations",
        }
    }

    /// In the words by which clients tell them apart.
    fn shown(self) -> &'static str {
        match self {
            Holder::User => "User",
            Holder::Team => "Team",
            Holder::Organization => "Organization",
        }
    }
}

impl Lock {
    pub fn by(caller: &Caller, reason: String) -> Lock {
        let (holder, holder_id, holder_name) = match caller {
            Caller::User(user) | Caller::Person(user) => (Holder::User, user.id.to_string(), user.username.clone()),
            Caller::Team(team) => (Holder::Team, team.id.to_string(), team.name.clone()),
            Caller::Organization { name, .. } => (Holder::Organization, name.clone(), name.clone()),
        };
        Lock { holder, holder_id, holder_name, reason }
    }

    pub fn is_held_by(&self, caller: &Caller) -> bool {
        let theirs = Lock::by(caller, String::new());
        self.holder == theirs.holder && self.holder_id == theirs.holder_id
    }

    pub fn held_by_another(&self) -> Error {
        let (holder, name) = (self.holder.shown(), &self.holder_name);
        Error::conflict(format!("Unable to unlock workspace. The workspace is locked by {holder} {name}."))
    }
}

pub fn check_reason(reason: Field<String>, pointer: &str, problems: &mut Problems) -> String {
    let reason = reason.value().unwrap_or_default();
    if reason.chars().count() > MAX_REASON_CHARACTERS {
        problems.at(pointer, "`reason` must not be longer than 1024 characters.");
    }
    reason
}

pub fn already_locked() -> Error {
    Error::conflict("Unable to lock workspace. The workspace is already locked.")
}

pub fn already_unlocked() -> Error {
    Error::conflict("Unable to unlock workspace. The workspace is already unlocked.")
}

pub fn not_safe_to_delete() -> Error {
    Error::conflict("Unable to delete workspace. The workspace is locked; unlock it first.")
}

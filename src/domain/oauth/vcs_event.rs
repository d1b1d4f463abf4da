//! VCS events: what happened between a connection and its provider, for those who manage the connection.

use super::service_provider::ServiceProvider;
use crate::domain::id::{OAuthClientId, OAuthTokenId, VcsEventId};
use crate::domain::timestamp::Timestamp;

/// As long as the service keeps them.
pub const KEPT_DAYS: i64 = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VcsEventKind {
    /// A person connected, for the first time or again.
    Connected,
    /// A person tried to connect, and the provider or that person refused.
    NotConnected,
    /// The token was deleted.
    Revoked,
    /// The provider did not renew the token.
    RenewalFailed,
    /// The provider refused the token, or what was asked with it.
    Refused,
    RateLimited,
}

impl VcsEventKind {
    pub fn identifier(self) -> &'static str {
        match self {
            VcsEventKind::Connected => "connected",
            VcsEventKind::NotConnected => "not_connected",
            VcsEventKind::Revoked => "revoked",
            VcsEventKind::RenewalFailed => "renewal_failed",
            VcsEventKind::Refused => "refused",
            VcsEventKind::RateLimited => "rate_limited",
        }
    }

    pub fn level(self) -> Level {
        match self {
            VcsEventKind::Connected | VcsEventKind::Revoked => Level::Info,
            VcsEventKind::NotConnected
            | VcsEventKind::RenewalFailed
            | VcsEventKind::Refused
            | VcsEventKind::RateLimited => Level::Error,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Info,
    Error,
}

impl Level {
    pub const ALL: [Level; 2] = [Level::Info, Level::Error];

    pub fn identifier(self) -> &'static str {
        match self {
            Level::Info => "info",
            Level::Error => "error",
        }
    }
}

/// An event that is to be written.
#[derive(Clone, Debug)]
pub struct NewVcsEvent {
    pub kind: VcsEventKind,
    pub message: String,
    pub suggested_action: Option<&'static str>,
}

impl NewVcsEvent {
    /// `user` is the provider's, `person` ours.
    pub fn connected(provider: ServiceProvider, user: &str, person: &str) -> NewVcsEvent {
        let message = format!("{person} connected {} as {user}.", provider.display_name());
        NewVcsEvent { kind: VcsEventKind::Connected, message, suggested_action: None }
    }

    /// `reason` and `suggested_action` are sentences of ours.
    pub fn not_connected(
        provider: ServiceProvider,
        person: &str,
        reason: &str,
        suggested_action: &'static str,
    ) -> NewVcsEvent {
        let message = format!("{person} did not connect {}. {reason}", provider.display_name());
        NewVcsEvent { kind: VcsEventKind::NotConnected, message, suggested_action: Some(suggested_action) }
    }

    pub fn revoked() -> NewVcsEvent {
        let message = "The OAuth token was deleted, and with it every link to a repository that used it.".to_owned();
        NewVcsEvent { kind: VcsEventKind::Revoked, message, suggested_action: None }
    }

    /// `reason` is a sentence of ours, never a text of the provider's.
    pub fn of_failure(
        kind: VcsEventKind,
        provider: ServiceProvider,
        reason: &str,
        suggested_action: &'static str,
    ) -> NewVcsEvent {
        let what = match kind {
            VcsEventKind::RenewalFailed => "did not renew the token",
            _ => "refused a request",
        };
        let message = format!("{} {what}. {reason}", provider.display_name());
        NewVcsEvent { kind, message, suggested_action: Some(suggested_action) }
    }
}

#[derive(Clone, Debug)]
pub struct VcsEvent {
    pub id: VcsEventId,
    /// The row of the organization.
    pub organization: i64,
    pub oauth_client: OAuthClientId,
    /// None where there was none.
    pub oauth_token: Option<OAuthTokenId>,
    pub level: String,
    pub message: String,
    pub suggested_action: Option<String>,
    pub created_at: Timestamp,
}

/// Which events are listed.
#[derive(Clone, Debug)]
pub struct VcsEventFilter {
    pub from: Timestamp,
    pub to: Timestamp,
    pub levels: Vec<Level>,
    /// Ids of clients; `None`: of all.
    pub oauth_clients: Option<Vec<String>>,
}

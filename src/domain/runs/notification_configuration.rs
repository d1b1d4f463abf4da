//! Notification configurations: who would be told about what happens. Nothing is ever sent.

use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::id::{NotificationConfigurationId, OrganizationId, ProjectId, TeamId, UserId, WorkspaceId};
use crate::domain::identity::Identity;
use crate::domain::names;
use crate::domain::secret::Secret;
use crate::domain::timestamp::Timestamp;
use crate::domain::url;

pub const DESTINATIONS: [&str; 4] = ["generic", "slack", "microsoft-teams", "email"];
const EMAIL: &str = "email";
/// Of one owner.
pub const MOST: u64 = 20;

const OF_RUNS: [&str; 11] = [
    "run:created",
    "run:planning",
    "run:needs_attention",
    "run:applying",
    "run:completed",
    "run:errored",
    "assessment:drifted",
    "assessment:check_failure",
    "assessment:failed",
    "workspace:auto_destroy_reminder",
    "workspace:auto_destroy_run_results",
];
/// One trigger, in both spellings that are documented.
const OF_TEAMS: [&str; 2] = ["change_request:created", "team:change_request"];

const MAX_NAME_CHARACTERS: usize = 255;
const MAX_TOKEN_BYTES: usize = 4096;
const MAX_ADDRESSES: usize = 100;

#[derive(Clone, Debug, PartialEq)]
pub struct NotificationConfiguration {
    pub identity: Identity<NotificationConfigurationId>,
    pub subscribable: Subscribable,
    pub name: String,
    pub destination_type: String,
    pub enabled: bool,
    /// None for e-mail.
    pub url: Option<String>,
    pub triggers: Vec<String>,
    pub email_addresses: Vec<String>,
    pub users: Vec<UserId>,
    /// Of `users`, in the same order.
    pub user_email_addresses: Vec<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What a configuration is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subscribable {
    Workspace(WorkspaceId),
    Project(ProjectId),
    Team(TeamId),
}

/// Where a list of configurations hangs.
#[derive(Clone, Debug)]
pub struct Subscription {
    pub subscribable: Subscribable,
    /// The row of the subscribable.
    pub number: i64,
    /// The row of its organization.
    pub organization: i64,
    pub organization_id: OrganizationId,
}

/// The attributes and relationships of a request, as they came.
pub struct NotificationFields {
    pub name: Field<String>,
    pub destination_type: Field<String>,
    pub enabled: Field<bool>,
    pub url: Field<String>,
    pub token: Field<String>,
    pub triggers: Field<Vec<String>>,
    pub email_addresses: Field<Vec<String>>,
    pub users: Field<Vec<String>>,
}

/// What the configuration is to be, whole; the token, which is never read, apart.
pub struct NotificationChange {
    pub name: String,
    pub destination_type: String,
    pub enabled: bool,
    pub url: Option<String>,
    pub triggers: Vec<String>,
    pub email_addresses: Vec<String>,
    /// Ids, as they were given; `None` leaves the present ones.
    /// Who is not named is not told: a change without users leaves none. So it is in the service.
    pub users: Vec<String>,
    /// A blank one takes away what there is.
    pub token: Field<Secret>,
}

impl NotificationChange {
    /// `current` is `None` for a new one.
    pub fn check(
        fields: NotificationFields,
        of: &Subscribable,
        current: Option<&NotificationConfiguration>,
        problems: &mut Problems,
    ) -> NotificationChange {
        let NotificationFields { name, destination_type, enabled, url, token, triggers, email_addresses, users } =
            fields;
        let kept = |of: fn(&NotificationConfiguration) -> String| current.map(of).unwrap_or_default();
        let name = name.or(&kept(|c| c.name.clone()), &String::new());
        if name.trim().is_empty() || !names::is_line(&name, MAX_NAME_CHARACTERS) {
            problems.attribute("name", "`name` must be one line of 1 to 255 characters.");
        }
        let destination_type = destination_type.or(&kept(|c| c.destination_type.clone()), &String::new());
        if !DESTINATIONS.contains(&destination_type.as_str()) {
            let detail = "`destination-type` must be generic, slack, microsoft-teams or email.";
            problems.attribute("destination-type", detail);
        }
        let is_email = destination_type == EMAIL;
        // What becomes e-mail loses its URL.
        let stored = current.and_then(|current| current.url.clone()).filter(|_| !is_email);
        let url = check_url(url.blank_is_null().or_none(&stored), is_email, problems);
        let triggers = triggers.or(&current.map(|c| c.triggers.clone()).unwrap_or_default(), &vec![]);
        let known: &[&str] = if matches!(of, Subscribable::Team(_)) { &OF_TEAMS } else { &OF_RUNS };
        if let Some(unknown) = triggers.iter().find(|trigger| !known.contains(&trigger.as_str())) {
            let shown: String = unknown.chars().take(64).collect();
            problems.attribute("triggers", format!("`triggers` knows no `{shown}` here."));
        }
        let addresses = email_addresses.or(&current.map(|c| c.email_addresses.clone()).unwrap_or_default(), &vec![]);
        let is_address = |text: &String| text.contains('@') && text.len() <= 255 && !text.chars().any(char::is_control);
        if addresses.len() > MAX_ADDRESSES || !addresses.iter().all(is_address) {
            problems.attribute("email-addresses", "`email-addresses` must be at most 100 e-mail addresses.");
        }
        if token.as_value().is_some_and(|token| token.len() > MAX_TOKEN_BYTES) {
            problems.attribute("token", "`token` must not be longer than 4096 bytes.");
        }
        NotificationChange {
            name,
            destination_type,
            enabled: enabled.or(&current.is_some_and(|current| current.enabled), &false),
            url,
            triggers: without_repetition(triggers),
            email_addresses: without_repetition(addresses),
            users: users.value().unwrap_or_default(),
            token: token.of_secret().map(Secret::new),
        }
    }
}

fn check_url(url: Option<String>, is_email: bool, problems: &mut Problems) -> Option<String> {
    match (&url, is_email) {
        (None, false) => problems.attribute("url", "`url` is required for this destination."),
        (Some(_), true) => problems.attribute("url", "E-mail has no `url`."),
        (Some(url), false) => {
            if let Err(wrong) = url::link(url) {
                problems.attribute("url", format!("`url` {wrong}."));
            }
        }
        (None, true) => {}
    }
    url
}

fn without_repetition(mut texts: Vec<String>) -> Vec<String> {
    let mut known = std::collections::HashSet::new();
    texts.retain(|text| known.insert(text.clone()));
    texts
}

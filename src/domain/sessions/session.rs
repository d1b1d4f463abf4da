//! A browser that is signed in.

use std::time::Duration;

use crate::domain::accounts::user::User;
use crate::domain::names;
use crate::domain::timestamp::Timestamp;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A session that is not used for so long is over.
pub const IDLE: Duration = Duration::from_secs(14 * DAY.as_secs());
/// So is one that began so long ago.
pub const LIFE: Duration = Duration::from_secs(90 * DAY.as_secs());
/// How exactly it is known when a session was last used: a write for each page would be too much.
pub const PRECISION: Duration = Duration::from_secs(60 * 60);
/// Of one user. A new one takes the place of the one that was not used for longest.
pub const MOST: i64 = 20;

pub const MAX_USER_AGENT_CHARACTERS: usize = 255;

#[derive(Clone, Debug)]
pub struct Session {
    /// The row; names the session on its user's account page.
    pub number: i64,
    pub user: User,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    pub origin: Origin,
}

/// Where a session was begun.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Empty if unknown.
    pub address: String,
    /// What the browser says it is, cut to [`MAX_USER_AGENT_CHARACTERS`].
    pub user_agent: String,
}

impl Origin {
    pub fn new(address: Option<std::net::IpAddr>, user_agent: Option<&str>) -> Origin {
        let user_agent = user_agent.unwrap_or_default();
        Origin {
            address: address.map(|address| address.to_canonical().to_string()).unwrap_or_default(),
            user_agent: user_agent.chars().filter(|c| !names::is_hidden(*c)).take(MAX_USER_AGENT_CHARACTERS).collect(),
        }
    }
}

impl Session {
    /// Whether it is time to note that the session is used.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let since = now.milliseconds().saturating_sub(self.last_used_at.milliseconds());
        u128::try_from(since).is_ok_and(|since| since >= PRECISION.as_millis())
    }
}

//! A link that lets its holder set a password, once.

use std::time::Duration;

use crate::domain::accounts::user::User;
use crate::domain::timestamp::Timestamp;

/// After which a link that was not used is void.
pub const LIFE: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Clone, Debug)]
pub struct SignInLink {
    pub user: User,
    pub expires_at: Timestamp,
}

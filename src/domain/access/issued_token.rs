//! An API token that was issued, and who it speaks for.

use super::Caller;
use crate::domain::accounts::api_token::Creator;
use crate::domain::accounts::user::User;
use crate::domain::id::TokenId;
use crate::domain::timestamp::Timestamp;

/// A token as its holders can read it: never the token itself.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    pub id: TokenId,
    /// Its owner.
    pub holder: Caller,
    pub description: Option<String>,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// `None` for the command line.
    pub creator: Option<Creator>,
}

impl IssuedToken {
    /// Whether it speaks for this user.
    pub fn is_of(&self, user: &User) -> bool {
        matches!(&self.holder, Caller::User(holder) | Caller::Person(holder) if holder.number == user.number)
    }
}

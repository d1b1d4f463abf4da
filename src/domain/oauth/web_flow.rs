//! A connection that a person is about to make in a browser.

use std::time::Duration;

/// An answer that takes longer is refused. Codes of providers do not live longer either.
pub const LIFE: Duration = Duration::from_secs(10 * 60);
/// Of one session. A new one takes the place of the oldest.
pub const MOST: i64 = 16;

/// A flow that was begun.
#[derive(Clone)]
pub struct NewWebFlow {
    /// Of the state, or of the request token.
    pub digest: [u8; 32],
    /// As it was sent to the provider.
    pub redirect_uri: String,
}

//! The key that binds the events of the audit trail to each other.

use std::fmt;
use zeroize::Zeroizing;

/// Derived from the master key: with the database file alone, no valid link can be made.
#[derive(Clone)]
pub struct TrailKey(Zeroizing<[u8; 32]>);

impl TrailKey {
    pub fn new(bytes: [u8; 32]) -> TrailKey {
        TrailKey(Zeroizing::new(bytes))
    }

    /// The one way to the bytes.
    pub fn reveal(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for TrailKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

//! What a handler can use: the application, the request's context, the caller.

pub mod caller;
mod cx;
pub mod endpoint;
mod find;
mod public_url;
pub mod rate_limits;
pub mod trail_walks;

pub use cx::{Cx, no_input};
pub use public_url::PublicUrl;

use crate::bounds::memory_budget::MemoryBudget;
use crate::domain::sources::Sources;
use crate::store::{Refusals, Store};
use crate::vault::Vault;
use rate_limits::RateLimits;
use trail_walks::TrailWalks;

pub struct App {
    pub store: Store,
    pub vault: Vault,
    pub sources: Sources,
    pub public_url: PublicUrl,
    pub rate_limits: RateLimits,
    /// Whether attributes that are not known are refused.
    pub strict_attributes: bool,
    /// Refused requests that are not in the audit trail yet.
    pub refusals: Refusals,
    pub trail_walks: TrailWalks,
    /// The memory for large answers while they are built.
    pub memory: MemoryBudget,
}

/// Counted in texts of the database. An answer takes a few times as much.
const MEMORY_BYTES: usize = 3 * 1024 * 1024;
/// The part of it that every request may use in any case.
const FREE_BYTES: usize = 64 * 1024;

impl App {
    pub fn new(store: Store, vault: Vault, public_url: PublicUrl, rate_limits: RateLimits) -> App {
        App {
            sources: store.sources().clone(),
            store,
            vault,
            public_url,
            rate_limits,
            strict_attributes: false,
            refusals: Refusals::default(),
            trail_walks: TrailWalks::default(),
            memory: MemoryBudget::new(MEMORY_BYTES, FREE_BYTES),
        }
    }
}

//! What a handler has at hand: the application, the request's context, the caller, and the way to VCS providers.

pub mod caller;
pub mod credential;
mod cx;
pub mod endpoint;
mod find;
pub mod flashes;
pub mod forgery;
pub mod provider_calls;
pub mod provider_shares;
mod public_url;
pub mod rate_limits;
pub mod renewals;
pub mod sealing;
pub mod trail_walks;

pub use cx::{Cx, no_input};
pub use find::with_caller;
pub use public_url::PublicUrl;

use crate::bounds::memory_budget::MemoryBudget;
use crate::domain::sources::Sources;
use crate::providers::Providers;
use crate::store::{Refusals, Store};
use crate::vault::Vault;
use flashes::Flashes;
use provider_calls::ProviderCalls;
use provider_shares::ProviderShares;
use rate_limits::RateLimits;
use rate_limits::passwords::PasswordLimits;
use renewals::Renewals;
use trail_walks::TrailWalks;

pub struct App {
    pub store: Store,
    pub vault: Vault,
    pub sources: Sources,
    pub public_url: PublicUrl,
    pub rate_limits: RateLimits,
    /// Whether attributes that are not known are refused.
    pub strict_attributes: bool,
    pub password_limits: PasswordLimits,
    pub flashes: Flashes,
    /// Refused requests that are not in the audit trail yet.
    pub refusals: Refusals,
    pub trail_walks: TrailWalks,
    pub providers: Providers,
    pub provider_calls: ProviderCalls,
    pub provider_shares: ProviderShares,
    pub renewals: Renewals,
    /// What large answers may take of the memory while they are put together.
    pub memory: MemoryBudget,
}

/// Counted in texts of the database. An answer takes a few times as much.
const MEMORY_BYTES: usize = 3 * 1024 * 1024;
/// The part of it that every request may use in any case.
const FREE_BYTES: usize = 64 * 1024;

impl App {
    /// One that asks no provider.
    pub fn new(store: Store, vault: Vault, public_url: PublicUrl, rate_limits: RateLimits) -> App {
        App {
            sources: store.sources().clone(),
            store,
            vault,
            public_url,
            rate_limits,
            strict_attributes: false,
            password_limits: PasswordLimits::default(),
            flashes: Flashes::default(),
            refusals: Refusals::default(),
            trail_walks: TrailWalks::default(),
            providers: Providers::off(),
            provider_calls: ProviderCalls::default(),
            provider_shares: ProviderShares::default(),
            renewals: Renewals::default(),
            memory: MemoryBudget::new(MEMORY_BYTES, FREE_BYTES),
        }
    }
}

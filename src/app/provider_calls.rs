//! How many questions went to providers of each kind, how long they took, and why they failed.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::oauth::service_provider::ServiceProvider;
use crate::providers::Failure;
use crate::telemetry::counters::{Distribution, Histogram};

/// Microseconds.
const TIMES: [u64; 9] = [10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000, 15_000_000];

pub struct ProviderCalls {
    kinds: [Calls; ServiceProvider::ALL.len()],
}

/// Of one kind of provider.
struct Calls {
    times: Histogram<{ TIMES.len() }>,
    failures: Mutex<BTreeMap<&'static str, u64>>,
}

/// What there is to say of a kind of provider that was asked.
pub struct Told {
    pub provider: &'static str,
    /// Microseconds, of all calls.
    pub times: Distribution,
    pub failures: BTreeMap<&'static str, u64>,
}

impl Default for ProviderCalls {
    fn default() -> ProviderCalls {
        let calls = || Calls { times: Histogram::new(&TIMES), failures: Mutex::default() };
        ProviderCalls { kinds: std::array::from_fn(|_| calls()) }
    }
}

impl ProviderCalls {
    pub fn add(&self, provider: ServiceProvider, took: Duration, failure: Option<&Failure>) {
        let Some(place) = ServiceProvider::ALL.iter().position(|kind| *kind == provider) else { return };
        let calls = &self.kinds[place];
        calls.times.add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        if let Some(failure) = failure {
            *calls.failures.lock().unwrap_or_else(PoisonError::into_inner).entry(failure.kind()).or_default() += 1;
        }
    }

    /// The kinds that were asked.
    pub fn told(&self) -> Vec<Told> {
        let told = ServiceProvider::ALL.iter().zip(&self.kinds).map(|(kind, calls)| Told {
            provider: kind.identifier(),
            times: calls.times.distribution(),
            failures: calls.failures.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        });
        told.filter(|told| told.times.count > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_own() {
        let calls = ProviderCalls::default();
        calls.add(ServiceProvider::GitHub, Duration::from_millis(20), None);
        calls.add(ServiceProvider::GitHub, Duration::from_secs(60), Some(&Failure::NotFound));
        calls.add(ServiceProvider::AdoServices, Duration::ZERO, None);
        let told = calls.told();
        let counts: Vec<_> = told.iter().map(|told| (told.provider, told.times.count)).collect();
        assert_eq!(counts, [("github", 2), ("ado_services", 1)]);
        assert_eq!(told[0].failures, BTreeMap::from([("not_found", 1)]));
        assert!(told[1].failures.is_empty());
    }
}

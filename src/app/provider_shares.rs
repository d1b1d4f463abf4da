//! How many requests of one network may wait for VCS providers at once. Each organization has its own share of the calls, but a
//! user may own any number of organizations, each with a provider that never answers.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

#[derive(Default)]
pub struct ProviderShares(Mutex<HashMap<IpAddr, usize>>);

impl ProviderShares {
    /// `None` where this network has as many of the `places` as are free: nothing waits here. One network so has at most
    /// half of them, and each further one half of what is left.
    pub fn take(&self, network: IpAddr, places: usize) -> Option<Share<'_>> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = taken.values().sum();
        let own = taken.get(&network).copied().unwrap_or_default();
        if own + all >= places {
            return None;
        }
        taken.insert(network, own + 1);
        Some(Share { shares: self, network })
    }
}

/// Given back when it is dropped.
pub struct Share<'a> {
    shares: &'a ProviderShares,
    network: IpAddr,
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        let mut taken = self.shares.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.network) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_network_has_at_most_half_of_what_the_others_leave() {
        let shares = ProviderShares::default();
        let mut held = Vec::new();
        for (n, most) in [(1, 8), (2, 4), (3, 2), (4, 1), (5, 1)] {
            let network = IpAddr::from([192, 0, 2, n]);
            for _ in 0..most {
                held.push(shares.take(network, 16).expect("a share"));
            }
            assert!(shares.take(network, 16).is_none(), "network {n}");
        }
        let other = IpAddr::from([192, 0, 2, 6]);
        assert!(shares.take(other, 16).is_none(), "all are taken");
        held.remove(0);
        held.push(shares.take(other, 16).expect("a share that was given back"));
        drop(held);
        assert!(shares.0.lock().unwrap().is_empty());
        assert!(shares.take(other, 1).is_some(), "the only place there is");
    }
}

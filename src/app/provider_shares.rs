//! How many requests of one network may wait for VCS providers at once. Each organization has its own share of the calls, but a
//! user may own any number of organizations, each with a provider that never answers.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

#[derive(Default)]
pub struct ProviderShares(Mutex<HashMap<IpAddr, usize>>);

impl ProviderShares {
    /// `None` where `most` of this network are under way: nothing waits here.
    pub fn take(&self, network: IpAddr, most: usize) -> Option<Share<'_>> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.get(&network).copied().unwrap_or_default();
        if own >= most {
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
    fn a_network_takes_its_share_and_leaves_the_rest() {
        let shares = ProviderShares::default();
        let [one, other] = [1, 2].map(|n| IpAddr::from([192, 0, 2, n]));
        let mut held: Vec<_> = (0..8).map(|_| shares.take(one, 8).expect("a share")).collect();
        assert!(shares.take(one, 8).is_none());
        held.push(shares.take(other, 8).expect("a share"));
        held.remove(0);
        held.push(shares.take(one, 8).expect("a share"));
        assert!(shares.take(one, 8).is_none());
        drop(held);
        assert!(shares.0.lock().unwrap().is_empty());
    }
}

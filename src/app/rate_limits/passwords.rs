//! How often passwords may be tried. These limits hold also where requests have none.
//!
//! Names are known to others, so a lock by name alone would let anyone keep a user out. A name is locked for the network that
//! tried it; only far more attempts than one network can make lock it for all.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use super::limit::Limit;
use crate::bounds::network::network;
use crate::domain::error::{Error, Kind, Result};

/// For each user name, known or not, from one network; for each network; and for each user name from all of them: so many
/// at once, and so many in the time.
const OF_A_USER_FROM_A_NETWORK: u32 = 10;
const OF_A_NETWORK: u32 = 30;
const OF_A_USER: u32 = 200;
const PERIOD: Duration = Duration::from_secs(10 * 60);
const ROOM: usize = 4096;

pub struct PasswordLimits {
    began: Instant,
    hasher: RandomState,
    users_from_networks: Limit,
    networks: Limit,
    users: Limit,
}

impl Default for PasswordLimits {
    fn default() -> PasswordLimits {
        PasswordLimits {
            began: Instant::now(),
            hasher: RandomState::new(),
            users_from_networks: Limit::new(OF_A_USER_FROM_A_NETWORK, PERIOD, ROOM),
            networks: Limit::new(OF_A_NETWORK, PERIOD, ROOM),
            users: Limit::new(OF_A_USER, PERIOD, ROOM),
        }
    }
}

impl PasswordLimits {
    /// Counts an attempt, whether the password turns out right or not. `TooManyRequests` where it may not be made.
    pub fn take(&self, username: &str, address: Option<IpAddr>) -> Result<()> {
        let now = self.began.elapsed();
        let network = network(address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
        let username = username.to_lowercase();
        let refused = |exceeded| {
            Error::new(Kind::TooManyRequests(exceeded), "Too many passwords were tried. Wait before you try again.")
        };
        self.networks.take(self.hasher.hash_one(network), now).map_err(refused)?;
        self.users_from_networks.take(self.hasher.hash_one((&username, network)), now).map_err(refused)?;
        self.users.take(self.hasher.hash_one(&username), now).map_err(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(limits: &PasswordLimits, attempts: impl Iterator<Item = (String, IpAddr)>) -> usize {
        attempts.filter(|(username, address)| limits.take(username, Some(*address)).is_ok()).count()
    }

    fn address(n: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, n])
    }

    #[test]
    fn a_network_that_guesses_locks_a_user_for_itself_alone() {
        let limits = PasswordLimits::default();
        let names = ["ada", "ADA", "Ada"];
        let guesses = (0..20).map(|n| (names[n % 3].to_owned(), address(1)));
        assert_eq!(taken(&limits, guesses), OF_A_USER_FROM_A_NETWORK as usize);
        assert!(limits.take("ada", Some(address(2))).is_ok(), "from elsewhere the user may sign in");
        assert!(limits.take("grace", Some(address(1))).is_ok());
    }

    #[test]
    fn many_users_are_guarded_from_one_network_and_one_user_from_many() {
        let limits = PasswordLimits::default();
        let one_network = (0..100).map(|n| (format!("user-{n}"), address(200)));
        assert_eq!(taken(&limits, one_network), OF_A_NETWORK as usize);
        let one_user = (0..1000_u16).map(|n| ("ada".to_owned(), address((n % 100) as u8)));
        assert_eq!(taken(&limits, one_user), OF_A_USER as usize);
        assert!(limits.take("grace", Some(address(201))).is_ok());
    }
}

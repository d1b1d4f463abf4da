//! How often passwords may be tried. This limit holds also where requests have none.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use super::limit::Limit;
use crate::bounds::network::network;
use crate::domain::error::{Error, Kind, Result};

/// For each user name, known or not, and for each address: so many at once, and so many in the time.
const OF_A_USER: u32 = 10;
const OF_AN_ADDRESS: u32 = 30;
const PERIOD: Duration = Duration::from_secs(10 * 60);
const ROOM: usize = 4096;

pub struct PasswordLimits {
    began: Instant,
    hasher: RandomState,
    users: Limit,
    addresses: Limit,
}

impl Default for PasswordLimits {
    fn default() -> PasswordLimits {
        PasswordLimits {
            began: Instant::now(),
            hasher: RandomState::new(),
            users: Limit::new(OF_A_USER, PERIOD, ROOM),
            addresses: Limit::new(OF_AN_ADDRESS, PERIOD, ROOM),
        }
    }
}

impl PasswordLimits {
    /// Counts an attempt, whether the password turns out right or not. `TooManyRequests` where it may not be made.
    pub fn take(&self, username: &str, address: Option<IpAddr>) -> Result<()> {
        let now = self.began.elapsed();
        let address = network(address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
        let refused = |exceeded| {
            Error::new(Kind::TooManyRequests(exceeded), "Too many passwords were tried. Wait before you try again.")
        };
        self.addresses.take(self.hasher.hash_one(address), now).map_err(refused)?;
        self.users.take(self.hasher.hash_one(username.to_lowercase()), now).map_err(refused)
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
    fn one_user_is_guarded_from_many_addresses_and_many_users_from_one() {
        let limits = PasswordLimits::default();
        let names = ["ada", "ADA", "Ada"];
        let one_user = (0..100).map(|n| (names[n % 3].to_owned(), address(n as u8)));
        assert_eq!(taken(&limits, one_user), OF_A_USER as usize);
        let one_address = (0..100).map(|n| (format!("user-{n}"), address(200)));
        assert_eq!(taken(&limits, one_address), OF_AN_ADDRESS as usize);
        assert!(limits.take("grace", Some(address(201))).is_ok());
    }
}

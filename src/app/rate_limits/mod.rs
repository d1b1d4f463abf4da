//! Rate limits, checked before the database is read.
//!
//! A caller has one limit for all of its tokens. The caller of a token is known here only after the token was valid once:
//! until then its requests count for the client's address, like requests without a token.

mod limit;
pub mod passwords;
mod table;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use self::limit::Limit;
use self::table::{Remembered, Table};
use crate::bounds::network::network;
use crate::domain::error::{Error, Exceeded, Kind, Result};
use crate::http::request::{Method, Request};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// Invalid tokens, for each address in a minute.
const FAILURES: u32 = 20;
/// Deletions of OAuth tokens, for each caller in a minute.
const OAUTH_TOKEN_DELETIONS: u32 = 10;
/// A client that is told less than this makes no request at all: it allows itself bursts of a third of it.
const LEAST_ANNOUNCED: u32 = 4;

/// How many tokens, callers and addresses are remembered: 1.5 MB for all tables together.
const ROOM: usize = 16_384;

/// Does nothing if no limit is set.
pub struct RateLimits(Option<Limits>);

struct Limits {
    began: Instant,
    hasher: RandomState,
    /// By the first bytes of their digests. A client cannot choose these without the key.
    tokens: Table<Known>,
    callers: Limit,
    oauth_token_deletions: Limit,
    addresses: Limit,
    failures: Limit,
}

/// The caller of a token that was valid when it was last used.
#[derive(Clone, Copy, Default)]
struct Known {
    caller: u64,
    used_ns: u64,
}

impl Remembered for Known {
    fn worth(&self) -> u64 {
        self.used_ns
    }
}

/// An admitted request with a token.
pub struct Visit<'a>(Option<Admitted<'a>>);

struct Admitted<'a> {
    limits: &'a Limits,
    request: &'a Request,
    token: u64,
    is_known: Cell<bool>,
}

impl RateLimits {
    pub fn off() -> RateLimits {
        RateLimits(None)
    }

    pub fn per_second(most: NonZeroU32) -> RateLimits {
        RateLimits(Some(Limits {
            began: Instant::now(),
            hasher: RandomState::new(),
            tokens: Table::new(ROOM),
            callers: Limit::new(most.get(), SECOND, ROOM),
            oauth_token_deletions: Limit::new(OAUTH_TOKEN_DELETIONS, MINUTE, ROOM),
            addresses: Limit::new(most.get(), SECOND, ROOM),
            failures: Limit::new(FAILURES, MINUTE, ROOM),
        }))
    }

    /// The requests a second that clients are told to keep to.
    pub fn announced(&self) -> Option<u32> {
        self.0.as_ref().map(|limits| limits.callers.most()).filter(|most| *most >= LEAST_ANNOUNCED)
    }

    /// `TooManyRequests`, or the request may go on. `digest` is its token's, if it has one of the right shape.
    pub fn admit<'a>(&'a self, request: &'a Request, digest: Option<&[u8; 32]>) -> Result<Visit<'a>> {
        let Some(limits) = &self.0 else { return Ok(Visit(None)) };
        limits.admit(request, digest, limits.began.elapsed()).map(Visit)
    }
}

impl Visit<'_> {
    /// Stores the result of looking up the token: the caller's id. Ids are never reused.
    pub fn learn(&self, caller: std::result::Result<&str, &Error>) {
        if let Some(admitted) = &self.0 {
            admitted.learn(caller, admitted.limits.began.elapsed());
        }
    }
}

impl Limits {
    fn admit<'a>(
        &'a self,
        request: &'a Request,
        digest: Option<&[u8; 32]>,
        now: Duration,
    ) -> Result<Option<Admitted<'a>>> {
        let token = digest.map(key);
        let used = |known: &mut Known| {
            known.used_ns = now.as_nanos() as u64;
            known.caller
        };
        let caller = token.and_then(|token| self.tokens.find(token, used));
        match caller {
            Some(caller) => self.charge(caller, request, now).map_err(Error::too_many_requests)?,
            None => self.charge_address(request, token.is_some(), now)?,
        }
        Ok(token.map(|token| Admitted { limits: self, request, token, is_known: Cell::new(caller.is_some()) }))
    }

    fn charge(&self, caller: u64, request: &Request, now: Duration) -> std::result::Result<(), Exceeded> {
        self.callers.take(caller, now)?;
        if deletes_oauth_token(request) { self.oauth_token_deletions.take(caller, now) } else { Ok(()) }
    }

    fn charge_address(&self, request: &Request, may_be_good: bool, now: Duration) -> Result<()> {
        let address = self.address(request);
        let tries_to_authenticate = request.header("Authorization").is_some();
        if tries_to_authenticate {
            self.failures.check(address, now).map_err(Error::too_many_failures)?;
        }
        self.addresses.take(address, now).map_err(Error::too_many_requests)?;
        if tries_to_authenticate && !may_be_good {
            self.failures.take(address, now).map_err(Error::too_many_failures)?;
        }
        Ok(())
    }

    fn address(&self, request: &Request) -> u64 {
        self.hasher.hash_one(network(request.client().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))))
    }
}

impl Admitted<'_> {
    fn learn(&self, caller: std::result::Result<&str, &Error>, now: Duration) {
        let limits = self.limits;
        match caller {
            Ok(_) if self.is_known.get() => {}
            Ok(id) => {
                // What is read may be read again.
                self.is_known.set(true);
                let caller = limits.hasher.hash_one(id);
                let known = Known { caller, used_ns: now.as_nanos() as u64 };
                limits.tokens.enter(self.token, |value| *value = known);
                // The request is admitted already: an empty bucket stays as it is.
                let _ = limits.charge(caller, self.request, now);
            }
            Err(error) if error.kind == Kind::Unauthenticated => {
                limits.tokens.forget(self.token);
                // The same here: other workers may have emptied the bucket at the same time.
                let _ = limits.failures.take(limits.address(self.request), now);
            }
            Err(_) => {}
        }
    }
}

fn key(digest: &[u8; 32]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *digest;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

fn deletes_oauth_token(request: &Request) -> bool {
    request.method == Method::Delete && matches!(&request.path[..], [_, _, kind, _] if kind == "oauth-tokens")
}

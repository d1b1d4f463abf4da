//! Which tokens are being renewed: each by one thread at a time. Most providers give a new refresh token with each renewal
//! and refuse the old one from then on, so two renewals at once would lose the connection.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::domain::id::OAuthTokenId;
use crate::providers::{Failure, Grant};

/// Why a token was not renewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotRenewed {
    Provider(Failure),
    /// On this side; the log has the reason.
    Here,
}

pub type Outcome = std::result::Result<(), NotRenewed>;

#[derive(Default)]
pub struct Renewals {
    under_way: Mutex<HashMap<OAuthTokenId, Arc<Renewal>>>,
    /// What providers gave and the disk did not take, with the revision that it follows. The provider may refuse the refresh
    /// token that is stored.
    kept: Mutex<HashMap<OAuthTokenId, (i64, Grant)>>,
}

#[derive(Default)]
struct Renewal {
    outcome: Mutex<Option<Outcome>>,
    ended: Condvar,
}

impl Renewals {
    /// Runs `renew`, unless another thread renews the same token: then waits for that, and has its outcome.
    pub fn once(&self, token: &OAuthTokenId, renew: impl FnOnce() -> Outcome) -> Outcome {
        let renewal = match self.under_way().entry(token.clone()) {
            Entry::Occupied(other) => Err(Arc::clone(other.get())),
            Entry::Vacant(free) => Ok(Arc::clone(free.insert(Arc::default()))),
        };
        match renewal {
            Err(other) => other.wait(),
            Ok(own) => {
                let mut end = End { renewals: self, token, renewal: own, outcome: Err(NotRenewed::Here) };
                end.outcome = renew();
                end.outcome.clone()
            }
        }
    }

    /// Until the next renewal of the token, or the end of the process.
    pub fn keep(&self, token: &OAuthTokenId, revision: i64, grant: Grant) {
        self.kept().insert(token.clone(), (revision, grant));
    }

    pub fn take_kept(&self, token: &OAuthTokenId, revision: i64) -> Option<Grant> {
        let (of, grant) = self.kept().remove(token)?;
        (of == revision).then_some(grant)
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<OAuthTokenId, (i64, Grant)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<OAuthTokenId, Arc<Renewal>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Renewal {
    fn wait(&self) -> Outcome {
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match &*outcome {
                Some(outcome) => return outcome.clone(),
                None => outcome = self.ended.wait(outcome).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

/// Wakes those that wait, also after a panic.
struct End<'a> {
    renewals: &'a Renewals,
    token: &'a OAuthTokenId,
    renewal: Arc<Renewal>,
    outcome: Outcome,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.renewals.under_way().remove(self.token);
        *self.renewal.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.outcome.clone());
        self.renewal.ended.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sources::Sources;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::thread;

    fn token() -> OAuthTokenId {
        OAuthTokenId::generate(&Sources::system())
    }

    #[test]
    fn those_that_come_meanwhile_have_the_same_outcome() {
        let (renewals, token, runs) = (Renewals::default(), token(), AtomicU32::new(0));
        let failed = Err(NotRenewed::Provider(Failure::Unauthorized));
        thread::scope(|scope| {
            let other = || renewals.once(&token, || panic!("a second renewal at the same time"));
            let outcome = renewals.once(&token, || {
                runs.fetch_add(1, Ordering::SeqCst);
                let others: Vec<_> = (0..8).map(|_| scope.spawn(other)).collect();
                // All of them hold the renewal: this one, the table, and eight that wait or are about to.
                while Arc::strong_count(&renewals.under_way()[&token]) < 10 {
                    thread::yield_now();
                }
                scope.spawn(move || others.into_iter().for_each(|other| assert!(other.join().unwrap().is_err())));
                failed.clone()
            });
            assert_eq!(outcome, failed);
        });
        assert_eq!(runs.into_inner(), 1);
        assert_eq!(renewals.once(&token, || Ok(())), Ok(()), "a later one is its own");
        assert!(renewals.under_way().is_empty());
    }

    #[test]
    fn a_panic_ends_a_renewal() {
        let (renewals, token) = (Renewals::default(), token());
        let panicked = thread::scope(|scope| scope.spawn(|| renewals.once(&token, || panic!("as a test"))).join());
        assert!(panicked.is_err());
        assert_eq!(renewals.once(&token, || Ok(())), Ok(()));
    }
}

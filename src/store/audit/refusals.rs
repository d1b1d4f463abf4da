//! Refused requests before they are written to the trail. Ten thousand similar refusals become one event with a count. What
//! is kept here and what is written is bounded, whatever clients send.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::json;
use uuid::Uuid;

use super::chain::Entry;
use super::{EventKind, Resource, id_and_name};
use crate::domain::access::Caller;
use crate::domain::error::Result;
use crate::domain::id::{OrganizationId, TokenId};
use crate::domain::timestamp::Timestamp;
use crate::store::Change;

/// How many entries of a reason, each for a caller and an organization, are kept until the next writing. Further ones are
/// counted together. The limit is per reason, so requests without a valid token cannot displace the refusals of callers that
/// have one, nor the reverse.
const MOST_OF_A_REASON: usize = 16;
/// How many of these a caller may have. Further refusals are counted without an organization, so one user alone cannot keep
/// the refusals of others from naming their organization.
const MOST_OF_ONE: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The token was invalid or revoked.
    Token,
    /// The token has expired.
    Expired,
    /// The token lacks the permission.
    Permission,
}

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Reason::Token => "token",
            Reason::Expired => "expired",
            Reason::Permission => "permission",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    Client {
        id: String,
        name: String,
    },
    /// A client without a valid token, by its address.
    Address(Option<IpAddr>),
    /// All callers beyond those that are recorded separately.
    Others,
}

impl From<&Caller> for Who {
    fn from(caller: &Caller) -> Who {
        let (id, name) = id_and_name(caller);
        Who::Client { id, name }
    }
}

/// A refused request.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub reason: Reason,
    pub who: Who,
    pub organization: Option<OrganizationId>,
    /// The expired token.
    pub token: Option<TokenId>,
    /// Method and pattern: `GET /api/v2/oauth-clients/:oauth_client`.
    pub route: String,
    pub request_id: Option<Uuid>,
    pub at: Timestamp,
}

impl Refusal {
    fn is_similar_to(&self, other: &Refusal) -> bool {
        self.reason == other.reason
            && self.who == other.who
            && self.organization == other.organization
            && self.token == other.token
    }
}

/// The first of several similar refusals, their count, and the time of the last one.
#[derive(Clone, Debug)]
pub struct Tally {
    first: Refusal,
    count: u64,
    last: Timestamp,
}

/// At most 17 of a reason, so a list is searched as fast as a map, and it keeps the order of refusals of one millisecond.
#[derive(Default)]
pub struct Refusals(Mutex<Vec<Tally>>);

impl Refusals {
    pub fn add(&self, refusal: Refusal) {
        count(&mut self.tallies(), Tally { count: 1, last: refusal.at, first: refusal });
    }

    /// Takes all collected refusals; counting begins again.
    pub fn take(&self) -> Vec<Tally> {
        let mut tallies = std::mem::take(&mut *self.tallies());
        tallies.sort_by_key(|tally| tally.first.at);
        tallies
    }

    /// Puts back refusals that could not be recorded, and adds those that came meanwhile.
    pub fn put_back(&self, taken: &[Tally]) {
        let mut tallies = self.tallies();
        for tally in taken {
            count(&mut tallies, tally.clone());
        }
    }

    fn tallies(&self) -> MutexGuard<'_, Vec<Tally>> {
        // No code that holds the lock can leave it in an inconsistent state.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a refusal with similar ones. Beyond the limits it counts with the caller's refusals elsewhere, or with all
/// others.
fn count(tallies: &mut Vec<Tally>, tally: Tally) {
    let Tally { mut first, count, last } = tally;
    if is_new(tallies, &first) && places(tallies, first.reason, |who| *who == first.who) >= MOST_OF_ONE {
        first.organization = None;
    }
    let is_told_apart = |who: &Who| *who != Who::Others;
    if is_new(tallies, &first) && places(tallies, first.reason, is_told_apart) >= MOST_OF_A_REASON {
        first = Refusal { who: Who::Others, organization: None, token: None, request_id: None, ..first };
    }
    match tallies.iter_mut().find(|tally| tally.first.is_similar_to(&first)) {
        Some(tally) => {
            tally.count += count;
            tally.last = tally.last.max(last);
            if first.at < tally.first.at {
                tally.first = first;
            }
        }
        None => tallies.push(Tally { first, count, last }),
    }
}

fn is_new(tallies: &[Tally], refusal: &Refusal) -> bool {
    !tallies.iter().any(|tally| tally.first.is_similar_to(refusal))
}

fn places(tallies: &[Tally], of: Reason, is_meant: impl Fn(&Who) -> bool) -> usize {
    tallies.iter().filter(|tally| tally.first.reason == of && is_meant(&tally.first.who)).count()
}

impl Change<'_> {
    /// Records an event for each group of refusals.
    pub fn record_refusals(&self, tallies: &[Tally]) -> Result<()> {
        for Tally { first, count, last } in tallies {
            let (actor_type, actor_id, actor_name) = match &first.who {
                Who::Client { id, name } => ("Client", Some(id.as_str()), name.clone()),
                Who::Address(Some(address)) => ("Unknown", None, address.to_string()),
                Who::Address(None) => ("Unknown", None, "unknown client".to_owned()),
                Who::Others => ("Unknown", None, "others".to_owned()),
            };
            let mut meta = json!({
                "reason": first.reason.name(),
                "count": count,
                "first": first.at,
                "last": last,
            });
            if let Some(token) = &first.token {
                meta["token"] = token.as_str().into();
            }
            self.append(&Entry {
                id: self.sources.uuid("event").into_bytes(),
                at: self.now.milliseconds(),
                organization: first.organization.as_ref().map(OrganizationId::as_str),
                request_id: first.request_id.map(Uuid::into_bytes),
                actor_type,
                actor_id,
                actor_name: &actor_name,
                resource_type: Resource::Request.name(),
                resource_id: &first.route,
                action: EventKind::Refuse.name(),
                meta: Some(&meta.to_string()),
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sources::Sources;

    fn refusal(reason: Reason, who: Who, at: i64) -> Refusal {
        let at = Timestamp::from_milliseconds(at);
        Refusal { reason, who, organization: None, token: None, route: "GET /".to_owned(), request_id: None, at }
    }

    fn address(n: u32) -> Who {
        Who::Address(Some(IpAddr::V4(n.into())))
    }

    #[test]
    fn what_is_alike_is_counted_together() {
        let refusals = Refusals::default();
        let organization = Some(OrganizationId::generate(&Sources::system()));
        for at in 1..=10_000 {
            refusals.add(refusal(Reason::Token, address(1), at));
        }
        refusals.add(refusal(Reason::Permission, address(1), 10_001));
        refusals.add(Refusal { organization, ..refusal(Reason::Permission, address(1), 10_002) });
        let tallies = refusals.take();
        assert_eq!(tallies.iter().map(|tally| tally.count).collect::<Vec<_>>(), [10_000, 1, 1]);
        let times = (tallies[0].first.at.milliseconds(), tallies[0].last.milliseconds());
        assert_eq!(times, (1, 10_000));
        assert!(refusals.take().is_empty());
    }

    #[test]
    fn refusals_of_one_millisecond_keep_their_order() {
        let refusals = Refusals::default();
        for n in 0..10 {
            refusals.add(refusal(Reason::Token, address(n), 7));
        }
        let order: Vec<Who> = refusals.take().into_iter().map(|tally| tally.first.who).collect();
        assert_eq!(order, (0..10).map(address).collect::<Vec<_>>());
    }

    #[test]
    fn what_could_not_be_recorded_is_counted_with_what_came_meanwhile() {
        let refusals = Refusals::default();
        for round in 0..5 {
            for n in 0..100 {
                refusals.add(refusal(Reason::Token, address(round * 1000 + n % 50), i64::from(round * 1000 + n)));
            }
            let taken = refusals.take();
            refusals.add(refusal(Reason::Token, address(0), 9_999));
            refusals.put_back(&taken);
        }
        let tallies = refusals.take();
        assert_eq!(tallies.len(), MOST_OF_A_REASON + 1);
        assert_eq!(tallies.iter().map(|tally| tally.count).sum::<u64>(), 505);
        let first = tallies.iter().find(|tally| tally.first.who == address(0)).unwrap();
        assert_eq!((first.first.at.milliseconds(), first.last.milliseconds(), first.count), (0, 9_999, 7));
    }

    #[test]
    fn one_who_knocks_everywhere_leaves_the_others_a_place() {
        let refusals = Refusals::default();
        let client = |name: &str| Who::Client { id: format!("user-{name}"), name: name.to_owned() };
        let at_an_organization = |who: Who, at: i64| Refusal {
            organization: Some(OrganizationId::generate(&Sources::system())),
            ..refusal(Reason::Permission, who, at)
        };
        for n in 0..100 {
            refusals.add(at_an_organization(client("mallory"), n));
        }
        refusals.add(at_an_organization(client("ada"), 100));
        let tallies = refusals.take();
        let told: Vec<(bool, u64)> =
            tallies.iter().map(|tally| (tally.first.organization.is_some(), tally.count)).collect();
        assert_eq!(told, [(true, 1), (true, 1), (true, 1), (true, 1), (false, 96), (true, 1)]);
        assert_eq!(tallies[5].first.who, client("ada"));
    }

    #[test]
    fn however_many_they_are_there_is_an_end_and_a_place_for_the_other_reason() {
        let refusals = Refusals::default();
        for n in 0..100_000 {
            refusals.add(refusal(Reason::Token, address(n), i64::from(n)));
        }
        let ada = Who::Client { id: "user-1".to_owned(), name: "ada".to_owned() };
        refusals.add(refusal(Reason::Permission, ada.clone(), 7));
        refusals.add(refusal(Reason::Token, address(3), 8));
        let tallies = refusals.take();
        assert_eq!(tallies.len(), MOST_OF_A_REASON + 2);
        assert_eq!(tallies.iter().map(|tally| tally.count).sum::<u64>(), 100_002);
        let of = |who: &Who| tallies.iter().find(|tally| tally.first.who == *who).map(|tally| tally.count);
        assert_eq!(of(&Who::Others), Some(100_000 - MOST_OF_A_REASON as u64));
        assert_eq!((of(&address(3)), of(&ada)), (Some(2), Some(1)));
    }
}

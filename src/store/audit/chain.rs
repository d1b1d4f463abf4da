//! The chain: each event's link is a MAC over the link before it and everything that the event says. Without the key,
//! which is not in the database, no event can be altered, inserted or removed without breaking the links.

use hmac::{Hmac, KeyInit, Mac};
use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::Sha256;

use crate::domain::audit::trail_key::TrailKey;

pub type Link = [u8; 32];

/// If the clock goes back by no more than this, events keep the time of the last one, so that they stay in the order of
/// time. A clock that goes back further was wrong before and is right now.
const STEP_BACK_MILLISECONDS: i64 = 60 * 60 * 1000;

/// The end of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub number: i64,
    pub link: Link,
    /// The time of the last event, in milliseconds.
    pub at: i64,
}

/// A row of `audit_events` without its number and its link.
pub struct Entry<'a> {
    pub id: [u8; 16],
    pub at: i64,
    pub organization: Option<&'a str>,
    pub request_id: Option<[u8; 16]>,
    pub actor_type: &'a str,
    pub actor_id: Option<&'a str>,
    pub actor_name: &'a str,
    pub resource_type: &'a str,
    pub resource_id: &'a str,
    pub action: &'a str,
    pub meta: Option<&'a str>,
}

impl Entry<'_> {
    /// The link of the event `number` that follows `before`.
    pub fn link(&self, key: &TrailKey, before: &Link, number: i64) -> Link {
        let mut writing = Writing::begin(key, "event");
        writing.bytes(before).number(number).bytes(&self.id).number(self.at).text(self.organization);
        writing.optional(self.request_id.as_ref().map(|id| id.as_slice()));
        writing.text(Some(self.actor_type)).text(self.actor_id).text(Some(self.actor_name));
        writing.text(Some(self.resource_type)).text(Some(self.resource_id)).text(Some(self.action)).text(self.meta);
        writing.finish()
    }
}

/// The input of the anchor's own MAC. Without it, a moved anchor would hide the removal of older events.
pub fn anchor_mac(key: &TrailKey, number: i64, link: &Link) -> Link {
    let mut writing = Writing::begin(key, "anchor");
    writing.number(number).bytes(link);
    writing.finish()
}

/// The MAC of a witness: shows that it is complete and was written with this key.
pub fn witness_mac(key: &TrailKey, number: i64, link: &Link) -> Link {
    let mut writing = Writing::begin(key, "witness");
    writing.number(number).bytes(link);
    writing.finish()
}

/// A MAC over values. Each is encoded with its presence and its length, so that different sequences give different bytes.
struct Writing(Hmac<Sha256>);

impl Writing {
    fn begin(key: &TrailKey, purpose: &str) -> Writing {
        // An HMAC takes a key of any length: this cannot fail.
        let Ok(mac) = Hmac::new_from_slice(key.reveal()) else { unreachable!() };
        let mut writing = Writing(mac);
        writing.text(Some(purpose));
        writing
    }

    fn number(&mut self, number: i64) -> &mut Writing {
        self.bytes(&number.to_be_bytes())
    }

    fn text(&mut self, text: Option<&str>) -> &mut Writing {
        self.optional(text.map(str::as_bytes))
    }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Writing {
        self.optional(Some(bytes))
    }

    fn optional(&mut self, bytes: Option<&[u8]>) -> &mut Writing {
        match bytes {
            None => self.0.update(&[0]),
            Some(bytes) => {
                self.0.update(&[1]);
                self.0.update(&(bytes.len() as u64).to_be_bytes());
                self.0.update(bytes);
            }
        }
        self
    }

    fn finish(self) -> Link {
        self.0.finalize().into_bytes().into()
    }
}

/// The present end of the chain: the last event, or the anchor if there is none.
pub fn head(connection: &Connection) -> rusqlite::Result<Head> {
    let last = connection
        .prepare_cached("SELECT number, link, at FROM audit_events ORDER BY number DESC LIMIT 1")?
        .query_row([], |row| Ok(Head { number: row.get(0)?, link: row.get(1)?, at: row.get(2)? }))
        .optional()?;
    match last {
        Some(head) => Ok(head),
        None => connection
            .prepare_cached("SELECT number, link FROM audit_anchor")?
            .query_row([], |row| Ok(Head { number: row.get(0)?, link: row.get(1)?, at: i64::MIN })),
    }
}

/// The time of an event that follows `head`.
pub fn time_after(head: &Head, now: i64) -> i64 {
    if head.at > now && head.at - now <= STEP_BACK_MILLISECONDS { head.at } else { now }
}

/// Appends an event to `head` under the given number: the next one, or a later one after a loss.
pub fn append(
    connection: &Connection,
    key: &TrailKey,
    head: &Head,
    number: i64,
    entry: &Entry<'_>,
) -> rusqlite::Result<Head> {
    let link = entry.link(key, &head.link, number);
    connection
        .prepare_cached(
            "INSERT INTO main.audit_events
               (number, id, at, organization, request_id, actor_type, actor_id, actor_name, resource_type, resource_id,
                action, meta, link)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            number,
            entry.id,
            entry.at,
            entry.organization,
            entry.request_id,
            entry.actor_type,
            entry.actor_id,
            entry.actor_name,
            entry.resource_type,
            entry.resource_id,
            entry.action,
            entry.meta,
            link,
        ])?;
    Ok(Head { number, link, at: entry.at })
}

/// In the order that [`entry`] reads.
pub const COLUMNS: &str = "number, link, id, at, organization, request_id, actor_type, actor_id, actor_name,
     resource_type, resource_id, action, meta";

/// A row as it is stored, to compute its link.
pub fn entry<'a>(row: &'a Row<'_>) -> rusqlite::Result<(i64, Link, Entry<'a>)> {
    let text = |column: usize| -> rusqlite::Result<&'a str> { Ok(row.get_ref(column)?.as_str()?) };
    let perhaps = |column: usize| -> rusqlite::Result<Option<&'a str>> { Ok(row.get_ref(column)?.as_str_or_null()?) };
    let entry = Entry {
        id: row.get(2)?,
        at: row.get(3)?,
        organization: perhaps(4)?,
        request_id: row.get(5)?,
        actor_type: text(6)?,
        actor_id: perhaps(7)?,
        actor_name: text(8)?,
        resource_type: text(9)?,
        resource_id: text(10)?,
        action: text(11)?,
        meta: perhaps(12)?,
    };
    Ok((row.get(0)?, row.get(1)?, entry))
}

/// Moves the anchor to `number`: the chain is verified from there.
pub fn anchor(connection: &Connection, key: &TrailKey, number: i64, link: &Link) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO main.audit_anchor (only_row, number, link, mac) VALUES (1, ?1, ?2, ?3)",
        )?
        .execute(params![number, link, anchor_mac(key, number, link)])?;
    Ok(())
}

/// Begins the chain of a new database: the anchor before the first event.
pub fn begin(connection: &Connection, key: &TrailKey) -> rusqlite::Result<()> {
    anchor(connection, key, 0, &[0; 32])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> TrailKey {
        TrailKey::new([7; 32])
    }

    fn sample() -> Entry<'static> {
        Entry {
            id: [1; 16],
            at: 5,
            organization: Some("org-1"),
            request_id: None,
            actor_type: "Client",
            actor_id: Some("user-1"),
            actor_name: "ada",
            resource_type: "user",
            resource_id: "user-2",
            action: "create",
            meta: None,
        }
    }

    #[test]
    fn every_column_the_number_the_link_before_and_the_key_count() {
        let link = sample().link(&key(), &[0; 32], 1);
        assert_eq!(link, sample().link(&key(), &[0; 32], 1));
        let others = [
            Entry { id: [2; 16], ..sample() },
            Entry { at: 6, ..sample() },
            Entry { organization: None, ..sample() },
            Entry { organization: Some(""), ..sample() },
            Entry { request_id: Some([0; 16]), ..sample() },
            Entry { actor_type: "System", ..sample() },
            Entry { actor_id: None, ..sample() },
            Entry { actor_name: "Ada", ..sample() },
            Entry { resource_type: "team", ..sample() },
            Entry { resource_id: "user-3", ..sample() },
            Entry { action: "destroy", ..sample() },
            Entry { meta: Some("{}"), ..sample() },
        ];
        let mut links: Vec<Link> = others.iter().map(|entry| entry.link(&key(), &[0; 32], 1)).collect();
        links.push(sample().link(&key(), &[1; 32], 1));
        links.push(sample().link(&key(), &[0; 32], 2));
        links.push(sample().link(&TrailKey::new([8; 32]), &[0; 32], 1));
        links.push(link);
        let all = links.len();
        links.sort_unstable();
        links.dedup();
        assert_eq!(links.len(), all);
    }

    #[test]
    fn what_moves_from_one_column_to_the_next_is_another_text() {
        let link = |entry: Entry<'_>| entry.link(&key(), &[0; 32], 1);
        let pairs = [
            (Entry { actor_name: "ab", resource_type: "c", ..sample() }, ("a", "bc")),
            (Entry { actor_name: "a\u{1}", resource_type: "", ..sample() }, ("a", "\u{1}")),
        ];
        for (one, (actor_name, resource_type)) in pairs {
            assert_ne!(link(one), link(Entry { actor_name, resource_type, ..sample() }));
        }
        assert_ne!(anchor_mac(&key(), 1, &[0; 32]), witness_mac(&key(), 1, &[0; 32]), "no MAC passes for another");
    }

    #[test]
    fn a_clock_put_back_a_little_does_not_change_the_order_of_events() {
        let head = Head { number: 1, link: [0; 32], at: 10_000_000 };
        assert_eq!(time_after(&head, 10_000_001), 10_000_001);
        assert_eq!(time_after(&head, 9_999_000), 10_000_000);
        assert_eq!(time_after(&head, 10_000_000 - STEP_BACK_MILLISECONDS - 1), 10_000_000 - STEP_BACK_MILLISECONDS - 1);
        assert_eq!(time_after(&Head { at: i64::MIN, ..head }, 5), 5);
    }
}

//! The writer's part in the trail: it asks the witness once, before it adds anything, and tells it of every commit.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::json;

use super::chain;
use super::chain::{Entry, Head};
use super::witness;
use super::witness::{Pen, Verdict, Witness};
use super::{EventKind, Resource};
use crate::domain::audit::trail_key::TrailKey;
use crate::domain::id::random_uuid;
use crate::domain::timestamp::Timestamp;

pub struct Keeper {
    database: PathBuf,
    key: TrailKey,
    pen: Pen,
    /// Whether the witness has been asked, and the answer is on the disk if it was a bad one.
    is_settled: bool,
    /// The number that the witness has from us.
    witnessed: i64,
}

impl Keeper {
    pub fn of(database: &Path, key: TrailKey) -> Keeper {
        let pen = Pen::of(database);
        Keeper { database: database.to_owned(), key, pen, is_settled: false, witnessed: -1 }
    }

    /// At the beginning of a transaction, while nobody else can commit: what the witness knows, the database must have.
    /// Otherwise that goes on record before anything else, under a number behind all that were given out. Whether it did.
    pub fn settle(&self, connection: &Connection) -> rusqlite::Result<bool> {
        if self.is_settled {
            return Ok(false);
        }
        let witness = Witness::read(&self.database, &self.key);
        let head = chain::head(connection)?;
        match witness.verdict(connection)? {
            Verdict::Agrees => Ok(false),
            Verdict::Unknown => {
                let (path, how) = (witness::path_beside(&self.database), how(&witness));
                log::warn!("{} is {how} and made anew; whether events are lost cannot be told", path.display());
                Ok(false)
            }
            Verdict::Ahead { number, missing } => {
                log::error!(
                    "{missing} acknowledged events are missing at the end of the audit trail, and the changes with them: \
                     the last one is {}, where it was {number}",
                    head.number
                );
                let meta = json!({"acknowledged": number, "found": head.number, "missing": missing});
                self.note_loss(connection, &head, number + 1, &meta.to_string())
            }
            Verdict::Differs { number } => {
                log::error!("event {number} of the audit trail is not the one that was acknowledged");
                let meta = json!({"acknowledged": number, "found": head.number, "missing": null});
                self.note_loss(connection, &head, head.number + 1, &meta.to_string())
            }
        }
    }

    fn note_loss(&self, connection: &Connection, head: &Head, number: i64, meta: &str) -> rusqlite::Result<bool> {
        let entry = Entry {
            id: random_uuid().into_bytes(),
            at: chain::time_after(head, Timestamp::now().milliseconds()),
            organization: None,
            request_id: None,
            actor_type: "System",
            actor_id: None,
            actor_name: "bowline",
            resource_type: Resource::AuditTrail.name(),
            resource_id: witness::FILE_NAME,
            action: EventKind::Lose.name(),
            meta: Some(meta),
        };
        chain::append(connection, &self.key, head, number, &entry).map(|_| true)
    }

    /// Where the transaction at hand leaves the chain.
    pub fn head(&self, connection: &Connection) -> rusqlite::Result<Head> {
        chain::head(connection)
    }

    /// After a commit that left the chain at `head`.
    pub fn committed(&mut self, head: &Head) {
        self.is_settled = true;
        if head.number != self.witnessed {
            self.pen.write(&self.key, head);
            self.witnessed = head.number;
        }
    }
}

fn how(witness: &Witness) -> &'static str {
    if *witness == Witness::Missing { "missing" } else { "garbled" }
}

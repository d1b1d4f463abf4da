//! The writer's part in the trail: it compares the witness once, before it adds anything, and updates it after every
//! commit.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::json;

use super::chain;
use super::chain::{Entry, Head};
use super::witness;
use super::witness::{Pen, Verdict, Witness};
use super::{EventKind, Resource};
use crate::domain::audit::trail_key::TrailKey;
use crate::domain::sources::Sources;

pub struct Keeper {
    database: PathBuf,
    key: TrailKey,
    sources: Sources,
    pen: Pen,
    /// Whether the witness was compared. A loss that it showed is recorded on the disk.
    is_settled: bool,
    /// The number that we wrote to the witness last.
    witnessed: i64,
}

impl Keeper {
    pub fn of(database: &Path, key: TrailKey, sources: Sources) -> Keeper {
        let pen = Pen::of(database);
        Keeper { database: database.to_owned(), key, sources, pen, is_settled: false, witnessed: -1 }
    }

    /// At the beginning of a transaction, while no other process can commit: the database must have the event that the
    /// witness knows. If it has not, the loss is recorded first, under a number after all that were used. Returns whether
    /// there has to be a commit: for that record, or because the witness is missing or behind, and is written only after one.
    pub fn settle(&self, connection: &Connection) -> rusqlite::Result<bool> {
        if self.is_settled {
            return Ok(false);
        }
        let witness = Witness::read(&self.database, &self.key);
        let head = chain::head(connection)?;
        match witness.verdict(connection)? {
            Verdict::Agrees => Ok(!witness.is_at(head.number)),
            Verdict::Unknown => {
                let (path, how) = (witness::path_beside(&self.database), how(&witness));
                log::warn!("{} is {how} and was recreated; lost events cannot be detected", path.display());
                Ok(true)
            }
            Verdict::Ahead { number, missing } => {
                log::error!(
                    "{missing} acknowledged events are missing at the end of the audit trail, and the changes with them: \
                     the last event is {}, expected {number}",
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
            id: self.sources.uuid("event").into_bytes(),
            at: chain::time_after(head, self.sources.now().milliseconds()),
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

    /// The end of the chain after the present transaction.
    pub fn head(&self, connection: &Connection) -> rusqlite::Result<Head> {
        chain::head(connection)
    }

    /// Called after a commit: `head` is the end of the chain.
    pub fn committed(&mut self, head: &Head) {
        self.is_settled = true;
        if head.number != self.witnessed {
            self.pen.write(&self.key, head);
            self.witnessed = head.number;
        }
    }
}

fn how(witness: &Witness) -> &'static str {
    if *witness == Witness::Missing { "missing" } else { "unreadable" }
}

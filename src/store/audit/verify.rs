//! Verifies the audit trail.

use rusqlite::Connection;

use super::chain;
use super::chain::Link;
use super::witness;
use super::witness::{Verdict, Witness};
use super::{EventKind, Resource};
use crate::domain::audit::trail_key::TrailKey;
use crate::domain::timestamp::Timestamp;
use crate::store::Store;
use crate::store::finding::Finding;

/// The most findings that are reported about a damaged trail.
const MOST_LINES: usize = 20;

impl Store {
    /// Verifies the chain from its anchor to its end, and compares it with the witness.
    pub fn check_trail(&self) -> Finding {
        // Read before the database: while a server runs, the witness must not be newer than what is read of the database.
        let witness = Witness::read(&self.path, &self.trail_key);
        let mut finding = Finding { question: "audit trail", wrong: vec![], notes: vec![] };
        let followed = self.read(|view| Ok(follow(view.connection, &self.trail_key, &witness, &mut finding)?));
        finding.wrong.extend(followed.err().map(|e| e.told_to_operators()));
        finding
    }
}

fn follow(connection: &Connection, key: &TrailKey, witness: &Witness, finding: &mut Finding) -> rusqlite::Result<()> {
    let mut wrong = Wrong { lines: vec![], more: 0 };
    let (mut number, mut link): (i64, Link) =
        connection.query_row("SELECT number, link, mac FROM audit_anchor", [], |row| {
            let (number, link): (i64, Link) = (row.get(0)?, row.get(1)?);
            if row.get::<_, Link>(2)? != chain::anchor_mac(key, number, &link) {
                wrong.say(format!("the anchor before event {} was altered", number + 1));
            }
            Ok((number, link))
        })?;
    let mut select = connection.prepare(&format!("SELECT {} FROM audit_events ORDER BY number", chain::COLUMNS))?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (this, own, entry) = chain::entry(row)?;
        let fits = entry.link(key, &link, this) == own;
        let is_loss = entry.resource_type == Resource::AuditTrail.name() && entry.action == EventKind::Lose.name();
        let missing = missing(number, this);
        match (fits, missing) {
            (true, missing) if is_loss => {
                let when = Timestamp::from_milliseconds(entry.at);
                let what = missing.unwrap_or_else(|| {
                    format!("events recorded in {} before event {this} are missing", witness::FILE_NAME)
                });
                finding.notes.push(format!("{what}; recorded at {when}"));
            }
            (_, Some(missing)) => wrong.say(missing),
            (false, None) => wrong.say(format!("broken link at event {this}: it, or what was before it, was altered")),
            (true, None) => {}
        }
        (number, link) = (this, own);
    }
    match witness.verdict(connection)? {
        Verdict::Agrees => {}
        Verdict::Unknown => {
            let state = if *witness == Witness::Missing { "missing" } else { "unreadable" };
            let name = witness::FILE_NAME;
            finding.notes.push(format!("{name} is {state}: missing events at the end cannot be detected"));
        }
        Verdict::Ahead { number: acknowledged, missing } => wrong.say(format!(
            "witness ahead: {missing} acknowledged events are missing at the end; the last event is {number}, expected \
             {acknowledged}"
        )),
        Verdict::Differs { number } => {
            wrong.say(format!("event {number} is not the one that the witness knows: the trail was replaced"));
        }
    }
    finding.wrong.extend(wrong.told());
    Ok(())
}

/// The events that are missing between two stored numbers.
fn missing(before: i64, this: i64) -> Option<String> {
    match this - before {
        1 => None,
        2 => Some(format!("missing event {}", before + 1)),
        _ => Some(format!("missing events {} to {}", before + 1, this - 1)),
    }
}

struct Wrong {
    lines: Vec<String>,
    more: usize,
}

impl Wrong {
    fn say(&mut self, line: String) {
        if self.lines.len() < MOST_LINES {
            self.lines.push(line);
        } else {
            self.more += 1;
        }
    }

    fn told(mut self) -> Vec<String> {
        if self.more > 0 {
            self.lines.push(format!("and {} more", self.more));
        }
        self.lines
    }
}

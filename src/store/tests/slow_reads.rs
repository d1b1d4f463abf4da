//! A read that takes too long is ended, and the connection that it was made on is as good as before.

use std::time::Duration;

use super::{database, key};
use crate::bounds::memory_budget::MemoryBudget;
use crate::bounds::slow_reads::{ReadLimits, Slot};
use crate::domain::error::{Kind, Result};
use crate::domain::sources::Sources;
use crate::store::{ReadBounds, Store, View};

struct NoSlot;

impl Slot for NoSlot {
    fn take_back(&self) {}
    fn leave(&self) {}
}

const ENDLESS: &str = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
const SHORT: &str = "SELECT count(*) FROM users";

fn count(store: &Store, sql: &str) -> Result<i64> {
    let budget = MemoryBudget::new(0, 0);
    let share = budget.share();
    let bounds = ReadBounds { slot: &NoSlot, memory: Some(&share) };
    store.read_within(&bounds, |view: &View| {
        view.is_for("user-1111111111111111");
        Ok(view.connection.query_row(sql, [], |row| row.get(0))?)
    })
}

#[test]
fn a_read_ends_by_its_deadline_or_for_want_of_a_permit() {
    let place = database();
    let store = Store::open(&place.path, key(), Sources::system(), |why| panic!("{why}")).unwrap();
    for (running, deadline, detail) in [
        (1, Duration::from_millis(50), "could not be read in time"),
        (0, Duration::from_secs(600), "too many slow requests"),
    ] {
        store.limit_reads(ReadLimits { deadline, running, waiting: 0 });
        for _ in 0..3 {
            let error = count(&store, ENDLESS).unwrap_err();
            assert_eq!(error.kind, Kind::Unavailable);
            assert!(error.to_string().contains(detail), "{error}");
            assert_eq!(count(&store, SHORT).unwrap(), 0);
        }
        assert_eq!(store.figures().idle_readers, 1, "it is used again");
    }
    // What no request asks for takes as long as it takes.
    let long = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 300000) SELECT count(*) FROM n";
    let counted = store.read(|view| Ok(view.connection.query_row(long, [], |row| row.get::<_, i64>(0))?));
    assert_eq!(counted.unwrap(), 300_000);
    store.close();
}

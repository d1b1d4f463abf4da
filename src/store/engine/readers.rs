//! Connections for reading: as many as are used at the same moment. The one given back last is taken first: what it
//! knows of the file is still warm.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use super::connection;
use super::references::shadows::{Shadows, Views};
use crate::bounds::slow_reads::{self, Ended, Reading, Slot, SlowReads, Watch};
use crate::domain::error::{Error, Exceeded, Result};

/// Steps of a statement between two looks at the clock: far less than a millisecond.
const STEPS: i32 = 1000;
/// After which a caller that had too many slow reads may come again.
const PAUSE: Duration = Duration::from_secs(1);

pub struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Reader>>,
    pub slow_reads: Arc<SlowReads>,
    views: Arc<Views>,
}

/// A connection for reading.
pub struct Reader {
    pub connection: Connection,
    /// Stops what takes too long.
    pub watch: Arc<Watch>,
    shadows: Shadows,
}

/// What is asked of a connection. It keeps its answer itself: the code around it is there once, not once for each answer.
pub type Query<'a> = dyn FnMut(&Reader) + 'a;

impl Readers {
    pub fn of(path: &Path, views: Arc<Views>) -> Readers {
        Readers { path: path.to_owned(), idle: Mutex::default(), slow_reads: Arc::default(), views }
    }

    /// Runs `query` once, in a transaction, however long it takes.
    pub fn read(&self, query: &mut Query<'_>) -> Result<()> {
        self.attempt(None, query).map(drop)
    }

    /// Runs `query` in a transaction, within the bounds that all requests have. It may run a second time. `Unavailable` by
    /// the deadline and while the server has too many slow reads, `TooManyRequests` while the caller has.
    pub fn read_within_bounds(&self, slot: &dyn Slot, query: &mut Query<'_>) -> Result<()> {
        let mut reading = self.slow_reads.begin();
        loop {
            let Some(attempted) = self.attempt(Some(reading), query)? else { return Ok(()) };
            reading = attempted;
            if !reading.begins_again(&self.slow_reads, slot).map_err(refusal)? {
                return Ok(());
            }
        }
    }

    fn attempt(&self, reading: Option<Reading>, query: &mut Query<'_>) -> Result<Option<Reading>> {
        let idle = self.idle().pop();
        let reader = match idle {
            Some(reader) => reader,
            None => self.open()?,
        };
        let run = |sql| reader.connection.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
        run("BEGIN")?;
        reader.shadows.settle(&reader.connection)?;
        if let Some(reading) = reading {
            reader.watch.start(reading);
        }
        query(&reader);
        let reading = reader.watch.stop();
        // Not after a panic or a failed transaction: then it is closed, and the next one is opened anew.
        match run("COMMIT") {
            Ok(_) => self.idle().push(reader),
            // What was read is as good as it was: of a damaged file that there is damage.
            Err(e) => log::warn!("closing a read connection after an error: {e}"),
        }
        Ok(reading)
    }

    fn open(&self) -> Result<Reader> {
        let connection = connection::serving(&self.path)?;
        let (watch, shadows) = (Arc::new(Watch::of(&self.slow_reads)), Shadows::new(Arc::clone(&self.views)));
        let mut reader = Reader { connection, watch, shadows };
        let watch = Arc::clone(&reader.watch);
        reader.connection.progress_handler(STEPS, Some(move || !watch.goes_on()))?;
        Ok(reader)
    }

    pub fn how_many_idle(&self) -> usize {
        self.idle().len()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Reader>> {
        // Nothing that holds the lock can leave it half changed.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refusal(ended: Ended) -> Error {
    match ended {
        Ended::TooLate => Error::too_slow(),
        Ended::CallerIsBusy => {
            Error::too_many_slow_reads(Exceeded { limit: slow_reads::RUNNING_OF_ONE as u32, wait: PAUSE })
        }
        Ended::ServerIsBusy => Error::unavailable("The server has too many slow requests just now; try again later."),
    }
}

/// Gives back what a connection has in its cache.
pub fn shrink(connection: &Connection) {
    if let Err(e) = connection.execute_batch("PRAGMA shrink_memory") {
        log::warn!("could not shrink a read connection's cache: {e}");
    }
}

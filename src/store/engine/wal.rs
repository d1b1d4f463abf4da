//! The write-ahead log, kept short. SQLite folds it into the database by itself, but begins it anew only when no reader
//! is in its way: under steady load it would grow for as long as the load lasts.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::connection::wait_for_others;
use crate::bounds::slow_reads::SlowReads;
use crate::store::is_disk_failure;

/// Beyond this the log is folded also while there is work.
const LONG_BYTES: u64 = 64 * 1024 * 1024;
/// How long to wait for readers to get out of the way; changes wait meanwhile. A backup stays longer, and is waited for
/// by trying again.
const PATIENCE: Duration = Duration::from_millis(50);
const BETWEEN_TRIES: Duration = Duration::from_secs(1);
/// While slow reads are held up for it.
const WHILE_HELD: Duration = Duration::from_millis(100);

/// Where the log of the database at `path` is.
pub fn path_of(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

pub struct Log {
    path: PathBuf,
    is_empty: bool,
    /// When something was last written, or folding tried.
    last_use: Instant,
    last_try: Instant,
    slow_reads: Arc<SlowReads>,
    hold: Hold,
}

/// Whether slow reads are held up for the log's sake.
enum Hold {
    Not,
    Since(Instant),
    /// It was of no use: what is in the way is no request. Not again before the log is folded.
    Vain,
}

impl Log {
    /// Of the database at `path`.
    pub fn of(path: &Path, slow_reads: Arc<SlowReads>) -> Log {
        // It may hold what a killed process left.
        let now = Instant::now();
        Log { path: path_of(path), is_empty: false, last_use: now, last_try: now, slow_reads, hold: Hold::Not }
    }

    /// How much longer nothing has to be written until it is worth folding the log; `None` where there is nothing to fold.
    pub fn worth_folding_after(&self) -> Option<Duration> {
        (!self.is_empty).then(|| BETWEEN_TRIES.saturating_sub(self.last_use.elapsed()))
    }

    /// As for [`Log::fold`].
    pub fn has_grown(&mut self, connection: &mut Connection) -> rusqlite::Result<()> {
        self.is_empty = false;
        self.last_use = Instant::now();
        let is_holding = matches!(self.hold, Hold::Since(_));
        let between_tries = if is_holding { WHILE_HELD } else { BETWEEN_TRIES };
        let is_long = || fs::metadata(&self.path).is_ok_and(|metadata| metadata.len() > LONG_BYTES);
        // Who holds reads up tries until they can be let go, also where another process has made the log short.
        if self.last_try.elapsed() <= between_tries || !(is_holding || is_long()) {
            return Ok(());
        }
        if matches!(self.hold, Hold::Not) {
            self.slow_reads.pause();
            self.hold = Hold::Since(Instant::now());
        }
        self.fold(connection)
    }

    /// After a try.
    fn let_go(&mut self) {
        match self.hold {
            Hold::Since(_) | Hold::Vain if self.is_empty => self.hold = Hold::Not,
            Hold::Since(since) if since.elapsed() > self.slow_reads.deadline() + BETWEEN_TRIES => {
                self.hold = Hold::Vain
            }
            _ => return,
        }
        self.slow_reads.resume();
    }

    /// What is in the way is no read.
    fn give_up_holding(&mut self) {
        if matches!(self.hold, Hold::Since(_)) {
            self.hold = Hold::Vain;
            self.slow_reads.resume();
        }
    }

    /// Folds the log into the database and empties it, if no reader is in the way for long, and there is room. `Err` where
    /// the disk has failed: what the log holds is safe in it, and nothing may be written any more.
    pub fn fold(&mut self, connection: &mut Connection) -> rusqlite::Result<()> {
        self.last_try = Instant::now();
        self.last_use = self.last_try;
        let folded = connection
            .busy_timeout(PATIENCE)
            .and_then(|()| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0)));
        if let Err(e) = wait_for_others(connection) {
            log::warn!("could not restore the busy handler: {e}");
        }
        match folded {
            Ok(is_busy) => {
                self.is_empty = !is_busy;
                self.let_go();
            }
            Err(e) if is_disk_failure(&e) => return Err(e),
            Err(e) => {
                log::warn!("the write-ahead log could not be folded into the database: {e}");
                self.give_up_holding();
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made_long(log: &mut Log) {
        fs::File::create(&log.path).unwrap().set_len(LONG_BYTES + 1).unwrap();
        log.last_try -= 2 * BETWEEN_TRIES;
    }

    #[test]
    fn slow_reads_are_held_up_only_while_that_can_help() {
        let directory = tempfile::tempdir().unwrap();
        let mut connection = Connection::open(directory.path().join("a.db")).unwrap();
        connection.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE a (x INTEGER) STRICT").unwrap();
        // Beside the real log, which is to be short.
        let slow_reads = Arc::<SlowReads>::default();
        let mut log = Log::of(&directory.path().join("long.db"), Arc::clone(&slow_reads));
        made_long(&mut log);

        // Another reader is in the way: it is waited for.
        let reader = Connection::open(directory.path().join("a.db")).unwrap();
        reader.execute_batch("BEGIN; SELECT count(*) FROM a").unwrap();
        connection.execute("INSERT INTO a VALUES (1)", []).unwrap();
        log.has_grown(&mut connection).unwrap();
        assert!(slow_reads.is_paused());

        // The log cannot be folded at all, as on a full disk.
        log.last_try -= 2 * BETWEEN_TRIES;
        connection.execute_batch("BEGIN; INSERT INTO a VALUES (2)").unwrap();
        log.has_grown(&mut connection).unwrap();
        assert!(!slow_reads.is_paused());
        log.last_try -= 2 * BETWEEN_TRIES;
        log.has_grown(&mut connection).unwrap();
        assert!(!slow_reads.is_paused(), "not again before it is folded");

        // It is folded: the next time is as the first.
        connection.execute_batch("COMMIT").unwrap();
        reader.execute_batch("COMMIT").unwrap();
        log.fold(&mut connection).unwrap();
        reader.execute_batch("BEGIN; SELECT count(*) FROM a").unwrap();
        connection.execute("INSERT INTO a VALUES (3)", []).unwrap();
        log.last_try -= 2 * BETWEEN_TRIES;
        log.has_grown(&mut connection).unwrap();
        assert!(slow_reads.is_paused());

        // Another process has made it short meanwhile.
        reader.execute_batch("COMMIT").unwrap();
        fs::File::create(&log.path).unwrap();
        log.last_try -= 2 * BETWEEN_TRIES;
        log.has_grown(&mut connection).unwrap();
        assert!(!slow_reads.is_paused());
    }
}

//! What operators see of a running server.

pub mod access_log;
pub mod format;

use self::access_log::AccessLog;
use crate::gate::journal::{Entry, Journal};

/// Everything that is kept of answered requests.
pub struct Records {
    pub access_log: Option<AccessLog>,
}

impl Records {
    /// Once nothing more will come.
    pub fn finish(&self) {
        if let Some(access_log) = &self.access_log {
            access_log.finish();
        }
    }
}

impl Journal for Records {
    fn answered(&self, entry: Entry) {
        if let Some(access_log) = &self.access_log {
            access_log.add(entry);
        }
    }
}

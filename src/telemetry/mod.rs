//! What operators see of a running server.

pub mod access_log;
pub mod counters;
pub mod exposition;
pub mod format;
pub mod process;
pub mod requests;

use std::sync::Arc;

use log::Level;

use self::access_log::AccessLog;
use self::requests::Requests;
use crate::gate::journal::{Entry, Journal};

/// Everything that is kept of answered requests.
pub struct Records {
    pub access_log: Option<AccessLog>,
    pub requests: Option<Arc<Requests>>,
    /// The route that supervisors ask every few seconds; as long as all is well, that is no news.
    pub routine: &'static str,
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
        if let Some(requests) = &self.requests {
            requests.add(&entry);
        }
        if let Some(access_log) = &self.access_log {
            let is_routine = entry.status == 200 && entry.route.as_deref() == Some(self.routine);
            let level = if is_routine { Level::Debug } else { Level::Info };
            if log::log_enabled!(target: "access", level) {
                access_log.add(level, entry);
            }
        }
    }
}

//! Messages that the next page of a session shows, once. They are kept in memory: one that is lost in a restart is no
//! loss, and a page that only reads writes nothing.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::credential::Digest;

/// Messages that wait to be shown; the oldest goes for a new one.
const MOST: usize = 256;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flash {
    pub tone: Tone,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Good,
    Bad,
}

#[derive(Default)]
pub struct Flashes(Mutex<VecDeque<(Digest, Flash)>>);

impl Flashes {
    /// In the place of the one that waits for the session, if any.
    pub fn put(&self, session: Digest, flash: Flash) {
        let mut waiting = self.waiting();
        waiting.retain(|(digest, _)| *digest != session);
        if waiting.len() >= MOST {
            waiting.pop_front();
        }
        waiting.push_back((session, flash));
    }

    pub fn take(&self, session: &Digest) -> Option<Flash> {
        let mut waiting = self.waiting();
        let at = waiting.iter().position(|(digest, _)| digest == session)?;
        waiting.remove(at).map(|(_, flash)| flash)
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<(Digest, Flash)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flash(text: &str) -> Flash {
        Flash { tone: Tone::Good, text: text.to_owned() }
    }

    #[test]
    fn each_session_sees_its_last_message_once() {
        let flashes = Flashes::default();
        flashes.put([1; 32], flash("a"));
        flashes.put([1; 32], flash("b"));
        flashes.put([2; 32], flash("c"));
        assert_eq!(flashes.take(&[1; 32]), Some(flash("b")));
        assert_eq!(flashes.take(&[1; 32]), None);
        assert_eq!(flashes.take(&[2; 32]), Some(flash("c")));
    }

    #[test]
    fn they_take_no_more_room_than_there_is() {
        let flashes = Flashes::default();
        for n in 0..=MOST {
            flashes.put([n as u8; 32].map(|byte| byte ^ (n >> 8) as u8), flash("x"));
        }
        assert!(flashes.waiting().len() <= MOST);
    }
}

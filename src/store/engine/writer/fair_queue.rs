//! Whose change is next. A caller whose change took long has the next ones committed one by one, in turn with the changes of
//! all others. These wait for one of them at most.

use std::collections::VecDeque;
use std::time::Duration;

use super::queue::Job;

/// A change that takes longer is heavy.
pub const HEAVY: Duration = Duration::from_millis(20);
/// So many callers are remembered for a heavy change.
const MOST_KNOWN: usize = 64;

type Jobs = VecDeque<Box<dyn Job>>;

#[derive(Default)]
pub struct FairQueue {
    light: Jobs,
    /// Of callers whose last change was heavy.
    heavy: Jobs,
    /// Those callers, the newest last.
    heavy_callers: VecDeque<String>,
    /// The last batch was quick, so that it is the heavy ones' turn.
    after_light: bool,
}

impl FairQueue {
    pub fn push(&mut self, job: Box<dyn Job>) {
        self.place(&*job).push_back(job);
    }

    /// What is committed next: one heavy change, or up to `most` others; in turn where both wait.
    pub fn batch(&mut self, most: usize) -> Vec<Box<dyn Job>> {
        let is_heavy = !self.heavy.is_empty() && (self.after_light || self.light.is_empty());
        self.after_light = !is_heavy;
        if is_heavy {
            return self.heavy.pop_front().into_iter().collect();
        }
        self.light.drain(..most.min(self.light.len())).collect()
    }

    /// What a batch did not come to. It goes before what has come since.
    pub fn put_back(&mut self, jobs: Vec<Box<dyn Job>>) {
        for job in jobs.into_iter().rev() {
            self.place(&*job).push_front(job);
        }
    }

    /// How long a change took.
    pub fn took(&mut self, caller: &str, time: Duration) {
        self.after_light &= time <= HEAVY;
        let known = self.heavy_callers.iter().position(|known| known == caller);
        match (known, time > HEAVY) {
            (None, true) if !caller.is_empty() => {
                self.heavy_callers.push_back(caller.to_owned());
                if self.heavy_callers.len() > MOST_KNOWN {
                    self.heavy_callers.pop_front();
                }
                let (own, others) = std::mem::take(&mut self.light).into_iter().partition(|job| job.caller() == caller);
                self.light = others;
                let own: Jobs = own;
                self.heavy.extend(own);
            }
            (Some(place), false) => drop(self.heavy_callers.remove(place)),
            _ => {}
        }
    }

    fn place(&mut self, job: &dyn Job) -> &mut Jobs {
        let is_heavy = self.heavy_callers.iter().any(|caller| caller == job.caller());
        if is_heavy { &mut self.heavy } else { &mut self.light }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::super::queue::{Applied, Room};
    use super::*;
    use crate::store::audit::Head;
    use crate::store::engine::commit_failure::CommitFailure;

    struct Of(&'static str);

    impl Job for Of {
        fn caller(&self) -> &str {
            self.0
        }

        fn apply(&mut self, _: &Connection, _: Room, _: &mut Option<Head>) -> Applied {
            Applied::Nothing
        }

        fn needs_the_reserve(&self, _: Option<&CommitFailure>) -> bool {
            false
        }

        fn answer(self: Box<Self>, _: Option<&CommitFailure>) {}
    }

    fn waiting(callers: &[&'static str]) -> FairQueue {
        let mut queue = FairQueue::default();
        callers.iter().for_each(|caller| queue.push(Box::new(Of(caller))));
        queue
    }

    fn callers(batch: &[Box<dyn Job>]) -> Vec<&str> {
        batch.iter().map(|job| job.caller()).collect()
    }

    #[test]
    fn light_changes_come_in_their_order_and_together() {
        let mut queue = waiting(&["a", "a", "b"]);
        assert_eq!(callers(&queue.batch(2)), ["a", "a"]);
        assert_eq!(callers(&queue.batch(2)), ["b"]);
        assert!(queue.batch(2).is_empty());
    }

    #[test]
    fn nobody_waits_for_more_than_one_heavy_change() {
        let mut queue = waiting(&["a", "a", "a"]);
        let mut batch = queue.batch(9);
        queue.took("a", HEAVY * 2);
        queue.put_back(batch.split_off(1));
        for caller in ["b", "a", "c"] {
            queue.push(Box::new(Of(caller)));
        }
        let batches: Vec<String> = (0..5).map(|_| callers(&queue.batch(9)).join(",")).collect();
        assert_eq!(batches, ["b,c", "a", "a", "a", ""]);
    }

    #[test]
    fn a_caller_whose_change_is_light_again_is_as_others_are() {
        let mut queue = waiting(&["a", "b", "a"]);
        queue.took("a", HEAVY * 2);
        assert_eq!(callers(&queue.batch(9)), ["b"]);
        queue.took("a", HEAVY);
        queue.push(Box::new(Of("a")));
        assert_eq!([queue.batch(9).len(), queue.batch(9).len(), queue.batch(9).len()], [1, 1, 1]);
    }

    #[test]
    fn only_the_newest_are_known_and_the_server_itself_is_never_heavy() {
        let mut queue = FairQueue::default();
        queue.took("", HEAVY * 2);
        for n in 0..=MOST_KNOWN {
            queue.took(&format!("caller-{n}"), HEAVY * 2);
        }
        assert_eq!(queue.heavy_callers.len(), MOST_KNOWN);
        assert_eq!(queue.heavy_callers[0], "caller-1");
    }
}

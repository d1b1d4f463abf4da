//! The connections that are there: how many, and whom to let go when all places are taken.
//!
//! A place held by somebody who is not being served is worth less than a newcomer: when the house is full, the
//! connection that has waited longest for its client is ended, so that silent connections cannot lock anybody out.

use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What a connection is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// Nothing of the next request is there.
    Idle,
    /// A request is arriving.
    Reading,
    /// The server behind is at it; such a connection is never let go.
    Served,
    /// The client is taking its answer.
    Writing,
    /// Let go.
    Dismissed,
}

struct Member {
    stream: Arc<TcpStream>,
    phase: AtomicU8,
    /// When the phase began, in milliseconds after the crowd did.
    since_ms: AtomicU64,
}

pub struct Crowd {
    /// Places by number; a free one is `None`.
    places: Mutex<Places>,
    left: Condvar,
    capacity: usize,
    began: Instant,
}

#[derive(Default)]
struct Places {
    members: Vec<Option<Arc<Member>>>,
    free: Vec<usize>,
    taken: usize,
}

/// A place in the crowd, given back when dropped.
pub struct Seat {
    crowd: Arc<Crowd>,
    member: Arc<Member>,
    number: usize,
}

impl Crowd {
    pub fn new(capacity: usize) -> Arc<Crowd> {
        Arc::new(Crowd { places: Mutex::default(), left: Condvar::new(), capacity, began: Instant::now() })
    }

    /// A place for a new connection. With all places taken somebody is let go, and their leaving awaited for `patience`;
    /// `None` where nobody can be or nobody goes.
    pub fn seat(self: &Arc<Crowd>, stream: &Arc<TcpStream>, patience: Duration) -> Option<Seat> {
        let mut places = self.places();
        if places.taken >= self.capacity {
            if !self.dismiss_longest_waiting(&places) {
                return None;
            }
            let deadline = Instant::now() + patience;
            while places.taken >= self.capacity {
                let left = deadline.checked_duration_since(Instant::now())?;
                places = self.left.wait_timeout(places, left).unwrap_or_else(PoisonError::into_inner).0;
            }
        }
        let member = Arc::new(Member {
            stream: Arc::clone(stream),
            phase: AtomicU8::new(Phase::Idle as u8),
            since_ms: AtomicU64::new(self.now_ms()),
        });
        let number = places.free.pop().unwrap_or_else(|| {
            places.members.push(None);
            places.members.len() - 1
        });
        places.members[number] = Some(Arc::clone(&member));
        places.taken += 1;
        Some(Seat { crowd: Arc::clone(self), member, number })
    }

    /// Lets somebody go, if there is anybody who only waits.
    pub fn make_room(&self) {
        let places = self.places();
        self.dismiss_longest_waiting(&places);
    }

    /// Ends a connection that has no place.
    pub fn dismiss(&self, stream: &TcpStream) {
        // It may be gone already, which is what is wanted.
        let _ = stream.shutdown(Shutdown::Both);
    }

    /// Ends the idle connections at once, as far as no request has reached them, and every other within `grace`.
    pub fn empty(&self, grace: Duration) {
        let deadline = Instant::now() + grace;
        let mut places = self.places();
        for member in places.members.iter().flatten() {
            if member.phase.load(Ordering::SeqCst) == Phase::Idle as u8 {
                expect_no_more(&member.stream);
            }
        }
        while places.taken > 0 {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { break };
            places = self.left.wait_timeout(places, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        if places.taken > 0 {
            log::warn!("{} connections did not finish in time", places.taken);
        }
        for member in places.members.iter().flatten() {
            self.dismiss(&member.stream);
        }
    }

    /// Whether somebody was let go.
    fn dismiss_longest_waiting(&self, places: &Places) -> bool {
        let mut waiting: Vec<(u64, &Arc<Member>)> = Vec::new();
        for member in places.members.iter().flatten() {
            let phase = member.phase.load(Ordering::Acquire);
            if [Phase::Idle, Phase::Reading, Phase::Writing].iter().any(|p| *p as u8 == phase) {
                waiting.push((member.since_ms.load(Ordering::Relaxed), member));
            }
        }
        waiting.sort_unstable_by_key(|(since_ms, _)| *since_ms);
        // Somebody may be served just now after all: then the next one.
        let gone = waiting
            .iter()
            .find(|(_, member)| [Phase::Idle, Phase::Reading, Phase::Writing].iter().any(|phase| member.leave(*phase)));
        if let Some((_, member)) = gone {
            self.dismiss(&member.stream);
        }
        gone.is_some()
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        // No code that holds the lock can leave the places half changed.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }
}

/// What a client has sent already can still be read, and after it the end.
pub fn expect_no_more(stream: &TcpStream) {
    // It may be gone already, which is an end as well.
    let _ = stream.shutdown(Shutdown::Read);
}

impl Member {
    /// From `phase` to having been let go, unless it has moved on.
    fn leave(&self, phase: Phase) -> bool {
        let (from, to) = (phase as u8, Phase::Dismissed as u8);
        self.phase.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

impl Seat {
    /// Enters a phase. `false` where the connection was let go meanwhile and must end.
    pub fn enter(&self, phase: Phase) -> bool {
        self.member.since_ms.store(self.crowd.now_ms(), Ordering::Relaxed);
        let phases = &self.member.phase;
        phases
            // In one order with the flag that says that the gate is closing: either the closing one sees who is idle, or
            // the idle one sees that it is closing.
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |current| {
                (current != Phase::Dismissed as u8).then_some(phase as u8)
            })
            .is_ok()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut places = self.crowd.places();
        places.members[self.number] = None;
        places.free.push(self.number);
        places.taken -= 1;
        drop(places);
        self.crowd.left.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::TcpListener;

    /// A connection's two ends.
    fn pair() -> (TcpStream, Arc<TcpStream>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (client, Arc::new(listener.accept().unwrap().0))
    }

    const NOT_AT_ALL: Duration = Duration::from_millis(1);

    #[test]
    fn who_has_waited_longest_makes_room() {
        let crowd = Crowd::new(2);
        let (mut first_client, first) = pair();
        let (_second_client, second) = pair();
        let (_third_client, third) = pair();
        let first_seat = crowd.seat(&first, NOT_AT_ALL).unwrap();
        let second_seat = crowd.seat(&second, NOT_AT_ALL).unwrap();
        second_seat.member.since_ms.store(u64::MAX, Ordering::Relaxed);
        // The first one is told to go, and its place is free once it has.
        assert!(crowd.seat(&third, NOT_AT_ALL).is_none());
        assert_eq!(first_client.read(&mut [0]).unwrap(), 0);
        assert!(!first_seat.enter(Phase::Reading));
        assert!(second_seat.enter(Phase::Served));
        drop(first_seat);
        let third_seat = crowd.seat(&third, NOT_AT_ALL).unwrap();
        assert!(third_seat.enter(Phase::Served));
    }

    #[test]
    fn who_is_served_stays() {
        let crowd = Crowd::new(1);
        let (_client, stream) = pair();
        let (_other_client, other) = pair();
        let seat = crowd.seat(&stream, NOT_AT_ALL).unwrap();
        assert!(seat.enter(Phase::Served));
        assert!(crowd.seat(&other, NOT_AT_ALL).is_none());
        assert!(seat.enter(Phase::Writing));
    }

    #[test]
    fn an_empty_crowd_stays_empty() {
        let crowd = Crowd::new(8);
        let (_client, stream) = pair();
        for _ in 0..100 {
            drop(crowd.seat(&stream, NOT_AT_ALL));
        }
        assert_eq!(crowd.places().members.len(), 1);
        crowd.empty(NOT_AT_ALL);
    }
}

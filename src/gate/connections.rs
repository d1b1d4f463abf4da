//! The open client connections: how many, and which one is closed when all places are taken.
//!
//! When all places are taken, a connection that waits for its client is closed to make room for a new one: silent
//! connections cannot lock clients out. It is a connection of the address with most places, so that one address with many
//! connections does not displace others; among those, the one that has waited longest. A difference of a few places does not
//! count: many addresses with one connection each must not displace an address with a dozen. Room is made a little ahead of
//! need, so that a new connection does not have to wait.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::{IpAddr, Shutdown, TcpStream};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::bounds::network::network;

/// What a connection is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// Nothing of the next request is there.
    Idle,
    /// A TLS handshake has begun.
    Handshake,
    /// A request is arriving.
    Reading,
    /// The server behind is at it; such a connection is never let go.
    Served,
    /// The client is taking its answer.
    Writing,
    /// Let go.
    Dismissed,
}

/// The phases in which the server waits for the client.
const WAITING: [Phase; 4] = [Phase::Idle, Phase::Handshake, Phase::Reading, Phase::Writing];

/// How long a handshake may take while the gate closes: no request is lost with it.
pub const HANDSHAKE_AT_CLOSING: Duration = Duration::from_secs(1);

struct Member {
    stream: Arc<TcpStream>,
    address: IpAddr,
    state: Arc<State>,
}

/// What a member's own thread tells the others.
struct State {
    phase: AtomicU8,
    /// When the phase began, in microseconds after `Connections::began`.
    since_us: AtomicU64,
}

pub struct Connections {
    /// Places by number; a free one is `None`.
    places: Mutex<Places>,
    left: Condvar,
    capacity: usize,
    began: Instant,
    /// How many have been let go to make room.
    let_go: AtomicU64,
    /// How many found no room.
    turned_away: AtomicU64,
}

/// Connection counts by phase, and connections closed or refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Census {
    /// Nothing of the next request is there.
    pub idle: usize,
    pub reading: usize,
    pub served: usize,
    pub writing: usize,
    pub capacity: usize,
    pub let_go: u64,
    pub turned_away: u64,
}

#[derive(Default)]
struct Places {
    members: Vec<Option<Member>>,
    free: Vec<usize>,
    taken: usize,
    /// Of those taken: connections that are being closed.
    leaving: usize,
}

/// A place in the connections, given back when dropped.
pub struct Seat {
    connections: Arc<Connections>,
    state: Arc<State>,
    number: usize,
}

impl Connections {
    pub fn new(capacity: usize) -> Arc<Connections> {
        Arc::new(Connections {
            places: Mutex::default(),
            left: Condvar::new(),
            capacity,
            began: Instant::now(),
            let_go: AtomicU64::new(0),
            turned_away: AtomicU64::new(0),
        })
    }

    pub fn census(&self) -> Census {
        let places = self.places();
        let phases: Vec<u8> =
            places.members.iter().flatten().map(|member| member.state.phase.load(Ordering::Relaxed)).collect();
        drop(places);
        let at = |phase| phases.iter().filter(|found| **found == phase as u8).count();
        Census {
            idle: at(Phase::Idle),
            reading: at(Phase::Handshake) + at(Phase::Reading),
            served: at(Phase::Served),
            writing: at(Phase::Writing),
            capacity: self.capacity,
            let_go: self.let_go.load(Ordering::Relaxed),
            turned_away: self.turned_away.load(Ordering::Relaxed),
        }
    }

    /// A connection found no room.
    pub fn has_turned_away(&self) {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
    }

    /// A place for a new connection from `address`. With all places taken, another one is closed first, and its end
    /// awaited for `patience`. `None` where none can be closed, or none ends in time.
    pub fn seat(self: &Arc<Connections>, stream: &Arc<TcpStream>, address: IpAddr, patience: Duration) -> Option<Seat> {
        let mut places = self.places();
        if places.taken - places.leaving >= self.capacity - self.few() {
            self.dismiss_some(&mut places, 1 + self.few() / 2);
        }
        if places.taken >= self.capacity {
            if places.leaving == 0 {
                return None;
            }
            let deadline = Instant::now() + patience;
            while places.taken >= self.capacity {
                let left = deadline.checked_duration_since(Instant::now())?;
                places = self.left.wait_timeout(places, left).unwrap_or_else(PoisonError::into_inner).0;
            }
        }
        let state =
            Arc::new(State { phase: AtomicU8::new(Phase::Idle as u8), since_us: AtomicU64::new(self.now_us()) });
        let member = Member { stream: Arc::clone(stream), address: network(address), state: Arc::clone(&state) };
        let number = places.free.pop().unwrap_or_else(|| {
            places.members.push(None);
            places.members.len() - 1
        });
        places.members[number] = Some(member);
        places.taken += 1;
        Some(Seat { connections: Arc::clone(self), state, number })
    }

    /// Closes a connection that waits for its client, if there is one.
    pub fn make_room(&self) {
        self.dismiss_some(&mut self.places(), 1);
    }

    /// Places that are kept free ahead of need; a difference of so many between addresses does not count.
    fn few(&self) -> usize {
        self.capacity / 64
    }

    /// Ends a connection that has no place.
    pub fn dismiss(&self, stream: &TcpStream) {
        // It may be gone already, which is what is wanted.
        let _ = stream.shutdown(Shutdown::Both);
    }

    /// Ends idle connections at once, as far as nothing of a request has reached them; handshakes within a second; all others
    /// within `grace`.
    pub fn empty(&self, grace: Duration) {
        let deadline = Instant::now() + grace;
        let mut end_of_handshakes = Some(Instant::now() + HANDSHAKE_AT_CLOSING.min(grace));
        let mut places = self.places();
        let is_in = |phase| move |member: &&Member| member.state.phase.load(Ordering::SeqCst) == phase as u8;
        for member in places.members.iter().flatten().filter(is_in(Phase::Idle)) {
            expect_no_more(&member.stream);
        }
        while places.taken > 0 {
            match end_of_handshakes.unwrap_or(deadline).checked_duration_since(Instant::now()) {
                Some(left) => {
                    places = self.left.wait_timeout(places, left).unwrap_or_else(PoisonError::into_inner).0;
                }
                None if end_of_handshakes.take().is_some() => {
                    for member in places.members.iter().flatten().filter(is_in(Phase::Handshake)) {
                        self.dismiss(&member.stream);
                    }
                }
                None => break,
            }
        }
        if places.taken > 0 {
            log::warn!("{} connections did not finish in time", places.taken);
        }
        for member in places.members.iter().flatten() {
            self.dismiss(&member.stream);
        }
    }

    /// Lets up to `count` go.
    fn dismiss_some(&self, places: &mut Places, count: usize) {
        let mut taken: HashMap<IpAddr, usize> = HashMap::new();
        let mut waiting = Vec::new();
        for member in places.members.iter().flatten() {
            *taken.entry(member.address).or_default() += 1;
            let phase = member.state.phase.load(Ordering::Acquire);
            if WAITING.iter().any(|waiting| *waiting as u8 == phase) {
                waiting.push((member.state.since_us.load(Ordering::Relaxed), member));
            }
        }
        waiting.sort_unstable_by_key(|(since_us, member)| (Reverse(taken[&member.address].max(self.few())), *since_us));
        // It may be served by now: then the next one.
        let leave = |member: &&Member| WAITING.iter().any(|phase| member.state.leave(*phase));
        let gone = waiting.into_iter().map(|(_, member)| member).filter(leave).take(count);
        let gone = gone.inspect(|member| self.dismiss(&member.stream)).count();
        places.leaving += gone;
        self.let_go.fetch_add(gone as u64, Ordering::Relaxed);
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        // No code that holds the lock can leave the places half changed.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_us(&self) -> u64 {
        self.began.elapsed().as_micros() as u64
    }
}

/// Ends a connection whose next request has not begun. One that has is left to arrive: its thread may not have seen it yet.
pub fn expect_no_more(stream: &TcpStream) {
    let has_begun = rustix::io::ioctl_fionread(stream).is_ok_and(|bytes| bytes > 0);
    if !has_begun {
        // It may be gone already, which is an end as well. What comes before the end is still read.
        let _ = stream.shutdown(Shutdown::Read);
    }
}

impl State {
    /// From `phase` to having been let go, unless it has moved on.
    fn leave(&self, phase: Phase) -> bool {
        let (from, to) = (phase as u8, Phase::Dismissed as u8);
        self.phase.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

impl Seat {
    /// Enters a phase. `false` where the connection was let go meanwhile and must end.
    pub fn enter(&self, phase: Phase) -> bool {
        self.state.since_us.store(self.connections.now_us(), Ordering::Relaxed);
        let phases = &self.state.phase;
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
        let mut places = self.connections.places();
        // Closes the socket, as the connection's own thread has let go of it: a descriptor must not outlive its place, or
        // the next connection takes one that was meant for something else.
        places.members[self.number] = None;
        places.free.push(self.number);
        places.taken -= 1;
        if self.state.phase.load(Ordering::Acquire) == Phase::Dismissed as u8 {
            places.leaving -= 1;
        }
        drop(places);
        self.connections.left.notify_all();
    }
}

#[cfg(test)]
mod tests;

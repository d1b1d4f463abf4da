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

    /// Ends the idle connections at once, as far as nothing of a request has reached them, those that have not even come to a
    /// request soon, and every other within `grace`.
    pub fn empty(&self, grace: Duration) {
        let deadline = Instant::now() + grace;
        let mut end_of_handshakes = Some(Instant::now() + HANDSHAKE_AT_CLOSING.min(grace));
        let mut places = self.places();
        for member in places.members.iter().flatten() {
            if member.state.phase.load(Ordering::SeqCst) == Phase::Idle as u8 {
                expect_no_more(&member.stream);
            }
        }
        while places.taken > 0 {
            match end_of_handshakes.unwrap_or(deadline).checked_duration_since(Instant::now()) {
                Some(left) => {
                    places = self.left.wait_timeout(places, left).unwrap_or_else(PoisonError::into_inner).0;
                }
                None if end_of_handshakes.take().is_some() => {
                    let in_handshake =
                        |member: &&Member| member.state.phase.load(Ordering::SeqCst) == Phase::Handshake as u8;
                    places
                        .members
                        .iter()
                        .flatten()
                        .filter(in_handshake)
                        .for_each(|member| self.dismiss(&member.stream));
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
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

    /// A connection's two ends.
    fn pair() -> (TcpStream, Arc<TcpStream>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (client, Arc::new(listener.accept().unwrap().0))
    }

    const NOT_AT_ALL: Duration = Duration::from_millis(1);
    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn who_has_waited_longest_makes_room() {
        let connections = Connections::new(2);
        let (mut first_client, first) = pair();
        let (_second_client, second) = pair();
        let (_third_client, third) = pair();
        let first_seat = connections.seat(&first, HERE, NOT_AT_ALL).unwrap();
        let second_seat = connections.seat(&second, HERE, NOT_AT_ALL).unwrap();
        second_seat.state.since_us.store(u64::MAX, Ordering::Relaxed);
        // The first one is told to go, and its place is free once it has.
        assert!(connections.seat(&third, HERE, NOT_AT_ALL).is_none());
        assert_eq!(first_client.read(&mut [0]).unwrap(), 0);
        assert!(!first_seat.enter(Phase::Reading));
        assert!(second_seat.enter(Phase::Served));
        drop(first_seat);
        let third_seat = connections.seat(&third, HERE, NOT_AT_ALL).unwrap();
        assert!(third_seat.enter(Phase::Served));
    }

    #[test]
    fn many_connections_from_one_address_close_each_other() {
        let connections = Connections::new(3);
        let clients = [pair(), pair(), pair(), pair()];
        let elsewhere = |last| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, last));
        let honest = connections.seat(&clients[0].1, HERE, NOT_AT_ALL).unwrap();
        let first = connections.seat(&clients[1].1, elsewhere(1), NOT_AT_ALL).unwrap();
        let second = connections.seat(&clients[2].1, elsewhere(2), NOT_AT_ALL).unwrap();
        first.state.since_us.store(u64::MAX - 1, Ordering::Relaxed);
        second.state.since_us.store(u64::MAX, Ordering::Relaxed);
        assert!(connections.seat(&clients[3].1, elsewhere(3), NOT_AT_ALL).is_none());
        // One after the other.
        assert!(!first.enter(Phase::Reading) && second.enter(Phase::Idle));
        drop(first);
        let _third = connections.seat(&clients[1].1, elsewhere(4), NOT_AT_ALL).unwrap();
        second.state.since_us.store(0, Ordering::Relaxed);
        assert!(connections.seat(&clients[3].1, HERE, NOT_AT_ALL).is_none());
        assert!(!second.enter(Phase::Reading) && honest.enter(Phase::Reading));
    }

    #[test]
    fn many_addresses_with_one_place_each_do_not_drive_out_the_one_with_a_few() {
        let connections = Connections::new(128);
        let streams: Vec<_> = (0..4).map(|_| pair()).collect();
        let honest = [0, 1].map(|n| connections.seat(&streams[n].1, HERE, NOT_AT_ALL).unwrap());
        let elsewhere = |last| IpAddr::V4(Ipv4Addr::new(10, 0, 0, last));
        let others: Vec<_> =
            (0..124).map(|n| connections.seat(&streams[2].1, elsewhere(n), NOT_AT_ALL).unwrap()).collect();
        others.iter().for_each(|seat| seat.state.since_us.store(1, Ordering::Relaxed));
        honest.iter().for_each(|seat| seat.state.since_us.store(2, Ordering::Relaxed));
        // There is a place still, but not many.
        let newcomer = connections.seat(&streams[3].1, elsewhere(200), NOT_AT_ALL);
        assert!(newcomer.is_some() && honest.iter().all(|seat| seat.enter(Phase::Reading)));
        assert_eq!(others.iter().filter(|seat| !seat.enter(Phase::Reading)).count(), 2);
    }

    #[test]
    fn who_is_served_stays() {
        let connections = Connections::new(1);
        let (_client, stream) = pair();
        let (_other_client, other) = pair();
        let seat = connections.seat(&stream, HERE, NOT_AT_ALL).unwrap();
        assert!(seat.enter(Phase::Served));
        assert!(connections.seat(&other, HERE, NOT_AT_ALL).is_none());
        assert!(seat.enter(Phase::Writing));
    }

    #[test]
    fn a_place_is_free_only_after_its_descriptor() {
        let connections = Connections::new(1);
        for _ in 0..200 {
            let (_client, stream) = pair();
            let (_next_client, next) = pair();
            let seat = connections.seat(&stream, HERE, NOT_AT_ALL).unwrap();
            let alive = Arc::downgrade(&stream);
            drop(stream);
            std::thread::scope(|scope| {
                scope.spawn(|| drop(seat));
                let next_seat = connections.seat(&next, HERE, Duration::from_secs(60));
                assert!(next_seat.is_some() && alive.upgrade().is_none());
            });
        }
    }

    #[test]
    fn what_has_reached_the_socket_is_waited_for_whole_even_if_nobody_has_looked_yet() {
        let (mut client, stream) = pair();
        client.write_all(b"half ").unwrap();
        stream.peek(&mut [0]).unwrap();
        expect_no_more(&stream);
        let mut text = [0; 5];
        (&*stream).read_exact(&mut text).unwrap();
        client.write_all(b"whole").unwrap();
        (&*stream).read_exact(&mut text).unwrap();
        assert_eq!(&text, b"whole");
        expect_no_more(&stream);
        assert_eq!((&*stream).read(&mut text).unwrap(), 0);
    }

    #[test]
    fn a_free_place_is_used_again() {
        let connections = Connections::new(8);
        let (_client, stream) = pair();
        for _ in 0..100 {
            drop(connections.seat(&stream, HERE, NOT_AT_ALL));
        }
        assert_eq!(connections.places().members.len(), 1);
        connections.empty(NOT_AT_ALL);
    }
}

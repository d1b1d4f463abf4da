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
    let others: Vec<_> = (0..124).map(|n| connections.seat(&streams[2].1, elsewhere(n), NOT_AT_ALL).unwrap()).collect();
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

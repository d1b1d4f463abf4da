//! Listening sockets: from the text of a flag to a bound address, with words for what can go wrong on the way.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};

use socket2::{Domain, Protocol, Socket, Type};

use crate::domain::error::{Error, Result};

/// Connections that the system may hold for us to accept.
const BACKLOG: i32 = 4096;
/// Lower ports are for privileged programs.
const FIRST_ORDINARY_PORT: u16 = 1024;

pub fn bind(address: &str) -> Result<TcpListener> {
    let failed = |e: io::Error| match e.kind() {
        io::ErrorKind::AddrInUse => Error::invalid(format!(
            "{address} is in use by another program. Name another address, or port 0, which picks a free port: {}:0.",
            address.rsplit_once(':').map_or(address, |(host, _)| host)
        )),
        io::ErrorKind::AddrNotAvailable => {
            Error::invalid(format!("Cannot listen on {address}: this machine has no such address."))
        }
        io::ErrorKind::PermissionDenied if is_low(address) => Error::invalid(format!(
            "Cannot listen on {address}: {e}. Ports below {FIRST_ORDINARY_PORT} need the capability CAP_NET_BIND_SERVICE, \
             which the package's service has."
        )),
        _ => Error::invalid(format!("Cannot listen on {address}: {e}.")),
    };
    if let Some(wrong) = what_is_missing(address, "0.0.0.0:PORT or [::]:PORT") {
        return Err(Error::invalid(format!("Cannot listen on {address}: {wrong}.")));
    }
    let found = address.to_socket_addrs().map_err(failed)?.next();
    found.ok_or_else(|| io::ErrorKind::NotFound.into()).and_then(listen).map_err(failed)
}

/// What an address lacks that is one part of `ADDRESS:PORT` alone: the resolver's own words for it do not help.
/// `any` is what to write for every address, with PORT for the port.
pub fn what_is_missing(address: &str, any: &str) -> Option<String> {
    let port = address.strip_prefix(':').unwrap_or(address);
    if port.parse::<u16>().is_ok() {
        return Some(format!("it has no address: use {}", any.replace("PORT", port)));
    }
    match address.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(ip) => Some(format!("it has no port: use {}", SocketAddr::new(ip, 8080))),
        Err(_) if address.is_empty() => Some(format!("it is empty: use {}", any.replace("PORT", "8080"))),
        Err(_) if !address.contains(':') => Some(format!("it has no port: use {address}:8080")),
        Err(_) => None,
    }
}

fn is_low(address: &str) -> bool {
    let port = address.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    port.is_some_and(|port| (1..FIRST_ORDINARY_PORT).contains(&port))
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restart must not wait for the connections of the process before it.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// "All addresses" is nothing that a client could call.
pub fn reachable(address: SocketAddr) -> SocketAddr {
    if !address.ip().is_unspecified() {
        return address;
    }
    log::warn!("listening on all addresses: --public-url should say how clients reach this server");
    let loopback: IpAddr = if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
    SocketAddr::new(loopback, address.port())
}

/// Other machines may reach the address, and no one has asked for encryption.
pub fn warn_of_plain_http(address: SocketAddr, public_url: &str) {
    if address.ip().to_canonical().is_loopback() {
        return;
    }
    if public_url.starts_with("https:") {
        log::warn!(
            "listening on {address} in plain http: tokens travel unencrypted wherever they do not come through the proxy of \
             {public_url}; let only that proxy reach this address"
        );
    } else {
        log::warn!(
            "listening on {address} in plain http: tokens travel unencrypted; use --tls-cert and --tls-key, or listen on \
             127.0.0.1 behind a proxy with TLS"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_an_address_is_told_from_a_whole_one() {
        let missing = |text: &str| what_is_missing(text, "0.0.0.0:PORT or [::]:PORT");
        for text in [":8080", "8080"] {
            assert_eq!(missing(text), Some("it has no address: use 0.0.0.0:8080 or [::]:8080".to_owned()));
        }
        assert_eq!(missing("127.0.0.1"), Some("it has no port: use 127.0.0.1:8080".to_owned()));
        for text in ["::1", "[::1]"] {
            assert_eq!(missing(text), Some("it has no port: use [::1]:8080".to_owned()));
        }
        assert_eq!(missing("localhost"), Some("it has no port: use localhost:8080".to_owned()));
        assert_eq!(missing(""), Some("it is empty: use 0.0.0.0:8080 or [::]:8080".to_owned()));
        for text in ["127.0.0.1:8080", "[::]:8080", "localhost:8080", "127.0.0.1:x", ":x", ":99999"] {
            assert_eq!(missing(text), None, "{text}");
        }
    }
}

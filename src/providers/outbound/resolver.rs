//! Host names to addresses, each of which is checked. The connection goes to an address that was checked here: a name
//! that gets another address a moment later (DNS rebinding) has no effect.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::address::AddressRules;
use crate::providers::failure::{Failure, Result};

/// The addresses of a host name.
pub(super) type Lookup = dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// A look-up cannot be cancelled. This bounds the threads that wait for a resolver that hangs.
const MAX_LOOKUPS: usize = 64;
/// The connection goes to one of so many addresses; all are checked.
const MAX_ADDRESSES: usize = 16;

pub(super) struct CheckingResolver {
    rules: AddressRules,
    lookup: Arc<Lookup>,
    under_way: Arc<AtomicUsize>,
}

impl CheckingResolver {
    pub fn new(rules: AddressRules, lookup: Arc<Lookup>) -> CheckingResolver {
        CheckingResolver { rules, lookup, under_way: Arc::default() }
    }

    fn addresses(&self, uri: &Uri, patience: Duration) -> Result<Vec<SocketAddr>> {
        let port = match (uri.port_u16(), uri.scheme_str()) {
            (Some(0), _) => return Err(Failure::Url("names port 0")),
            (Some(port), _) => port,
            (None, Some("https")) => 443,
            (None, Some("http")) => 80,
            _ => return Err(Failure::Url("is neither http nor https")),
        };
        let host = uri.host().unwrap_or_default();
        let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let addresses = match literal.parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, port)],
            Err(_) => self.look_up(host, port, patience)?,
        };
        for address in &addresses {
            self.rules.check(*address)?;
        }
        Some(addresses).filter(|addresses| !addresses.is_empty()).ok_or(Failure::Unresolvable)
    }

    fn look_up(&self, host: &str, port: u16, patience: Duration) -> Result<Vec<SocketAddr>> {
        let under_way = Counted::new(&self.under_way).ok_or(Failure::Busy)?;
        let (send, receive) = sync_channel(1);
        let (lookup, host) = (self.lookup.clone(), host.to_owned());
        let work = move || {
            // The answer may come when it is no longer waited for.
            let _ = send.send(lookup(&host, port));
            drop(under_way);
        };
        let thread = thread::Builder::new().name("name look-up".to_owned()).stack_size(256 * 1024);
        thread.spawn(work).map_err(|_| Failure::Busy)?;
        match receive.recv_timeout(patience) {
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(_)) => Err(Failure::Unresolvable),
            Err(_) => Err(Failure::Timeout("looking up the host name")),
        }
    }
}

impl Resolver for CheckingResolver {
    fn resolve(
        &self,
        uri: &Uri,
        _: &Config,
        timeout: NextTimeout,
    ) -> std::result::Result<ResolvedSocketAddrs, ureq::Error> {
        let checked = self.addresses(uri, *timeout.after).map_err(|failure| ureq::Error::Other(Box::new(failure)))?;
        let mut addresses = self.empty();
        for address in checked.into_iter().take(MAX_ADDRESSES) {
            addresses.push(address);
        }
        Ok(addresses)
    }
}

impl fmt::Debug for CheckingResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckingResolver").field("rules", &self.rules).finish_non_exhaustive()
    }
}

/// The system's own resolver: hosts file, DNS and whatever else it is set up for.
pub(super) fn system(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok((host, port).to_socket_addrs()?.collect())
}

struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(counter: &Arc<AtomicUsize>) -> Option<Counted> {
        let counted = Counted(counter.clone());
        (counter.fetch_add(1, Ordering::Relaxed) < MAX_LOOKUPS).then_some(counted)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

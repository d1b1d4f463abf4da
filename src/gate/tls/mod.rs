//! TLS: the server's certificate, and the handshake.

mod stream;

use std::net::TcpStream;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};

use self::stream::TlsStream;
use super::remaining;
use super::wire::Broken;

pub struct Tls {
    /// For new connections; those that are there keep what they began with.
    current: RwLock<Identity>,
}

/// A chain of certificates and the key that belongs to the first of them. Sessions belong to it too: none is resumed
/// under another.
#[derive(Clone)]
pub struct Identity(Arc<ServerConfig>);

/// A connection after its handshake, without its socket.
pub struct Encrypted(Box<ServerConnection>);

impl Encrypted {
    pub fn over(self, socket: &TcpStream) -> TlsStream<'_> {
        TlsStream::new(*self.0, socket)
    }
}

/// What a new connection begins with.
pub enum Opening {
    Handshake,
    PlainRequest,
}

impl Identity {
    pub fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Identity, rustls::Error> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Identity(Arc::new(config)))
    }
}

impl Tls {
    pub fn new(identity: Identity) -> Tls {
        Tls { current: RwLock::new(identity) }
    }

    pub fn replace(&self, identity: Identity) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = identity;
    }

    /// The whole handshake, by a deadline.
    pub fn accept(&self, socket: &TcpStream, deadline: Instant) -> Result<Encrypted, Broken> {
        let Identity(config) = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        let connection = ServerConnection::new(config).map_err(|e| {
            log::error!("no TLS connection could be made: {e}");
            Broken::Closed
        })?;
        let mut stream = TlsStream::new(connection, socket);
        stream.shake_hands(deadline)?;
        Ok(Encrypted(Box::new(stream.into_connection())))
    }
}

/// Waits for the first byte, which is left where it is. Until it has come, a connection costs no more than a plain one.
pub fn await_opening(socket: &TcpStream, deadline: Instant) -> Result<Opening, Broken> {
    let mut first = [0];
    loop {
        let timeout = remaining(deadline).map_err(|_| Broken::TimedOut)?;
        match socket.set_read_timeout(Some(timeout)).and_then(|()| socket.peek(&mut first)) {
            Ok(0) => return Err(Broken::Closed),
            // As methods begin, and no record of TLS.
            Ok(_) if first[0].is_ascii_uppercase() => return Ok(Opening::PlainRequest),
            // What is neither is told so by TLS's own means.
            Ok(_) => return Ok(Opening::Handshake),
            Err(e) => super::wire::again(&e)?,
        }
    }
}

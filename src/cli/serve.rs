//! `serve`, and the running of every server: where everything is put together.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use clap::Args;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use socket2::{Domain, Protocol, Socket, Type};

use super::data_dir::{DataDir, Lock, SOCKET};
use super::output::print;
use super::values::duration;
use super::{DataOptions, Done};
use crate::app::{App, PublicUrl};
use crate::domain::error::{Error, Result};
use crate::gate::Gate;
use crate::gate::limits::{Limits, Room};
use crate::http::server::Server;
use crate::routes::Routes;
use crate::store::Store;
use crate::vault::Vault;

/// Requests in hand have this long to finish once the server is told to stop.
const GRACE: Duration = Duration::from_secs(10);
/// And the workers and the writer this much longer to come to an end.
const AFTER_GRACE: Duration = Duration::from_secs(5);
/// Connections that the system may hold for us to accept.
const BACKLOG: i32 = 1024;
/// A socket's path may not be longer on any system (`sun_path`, less some room).
const LONGEST_SOCKET_PATH: usize = 100;

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    pub network: NetworkOptions,
    #[command(flatten)]
    data: DataOptions,
}

#[derive(Args, Clone)]
pub struct NetworkOptions {
    /// The address to listen on; port 0 picks a free one
    #[arg(long, env = "BOWLINE_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    listen: String,
    /// The URL that clients reach the server at, if it is not the listening address
    #[arg(long, env = "BOWLINE_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// Client connections at the same time; by default what the limit on open files allows, 2048 at the most
    #[arg(long, env = "BOWLINE_MAX_CONNECTIONS", value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    max_connections: Option<u32>,
    /// How long a request's head may take to arrive
    #[arg(long, env = "BOWLINE_HEAD_TIMEOUT", default_value = "10s", value_name = "TIME", value_parser = duration)]
    head_timeout: Duration,
    /// How long a request's body may take to arrive
    #[arg(long, env = "BOWLINE_BODY_TIMEOUT", default_value = "30s", value_name = "TIME", value_parser = duration)]
    body_timeout: Duration,
    /// How long a client may take to read its answer
    #[arg(long, env = "BOWLINE_WRITE_TIMEOUT", default_value = "30s", value_name = "TIME", value_parser = duration)]
    write_timeout: Duration,
    /// How long a connection may stay open between two requests
    #[arg(long, env = "BOWLINE_IDLE_TIMEOUT", default_value = "60s", value_name = "TIME", value_parser = duration)]
    idle_timeout: Duration,
}

pub fn run(options: Options) -> Done {
    let socket = options.network.bind()?;
    let data_dir = DataDir::new(&options.data);
    serve(&options.network, socket, &data_dir, |_, _| Ok(()), |address, ()| print(&export("TFE_ADDRESS", address)))
}

/// A line that a shell understands.
pub fn export(name: &str, value: &str) -> String {
    let is_plain = value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:/[]@%+~".contains(&b));
    if is_plain { format!("export {name}={value}") } else { format!("export {name}='{}'", value.replace('\'', "%27")) }
}

/// Runs a server until it is told to stop. `prepare` runs on the open store before anybody is let in; `announce` once
/// connections are accepted, with the public URL and what was prepared.
pub fn serve<P>(
    network: &NetworkOptions,
    socket: Listening,
    data_dir: &DataDir,
    prepare: impl FnOnce(&Store, &Vault) -> Result<P>,
    announce: impl FnOnce(&str, P) -> Result<()>,
) -> Done {
    let (stop, stopped) = mpsc::channel();
    watch_signals(stop.clone())?;
    let room = Room::of_this_process().map_err(|e| Error::invalid(format!("The server cannot start: {e}.")))?;
    let lock = data_dir.lock()?;
    let (store, vault) = data_dir.open_locked(&lock, fatal(stop.clone()))?;
    let prepared = prepare(&store, &vault)?;

    let app = Arc::new(App { store, vault, public_url: socket.public_url.clone() });
    let (listener, private) = PrivateSocket::bind(data_dir, &lock)?;
    let server =
        Server::start(listener, room.workers, Routes(Arc::clone(&app)), fatal(stop)).map_err(Error::internal)?;
    let gate =
        Gate::open(socket.listener, &private.path, room.workers, network.limits(room)).map_err(Error::internal)?;
    log::info!(
        "listening on {} as {}; SQLite {}, {} workers, {} connections at the most",
        gate.address(),
        app.public_url.as_str(),
        rusqlite::version(),
        room.workers,
        network.limits(room).connections
    );
    announce(app.public_url.as_str(), prepared)?;

    let reason = stopped.recv().unwrap_or(Stop::Fatal("nobody is left to say when to stop".to_owned()));
    log::info!("stopping");
    end_after(GRACE + AFTER_GRACE);
    gate.close(GRACE);
    server.close();
    if let Some(app) = Arc::into_inner(app) {
        app.store.close();
    }
    match reason {
        Stop::Signal => Ok(()),
        Stop::Fatal(why) => Err(Error::internal(why)),
    }
}

enum Stop {
    Signal,
    Fatal(String),
}

fn fatal(stop: Sender<Stop>) -> impl Fn(String) + Send + Sync + 'static {
    move |why| {
        log::error!("stopping for good: {why}");
        // If nobody listens any more, the server is stopping already.
        let _ = stop.send(Stop::Fatal(why));
    }
}

/// Whatever is still at work then is given up, as if the process had been killed: nothing acknowledged is lost.
fn end_after(time: Duration) {
    let end = move || {
        thread::sleep(time);
        log::error!("stopping took too long");
        std::process::exit(1);
    };
    if let Err(e) = thread::Builder::new().name("end".to_owned()).spawn(end) {
        log::warn!("nobody will notice if stopping takes too long: {e}");
    }
}

/// The first signal asks to stop, the second one insists.
fn watch_signals(stop: Sender<Stop>) -> Result<()> {
    // A terminal that is closed sends SIGHUP.
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP]).map_err(Error::internal)?;
    let watch = move || {
        let mut pending = signals.forever();
        if pending.next().is_some() {
            let _ = stop.send(Stop::Signal);
        }
        if let Some(signal) = pending.next() {
            std::process::exit(128 + signal);
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(watch).map(|_| ()).map_err(Error::internal)
}

/// A bound address and how the world calls it.
pub struct Listening {
    listener: TcpListener,
    public_url: PublicUrl,
}

impl NetworkOptions {
    /// Before anything is made or changed: an occupied port must leave no trace.
    pub fn bind(&self) -> Result<Listening> {
        let failed = |e: io::Error| match e.kind() {
            io::ErrorKind::AddrInUse => Error::invalid(format!("{} is in use by another program.", self.listen)),
            _ => Error::invalid(format!("Cannot listen on {}: {e}.", self.listen)),
        };
        let address = self
            .listen
            .to_socket_addrs()
            .map_err(failed)?
            .next()
            .ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
        let listener = bind(address).map_err(failed)?;
        let real = listener.local_addr().map_err(failed)?;
        let public_url = match &self.public_url {
            Some(url) => PublicUrl::parse(url)?,
            None => PublicUrl::parse(&format!("http://{}", reachable(real)))?,
        };
        Ok(Listening { listener, public_url })
    }

    fn limits(&self, room: Room) -> Limits {
        let wanted = self.max_connections.map_or(room.connections, |most| most as usize);
        Limits {
            connections: wanted.min(room.connections),
            head: self.head_timeout,
            body: self.body_timeout,
            write: self.write_timeout,
            idle: self.idle_timeout,
            queue: Duration::from_secs(10),
            handling: Duration::from_secs(120),
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restart must not wait for the connections of the process before it.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// "All addresses" is nothing that a client could call.
fn reachable(address: SocketAddr) -> SocketAddr {
    if !address.ip().is_unspecified() {
        return address;
    }
    log::warn!("listening on all addresses: --public-url should say how clients reach this server");
    let loopback: std::net::IpAddr =
        if address.is_ipv4() { std::net::Ipv4Addr::LOCALHOST.into() } else { std::net::Ipv6Addr::LOCALHOST.into() };
    SocketAddr::new(loopback, address.port())
}

/// The socket between the gate and the server behind it, in a directory that nobody else can enter.
struct PrivateSocket {
    path: PathBuf,
    /// Where the data directory's own path is too long for a socket.
    _directory: Option<tempfile::TempDir>,
}

impl PrivateSocket {
    fn bind(data_dir: &DataDir, _lock: &Lock) -> Result<(UnixListener, PrivateSocket)> {
        let failed = |e: io::Error| Error::invalid(format!("The server's private socket cannot be made: {e}."));
        let inside = data_dir.path().join(SOCKET);
        let (path, directory) = if inside.as_os_str().as_bytes().len() <= LONGEST_SOCKET_PATH {
            (inside, None)
        } else {
            let directory = tempfile::Builder::new().prefix("bowline-").tempdir().map_err(failed)?;
            (directory.path().join(SOCKET), Some(directory))
        };
        remove_stale(&path).map_err(failed)?;
        let listener = UnixListener::bind(&path).map_err(failed)?;
        Ok((listener, PrivateSocket { path, _directory: directory }))
    }
}

impl Drop for PrivateSocket {
    fn drop(&mut self) {
        // Left behind, it would be removed by the next start.
        let _ = remove_stale(&self.path);
    }
}

/// Under the lock, a socket that is there belongs to a process that is not.
fn remove_stale(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

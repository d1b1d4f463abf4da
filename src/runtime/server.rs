//! The running of every server: where everything is put together.

use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::network::{Listening, NetworkOptions, OPERATORS, side_descriptors};
use super::options::ApiOptions;
use super::provider_options::ProviderSetup;
use crate::api::service::health;
use crate::app::App;
use crate::domain::error::{Error, Result};
use crate::gate::journal::Journal;
use crate::gate::limits::Room;
use crate::gate::{Gate, Settings};
use crate::http::server::{Server, Workers};
use crate::routes;
use crate::routes::Routes;
use crate::runtime::data_dir::{DataDir, OPERATORS_SOCKET, PROVIDERS_SOCKET, SOCKET};
use crate::runtime::housekeeping::{Housekeeping, TrailOptions};
use crate::runtime::network::private_socket::PrivateSocket;
use crate::runtime::network::self_signed::SelfSigned;
use crate::runtime::network::side_listener::{Side, SideListener, SideService};
use crate::runtime::network::tls::{Certificates, Encryption};
use crate::runtime::operations::Operations;
use crate::runtime::supervisor::Supervisor;
use crate::store::Store;
use crate::telemetry::Records;
use crate::telemetry::format::Format;
use crate::telemetry::requests::Requests;
use crate::vault::Vault;

/// Requests in hand have this long to finish once the server is told to stop.
const GRACE: Duration = Duration::from_secs(10);
/// And the workers and the writer this much longer to come to an end.
const AFTER_GRACE: Duration = Duration::from_secs(5);

/// How clients reach a server.
pub struct Reached<'a> {
    pub url: &'a str,
    /// What they have to be told to trust.
    pub certificate: Option<&'a str>,
}

/// What a server is run with.
pub struct Setup<'a> {
    pub network: &'a NetworkOptions,
    pub format: Format,
    pub api: ApiOptions,
    pub trail: TrailOptions,
    pub providers: ProviderSetup,
    pub socket: Listening,
    pub data_dir: &'a DataDir,
    pub companion: Arc<dyn Companion>,
}

/// What the process does beside serving, as far as its end is concerned.
pub trait Companion: Send + Sync {
    /// `true` where the signal was meant for it, and the server goes on.
    fn takes_signal(&self, signal: i32) -> bool;
    /// The process ends at once, without having stopped in good order.
    fn abandon(&self);
}

/// Ends a running server in good order, from any thread.
#[derive(Clone)]
pub struct Ender(Sender<Stop>);

impl Ender {
    pub fn end(&self) {
        // Without a receiver, the server is stopping already.
        let _ = self.0.send(Stop::Asked);
    }
}

/// Runs a server until it is told to stop. `prepare` runs on the open store before connections are accepted; `announce` once
/// they are, with how to reach it, what was prepared, and what ends it.
pub fn serve<P>(
    setup: Setup<'_>,
    prepare: impl FnOnce(&Store, &Vault) -> Result<P>,
    announce: impl FnOnce(&Reached<'_>, P, Ender) -> Result<()>,
) -> Result<()> {
    let Setup { network, format, api, trail, providers, socket, data_dir, companion } = setup;
    let (stop, stopped) = mpsc::channel();
    let certificates = match &socket.encryption {
        Encryption::Files(certificates) => Some(certificates.clone()),
        _ => None,
    };
    watch_signals(Ender(stop.clone()), certificates, Arc::clone(&companion))?;
    let for_side_service =
        socket.side_service.as_ref().map_or(0, |side| side_descriptors(side.workers.count, side.connections));
    let room = Room::of_this_process(network.reserved_descriptors() + for_side_service)
        .map_err(|e| Error::invalid(format!("The server cannot start: {e}.")))?;
    let lock = data_dir.lock()?;
    let (store, vault) = data_dir.open_locked(&lock, fatal(stop.clone()))?;
    // The others are for those who only read.
    store.limit_waiting(room.workers * 3 / 4);
    store.limit_reads(network.read_limits(room));
    if let Err(e) = store.settle_trail() {
        log::warn!("could not verify the audit trail: {}", e.told_to_operators());
    }
    let prepared = prepare(&store, &vault)?;
    // Some workers are left for requests that ask no provider.
    let providers = providers.open(socket.ports(), store.sources())?.with_calls(room.workers / 2);

    let rate_limits = network.rate_limits(&socket);
    let self_signed = match &socket.encryption {
        Encryption::SelfSigned => {
            let listen = socket.listener.local_addr().map_err(Error::internal)?;
            Some(SelfSigned::find_or_make(data_dir, &lock, listen, &socket.public_url)?)
        }
        _ => None,
    };
    let certificate = self_signed.as_ref().map(|made| made.certificate.display().to_string());
    // A sandbox must leave no trace in a browser. In the clear, the public URL is that of a proxy.
    let (tls, is_strict) = match socket.encryption {
        Encryption::Files(certificates) => (Some(certificates.tls), true),
        Encryption::SelfSigned => (self_signed.map(|made| made.tls), false),
        Encryption::None => (None, socket.public_url.is_https()),
    };

    let app = App::new(store, vault, socket.public_url.clone(), rate_limits);
    let app = Arc::new(App { strict_attributes: api.strict_attributes, providers, ..app });
    let housekeeping = Housekeeping::start(Arc::clone(&app), trail)?;
    let (listener, private) = PrivateSocket::bind(data_dir, &lock, SOCKET)?;
    let workers = Workers { count: room.workers, at_work: room.at_work };
    let server = Server::start(
        listener,
        workers,
        Routes { app: Arc::clone(&app), has_pages: network.has_pages() },
        fatal(stop.clone()),
    )
    .map_err(Error::internal)?;
    let requests = socket.metrics.as_ref().map(|_| Arc::new(Requests::new(routes::patterns())));
    let (access_log, routine) = (network.access_log(format)?, health::PATTERN);
    let records = Arc::new(Records { access_log, requests: requests.clone(), routine });
    let journal = Arc::clone(&records) as Arc<dyn Journal>;
    let at_once = {
        // A connection may end a moment after the gate is closed, and must not keep the database open.
        let app = Arc::downgrade(&app);
        Box::new(move |request: &[u8]| app.upgrade().and_then(|app| routes::at_once(&app, request)))
    };
    let gate = Gate::open(Settings {
        listener: socket.listener,
        behind: &private.path,
        private_connections: room.backend_connections,
        limits: network.limits(room),
        journal,
        tls,
        is_strict,
        proxies: network.proxies(),
        headers: routes::headers(),
        at_once: Some(at_once),
    })
    .map_err(Error::internal)?;
    log::info!(
        "listening on {} as {}; SQLite {}, {} workers, {} connections at the most",
        gate.address(),
        app.public_url.as_str(),
        rusqlite::version(),
        room.workers,
        network.limits(room).connections
    );
    let operators = match (socket.metrics, requests) {
        (Some(listener), Some(requests)) => {
            let operations = Operations { app: Arc::clone(&app), requests, gate: gate.observer() };
            let limits = network.side_limits(room, OPERATORS);
            let workers = Workers { count: 1, at_work: 1 };
            let side = Side {
                listener,
                workers,
                limits,
                headers: Vec::new(),
                service: operations,
                before_closing: Box::new(|| ()),
            };
            let open = side.open(PrivateSocket::bind(data_dir, &lock, OPERATORS_SOCKET)?, fatal(stop.clone()))?;
            log::info!("metrics at http://{}/metrics", open.address());
            Some(open)
        }
        _ => None,
    };
    let side_listener = match socket.side_service {
        Some(SideService { listener, workers, connections, headers, service, before_closing }) => {
            let limits = network.side_limits(room, connections);
            let side = Side { listener, workers, limits, headers, service: service(Arc::clone(&app)), before_closing };
            Some(side.open(PrivateSocket::bind(data_dir, &lock, PROVIDERS_SOCKET)?, fatal(stop.clone()))?)
        }
        None => None,
    };
    announce(&Reached { url: app.public_url.as_str(), certificate: certificate.as_deref() }, prepared, Ender(stop))?;
    let supervisor = Supervisor::tell_ready(Arc::clone(&app));

    let reason = stopped.recv().unwrap_or(Stop::Fatal("every thread that could stop the server has ended".to_owned()));
    log::info!("stopping");
    supervisor.tell_stopping();
    end_after(GRACE + AFTER_GRACE, companion);
    gate.close(GRACE);
    server.close();
    operators.into_iter().chain(side_listener).for_each(SideListener::close);
    records.finish();
    housekeeping.close();
    match Arc::into_inner(app) {
        Some(app) => app.store.close(),
        None => log::error!("the database is still in use; it is closed with the process"),
    }
    match reason {
        Stop::Asked => Ok(()),
        Stop::Fatal(why) => Err(Error::internal(why)),
    }
}

enum Stop {
    Asked,
    Fatal(String),
}

fn fatal(stop: Sender<Stop>) -> impl Fn(String) + Send + Sync + 'static {
    move |why| {
        log::error!("stopping after a fatal error: {why}");
        // Without a receiver the server is stopping already.
        let _ = stop.send(Stop::Fatal(why));
    }
}

/// Whatever is still at work then is given up, as if the process had been killed: nothing acknowledged is lost.
fn end_after(time: Duration, companion: Arc<dyn Companion>) {
    let end = move || {
        thread::sleep(time);
        log::error!("stopping took too long");
        companion.abandon();
        std::process::exit(1);
    };
    if let Err(e) = thread::Builder::new().name("end".to_owned()).spawn(end) {
        log::warn!("shutdown timer could not start: {e}");
    }
}

/// The first signal asks to stop, the second one insists. SIGHUP is what a terminal sends that is closed, and so asks to
/// stop as well; only where there are certificates to read anew it asks for that.
fn watch_signals(ender: Ender, certificates: Option<Certificates>, companion: Arc<dyn Companion>) -> Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP]).map_err(Error::internal)?;
    let watch = move || {
        let mut is_stopping = false;
        for signal in signals.forever() {
            match (signal, &certificates) {
                (SIGHUP, Some(certificates)) => certificates.reload(),
                _ if companion.takes_signal(signal) => {}
                _ if is_stopping => {
                    companion.abandon();
                    std::process::exit(128 + signal)
                }
                _ => {
                    is_stopping = true;
                    ender.end();
                }
            }
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(watch).map(|_| ()).map_err(Error::internal)
}

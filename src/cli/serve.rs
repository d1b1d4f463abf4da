//! `serve`, and the running of every server: where everything is put together.

use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use clap::Args;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::data_dir::DataDir;
use super::housekeeping::{Housekeeping, TrailOptions};
use super::network::{Listening, NetworkOptions};
use super::output::print;
use super::private_socket::PrivateSocket;
use super::{DataOptions, Done};
use crate::app::App;
use crate::domain::error::{Error, Result};
use crate::gate::Gate;
use crate::gate::journal::Journal;
use crate::gate::limits::Room;
use crate::http::server::Server;
use crate::routes::Routes;
use crate::store::Store;
use crate::telemetry::Records;
use crate::telemetry::format::Format;
use crate::vault::Vault;

/// Requests in hand have this long to finish once the server is told to stop.
const GRACE: Duration = Duration::from_secs(10);
/// And the workers and the writer this much longer to come to an end.
const AFTER_GRACE: Duration = Duration::from_secs(5);

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    pub network: NetworkOptions,
    #[command(flatten)]
    trail: TrailOptions,
    #[command(flatten)]
    data: DataOptions,
}

pub fn run(options: Options, format: Format) -> Done {
    let socket = options.network.bind()?;
    let data_dir = DataDir::new(&options.data);
    let announce = |address: &str, ()| print(&export("TFE_ADDRESS", address));
    serve(&options.network, format, options.trail, socket, &data_dir, |_, _| Ok(()), announce)
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
    format: Format,
    trail: TrailOptions,
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
    if let Err(e) = store.settle_trail() {
        log::warn!("whether the audit trail is whole could not be asked: {}", e.told_to_operators());
    }
    let prepared = prepare(&store, &vault)?;

    let throttle = network.throttle(&socket);
    let app = Arc::new(App::new(store, vault, socket.public_url.clone(), throttle));
    let housekeeping = Housekeeping::start(Arc::clone(&app), trail)?;
    let (listener, private) = PrivateSocket::bind(data_dir, &lock)?;
    let server =
        Server::start(listener, room.workers, Routes(Arc::clone(&app)), fatal(stop)).map_err(Error::internal)?;
    let records = Arc::new(Records { access_log: network.access_log(format)? });
    let journal = Arc::clone(&records) as Arc<dyn Journal>;
    let gate = Gate::open(socket.listener, &private.path, room.workers, network.limits(room), journal)
        .map_err(Error::internal)?;
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
    records.finish();
    housekeeping.close();
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

//! One line for each request, written by a thread of its own: a slow reader of the log delays no request.

use std::io::{self, Write};
use std::iter;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use log::Level;
use serde::Serialize;

use super::format::{Format, milliseconds, seconds};
use crate::gate::journal::Entry;

/// Lines that may wait to be written; what comes beyond them is counted and dropped.
const QUEUE: usize = 4096;
/// Lines that are written at once.
const MOST_AT_ONCE: usize = 1024;
/// How long lines gather before they are written: being woken for each would cost more than a line does.
const GATHERING: Duration = Duration::from_millis(5);
/// How long the end of the server waits for the last lines.
const PATIENCE: Duration = Duration::from_secs(1);

pub struct AccessLog {
    queue: SyncSender<Message>,
    lost: Arc<AtomicU64>,
}

enum Message {
    Line(Timestamp, Level, Entry),
    /// Answered once everything before it is written.
    Finish(SyncSender<()>),
}

impl AccessLog {
    /// Writes to `out` on a thread of its own.
    pub fn start(format: Format, out: impl Write + Send + 'static) -> io::Result<AccessLog> {
        let (queue, messages) = mpsc::sync_channel(QUEUE);
        let lost = Arc::new(AtomicU64::new(0));
        let work = Work { format, out, lost: Arc::clone(&lost), text: Vec::new() };
        thread::Builder::new().name("access-log".to_owned()).spawn(move || work.run(&messages))?;
        Ok(AccessLog { queue, lost })
    }

    /// Never waits.
    pub fn add(&self, level: Level, entry: Entry) {
        if self.queue.try_send(Message::Line(Timestamp::now(), level, entry)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Writes what waits, if stderr takes it.
    pub fn finish(&self) {
        let (written, is_written) = mpsc::sync_channel(1);
        // A full queue means that stderr takes nothing: waiting would not help.
        if self.queue.try_send(Message::Finish(written)).is_ok() {
            let _ = is_written.recv_timeout(PATIENCE);
        }
    }
}

struct Work<W> {
    format: Format,
    out: W,
    lost: Arc<AtomicU64>,
    text: Vec<u8>,
}

impl<W: Write> Work<W> {
    /// The first line after a silence is written at once, those after it as they have gathered.
    fn run(mut self, messages: &Receiver<Message>) {
        while let Ok(first) = messages.recv() {
            self.write(iter::once(first));
            loop {
                thread::sleep(GATHERING);
                let mut gathered = messages.try_iter().take(MOST_AT_ONCE).peekable();
                if gathered.peek().is_none() {
                    break;
                }
                self.write(gathered);
            }
        }
    }

    fn write(&mut self, messages: impl Iterator<Item = Message>) {
        let mut finished = Vec::new();
        for message in messages {
            match message {
                Message::Line(at, level, entry) => write(self.format, &mut self.text, at, level, &entry),
                Message::Finish(written) => finished.push(written),
            }
        }
        // A failure to write the log cannot be logged.
        let _ = self.out.write_all(&self.text).and_then(|()| self.out.flush());
        self.text.clear();
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            log::warn!("dropped {lost} lines of the access log: stderr was read too slowly");
        }
        for written in finished {
            let _ = written.send(());
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    level: &'static str,
    target: &'static str,
    request_id: String,
    client: String,
    method: Option<&'a str>,
    route: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    status: u16,
    microseconds: u128,
    bytes: usize,
    delivered: bool,
}

fn write(format: Format, text: &mut Vec<u8>, at: Timestamp, level: Level, entry: &Entry) {
    let Entry { id, client, method, route, path, status, bytes, is_delivered, took } = entry;
    let path = path.as_deref().map(shown);
    let (route, microseconds) = (route.as_deref(), took.as_micros());
    let written = match format {
        Format::Text => {
            let (at, method, route) = (seconds(at), method.unwrap_or("-"), route.unwrap_or("-"));
            let cut = if *is_delivered { "" } else { " (cut off)" };
            let path = path.map(|path| format!(" path={path}")).unwrap_or_default();
            writeln!(
                text,
                "[{at} {level:<5} access] {method} {route} {status} {microseconds}us {bytes}B from {client}{path} \
                 request-id={id}{cut}"
            )
        }
        Format::Json => {
            let line = Line {
                timestamp: milliseconds(at),
                level: level.as_str(),
                target: "access",
                request_id: id.to_string(),
                client: client.to_string(),
                method: *method,
                route,
                path,
                status: *status,
                microseconds,
                bytes: *bytes,
                delivered: *is_delivered,
            };
            serde_json::to_writer(&mut *text, &line).map_err(io::Error::from).and_then(|()| text.write_all(b"\n"))
        }
    };
    debug_assert!(written.is_ok(), "a Vec takes everything");
}

/// More of a path, or of one of its segments, is cut off: what is as long as a secret may be one.
const MOST_PATH: usize = 200;
const MOST_OF_SEGMENT: usize = 32;
const KEPT_OF_SEGMENT: usize = 8;

/// A path that a client has made up, as one word without anything that drives a terminal.
fn shown(path: &str) -> String {
    let segments = path.split('/').map(|segment| match segment.char_indices().nth(MOST_OF_SEGMENT) {
        None => segment.to_owned(),
        Some(_) => segment.chars().take(KEPT_OF_SEGMENT).chain("...".chars()).collect(),
    });
    let whole = segments.collect::<Vec<_>>().join("/");
    let cut = if whole.char_indices().nth(MOST_PATH).is_some() { "..." } else { "" };
    let kept = whole.chars().take(MOST_PATH);
    let escaped = kept.flat_map(|c| if c.is_ascii_graphic() { vec![c] } else { c.escape_unicode().collect() });
    escaped.chain(cut.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::Mutex;
    use std::sync::mpsc::Sender;
    use uuid::Uuid;

    fn entry() -> Entry {
        Entry {
            id: Uuid::nil(),
            client: IpAddr::V4(Ipv4Addr::LOCALHOST),
            method: Some("GET"),
            route: Some("/api/v2/ping".into()),
            path: None,
            status: 204,
            took: Duration::from_micros(314),
            bytes: 200,
            is_delivered: true,
        }
    }

    fn written(format: Format, entry: &Entry) -> String {
        let mut text = Vec::new();
        write(format, &mut text, Timestamp::UNIX_EPOCH, Level::Info, entry);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn a_line_for_people_and_one_for_programs() {
        assert_eq!(
            written(Format::Text, &entry()),
            "[1970-01-01T00:00:00Z INFO  access] GET /api/v2/ping 204 314us 200B from 127.0.0.1 \
             request-id=00000000-0000-0000-0000-000000000000\n"
        );
        let refused = Entry { method: None, route: None, status: 400, is_delivered: false, ..entry() };
        assert_eq!(
            written(Format::Text, &refused),
            "[1970-01-01T00:00:00Z INFO  access] - - 400 314us 200B from 127.0.0.1 \
             request-id=00000000-0000-0000-0000-000000000000 (cut off)\n"
        );
        assert_eq!(
            written(Format::Json, &refused),
            "{\"timestamp\":\"1970-01-01T00:00:00.000Z\",\"level\":\"INFO\",\"target\":\"access\",\
             \"request_id\":\"00000000-0000-0000-0000-000000000000\",\"client\":\"127.0.0.1\",\"method\":null,\
             \"route\":null,\"status\":400,\"microseconds\":314,\"bytes\":200,\"delivered\":false}\n"
        );
    }

    #[test]
    fn a_path_without_a_route_is_one_bounded_word() {
        let unknown = Entry { route: None, path: Some("/nowhere/a b\n\u{1b}".into()), status: 404, ..entry() };
        let line = written(Format::Text, &unknown);
        assert!(
            line.contains(" GET - 404 ") && line.contains(" path=/nowhere/a\\u{20}b\\u{a}\\u{1b} request-id="),
            "{line}"
        );
        assert!(written(Format::Json, &unknown).contains("\"route\":null,\"path\":\"/nowhere/a"));
        // A callback's UUID, an API token.
        assert_eq!(shown("/auth/6dfb9355-0c8e-4a7b-9a52-7f0e5a1d2c3b/callback"), "/auth/6dfb9355.../callback");
        assert_eq!(shown(&"x".repeat(90)), "xxxxxxxx...");
        let long = shown(&"/abcdefgh".repeat(100));
        assert!(long.len() == MOST_PATH + 3 && long.ends_with("..."), "{long}");
        assert_eq!(shown("/api/v2/ouath-clients/oc-6yEmxNAhaoQLH1Da"), "/api/v2/ouath-clients/oc-6yEmxNAhaoQLH1Da");
    }

    /// Takes nothing until it is told to.
    struct Stubborn {
        go: Receiver<()>,
        taken: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Stubborn {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.go.recv();
            self.taken.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_does_not_read_holds_nobody_up() {
        let (go, going): (Sender<()>, _) = mpsc::channel();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let log = AccessLog::start(Format::Text, Stubborn { go: going, taken: Arc::clone(&taken) }).unwrap();
        for _ in 0..3 * QUEUE {
            log.add(Level::Info, entry());
        }
        assert!(log.lost.load(Ordering::Relaxed) > 0);
        assert!(taken.lock().unwrap().is_empty());
        // From now on it takes everything, and what had room is all there.
        drop(go);
        while log.lost.load(Ordering::Relaxed) > 0 {
            thread::yield_now();
        }
        let (written, is_written) = mpsc::sync_channel(1);
        log.queue.send(Message::Finish(written)).unwrap();
        is_written.recv().unwrap();
        let lines = taken.lock().unwrap().iter().filter(|b| **b == b'\n').count();
        assert!((QUEUE..3 * QUEUE).contains(&lines), "{lines}");
    }
}

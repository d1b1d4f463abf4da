//! A disk that can be looked into and made to fail: `disk.c`, which stands between the binary and the system.

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::harness::{preloaded, temporary};

/// The files of a data directory that are watched, as `disk.c` numbers them.
pub const FILES: [&str; 3] = ["bowline.db", "bowline.db-wal", "audit.head"];
pub const DATABASE: u32 = 0;
pub const LOG: u32 = 1;
/// Of the audit trail's end.
pub const WITNESS: u32 = 2;

/// The calls that are watched, as `disk.c` numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Write = 1,
    Sync = 2,
    Truncate = 3,
}

#[derive(Clone, Copy, Debug)]
pub enum Failure {
    /// EIO
    Broken = 5,
    /// ENOSPC
    Full = 28,
    /// SIGKILL in place of the call
    Killed = -1,
}

/// After `countdown` more of them, a call fails: once, or from then on.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    pub call: Call,
    /// On this file, or on any.
    pub file: Option<u32>,
    pub failure: Failure,
    pub countdown: u32,
    pub is_for_good: bool,
}

/// The fields of `struct orders`.
const ORDERS: usize = 7;
const IS_FULL_AT: u64 = 5 * 4;
const FAILED_AT: u64 = 6 * 4;

pub struct Disk {
    directory: PathBuf,
    orders: File,
    place: TempDir,
}

impl Disk {
    /// Under the data directory `data`, which exists.
    pub fn under(data: &Path) -> Disk {
        let place = temporary();
        let path = place.path().join("orders");
        fs::write(&path, [0; ORDERS * 4]).expect("a file");
        let orders = File::options().read(true).write(true).open(path).expect("a file");
        Disk { directory: data.canonicalize().expect("a directory"), orders, place }
    }

    /// What a process needs to be told to use it.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        vec![
            ("LD_PRELOAD", library().into()),
            ("DISK_DIRECTORY", self.directory.clone().into()),
            ("DISK_ORDERS", self.place.path().join("orders").into()),
            ("DISK_JOURNAL", self.journal().into()),
        ]
    }

    pub fn fails(&self, order: Order) {
        let file = order.file.map_or(-1, |file| file as i32);
        let fields = [file, order.failure as i32, order.countdown as i32, i32::from(order.is_for_good)];
        let bytes: Vec<u8> = fields.iter().flat_map(|field| field.to_ne_bytes()).collect();
        self.orders.write_all_at(&bytes, 4).expect("orders");
        // Last: from here on they hold.
        self.orders.write_all_at(&(order.call as i32).to_ne_bytes(), 0).expect("orders");
    }

    /// No call fails any more.
    pub fn is_well(&self) {
        self.orders.write_all_at(&[0; 4], 0).expect("orders");
    }

    /// No file can grow any more; or can again.
    pub fn is_full(&self, is_full: bool) {
        self.orders.write_all_at(&i32::from(is_full).to_ne_bytes(), IS_FULL_AT).expect("orders");
    }

    /// How many calls have failed.
    pub fn failed(&self) -> i32 {
        let mut number = [0; 4];
        self.orders.read_exact_at(&mut number, FAILED_AT).expect("orders");
        i32::from_ne_bytes(number)
    }

    fn journal(&self) -> PathBuf {
        self.place.path().join("journal")
    }

    /// The length of the journal: a clock that goes on with each call.
    pub fn clock(&self) -> u64 {
        fs::metadata(self.journal()).map_or(0, |metadata| metadata.len())
    }

    /// Everything that the process did to its files so far, in the order in which it did it.
    pub fn events(&self) -> Vec<Event> {
        let journal = fs::read(self.journal()).expect("the journal");
        let mut rest = &journal[..];
        let mut events = Vec::new();
        while let Some((head, after)) = rest.split_at_checked(24) {
            let small = |at: usize| u32::from_ne_bytes(head[at..at + 4].try_into().expect("four bytes"));
            let large = |at: usize| u64::from_ne_bytes(head[at..at + 8].try_into().expect("eight bytes"));
            let (data, after) = after.split_at(large(16) as usize);
            let operation = match small(0) {
                1 => Operation::Write { at: large(8) as usize, data: data.to_vec() },
                2 => Operation::Sync,
                3 => Operation::Truncate { to: large(8) as usize },
                other => panic!("the journal has {other}"),
            };
            rest = after;
            events.push(Event { file: small(4), operation, clock: (journal.len() - rest.len()) as u64 });
        }
        events
    }
}

#[derive(Debug)]
pub struct Event {
    pub file: u32,
    pub operation: Operation,
    /// When it was over.
    pub clock: u64,
}

#[derive(Clone, Debug)]
pub enum Operation {
    Write { at: usize, data: Vec<u8> },
    Sync,
    Truncate { to: usize },
}

impl Operation {
    pub fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Operation::Write { at, data } => {
                let end = at + data.len();
                if file.len() < end {
                    file.resize(end, 0);
                }
                file[*at..end].copy_from_slice(data);
            }
            Operation::Sync => {}
            Operation::Truncate { to } => file.resize(*to, 0),
        }
    }
}

/// `disk.c`, compiled once in the life of the tests.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| preloaded("durability/disk.c"))
}

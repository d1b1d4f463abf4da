//! What was acknowledged is there, whatever happens.

mod backups;
mod crash;
mod crew;
mod disk;
mod failing_disk;
mod folding;
mod full_disk;
mod ledger;
mod long_reads;
mod missing_files;
mod power_loss;
mod removals;
mod small_files;
mod temporary_files;
mod two_processes;

use std::path::Path;

pub use disk::Disk;
pub use full_disk::fill;

use crate::harness::bowline_in;

/// What a random test was begun with: another one each time, or BOWLINE_SEED to see one again.
fn seed() -> u64 {
    let seed = std::env::var("BOWLINE_SEED").map_or_else(|_| rand::random(), |seed| seed.parse().expect("a seed"));
    eprintln!("BOWLINE_SEED={seed}");
    seed
}

/// `bowline check` has nothing to say against it.
#[track_caller]
fn is_sound(data: &Path) {
    let output = bowline_in(data, &["check"]);
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    assert!(output.status.success(), "{}{}", said[0], said[1]);
}

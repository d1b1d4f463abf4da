//! The schema holds what the code promises, and the writer what it acknowledges, on real files.

mod plans;
mod removals;
mod schema;
mod slow_reads;
mod statements;
mod variables;
mod vcs_events;
mod web_flows;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use super::engine::writer_metrics::WriterMetrics;
use super::installation;
use crate::domain::audit::trail_key::TrailKey;
use crate::domain::secret::Sealed;
use crate::domain::sources::Sources;

struct Place {
    path: PathBuf,
    metrics: Arc<WriterMetrics>,
    _directory: TempDir,
}

fn key() -> TrailKey {
    TrailKey::new([7; 32])
}

fn database() -> Place {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bowline.db");
    installation::create(&path, &Sealed(vec![0; 64]), [0; 32], &key(), Sources::system().now()).unwrap();
    Place { path, metrics: Arc::new(WriterMetrics::new()), _directory: directory }
}

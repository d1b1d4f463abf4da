//! The schema holds what the code promises, and the writer what it acknowledges, on real files.

mod schema;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use super::engine::migrate;
use super::engine::writer_metrics::WriterMetrics;
use crate::domain::audit::trail_key::TrailKey;
use crate::domain::secret::Sealed;

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
    migrate::create(&path, &Sealed(vec![0; 64]), [0; 32], &key()).unwrap();
    Place { path, metrics: Arc::new(WriterMetrics::new()), _directory: directory }
}
